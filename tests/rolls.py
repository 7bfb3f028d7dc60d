"""Small rolls in the form of the workbook: strategies that make them, all within the rules, and a writer to .xlsx.

The days of one roll come from few, at edges of months, quarters and years, so that much falls on one day.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from chibo.exchange.writing import write_workbook
from tests.reference import CELLS, Reference, Roll, Row, months_of

UNDER: dict[str, tuple[str, ...]] = {
    "central": ("province",),
    "province": ("district", "grassroots_committee", "grassroots_cell"),
    "district": ("grassroots_committee", "grassroots_committee", "grassroots_cell"),
    "grassroots_committee": ("cell", "cell", "sub_committee"),
    "sub_committee": ("cell",),
    "grassroots_cell": (),
    "cell": (),
}
COLUMNS: dict[str, list[str]] = {
    "units": ["code", "name", "kind", "parent_code", "setting", "founded_on", "closed_on", "decision"],
    "members": ["member_code", "full_name", "sex", "born_on", "ethnicity", "cell_code", "joined_on", "official_on"],
    "transfers": ["member_code", "to_cell_code", "on", "kind"],
    "departures": ["member_code", "on", "reason"],
    "posts": ["unit_code", "post", "place", "member_code", "holder_name", "from", "to"],
    "meetings": ["meeting_code", "unit_code", "kind", "held_on", "period", "topic"],
    "attendance": ["meeting_code", "member_code", "state"],
    "scores": ["meeting_code", "scored_on", "scored_by", *(f"c{n}" for n in range(1, 9))],
}
YEARS = (2023, 2024, 2019)  # the first of the two years a roll is about: into, from and before a leap year
TOTALS = (100, 90, 90, 89.9, 89.99, 70, 69.9, 69, 0)
MAXIMA = (5, 5, 10, 30, 10, 5, 30, 5)
STATES = ("present", "excused", "absent")
LONG_AGO = date(2000, 1, 1)
ONE_DAY = timedelta(days=1)


def points(total: float) -> dict[str, float]:
    """c1 ... c8 that come to a total."""
    left, groups = round(total * 100), {}
    for n, most in enumerate(MAXIMA, 1):
        taken = min(left, most * 100)
        groups[f"c{n}"], left = taken / 100, left - taken
    return groups


def edges(year: int) -> list[date]:
    """First, second and last days, and the last but one, of the months of two years and of those beside."""
    days = []
    for month in [(year - 1, 12), *((y, m) for y in (year, year + 1) for m in range(1, 13)), (year + 2, 1)]:
        last = calendar.monthrange(*month)[1]
        days += [date(*month, day) for day in (1, 2, last - 1, last)]
    return days


@dataclass
class Making:
    """A roll being made: what is drawn next depends on what there is."""

    draw: Any
    year: int
    days: list[date]
    roll: Roll = field(default_factory=lambda: {sheet: [] for sheet in [*COLUMNS, "moves", "again"]})
    acts: bool = True  # also what has no sheet

    def one(self, of: Any) -> Any:
        return self.draw(st.sampled_from(list(of)))

    def some(self, most: int, least: int = 0) -> range:
        return range(self.draw(st.integers(least, most)))

    def chance(self, of: int) -> bool:
        """True once in so many times."""
        return bool(self.draw(st.integers(1, of)) == of)

    def day(self, after: date, before: date | None = None) -> date | None:
        """One of the roll's days, after a day and before another, or None."""
        fit = [day for day in self.days if day > after and (before is None or day < before)]
        return self.one(fit) if fit else None

    def units(self) -> None:
        kind = self.one(["district", "district", "province", "central", "grassroots_committee", "grassroots_cell"])
        self.roll["units"].append({"code": "U0", "name": "Unit 0", "kind": kind, "founded_on": LONG_AGO})
        for n in self.some(9, 4):
            parents = [row for row in self.roll["units"] if UNDER[row["kind"]]]
            if not parents:
                return
            parent = self.one(parents)
            row = {"code": f"U{n + 1}", "name": f"Unit {n + 1}", "parent_code": parent["code"]}
            row |= {"kind": self.one(UNDER[parent["kind"]]), "founded_on": LONG_AGO}
            ends = parent.get("closed_on")
            if self.chance(2):
                row["founded_on"] = self.day(LONG_AGO, ends) or LONG_AGO
            if ends or self.chance(4):
                row["closed_on"] = self.day(row["founded_on"], ends) or ends
            if self.chance(3):
                row["setting"] = self.one(["private_enterprise", "cooperative", "village"])
            self.roll["units"].append({name: value for name, value in row.items() if value})

    def cells(self, day: date) -> list[str]:
        """Cells open on a day."""
        open_then = (row for row in self.roll["units"] if row["kind"] in CELLS and is_open(row, day))
        return [row["code"] for row in open_then]

    def closing(self, cell: str) -> date | None:
        closed: date | None = unit_of(self.roll, cell).get("closed_on")
        return closed

    def members(self) -> None:
        for n in self.some(9, 3):
            joined = self.one([date(2010, 5, 19), *self.days])
            if not (cells := self.cells(joined)):
                continue
            code, cell = f"P{n}", self.one(cells)
            row = {"member_code": code, "full_name": f"Person {n}", "sex": self.one("fm"), "cell_code": cell}
            row |= {"joined_on": joined, "born_on": self.birthday()}
            if ethnicity := self.one(["", "Kinh", "Mông", "Tày"]):
                row["ethnicity"] = ethnicity
            self.roll["members"].append(row)
            self.life(code, cell, joined)

    def birthday(self) -> date:
        """A day about 30 or 31 years before days of the roll: leap days and days beside them, edges, or the same."""
        year = self.year + self.one([-31, -30, -32, -28])
        leap = date(year, 2, 29) if calendar.isleap(year) else date(year, 2, 28)
        same = self.one(self.days)
        others = [date(year, 3, 1), date(year, 12, 31), date(year, same.month, min(same.day, 28))]
        return self.one([leap, leap - ONE_DAY, *others])

    def life(self, code: str, cell: str, since: date) -> None:
        """Transfers and perhaps a departure; who is in a cell that closes is out of it by then."""
        temporary = None
        for _ in self.some(3):
            kind = self.one(["official", "temporary"])
            on = self.day(since, self._by(cell) if kind == "official" else self.closing(cell))
            if on is None or not (cells := [c for c in self.cells(on) if not temporary or c != temporary]):
                break
            to = self.one(cells)
            if kind == "temporary" and self.closing(to):
                continue
            self.roll["transfers"].append({"member_code": code, "to_cell_code": to, "on": on, "kind": kind})
            since, cell, temporary = on, (to if kind == "official" else cell), (to if kind == "temporary" else None)
        if self.closing(cell) or self.chance(4):
            on = self.day(since, self._by(cell)) or self.closing(cell)
            if on:
                self.roll["departures"].append({"member_code": code, "on": on, "reason": "resigned"})
                if self.acts and self.chance(2):
                    self.again(code, on)

    def again(self, code: str, left: date) -> None:
        """Whoever had left is admitted again, that day or later, and may leave again."""
        joined = self.one([left, self.day(left) or left])
        if cells := [cell for cell in self.cells(joined) if not self.closing(cell)]:
            row = {"member_code": code, "cell_code": self.one(cells), "joined_on": joined}
            row |= {"left_on": self.day(joined) if self.chance(2) else None}
            self.roll["again"].append({name: value for name, value in row.items() if value})

    def _by(self, cell: str) -> date | None:
        """The day before which one is out of a cell."""
        closed = self.closing(cell)
        return closed + ONE_DAY if closed else None

    def posts(self) -> None:
        codes = [row["member_code"] for row in self.roll["members"]]
        for unit in self.roll["units"]:
            if not self.chance(3):
                continue
            post, place = self.one([("village_head", ""), ("village_head", "Thôn 1"), ("secretary", "")])
            begin: date | None = self.one(
                [day for day in [date(2015, 1, 1), *self.days] if is_open(unit, day)] or [None]
            )
            for _ in self.some(3, 1):
                if begin is None or not is_open(unit, begin):
                    break
                row = {"unit_code": unit["code"], "post": post, "place": place, "from": begin, "holder_name": "Someone"}
                if codes and not self.chance(3):
                    row["member_code"] = self.one(codes)
                end = None if self.chance(2) else self.day(begin)
                self.roll["posts"].append({name: value for name, value in (row | {"to": end}).items() if value})
                begin = self.one([end, self.day(end)]) if end else None

    def meeting(self, unit: str, kind: str, held: date, period: str) -> str:
        code = f"M{len(self.roll['meetings'])}"
        row = {"meeting_code": code, "unit_code": unit, "kind": kind, "held_on": held, "period": period}
        self.roll["meetings"].append(row)
        return code

    def meetings(self) -> None:
        months = [*months_of(str(self.year)), *months_of(str(self.year + 1))]
        kinds = ["regular", "regular", "committee", "thematic", "extraordinary"]
        for _ in self.some(12, 2):
            held = self.one(self.days)
            tree = Reference(self.roll)
            homes = sorted({cell for member in tree.members if (cell := tree.cell(member, held))})
            others = [row["code"] for row in self.roll["units"] if is_open(row, held)]
            if of := homes * 2 + others:
                period = self.one([f"{held:%Y-%m}", f"{held:%Y-%m}", self.one(months)])
                code = self.meeting(self.one(of), self.one(kinds), held, period)
                self.follow_up(self.roll["meetings"][-1], code)

    def diligent_year(self) -> None:
        """A cell that met and was scored about as often and as well as a good cell has to."""
        year = self.one([self.year, self.year + 1])
        first, last = date(year, 1, 1), date(year, 12, 31)
        cells = [row for row in self.roll["units"] if row["kind"] in CELLS and is_open(row, last)]
        cells = [row for row in cells if is_open(row, first)] or cells
        if not cells:
            return
        unit = self.one(cells)
        low = self.one([90, 70, 89.9, 69.9])
        for n, month in enumerate(months_of(str(year))[: self.one([8, 7, 12])]):
            held = date.fromisoformat(month + self.one(["-03", "-05"]))
            if is_open(unit, held):
                code = self.meeting(unit["code"], "regular", held, month)
                total = low if n == 6 else 90
                row = {"meeting_code": code, "scored_on": held, "scored_by": "self"} | points(total)
                self.roll["scores"].append(row)

    def follow_up(self, meeting: Row, code: str) -> None:
        """Attendance of those who may attend, and scores where there may be some."""
        for member in may_attend(self.roll, meeting):
            if not self.chance(4):
                row = {"meeting_code": code, "member_code": member, "state": self.one(STATES)}
                self.roll["attendance"].append(row)
        if meeting["kind"] in ("regular", "thematic"):
            for by in self.one([(), ("self",), ("superior",), ("self", "superior")]):
                held = meeting["held_on"]
                on = self.one([held, held, held + ONE_DAY, self.day(held) or held])
                row = {"meeting_code": code, "scored_on": on, "scored_by": by} | points(self.one(TOTALS))
                self.roll["scores"].append(row)

    def moves(self) -> None:
        """Units put under other parents, in the order of the days; never under one that closes before them."""
        for on in sorted({day for day in self.days if self.chance(3)}):
            unit = self.one(self.roll["units"])
            tree = Reference(self.roll)
            ways = [
                to["code"]
                for to in self.roll["units"]
                if unit["kind"] in UNDER[to["kind"]]
                and unit.get("parent_code")
                and is_open(unit, on)
                and is_open(to, on)
                and unit["code"] not in tree.line(to["code"], date.max)
                and [to["code"]] != list(tree.line(unit["code"], date.max))[1:2]
                and to.get("closed_on", date.max) >= unit.get("closed_on", date.max)
            ]
            if ways:
                self.roll["moves"].append({"unit_code": unit["code"], "to_code": self.one(ways), "on": on})


