"""What is filled in: the text of minutes, votes, a resolution with its tasks, words on a task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField, LineField
from chibo.members.models import Person
from chibo.resolutions import writing
from chibo.resolutions.models import Per

AS_HTML = "html"  # what the editor of the page sends; else the text is as typed by hand
TASKS = 12  # of one resolution
SIGN = re.compile(r"[^\W\d_]+(?:[-/][^\W\d_]+){0,3}")


def _choices(people: Sequence[Person], empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *((str(each.pk), each.full_name) for each in people)]


class TextField(forms.CharField):
    """A text with its looks, in the area that the editor of the page takes over."""

    def __init__(self, **more: Any) -> None:
        area = forms.Textarea(attrs={"rows": 24, "lang": "vi", "data-editor": "", "maxlength": writing.MOST})
        super().__init__(widget=area, strip=False, max_length=2 * writing.MOST, **more)


class TextForm(forms.Form):
    """A form with a text; `html` gives it back as HTML, however it was sent."""

    body = TextField(label=gettext_lazy("Text"))
    sent_as = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    @property
    def html(self) -> str:
        """The text as HTML of the few tags there are."""
        told = self.cleaned_data["body"]
        read = writing.from_html if self.cleaned_data["sent_as"] == AS_HTML else writing.from_typed
        return writing.as_html(read(told))

    @property
    def shown_html(self) -> SafeString:
        """What the editor begins with: the text as it stands, read and written anew."""
        told = str(self["body"].value() or "").replace("\0", "")
        read = writing.from_html if self["sent_as"].value() == AS_HTML else writing.from_typed
        return mark_safe(writing.as_html(read(told)))

    def clean_body(self) -> str:
        """The text, without what no database takes."""
        return str(self.cleaned_data["body"]).replace("\0", "")


class PartsForm(forms.Form):
    """Who chaired a meeting and who wrote its minutes, of those who were there."""

    chair = forms.ChoiceField(label=gettext_lazy("Chair of the meeting"))
    secretary = forms.ChoiceField(label=gettext_lazy("Secretary of the meeting"))

    def __init__(self, *args: Any, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.pk): each for each in people}
        for name in ("chair", "secretary"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = _choices(people, _("Choose"))
            field.error_messages["invalid_choice"] = _("Choose one of those who were there.")

    def parts(self) -> dict[str, Person]:
        """The two, once the form is found to be sound."""
        return {name: self.people[self.cleaned_data[name]] for name in ("chair", "secretary")}


class MinutesForm(TextForm, PartsForm):
    """The text of minutes, and who signs it; once two have signed, why it is corrected."""

    reason = LineField(label=gettext_lazy("Why is it corrected?"), required=False)
    field_order = ("chair", "secretary", "body", "reason")

    def __init__(self, *args: Any, is_signed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_signed:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = _(
                "Two have signed these minutes. Say why they are corrected."
            )


class VotesForm(forms.Form):
    """How many were for something and against it."""

    votes_for = forms.IntegerField(label=gettext_lazy("Votes for"), min_value=0, max_value=100_000)
    votes_against = forms.IntegerField(label=gettext_lazy("Votes against"), min_value=0, max_value=100_000)

    def tell_uncounted(self) -> None:
        """Say that what it begins with is no count: nothing was recorded of this vote at the meeting."""
        self.fields["votes_for"].help_text = _(
            "No vote on this was recorded at the meeting. All present who may vote stand here: say what was counted."
        )


class AdoptForm(VotesForm):
    """How the meeting adopted its minutes."""

    by_hands = forms.TypedChoiceField(
        label=gettext_lazy("How was it voted?"),
        choices=[("1", gettext_lazy("By a show of hands")), ("0", gettext_lazy("By secret ballot"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        initial="1",
    )
    leaves_open = forms.BooleanField(required=False, widget=forms.HiddenInput)  # the button that sends it says so
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class ResolutionForm(VotesForm, TextForm):
    """A resolution as the meeting adopted it."""

    title = LineField(label=gettext_lazy("On what"), help_text=gettext_lazy("As: On the tasks of May 2025."))
    field_order = ("title", "body", "votes_for", "votes_against")


class TaskForm(forms.Form):
    """A task of a resolution; one that says nothing is none."""

    what = LineField(label=gettext_lazy("What is to be done"), required=False)
    measure = LineField(label=gettext_lazy("By what one sees it is done"), required=False)
    who = forms.MultipleChoiceField(
        label=gettext_lazy("Who does it"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    due_on = DayField(label=gettext_lazy("Until"), required=False)

    COMMITTEE = "committee"

    def __init__(self, *args: Any, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.pk): each for each in people}
        who = self.fields["who"]
        assert isinstance(who, forms.MultipleChoiceField)
        listed = [(str(each.pk), each.full_name) for each in people]
        who.choices = [(self.COMMITTEE, _("The committee of the cell")), *listed]

    def clean(self) -> dict[str, Any]:
        """Whoever says what is to be done says who does it until when, and the other way round."""
        said = super().clean() or self.cleaned_data
        if not self.is_said:
            return said
        for name, text in (
            ("what", _("Say what is to be done.")),
            ("who", _("Say who has to do it.")),
            ("due_on", _("Say until when.")),
        ):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, ValidationError(text))
        return said

    @property
    def is_said(self) -> bool:
        """Whether something was filled in."""
        return any(self.cleaned_data.get(name) for name in ("what", "measure", "who", "due_on"))


class NoteForm(forms.Form):
    """A word on a task."""

    note = LineField(label=gettext_lazy("A word on it"), required=False)


class RuleForm(forms.Form):
    """How resolutions are numbered and when minutes are to be final, from a day on."""

    per = forms.ChoiceField(label=gettext_lazy("Numbers run through"), choices=Per.choices)
    sign = LineField(label=gettext_lazy("After the number"), help_text=gettext_lazy("As NQ/CB in 03-NQ/CB."))
    final_days = forms.IntegerField(
        label=gettext_lazy("Days until minutes are signed by two"), min_value=0, max_value=90
    )
    from_on = DayField(label=gettext_lazy("For meetings on this day or later"))
    source = LineField(label=gettext_lazy("Taken from"), required=False)

    def clean_sign(self) -> str:
        """A few letters with a stroke, as numbers of papers have."""
        sign = str(self.cleaned_data["sign"])
        if not SIGN.fullmatch(sign):
            raise ValidationError(_("Letters, strokes and hyphens only, as NQ/CB."))
        return sign
