"""What is filled in to meet online, to answer that, and of Party groups; each fault at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField, LineField
from chibo.members.models import Person
from chibo.modes.actions import Said
from chibo.modes.models import Ground, PartyGroup
from chibo.modes.policies import GROUPS


class AskForm(forms.Form):
    """A cell asks to meet online."""

    ground = forms.ChoiceField(label=gettext_lazy("On what ground"), choices=Ground.choices)
    why = LineField(label=gettext_lazy("In words"))
    from_on = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("Until"), help_text=gettext_lazy("The last day of it, within a year."))
    people = forms.MultipleChoiceField(
        label=gettext_lazy("Members who can't come to one place"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, people: Sequence[Person], named: bool, **more: Any) -> None:
        super().__init__(data, **more)
        field: Any = self.fields["people"]
        field.choices = [(str(each.pk), each.full_name if named else each.code) for each in people]

    @property
    def span(self) -> tuple[date, date]:
        """The days it is for, the last not included."""
        said = self.cleaned_data
        return said["from_on"], said["until"] + timedelta(1)


class AnswerForm(forms.Form):
    """What is said with an answer."""

    note = LineField(label=gettext_lazy("Note, or why it is returned or ended"), required=False)


class RuleForm(forms.Form):
    """Another share from a day on."""

    share = forms.IntegerField(
        label=gettext_lazy("More than so many of a hundred members can't come"), min_value=0, max_value=99,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Write a whole number from 0 to 99.")
        ),
    )  # fmt: skip
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Rule or decision it is taken from"))


class GroupsForm(forms.Form):
    """The Party groups of a cell: their names and leaders, and in which one each member is."""

    def __init__(
        self, data: Any, people: Sequence[Person], named: bool, known: Sequence[PartyGroup], seen: str
    ) -> None:
        """The form of a cell; `known` are its groups of today with `here`, `seen` says which they are."""
        super().__init__(data)
        self.people = {str(each.pk): each.full_name if named else each.code for each in people}
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, initial=seen, max_length=20_000)
        whom = [("", "–"), *self.people.items()]
        self.many = min(GROUPS, max(len(known) + 2, 3))
        for n in range(1, self.many + 1):
            group = known[n - 1] if n <= len(known) else None
            leader = next((str(each.person_id) for each in getattr(group, "here", []) if each.is_leader), "")
            self.fields[f"name_{n}"] = LineField(
                label=_("Group %(n)s") % {"n": n}, required=False, initial=group.name if group else ""
            )
            self.fields[f"leader_{n}"] = forms.ChoiceField(
                label=_("Who leads it"), choices=whom, required=False, initial=leader
            )
        of = {str(each.person_id): n for n, group in enumerate(known, 1) for each in group.here}  # type: ignore[attr-defined]
        choices = [("", _("in none")), *((str(n), _("Group %(n)s") % {"n": n}) for n in range(1, self.many + 1))]
        for pk, name in self.people.items():
            self.fields[f"of_{pk}"] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=str(of.get(pk, ""))
            )
        for field in self.fields.values():  # none is to be called optional: what is needed hangs on the others
            field.needed = True  # type: ignore[attr-defined]

    @property
    def heads(self) -> list[tuple[Any, Any]]:
        """The fields of each group: its name, who leads it."""
        return [(self[f"name_{n}"], self[f"leader_{n}"]) for n in range(1, self.many + 1)]

    @property
    def lines(self) -> list[Any]:
        """The field of each member."""
        return [self[f"of_{pk}"] for pk in self.people]

    def clean(self) -> dict[str, Any]:
        """Whoever is in a group is in one that has a name; who leads one is in it."""
        said: Mapping[str, Any] = super().clean() or {}
        for n in range(1, self.many + 1):
            led, name = said.get(f"leader_{n}"), said.get(f"name_{n}")
            inside = [pk for pk in self.people if said.get(f"of_{pk}") == str(n)]
            if (inside or led) and not name and f"name_{n}" not in self.errors:
                self.add_error(f"name_{n}", ValidationError(_("Give the group a name.")))
            if name and led not in inside and f"leader_{n}" not in self.errors:
                self.add_error(f"leader_{n}", ValidationError(_("Choose one of those who are in the group.")))
        return dict(said)

    def said(self) -> list[Said]:
        """The groups as they were filled in."""
        found = self.cleaned_data
        return [
            Said(
                name=found[f"name_{n}"],
                people=frozenset(int(pk) for pk in self.people if found.get(f"of_{pk}") == str(n)),
                leader=int(found[f"leader_{n}"]) if found[f"leader_{n}"] else None,
            )
            for n in range(1, self.many + 1)
            if found[f"name_{n}"]
        ]