def is_open(unit: Row, day: date) -> bool:
    return bool(unit["founded_on"] <= day < (unit.get("closed_on") or date.max))


def unit_of(roll: Roll, code: str) -> Row:
    return next(row for row in roll["units"] if row["code"] == code)


def may_attend(roll: Roll, meeting: Row) -> list[str]:
    """Members who on the day belong to the meeting's unit, or are there for a time; of a committee: to a cell below."""
    seen, day = Reference(roll), meeting["held_on"]
    found = []
    for member in seen.members:
        if not (home := seen.cell(member, day)):
            continue
        since = max(joined for joined, _cell, _left in seen.spells(member) if joined <= day)
        acts = [row for row in seen.transfers[member] if since < row["on"] <= day]
        last = max(acts, key=lambda row: row["on"], default=None)
        cells = [home] + ([last["to_cell_code"]] if last and last["kind"] == "temporary" else [])
        if any(meeting["unit_code"] in seen.line(cell, day) for cell in cells):
            found.append(member)
    return found


@st.composite
def rolls(draw: Any, moves: bool = True) -> Roll:
    """Rolls of a few units, members and meetings, over two years; with `moves` also what has no sheet.

    Units that were moved, members who were admitted again.
    """
    year = draw(st.sampled_from(YEARS))
    days = draw(st.lists(st.sampled_from(edges(year)), min_size=3, max_size=7, unique=True))
    making = Making(draw, year, days, acts=moves)
    making.units()
    if moves:
        making.moves()
    making.members()
    making.posts()
    making.meetings()
    if making.chance(2):
        making.diligent_year()
    return making.roll


def years_of(roll: Roll) -> list[int]:
    """The years in which something of the roll happened, and one before and after."""
    columns = ("founded_on", "closed_on", "joined_on", "left_on", "on", "from", "to", "held_on", "scored_on")
    days = [row[name] for rows in roll.values() for row in rows for name in columns if row.get(name)]
    years = [day.year for day in days if day.year > 2015] + [int(row["period"][:4]) for row in roll["meetings"]]
    return list(range(min(years, default=2023) - 1, max(years, default=2023) + 2))


def write(roll: Roll, path: Path) -> Path:
    """The roll as a workbook; moves are acts and have no sheet, nor have second spells."""
    sheets = {
        sheet: (columns, [[row.get(name) for name in columns] for row in roll.get(sheet, [])])
        for sheet, columns in COLUMNS.items()
    }
    write_workbook(str(path), sheets)
    return path
