"""What is filled in on the rules of badges; each fault at its field."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField, LineField

MOST_YEARS, MOST_MONTHS = 120, 60  # more is a slip
COMMON_YEAR = 2023  # a day of every year is one of a year without 29 February


def _whole(label: Any, least: int, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, validators=[MinValueValidator(least), MaxValueValidator(most)], **more)


class _RuleForm(forms.Form):
    """Something is so, or no longer, from a day on."""

    IS, RIGHT, ENDS = "is", "right", "ends"
    what = forms.ChoiceField(
        label=gettext_lazy("From that day on"),
        choices=[
            (IS, gettext_lazy("It is awarded")),
            (RIGHT, gettext_lazy("It begins that day already, and is put right")),
            (ENDS, gettext_lazy("It is awarded no longer")),
        ],
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
        help_text=gettext_lazy("What ends on the day it begins never was. No badge may have been awarded by it yet."),
    )
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Taken from"), required=False)


class GradeForm(_RuleForm):
    """For how many years there is a badge, and how much earlier it may come."""

    years = _whole(gettext_lazy("Badge, years"), 1, MOST_YEARS)
    early_months = _whole(
        gettext_lazy("Months earlier for who is gravely ill"), 0, MOST_MONTHS,
        help_text=gettext_lazy("0: not earlier."),
    )  # fmt: skip
    posthumous_months = _whole(
        gettext_lazy("Months earlier for who has died"), 0, MOST_MONTHS,
        help_text=gettext_lazy("0: not earlier."),
    )  # fmt: skip
    field_order = ("years", "from_on", "what", "early_months", "posthumous_months", "source")

    def __init__(self, data: Any, today: date) -> None:
        super().__init__(data, initial={"from_on": today}, prefix="grade")
        for name in ("early_months", "posthumous_months"):  # what is awarded has its months
            self.fields[name].required = self["what"].value() != self.ENDS


class AwardDayForm(_RuleForm):
    """A day of every year on which badges are awarded."""

    day = _whole(gettext_lazy("Day"), 1, 31)
    month = _whole(gettext_lazy("Month"), 1, 12)
    field_order = ("day", "month", "from_on", "what", "source")

    def __init__(self, data: Any, today: date) -> None:
        super().__init__(data, initial={"from_on": today}, prefix="day")
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (self.IS, _("Badges are awarded on it")), (self.ENDS, _("Badges are awarded on it no longer")),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A day that every year has."""
        said: dict[str, Any] = super().clean() or {}
        if "day" in said and "month" in said:
            try:
                date(COMMON_YEAR, said["month"], said["day"])
            except ValueError:
                self.add_error("day", _("Not every year has this day."))
        return said
