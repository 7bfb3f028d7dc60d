"""What is filled in on sources, heads and screenings; each fault at its field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.admissions.models import Group
from chibo.core.actions import Denied
from chibo.core.fields import DayField, LineField
from chibo.members.models import Person, Sex
from chibo.organizations.models import Unit

WRONG = {"invalid_choice": gettext_lazy("Choose one of the list.")}
NEW = "new"  # among people alike: none of them
YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]


def _choice(label: Any, choices: Any = (), **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, error_messages=WRONG, **more)


def _radio(label: Any, choices: Any = ()) -> forms.ChoiceField:
    return _choice(label, choices, widget=forms.RadioSelect)


class PersonForm(forms.Form):
    """Who somebody is: what a person has before they are a member.

    `alike` are people of that name and birth date, or nearly so, to choose from.
    """

    alike = _radio(gettext_lazy("There are people of this name and birth date, or nearly so. Who is it?"))
    full_name = LineField(label=gettext_lazy("Full name"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    sex = _radio(gettext_lazy("Sex"), Sex.choices)
    born_on = DayField(label=gettext_lazy("Born on"))
    ethnicity = LineField(label=gettext_lazy("Ethnicity"), required=False)
    occupation = LineField(label=gettext_lazy("Occupation"), required=False)
    education = LineField(label=gettext_lazy("Education"), required=False)
    MAIN = ("full_name", "sex", "born_on")
    LESS = ("ethnicity", "occupation", "education")

    def ask_who(self, alike: Sequence[tuple[str, str]]) -> None:
        """Ask who it is, where there are people alike."""
        if alike:
            self.fields["alike"].error_messages["required"] = _("Say who it is: one of these, or someone else.")
            another = (NEW, _("Someone else, who is not recorded yet"))
            self.fields["alike"].choices = [*alike, another]  # type: ignore[attr-defined]
        else:
            del self.fields["alike"]

    def person(self, known: Person | None = None) -> Person:
        """The person as filled in; what is not asked for stays as it is known."""
        values = {name: self.cleaned_data[name] for name in (*self.MAIN, *self.LESS)}
        kept = ("code", "religion", "theory")
        before = {name: getattr(known, name) for name in kept} if known else {}
        return Person(pk=known.pk if known else None, user=known.user if known else None, **before, **values)


class SourceForm(PersonForm):
    """Someone new on the list."""

    on = DayField(label=gettext_lazy("Listed on"))
    introduced_by = LineField(
        label=gettext_lazy("Introduced by"),
        help_text=gettext_lazy("The youth union of the village, the trade union of the school, ..."),
        required=False,
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Priority groups"), required=False, widget=forms.CheckboxSelectMultiple, error_messages=WRONG
    )

    def __init__(self, data: Any, groups: Sequence[Group], alike: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(data, **more)
        self.known_groups = {str(group.pk): group for group in groups}
        self.fields["groups"].choices = [(pk, str(g)) for pk, g in self.known_groups.items()]  # type: ignore[attr-defined]
        self.ask_who(alike)

    def refuse(self, denied: Denied) -> None:
        """Say why it was refused, beside the field it is about."""
        self.add_error(denied.field if denied.field in self.fields else None, str(denied))

    def chosen_groups(self) -> list[Group]:
        """The priority groups that were ticked."""
        return [self.known_groups[pk] for pk in self.cleaned_data["groups"]]


class CorrectForm(SourceForm):
    """What is recorded of someone on the list, put right; nothing is saved where one of those alike is the same."""

    def __init__(self, data: Any, groups: Sequence[Group], alike: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(data, groups, alike, **more)
        del self.fields["on"]

    def ask_who(self, alike: Sequence[tuple[str, str]]) -> None:
        """Ask whether it is one of those alike."""
        super().ask_who(alike)
        if alike:
            another = (NEW, _("None of these: save it"))
            self.fields["alike"].choices = [*alike, another]  # type: ignore[attr-defined]

    def clean_alike(self) -> str:
        """Someone else; one person is not recorded twice under one name."""
        if self.cleaned_data["alike"] != NEW:
            said = _(
                "Then one person is recorded twice. Leave this as it is: their records are made one under %(page)s."
            )
            raise forms.ValidationError(said % {"page": _("Records alike")})
        return NEW


class HelperForm(forms.Form):
    """Who helps, from when on."""

    person = _choice(gettext_lazy("Helper"))
    on = DayField(label=gettext_lazy("From"))

    def __init__(self, data: Any, people: Sequence[Person], **more: Any) -> None:
        super().__init__(data, auto_id="helper_%s", **more)
        self.people = {str(person.pk): person for person in people}
        self.fields["person"].choices = [("", "–"), *named(people)]  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """Who helped does so no longer, from a day on."""

    on = DayField(
        label=gettext_lazy("The first day no longer"),
        help_text=gettext_lazy("The day it began, if it was recorded by mistake: then it never was."),
    )

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="ends_%s", **more)


def named(people: Sequence[Person]) -> list[tuple[str, str]]:
    """People to choose from; who shares a name is told by the year of birth."""
    names = [person.full_name for person in people]
    return [
        (str(each.pk), f"{each.full_name} ({each.born_on.year})" if names.count(each.full_name) > 1 else each.full_name)
        for each in people
    ]


class ClassForm(forms.Form):
    """The certificate of the awareness class."""

    number = LineField(label=gettext_lazy("Number of the certificate"))
    issued_on = DayField(label=gettext_lazy("Issued on"))
    class_at = LineField(label=gettext_lazy("Class at"), required=False)

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="class_%s", **more)


class RemarkForm(forms.Form):
    """What the helper says."""

    text = LineField(label=gettext_lazy("What the helper says"), widget=forms.Textarea(attrs={"rows": 3}))
    on = DayField(label=gettext_lazy("Day"))

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="remark_%s", **more)


class StepForm(forms.Form):
    """A step further, on a day."""

    on = DayField(label=gettext_lazy("Day"))

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="step_%s", **more)


class ApplyForm(StepForm):
    """The application, on a day."""

    decision = LineField(
        label=gettext_lazy("Decision of the province"),
        help_text=gettext_lazy("Only of who is above the age at which people join."),
        required=False,
    )


class OffForm(forms.Form):
    """Off the list, on a day, and why."""

    reason = LineField(label=gettext_lazy("Why"))
    on = DayField(label=gettext_lazy("Day"))

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="off_%s", **more)


class MoveForm(forms.Form):
    """To the list of another cell, from a day on."""

    code = LineField(label=gettext_lazy("Code of the cell"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    on = DayField(label=gettext_lazy("From"))

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, auto_id="move_%s", **more)


class HeadForm(forms.Form):
    """What was found of a head who is no member."""

    conditions = _radio(gettext_lazy("Conditions: citizen, age, education"), YES_NO)
    standards = _radio(gettext_lazy("Standards: politics, conduct, trust of the people"), YES_NO)
    health = _radio(gettext_lazy("Health"), YES_NO)
    on = DayField(label=gettext_lazy("Reviewed on"))
    reviewed_by = LineField(label=gettext_lazy("Reviewed by"), required=False)
    work = LineField(
        label=gettext_lazy("Other suitable work"),
        help_text=gettext_lazy("Of who is not qualified: what they are to do instead."),
        required=False,
    )


class ListHeadForm(PersonForm):
    """A head found qualified, for the list of sources of one of some cells; who is recorded is not asked who it is."""

    cell = _choice(gettext_lazy("On the list of"))
    on = DayField(label=gettext_lazy("Listed on"))

    def __init__(
        self, data: Any, cells: Sequence[Unit], alike: Sequence[tuple[str, str]] = (), *, is_recorded: bool, **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.ask_who(alike)
        for name in (*self.MAIN, *self.LESS) if is_recorded else ():
            del self.fields[name]
        self.cells = {str(cell.pk): cell for cell in cells}
        self.fields["cell"].choices = [("", "–"), *((pk, cell.name) for pk, cell in self.cells.items())]  # type: ignore[attr-defined]

    def cell_chosen(self) -> Unit:
        """The cell that was chosen."""
        return self.cells[self.cleaned_data["cell"]]


class OutcomeForm(forms.Form):
    """What came of someone who was not found fit."""

    to = _radio(gettext_lazy("What came of it"))
    on = DayField(label=gettext_lazy("Day"))
    outcome = LineField(label=gettext_lazy("In words"), required=False)

    def __init__(self, data: Any, choices: Any, **more: Any) -> None:
        super().__init__(data, auto_id="outcome_%s", **more)
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    """Help goes on."""

    person = _choice(gettext_lazy("Who helps"))
    until_on = DayField(label=gettext_lazy("Until"))

    def __init__(self, data: Any, people: Sequence[Person], **more: Any) -> None:
        super().__init__(data, auto_id="extend_%s", **more)
        self.people = {str(person.pk): person for person in people}
        self.fields["person"].choices = [("", "–"), *named(people)]  # type: ignore[attr-defined]


def day_of(text: str) -> date | None:
    """A day as a browser sends it; None if it is none."""
    try:
        found: date | None = DayField(required=False).clean(text)
    except forms.ValidationError:
        return None
    return found
