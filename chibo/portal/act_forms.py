"""What is asked for an act on units, by its kind: one form each, that says it by the codes of units and members."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, DayField
from chibo.core.text import clean
from chibo.members.queries import present
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER, ActKind, Kind, Setting
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.planning import Asked
from chibo.organizations.scope import Scope
from chibo.portal.picking import PickField, members_in, open_among, units_in

SETTINGS = [("", gettext_lazy("not said")), *Setting.choices]
SEVERAL = gettext_lazy("Several units have these words: choose below.")
NONE = gettext_lazy("No unit that fits has this code or these words.")
CODE_HELP = gettext_lazy("Short, and used by no other unit.")
FIND_HELP = gettext_lazy("Its code, or words of its name.")


def unit_field(label: Any, *, many: bool = False, help_text: Any = FIND_HELP, required: bool = True) -> PickField:
    """A field in which one unit, or several, are picked."""
    missing = {"required": gettext_lazy("Say which unit.")}
    return PickField(
        label=label, many=many, help_text=help_text, required=required, several=SEVERAL, none=NONE,
        error_messages=missing,
    )  # fmt: skip


def members_field() -> PickField:
    """A field in which members are picked who come to a cell."""
    return PickField(
        label=gettext_lazy("Members who come to it"),
        help_text=gettext_lazy("Words of a name, or a code. Each goes over from their cell on the day of the act."),
        many=True,
        required=False,
        several=gettext_lazy("Several members have these words: choose below."),
        none=gettext_lazy("No member of your units has this code or these words."),
    )


def code_field(required: bool = True, help_text: Any = CODE_HELP) -> forms.CharField:
    """The code of a unit that is founded."""
    return forms.CharField(
        label=gettext_lazy("Code"), help_text=help_text, max_length=500,
        required=required, widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip


def needed(fields: list[forms.BoundField]) -> list[forms.BoundField]:
    """Fields shown as what has to be said, once they were checked: whether they are depends on others."""
    for field in fields:
        field.field.required = not isinstance(field.field, forms.ChoiceField)
    return fields


class ActForm(forms.Form):
    """An act on a unit: its day and its decision; each kind adds what it asks for."""

    kind: ClassVar[ActKind]
    last: ClassVar = ("on", "decision")
    on = DayField(
        label=gettext_lazy("Takes effect on"),
        help_text=gettext_lazy("The first day on which it holds. It may be a day to come."),
    )
    decision = forms.CharField(
        label=gettext_lazy("Decision"),
        help_text=gettext_lazy("Its number, such as 12-QĐ/HU, by the committee directly above."),
        max_length=500,
        widget=forms.TextInput(attrs=PLAIN),
    )

    def __init__(self, data: Any, *, unit: Unit, parent: Unit | None, scope: Scope, today: date) -> None:
        super().__init__(data, initial={"on": today})
        self.unit, self.parent, self.scope, self.today = unit, parent, scope, today
        self.set_up()
        self.order_fields([*(name for name in self.fields if name not in self.last), *self.last])
        for field in self.fields.values():
            if not hasattr(field, "part"):
                radios = isinstance(field.widget, forms.RadioSelect)
                field.part = "components/choices.html" if radios else "components/field.html"  # type: ignore[attr-defined]

    def set_up(self) -> None:
        """Make the fields fit the unit."""

    def calm(self) -> None:
        """Show again what was sent, with what words find, and nothing that is wrong."""
        for field in self.fields.values():
            if isinstance(field, PickField):
                field.only_look = True
        self.full_clean()
        self._errors = ErrorDict()

    def asked(self) -> Asked:
        """The act as it is planned."""
        return Asked(self.kind.value, self.cleaned_data["on"], clean(self.cleaned_data["decision"]), self.given())

    def given(self) -> dict[str, Any]:
        """What this kind of act asks for."""
        raise NotImplementedError

    @property
    def parts(self) -> list[list[forms.BoundField]]:
        """Fields of units that are founded out of this one, by unit."""
        return []

    @property
    def plain(self) -> list[forms.BoundField]:
        """The fields of no unit that is founded on the way, without the day and the decision."""
        return [self[name] for name in self.fields if name not in self.last and not name.startswith(("new_", "part_"))]

    @property
    def news(self) -> list[forms.BoundField]:
        """The fields of a new unit that may take the place of others."""
        return needed([self[name] for name in self.fields if name.startswith("new_")])

    @property
    def ends(self) -> list[forms.BoundField]:
        return [self[name] for name in self.last]


class FoundForm(ActForm):
    """A unit founded under this one."""

    kind = ActKind.FOUND
    name = forms.CharField(label=gettext_lazy("Name"), max_length=500)
    code = code_field()
    kind_of = forms.ChoiceField(label=gettext_lazy("Kind"))
    setting = forms.ChoiceField(label=gettext_lazy("Where it works"), choices=SETTINGS, required=False)
    members = members_field()

    def set_up(self) -> None:
        fits = [kind for kind in Kind if self.unit.kind in MAY_STAND_UNDER[kind]]
        self.fields["kind_of"].choices = [(k.value, k.label) for k in reversed(fits)]  # type: ignore[attr-defined]
        if not set(fits) & set(CELLS):
            del self.fields["members"]
        else:
            members_in(self.fields["members"], self.scope, self.today)  # type: ignore[arg-type]

    def given(self) -> dict[str, Any]:
        told = self.cleaned_data
        codes = [stay.membership.person.code for stay in told.get("members", ())]
        return {
            "code": clean(told["code"]), "name": clean(told["name"]), "kind": told["kind_of"],
            "setting": told["setting"], "parent": self.unit.code, **({"members": codes} if codes else {}),
        }  # fmt: skip


class RenameForm(ActForm):
    """Another name for this unit."""

    kind = ActKind.RENAME
    name = forms.CharField(label=gettext_lazy("New name"), max_length=500)

    def set_up(self) -> None:
        self.initial["name"] = self.unit.name

    def given(self) -> dict[str, Any]:
        return {"unit": self.unit.code, "name": clean(self.cleaned_data["name"])}


class MoveForm(ActForm):
    """Another unit above this one."""

    kind = ActKind.MOVE
    to = unit_field(gettext_lazy("Under which unit?"))

    def set_up(self) -> None:
        fits = open_among([k for k in MAY_STAND_UNDER[self.unit.kind] if k], self.today, self.unit)
        units_in(self.fields["to"], self.scope, fits, self.today)  # type: ignore[arg-type]

    def given(self) -> dict[str, Any]:
        return {"unit": self.unit.code, "to": self.cleaned_data["to"][0].code}


class MergeForm(ActForm):
    """This unit and others become one."""

    kind = ActKind.MERGE
    units = unit_field(gettext_lazy("Merges with"), many=True)
    into = forms.ChoiceField(
        label=gettext_lazy("Which one goes on?"),
        choices=[
            ("this", gettext_lazy("This one: the others go into it")),
            ("other", gettext_lazy("The other one: this one goes into it")),
            ("new", gettext_lazy("A new one takes the place of all")),
        ],
        initial="this",
        widget=forms.RadioSelect,
    )
    which = forms.ChoiceField(
        label=gettext_lazy("Which of the others goes on?"), required=False, widget=forms.RadioSelect
    )
    new_name = forms.CharField(label=gettext_lazy("Name of the new unit"), max_length=500, required=False)
    new_code = code_field(required=False)
    new_setting = forms.ChoiceField(label=gettext_lazy("Where it works"), choices=SETTINGS, required=False)

    def set_up(self) -> None:
        kinds = CELLS if self.unit.kind in CELLS else [kind for kind in Kind if kind not in CELLS]
        fits = open_among(kinds, self.today, self.unit)
        units_in(self.fields["units"], self.scope, fits, self.today)  # type: ignore[arg-type]
        self.initial["new_setting"] = self.unit.setting
        data: Any = self.data
        codes = [code for code in data.getlist("units") if code] if self.is_bound else []
        if len(codes) > 1 and self.data.get("into") == "other":
            named = Unit.objects.filter(self.scope.q(""), code__in=[c for c in codes if "\0" not in c]).order_by("pk")
            choices = [(unit.code, unit.name) for unit in named[:100]]
            self.fields["which"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["which"]

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("into") == "new":
            for name, missing in (
                ("new_name", _("Give the new unit a name.")), ("new_code", _("Give the new unit a code.")),
            ):  # fmt: skip
                if not told.get(name) and name not in self.errors:
                    self.add_error(name, missing)
        if told.get("into") == "other" and len(told.get("units", ())) > 1 and not told.get("which"):
            at = "which" if "which" in self.fields else "into"
            self.add_error(at, _("Several others are named: say which of them goes on."))
        return told

    def given(self) -> dict[str, Any]:
        told, here = self.cleaned_data, self.unit.code
        others = [unit.code for unit in told["units"]]
        if told["into"] == "this":
            return {"units": others, "into": here}
        if told["into"] == "other":
            into = told.get("which") or others[0]
            return {"units": [here, *(code for code in others if code != into)], "into": into}
        new = {
            "code": clean(told["new_code"]), "name": clean(told["new_name"]), "kind": self.unit.kind,
            "setting": told["new_setting"], "parent": self.parent.code if self.parent else "",
        }  # fmt: skip
        return {"units": [here, *others], "new": new}


class DissolveForm(ActForm):
    """This unit closes and nothing takes its place."""

    kind = ActKind.DISSOLVE
    members_to = unit_field(
        gettext_lazy("To which cell do its members go?"), required=False,
        help_text=gettext_lazy("Its code, or words of its name. Needed while the cell has members."),
    )  # fmt: skip

    def set_up(self) -> None:
        if self.unit.kind not in CELLS:
            del self.fields["members_to"]
            return
        fits = open_among(CELLS, self.today, self.unit)
        units_in(self.fields["members_to"], self.scope, fits, self.today)  # type: ignore[arg-type]
        self.fields["members_to"].required = present(Scope(units=(self.unit.path,)), self.today).exists()

    def given(self) -> dict[str, Any]:
        to = self.cleaned_data.get("members_to")
        return {"unit": self.unit.code, **({"members_to": to[0].code} if to else {})}


class ReopenForm(ActForm):
    """This closed unit opens again."""

    kind = ActKind.REOPEN
    to = unit_field(gettext_lazy("Under which unit?"))
    members = members_field()

    def set_up(self) -> None:
        field: Any = self.fields["to"]
        units_in(
            field, self.scope, open_among([k for k in MAY_STAND_UNDER[self.unit.kind] if k], self.today), self.today
        )
        if not self.is_bound:
            links = ParentLink.objects.filter(unit=self.unit).exclude(from_on__gte=self.unit.closed_on)
            last = links.select_related("parent").order_by("-from_on").first() if self.unit.closed_on else None
            field.begin([last.parent.code] if last else [])
        if self.unit.kind not in CELLS:
            del self.fields["members"]
        else:
            members_in(self.fields["members"], self.scope, self.today)  # type: ignore[arg-type]

    def given(self) -> dict[str, Any]:
        told = self.cleaned_data
        codes = [stay.membership.person.code for stay in told.get("members", ())]
        given = {"unit": self.unit.code, "to": told["to"][0].code}
        return given | ({"members": codes} if codes else {})
