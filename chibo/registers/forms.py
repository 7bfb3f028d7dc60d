"""What is filled in on dues: what a member pays of, reliefs, the rules; each fault at its field."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chibo.core.fields import DayField, LineField, decision_field
from chibo.core.formats import period_name
from chibo.core.periods import Period
from chibo.registers.models import DuesRule, Relief, RuleKind
from chibo.registers.owing import told

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class MonthField(forms.CharField):
    """A month, as the browser's own field sends it: its first day."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"type": "month", "placeholder": "2023-04"}), **more)

    def clean(self, value: Any) -> date | None:
        """The first day of the month; refused if it is none, or of another age."""
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        match = MONTH.fullmatch(text)
        if not match or not 1930 <= int(match[1]) <= 2199:
            raise ValidationError(_("Write the month as 2023-04."))
        return date(int(match[1]), int(match[2]), 1)


class PayerForm(forms.Form):
    """Of what a member pays from a month on."""

    rule = forms.ChoiceField(label=gettext_lazy("Pays of"))
    from_month = MonthField(label=gettext_lazy("From the month"))

    def __init__(self, data: Any, rules: list[DuesRule], month: str) -> None:
        super().__init__(data, initial={"from_month": month}, prefix="payer")
        self.fields["rule"].choices = _named(rules, RuleKind.PAYER)  # type: ignore[attr-defined]


class ReliefForm(forms.Form):
    """Less to pay, or nothing, for a time."""

    rule = forms.ChoiceField(label=gettext_lazy("Relief"))
    from_month = MonthField(label=gettext_lazy("From the month"))
    to_month = MonthField(
        label=gettext_lazy("The first month no longer"), required=False,
        help_text=gettext_lazy("Empty: until it is ended."),
    )  # fmt: skip
    decision = decision_field()

    def __init__(self, data: Any, rules: list[DuesRule], month: str) -> None:
        super().__init__(data, initial={"from_month": month}, prefix="relief")
        self.fields["rule"].choices = _named(rules, RuleKind.RELIEF)  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """Which relief ends, and before which month."""

    relief = forms.ModelChoiceField(label=gettext_lazy("Which relief"), queryset=Relief.objects.none())
    to_month = MonthField(label=gettext_lazy("The first month no longer"))

    def __init__(self, data: Any, person: int, names: dict[str, str], month: str) -> None:
        super().__init__(data, initial={"to_month": month}, prefix="end")
        field: Any = self.fields["relief"]
        field.queryset = Relief.objects.filter(person=person).order_by("-from_month")
        field.label_from_instance = lambda relief: _("%(name)s, from %(month)s") % {
            "name": names.get(relief.rule, relief.rule), "month": period_name(Period.month_of(relief.from_month)),
        }  # fmt: skip
        field.empty_label = None


def _named(rules: list[DuesRule], kind: str) -> list[tuple[str, str]]:
    return [(code, name) for code, name in {r.code: told(r.name) for r in rules if r.kind == kind}.items()]


class RuleForm(forms.Form):
    """What the rules of dues say from a day on: something known otherwise or no longer, or something new."""

    IS, RIGHT, ENDS = "is", "right", "ends"
    code = forms.ChoiceField(label=gettext_lazy("What"))
    what = forms.ChoiceField(
        label=gettext_lazy("From that day on"),
        choices=[
            (IS, gettext_lazy("It holds as written here")),
            (RIGHT, gettext_lazy("It begins that day already, and is put right")),
            (ENDS, gettext_lazy("It holds no longer")),
        ],
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
        help_text=gettext_lazy("What ends on the day it begins never was. Nothing may have gone by it yet."),
    )
    name = LineField(
        label=pgettext_lazy("of a rule", "Name"), required=False,
        help_text=gettext_lazy("Only of something new, or put right."),
    )  # fmt: skip
    number = forms.DecimalField(
        label=gettext_lazy("How much"), max_digits=7, decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=gettext_lazy("Percent to pay, percent taken off (100: exempt), years, or months."),
    )  # fmt: skip
    most_months = forms.IntegerField(
        label=gettext_lazy("Lasts at most, months"), required=False,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=gettext_lazy("Only of a relief. Empty: as long as is decided."),
    )  # fmt: skip
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Taken from"), required=False)
    field_order = ("code", "from_on", "what", "name", "number", "most_months", "source")

    def __init__(self, data: Any, rules: list[DuesRule], today: date) -> None:
        super().__init__(data, initial={"from_on": today}, prefix="rule")
        self.fields["number"].required = self["what"].value() != self.ENDS
        self.known = {rule.code: rule for rule in sorted(rules, key=lambda r: r.from_on)}
        kinds = [str(kind) for kind in RuleKind]
        known = sorted(self.known.values(), key=lambda rule: kinds.index(rule.kind))
        choices = [("", "–"), *((rule.code, f"{told(rule.name)} ({rule.get_kind_display()})") for rule in known)]
        choices += [
            (f"new-{kind}", _("Something new: %(kind)s") % {"kind": RuleKind(kind).label})
            for kind in (RuleKind.PAYER, RuleKind.RELIEF)
        ]
        self.fields["code"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What the act takes; something new has no code yet."""
        said: dict[str, Any] = super().clean() or {}
        code = said.get("code", "")
        what = said.get("what")
        if code in self.known:
            rule = self.known[code]
            said |= {"kind": rule.kind, "name": (said.get("name") if what == self.RIGHT else "") or rule.name}
        elif code:
            said |= {"kind": code.removeprefix("new-"), "code": ""}
            if what in (self.RIGHT, self.ENDS):
                self.add_error("what", _("This is something new: it only begins."))
            elif not said.get("name") and "name" not in self.errors:
                self.add_error("name", _("Say what it is called."))
        if what == self.ENDS:
            return said
        if said.get("most_months") and said.get("kind") != RuleKind.RELIEF:
            self.add_error("most_months", _("Only a relief has a longest time."))
        number, kind = said.get("number"), said.get("kind")
        if number == 0 and kind != RuleKind.PAYER:
            self.add_error("number", _("More than nothing."))
        if number is not None and number % 1 and kind in (RuleKind.AGE, RuleKind.LIMIT):
            self.add_error("number", _("Write a whole number of years or months."))
        return said


class DaysForm(forms.Form):
    """In how many days after a quarter's end units confirm."""

    days = forms.IntegerField(label=gettext_lazy("Days"), validators=[MinValueValidator(1), MaxValueValidator(90)])
    from_on = DayField(label=gettext_lazy("For quarters that end on this day or later"))
    source = LineField(label=gettext_lazy("Taken from"), required=False)

    def __init__(self, data: Any, today: date) -> None:
        super().__init__(data, initial={"from_on": today}, prefix="days")
