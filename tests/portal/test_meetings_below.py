"""The matrix, late and weak cells, reminders, targets and history, as their readers see them."""

import html
import io
import re
from datetime import date, timedelta

import openpyxl
import pytest
from django.test import Client

from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.meetings.models import Attendance, Meeting, NoMeeting, Reminder, Score, Withdrawal
from chibo.members.models import Post
from chibo.organizations.models import Unit
from chibo.portal import actions, matrix
from tests.rolls import points
from tests.world import AT

MARCH = Period.parse("2023-03")


@pytest.fixture
def client_of(world):
    def signed_in(person: str) -> Client:
        client = Client()
        client.force_login(getattr(world, person))
        return client

    return signed_in


@pytest.fixture
def ask(world, client_of):
    def get(person: str, url: str) -> str:
        answer = client_of(person).get(url.format(**{name: one.pk for name, one in vars(world).items()}))
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return get


@action("tests.did")
def do(*, what, by, at):
    what()


def did(what):
    do(what=what, by=None, at=AT)


@action("tests.closed")
def close(*, unit, on, by, at):
    unit.closed_on = on
    unit.save()


def squares(page: str, name: str) -> list[str]:
    """What stands in the squares of a cell's row, empty ones too."""
    row = next(row for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL) if name in row)
    return [
        re.sub(r"<[^>]*>", "", re.sub(r'<span class="visually-hidden">.*?</span>', "", each)).strip()
        for each in re.findall(r'<td class="month">(.*?)</td>', row)
    ]


def test_the_matrix_shows_points_and_months_missed(ask):
    page = ask("chi", "/units/{upland}/meetings/?period=2023")
    assert squares(page, "Chi bộ thôn 10") == ["96", "92", *["none"] * 5, "none", "84", *["none"] * 3]
    assert "84 points, fair" in page
    assert "96 points, good" in page


def test_a_square_leads_to_the_meeting_and_a_month_missed_to_the_reminder(ask, world):
    page = ask("chi", "/units/{upland}/meetings/?period=2023")
    meeting = Meeting.objects.get(code="A-1")
    assert f'href="/units/{world.cell_a.pk}/meetings/{meeting.pk}/"' in page
    assert f'href="/units/{world.cell_a.pk}/late/?period=2023-04"' in page


def test_a_month_to_come_is_blank_and_the_running_one_due(ask, world):
    meeting = Meeting.objects.get(code="B-5")
    did(lambda: Withdrawal.objects.create(meeting=meeting, reason="Twice", by=world.chi, at=AT))
    page = ask("chi", "/units/{upland}/meetings/?period=2024")
    assert squares(page, "Chi bộ thôn 1 ") == ["held", *[""] * 11]
    assert squares(page, "Chi bộ thôn 10") == ["due", *[""] * 11]


def test_the_superiors_points_go_first_and_of_several_meetings_the_best(ask, world):
    meeting = Meeting.objects.get(code="A-1")
    other = Meeting(code="A-9", unit=world.cell_a, kind="regular", held_on=date(2023, 2, 20), month=date(2023, 2, 1))

    def more():
        Score.objects.create(meeting=meeting, scored_by="superior", scored_on=meeting.held_on, **points(55.5))
        other.save()

    did(more)
    page = ask("chi", "/units/{upland}/meetings/?period=2023")
    assert squares(page, "Chi bộ thôn 1 ")[:2] == ["55.5", "92×2"]
    assert "55.5 points, average" in page


def test_a_cell_that_said_why_there_was_no_meeting(ask, world):
    did(
        lambda: NoMeeting.objects.create(
            unit=world.cell_a, month=date(2023, 4, 1), reason="Floods", by=world.ana, at=AT
        )
    )
    page = ask("chi", "/units/{upland}/meetings/?period=2023")
    assert squares(page, "Chi bộ thôn 1 ")[3] == "nonesaid why"
    assert "no meeting, because: Floods" in page


