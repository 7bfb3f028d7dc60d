"""Last days of limits in cases that people begin: days, months, working days; expected days are read off a calendar.

No expected day here is computed: 2024 is a leap year, its Tết is off from Thursday 8 to Wednesday 14 February.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chibo.core import formats
from chibo.lifecycle.actions import begin as begin_of_member
from chibo.members.models import Person
from chibo.procedures import limits, nightly, special_days
from chibo.procedures.actions import begin, resume, suspend
from chibo.procedures.models import Case, SpecialDay, Stage
from chibo.procedures.queries import version_on
from tests.lifecycle.going import joined
from tests.procedures.conftest import changed, go, lay_down, name, on
from tests.procedures.test_case_pages import browser, text
from tests.world import AT, TODAY

D = date
CALENDAR = [  # begun on, so many, of what, the last day
    (D(2024, 2, 19), 10, "days", D(2024, 2, 29)),
    (D(2023, 2, 19), 10, "days", D(2023, 3, 1)),
    (D(2024, 2, 5), 30, "days", D(2024, 3, 6)),
    (D(2023, 12, 31), 60, "days", D(2024, 2, 29)),
    (D(2024, 1, 31), 1, "months", D(2024, 2, 29)),
    (D(2023, 1, 31), 1, "months", D(2023, 2, 28)),
    (D(2024, 2, 29), 12, "months", D(2025, 2, 28)),
    (D(2023, 2, 28), 12, "months", D(2024, 2, 28)),
    (D(2024, 2, 29), 48, "months", D(2028, 2, 29)),
    (D(2023, 10, 31), 1, "months", D(2023, 11, 30)),
    (D(2023, 8, 30), 6, "months", D(2024, 2, 29)),
    (D(2023, 12, 15), 1, "months", D(2024, 1, 15)),
    (D(2024, 1, 4), 10, "working_days", D(2024, 1, 18)),
    (D(2023, 12, 27), 5, "working_days", D(2024, 1, 4)),  # over New Year
    (D(2024, 2, 5), 5, "working_days", D(2024, 2, 19)),  # over Tết: the 6th, 7th, 15th, 16th, 19th
    (D(2024, 2, 7), 1, "working_days", D(2024, 2, 15)),
    (D(2024, 2, 10), 1, "working_days", D(2024, 2, 15)),  # begun on the first day of Tết
    (D(2023, 1, 19), 3, "working_days", D(2023, 1, 31)),  # Tết of 2023: off from 20 to 26 January
    (D(2025, 1, 24), 5, "working_days", D(2025, 2, 7)),  # of 2025: off from 27 to 31 January
    (D(2026, 2, 13), 2, "working_days", D(2026, 2, 24)),  # of 2026: off from 16 to 20 February
    (D(2024, 4, 17), 1, "working_days", D(2024, 4, 19)),  # the Hùng Kings on the 18th
    (D(2023, 4, 28), 2, "working_days", D(2023, 5, 5)),  # off until Wednesday 3 May
    (D(2024, 4, 26), 3, "working_days", D(2024, 5, 4)),  # off from Monday 29 April to 1 May, Saturday worked
    (D(2024, 8, 30), 2, "working_days", D(2024, 9, 5)),  # National Day: off on the 2nd and 3rd
    (D(2024, 1, 2), 60, "working_days", D(2024, 4, 2)),
]
RESTED = [  # begun on, so many, of what, rested from and to, the last day
    (D(2024, 2, 5), 5, "working_days", D(2024, 2, 7), D(2024, 2, 16), D(2024, 2, 21)),  # the 7th and 15th did not run
    (D(2024, 2, 19), 10, "days", D(2024, 2, 26), D(2024, 3, 1), D(2024, 3, 4)),
    (D(2024, 1, 29), 1, "months", D(2024, 2, 10), D(2024, 2, 20), D(2024, 3, 10)),  # it was 29 February
    (D(2024, 2, 22), 5, "working_days", D(2024, 2, 26), D(2024, 2, 28), D(2024, 3, 4)),  # it was 29 February
    (D(2023, 6, 5), 3, "working_days", D(2023, 6, 6), D(2025, 8, 28), D(2025, 9, 3)),  # years later, over a holiday
    (D(2024, 1, 4), 3, "working_days", D(2024, 1, 5), D(2024, 1, 5), D(2024, 1, 9)),  # resumed the same day
]


def limited(n: int, unit: str, code: str = "", since: str = "step", **more: Any) -> Any:
    """A version whose first step has a limit."""
    limit = {"n": n, "unit": unit, "since": since}
    return lay_down(changed(prepare={"asks": [], "limit": limit, **more}), code=code or f"{unit}-{n}")


def begun(world: Any, version: Any, day: date, **told: Any) -> Case:
    return begin(version=version, unit=world.cell_a, about=f"{day}", told=told, by=world.ana, at=on(day))


def due(case: Case) -> date | None:
    return Stage.objects.filter(case=case).latest("number").due_on


def test_the_last_day_is_that_of_the_calendar_on_the_page_of_the_case_and_in_the_list(world, people, settings):
    versions, found = dict[tuple[int, str], Any](), dict[Any, Case]()
    for row in CALENDAR:
        of = row[1:3]
        versions.setdefault(of, None)
        versions[of] = versions[of] or limited(*of)
        found[row] = begun(world, versions[of], row[0])
    assert {row: due(case) for row, case in found.items()} == {row: row[3] for row in CALENDAR}
    ana = browser(world.ana)
    for row, case in found.items():
        settings.CHIBO_TODAY = row[3]
        page = text(ana.get(f"/cases/{case.pk}/"))
        assert "today is its last day" in page, row
        assert f"Last day of this step {formats.day(row[3])}" in page, row
    settings.CHIBO_TODAY = TODAY
    listed = text(ana.get("/cases/"))
    assert all(formats.day(last) in listed for *_row, last in CALENDAR[:6])


def test_the_desk_counts_the_days_to_the_last_one_and_past_it(world, people, settings):
    begun(world, limited(5, "working_days"), D(2024, 2, 5))  # until Monday 19 February
    ana = browser(world.ana)
    for today, said in (
        (D(2024, 2, 5), "14 days left"),
        (D(2024, 2, 18), "1 day left"),
        (D(2024, 2, 19), "today is its last day"),
        (D(2024, 2, 20), "1 day late"),
        (D(2024, 3, 1), "11 days late"),
    ):
        settings.CHIBO_TODAY = today
        assert said in text(ana.get("/")), today
        assert said in text(ana.get("/cases/")), today


@pytest.mark.parametrize(("day", "n", "unit", "from_on", "to_on", "last"), RESTED)
def test_a_limit_that_rested_has_as_many_days_left_as_before(world, people, day, n, unit, from_on, to_on, last):
    case = begun(world, limited(n, unit), day)
    suspend(case=case, reason="ill", by=world.ana, at=on(from_on))
    resume(case=case, by=world.ana, at=on(to_on))
    assert due(case) == last
    assert formats.day(last) in text(browser(world.ana).get(f"/cases/{case.pk}/"))


def test_a_limit_runs_from_the_day_that_was_told_or_on_which_the_case_began(world, people):
    told = changed(
        prepare={"asks": [{"code": "received_on", "kind": "day", "name": name("Received")}], "limit": None},
        check={"limit": {"n": 60, "unit": "working_days", "since": "received_on"}},
        decide={"limit": {"n": 1, "unit": "months", "since": "case"}},
    )
    case = begun(world, lay_down(told), D(2023, 12, 31), received_on="2024-01-02")
    case = go(case, (world.ana, "send"), at=on(D(2024, 1, 9)))
    assert due(case) == D(2024, 4, 2)
    assert due(go(case, (people["kim"], "pass"), at=on(D(2024, 1, 10)))) == D(2024, 1, 31)


def test_the_twelve_months_of_probation_of_who_joined_on_29_february_end_on_28_february(world, people, settings):
    version, person = version_on("recognition", D(2024, 3, 1)), Person.objects.get(code="M3")
    assert version is not None
    given = {"version": version, "person": person, "unit": world.cell_a, "by": None}
    joined(code="M3", day=D(2024, 2, 29), by=None, at=AT)
    case = begin_of_member(at=on(D(2024, 3, 1)), **given)
    assert due(case) == D(2025, 2, 28)
    settings.CHIBO_TODAY = D(2025, 2, 27)
    assert "1 day left" in text(browser(world.ana).get(f"/cases/{case.pk}/"))


def test_a_saturday_worked_and_a_day_off_for_it_count_from_when_they_are_laid_down(world, people):
    four, six = limited(4, "working_days"), limited(6, "working_days")
    before = begun(world, four, D(2025, 4, 24))
    assert due(before) == D(2025, 5, 2)  # the 25th, 28th, 29th; off on 30 April and 1 May; 2 May
    for day, is_working in (
        (D(2025, 4, 26), True), (D(2025, 5, 2), False), (D(2026, 1, 2), False), (D(2026, 1, 10), True),
    ):  # fmt: skip
        special_days.add(day=day, is_working=is_working, name="in its stead", by=None, at=AT)
    assert due(before) == D(2025, 5, 2)  # a limit already reckoned stays
    assert due(begun(world, four, D(2025, 4, 24))) == D(2025, 4, 29)  # Saturday the 26th counts
    assert due(begun(world, limited(5, "working_days"), D(2025, 4, 24))) == D(2025, 5, 5)  # 2 May does not
    assert due(begun(world, six, D(2025, 12, 31))) == D(2026, 1, 10)  # Saturday is the last day
    suspend(case=before, reason="ill", by=world.ana, at=on(D(2025, 4, 25)))
    resume(case=before, by=world.ana, at=on(D(2025, 4, 28)))
    assert due(before) == D(2025, 5, 6)  # the 25th and 26th did not run: from 2 May two working days more


def test_a_step_is_ended_by_the_night_after_its_last_day_and_not_before(world, people):
    told = changed(prepare={"asks": [], "limit": {"n": 1, "unit": "months", "then": "lapse"}})
    told["results"]["lapsed"] = name("Lapsed")
    told["steps"][0]["outcomes"].append({"code": "lapse", "name": name("Lapse"), "ends": "lapsed"})
    case = begun(world, lay_down(told), D(2024, 1, 31))
    nightly.look_after(at=on(D(2024, 2, 29)))
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    nightly.look_after(at=on(D(2024, 3, 1)))
    case.refresh_from_db()
    assert (case.result, case.ended_on) == ("lapsed", D(2024, 3, 1))


def test_the_working_days_of_a_whole_year_are_as_many_as_on_the_calendar(db):
    """2024: 366 days, 104 of weekends, 14 holidays laid down of which two fall on weekends; one Saturday worked."""
    special = limits.special_days(D(2024, 1, 1), D(2024, 12, 31))
    assert sum(not works and day.weekday() < 5 for day, works in special.items()) == 12
    year = [D(2024, 1, 1).fromordinal(D(2024, 1, 1).toordinal() + n) for n in range(366)]
    assert sum(limits.is_working(day, special) for day in year) == 251
    assert SpecialDay.objects.filter(day__year=2024, is_working=True).count() == 1
