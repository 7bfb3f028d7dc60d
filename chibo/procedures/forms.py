"""What is filled in on a procedure as a whole: its name and results, who begins it, days; each fault at its field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
from chibo.procedures.flow import Flow, Party
from chibo.procedures.places import PLACES

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
MOST_ROWS = 30
Choice = tuple[str, Any]
CODE_HELP = gettext_lazy("Small letters and _, as check_papers. It is not shown to those who work with it.")


class CodeField(LineField):
    """A code: letters, digits, and what joins them."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"label": gettext_lazy("Code"), "widget": forms.TextInput(attrs=PLAIN), **more})

    def to_python(self, value: Any) -> str:
        """The code; refused if it has other signs."""
        text = super().to_python(value)
        if text and not CODE.fullmatch(text):
            raise ValidationError(_("Only letters without accents, digits, _ and -, at most 60."))
        return text


class ListField(forms.MultipleChoiceField):
    """Several of a list."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=forms.CheckboxSelectMultiple, **{"required": False, **more})


def english(**more: Any) -> LineField:
    """The English of a name."""
    return LineField(**{"label": gettext_lazy("In English"), "required": False, **more})


def vietnamese(**more: Any) -> LineField:
    """The Vietnamese of a name."""
    return LineField(**{"label": gettext_lazy("In Vietnamese"), "required": False, **more})


class NamedForm(forms.Form):
    """A form with a name in two languages, at least one of which is told."""

    names = ("vi", "en")

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for field in self.fields.values():
            field.needed = True  # type: ignore[attr-defined]  # the page says that what is not there stays empty

    def clean(self) -> dict[str, Any]:
        """Say at the first what is missing of both."""
        given = self.cleaned_data
        if not any(given.get(name) for name in self.names) and not any(name in self.errors for name in self.names):
            self.add_error(self.names[0], _("Give the name in Vietnamese or in English."))
        return given


def with_unknown(choices: Iterable[Choice], values: Iterable[str]) -> list[Choice]:
    """Choices, and the values that stand there already though they are none: they stay until someone changes them."""
    listed = list(choices)
    known = {value for value, _label in listed}
    return [*listed, *((value, value) for value in dict.fromkeys(values) if value and value not in known)]


class PartyForm(forms.Form):
    """Who acts: at which place, by which roles."""

    at = forms.ChoiceField(label=gettext_lazy("Where"))
    roles = ListField(label=gettext_lazy("Who, one of these roles"))

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        at = [("", "–"), *((code, label) for code, (label, _find) in PLACES.items())]
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


class Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows of one kind; those left empty, or to be removed, are none."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """Say in plain words what the box for removing does."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove")

    @property
    def filled(self) -> list[Any]:
        """The forms of the rows that say something."""
        return [
            form
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]  # fmt: skip


def rows(form: type[forms.Form], extra: int = 1) -> Any:
    """Rows of a form, with an empty one to fill in."""
    return forms.formset_factory(
        form, Rows, extra=extra, can_delete=True, can_delete_extra=False, max_num=MOST_ROWS,
        absolute_max=MOST_ROWS + 1, validate_max=True,
    )  # fmt: skip


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

    def __init__(self, data: Any, name: Any, basis: str, flow: Flow) -> None:
        first = {
            "name_en": name.get("en", ""), "name_vi": name.get("vi", ""), "basis": basis,
            "by_member": flow.by_member, "days": " ".join(flow.days),
        }  # fmt: skip
        super().__init__(data, initial=first)
        self.flow, self.name = flow, name
        self.begins = party_rows(data, "begins", flow.begins)
        self.withdraws = party_rows(data, "withdraws", flow.withdraws)
        results = [
            {"code": code, "en": text.get("en", ""), "vi": text.get("vi", "")} for code, text in flow.results.items()
        ]
        self.results: Rows = rows(ResultForm)(data, prefix="results", initial=results)

    @property
    def parts(self) -> list[Rows]:
        return [self.begins, self.withdraws, self.results]

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
