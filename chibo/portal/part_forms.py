"""What is asked for a split and a change of kind: units that are founded out of one, and who of it goes to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from chibo.core.text import clean
from chibo.members.models import Stay
from chibo.members.queries import PERSON, present
from chibo.organizations.kinds import CELLS, GRASSROOTS, MAY_STAND_UNDER, ActKind, Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.portal.act_forms import (
    SETTINGS,
    ActForm,
    DissolveForm,
    FoundForm,
    MergeForm,
    MoveForm,
    RenameForm,
    ReopenForm,
    code_field,
    needed,
    unit_field,
)
from chibo.portal.picking import open_among, units_in

MOST = 20  # units founded out of one
LOW = (*GRASSROOTS, Kind.SUB_COMMITTEE, Kind.CELL)
GOING = 1000  # members or units listed


@dataclass(frozen=True)
class Going:
    """A member or unit, and to which of the new units it goes; empty: to none named."""

    name: str  # of the field
    code: str
    label: str
    to: str


class PartsForm(ActForm):
    """Units founded out of one, two to begin with, and its members or the units under it shared among them."""

    def set_up(self) -> None:
        self.names: list[str] = []
        for n in range(self.how_many if self.shares else 0):
            for name, field in (
                ("name", forms.CharField(label=pgettext("unit", "Name"), max_length=500, required=False)),
                ("code", code_field(required=False, help_text="")),
                ("setting", forms.ChoiceField(label=_("Where it works"), choices=SETTINGS, required=False)),
            ):
                self.fields[f"part_{n}_{name}"] = field
            self.initial[f"part_{n}_setting"] = self.unit.setting

    @property
    def shares(self) -> bool:
        """Whether units are founded out of this one at all."""
        return True

    @cached_property
    def how_many(self) -> int:
        """How many units are asked for."""
        sent = str(self.data.get("parts_n", "") if self.is_bound else "")
        more = self.is_bound and self.data.get("step") == "more"
        number = int(sent) if sent.isdecimal() and len(sent) < 4 else 2
        return max(1, min(number + more, MOST))

    @property
    def can_more(self) -> bool:
        return self.how_many < MOST

    @cached_property
    def going(self) -> list[Going]:
        """Members of the cell today, or the units under the committee, and where each goes. One query."""
        found: list[tuple[int, str, str]]
        if self.unit.kind in CELLS:
            here = Scope(units=(self.unit.path,))
            stays: Any = present(here, self.today).select_related("membership__person")
            listed: list[Stay] = list(stays.order_by(f"{PERSON}sort_key", "pk")[:GOING])
            found = [(s.membership.person_id, s.membership.person.code, s.membership.person.full_name) for s in listed]
        else:
            below = Unit.objects.under(self.unit, self.today).open_on(self.today).order_by("sort_key", "pk")
            found = [(unit.pk, unit.code, unit.name) for unit in below[:GOING]]
        sent = self.data if self.is_bound else {}
        return [Going(f"goes_{pk}", code, label, str(sent.get(f"goes_{pk}", ""))) for pk, code, label in found]

    @property
    def are_members(self) -> bool:
        return self.unit.kind in CELLS

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The new units as each row offers them."""
        named = [
            (
                str(n),
                (self.data.get(f"part_{n}_name", "") if self.is_bound else "") or _("New unit %(n)s") % {"n": n + 1},
            )
            for n in range(self.how_many)
        ]
        return [("", "–"), *named]

    @property
    def parts(self) -> list[list[forms.BoundField]]:
        """Fields of each new unit."""
        if not self.shares:
            return []
        return [
            needed([self[f"part_{n}_{name}"] for name in ("name", "code", "setting")]) for n in range(self.how_many)
        ]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        wanted = {each.to for each in self.going if each.to}
        asked = []
        for n in range(self.how_many if self.shares else 0):
            said = [told.get(f"part_{n}_{name}", "") for name in ("name", "code")]
            if not any(said) and str(n) not in wanted and f"part_{n}_name" not in self.errors:
                continue  # left blank
            for name, missing in (("name", _("Give the new unit a name.")), ("code", _("Give the new unit a code."))):
                at = f"part_{n}_{name}"
                if not told.get(at) and at not in self.errors:
                    self.add_error(at, missing)
            asked.append(n)
        if self.shares and wanted - {str(n) for n in range(self.how_many)}:
            self.add_error(None, _("Choose for each of them one of the new units."))
        told["asked"] = asked
        return told

    def specs(self) -> list[dict[str, Any]]:
        """The new units, each with those who go to it."""
        told, list_of = self.cleaned_data, "members" if self.are_members else "units"
        return [
            {
                "code": clean(told[f"part_{n}_code"]), "name": clean(told[f"part_{n}_name"]),
                "setting": told[f"part_{n}_setting"],
                list_of: [each.code for each in self.going if each.to == str(n)],
            }
            for n in told["asked"]
        ]  # fmt: skip


class SplitForm(PartsForm):
    """This unit becomes several."""

    kind = ActKind.SPLIT
    closes = forms.ChoiceField(
        label=gettext_lazy("What becomes of this one?"),
        choices=[
            ("no", gettext_lazy("It goes on with those who stay")),
            ("yes", gettext_lazy("It closes: the new ones take its place")),
        ],
        initial="no",
        widget=forms.RadioSelect,
    )

    def given(self) -> dict[str, Any]:
        return {"unit": self.unit.code, "closes": self.cleaned_data["closes"] == "yes", "parts": self.specs()}


class ChangeKindForm(PartsForm):
    """This unit becomes one of another kind; a cell that becomes a committee has cells founded for its members."""

    kind = ActKind.CHANGE_KIND
    kind_to = forms.ChoiceField(label=gettext_lazy("What it becomes"))
    to = unit_field(
        gettext_lazy("Under which unit?"), required=False,
        help_text=gettext_lazy("Only if it is to stand elsewhere from then on: its code, or words of its name."),
    )  # fmt: skip

    @property
    def shares(self) -> bool:
        return self.unit.kind in CELLS

    def set_up(self) -> None:
        super().set_up()
        above = self.parent.kind if self.parent else None
        near = LOW if self.unit.kind in LOW else ()  # these may go elsewhere by the same act
        fits = [
            k for k in Kind
            if k not in (self.unit.kind, Kind.CENTRAL) and (above in MAY_STAND_UNDER[k] or k in near)
        ]  # fmt: skip
        fits.sort(key=lambda k: (above not in MAY_STAND_UNDER[k], (k in CELLS) == (self.unit.kind in CELLS)))
        self.fields["kind_to"].choices = [(k.value, k.label) for k in fits]  # type: ignore[attr-defined]
        every = open_among([k for k in Kind if k not in CELLS], self.today, self.unit)
        units_in(self.fields["to"], self.scope, every, self.today)  # type: ignore[arg-type]

    def given(self) -> dict[str, Any]:
        told = self.cleaned_data
        to, becomes_cell = told.get("to"), told["kind_to"] in CELLS
        cells = self.specs() if self.shares and not becomes_cell else []
        return {
            "unit": self.unit.code, "kind": told["kind_to"],
            **({"to": to[0].code} if to else {}), **({"cells": cells} if cells else {}),
        }  # fmt: skip


FORMS: dict[str, type[ActForm]] = {
    form.kind.value: form
    for form in (FoundForm, RenameForm, MoveForm, MergeForm, SplitForm, ChangeKindForm, DissolveForm, ReopenForm)
}
