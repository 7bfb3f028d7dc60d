"""What is asked for a row of a restructuring, by what happens: the same cells as in the workbook, units picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, LineField
from chibo.core.text import search_key
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.portal import tree
from chibo.portal.act_forms import CODE_HELP, FIND_HELP, NONE, SETTINGS, SEVERAL, needed
from chibo.portal.picking import FOUND, LONGEST, Choice, PickField, Sent, members_in
from chibo.restructurings import queries
from chibo.restructurings.models import Restructuring
from chibo.restructurings.workbook import LABELS, NEEDS, codes_of


@dataclass(frozen=True)
class Way:
    """What can happen to units: its button, what it is for, and the cells it asks for, in their order."""

    label: Any
    what: Any
    cells: tuple[str, ...]


WAYS: dict[str, Way] = {
    "merge": Way(
        gettext_lazy("Merge"),
        gettext_lazy("Units close and go, with all below them or all their members, into one."),
        ("unit_code", "into_code"),
    ),
    "rename": Way(
        gettext_lazy("Rename"), gettext_lazy("A unit bears another name from that day on."), ("unit_code", "name")
    ),
    "found": Way(
        gettext_lazy("Found"),
        gettext_lazy("A new unit. Others can go into it by further rows."),
        ("name", "unit_code", "parent_code", "kind", "setting", "members"),
    ),
    "move": Way(
        gettext_lazy("Move"),
        gettext_lazy("Units stand under another one, with all below them."),
        ("unit_code", "parent_code"),
    ),
    "split": Way(
        gettext_lazy("Split"),
        gettext_lazy("A unit closes and becomes several: a row for each. The first gets what no row names."),
        ("unit_code", "name", "into_code", "kind", "setting", "parent_code", "units", "members"),
    ),
    "split_off": Way(
        gettext_lazy("Split off"),
        gettext_lazy("New units come out of one that goes on with the rest: a row for each."),
        ("unit_code", "name", "into_code", "kind", "setting", "parent_code", "units", "members"),
    ),
    "change_kind": Way(
        gettext_lazy("Change kind"),
        gettext_lazy("A unit is of another kind. When a cell becomes a committee: a further row for each new cell."),
        ("unit_code", "kind", "parent_code", "into_code", "name", "setting", "members"),
    ),
    "dissolve": Way(
        gettext_lazy("Dissolve"),
        gettext_lazy("Units close and nothing takes their place."),
        ("unit_code", "into_code"),
    ),
    "reopen": Way(
        gettext_lazy("Open again"),
        gettext_lazy("A closed unit opens again."),
        ("unit_code", "parent_code", "members"),
    ),
}
MANY = ("merge", "move", "dissolve")  # several units at once, a row for each
STAYS = {  # what stays in the form for the next row
    "found": ("parent_code", "kind", "setting"), "move": ("parent_code",), "split": ("unit_code", "kind", "setting"),
    "split_off": ("unit_code", "kind", "setting"), "change_kind": ("unit_code",),
}  # fmt: skip
CALLED = {
    ("merge", "unit_code"): gettext_lazy("Which units close?"),
    ("merge", "into_code"): gettext_lazy("Into which unit do they go?"),
    ("found", "unit_code"): gettext_lazy("Code of the new unit"),
    ("found", "name"): gettext_lazy("Name of the new unit"),
    ("move", "unit_code"): gettext_lazy("Which units move?"),
    ("split", "into_code"): gettext_lazy("Code of the new unit"),
    ("split", "name"): gettext_lazy("Name of the new unit"),
    ("split_off", "into_code"): gettext_lazy("Code of the new unit"),
    ("split_off", "name"): gettext_lazy("Name of the new unit"),
    ("change_kind", "kind"): gettext_lazy("New kind"),
    ("change_kind", "into_code"): gettext_lazy("Code of a new cell"),
    ("change_kind", "name"): gettext_lazy("Name of the new cell"),
    ("dissolve", "unit_code"): gettext_lazy("Which units are dissolved?"),
    ("dissolve", "into_code"): gettext_lazy("To which cell do its members go?"),
}
ASKS = {
    "unit_code": gettext_lazy("Which unit?"), "parent_code": gettext_lazy("Under which unit?"),
    "members": gettext_lazy("Members who come to it"),
}  # fmt: skip
HELP = {
    "name": gettext_lazy("In full, as in the decision."), "kind": gettext_lazy("What sort of unit it is then."),
    "same": gettext_lazy("Without it, the same as the unit it comes from."),
    "setting": gettext_lazy("Among whom, at what."), "codes": gettext_lazy("Their codes, with commas between them."),
}  # fmt: skip
MANY_HELP = gettext_lazy("Codes, or words of a name. Several can be ticked.")


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


class RowForm(forms.Form):
    """A row, or with several units as many: `one` when a row that stands there is changed."""

    def __init__(self, data: Any, *, act: str, ground: Ground, one: bool, values: Mapping[str, str]) -> None:
        super().__init__(data, auto_id="row_%s")
        self.act, self.ground, self.one = act, ground, one
        needs = ("unit_code", *NEEDS[act][0])
        for name in WAYS[act].cells:
            self.fields[name] = self._field(name, required=name in needs)
        if data is None:
            self._begin(values)

    def _field(self, name: str, *, required: bool) -> forms.Field:
        label = CALLED.get((self.act, name)) if not (self.one and name == "unit_code") else None
        more: dict[str, Any] = {"label": label or ASKS.get(name) or LABELS[name], "required": required}
        is_code = (name == "unit_code" and self.act == "found") or (
            name == "into_code" and self.act not in ("merge", "dissolve")
        )
        if name == "kind":
            about = HELP["same" if self.act in ("split", "split_off") else name]
            choices = [("", "–"), *reversed(Kind.choices)]
            field: forms.Field = forms.ChoiceField(choices=choices, help_text=about, **more)
        elif name == "setting":
            field = forms.ChoiceField(choices=SETTINGS, help_text=HELP[name], **more)
        elif name == "name" or is_code or (name == "members" and not self.ground.shows_members):
            about = CODE_HELP if is_code else HELP["codes" if name == "members" else name]
            plain = {} if name == "name" else {"widget": forms.TextInput(attrs=PLAIN)}
            field = LineField(help_text=about, **plain, **more)
        else:
            return self._pick(name, more)
        field.part = "components/field.html"  # type: ignore[attr-defined]
        return field

    def _pick(self, name: str, more: dict[str, Any]) -> RowPick:
        many = name in ("units", "members") or (name == "unit_code" and self.act in MANY and not self.one)
        none: Any = NONE
        several: Any = SEVERAL
        if name == "members":
            none = gettext_lazy("No member of your units has this code or these words.")
            several = gettext_lazy("Several members have these words: choose below.")
        missing = {"required": gettext_lazy("Say which unit.")}
        about = MANY_HELP if many else FIND_HELP
        pick = RowPick(many=many, several=several, none=none, help_text=about, error_messages=missing, **more)
        if name == "members":
            self.ground.members_in(pick)
        else:
            self.ground.units_in(pick, self.act, is_subject=name in ("unit_code", "units"))
        return pick

    def _begin(self, values: Mapping[str, str]) -> None:
        """Show what a row says, or what stays of the one before. At most three queries."""
        picks = {name: field for name, field in self.fields.items() if isinstance(field, RowPick)}
        asked = {name: codes_of(values.get(name)) if field.many else [values.get(name, "")]
                 for name, field in picks.items()}  # fmt: skip
        units = [code for name, codes in asked.items() if name != "members" for code in codes if code]
        named = {choice.code: choice for choice in self.ground.named(units)}
        for name, field in picks.items():
            codes = [code for code in asked[name] if code]
            if name == "members":
                field.begin(codes)
            else:
                field.shown = [named[code] for code in codes if code in named]
            shown = {choice.code for choice in field.shown}
            field.words = ", ".join(code for code in codes if code not in shown)[:LONGEST]
        self.initial = {name: text for name, text in values.items() if name not in picks}

    def tell(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Put what the rehearsal found wrong beside its fields."""
        self._errors = ErrorDict()
        for fault in faults:
            at = fault["column"]
            told = fault["reason"]
            if at not in self.fields:
                told = _("%(cell)s: %(value)s: %(reason)s") % {
                    "cell": LABELS.get(at, at), "value": fault["value"] or _("empty"), "reason": told
                }  # fmt: skip
                at = NON_FIELD_ERRORS
            self._errors.setdefault(at, self.error_class()).append(told)

    def calm(self) -> None:
        """Show again what was sent, with what words find, and nothing that is wrong."""
        for field in self.fields.values():
            if isinstance(field, PickField):
                field.only_look = True
        self.full_clean()
        self._errors = ErrorDict()

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if self.act == "change_kind":
            at = "name" if told.get("into_code") else "kind"
            if not told.get(at) and at not in self.errors:
                self.add_error(at, _("required for this act, but empty"))
        return told

    def rows(self) -> list[dict[str, str]]:
        """The rows that were asked for."""
        told = dict(self.cleaned_data)
        units = told.pop("unit_code")
        for name, value in told.items():
            if isinstance(value, list):
                told[name] = "; ".join(value)
        if "members" in told:
            told["members"] = "; ".join(codes_of(told["members"].replace(",", ";").replace(";", "; ")))
        cells = {name: str(value).strip() for name, value in told.items() if value}
        each = units if isinstance(units, list) else [units]
        return [{"act": self.act, "unit_code": code, **cells} for code in each]

    def stays(self) -> dict[str, str]:
        """What the form for the next row begins with."""
        (first, *_rest) = self.rows()
        return {name: first[name] for name in STAYS.get(self.act, ()) if first.get(name)}

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields, in their order."""
        fields = [self[name] for name in self.fields]
        return fields if self.act != "change_kind" else [fields[0], *needed(fields[1:2]), *fields[2:]]
