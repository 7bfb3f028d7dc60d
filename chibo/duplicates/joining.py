"""Spells of membership of two records that become one: kept beside each other, joined at a day, or one set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.members.models import TransferKind
from chibo.organizations.rows import Change, Row

MEMBERSHIP, TRANSFER, DEPARTURE = "members_membership", "members_transfer", "members_departure"
PAPERS = {"decided_on": "decision", "official_on": "official_decision", "exempt_from": "exempt_decision"}
NEW = -1  # key of a transfer that joining adds; the database numbers it


class Join(models.TextChoices):
    """What becomes of two spells that overlap."""

    FIRST = "first", gettext_lazy("The spell of the first record is right; the other is set aside")
    SECOND = "second", gettext_lazy("The spell of the second record is right; the other is set aside")
    FIRST_SECOND = "first_second", gettext_lazy("As the first record says until a day, from then on as the second")
    SECOND_FIRST = "second_first", gettext_lazy("As the second record says until a day, from then on as the first")


@dataclass
class Spell:
    """A spell as its rows say it."""

    row: Row
    transfers: list[Row] = field(default_factory=list)
    departure: Row | None = None

    @property
    def pk(self) -> int:
        """Its key."""
        return int(self.row["id"])

    @property
    def begins(self) -> date:
        """The day of joining."""
        found: date = self.row["joined_on"]
        return found

    @property
    def ends(self) -> date:
        """The day of leaving, or one that never comes."""
        return self.departure["on"] if self.departure else date.max

    def overlaps(self, other: Spell) -> bool:
        """Whether some day belongs to both."""
        return self.begins < other.ends and other.begins < self.ends

    def says(self) -> tuple[Any, ...]:
        """All it says, to be held against another one."""
        facts = {k: v for k, v in self.row.items() if k not in ("id", "person_id", "number")}
        moves = [(t["on"], t["to_cell_id"], t["kind"]) for t in self.transfers]
        left = (self.departure["on"], self.departure["reason"]) if self.departure else None
        return (sorted(facts.items()), moves, left)

    def places(self) -> list[tuple[int, date, date]]:
        """Where they may attend: cells of membership, and of temporary transfers, each from a day to a day."""
        official = [t for t in self.transfers if t["kind"] == TransferKind.OFFICIAL]
        acts = [(self.begins, self.row["cell_id"]), *((t["on"], t["to_cell_id"]) for t in official)]
        ends = [on for on, _cell in acts[1:]] + [self.ends]
        found = [(cell, on, to) for (on, cell), to in zip(acts, ends, strict=True)]
        for n, each in enumerate(self.transfers):
            if each["kind"] == TransferKind.TEMPORARY:
                then = self.transfers[n + 1]["on"] if n + 1 < len(self.transfers) else self.ends
                found.append((each["to_cell_id"], each["on"], min(then, each.get("ended_on") or then)))
        return found

    def cell_on(self, day: date) -> int:
        """The cell of membership on a day of the spell."""
        cell = self.row["cell_id"]
        for each in self.transfers:
            if each["kind"] == TransferKind.OFFICIAL and each["on"] <= day:
                cell = each["to_cell_id"]
        return int(cell)


@dataclass(frozen=True)
class Clash:
    """Two spells that overlap, of which somebody has to say what becomes of them."""

    first: Spell
    second: Spell

    @property
    def name(self) -> str:
        """What the choice is called in a form."""
        return f"spell_{self.second.pk}"

    @property
    def day_name(self) -> str:
        """What the day of the choice is called in a form."""
        return f"spell_day_{self.second.pk}"


@dataclass
class Joined:
    """What becomes of all spells: rows to write, spells as they will be, which went into which, what is open."""

    changes: list[Change] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    absorbed: list[tuple[int, int]] = field(default_factory=list)  # a spell that goes, and the one it goes into
    clashes: list[Clash] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)  # at which field, and why

    @property
    def is_joined(self) -> bool:
        """Whether some spell went into another."""
        return bool(self.absorbed)


class Reads(Protocol):
    """What finds rows by what they refer to."""

    def of(self, table: str, column: str, key: int) -> list[Row]:
        """The rows of a table whose column has a value."""


def spells_of(person: int, reading: Reads) -> list[Spell]:
    """The spells of a person, the first first."""
    spells = []
    for row in reading.of(MEMBERSHIP, "person_id", person):
        transfers = sorted(reading.of(TRANSFER, "membership_id", row["id"]), key=lambda each: each["on"])
        departure = next(iter(reading.of(DEPARTURE, "membership_id", row["id"])), None)
        spells.append(Spell(row, transfers, departure))
    return sorted(spells, key=lambda each: each.begins)


def join(kept: int, first: Sequence[Spell], second: Sequence[Spell], choices: Mapping[str, Any]) -> Joined:
    """What becomes of the spells of two records, the second going into the first, by what was chosen."""
    joined = Joined()
    clashing = [(a, b) for a in first for b in second if a.overlaps(b)]
    if len({a.pk for a, _b in clashing}) < len(clashing) or len({b.pk for _a, b in clashing}) < len(clashing):
        joined.refusals.append(
            ("", _("A spell of one record overlaps several of the other. Correct their days in a workbook first."))
        )
        return joined
    touched = {spell.pk for pair in clashing for spell in pair}
    joined.spells = [spell for spell in first if spell.pk not in touched]
    for spell in second:
        if spell.pk not in touched:
            _give(joined, kept, spell)
    for a, b in clashing:
        _settle(joined, kept, Clash(a, b), choices)
    joined.spells.sort(key=lambda each: each.begins)
    for n, spell in enumerate(joined.spells, 1):
        if spell.row.get("number", n) != n:
            joined.changes.append(Change(MEMBERSHIP, spell.pk, {"number": spell.row["number"]}, {"number": n}))
    return joined


def _give(joined: Joined, kept: int, spell: Spell) -> None:
    """Let a spell be the kept record's."""
    if spell.row["person_id"] != kept:
        joined.changes.append(Change(MEMBERSHIP, spell.pk, {"person_id": spell.row["person_id"]}, {"person_id": kept}))
    joined.spells.append(spell)


