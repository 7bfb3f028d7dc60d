"""The rows of a restructuring: one sheet, a row a unit and what becomes of it; taken cell by cell into acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.exchange.cells import Choice, Column, Text, shown
from chibo.exchange.loading import Fault, Loading
from chibo.exchange.reading import Cell, RawSheet, read
from chibo.exchange.sheets import Row, Sheet
from chibo.exchange.taking import take_sheet
from chibo.organizations.kinds import ActKind, Kind, Setting
from chibo.organizations.planning import Asked

NAME, GUIDE = "acts", "guide"
SPLIT_OFF = "split_off"
WORDS: dict[str, Any] = {  # what may stand in the column `act`, in the order in which acts are done
    "reopen": gettext_lazy("A closed unit opens again, under parent_code if that is given."),
    "found": gettext_lazy("A unit is founded: its code, name, kind, setting, and under which unit."),
    "rename": gettext_lazy("A unit bears another name."),
    "change_kind": gettext_lazy(
        "A unit is of another kind. A cell that becomes a committee: more rows with the same unit_code,"
        " each with a new cell in into_code, its name, and its members."
    ),
    "move": gettext_lazy("A unit stands with all below it under parent_code."),
    "split": gettext_lazy(
        "A unit closes and becomes several: a row for each new one, in into_code, with its name, and the units or"
        " members it gets; the first gets what no row names."
    ),
    SPLIT_OFF: gettext_lazy("The same, but the unit goes on with what no row names."),
    "merge": gettext_lazy(
        "A unit closes and goes, with all below it or all its members, into into_code:"
        " a unit there is, or one that another row founds."
    ),
    "dissolve": gettext_lazy("A unit closes; the members of a cell go to the cell in into_code."),
}
LABELS: dict[str, Any] = {  # what a column is called on the page
    "act": gettext_lazy("What happens"), "unit_code": gettext_lazy("Unit"), "into_code": gettext_lazy("Into"),
    "name": gettext_lazy("New name"), "kind": gettext_lazy("Kind"), "setting": gettext_lazy("Where it works"),
    "parent_code": gettext_lazy("Under"), "units": gettext_lazy("Units it gets"), "members": gettext_lazy("Members"),
    "note": gettext_lazy("Note"),
}  # fmt: skip
RANK = {"found": 0, "reopen": 0, "rename": 1, "change_kind": 2, "move": 3, "split": 4, SPLIT_OFF: 4, "merge": 5}
LAST = 6
NEEDS = {  # the columns a row must fill, and those it may
    "found": (("name", "kind", "parent_code"), ("setting", "members")),
    "rename": (("name",), ()),
    "change_kind": ((), ("kind", "parent_code", "into_code", "name", "setting", "members")),
    "move": (("parent_code",), ()),
    "split": (("into_code", "name"), ("kind", "setting", "parent_code", "units", "members")),
    SPLIT_OFF: (("into_code", "name"), ("kind", "setting", "parent_code", "units", "members")),
    "merge": (("into_code",), ()),
    "dissolve": ((), ("into_code",)),
    "reopen": ((), ("parent_code", "members")),
}
TOGETHER = {"merge": "into_code", "split": "unit_code", SPLIT_OFF: "unit_code", "change_kind": "unit_code"}
MOST_CODES = 20_000  # characters of a list of codes


@dataclass(frozen=True)
class Codes(Text):
    """Codes one after the other, with a comma, a semicolon or a new line between them."""

    def take(self, cell: Cell) -> str:
        if not isinstance(cell, str):
            return super().take(cell)
        pieces = [piece.strip() for piece in cell[:MOST_CODES].replace(",", ";").replace("\n", ";").split(";")]
        return "; ".join(text for text in (super(Codes, self).take(piece) for piece in pieces) if text)

    def describe(self) -> str:
        return _("codes, with a comma between them")


class Acts(Sheet):
    """The one sheet of a restructuring; no load has it."""

    name: ClassVar[str] = NAME
    columns: ClassVar[tuple[Column, ...]] = (
        Choice("act", required=True, words=tuple(WORDS)),
        Text("unit_code", required=True),
        Text("into_code"),
        Text("name"),
        Choice("kind", words=tuple(Kind.values)),
        Choice("setting", words=tuple(Setting.values)),
        Text("parent_code"),
        Codes("units"),
        Codes("members"),
        Text("note"),
    )
    key: ClassVar[tuple[str, ...]] = ("act", "unit_code", "into_code")
    order: ClassVar[int] = 0
    tables: ClassVar[tuple[str, ...]] = ()

    def identity(self, row: Row) -> Any:
        """What makes a row the one it is: no row says the same twice."""
        return tuple(row.values.get(name) or "" for name in self.key)


SHEET = Acts()
SHOWN = tuple(column.name for column in SHEET.columns)


def read_rows(path: Path) -> Loading:
    """The rows of a workbook with what is wrong with single cells; Unreadable for what is none."""
    loading = Loading()
    for raw in read(path):
        if raw.name == GUIDE:
            continue
        if raw.name != NAME:
            told = _("there is no sheet of this name: the acts stand on the sheet %(name)s") % {"name": NAME}
            loading.faults.append(Fault(raw.name, None, None, raw.name, told))
        elif NAME in loading.rows:
            loading.faults.append(Fault(raw.name, None, None, raw.name, _("there are two sheets of this name")))
        else:
            take_sheet(loading, SHEET, raw)
    if not loading.faults and not loading.rows.get(NAME):
        loading.fault_of_file(_("The sheet %(name)s has no row.") % {"name": NAME})
    _check_rows(loading)
    return loading


def sheet_of(lines: Iterable[tuple[int, Mapping[str, str]]]) -> RawSheet:
    """Kept rows, in the order of their numbers, as the sheet of a workbook; numbers that are free stay empty rows."""
    cells: list[list[Cell]] = []
    for number, values in lines:
        cells += [[] for _free in range(number - 2 - len(cells))]
        cells.append([values.get(name) or None for name in SHOWN])
    return RawSheet(NAME, list(SHOWN), cells)


def take_lines(lines: Iterable[tuple[int, Mapping[str, str]]]) -> Loading:
    """Kept rows, judged cell by cell as if a workbook held them."""
    loading = Loading()
    take_sheet(loading, SHEET, sheet_of(lines))
    _check_rows(loading)
    return loading


def _check_rows(loading: Loading) -> None:
    for row in loading.rows.get(NAME, ()):
        _check_filled(loading, row)


def _check_filled(loading: Loading, row: Row) -> None:
    """Tell cells that an act of this kind needs, and those it has no use for."""
    values = row.values
    if values.get("act") not in NEEDS or not values.get("unit_code"):
        return
    needs, may = NEEDS[values["act"]]
    if values["act"] == "change_kind":
        needs = ("name",) if values.get("into_code") else ("kind",)
    for name in needs:
        if not values.get(name) and not any(f.row == row.number and f.column == name for f in loading.faults):
            loading.fault(NAME, row, name, _("required for this act, but empty"))
    for column in SHEET.columns[2:-1]:
        if values.get(column.name) and column.name not in (*needs, *may):
            loading.fault(NAME, row, column.name, _("this act has no use for it: leave it empty"))


def said(row: Row) -> dict[str, str]:
    """What a row says."""
    return {name: str(value) for name in SHOWN if (value := row.values.get(name)) not in (None, "")}


def as_kept(loading: Loading, row: Row, wrong: Iterable[str]) -> dict[str, str]:
    """What a row says; cells of columns in which something is wrong are kept whole, as they stand in the file."""
    kept, places, cells = said(row), loading.columns[NAME], row.cells or []
    for name in wrong:
        at = places.get(name, len(cells))
        cell = cells[at] if at < len(cells) else None
        kept[name] = cell.replace("\0", "\\0") if isinstance(cell, str) else shown(cell)
    return {name: text for name, text in kept.items() if text}


@dataclass(frozen=True)
class Group:
    """An act and the rows that ask for it."""

    asked: Asked
    numbers: tuple[int, ...]
    rows: tuple[Mapping[str, str], ...]

    def alone(self, number: int) -> Asked:
        """The same act, as one of its rows alone would ask for it."""
        row = self.rows[self.numbers.index(number)]
        return _asked([row], self.asked.on, self.asked.decision)


def codes_of(text: str | None) -> list[str]:
    """The codes of a list."""
    return [code for code in (text or "").split("; ") if code]


def groups(
    rows: Iterable[tuple[int, Mapping[str, str]]], on: date, decision: str, depths: Mapping[str, int]
) -> list[Group]:
    """The acts that rows come to, in the order in which they can be done; `depths`: how deep units stand today."""
    found: dict[Any, list[tuple[int, Mapping[str, str]]]] = {}
    for number, row in rows:
        together = TOGETHER.get(row["act"])
        key: Any = (row["act"], row.get(together, "")) if together else number
        found.setdefault(key, []).append((number, row))
    made = []
    for each in found.values():
        numbers, of = tuple(n for n, _row in each), tuple(row for _n, row in each)
        made.append(Group(_asked(of, on, decision), numbers, of))
    return _in_order(made, depths)


def _in_order(made: Sequence[Group], depths: Mapping[str, int]) -> list[Group]:
    """What founds before what stands under that, what merges before what it merges into goes on; else as it stands."""
    by_rank: dict[int, list[Group]] = {}
    for each in made:
        by_rank.setdefault(RANK.get(each.rows[0]["act"], LAST), []).append(each)
    line: list[Group] = []
    for rank in sorted(by_rank):
        if rank == LAST:  # what is dissolved, from below up
            by_rank[rank].sort(key=lambda each: -depths.get(each.rows[0]["unit_code"], 0))
        line += _after_others(by_rank[rank], rank)
    return line


def _after_others(made: Sequence[Group], rank: int) -> list[Group]:
    """Groups of a rank so that each comes after those it waits for; who waits for each other stays as they stand."""
    by: dict[str, list[int]] = {}
    for at, each in enumerate(made):
        for code in {row["into_code" if rank == RANK["merge"] else "unit_code"] for row in each.rows}:
            by.setdefault(code, []).append(at)
    line: list[int] = []
    begun: set[int] = set()
    for start in range(len(made)):
        ahead = [] if start in begun else [start]
        begun.update(ahead)
        while ahead:
            waits = (n for code in _waits_for(made[ahead[-1]], rank) for n in by.get(code, ()) if n not in begun)
            first = next(waits, None)
            if first is None:
                line.append(ahead.pop())
            else:
                begun.add(first)
                ahead.append(first)
    return [made[at] for at in line]


def _waits_for(group: Group, rank: int) -> list[str]:
    if rank == 0:
        return [row["parent_code"] for row in group.rows if row.get("parent_code")]
    if rank == RANK["merge"]:
        return [row["unit_code"] for row in group.rows]
    return []


def _asked(rows: Sequence[Mapping[str, str]], on: date, decision: str) -> Asked:
    """The act that rows of one group ask for."""
    first = rows[0]
    word = first["act"]
    kind = ActKind.SPLIT if word == SPLIT_OFF else ActKind(word)
    given: dict[str, Any] = {"unit": first["unit_code"]}
    if kind == ActKind.FOUND:
        given = _new(first, "unit_code")
    elif kind == ActKind.RENAME:
        given["name"] = first["name"]
    elif kind in (ActKind.MOVE, ActKind.REOPEN):
        given |= {"to": first.get("parent_code", "")}
        if first.get("members"):
            given["members"] = codes_of(first["members"])
    elif kind == ActKind.MERGE:
        given = {"units": [row["unit_code"] for row in rows], "into": first["into_code"]}
    elif kind == ActKind.SPLIT:
        given |= {"closes": word != SPLIT_OFF, "parts": [_new(row, "into_code") for row in rows]}
    elif kind == ActKind.CHANGE_KIND:
        itself = next((row for row in rows if not row.get("into_code")), first)
        given |= {"kind": itself.get("kind", ""), "to": itself.get("parent_code", "")}
        given["cells"] = [_new(row, "into_code") for row in rows if row.get("into_code")]
    elif first.get("into_code"):
        given["members_to"] = first["into_code"]
    return Asked(kind, on, decision, given)


def _new(row: Mapping[str, str], code: str) -> dict[str, Any]:
    """A unit to be founded, as a row describes it."""
    spec: dict[str, Any] = {"code": row[code], "name": row.get("name", "")}
    spec |= {to: row[name] for name, to in (("kind", "kind"), ("setting", "setting"), ("parent_code", "parent"))
             if row.get(name)}  # fmt: skip
    spec |= {name: codes_of(row[name]) for name in ("units", "members") if row.get(name)}
    return spec


def guide() -> list[tuple[str, str]]:
    """What an officer has to know to fill the sheet in, for the template."""
    lines = [(word, str(text)) for word, text in WORDS.items()]
    about = [
        ("unit_code", _("the unit the row is about; the code of a new one for found")),
        ("into_code", _("what it goes into or becomes")),
        ("parent_code", _("the unit above it")),
        ("units, members", _("codes, with a comma between them")),
        ("kind", ", ".join(f"{kind.value} ({kind.label})" for kind in Kind)),
        ("setting", ", ".join(f"{each.value} ({each.label})" for each in Setting)),
        ("note", _("what you like: it is not read")),
    ]
    return [*lines, *about]
