"""The figures of cases, for whatever happens to them, are those counted a second time from their signatures."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from chibo.accounts.models import User
from chibo.core.actions import Denied
from chibo.indicators import folding
from chibo.indicators.registry import codes
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from chibo.procedures import nightly, queries
from chibo.procedures.actions import begin, resume, sign, suspend, withdraw
from chibo.procedures.models import Case
from tests.indicators.comparing import ON, differences, engine_figures
from tests.procedures.conftest import changed, lay_down, on
from tests.reference import Reference, periods_of
from tests.reference_cases import CASES, Gone, figures, gone, rows, took
from tests.world import AT, MOVED_ON, UNITS, World

FIRST, DAYS = date(2022, 11, 1), 500
CELLS = ("cell_a", "cell_b", "cell_c", "cell_d")
LIMITED: dict[str, Any] = {
    "prepare": {"asks": [], "limit": {"n": 5, "unit": "working_days"}},
    "check": {"need": 2, "limit": {"n": 1, "unit": "months", "then": "return"}},
    "decide": {"limit": {"n": 20, "unit": "days", "since": "case"}},
}


def offices(world: World) -> dict[str, Any]:
    """Three who hold every role everywhere, so that who may act is no matter here."""
    people = [User.objects.create(username=each, full_name=each, sort_key=each) for each in ("uno", "due", "tre")]
    cells = [getattr(world, each) for each in CELLS]
    for unit in (*cells, world.upland, world.lowland, world.north, world.south):
        role = "secretary" if unit.is_cell else "officer"
        for user in people:
            organizations.grant(user=user, role=role, unit=unit, from_on=date(2022, 1, 1), by=None, at=AT)
    return {"people": people, "cells": cells}


def live(random: Random, version: Any, office: dict[str, Any]) -> None:
    """One case, with whatever happens to it by chance until the world's own day."""
    day = FIRST + timedelta(random.randrange(DAYS))
    people = office["people"]
    case = begin(version=version, unit=random.choice(office["cells"]), about="X", by=people[0], at=on(day))
    for _n in range(12):
        day += timedelta(random.choice((0, 1, 4, 9, 33)))
        stage = case.stages.latest("number")
        given: dict[str, Any] = {"case": case, "by": random.choice(people), "at": on(day)}
        chance = random.random()
        try:
            if case.status == Case.Status.SUSPENDED:
                resume(**given)
            elif chance < 0.05:
                withdraw(**given, reason="no more")
            elif chance < 0.12:
                suspend(**given, reason="ill")
            elif chance < 0.2:
                nightly.look_after(at=on(day))
            else:
                ways = [each.code for each in version.flow.step(stage.step).outcomes]
                sign(**given, number=stage.number, outcome=random.choice([ways[0], *ways]), reason="so")
        except Denied:
            continue
        case.refresh_from_db()
        if case.is_over:
            return


def lines() -> Reference:
    """The tree of the small world, told by hand."""
    units = [{"code": code, "parent_code": UNITS[up][0] if up else None} for code, _, _, up, _ in UNITS.values()]
    return Reference({"units": units, "moves": [{"unit_code": "D", "to_code": "T-S", "on": MOVED_ON}]})


@pytest.mark.parametrize("seed", [1, 2])
def test_begun_ended_and_in_time_are_what_the_signatures_say_as_then_and_as_now(world, nothing, seed):
    random, office = Random(seed), offices(world)
    told = changed(**LIMITED)
    for step in told["steps"]:
        step["apart_from"] = []
    version = lay_down(told)
    for _n in range(10):
        live(random, version, office)
    found, tree = gone(rows()), lines()
    states = {each.status for each in Case.objects.order_by("pk")}
    assert {Case.Status.ENDED, Case.Status.WITHDRAWN} <= states
    assert {day <= last for case in found for last, day, _unit in case.done} == {True, False}
    folding.fold_all(by=None, at=AT)
    periods = [period for year in (2022, 2023, 2024) for period in periods_of(year)]
    for way in Tree:
        for period, units in engine_figures(periods, way).items():
            said = {unit: {code: each[code] for code in CASES if code in each} for unit, each in units.items()}
            assert differences(said, figures(found, tree.line, period, ON[way])) == [], (way, period)
    for unit in Unit.objects.order_by("pk"):
        same_took(unit, found, tree)


def same_took(unit: Unit, found: list[Gone], tree: Reference) -> None:
    """How many came to which result, and how fast, at a unit and below it as the tree is now."""
    span = (date(2023, 1, 1), date(2023, 12, 31))
    said = {(each.procedure, each.result): (each.n, each.in_time, each.median) for each in queries.took(unit, *span)}
    assert said == took(found, tree.line, unit.code, *span, date.max), unit.code


def test_every_indicator_of_cases_is_counted_twice():
    assert {code for code in codes() if code.startswith("procedures.")} == set(CASES)