def test_a_cell_shows_only_the_months_it_stood_below_and_by_its_code_once_it_left(ask):
    page = ask("chi", "/units/{north}/meetings/?period=2023")
    assert "Ánh Dương" not in page
    assert squares(page, "outside your units")[:6] == ["96", "92", *["none"] * 4]
    assert squares(page, "outside your units")[6:] == [""] * 6


def test_bands_are_those_of_the_instruction():
    assert [matrix.band_of(p) for p in (100, 90, 89.99, 70, 69.99, 50, 49.99, 0)] == [
        "good", "good", "fair", "fair", "average", "average", "poor", "poor",
    ]  # fmt: skip


def test_only_cells_that_missed_a_month_or_are_weak_and_sorted(ask, world):
    page = ask("flo", "/units/{province}/meetings/?period=2023&sort=-missed&which=missed")
    assert page.count('class="square is-none"') > 20
    assert "No cell is like that" in ask("flo", "/units/{province}/meetings/?period=2023-01&which=missed")
    assert 'aria-sort="descending"' in page


def test_the_workbook_is_the_matrix_as_filtered(client_of, world):
    answer = client_of("chi").get(f"/units/{world.north.pk}/meetings/matrix.xlsx?period=2023&which=missed")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    head, *rows = [[cell.value for cell in row] for row in book["meetings"].iter_rows()]
    assert head[:6] == ["unit", "unit_name", "above", "members", "2023-01", "2023-02"]
    by_code = {row[0]: row for row in rows}
    assert set(by_code) == {"A", "B", "D"}
    assert by_code["A"][4:7] == [96, 92, "none"]
    assert by_code["D"][1] == "D"
    assert by_code["A"][head.index("missed")] == 9


def test_the_meetings_of_a_cell_are_listed_with_the_months_missed_among_them(ask, world):
    meeting = Meeting.objects.get(code="A-2")
    did(lambda: Withdrawal.objects.create(meeting=meeting, reason="Twice", by=world.chi, at=AT))
    did(lambda: Reminder.objects.create(unit=world.cell_a, month=date(2023, 2, 1), by=world.chi, at=AT))
    page = ask("ana", "/units/{cell_a}/meetings/?period=2023")
    assert page.count("no meeting recorded") == 10
    assert "withdrawn" in page
    assert "Lê Thị Chi reminded the cell on 10 January 2024." in page
    assert "3 of" not in page
    assert "2 of 2" in page


def test_the_meetings_of_a_cell_open_at_the_running_year(ask, world):
    page = ask("ana", "/units/{cell_a}/meetings/")
    assert "Meetings, 2024" in page
    assert "Meetings, 2023" in ask("ana", "/units/{cell_a}/meetings/?period=2023")
    assert "2024" in ask("chi", "/units/{north}/meetings/").split("<h2")[1]
    close(unit=world.cell_b, on=date(2023, 11, 1), by=None, at=AT)
    for rows in (Attendance.objects, Score.objects):
        did(rows.filter(meeting__unit=world.cell_b, meeting__month__year=2024).delete)
    did(Meeting.objects.filter(unit=world.cell_b, month__year=2024).delete)
    assert "Meetings, 2023" in ask("chi", "/units/{cell_b}/meetings/")
    assert "Meetings, 2023" in ask("chi", "/units/{cell_b}/meetings/?period=nonsense")


def test_a_period_follows_to_the_other_pages_of_a_unit_only_if_it_was_chosen(ask, world):
    cell = f"/units/{world.cell_a.pk}"
    for page in ("", "meetings/", "targets/", "history/", "members/"):
        assert f'href="{cell}/meetings/"' in ask("ana", f"{cell}/{page}")
        assert f'href="{cell}/meetings/?period=2023"' in ask("ana", f"{cell}/{page}?period=2023")
    assert f'href="{cell}/"' in ask("ana", "/").split("<h1")[1]


