"""Folding while others write: nobody waits for the folder, and nothing they wrote is missed."""

from datetime import UTC, date, datetime
from random import Random
from threading import Thread

import pytest
from django.db import connections

from chibo.indicators import folding
from chibo.indicators.models import Mark
from tests.indicators.comparing import check_figures, kept
from tests.indicators.writing import Change, changes, key_of, put
from tests.reference import Reference, Roll, months_of
from tests.rolls import points

AT = datetime(2024, 1, 10, tzinfo=UTC)
LONG_AGO = date(2000, 1, 1)
WRITERS, MEMBERS = 3, 4
CELLS = ["C0", "C1", "C2"]


def roll_at_first() -> Roll:
    units = [("D", "district", None), ("G", "grassroots_committee", "D"), *((code, "cell", "G") for code in CELLS)]
    people = [f"P{writer}-{n}" for writer in range(WRITERS) for n in range(MEMBERS)]
    meetings = [(f"{cell}-{month}", cell, month) for cell in CELLS for month in months_of("2023")]
    return {
        "units": [
            {"code": code, "name": code, "kind": kind, "parent_code": parent, "founded_on": LONG_AGO}
            for code, kind, parent in units
        ],
        "members": [
            {"member_code": code, "full_name": code, "sex": "m", "born_on": date(1980, 1, 1), "cell_code": "C0"}
            | {"joined_on": LONG_AGO}
            for code in people
        ],
        "meetings": [
            {"meeting_code": code, "unit_code": cell, "kind": "regular", "period": month}
            | {"held_on": date.fromisoformat(month + "-03")}
            for code, cell, month in meetings
        ],
    }


def writes(roll: Roll, writer: int) -> list[list[Change]]:
    """What one writer does, an action each: to members of its own, and to any meeting."""
    random, mine = Random(writer), [row for row in roll["members"] if row["member_code"].startswith(f"P{writer}-")]
    acts: list[list[Change]] = []
    for n in range(25):
        member, meeting = random.choice(mine), random.choice(roll["meetings"])
        mark = {"meeting_code": meeting["meeting_code"], "member_code": member["member_code"]}
        on = date(2023, random.randint(1, 12), 1 + n)
        transfer = {"member_code": member["member_code"], "to_cell_code": random.choice(CELLS), "on": on}
        score = {"meeting_code": CELLS[writer] + meeting["meeting_code"][2:], "scored_by": "self", "scored_on": on}
        acts += [
            [("attendance", mark | {"state": random.choice(["present", "absent"])})],
            [("transfers", transfer | {"kind": "official"}), ("members", member | {"sex": random.choice("fm")})],
            [("scores", score | points(random.choice([60, 70, 90])))],
        ]
    return acts


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_marks_are_folded_is_folded_in_the_end() -> None:
    roll, failed = roll_at_first(), list[BaseException]()
    put(rows=changes(roll), by=None, at=AT)
    all_writes = [writes(roll, writer) for writer in range(WRITERS)]

    def write(acts: list[list[Change]]) -> None:
        try:
            for rows in acts:
                put(rows=rows, by=None, at=AT)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=write, args=[acts]) for acts in all_writes]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        folding.fold(by=None, at=AT)
    for thread in threads:
        thread.join()
    folding.fold_all(by=None, at=AT)
    assert not failed and not Mark.objects.exists()

    state: dict[tuple[str, tuple[object, ...]], Change] = {}
    for acts in [[changes(roll)], *all_writes]:
        for sheet, row in (change for rows in acts for change in rows):
            state[sheet, key_of(sheet, row)] = (sheet, row)
    now: Roll = {}
    for sheet, row in state.values():
        now.setdefault(sheet, []).append(row)
    check_figures(Reference(now), [2023])
    as_folded = kept()
    folding.rebuild(by=None, at=AT)
    assert kept() == as_folded
