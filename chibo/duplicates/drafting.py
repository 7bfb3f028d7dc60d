"""What merging two records would write: every row that follows, what has to be chosen, what stands in the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from chibo.core.text import name_sort_key, search_key
from chibo.duplicates.attending import strangers
from chibo.duplicates.joining import Clash, Joined, Spell, join, spells_of
from chibo.members import identity
from chibo.members.identity import Follows, Way
from chibo.organizations import rows
from chibo.organizations.rows import Change, Row

PERSON = "members_person"
APART = frozenset({"id", "code", "user_id", "sort_key", "search_key"})  # what nobody chooses
FIRST, SECOND = "first", "second"


@dataclass(frozen=True)
class Differing:
    """A fact that the two records say differently; `name` is what the choice is called in a form."""

    name: str
    column: str
    first: Any
    second: Any


@dataclass(frozen=True)
class Unsettled:
    """Rows of the two records that can't both stay: a choice for all of them."""

    name: str
    rule: Follows
    count: int


@dataclass
class Draft:
    """What merging would write, and what is still open; without refusals it can be written."""

    first: Row
    second: Row
    differing: list[Differing] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    unsettled: list[Unsettled] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)  # at which field, and why
    changes: list[Change] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)  # rows that follow, by what they are
    aside: Counter[str] = field(default_factory=Counter)  # rows that are set aside, by what they are
    gone: set[tuple[str, int]] = field(default_factory=set)  # those rows themselves
    spells: list[Spell] = field(default_factory=list)
    of_first: list[Spell] = field(default_factory=list)  # as they are, until they are joined
    of_second: list[Spell] = field(default_factory=list)
    reading: Reading | None = None

    def of(self, table: str) -> list[Change]:
        """The changes of a table."""
        return [change for change in self.changes if change.table == table]


def references(table: str) -> Iterator[tuple[str, str]]:
    """Every table and column whose rows the database holds to the rows of a table."""
    for relation in rows.table(table).model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        there: Any = relation.field  # type: ignore[union-attr]
        if there.db_constraint:
            yield there.model._meta.db_table, there.column


class Reading:
    """Rows by what they refer to: held one table after the other, or all that refer to some rows at once."""

    def __init__(self, *, hold: bool) -> None:
        self.hold = hold
        self.known: dict[tuple[str, str], dict[int, list[Row]]] = {}

    def ahead(self, table: str, keys: Sequence[int]) -> None:
        """Have at hand every row that refers to these rows of a table. One query, none if rows are held."""
        wanted = [] if self.hold or not keys else list(references(table))
        if not wanted:
            return
        question = sql.SQL(" union all ").join(
            sql.SQL("select {n}, {column}, to_jsonb(t)::text from {there} t where {column} = any(%(keys)s)").format(
                n=sql.Literal(n), column=sql.Identifier(column), there=sql.Identifier(there)
            )
            for n, (there, column) in enumerate(wanted)
        )
        for at in wanted:
            self.known.setdefault(at, {}).update({key: [] for key in keys})
        with connection.cursor() as cursor:
            cursor.execute(question, {"keys": list(keys)})
            for n, key, said in cursor.fetchall():
                there, column = wanted[n]
                known = rows.table(there)
                row = known.typed({k: v for k, v in json.loads(said, parse_float=Decimal).items() if k in known.fields})
                self.known[there, column][key].append(row or {})

    def of(self, table: str, column: str, key: int) -> list[Row]:
        """The rows of a table whose column has a value, by id."""
        known = self.known.get((table, column), {})
        if key in known:
            return sorted(known[key], key=lambda row: int(row["id"]))
        return rows.read(table, column, [key], hold=self.hold)


def draft(first: int, second: int, choices: Mapping[str, Any], *, hold: bool = False) -> Draft:
    """What merging the second record into the first would write, by what was chosen. Reads; writes nothing."""
    found = {row["id"]: row for row in rows.read(PERSON, "id", [first, second], hold=hold)}
    made = Draft(found[first], found[second])
    reading = Reading(hold=hold)
    reading.ahead(PERSON, (first, second))
    spells = [row["id"] for person in (first, second) for row in reading.of("members_membership", "person_id", person)]
    reading.ahead("members_membership", spells)
    made.of_first, made.of_second = spells_of(first, reading), spells_of(second, reading)
    made.reading = reading
    joined = join(first, made.of_first, made.of_second, choices)
    made.clashes, made.spells = joined.clashes, joined.spells
    made.refusals += joined.refusals
    made.changes += joined.changes
    made.gone = {(change.table, change.key) for change in joined.changes if change.after is None}
    for change in joined.changes:
        rule = identity.rule_of(change.table, "person_id") or identity.rule_of(change.table, "membership_id")
        if rule is not None:
            _count(made, str(rule.label), change)
    _facts(made, choices)
    _absorb(made, PERSON, second, first, choices, reading)
    of_first = {spell.pk for spell in made.of_first}
    for gone, stays in joined.absorbed:
        _absorb(made, "members_membership", gone, stays, choices, reading, right=SECOND if gone in of_first else FIRST)
    if joined.is_joined and not made.refusals:
        _set_strangers_aside(made, joined, reading.hold)
    made.changes = rows.joined(made.changes)
    return made


def _count(made: Draft, label: str, change: Change) -> None:
    if change.after is None:
        made.aside[label] += 1
    elif change.before is not None and "number" not in change.after:
        made.moved[label] += 1


