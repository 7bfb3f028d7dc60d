"""Cases by the ten thousand in one district: the pages of cases, files and registers, a night, the figures."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bench import pages

OPEN, ENDED = 10_000, 20_000
PAGES = [
    ("desk", "/"),
    ("cases", "/cases/"),
    ("cases of a unit", "/units/{unit}/cases/"),
    ("a case", "/cases/{case}/"),
    ("cases of a member", "/members/{member}/cases/"),
    ("member's file", "/members/{member}/file/"),
    ("plan of admissions", "/units/{unit}/admissions/"),
    ("register", "/units/{unit}/register/"),
    ("register, quarter", "/units/{unit}/register/quarter/"),
    ("grounds", "/units/{unit}/grounds/"),
    ("badges", "/units/{unit}/badges/"),
    ("dues", "/units/{unit}/dues/"),
]


def main() -> None:
    """Lay down the cases, fold them, look after them as in a night, and ask the pages."""
    from chibo.core import clock
    from chibo.indicators import folding
    from chibo.procedures import nightly
    from chibo.procedures.models import Case

    now = clock.now()
    lay_down(by=None, at=now)
    print(f"{OPEN:,} cases under way and {ENDED:,} ended in one district:")
    for name, do in (
        ("all figures folded", lambda: folding.fold_all(by=None, at=now)),
        ("limits, reminders and moves of a night", lambda: nightly.look_after(at=now)),
    ):
        begun = time.perf_counter()
        do()
        print(f"  {name}: {time.perf_counter() - begun:.1f} s", flush=True)
    case = Case.objects.filter(status="open").order_by("pk").first()
    assert case is not None
    pages.measure("HU-TD", f"{OPEN + ENDED:,} cases", PAGES, case=case.pk)


def lay_down(*, by: None, at: Any) -> None:
    """Removals of names at their first steps, and others gone through, spread over cells and days."""
    from django.db import connection
    from django.utils.timezone import localdate

    from chibo.core.actions import action
    from chibo.lifecycle.models import MemberCase
    from chibo.members.models import Stay
    from chibo.organizations.models import Unit
    from chibo.procedures import going
    from chibo.procedures.flow import BEGIN
    from chibo.procedures.models import Case, Deed, Signature, Stage, Turn
    from chibo.procedures.places import Lines
    from chibo.procedures.queries import version_on

    @action("bench.cases")
    def made(*, by: None, at: Any) -> None:
        today = localdate(at)
        version = version_on("removal", today)
        assert version is not None
        flow = version.flow
        steps = flow.steps[:3]
        top = Unit.objects.get(code="HU-TD")
        stays = list(
            Stay.objects.filter(cell__path__startswith=top.path, to_on=None).select_related("membership__person")
        )
        cells = Unit.objects.in_bulk({each.cell_id for each in stays})
        rows = [(stays[n % len(stays)], n) for n in range(OPEN + ENDED)]
        cases = [
            Case(
                version=version, unit_id=stay.cell_id, about=stay.membership.person.full_name,
                begun_on=today - timedelta(10 + n % 300), status="open" if n < OPEN else "ended",
                result="" if n < OPEN else next(iter(flow.results)),
                ended_on=None if n < OPEN else today - timedelta(n % 10),
            )
            for stay, n in rows
        ]  # fmt: skip
        Case.objects.bulk_create(cases, batch_size=2000)
        MemberCase.objects.bulk_create(
            (
                MemberCase(case=case, person=stay.membership.person)
                for case, (stay, _n) in zip(cases, rows, strict=True)
            ),
            batch_size=2000,
        )
        stages = []
        for n, case in enumerate(cases):
            begun = case.begun_on
            stages.append(Stage(case=case, number=0, step=BEGIN, entered_on=begun, done_on=begun))
            last = n % len(steps) if n < OPEN else len(steps)
            for number, step in enumerate(steps[: last + 1], 1):
                is_open = n < OPEN and number == last + 1
                entered = case.begun_on + timedelta(2 * number)
                stages.append(
                    Stage(
                        case=case, number=number, step=step.code, entered_on=entered,
                        due_on=entered + timedelta(20) if is_open and n % 2 else None,
                        done_on=None if is_open else entered + timedelta(2), outcome="" if is_open else "x",
                    )
                )  # fmt: skip
        Stage.objects.bulk_create(stages, batch_size=2000)
        lines: dict[int, Lines] = {}
        turns = []
        for stage in stages:
            if stage.done_on is None:
                unit = cells[stage.case.unit_id]
                stage.case.unit = unit
                line = lines.setdefault(unit.pk, Lines(stage.case, today))
                turns += going.turns_of(stage, flow.step(stage.step), line)
        Turn.objects.bulk_create(turns, batch_size=2000)
        Signature.objects.bulk_create(
            (
                Signature(stage=stage, deed=Deed.SIGNED, outcome="x", at=at, seal="-")
                for stage in stages
                if stage.done_on is not None
            ),
            batch_size=2000,
        )

    made(by=by, at=at)
    with connection.cursor() as cursor:  # as after a load, and as the database does by itself within minutes
        cursor.execute("analyze")