def test_the_secretary_records_from_the_list_and_others_read_it(ask, world):
    did(
        lambda: NoMeeting.objects.create(
            unit=world.cell_a, month=date(2023, 4, 1), reason="Floods", by=world.ana, at=AT
        )
    )
    base = f"/units/{world.cell_a.pk}/meetings/"
    page = ask("ana", base + "?period=2023")
    assert f'href="{base}record/?month=2023-03">Record it<' in page
    assert f"{base}record/?month=2023-04" not in page  # the cell said why there was none
    for way in ("record/", "none/", "sheet/"):
        assert f'href="{base}{way}"' in page
    assert f'href="{base}record/?month=2024-01">Record it<' not in ask("ana", base)  # recorded
    page = ask("chi", base + "?period=2023")
    assert "/record/" not in page
    assert "/none/" not in page
    assert page.count("missed") >= 10


def test_attendance_and_points_stand_right_after_the_date_kind_and_state_under_it(ask):
    page = ask("ana", "/units/{cell_a}/meetings/?period=2023")
    first = [re.sub(r"<[^>]*>", " ", each) for each in re.findall(r'<th scope="row".*?</th>', page, re.DOTALL)]
    assert any(re.search(r"5 March 2023\s+Thematic meeting, recorded", each) for each in first)
    assert any(re.search(r"April 2023\s+Regular meeting, no meeting recorded", each) for each in first)
    heads = re.findall(r'<th scope="col"[^>]*>\s*(\S.*?)\s*</th>', page)
    assert heads == ["Date", "Attendance", "Points", "Topic"]


def test_who_reminded_a_cell_of_all_its_months_is_told_once(ask, world):
    months = [date(2023, month, 1) for month in (3, 4, 5, 6)]

    def remind(months, by, at):
        Reminder.objects.bulk_create(Reminder(unit=world.cell_a, month=month, by=by, at=at) for month in months)

    did(lambda: remind(months, world.chi, AT))
    assert ask("chi", "/units/{north}/late/?period=2023-H1").count("reminded on 10 January 2024 by Lê Thị Chi") == 1
    did(lambda: remind(months[:2], world.flo, AT + timedelta(days=1)))
    page = ask("chi", "/units/{north}/late/?period=2023-H1")
    assert page.count("reminded on 10 January 2024 by Lê Thị Chi") == 2
    assert page.count("reminded on 11 January 2024 by Hoàng Thị Phượng") == 2


def test_late_cells_stand_with_their_months_and_reminders(ask):
    page = ask("chi", "/units/{north}/late/?period=2023-H1")
    assert page.index("Chi bộ thôn") < page.index("March 2023")
    assert "not over 85" in page
    assert "Ánh Dương" not in page
    assert "Remind" in page
    assert 'name="one"' not in ask("ana", "/units/{cell_a}/late/?period=2023-H1")


def test_reminding_one_and_reminding_again_the_same_day(client_of, world):
    chi, url = client_of("chi"), f"/units/{world.north.pk}/remind/"
    answer = chi.post(url, {"period": "2023-H1", "one": world.cell_a.pk}, follow=True)
    assert "1 cell was reminded." in answer.content.decode()
    assert {r.month.month for r in Reminder.objects.filter(unit=world.cell_a)} == {3, 4, 5, 6}
    assert {r.by for r in Reminder.objects.all()} == {world.chi}
    assert "reminded today" in answer.content.decode()
    again = chi.post(url, {"period": "2023-H1", "one": world.cell_a.pk}, follow=True)
    assert "Once a day is enough" in again.content.decode()
    both = chi.post(url, {"period": "2023-H1", "cell": [world.cell_a.pk, world.cell_b.pk]}, follow=True)
    assert "1 cell was reminded. 1 other was reminded today already" in both.content.decode()
    assert Reminder.objects.count() == 8


