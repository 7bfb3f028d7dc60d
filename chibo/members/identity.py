"""What belongs to one person: marks by which two records are one's, how records follow when two become one.

Apps declare it of their own tables; `duplicates` finds, merges and takes apart by what was declared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chibo.exchange.loading import Loading

Text = str | Promise
Former = Callable[[Iterable[str]], Mapping[str, str]]
Alike = Callable[[str, date, str], Iterable[int]]
Warning = Callable[[Collection[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Identifier:
    """A mark that only one person has, as a card number: `rows` is SQL that yields (person_id, value as text)."""

    code: str
    label: Text  # "Same card number"
    rows: str


class Way(StrEnum):
    """How rows that refer to a record follow when it goes into another one."""

    MOVES = "moves"  # they refer to the other from then on
    SPELLS = "spells"  # spells of membership: those that overlap are joined, or one is set aside
    DERIVED = "derived"  # they follow from other rows, and are derived anew


@dataclass(frozen=True)
class Follows:
    """How the rows of a table follow a record their `column` refers to.

    `once` names columns in which no two rows of one record may agree; with `span` they may, on other days; without a
    column there is one row, or one at a time. Of two that say the same the one that comes is set aside; where they
    differ a person chooses, or settles it first.
    """

    table: str
    column: str
    label: Text
    way: Way = Way.MOVES
    once: tuple[str, ...] | None = None
    span: tuple[str, str] | None = None
    chosen: bool = True  # a choice for all of them makes sense; else each has to be settled first


_identifiers: dict[str, Identifier] = {}
_follows: dict[tuple[str, str], Follows] = {}
_places: list[str] = []
_former: list[Former] = []
_within: list[str] = []
_alike: list[Alike] = []
_warnings: list[Warning] = []


def identify(code: str, *, label: Text, rows: str) -> Identifier:
    """Have two people with the same mark found as possibly one."""
    _identifiers[code] = Identifier(code, label, rows)
    return _identifiers[code]


def identifiers() -> list[Identifier]:
    """All marks that were declared."""
    return list(_identifiers.values())


def follow(
    table: str,
    column: str,
    label: Text,
    *,
    way: Way = Way.MOVES,
    once: tuple[str, ...] | None = None,
    span: tuple[str, str] | None = None,
    chosen: bool = True,
) -> None:
    """Say how the rows of a table follow a record that goes into another one."""
    _follows[table, column] = Follows(table, column, label, way, once, span, chosen)


def rule_of(table: str, column: str) -> Follows | None:
    """How the rows of a table follow what a column of theirs refers to; None if nobody said."""
    return _follows.get((table, column))


def stand_at(rows: str) -> None:
    """Say where people are who are no members: SQL that yields (person_id, unit_id) for `any(%(people)s)`."""
    _places.append(rows)


def places() -> list[str]:
    """Where else than in cells people are, as it was declared."""
    return list(_places)


def likens(ask: Alike) -> Alike:
    """Declare who finds people recorded already by a name, a day of birth and a sex."""
    _alike.append(ask)
    return ask


def alike(full_name: str, born_on: date, sex: str) -> list[int]:
    """Keys of people recorded already who are probably this person, the likeliest first."""
    return list(dict.fromkeys(key for ask in _alike for key in ask(full_name, born_on, sex)))


def warns(ask: Warning) -> Warning:
    """Declare who says of people written in this transaction whom else they probably are."""
    _warnings.append(ask)
    return ask


def warn_of_doubles(load: Loading, sheet: str) -> None:
    """Tell a doubt of every row that made or changed a record which is probably of someone recorded already."""
    rows = {
        row.record.id: row
        for row in load.sound(sheet)
        if row.record is not None and row.record.id and (row.record.is_new or row.record.is_changed)
    }
    found = {person: said for ask in _warnings for person, said in ask(rows.keys()).items()} if rows else {}
    for person in sorted(found, key=lambda key: rows[key].number):
        load.warn(sheet, rows[person], "full_name", found[person])


def once_called(ask: Former) -> Former:
    """Declare who knows codes of records that went into others, and the codes of these."""
    _former.append(ask)
    return ask


def once_separate(rows: str) -> None:
    """Declare which records went into one: SQL that yields their keys for that of the one, as its only `%s`."""
    _within.append(rows)


def named(person: int) -> Q:
    """Rows of a log that never changes which name this person's record, or one that went into it since."""
    found = Q(person=person)
    for rows in _within:
        found |= Q(person__in=RawSQL(rows, [person]))
    return found


def former(codes: Iterable[str]) -> dict[str, str]:
    """Of these codes those whose record went into another one, with the code of that one."""
    wanted = list(codes)
    return {old: new for ask in _former for old, new in ask(wanted).items()} if wanted else {}


def instead(code: str) -> str:
    """What to say of the code of a record that went into another one; empty if it did not."""
    said = _("this record and that of the code %(code)s are one since: use that code")
    now = former([code]).get(code)
    return str(said % {"code": now}) if now else ""


def refuse_former(load: Loading, sheet: str) -> None:
    """Tell a fault of every row that would make a record anew which went into another one."""
    new = {row.record.key: row for row in load.rows.get(sheet, ()) if row.record is not None and row.record.is_new}
    for code in former(new):
        load.fault(sheet, new[code], "member_code", instead(code))


follow("members_membership", "person_id", _("Spells of membership"), way=Way.SPELLS)
follow(
    "members_post",
    "person_id",
    _("Posts"),
    once=("unit_id", "post", "place"),
    span=("from_on", "to_on"),
    chosen=False,
)
follow("members_transfer", "membership_id", _("Transfers"), way=Way.SPELLS)
follow("members_departure", "membership_id", _("Departures"), way=Way.SPELLS)
follow("members_badge", "person_id", _("Badges"), once=("years",))
DAYS = ("from_on", "to_on")
follow("members_exemption", "membership_id", _("Exemptions from meetings"), once=(), span=DAYS)
follow("members_suspension", "membership_id", _("Suspensions"), once=(), span=DAYS)
follow("members_stay", "membership_id", _("Stays in cells"), way=Way.DERIVED)
follow("members_temporarystay", "membership_id", _("Stays in cells"), way=Way.DERIVED)
follow("members_postrole", "post_id", _("Roles by posts"), way=Way.DERIVED)
stand_at("select person_id, unit_id from members_post where person_id = any(%(people)s) order by from_on desc")
