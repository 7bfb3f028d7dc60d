"""What an officer fills in: the restructuring's name, unit, day and decision, and its workbook."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.text import clean
from chibo.exchange.reading import MB, most_bytes
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class WorkbookForm(forms.Form):
    """A workbook to send."""

    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        max_length=500,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )

    def clean_file(self) -> Any:
        """The file, unless it is larger than is read."""
        file = self.cleaned_data["file"]
        if file and file.size > most_bytes():
            raise ValidationError(
                _("The file is larger than %(limit)s MB, the most that is read.") % {"limit": most_bytes() // MB}
            )
        return file


class Upload(forms.ClearableFileInput):
    """A file that the browser itself does not ask for: another button of the form needs none."""

    def use_required_attribute(self, initial: Any) -> bool:
        """Never."""
        return False


class RestructuringForm(WorkbookForm):
    """A restructuring: what it is called, under which unit, on which day, by which decision; `here`: no workbook."""

    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=500)
    unit = forms.CharField(
        label=gettext_lazy("The unit above all that take part"),
        help_text=gettext_lazy("Its code. Only units under it may take part."),
        max_length=500,
        widget=forms.TextInput(attrs=PLAIN),
    )
    on = forms.DateField(
        label=gettext_lazy("Day on which it takes effect"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    decision = forms.CharField(label=gettext_lazy("Decision"), max_length=500)
    field_order = ["name", "unit", "on", "decision", "file"]
    about: ClassVar = ("name", "unit", "on", "decision")

    def __init__(self, *given: Any, scope: Scope, here: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        self.scope = scope
        self.fields["file"].required = self.is_bound and not here
        self.fields["file"].widget = Upload(attrs={"accept": ".xlsx"})
        if not self.is_bound and len(scope.subtrees) == 1:
            self.initial["unit"] = Unit.objects.filter(path=scope.subtrees[0]).values_list("code", flat=True).first()

    @property
    def facts(self) -> list[forms.BoundField]:
        """All fields but the workbook."""
        return [self[name] for name in self.about]

    def clean_unit(self) -> Unit:
        """The unit of the code, if it is one they restructure."""
        found = Unit.objects.filter(self.scope.q(""), code=clean(self.cleaned_data["unit"])).first()
        if found is None or not found.path.startswith(self.scope.subtrees):
            raise ValidationError(_("None of your units has this code."))
        return found

    def clean_on(self) -> date:
        """The day; refused if it is of another age."""
        found: date = self.cleaned_data["on"]
        if not 1930 <= found.year <= 2199:
            raise ValidationError(_("This year can't be meant."))
        return found
