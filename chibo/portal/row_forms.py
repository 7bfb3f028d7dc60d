"""What is asked for a row of a restructuring, by what happens: the same cells as in the workbook, units picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, LineField
from chibo.organizations.kinds import Kind
from chibo.portal.act_forms import CODE_HELP, FIND_HELP, NONE, SETTINGS, SEVERAL, needed
from chibo.portal.picking import LONGEST, PickField
from chibo.portal.row_picking import Ground, RowPick
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
