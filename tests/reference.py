"""Every indicator counted by hand from the rows of a roll: slow, plain, and written apart from the engine.

A roll is a dict of sheets as in the workbook, each a list of dicts by column, days as `date`. Beside the sheets it may
hold `moves`: rows with unit_code, to_code and on, for units that were put under another parent; and `again`: rows with
member_code, cell_code, joined_on and perhaps left_on, for members who had left and were admitted again.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Roll = dict[str, list[Row]]
Figures = dict[str, dict[str, list[int | None]]]  # unit: {indicator: [numerator, denominator]}

COUNTS = ("units.grassroots", "units.founded_private", "members.total", "members.admitted", "members.departed")
RATIOS = (
    "members.women",
    "members.minority",
    "members.young",
    "village_heads.members",
    "meetings.regular_held",
    "meetings.thematic_held",
    "meetings.attendance",
    "meetings.prepared",
    "meetings.scored_promptly",
    "meetings.good",
    "cells.good",
)
INDICATORS = COUNTS + RATIOS
CELLS = ("cell", "grassroots_cell")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """One record that counts in an indicator, at a unit, on a day."""

    record: str
    unit: str
    day: date
    numerator: int
    denominator: int | None = None


def months_of(period: str) -> list[str]:
    """The months of a period: `2023-Q2` is 2023-04, 2023-05, 2023-06."""
    year, _, part = period.partition("-")
    if not part:
        numbers = range(1, 13)
    elif part in ("H1", "H2"):
        numbers = range(1, 7) if part == "H1" else range(7, 13)
    elif part.startswith("Q"):
        quarter = int(part[1])
        numbers = range(3 * quarter - 2, 3 * quarter + 1)
    else:
        numbers = range(int(part), int(part) + 1)
    return [f"{year}-{number:02d}" for number in numbers]


def first_day(period: str) -> date:
    return date.fromisoformat(months_of(period)[0] + "-01")


def last_day(period: str) -> date:
    year, month = map(int, months_of(period)[-1].split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])


def quarters_of(period: str) -> list[str]:
    """The quarters wholly within a period."""
    months = set(months_of(period))
    candidates = [f"{period[:4]}-Q{n}" for n in range(1, 5)]
    return [quarter for quarter in candidates if set(months_of(quarter)) <= months]


def periods_of(year: int) -> list[str]:
    parts = ["", "-H1", "-H2", *(f"-Q{n}" for n in range(1, 5)), *(f"-{n:02d}" for n in range(1, 13))]
    return [f"{year}{part}" for part in parts]


def age(born: date, day: date) -> int:
    """Completed years; who was born on 29 February has the birthday on 1 March in other years."""
    if (born.month, born.day) == (2, 29) and not calendar.isleap(day.year):
        birthday = date(day.year, 3, 1)
    else:
        birthday = date(day.year, born.month, born.day)
    return day.year - born.year - (0 if birthday <= day else 1)


class Reference:
    """A roll, and what can be counted in it."""

    def __init__(self, roll: Roll) -> None:
        self.units = {row["code"]: row for row in roll.get("units", [])}
        self.members = {row["member_code"]: row for row in roll.get("members", [])}
        self.departures = {row["member_code"]: row for row in roll.get("departures", [])}
        self.posts = roll.get("posts", [])
        self.meetings = roll.get("meetings", [])
        self.again = _by(roll.get("again", []), "member_code")
        self.transfers = _by(roll.get("transfers", []), "member_code")
        self.moves = _by(roll.get("moves", []), "unit_code")
        self.attendance = _by(roll.get("attendance", []), "meeting_code")
        self.scores = _by(roll.get("scores", []), "meeting_code")
        self.meetings_of_cells = _by(
            [row for row in self.meetings if self.units[row["unit_code"]]["kind"] in CELLS], "period"
        )

    # the tree and who is where

    def parent(self, unit: str, day: date) -> str | None:
        """The unit above on a day: that of the last move by then, or the first parent, since ever."""
        parent = self.units[unit].get("parent_code")
        for move in sorted(self.moves[unit], key=lambda row: row["on"]):
            if move["on"] <= day:
                parent = move["to_code"]
        return parent

    def line(self, unit: str, day: date) -> Iterator[str]:
        """The unit and all above it on a day."""
        at: str | None = unit
        while at:
            yield at
            at = self.parent(at, day)

    def is_open(self, unit: str, first: date, last: date) -> bool:
        """Whether it was open from a day through another."""
        row = self.units[unit]
        return row["founded_on"] <= first and not (row.get("closed_on") and row["closed_on"] <= last)

    def cell(self, member: str, day: date) -> str | None:
        """The cell of someone's membership on a day, or None: not yet, or no longer a member."""
        for joined, cell, left in self.spells(member):
            if joined <= day and not (left and left <= day):
                for transfer in sorted(self.transfers[member], key=lambda row: row["on"]):
                    if transfer["kind"] == "official" and joined < transfer["on"] <= day:
                        cell = transfer["to_cell_code"]
                return cell
        return None

    def spells(self, member: str) -> list[tuple[date, str, date | None]]:
        """When someone joined, which cell, and when they left: once, and again."""
        row, left = self.members[member], self.departures.get(member, {}).get("on")
        again = [(each["joined_on"], each["cell_code"], each.get("left_on")) for each in self.again[member]]
        return [(row["joined_on"], row["cell_code"], left), *again]

    # the facts of each indicator in a period

    def facts(self, indicator: str, period: str) -> list[Fact]:
        """One row for each record that counts in an indicator in a period."""
        return list(getattr(self, indicator.replace(".", "_"))(period))

    def units_grassroots(self, period: str) -> Iterator[Fact]:
        day = last_day(period)
        for code, row in self.units.items():
            if row["kind"] in ("grassroots_committee", "grassroots_cell") and self.is_open(code, day, day):
                yield Fact(code, code, day, 1)

    def units_founded_private(self, period: str) -> Iterator[Fact]:
        for code, row in self.units.items():
            if row.get("setting") in ("private_enterprise", "cooperative") and _within(row["founded_on"], period):
                yield Fact(code, code, row["founded_on"], 1)

    def _those_present(self, period: str) -> Iterator[tuple[Row, str, date]]:
        day = last_day(period)
        for code, row in self.members.items():
            cell = self.cell(code, day)
            if cell:
                yield row, cell, day

    def members_total(self, period: str) -> Iterator[Fact]:
        for row, cell, day in self._those_present(period):
            yield Fact(row["member_code"], cell, day, 1)

    def members_women(self, period: str) -> Iterator[Fact]:
        for row, cell, day in self._those_present(period):
            yield Fact(row["member_code"], cell, day, int(row["sex"] == "f"), 1)

    def members_minority(self, period: str) -> Iterator[Fact]:
        for row, cell, day in self._those_present(period):
            known = bool(row.get("ethnicity"))
            yield Fact(row["member_code"], cell, day, int(known and row["ethnicity"] != "Kinh"), 1)

    def members_young(self, period: str) -> Iterator[Fact]:
        for row, cell, day in self._those_present(period):
            yield Fact(row["member_code"], cell, day, int(age(row["born_on"], day) <= 30), 1)

    def members_admitted(self, period: str) -> Iterator[Fact]:
        for code in self.members:
            for joined, cell, _left in self.spells(code):
                if _within(joined, period):
                    yield Fact(code, cell, joined, 1)

    def members_departed(self, period: str) -> Iterator[Fact]:
        for code in self.members:
            for _joined, _cell, left in self.spells(code):
                if left and _within(left, period):
                    cell = self.cell(code, left - ONE_DAY)
                    assert cell
                    yield Fact(code, cell, left, 1)

    def village_heads_members(self, period: str) -> Iterator[Fact]:
        day = last_day(period)
        for row in self.posts:
            if row["post"] == "village_head" and row["from"] <= day and not (row.get("to") and row["to"] <= day):
                holder = row.get("member_code")
                is_member = bool(holder) and self.cell(holder, day) is not None
                record = f"{row['unit_code']}/{row['post']}/{row.get('place') or ''}"
                yield Fact(record, row["unit_code"], day, int(is_member), 1)

    def _held(self, kind: str, spans: list[str]) -> Iterator[Fact]:
        for span in spans:
            meetings = [row for month in months_of(span) for row in self.meetings_of_cells[month]]
            having = {row["unit_code"] for row in meetings if row["kind"] == kind}
            for code, row in self.units.items():
                if row["kind"] in CELLS and self.is_open(code, first_day(span), last_day(span)):
                    yield Fact(f"{code}@{span}", code, last_day(span), int(code in having), 1)

    def meetings_regular_held(self, period: str) -> Iterator[Fact]:
        yield from self._held("regular", months_of(period))

    def meetings_thematic_held(self, period: str) -> Iterator[Fact]:
        yield from self._held("thematic", quarters_of(period))

    def _meetings(self, period: str, *kinds: str) -> Iterator[tuple[Row, date]]:
        """Meetings of cells that belong to a period, each with the last day of its month."""
        for month in months_of(period):
            for row in self.meetings_of_cells[month]:
                if row["kind"] in kinds:
                    yield row, last_day(month)

    def meetings_attendance(self, period: str) -> Iterator[Fact]:
        for row, day in self._meetings(period, "regular", "thematic"):
            marked = self.attendance[row["meeting_code"]]
            if marked:
                present = sum(mark["state"] == "present" for mark in marked)
                yield Fact(row["meeting_code"], row["unit_code"], day, present, len(marked))

    def meetings_prepared(self, period: str) -> Iterator[Fact]:
        for month in months_of(period):
            prepared = _by((row for row, _ in self._meetings(month, "committee")), "unit_code")
            for row, day in self._meetings(month, "regular"):
                before = any(other["held_on"] <= row["held_on"] for other in prepared[row["unit_code"]])
                yield Fact(row["meeting_code"], row["unit_code"], day, int(before), 1)

    def meetings_scored_promptly(self, period: str) -> Iterator[Fact]:
        for row, day in self._meetings(period, "regular"):
            prompt = any(score["scored_on"] == row["held_on"] for score in self.scores[row["meeting_code"]])
            yield Fact(row["meeting_code"], row["unit_code"], day, int(prompt), 1)

    def total(self, meeting: str) -> Decimal | None:
        """The superior's points of a meeting if there are any, else the cell's own, else None."""
        by = {score["scored_by"]: score for score in self.scores[meeting]}
        score = by.get("superior") or by.get("self")
        return sum((Decimal(str(score[f"c{n}"])) for n in range(1, 9)), Decimal(0)) if score else None

    def meetings_good(self, period: str) -> Iterator[Fact]:
        for row, day in self._meetings(period, "regular"):
            total = self.total(row["meeting_code"])
            if total is not None:
                yield Fact(row["meeting_code"], row["unit_code"], day, int(total >= 90), 1)

    def cells_good(self, period: str) -> Iterator[Fact]:
        if "-" in period:
            return
        held = _by((row for row, _ in self._meetings(period, "regular")), "unit_code")
        for code, row in self.units.items():
            if row["kind"] in CELLS and self.is_open(code, first_day(period), last_day(period)):
                totals = [self.total(meeting["meeting_code"]) for meeting in held[code]]
                good = (
                    len(totals) >= 1
                    and all(total is not None and total >= 70 for total in totals)
                    and sum(total is not None and total >= 90 for total in totals) >= 7
                )
                yield Fact(code, code, last_day(period), int(good), 1)

    # up the tree

    def evidence(self, indicator: str, unit: str, period: str, on: date | None = None) -> list[Fact]:
        """The facts behind one figure: of the unit and of all that stood under it on the fact's day, or on one."""
        return [fact for fact in self.facts(indicator, period) if unit in self.line(fact.unit, on or fact.day)]

    def figures(self, period: str, on: date | None = None) -> Figures:
        """`{unit: {indicator: [numerator, denominator]}}` of a period; what is nothing is left out.

        On the tree of each fact's day, or on that of one day.
        """
        found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        lines: dict[tuple[str, date], list[str]] = {}
        for indicator in INDICATORS:
            for fact in self.facts(indicator, period):
                here = fact.unit, on or fact.day
                if here not in lines:
                    lines[here] = list(self.line(*here))
                for unit in lines[here]:
                    found[unit, indicator][0] += fact.numerator
                    found[unit, indicator][1] += fact.denominator or 0
        figures: Figures = {}
        for (unit, indicator), (numerator, denominator) in found.items():
            if numerator or denominator:
                value = [numerator, denominator if indicator in RATIOS else None]
                figures.setdefault(unit, {})[indicator] = value
        return figures


def _by(rows: Iterable[Row], column: str) -> defaultdict[str, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _within(day: date, period: str) -> bool:
    return first_day(period) <= day <= last_day(period)
