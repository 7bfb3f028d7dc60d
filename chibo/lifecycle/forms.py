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
from chibo.core.text import search_key
from chibo.lifecycle import policies
from chibo.lifecycle.models import NOTED, Note
from chibo.members.models import Person
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures import days
from chibo.procedures.flow import Ask, Flow, said
from chibo.procedures.places import RECEIVING

FEW = 6


def receives(flow: Flow) -> bool:
    """Whether a procedure leads to another cell."""
    return any(party.at.startswith(RECEIVING) for step in flow.steps for party in step.who)


def field_of(ask: Ask) -> forms.Field:
    """The field in which what a procedure asks is told."""
    more: dict[str, Any] = {"label": said(ask.name), "required": ask.required}
    if ask.kind == "day":
        return DayField(**more)
    if ask.kind == "number":
        return forms.IntegerField(min_value=0, max_value=10**9, **more)
    if ask.kind == "choice":
        choices = [("", ""), *ask.offered]
        return forms.ChoiceField(choices=choices, **more)
    return LineField(**more)


def known_of(flow: Flow, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the way to the form tells of the first step beforehand: choices it has, nothing else."""
    choices = {ask.code: ask.choices for ask in flow.first.asks if ask.kind == "choice"}
    return {code: asked[code] for code, known in choices.items() if asked.get(code) in known}


class BeginForm(forms.Form):
    """What a procedure asks at its beginning."""

    def __init__(
        self,
        flow: Flow,
        rights: Rights,
        person: Person,
        sent: Any = None,
        *,
        known: Mapping[str, str],
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """The form of a procedure about someone; `before` is what they told when they asked for the same once."""
        super().__init__(sent, initial={f"ask_{code}": value for code, value in (before or {}).items()})
        self.flow, self.rights, self.person = flow, rights, person
        self.known = known_of(flow, known)
        self.to_unit: Unit | None = None
        if receives(flow):
            self.fields["to_unit"] = LineField(
                label=_("Receiving cell"), help_text=_("Its code; of a cell among your units also its name.")
            )
        for ask in flow.asks:
            self.fields[f"ask_{ask.code}"] = field_of(ask)

    def clean(self) -> dict[str, Any]:
        """Refuse beside its field what could never be done."""
        given = super().clean() or {}
        for code, why in days.wrong_at_first(self.flow, self.told, clock.today()).items():
            if f"ask_{code}" not in self.errors:
                self.add_error(f"ask_{code}", why)
        if not self.errors:
            try:
                policies.check_told(self.flow, self.person, self.told)
            except Denied as denied:
                self.add_error("ask_value", str(denied))
        return given

    def clean_to_unit(self) -> str:
        """The receiving cell by its code, or by its name where the reader sees it."""
        text = str(self.cleaned_data["to_unit"])
        cells = Unit.objects.filter(kind__in=CELLS, closed_on=None)
        found = list(cells.filter(code=text)[:1])
        if not found:
            seen = cells.filter(self.rights.scope(P.UNIT_VIEW).q(""))
            found = list(seen.filter(search_key=search_key(text)).order_by("pk")[:FEW])
        if not found:
            raise ValidationError(_("There is no open cell of this code, nor one of this name among your units."))
        if len(found) > 1:
            codes = ", ".join(each.code for each in found)
            raise ValidationError(_("Several cells are called that: type the code (%(codes)s).") % {"codes": codes})
        self.to_unit = found[0]
        return text

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
