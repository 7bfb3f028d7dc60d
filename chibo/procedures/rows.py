"""What the forms of the editor of procedures are made of: codes, names in two languages, rows of one kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, LineField

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
MOST_ROWS = 30
Choice = tuple[str, Any]


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
