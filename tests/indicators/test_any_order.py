"""Records written in any order, corrected and taken back, folded at any moment: the figures are those of a rebuild."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.indicators import folding
from tests.indicators.comparing import check_figures, kept, undone
from tests.indicators.writing import Change, changes, key_of, put, remove
from tests.reference import Reference, Roll, Row
from tests.rolls import TOTALS, points, rolls, years_of

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "5"))
AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LATE = date(2026, 2, 1)
FOR_NOW = ("transfers", "departures", "posts", "meetings", "attendance", "scores")  # may be taken back
SEEDS = st.integers(0, 2**32)
Key = tuple[str, tuple[object, ...]]


def needs(sheet: str, row: Row, roll: Roll) -> list[Key]:
    """The rows that have to be there first."""
    units = [
        row[name] for name in ("parent_code", "unit_code", "to_code", "cell_code", "to_cell_code") if row.get(name)
    ]
    found: list[Key] = [("units", (code,)) for code in units]
    if sheet not in ("members", "units") and row.get("member_code"):
        found.append(("members", (row["member_code"],)))
    if sheet == "again":
        found.append(("departures", (row["member_code"],)))
    if sheet in ("attendance", "scores"):
        found.append(("meetings", (row["meeting_code"],)))
    if sheet == "moves":  # acts in the order of their days
        found += [("moves", key_of("moves", other)) for other in roll["moves"] if other["on"] < row["on"]]
    return found


def in_any_order(roll: Roll, random: Random) -> Iterator[Change]:
    """The rows of a roll, none before what it needs."""
    waiting = changes(roll)
    done: set[Key] = set()
    while waiting:
        ready = [n for n, (sheet, row) in enumerate(waiting) if done.issuperset(needs(sheet, row, roll))]
        sheet, row = waiting.pop(random.choice(ready))
        done.add((sheet, key_of(sheet, row)))
        yield sheet, row


def otherwise(sheet: str, row: Row, roll: Roll, random: Random) -> Row:
    """A row with the same key as it might have been entered by mistake."""
    if sheet == "departures" and row["member_code"] in {other["member_code"] for other in roll["again"]}:
        return row  # or both spells would run at once
    days = [meeting["held_on"] for meeting in roll["meetings"]]
    next_day = row["from"] + timedelta(days=1) if sheet == "posts" else None
    cells = [unit["code"] for unit in roll["units"] if unit["kind"] in ("cell", "grassroots_cell")]
    early = date(2012, 2, 3)
    mistakes: dict[str, list[Row]] = {
        "units": [{"founded_on": early}, {"closed_on": None}, {"setting": "cooperative"}, {"setting": None}],
        "members": [{"sex": "f"}, {"born_on": date(1993, 2, 28)}, {"ethnicity": "Mông"}, {"joined_on": early}]
        + [{"cell_code": cell} for cell in cells],
        "transfers": [{"kind": "official"}, {"kind": "temporary"}, *({"to_cell_code": cell} for cell in cells)],
        "departures": [{"on": LATE}],
        "posts": [{"to": None}, {"to": next_day}],
        "meetings": [{"kind": "regular"}, {"kind": "committee"}, {"period": "2024-02"}, {"period": "2023-12"}]
        + [{"unit_code": cell} for cell in cells]
        + [{"held_on": day} for day in days],
        "attendance": [{"state": "present"}, {"state": "absent"}],
        "scores": [points(random.choice(TOTALS)), {"scored_on": random.choice([*days, early])}],
    }
    return row | random.choice(mistakes.get(sheet, [{}]))


def steps(roll: Roll, random: Random) -> Iterator[Change]:
    """The writes that come to a roll: some rows are entered by mistake and corrected some time later."""
    corrections: list[Change] = []
    written: set[Key] = set()
    for sheet, row in in_any_order(roll, random):
        first = otherwise(sheet, row, roll, random)
        if first != row and random.random() < 0.5 and written.issuperset(needs(sheet, first, roll)):
            yield sheet, first
            corrections.append((sheet, row))
        else:
            yield sheet, row
        written.add((sheet, key_of(sheet, row)))
        if corrections and random.random() < 0.3:
            yield corrections.pop(random.randrange(len(corrections)))
    random.shuffle(corrections)
    yield from corrections


@settings(max_examples=EXAMPLES)
@given(roll=rolls(), seed=SEEDS, batch=st.sampled_from([20, 20_000]), few=st.sampled_from([0, 5_000]))
def test_any_order_of_the_same_writes_comes_to_the_same_figures(roll: Roll, seed: int, batch: int, few: int) -> None:
    random = Random(seed)
    with undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "BATCH", batch)  # marks are taken few at a time
        patch.setattr(folding, "FEW", few)  # with 0, whenever most units are marked all is compared
        pending: list[Change] = []
        for change in steps(roll, random):
            pending.append(change)
            if random.random() < 0.3:
                put(rows=pending, by=None, at=AT)
                pending = []
            if random.random() < 0.15:
                folding.fold(by=None, at=AT)
        put(rows=pending, by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        check_figures(Reference(roll), years_of(roll))
        as_folded = kept()
        folding.rebuild(by=None, at=AT)
        assert kept() == as_folded


@settings(max_examples=EXAMPLES)
@given(roll=rolls(), seed=SEEDS)
def test_what_is_taken_back_leaves_nothing_behind(roll: Roll, seed: int) -> None:
    random = Random(seed)
    again = {row["member_code"] for row in roll["again"]}
    may_go = {sheet: roll[sheet] for sheet in FOR_NOW}
    may_go["departures"] = [row for row in roll["departures"] if row["member_code"] not in again]
    gone = [(sheet, row) for sheet, rows in may_go.items() for row in rows if random.random() < 0.4]
    meetings = {row["meeting_code"] for sheet, row in gone if sheet == "meetings"}
    left = {sheet: [row for row in rows if (sheet, row) not in gone] for sheet, rows in roll.items()}
    for sheet in ("attendance", "scores"):
        gone += [(sheet, row) for row in left[sheet] if row["meeting_code"] in meetings]
        left[sheet] = [row for row in left[sheet] if row["meeting_code"] not in meetings]
    random.shuffle(gone)
    gone.sort(key=lambda change: change[0] == "meetings")  # what refers to them goes first
    with undone():
        put(rows=changes(roll), by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        while gone:
            count = random.randint(1, len(gone))
            remove(rows=gone[:count], by=None, at=AT)
            gone = gone[count:]
            if random.random() < 0.5:
                folding.fold(by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        check_figures(Reference(left), years_of(roll))
        as_folded = kept()
        folding.rebuild(by=None, at=AT)
        assert kept() == as_folded


def test_who_moved_away_stays_there_when_the_former_parent_moves() -> None:
    units = [("U0", "province", None), ("A", "district", "U0"), ("B", "district", "U0")]
    units += [("C", "grassroots_committee", "A"), ("D", "cell", "C")]
    roll: Roll = {
        "units": [
            {"code": code, "name": code, "kind": kind, "parent_code": parent, "founded_on": date(2000, 1, 1)}
            for code, kind, parent in units
        ],
        "moves": [
            {"unit_code": "C", "to_code": "B", "on": date(2023, 3, 1)},
            {"unit_code": "A", "to_code": "U0", "on": date(2023, 7, 1)},
            {"unit_code": "C", "to_code": "A", "on": date(2023, 10, 1)},
        ],
        "meetings": [],
    }
    with undone():
        put(rows=changes(roll), by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        check_figures(Reference(roll), [2023, 2025])