def test_cells_that_are_not_mine_are_never_reminded(client_of, world):
    chi, url = client_of("chi"), f"/units/{world.north.pk}/remind/"
    for wrong in (world.cell_c.pk, world.upland.pk, "9" * 40, "x", "", "-1", "\0", "٣"):
        answer = chi.post(url, {"period": "2023", "cell": wrong, "after": "x" * 5000}, follow=True)
        assert "Choose the cells" in answer.content.decode()
    assert chi.post(url, {"period": "nonsense"}).status_code == 302
    assert not Reminder.objects.exists()
    with pytest.raises(Denied, match="under your own committee"):
        actions.remind(cells=[world.cell_c], months=[MARCH], by=world.chi, at=AT)
    with pytest.raises(Denied, match="Only cells"):
        actions.remind(cells=[world.upland], months=[MARCH], by=world.chi, at=AT)
    with pytest.raises(Denied, match="under your own"):
        actions.remind(cells=[world.cell_a], months=[MARCH], by=world.ana, at=AT)


def test_a_cell_is_reminded_once_a_day_and_only_of_what_is_due(world):
    january = Period.parse("2023-01")
    with pytest.raises(Denied, match="every meeting that was due is recorded"):
        actions.remind(cells=[world.cell_a], months=[january], by=world.chi, at=AT)
    with pytest.raises(Denied, match="every meeting"):
        actions.remind(cells=[world.cell_a], months=[Period.parse("2024-02")], by=world.chi, at=AT)
    assert len(actions.remind(cells=[world.cell_a], months=[january, MARCH], by=world.chi, at=AT)) == 1
    with pytest.raises(Denied, match="Once a day"):
        actions.remind(cells=[world.cell_a], months=[MARCH], by=world.flo, at=AT + timedelta(hours=14))
    assert len(actions.remind(cells=[world.cell_a], months=[MARCH], by=world.flo, at=AT + timedelta(hours=15))) == 1


def test_nobody_is_reminded_of_a_month_they_explained(client_of, world):
    def say(month):
        did(lambda: NoMeeting.objects.create(unit=world.cell_a, month=month, reason="Flood", by=world.ana, at=AT))

    chi, url = client_of("chi"), f"/units/{world.north.pk}/remind/"
    say(date(2023, 3, 1))
    with pytest.raises(Denied, match="said why"):
        actions.remind(cells=[world.cell_a], months=[MARCH], by=world.chi, at=AT)
    chi.post(url, {"period": "2023-H1", "one": world.cell_a.pk})
    assert {r.month.month for r in Reminder.objects.filter(unit=world.cell_a)} == {4, 5, 6}
    assert "reminded today" in row_of(chi, world)
    for month in (4, 5, 6):
        say(date(2023, month, 1))
    assert "said why" in row_of(chi, world)
    assert "<input" not in row_of(chi, world) and "<button" not in row_of(chi, world)


def row_of(client, world):
    """Cell A's line among the late ones."""
    page = client.get(f"/units/{world.north.pk}/late/?period=2023-H1").content.decode()
    [row] = [row for row in page.split("<tr>") if f"/units/{world.cell_a.pk}/" in row]
    return row


def test_targets_of_a_unit_with_where_they_stand(ask):
    page = ask("chi", "/units/{north}/targets/?period=2023")
    assert "Attendance at cell meetings" in page
    assert "target > 85\u00a0% missed" in page
    assert "1188-QĐ/HU" in page
    assert "Attendance" not in ask("chi", "/units/{north}/targets/?period=2022").split("</nav>")[-1]
    above = ask("flo", "/units/{province}/targets/?period=2023")
    assert "Huyện ủy Đông Hà" in above
    assert "70.0\u00a0%" in above


