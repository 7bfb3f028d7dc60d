"""What may be picked for a row of a restructuring: units under its own or founded by its rows, members there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.text import search_key
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.portal import tree
from chibo.portal.picking import FOUND, Choice, PickField, Sent, members_in
from chibo.restructurings import queries
from chibo.restructurings.models import Restructuring


class RowPick(PickField):
    """Units or members picked for a row: their codes. Several codes may be typed at once, with commas between them."""

    def clean(self, value: Sent) -> list[Any]:
        pieces = [piece.strip() for piece in value.words.replace(";", ",").split(",") if piece.strip()]
        if self.many and len(pieces) > 1:
            known = {choice.code for choice in self.known(pieces)}
            if known.issuperset(pieces):
                value = Sent("", "", tuple(dict.fromkeys([*value.codes, *pieces])))
        found = self.look(value.words) if value.words and not self.only_look else []
        if len(found) == 1 and (self.many or not value.codes):  # what was typed says it, ticked or not
            value = Sent("", "", tuple(dict.fromkeys([*value.codes, found[0].code])))
        picked = super().clean(value)
        if value.words and not self.only_look and self.many and not {choice.code for choice in found} & {*picked}:
            raise ValidationError(self.several if found else self.none)  # words that nothing was ticked by
        return picked


@dataclass
class Ground:
    """Where a restructuring takes place, and what may be picked there: its units, those its rows found, members."""

    found: Restructuring
    rights: Rights
    today: date

    @property
    def scope(self) -> Scope:
        return Scope((self.found.unit.path,))

    @cached_property
    def new(self) -> list[Choice]:
        """Units that rows found. One query."""
        return [
            Choice(code, name or code, f"{code} · " + _("row %(row)s founds it") % {"row": number}, False, code)
            for code, name, number in queries.founded(self.found)
        ]

    def named(self, codes: Sequence[str]) -> list[Choice]:
        """The units that have these codes, without those above them. At most two queries."""
        units = Unit.objects.filter(self.scope.q(""), code__in=codes).order_by("pk") if codes else ()
        made = {unit.code: Choice(unit.code, unit.name, unit.code, True, unit.code) for unit in units}
        if not made.keys() >= set(codes):
            made |= {choice.code: replace(choice, ticked=True) for choice in self.new if choice.code in codes}
        return [made[code] for code in codes if code in made]

    def units_in(self, field: RowPick, act: str, *, is_subject: bool) -> None:
        """Let units be picked: by words those that fit, by its code any."""
        closed = Q(closed_on__lte=self.today)
        fits = closed if act == "reopen" and is_subject else ~closed | Q(closed_on=None)
        every = ~Q(pk=self.found.unit_id) if is_subject else Q()

        def choices(units: list[Unit]) -> list[Choice]:
            lines = tree.said(units, self.scope, self.today)
            return [
                Choice(unit.code, unit.name, " · ".join(filter(None, [unit.code, line.above])), False, unit.code)
                for unit, line in zip(units, lines, strict=True)
            ]

        def known(codes: Sequence[str]) -> list[Choice]:
            units = Unit.objects.filter(self.scope.q(""), every, code__in=codes).order_by("pk")
            made = {choice.code: choice for choice in choices(list(units))}
            if not made.keys() >= set(codes):
                made |= {choice.code: choice for choice in self.new if choice.code in codes}
            return [made[code] for code in codes if code in made]

        def look(words: str) -> list[Choice]:
            plain = search_key(words).split()
            new = [c for c in self.new if all(word in search_key(f"{c.label} {c.code}") for word in plain)]
            units = tree.found(self.scope, words, "", None, FOUND, among=every & fits)
            return known([words]) or [*new[:FOUND], *choices(units)]

        field.look, field.known = look, known

    @cached_property
    def shows_members(self) -> bool:
        """Whether the reader may see members by name wherever it takes place."""
        seen = self.rights.scope(P.MEMBER_VIEW).subtrees
        return bool(seen) and self.found.unit.path.startswith(seen)

    def members_in(self, field: RowPick) -> None:
        """Let members be picked who are in cells there."""
        members_in(field, self.scope, self.today)
        look, known = field.look, field.known
        field.look = lambda words: [replace(choice, thing=choice.code) for choice in look(words)]
        field.known = lambda codes: [replace(choice, thing=choice.code) for choice in known(codes)]
