"""Any acts on any tree: nobody lost or doubled, the past as it was, done as previewed, gone when taken back."""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.committees.models import Charge
from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.core.spans import EVER, holding
from chibo.exchange.undoing import kept_tables
from chibo.indicators import folding, queries, registry
from chibo.meetings.models import Attendance, Meeting
from chibo.members.actions import restay
from chibo.members.models import Membership, Person, Post, Stay
from chibo.organizations import acts
from chibo.organizations.actions import relineage
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER
from chibo.organizations.models import Act, ActRow, Lineage, ParentLink, Unit, UnitKind
from chibo.organizations.planning import Asked, Plan
from chibo.organizations.rows import plain
from chibo.organizations.rows import table as table_of
from tests.indicators.comparing import figures_kept
from tests.organizations.acting import on, records
from tests.world import TODAY

EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "8"))
DAY = timedelta(days=1)
FIRST = date(2023, 10, 2)  # no act takes effect before
PAST = [Period.parse(each) for each in ("2022", "2023-H1", "2023-Q3", "2023-07", "2023-09")]
DAYS = [date(2023, 6, 1), FIRST - DAY, FIRST, date(2023, 12, 1), TODAY, TODAY + 60 * DAY]
SHAPE = {"province": "district", "district": "grassroots_committee", "grassroots_committee": "cell"}


@action("tests.grown")
def grow(*, rng: Random, by: Any, at: Any) -> None:
    """A tree of a province, its districts, communes and cells, with members, posts and meetings."""
    units = [Unit.objects.create(code="R", name="Tỉnh ủy", kind="province", founded_on=date(2020, 1, 1))]
    for parent in units:
        for n in range(rng.randint(1, 3) if parent.kind in SHAPE else 0):
            code = f"{parent.code}{n}"
            child = Unit.objects.create(
                code=code, name=f"Đơn vị {code}", kind=SHAPE[parent.kind], founded_on=date(2020, 1, 1)
            )  # fmt: skip
            ParentLink.objects.create(unit=child, parent=parent, from_on=EVER)
            units.append(child)
    for cell in [unit for unit in units if unit.is_cell]:
        people = []
        for n in range(rng.randint(0, 3)):
            code = f"M{cell.code}{n}"
            people.append(Person.objects.create(code=code, full_name=code, sex="f", born_on=date(1990, 1, 1)))
            Membership.objects.create(person=people[-1], cell=cell, joined_on=date(2022, rng.randint(1, 12), 3))
        for month in rng.sample(range(1, 10), 2):
            held = Meeting.objects.create(
                code=f"{cell.code}-{month}", unit=cell, kind="regular", held_on=date(2023, month, 5),
                month=date(2023, month, 1),
            )  # fmt: skip
            Attendance.objects.bulk_create(Attendance(meeting=held, person=each, state="present") for each in people)
        if rng.random() < 0.5:
            Post.objects.create(
                unit=cell, post="village_head", place=cell.code, holder_name="Ai", from_on=date(2022, 1, 1)
            )
    for cell in [unit for unit in units if unit.is_cell and rng.random() < 0.5]:
        above = [unit for unit in units if unit.kind != "cell" and cell.code.startswith(unit.code)]
        member = Membership.objects.filter(cell=cell).select_related("person").order_by("pk").first()
        if member is not None:
            begun = rng.choice([date(2022, 1, 1), FIRST, TODAY])
            Charge.objects.create(unit=rng.choice(above), person=member.person, over_unit=cell, from_on=begun)
    relineage([unit.pk for unit in units])
    restay(Membership.objects.values_list("pk", flat=True))