def _facts(made: Draft, choices: Mapping[str, Any]) -> None:
    """What stays of each fact of the two people, the user who signs in, the end of the second record."""
    first, second = made.first, made.second
    taken: Row = {}
    for column in (name for name in first if name not in APART):
        if first[column] == second[column] or second[column] in ("", None):
            continue
        name = f"fact_{column}"
        if first[column] not in ("", None):
            made.differing.append(Differing(name, column, first[column], second[column]))
            if choices.get(name, FIRST) != SECOND:
                continue
        taken[column] = second[column]
    if "full_name" in taken:
        taken["sort_key"], taken["search_key"] = name_sort_key(taken["full_name"]), search_key(taken["full_name"])
    if first["user_id"] and second["user_id"]:
        told = _("Both records are linked to a user who signs in. End the link of one of them first.")
        made.refusals.append(("", told))
    elif second["user_id"]:
        taken["user_id"] = second["user_id"]
    born: dict[str, date] = {"born_on": first["born_on"]} | taken
    if any(spell.begins <= born["born_on"] for spell in made.spells):
        name = "fact_born_on" if any(each.column == "born_on" for each in made.differing) else ""
        made.refusals.append((name, _("This day of birth is on or after the day of joining.")))
    if taken:
        made.changes.append(Change(PERSON, first["id"], {name: first[name] for name in taken}, taken))
    made.changes.append(Change(PERSON, second["id"], second, None))


def _absorb(
    made: Draft,
    table: str,
    gone: int,
    stays: int,
    choices: Mapping[str, Any],
    reading: Reading,
    right: str = FIRST,
) -> None:
    """Have every row that refers to a row that goes follow to the one that stays, table by table.

    `right` is the choice by which what refers to the one that stays is right: it may be of either record.
    """
    for there, column in references(table):
        rule = identity.rule_of(there, column)
        if rule is not None and rule.way is not Way.MOVES:
            continue
        theirs = [row for row in reading.of(there, column, gone) if (there, row["id"]) not in made.gone]
        if not theirs:
            continue
        if rule is None:
            told = _("Something refers to one of the records, and nobody has said how it follows: %(what)s.")
            made.refusals.append(("", told % {"what": there}))
            continue
        mine = reading.of(there, column, stays) if rule.once is not None else []
        for row in theirs:
            left = [each for each in mine if (there, each["id"]) not in made.gone]
            _follow(made, rule, row, [each for each in left if _clash(rule, each, row)], stays, choices, reading, right)


def _clash(rule: Follows, one: Row, other: Row) -> bool:
    if any(one[name] != other[name] for name in rule.once or ()):
        return False
    if rule.span is None:
        return True
    begins, ends = rule.span
    return bool(one[begins] < (other[ends] or date.max) and other[begins] < (one[ends] or date.max))


def _follow(
    made: Draft,
    rule: Follows,
    row: Row,
    against: list[Row],
    stays: int,
    choices: Mapping[str, Any],
    reading: Reading,
    right: str,
) -> None:
    """Let a row follow, or set it or those it clashes with aside."""
    label, name = str(rule.label), f"rows_{rule.table}_{rule.column}"
    if not against:
        _move(made, rule, row, stays)
        return
    same = [each for each in against if all(each[k] == row[k] for k in row if k not in ("id", rule.column))]
    choice = right if same else choices.get(name)
    if not same:
        if not rule.chosen:
            told = _("Both records have the same in a different way: %(what)s. Correct one of them first.")
            if (told := told % {"what": label}) not in [each for _at, each in made.refusals]:
                made.refusals.append(("", told))
            return
        before = next((each for each in made.unsettled if each.name == name), None)
        made.unsettled = [each for each in made.unsettled if each is not before]
        made.unsettled.append(Unsettled(name, rule, 1 + (before.count if before else 0)))
        if choice not in (FIRST, SECOND):
            if not before:
                made.refusals.append((name, _("Say which of the two records is right.")))
            return
    if choice == right:
        _set_aside(made, rule.table, label, row, against[0]["id"], choices, reading, right)
        return
    _move(made, rule, row, stays)
    other = SECOND if right == FIRST else FIRST
    for each in against:
        _set_aside(made, rule.table, label, each, row["id"], choices, reading, other)


def _move(made: Draft, rule: Follows, row: Row, stays: int) -> None:
    made.changes.append(Change(rule.table, row["id"], {rule.column: row[rule.column]}, {rule.column: stays}))
    made.moved[str(rule.label)] += 1


def _set_aside(
    made: Draft,
    table: str,
    label: str,
    row: Row,
    stays: int,
    choices: Mapping[str, Any],
    reading: Reading,
    right: str,
) -> None:
    made.gone.add((table, row["id"]))
    _absorb(made, table, row["id"], stays, choices, reading, right)
    made.changes.append(Change(table, row["id"], row, None))
    made.aside[label] += 1


def _set_strangers_aside(made: Draft, joined: Joined, hold: bool) -> None:
    """Attendance where they were not, by the spells as they will be, is set aside too."""
    rule = identity.rule_of("meetings_attendance", "person_id")
    gone = {change.key for change in made.of("meetings_attendance") if change.after is None}
    people = [made.first["id"], made.second["id"]]
    places = [place for spell in joined.spells for place in spell.places()]
    for row in strangers(people, places, hold=hold):
        if row["id"] in gone or rule is None:
            continue
        moved = [c for c in made.of("meetings_attendance") if c.key == row["id"]]
        made.changes = [change for change in made.changes if change not in moved]
        made.moved[str(rule.label)] -= len(moved)
        made.changes.append(Change("meetings_attendance", row["id"], row, None))
        made.aside[str(rule.label)] += 1
