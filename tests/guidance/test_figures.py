"""The figures of guidance are in every order of writes what the records say, and open to them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from chibo.agendas.actions import read_paper
from chibo.agendas.models import Notice, NoticePaper
from chibo.committees.actions import record_visit, take_back_visit
from chibo.committees.models import Charge
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.indicators import folding, registry
from chibo.indicators.evidence import Evidence
from chibo.meetings.models import Attendance, Guest, Meeting
from chibo.members.actions import link_user
from chibo.members.models import Person
from tests.guidance.reference import Counted
from tests.guidance.scene import Scene, live_on, paper_of, rule
from tests.indicators.comparing import engine_figures, figures_from_facts, kept
from tests.reference import periods_of
from tests.world import AT

CODES = [each.code for each in registry.every() if each.subject == "guidance"]
STOCKS = [each.code for each in registry.every() if each.over_time is registry.LAST]
PERIODS = [*periods_of(2023), *periods_of(2024)]


def said(figures):
    return {
        period: {
            (unit, code): [pair[0], pair[1] or 0]
            for unit, of in units.items()
            for code, pair in of.items()
            if code in CODES
        }
        for period, units in figures.items()
    }


def differing(left, right):
    """(period, unit, figure) that differ, with both."""
    return [
        (period, *key, left.get(period, {}).get(key), right.get(period, {}).get(key))
        for period in PERIODS
        for key in sorted({*left.get(period, {}), *right.get(period, {})})
        if left.get(period, {}).get(key) != right.get(period, {}).get(key)
    ]


@pytest.mark.parametrize("seed", [6])
def test_any_order_of_writes_comes_to_what_the_records_say(world, seed):
    scene, expected = Scene(world, Random(seed), AT), {}
    rule(scene=scene, by=world.eva, at=AT)  # once, and folded: from then on each write marks for itself
    folding.fold_all(by=None, at=AT)
    for steps in (120, 40, 40):
        live_on(scene=scene, steps=steps, by=world.eva, at=AT)
        folding.fold_all(by=None, at=AT)
        expected = Counted().figures(CODES, STOCKS)
        assert differing(said(engine_figures(PERIODS)), expected) == []
    counted = {code for of in expected.values() for _unit, code in of}
    assert counted == set(CODES)
    assert differing(said(figures_from_facts(PERIODS)), expected) == []
    as_folded = kept()
    folding.rebuild(by=None, at=AT)
    assert kept() == as_folded


def test_each_figure_opens_to_records_that_add_up_to_it(world):
    live_on(scene=Scene(world, Random(4), AT), steps=200, by=world.eva, at=AT)
    folding.fold_all(by=None, at=AT)
    figures = said(engine_figures(PERIODS))
    for code in CODES:
        for text in ("2023", "2023-Q2"):
            if not registry.get(code).said_of(Period.parse(text)):
                continue
            rows = list(Evidence(registry.get(code), world.province, Period.parse(text)).all())
            sums = [sum(row.numerator for row in rows), sum(row.denominator or 0 for row in rows)]
            assert sums == figures[text].get((world.province.code, code), [0, 0]), (code, text)
            assert len({(row.unit_id, row.record, row.day) for row in rows}) == len(rows), code


@action("tests.opened")
def open_to_all(*, notice, on, has_file=True, by, at):
    """A notice given with a paper."""
    notice.save()
    return NoticePaper.objects.create(notice=notice, paper=paper_of("x", on, at, has_file=has_file), on=on)


@action("tests.held")
def hold(*, meeting, people, by, at):
    """A meeting recorded here, all there."""
    meeting.save()
    for person in people:
        Attendance.objects.create(meeting=meeting, person=person, state="present")


@action("tests.begun_later")
def begin_later(*, charge, on, by, at):
    Charge.objects.filter(pk=charge.pk).update(from_on=on)


def figure(code, unit, period):
    """A figure as it is folded now, and what the records it opens to add up to."""
    folding.fold_all(by=None, at=AT)
    rows = list(Evidence(registry.get(code), unit, Period.parse(period)).all())
    sums = [sum(row.numerator for row in rows), sum(row.denominator or 0 for row in rows)]
    return said(engine_figures([period]))[period].get((unit.code, code)), sums


def test_papers_are_read_by_whom_the_user_was_that_day_whoever_they_are_linked_to_later(world):
    day, cell = date(2024, 1, 8), world.cell_a
    first, second = Person.objects.get(code="M2"), Person.objects.get(code="M3")
    month = {"unit": cell, "kind": "regular", "month": date(2024, 1, 1)}
    notice = Notice(
        **month, on=day, mode="in_person", prepared_at=AT, status="given", given_at=AT, given_on=date(2024, 1, 2)
    )
    paper = open_to_all(notice=notice, on=date(2024, 1, 2), by=None, at=AT)
    hold(meeting=Meeting(code="X", held_on=day, recorded_at=AT, **month), people=[first, second], by=None, at=AT)
    opened = AT - timedelta(3)
    for user in (world.ben, world.chi):  # M2; nobody's
        for _again in range(2):
            read_paper(paper=paper, by=user, at=opened)
    assert figure("meetings.papers_read", cell, "2024-01") == ([1, 2], [1, 2])
    link_user(person=second, user=world.chi, by=world.eva, at=AT)
    assert figure("meetings.papers_read", cell, "2024-01") == ([1, 2], [1, 2])
    read_paper(paper=paper, by=world.chi, at=opened)
    link_user(person=first, user=None, by=world.eva, at=AT)
    assert figure("meetings.papers_read", cell, "2024-01") == ([2, 2], [2, 2])


def test_a_paper_that_nobody_can_open_here_is_not_asked_for(world):
    cell, month = world.cell_a, {"unit": world.cell_a, "kind": "regular", "month": date(2024, 1, 1)}
    notice = Notice(
        **month, on=date(2024, 1, 8), mode="in_person", prepared_at=AT, status="given", given_at=AT,
        given_on=date(2024, 1, 2),
    )  # fmt: skip
    open_to_all(notice=notice, on=date(2024, 1, 2), has_file=False, by=None, at=AT)
    meeting = Meeting(code="X", held_on=date(2024, 1, 8), recorded_at=AT, **month)
    hold(meeting=meeting, people=[Person.objects.get(code="M2")], by=None, at=AT)
    assert figure("meetings.papers", cell, "2024-01") == ([1, 1], [1, 1])
    assert figure("meetings.papers_read", cell, "2024-01") == (None, [0, 0])


@action("tests.came")
def come(*, meeting, person, instead_of=None, by, at):
    if instead_of is not None:
        instead_of.delete()
    return Guest.objects.create(meeting=Meeting.objects.get(code=meeting.code), place=1, person=person)


def test_a_visit_or_a_guest_counts_at_a_meeting_held_long_after_its_month(world):
    day, cell = date(2023, 3, 5), world.cell_a
    late = Meeting(code="X", unit=cell, kind="regular", month=date(2023, 1, 1), held_on=day, recorded_at=AT)
    hold(meeting=late, people=[], by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([0, 1], [0, 1])
    visit = record_visit(charge=world.charge, on=day, note="", by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([1, 1], [1, 1])
    take_back_visit(visit=visit, by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([0, 1], [0, 1])
    guest = come(meeting=late, person=world.charge.person, by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([1, 1], [1, 1])
    come(meeting=late, person=Person.objects.get(code="M1"), instead_of=guest, by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([0, 1], [0, 1])
    begin_later(charge=world.charge, on=day + timedelta(1), by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == (None, [0, 0])
    begin_later(charge=world.charge, on=day, by=None, at=AT)
    assert figure("meetings.in_charge", cell, "2023-01") == ([0, 1], [0, 1])


def test_a_roll_that_was_loaded_alone_has_none_of_these_figures(world):
    found = {code for of in said(engine_figures(PERIODS)).values() for _unit, code in of}
    assert found == {"committees.visits"}  # the one visit of the small world