def test_the_history_tells_moves_posts_and_corrections(ask, world):
    page = ask("dan", "/units/{cell_d}/history/")
    assert page.index("Put under Huyện ủy Tây Ninh Hạ") < page.index("Founded under T-N")
    assert "12-QĐ/TU" in page
    assert "Đông Hà" not in page  # where it stood is no longer Dan's to see
    assert "Founded under Huyện ủy Đông Hà" in ask("flo", "/units/{cell_d}/history/")

    def rename():
        unit = Unit.objects.get(pk=world.cell_d.pk)
        unit.name = "Chi bộ cơ sở Ánh Dương mới"
        unit.save()

    do(what=rename, by=world.flo, at=AT)
    page = ask("dan", "/units/{cell_d}/history/")
    assert "Chi bộ cơ sở Ánh Dương mới" in page
    assert "Hoàng Thị Phượng" not in page  # who did it works above Dan's units
    assert "Hoàng Thị Phượng" in ask("flo", "/units/{cell_d}/history/")
    assert page.count("<td>Name</td>") == 1


def test_the_history_does_not_speak_for_the_meetings(ask, world):
    meetings = f'href="/units/{world.cell_a.pk}/meetings/">To the meetings'
    page = ask("ana", "/units/{cell_a}/history/")
    assert "What was corrected of a meeting or a member stands on their own pages." in page and meetings in page
    assert meetings not in ask("eva", "/units/{cell_a}/history/")


def test_who_may_not_see_members_reads_no_holders_name(ask):
    assert "Village head, Thôn 1: Nguyễn Thị An took the post" in ask("ana", "/units/{cell_a}/history/")
    page = ask("ben", "/units/{cell_a}/history/")
    assert "a new holder took the post" in page
    assert "Nguyễn Thị An" not in page


def test_acts_come_page_by_page_each_once(client_of, world):
    did(lambda: Post.objects.bulk_create(
        Post(unit=world.cell_b, post="committee_member", holder_name=f"N {n}", from_on=date(2020, 1, 1 + n % 3),
             to_on=date(2021, 1, 1)) for n in range(70)
    ))  # fmt: skip
    client, url, seen = client_of("chi"), f"/units/{world.cell_b.pk}/history/", []
    while url:
        page = html.unescape(client.get(url).content.decode())
        seen += re.findall(r"Committee member: (N \d+ \w+) the post", page)
        following = re.search(r'href="([^"]*[?&]after=[^"]*)"', page)
        url = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 140


def test_a_month_that_was_held_opens_to_its_meeting_and_names_its_cell_once(ask, world):
    page = ask("chi", "/units/{cell_a}/figures/meetings.regular_held/?period=2023")
    meeting = Meeting.objects.get(code="A-1")
    assert re.search(rf'<a href="/units/{world.cell_a.pk}/meetings/{meeting.pk}/">January 2023</a>', page)
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.DOTALL)
    assert len(rows) == 12 and all(row.count("Chi bộ thôn 1 Thượng Lâm") == 1 for row in rows)
    assert not re.search(r"<a[^>]*>May 2023", page)
    did(lambda: Meeting.objects.create(
        code="A-9", unit=world.cell_a, kind="regular", held_on=date(2023, 1, 20), month=date(2023, 1, 1)
    ))  # fmt: skip
    page = ask("chi", "/units/{cell_a}/figures/meetings.regular_held/?period=2023")
    assert f'<a href="/units/{world.cell_a.pk}/meetings/?period=2023-01">January 2023</a>' in page


def test_evidence_says_in_words_what_its_records_are(ask, world):
    page = ask("chi", "/units/{upland}/figures/meetings.attendance/?period=2023")
    meeting = Meeting.objects.get(code="A-1")
    assert "3 January 2023" in page
    assert f'href="/units/{world.cell_a.pk}/meetings/{meeting.pk}/">A-1<' in page
    page = ask("chi", "/units/{upland}/figures/meetings.regular_held/?period=2023")
    assert "April 2023" in page
    assert "A@2023-04" not in page
    assert "quarter 2 of 2023" in ask("chi", "/units/{upland}/figures/meetings.thematic_held/?period=2023")
