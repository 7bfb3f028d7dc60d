"""Fields that forms of several apps have: days of our time, and texts in one line."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.text import clean

PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
HIDDEN = ("Cc", "Cf", "Cs")  # control characters, directional overrides, halves of characters


class DayField(forms.DateField):
    """A day of our time, as the browser's own field sends it or as written by hand."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"], widget=widget, **more)

    def clean(self, value: Any) -> date | None:
        """The day; refused if it is of another age."""
        found: date | None = super().clean(value)
        if found is not None and not 1930 <= found.year <= 2199:
            raise ValidationError(_("This year can't be meant."))
        return found


class LineField(forms.CharField):
    """A text in one line, in its one writing, without characters that nobody sees."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=500, **more)

    def to_python(self, value: Any) -> str:
        """The text, trimmed and in its one writing."""
        text = clean(str(super().to_python(value) or ""))
        if any(unicodedata.category(char) in HIDDEN for char in text):
            raise ValidationError(_("There are hidden characters in this text. Delete it and type it by hand."))
        return text


def decision_field() -> LineField:
    """The number of the decision by which something is done."""
    return LineField(
        label=gettext_lazy("Decision"),
        help_text=gettext_lazy("Its number, as 12-QĐ/HU."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
