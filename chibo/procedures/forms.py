"""What is filled in on a procedure as a whole: its name and results, who begins it, days; each fault at its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, DayField, LineField, decision_field
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES
from chibo.procedures import describing, editing, registry
from chibo.procedures.ask_forms import ask_rows, asks_made
from chibo.procedures.flow import MEMBER, Flow, Party
from chibo.procedures.places import CONCERNED, PLACES
from chibo.procedures.rows import Choice, CodeField, NamedForm, Rows, english, rows, vietnamese, with_unknown

CODE_HELP = gettext_lazy("Small letters and _, as check_papers. It is not shown to those who work with it.")


class ListField(forms.MultipleChoiceField):
    """Several of a list."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=forms.CheckboxSelectMultiple, **{"required": False, **more})


class PartyForm(forms.Form):
    """Who acts: at which place, by which roles."""

    at = forms.ChoiceField(label=gettext_lazy("Where"))
    roles = ListField(label=gettext_lazy("Who, one of these roles"))

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        at = [("", "–"), *((code, label) for code, (label, _find) in PLACES.items()), (MEMBER, CONCERNED)]
        acting = [(str(code), code.label) for code in ROLES if P.CASE_ACT in ROLES[code].permissions]  # type: ignore[attr-defined]
        self.fields["at"].choices = with_unknown(at, [self.initial.get("at", "")])  # type: ignore[attr-defined]
        self.fields["roles"].choices = with_unknown(acting, self.initial.get("roles", ()))  # type: ignore[attr-defined]

    def made(self) -> Party:
        """Who acts, as filled in."""
        return Party(at=self.cleaned_data["at"], roles=tuple(self.cleaned_data["roles"]))


class ResultForm(NamedForm):
    """A result in which cases end."""

    code = CodeField()
    vi = vietnamese()
    en = english()


def party_rows(data: Any, prefix: str, parties: Sequence[Party]) -> Rows:
    """Rows of who acts."""
    made: Rows = rows(PartyForm)(
        data, prefix=prefix, initial=[{"at": each.at, "roles": list(each.roles)} for each in parties]
    )
    return made


class WholeForm(NamedForm):
    """What holds for the whole procedure; with its rows of who begins it, who withdraws it, its results."""

    names = ("name_vi", "name_en")
    name_vi = vietnamese(label=gettext_lazy("Name in Vietnamese"))
    name_en = english(label=gettext_lazy("Name in English"))
    basis = LineField(
        label=gettext_lazy("Basis"), help_text=gettext_lazy("The regulation it comes from."), required=False
    )  # fmt: skip
    by_member = forms.BooleanField(
        label=gettext_lazy("Whom it concerns may begin and withdraw it too"), required=False
    )  # fmt: skip
    days = LineField(
        label=gettext_lazy("Days told at the beginning"),
        help_text=gettext_lazy("Codes of days that limits may run from, with spaces between them."),
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
    )

    when = ListField(label=gettext_lazy("A case can begin only if all of these hold"))

    def __init__(self, data: Any, name: Any, basis: str, flow: Flow) -> None:
        first = {
            "name_en": name.get("en", ""), "name_vi": name.get("vi", ""), "basis": basis,
            "by_member": flow.by_member, "days": " ".join(flow.days), "when": list(flow.when),
        }  # fmt: skip
        super().__init__(data, initial=first)
        guards = [(code, each.label) for code, each in registry.guards.items()]
        self.fields["when"].choices = with_unknown(guards, flow.when)  # type: ignore[attr-defined]
        self.flow, self.name = flow, name
        self.begins = party_rows(data, "begins", flow.begins)
        self.withdraws = party_rows(data, "withdraws", flow.withdraws)
        results = [
            {"code": code, "en": text.get("en", ""), "vi": text.get("vi", "")} for code, text in flow.results.items()
        ]
        self.results: Rows = rows(ResultForm)(data, prefix="results", initial=results)
        self.asks = ask_rows(data, flow.asks)

    @property
    def parts(self) -> list[Rows]:
        return [self.begins, self.withdraws, self.asks, self.results]

    def is_sound(self) -> bool:
        """Whether everything is filled in as it can be."""
        return all([self.is_valid(), *(each.is_valid() for each in self.parts)])

    def clean_days(self) -> tuple[str, ...]:
        """The codes, each of which can be one."""
        codes = tuple(dict.fromkeys(self.cleaned_data["days"].split()))
        for code in codes:
            CodeField().to_python(code)
        return codes

    def made(self) -> Flow:
        """The procedure with what holds for the whole as filled in."""
        results = {
            row["code"]: editing.words(row["en"], row["vi"], self.flow.results.get(row["code"]))
            for row in (form.cleaned_data for form in self.results.filled)
        }
        return replace(
            self.flow, begins=tuple(form.made() for form in self.begins.filled), results=results,
            withdraws=tuple(form.made() for form in self.withdraws.filled),
            by_member=self.cleaned_data["by_member"], days=self.cleaned_data["days"],
            when=tuple(self.cleaned_data["when"]), asks=asks_made(self.asks, self.flow.asks),
        )  # fmt: skip

    @property
    def called(self) -> dict[str, str]:
        """The name in both languages."""
        return dict(editing.words(self.cleaned_data["name_en"], self.cleaned_data["name_vi"], self.name))


class NewForm(NamedForm):
    """A new procedure, of which nothing is said but its name and what it is about."""

    names = ("name_vi", "name_en")
    code = CodeField(help_text=CODE_HELP)
    subject = forms.ChoiceField(label=gettext_lazy("What it is about"))
    name_vi = vietnamese(label=gettext_lazy("Name in Vietnamese"))
    name_en = english(label=gettext_lazy("Name in English"))
    basis = LineField(
        label=gettext_lazy("Basis"), help_text=gettext_lazy("The regulation it comes from."), required=False
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["subject"].choices = [  # type: ignore[attr-defined]
            (code, describing.subject(code)) for code in sorted(registry.subjects)
        ]


class StepNameForm(NamedForm):
    """One more step: what it is called."""

    code = CodeField(help_text=CODE_HELP)
    vi = vietnamese(label=gettext_lazy("Name in Vietnamese"))
    en = english(label=gettext_lazy("Name in English"))


class FromForm(forms.Form):
    """The day from which something holds, or no longer does."""

    on = DayField(label=gettext_lazy("From"))


class SpecialDayForm(forms.Form):
    """A day on which one works or not otherwise than the week says."""

    day = DayField(label=gettext_lazy("Day"))
    is_working = forms.TypedChoiceField(
        label=gettext_lazy("On this day"),
        choices=[("no", gettext_lazy("nobody works: a holiday")), ("yes", gettext_lazy("one works: a weekend day"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    name = LineField(label=gettext_lazy("Name"), help_text=gettext_lazy("As Quốc khánh, or work for 29 April."))
    decision = decision_field()


class TriedForm(forms.Form):
    """How a step of an invented case ends, and on which day."""

    outcome = forms.ChoiceField(label=gettext_lazy("How does this step end?"), widget=forms.RadioSelect)
    then = DayField(label=gettext_lazy("On which day?"))

    def __init__(self, data: Any, choices: Sequence[Choice], since: date, first: date) -> None:
        super().__init__(data, initial={"then": first})
        self.fields["outcome"].choices = list(choices)  # type: ignore[attr-defined]
        self.since = since

    def clean_then(self) -> date:
        """The day, not before the step begins."""
        then: date = self.cleaned_data["then"]
        if then < self.since:
            raise ValidationError(_("The step begins later than that."))
        return then