def some_act(rng: Random, number: int, day: date) -> Asked:
    """An act on units that are there, sensible or not."""
    units = list(Unit.objects.order_by("pk"))
    one, other = rng.choice(units), rng.choice(units)
    alike = [unit for unit in units if unit.kind == one.kind and unit != one] or [other]
    new = {"code": f"N{number}", "name": f"Mới {number}", "kind": one.kind}
    parents = [unit for unit in units if unit.kind in MAY_STAND_UNDER[one.kind]] or [other]
    people = list(
        Stay.objects.filter(cell=one, to_on=None).order_by("pk").values_list("membership__person__code", flat=True)
    )
    some = people[: len(people) // 2]
    parts = [{"code": f"N{number}a", "name": "Một"}, {"code": f"N{number}b", "name": "Hai", "members": some}]
    above = rng.choice(parents).code
    kind, asked = rng.choice(
        [
            ("found", new | {"parent": above, "members": some if one.is_cell else []}),
            ("rename", {"unit": one.code, "name": f"Tên {number}"}),
            ("move", {"unit": one.code, "to": above}),
            ("merge", {"units": [one.code], "into": rng.choice(alike).code}),
            ("merge", {"units": [one.code, rng.choice(alike).code], "new": new | {"parent": above}}),
            ("split", {"unit": one.code, "closes": rng.random() < 0.7, "parts": parts}),
            ("dissolve", {"unit": one.code, "members_to": rng.choice(alike).code if one.is_cell else ""}),
            ("reopen", {"unit": one.code, "to": above}),
            ("change_kind", {"unit": one.code, "kind": "sub_committee", "cells": [
                {"code": f"N{number}c", "name": "Chi bộ"}]}),
        ]
    )  # fmt: skip
    return Asked(kind, day, f"{number}-QĐ", asked)


def figures(units: list[int]) -> dict[Any, Any]:
    """Every figure of the past of units."""
    folding.fold_all(by=None, at=on(TODAY))
    found = queries.figures_in(units, PAST, registry.codes())
    return {
        (str(period), unit, code): (figure.numerator, figure.denominator)
        for period, of in found.items() for unit, those in of.items() for code, figure in those.items()
    }  # fmt: skip


def check_nobody_is_lost_or_doubled() -> None:
    connection.check_constraints()
    root = Unit.objects.get(code="R")
    for day in DAYS:
        members = Membership.objects.filter(joined_on__lte=day).count()
        stays = list(Stay.objects.filter(holding(day)).order_by("pk").values_list("membership_id", "cell_id"))
        assert len(stays) == len({membership for membership, _cell in stays}) == members
        paths = dict(Lineage.objects.filter(holding(day)).order_by("pk").values_list("unit_id", "path"))
        assert len(paths) == Unit.objects.count() == Lineage.objects.filter(holding(day)).count()
        parents = ParentLink.objects.filter(holding(day)).order_by("pk").values_list("unit_id", "parent_id")
        assert {unit: paths[parent] + f"{unit}/" for unit, parent in parents} | {root.pk: f"{root.pk}/"} == paths
        open_cells = set(Unit.objects.open_on(day).values_list("pk", flat=True))
        kinds = dict(UnitKind.objects.filter(holding(day)).order_by("pk").values_list("unit_id", "kind"))
        below: dict[int, int] = {}
        for _membership, cell in stays:
            assert cell in open_cells
            assert kinds[cell] in CELLS
            for unit in paths[cell].split("/")[:-1]:
                below[int(unit)] = below.get(int(unit), 0) + 1
        assert below.get(root.pk, 0) == members
        for unit, parent in parents:
            if unit in open_cells:
                assert parent in open_cells
                assert kinds[parent] in MAY_STAND_UNDER[kinds[unit]]
    for unit in Unit.objects.order_by("pk"):
        assert unit.path == Lineage.objects.get(unit=unit, to_on=None).path
        assert unit.name == unit.names.get(to_on=None).name
        assert unit.kind == unit.kinds.get(to_on=None).kind


def shown(rows: Any, new: set[tuple[str, int]]) -> list[Any]:
    """Changes with the keys of what they make left out, as a preview can't know them."""
    told = []
    for table, key, before, after in rows:
        refers = table_of(table).refers
        masked = [
            values and {c: "new" if (refers.get(c), v) in new else v for c, v in values.items()}
            for values in (before, after)
        ]
        told.append(repr((table, "new" if (table, key) in new else key, *map(_sorted, masked))))
    return sorted(told)


def _sorted(values: Any) -> Any:
    return values and sorted(values.items())


def check_what_was_previewed_happened(plan: Plan, act: Act) -> None:
    """The preview, what the act says it did, and what the history says of it."""
    previewed = [(c.table, c.key, plain(c.before), plain(c.after)) for c in plan.changes]
    did = [(r.table, r.row, r.before, r.after) for r in ActRow.objects.filter(act=act).order_by("pk")]
    made = {(table, key) for table, key, before, _after in did if before is None}
    planned = {(c.table, c.key) for c in plan.changes if c.before is None}
    assert shown(previewed, planned) == shown(did, made)
    assert sorted((table, key, before is None) for table, key, before, _after in did) == happened(act)


def happened(act: Act) -> list[tuple[str, int, bool]]:
    """What the history says an act changed, but for paths: table, row, whether it was made."""
    found = []
    for each in kept_tables():
        if each.table == "organizations_act":
            continue
        columns = [c for c in each.columns if c != "path"]
        with connection.cursor() as cursor:
            cursor.execute(f"select pgh_obj_id, pgh_label from {each.events} where pgh_context_id = %s", [act.context])
            events: dict[int, set[str]] = {}
            for key, label in cursor.fetchall():
                events.setdefault(key, set()).add(label)
            for key, labels in events.items():
                listed = ", ".join(f'"{c}"' for c in columns)
                cursor.execute(
                    f"select {listed} from {each.events} where pgh_obj_id = %s and pgh_context_id is distinct from %s"
                    " order by pgh_id desc limit 1", [key, act.context],
                )  # fmt: skip
                before = cursor.fetchone()
                cursor.execute(f"select {listed} from {each.table} where id = %s", [key])
                if "insert" in labels or before != cursor.fetchone():
                    found.append((each.table, key, "insert" in labels))
    return sorted(found)


@pytest.mark.django_db
@settings(max_examples=EXAMPLES)
@given(st.randoms(use_true_random=False))
def test_whatever_is_done_to_units_people_and_the_past_stay_whole_and_it_can_all_be_taken_back(rng):
    with transaction.atomic():
        grow(rng=rng, by=None, at=on(TODAY))
        known = list(Unit.objects.order_by("pk").values_list("pk", flat=True))
        before, past = records(), figures(known)
        sums = figures_kept()
        done: list[Act] = []
        day, moment = FIRST, TODAY
        for number in range(rng.randint(3, 8)):
            day += rng.randint(0, 30) * DAY
            asked = some_act(rng, number, day)
            moment = max(TODAY, day) if rng.random() < 0.5 else moment
            plan = acts.preview(asked, moment)
            if plan.is_blocked:
                with pytest.raises(Denied), transaction.atomic():
                    acts.do(asked=asked, by=None, at=on(moment))
                continue
            act = acts.do(asked=asked, seal=plan.seal, by=None, at=on(moment))
            done.append(act)
            if act.status == Act.Status.DONE:
                check_what_was_previewed_happened(plan, act)
        acts.do_due(at=on(day + DAY))
        check_nobody_is_lost_or_doubled()
        now = figures(known)
        assert now == past
        left = list(Act.objects.exclude(status=Act.Status.REVERSED).order_by("-done_at", "-pk"))
        for act in left:
            acts.reverse(act=act, by=None, at=on(day + DAY))
        check_nobody_is_lost_or_doubled()
        assert records() == before
        folding.fold_all(by=None, at=on(TODAY))
        assert figures_kept() == sums
        transaction.set_rollback(True)
