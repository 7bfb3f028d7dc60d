"""What is filled in on an entry, its end, a fact of a person, and why a group is opened; each fault at its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.actions import Denied
from chibo.core.fields import DayField, LineField
from chibo.core.text import clean
from chibo.files import policies
from chibo.files.groups import FACTS, LONGEST, NEEDED_FACTS, SPECS, Days, Group
from chibo.files.models import Entry, Source
from chibo.members.models import Person, Sex

SOURCES = [(str(each.value), each.label) for each in (Source.DOCUMENT, Source.FORM, Source.DECLARED)]
OFF = {"autocomplete": "off"}


class OldDayField(DayField):
    """A day in a life, which may be older than the Party."""

    def clean(self, value: Any) -> date | None:
        """The day; refused if it is of another age."""
        found: date | None = forms.DateField.clean(self, value)
        if found is not None and not 1900 <= found.year <= 2199:
            raise ValidationError(_("This year can't be meant."))
        return found


class TextField(forms.CharField):
    """A text of several lines, without characters that nobody sees."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3, **OFF}), **more)

    def to_python(self, value: Any) -> str:
        """The text, trimmed and in its one writing."""
        text = clean(str(super().to_python(value) or ""))
        try:
            policies.check_text(text, LONGEST)
        except Denied as error:
            raise ValidationError(str(error)) from None
        return text


class Faults(forms.Form):
    """A form that tells what a policy refuses beside one of its fields."""

    def told(self, field: str | None, check: Callable[..., None], *given: Any, **more: Any) -> None:
        """Ask a policy, unless the field is wrong already."""
        if field in self.errors:
            return
        try:
            check(*given, **more)
        except Denied as error:
            self.add_error(field if field in self.fields else None, str(error))


class SourceForm(Faults):
    """Where something is known from."""

    source = forms.ChoiceField(
        label=gettext_lazy("Where it comes from"),
        choices=SOURCES,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
    )
    paper = LineField(
        label=gettext_lazy("Number of the document, or name of the form"),
        help_text=gettext_lazy("As 12-QĐ/HU, or 3-HSĐV."),
        required=False,
        widget=forms.TextInput(attrs=OFF),
    )
    paper_on = OldDayField(label=gettext_lazy("Day of the paper"), required=False)
    today: date

    def check_source(self) -> None:
        """Let the policy say what is wrong with the source."""
        given = self.cleaned_data
        if not {"source", "paper", "paper_on"} & set(self.errors):
            self.told(
                "paper", policies.check_source, given["source"], given["paper"], None, self.today, is_system=False
            )
            self.told(
                "paper_on", policies.check_source, Source.DECLARED, "", given["paper_on"], self.today, is_system=False
            )


class EntryForm(SourceForm):
    """What an entry of a group says, its days and its source."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, group: Group, today: date, **more: Any) -> None:
        super().__init__(data, **more)
        self.group, self.today, spec = group, today, SPECS[group]
        for each in spec.fields:
            made = TextField if each.long else LineField
            widget = {} if each.long else {"widget": forms.TextInput(attrs=OFF)}
            self.fields[f"said_{each.name}"] = made(
                label=each.label, help_text=each.help, required=each.needed, **widget
            )
        if spec.days == Days.ONE:
            self.fields["from_on"] = OldDayField(label=_("Day"))
        elif spec.days == Days.SPAN:
            self.fields["from_on"] = OldDayField(label=_("From"), required=False)
            self.fields["to_on"] = OldDayField(
                label=_("To"), required=False, help_text=_("The first day on which it no longer holds.")
            )
        names = [f"said_{each.name}" for each in spec.fields]
        self.order_fields([*names, "from_on", "to_on", "source", "paper", "paper_on", "seen"])

    @classmethod
    def begun(cls, entry: Entry, seen: int) -> dict[str, Any]:
        """What an entry says, to begin with."""
        days = {"from_on": entry.from_on, "to_on": entry.to_on, "seen": seen}
        source = {"source": entry.source, "paper": entry.paper, "paper_on": entry.paper_on}
        return {f"said_{name}": text for name, text in entry.said.items()} | days | source

    def clean(self) -> dict[str, Any]:
        """Let the policies say what is wrong beside the fields."""
        given = self.cleaned_data
        if not any(name.startswith("said_") for name in self.errors):
            self.told(None, policies.check_said, self.group, self.said())
        if not {"from_on", "to_on"} & set(self.errors):
            day = "to_on" if given.get("to_on") else "from_on"
            self.told(day, policies.check_days, self.group, given.get("from_on"), given.get("to_on"), self.today)
        self.check_source()
        return given

    def said(self) -> dict[str, str]:
        """The fields that say something."""
        given = self.cleaned_data
        return {
            each.name: given[f"said_{each.name}"] for each in SPECS[self.group].fields if given.get(f"said_{each.name}")
        }

    def given(self) -> dict[str, Any]:
        """What the actions are given."""
        names = ("from_on", "to_on", "source", "paper", "paper_on")
        return {"said": self.said()} | {name: self.cleaned_data[name] for name in names if name in self.fields}


class EndForm(Faults):
    """From when an entry no longer holds, and by what."""

    on = OldDayField(
        label=gettext_lazy("Ends on"), help_text=gettext_lazy("The first day on which it no longer holds.")
    )
    paper = LineField(label=gettext_lazy("Number of the document"), required=False, widget=forms.TextInput(attrs=OFF))

    def __init__(self, data: Any, entry: Entry, today: date) -> None:
        super().__init__(data)
        self.entry, self.today = entry, today

    def clean_on(self) -> date:
        """The day, after the entry began."""
        on: date = self.cleaned_data["on"]
        self.told("on", policies.check_ends, self.entry, on, self.today)
        return on


class ReasonForm(Faults):
    """Why something is done."""

    reason = LineField(label=gettext_lazy("Why?"), widget=forms.TextInput(attrs=OFF))

    def __init__(self, data: Any, help_text: str = "") -> None:
        super().__init__(data)
        self.fields["reason"].help_text = help_text

    def clean_reason(self) -> str:
        """A reason that says something."""
        reason: str = self.cleaned_data["reason"]
        self.told("reason", policies.check_reason, reason)
        return reason


class FactForm(SourceForm):
    """What a fact of a person is to say, and its source."""

    was = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, data: Any, person: Person, fact: str, today: date, **more: Any) -> None:
        super().__init__(data, **more)
        self.person, self.fact, self.today = person, fact, today
        label, needed = FACTS[fact][1], fact in NEEDED_FACTS
        field: forms.Field
        if fact == "sex":
            field = forms.ChoiceField(label=str(label), choices=Sex.choices)
        elif fact == "born_on":
            field = OldDayField(label=label)
        else:
            field = LineField(label=label, required=needed, widget=forms.TextInput(attrs=OFF))
        self.fields["value"] = field
        self.order_fields(["value", "source", "paper", "paper_on", "was"])

    def clean(self) -> dict[str, Any]:
        """Let the policies say what is wrong beside the fields."""
        if "value" in self.cleaned_data:
            self.told("value", policies.check_fact, self.person, self.fact, self.cleaned_data["value"])
        self.check_source()
        return self.cleaned_data
