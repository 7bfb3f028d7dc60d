"""What the squares of the matrix show, which cells are chosen, and all that are late reminded in one act."""

from __future__ import annotations

import html
from datetime import date

import pytest

from chibo.meetings.models import Meeting, Reminder, Score
from chibo.portal import late_views
from tests.meetings.judging import confirm, give_back, record
from tests.permission_table import signed_in
from tests.portal.test_meetings_below import did, squares


@pytest.fixture
def ask(world):
    def get(person: str, url: str) -> str:
        answer = signed_in(world, person).get(url.format(**{name: one.pk for name, one in vars(world).items()}))
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return get


def test_the_squares_show_attendance_or_the_day_and_say_all_in_words(ask, world):
    page = ask("chi", "/units/{upland}/meetings/?period=2023&show=attendance")
    assert squares(page, "Chi bộ thôn 10")[:3] == ["100", "50", "none"]
    assert "96 points, good, held on 3 January 2023, 2 of 2 present" in page
    did(lambda: Meeting.objects.filter(code="B-2").update(held_on=date(2023, 3, 1)))
    page = ask("chi", "/units/{upland}/meetings/?period=2023&show=day")
    assert squares(page, "Chi bộ thôn 10")[:3] == ["3", "1.3.", "none"]
    assert "held on 1 March 2023, outside its month" in page


def test_the_squares_show_how_far_points_are_confirmed(ask, world):
    first, second, _third = (record(world, month) for month in (10, 11, 12))
    confirm(first, world.chi)
    give_back(second, world.chi)
    page = ask("chi", "/units/{upland}/meetings/?period=2023&show=settled")
    assert squares(page, "Chi bộ thôn 1 ")[:3] + squares(page, "Chi bộ thôn 1 ")[9:] == [
        "–",
        "–",
        "none",
        "✓",
        "↩",
        "…",
    ]
    assert "points wait to be confirmed" in page


def test_thematic_meetings_alone_are_asked_of_no_month(ask):
    page = ask("chi", "/units/{upland}/meetings/?period=2023&kind=thematic")
    assert squares(page, "Chi bộ thôn 10") == ["", "", "88", *[""] * 9]


def test_cells_with_a_meeting_that_is_not_scored(ask):
    url = "/units/{upland}/meetings/?which=unscored&period="
    assert "No cell is like that" in ask("chi", url + "2023")
    did(lambda: Score.objects.get(meeting__code="B-2").delete())
    for more in ("", "&sort=-missed"):
        page = ask("chi", url + "2023" + more)
        assert "Chi bộ thôn 10" in page
        assert "Chi bộ thôn 1 " not in page
    assert "No cell is like that" in ask("chi", url + "2023&kind=thematic")


@pytest.mark.parametrize("at_once", [1, 200])
def test_all_that_missed_a_month_are_reminded_once_a_day(world, ask, monkeypatch, at_once):
    monkeypatch.setattr(late_views, "AT_ONCE", at_once)
    missed = "/units/{north}/meetings/?period=2023-11&which=missed"
    assert "Remind all of these cells" in ask("chi", missed)
    assert "Remind all of these cells" not in ask("chi", missed + "&kind=thematic")  # of these no month is missed
    chi, url = signed_in(world, "chi"), f"/units/{world.north.pk}/remind/"
    assert chi.post(url, {"period": "2023-11", "all": "1"}).status_code == 302
    reminded = Reminder.objects.order_by("unit__code").values_list("unit__code", "month")
    assert list(reminded) == [("A", date(2023, 11, 1)), ("B", date(2023, 11, 1))]
    again = chi.post(url, {"period": "2023-11", "all": "1"}, follow=True)
    assert "A reminder went out today already" in again.content.decode()
    assert Reminder.objects.count() == 2
    assert signed_in(world, "ana").post(url, {"period": "2023-11", "all": "1"}).status_code in (403, 404)
