"""What has to be told for a case to begin: what its procedure asks, and the receiving cell where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.fields import DayField, LineField
from chibo.core.formats import day
from chibo.lifecycle import policies, receiving
from chibo.lifecycle.models import NOTED, Note
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights
from chibo.procedures import days
from chibo.procedures.case_forms import field_of
from chibo.procedures.flow import Flow, said
from chibo.procedures.models import Case, Version
from chibo.procedures.places import RECEIVING


def receives(flow: Flow) -> bool:
    """Whether a procedure leads to another cell."""
    return any(party.at.startswith(RECEIVING) for step in flow.steps for party in step.who)


def known_of(flow: Flow, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the way to the form tells of the first step beforehand: choices it has, nothing else."""
    choices = {ask.code: ask.choices for ask in flow.first.asks if ask.kind == "choice"}
    return {code: asked[code] for code, known in choices.items() if asked.get(code) in known}


class AnyChoice(forms.ChoiceField):
    """A choice among what is found only once the form is sent."""

    def valid_value(self, value: str) -> bool:
        return True


class BeginForm(forms.Form):
    """What a procedure asks at its beginning."""

    def __init__(
        self,
        version: Version,
        rights: Rights,
        person: Person,
        sent: Any = None,
        *,
        known: Mapping[str, str],
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """The form of a procedure about someone; `before` is what they told when they asked for the same once."""
        super().__init__(sent, initial={f"ask_{code}": value for code, value in (before or {}).items()})
        flow = version.flow
        self.version, self.flow, self.rights, self.person = version, flow, rights, person
        self.refused_by: Case | None = None  # what is under way already
        self.known = known_of(flow, known)
        self.to_unit: Unit | None = None
        self.found: list[receiving.Cell] = []
        if receives(flow):
            self.fields["to_unit"] = LineField(
                label=_("Receiving cell"), help_text=_("Its code, or words of its name; it may be anywhere.")
            )
            self.fields["to_cell"] = AnyChoice(label=_("You mean"), required=False, widget=forms.RadioSelect)
        for ask in flow.asks:
            self.fields[f"ask_{ask.code}"] = field_of(ask)

    def clean(self) -> dict[str, Any]:
        """Refuse beside its field what could never be done."""
        given = super().clean() or {}
        if "to_cell" in self.fields:
            self._choose_cell()
        for code, why in days.wrong_at_first(self.flow, self.told, clock.today()).items():
            if f"ask_{code}" not in self.errors:
                self.add_error(f"ask_{code}", why)
        if not self.errors:
            try:
                policies.check_told(self.flow, self.person, self.told)
                policies.check_not_twice(self.version, self.person, self.told)
            except Denied as denied:
                self.add_error(f"ask_{denied.field or 'value'}", str(denied))
                self.refused_by = denied.by
        return given

    def clean_to_unit(self) -> str:
        """Find the cells that the words may mean, for one of them to be chosen."""
        text = str(self.cleaned_data["to_unit"])
        self.found = receiving.cells_like(text)
        if not self.found:
            raise ValidationError(_("There is no open cell of this code or name."))
        if len(self.found) > receiving.FEW:
            self.found = self.found[: receiving.FEW]
            raise ValidationError(_("Many cells are called like that. If yours is not below, type more of its name."))
        return text

    def _choose_cell(self) -> None:
        """Take the cell that was chosen of those found; else ask which is meant."""
        field: Any = self.fields["to_cell"]
        field.choices = [(each.unit.code, each.unit.name) for each in self.found]
        chosen = [each.unit for each in self.found if each.unit.code == self.data.get("to_cell")]
        if chosen:
            self.to_unit = chosen[0]
        elif self.found and "to_unit" not in self.errors:
            self.add_error("to_cell", _("Look whether this is the cell you mean, then send it once more."))
            if len(self.found) == 1:
                self.data = {**dict(self.data.items()), "to_cell": self.found[0].unit.code}

    @property
    def cells(self) -> list[tuple[Any, receiving.Cell]]:
        """The buttons of the cells found, each with the cell."""
        return list(zip(self["to_cell"], self.found, strict=True)) if self.found else []

    @property
    def told(self) -> dict[str, Any]:
        """What was told, as it is kept with the case."""
        values = {ask.code: self.cleaned_data.get(f"ask_{ask.code}") for ask in self.flow.asks}
        return self.known | {code: _plain(value) for code, value in values.items() if value not in (None, "")}

    @property
    def known_said(self) -> list[tuple[str, str]]:
        """What is known already, in words."""
        asks = [ask for ask in self.flow.first.asks if ask.code in self.known]
        return [(said(ask.name), said(ask.choices[self.known[ask.code]])) for ask in asks]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


class NoteForm(forms.Form):
    """A ground that the other records don't tell: which, when, what happened."""

    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"),
        choices=[("", ""), *((str(each), each.label) for each in NOTED)],
        error_messages={"invalid_choice": gettext_lazy("This ground is told by the records themselves.")},
    )
    on = DayField(label=gettext_lazy("On"))
    text = LineField(label=gettext_lazy("What happened"))


class StrikeForm(forms.Form):
    """A note that was a mistake, and why."""

    note = forms.ChoiceField(label=gettext_lazy("Note"))
    because = LineField(label=gettext_lazy("Why it was a mistake"))

    def __init__(self, notes: list[Note], *given: Any) -> None:
        super().__init__(*given)
        self.notes = {str(note.pk): note for note in notes}
        field: Any = self.fields["note"]
        field.choices = [(pk, f"{note.get_ground_display()}, {day(note.on)}") for pk, note in self.notes.items()]
