"""What is filled in on weak cells, guide cells, cross-visits and norms; each fault at its field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField, LineField
from chibo.guidance.models import Of, Outcome, What
from chibo.members.models import Post

BETWEEN = re.compile(r"[\s,;]+")
MANY = 500  # cells named at once


def _named(post: Post) -> str:
    """Who sits in a committee, and as what: two may be called alike."""
    return f"{post.person}, {post.get_post_display()}"


class PlanForm(forms.Form):
    """A support plan: why the cell is weak, what is done, by whom, until when."""

    why = LineField(label=gettext_lazy("Why the cell is weak"))
    measures = forms.CharField(
        label=gettext_lazy("What is done for it"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    person = forms.ChoiceField(label=gettext_lazy("Who supports it"), required=False)
    who = LineField(
        label=gettext_lazy("Or somebody else, or a working group"), required=False,
        help_text=gettext_lazy("If you chose nobody above."),
    )  # fmt: skip
    until = DayField(label=gettext_lazy("Until"))

    def __init__(self, data: Any, posts: Sequence[Post], **more: Any) -> None:
        super().__init__(data, **more)
        self.people = {str(post.person_id): post.person for post in posts}
        field: Any = self.fields["person"]
        field.choices = [("", "–"), *((str(post.person_id), _named(post)) for post in posts)]

    def clean(self) -> dict[str, Any]:
        """Who it is: one of the committee, or whoever is named."""
        said = super().clean() or {}
        person = self.people.get(said.get("person", ""))
        said["person"] = person
        said["who"] = person.full_name if person is not None else said.get("who", "")
        if not said["who"] and "who" not in self.errors:
            self.add_error("who", _("Say who supports the cell."))
        return said


class NoteForm(forms.Form):
    """How a plan goes."""

    text = LineField(label=gettext_lazy("How it goes"))


class CloseForm(forms.Form):
    """What came of a plan."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    closing = LineField(label=gettext_lazy("In words"))


class GuidesForm(forms.Form):
    """Cells to be guides for a year."""

    of = forms.ChoiceField(label=gettext_lazy("Guides for"), choices=Of.choices)
    codes = forms.CharField(
        label=gettext_lazy("Cells"), max_length=20_000, help_text=gettext_lazy("Their codes, one below the other."),
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    decision = LineField(label=gettext_lazy("Decision"), required=False)

    def clean_codes(self) -> list[str]:
        """The codes, each once, in the order they were told."""
        codes = list(dict.fromkeys(each for each in BETWEEN.split(self.cleaned_data["codes"]) if each))
        if not codes or len(codes) > MANY or any(len(code) > 500 or "\0" in code for code in codes):
            raise ValidationError(_("Name at least one cell, and at most %(n)s at once.") % {"n": MANY})
        return codes


class VisitForm(forms.Form):
    """A cell went to a guide cell on a day."""

    guide = forms.ChoiceField(label=gettext_lazy("Guide cell"))
    cell = LineField(label=gettext_lazy("Code of the cell that went there"))
    on = DayField(label=gettext_lazy("Day"))
    note = LineField(label=gettext_lazy("What it learnt"), required=False)

    def __init__(self, data: Any, guides: Sequence[tuple[int, str]], **more: Any) -> None:
        super().__init__(data, **more)
        field: Any = self.fields["guide"]
        field.choices = [(str(pk), name) for pk, name in guides]


class NormForm(forms.Form):
    """Another number asked of cells, from a day on."""

    what = forms.ChoiceField(label=gettext_lazy("What"), choices=What.choices)
    number = forms.IntegerField(
        label=gettext_lazy("Number"), min_value=0, max_value=500,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Write a whole number from 0 to 500.")
        ),
    )  # fmt: skip
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Rule or decision it is taken from"))
