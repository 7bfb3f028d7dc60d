"""What is filled in to lay down a template."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField
from chibo.papers.receiving import DOCX


class TemplateForm(forms.Form):
    """A Word template, and from which day it holds."""

    file = forms.FileField(
        label=gettext_lazy("Word template"),
        help_text=gettext_lazy("A .docx file. Easiest: download the one that holds, change it in Word, send it here."),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": f".docx,{DOCX}"}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty."),
            "max_length": gettext_lazy("The file has too long a name: give it a shorter one."),
            "invalid": gettext_lazy("The file did not arrive. Choose it again."),
        },
    )
    from_on = DayField(
        label=gettext_lazy("Holds from"),
        help_text=gettext_lazy("Papers of that day and later are made from it; those made before stay as they are."),
    )