def _settle(joined: Joined, kept: int, clash: Clash, choices: Mapping[str, Any]) -> None:
    a, b = clash.first, clash.second
    choice = choices.get(clash.name) or (Join.FIRST if a.says() == b.says() else "")
    if a.says() != b.says():
        joined.clashes.append(clash)
    if choice not in Join.values:
        joined.refusals.append((clash.name, _("Say which spell of membership is right.")))
        return
    stays, goes = (a, b) if choice in (Join.FIRST, Join.FIRST_SECOND) else (b, a)
    if choice in (Join.FIRST, Join.SECOND):
        gone = [*goes.transfers, *([goes.departure] if goes.departure else [])]
        tables = [TRANSFER] * len(goes.transfers) + [DEPARTURE]
        joined.changes += [Change(t, row["id"], row, None) for t, row in zip(tables, gone, strict=False)]
    else:
        refusal = _follow_on(joined, stays, goes, choices.get(clash.day_name))
        if refusal:
            joined.refusals.append((clash.day_name, refusal))
            return
    joined.changes.append(Change(MEMBERSHIP, goes.pk, goes.row, None))
    joined.absorbed.append((goes.pk, stays.pk))
    _fill(joined, stays, goes)
    _give(joined, kept, stays)


def _follow_on(joined: Joined, stays: Spell, goes: Spell, day: date | None) -> str:
    """Let a spell go on from a day as another one says; why not, if it can't."""
    if day is None:
        return _("Say from which day on.")
    if not stays.begins < day <= stays.ends:
        return _("That day has to be after the joining of the spell that comes first, and not after its end.")
    if not goes.begins <= day < goes.ends:
        return _("On that day the spell that comes second has to be under way.")
    on_day = next((each for each in goes.transfers if each["on"] == day), None)
    if on_day is not None and on_day["kind"] == TransferKind.TEMPORARY:
        return _("On that day there is a temporary transfer. Choose another day.")
    if stays.departure:
        joined.changes.append(Change(DEPARTURE, stays.departure["id"], stays.departure, None))
    dropped = [each for each in stays.transfers if each["on"] >= day]
    dropped += [each for each in goes.transfers if each["on"] < day]
    joined.changes += [Change(TRANSFER, each["id"], each, None) for each in dropped]
    before, cell = stays.cell_on(day.fromordinal(day.toordinal() - 1)), goes.cell_on(day)
    moved = [each for each in goes.transfers if each["on"] >= day]
    transfers = [each for each in stays.transfers if each["on"] < day]
    if on_day is None and before != cell:
        added = {"membership_id": stays.pk, "to_cell_id": cell, "on": day, "kind": str(TransferKind.OFFICIAL)}
        key = NEW - len(joined.changes)
        joined.changes.append(Change(TRANSFER, key, None, added))
        transfers.append({"id": key, **added})
    for each in moved:
        joined.changes.append(_to(TRANSFER, each, stays.pk))
        transfers.append(each)
    if goes.departure:
        joined.changes.append(_to(DEPARTURE, goes.departure, stays.pk))
    stays.transfers, stays.departure = transfers, goes.departure
    return ""


def _to(table: str, row: Row, membership: int) -> Change:
    return Change(table, row["id"], {"membership_id": row["membership_id"]}, {"membership_id": membership})


def _fill(joined: Joined, stays: Spell, goes: Spell) -> None:
    """What only the spell that goes says of its days, the one that stays says from now on."""
    found: Row = {}
    for column, paper in PAPERS.items():
        on, known = goes.row[column], stays.row[column]
        fits = on is not None and (on <= stays.begins if column == "decided_on" else on >= stays.begins)
        if known is None and fits:
            found[column] = on
        if goes.row[paper] and not stays.row[paper] and fits and known in (None, on):
            found[paper] = goes.row[paper]
    if found:
        joined.changes.append(Change(MEMBERSHIP, stays.pk, {name: stays.row[name] for name in found}, found))
        stays.row = stays.row | found
