"""Units and members picked for an act: found by words or a code and kept by code, so that no tree is ever loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from chibo.core.text import clean
from chibo.members.models import Stay
from chibo.members.queries import PERSON, first_of, present, read_first
from chibo.members.words import found_by
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.portal import tree

FOUND = 20  # offered to choose from
CODES = 500  # picked at most
LONGEST = 500


@dataclass(frozen=True)
class Sent:
    """What a browser sends of a pick: the words, those of the list it showed, the codes ticked."""

    words: str = ""
    asked: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One that can be ticked."""

    code: str
    label: str
    note: str
    ticked: bool
    thing: Any = None


class Sender(forms.Widget):
    """The words and ticks of one pick as they were sent."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Sent:
        codes = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        words = str(data.get(f"{name}_words") or "")[:LONGEST].replace("\0", "")
        return Sent(clean(words), str(data.get(f"{name}_asked") or ""), tuple(dict.fromkeys(codes))[:CODES])


class PickField(forms.Field):
    """One or several things, found by words; `shown` is what the page lists, the picked ones ticked."""

    widget = Sender
    part = "portal/pick.html"

    def __init__(self, *, many: bool = False, several: Any, none: Any, **more: Any) -> None:
        super().__init__(**more)
        self.many, self.several, self.none = many, several, none
        self.look: Callable[[str], list[Choice]] = lambda words: []
        self.known: Callable[[Sequence[str]], list[Choice]] = lambda codes: []
        self.only_look = False
        self.shown: list[Choice] = []
        self.words = ""

    def begin(self, codes: Sequence[str]) -> None:
        """Tick some before anything was sent."""
        self.shown = [replace(choice, ticked=True) for choice in self.known([code for code in codes if code])]

    def clean(self, value: Sent) -> list[Any]:
        """The things picked; words that find only one pick it."""
        picked = self.known([code for code in value.codes if "\0" not in code]) if value.codes else []
        picked = picked if self.many else picked[:1]
        found = self.look(value.words) if value.words else []
        have = {choice.code for choice in picked}
        fresh = value.words != value.asked and not self.only_look
        if fresh and len(found) == 1:
            picked = [*picked, *(c for c in found if c.code not in have)] if self.many else found
            have, found = {choice.code for choice in picked}, []
        self.words = value.words
        ticked = [replace(choice, ticked=True) for choice in picked]
        self.shown = [*ticked, *(c for c in found if c.code not in have)]
        if value.words and not found and not picked:
            raise ValidationError(self.none)
        if found and (not picked or (fresh and not self.many)):
            raise ValidationError(self.several)
        if fresh and self.many and found and not have & {c.code for c in found}:
            raise ValidationError(self.several)
        if self.required and not picked:
            raise ValidationError(self.error_messages["required"])
        return [choice.thing for choice in picked]


def units_in(field: PickField, scope: Scope, among: Q, today: date) -> None:
    """Let units be picked in a scope, of those that fit."""

    def choices(units: list[Unit]) -> list[Choice]:
        lines = tree.said(units, scope, today)
        return [
            Choice(unit.code, unit.name, " · ".join(filter(None, [unit.code, line.above])), False, unit)
            for unit, line in zip(units, lines, strict=True)
        ]

    def known(codes: Sequence[str]) -> list[Choice]:
        found = {unit.code: unit for unit in Unit.objects.filter(scope.q(""), among, code__in=codes).order_by("pk")}
        return choices([found[code] for code in codes if code in found])

    def look(words: str) -> list[Choice]:
        return known([words]) or choices(tree.found(scope, words, "", None, FOUND, among=among))

    field.look, field.known = look, known


def members_in(field: PickField, scope: Scope, today: date) -> None:
    """Let members of a scope be picked, as they belong to cells today."""

    def choices(stays: Any) -> list[Choice]:
        found: list[Stay] = list(stays.select_related("membership__person", "cell"))
        return [
            Choice(s.membership.person.code, s.membership.person.full_name,
                   f"{s.membership.person.code} · {s.cell.name}", False, s)
            for s in found
        ]  # fmt: skip

    def known(codes: Sequence[str]) -> list[Choice]:
        return choices(present(scope, today).filter(**{f"{PERSON}code__in": codes}).order_by(f"{PERSON}sort_key", "pk"))

    def look(words: str) -> list[Choice]:
        some = found_by(present(scope, today), words)
        name = f"{PERSON}sort_key"
        found = some.stays.order_by(name if some.is_many else read_first(name), "pk")
        return known([words]) or choices(first_of(found, FOUND) if some.is_many else found[:FOUND])

    field.look, field.known = look, known


def open_among(kinds: Any, today: date, but: Unit | None = None) -> Q:
    """Units of some kinds, open still, other than one and those under it."""
    fits = Q(kind__in=kinds) & (Q(closed_on=None) | Q(closed_on__gt=today))
    return fits & ~Q(path__startswith=but.path) if but else fits
