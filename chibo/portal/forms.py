"""What an administrator fills in: a user to invite, a role to give or end, the member a user is, a workbook to load,
a limit to set."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.accounts.models import User
from chibo.core.fields import PLAIN, DayField
from chibo.core.formats import day
from chibo.core.text import clean
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Grant, Unit
from chibo.organizations.roles import FAR, ROLES, Reach, RoleCode
from chibo.organizations.scope import Scope
from chibo.portal import tree
from chibo.portal.user_acts import unit_shown

FOUND = 20  # units offered to choose from


class RoleForm(forms.Form):
    """A role at a unit, from a day, perhaps to a day."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=RoleCode.choices, initial=RoleCode.SECRETARY)
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        help_text=gettext_lazy("Its code, or words of its name."),
        max_length=500,
        widget=forms.TextInput(attrs=PLAIN),
    )
    chosen = forms.ChoiceField(
        label=gettext_lazy("Which of these units?"),
        error_messages={"required": gettext_lazy("Several units have these words: choose one.")},
    )
    reach = forms.ChoiceField(
        label=gettext_lazy("How far"),
        choices=[("", gettext_lazy("As far as the role goes")), *Reach.choices],
        required=False,
    )
    from_on = DayField(label=gettext_lazy("From"))
    to_on = DayField(
        label=gettext_lazy("To"),
        help_text=gettext_lazy("The first day on which it is no longer held."),
        required=False,
    )

    def __init__(self, data: Any, scope: Scope, today: date) -> None:
        super().__init__(data, initial={"from_on": today})
        self.scope, self.today = scope, today
        self.found: list[Unit] = []
        self.fields["chosen"].choices = []  # type: ignore[attr-defined]
        if data:
            self._look(str(data.get("unit", ""))[:500])
        if len(self.found) < 2:
            del self.fields["chosen"]

    def _look(self, words: str) -> None:
        """Find the unit of this code, else those that have the words."""
        text = clean(words.replace("\0", ""))
        exact = Unit.objects.filter(self.scope.q(""), code=text).first() if text else None
        if exact is not None:
            self.found = [exact]
        elif text:
            self.found = tree.found(self.scope, text, "", None, FOUND)
        choices = [(str(unit.pk), f"{unit.name} ({unit.code})") for unit in self.found]
        self.fields["chosen"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Hold the days in order, and put the unit itself in the place of what was typed."""
        given = self.cleaned_data
        begin, end = given.get("from_on"), given.get("to_on")
        if begin and end and end <= begin:
            self.add_error("to_on", _("The role has to end after the day it begins."))
        if begin and begin < self.today:
            self.add_error("from_on", _("A role begins today or on a day to come."))
        if given.get("reach") == Reach.SUBTREE and given.get("role") in ROLES and given["role"] not in FAR:
            self.add_error("reach", _("This role is held at one unit alone: it does not reach those under it."))
        if "unit" in given:
            given["unit"] = self._unit(given.get("chosen", ""))
        return given

    def _unit(self, chosen: str) -> Unit | None:
        if len(self.found) == 1:
            return self.found[0]
        if not self.found:
            self.add_error("unit", _("No unit of yours has this code or these words."))
            return None
        return next((unit for unit in self.found if str(unit.pk) == chosen), None)


class InviteForm(RoleForm):
    """Someone new: how they sign in, what they are called, their first role."""

    field_order = ("username", "full_name", "role", "unit", "chosen", "reach", "from_on", "to_on")
    username = forms.CharField(
        label=gettext_lazy("User name"),
        help_text=gettext_lazy("What they sign in with: short, without spaces, such as their given name and a number."),
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(attrs=PLAIN),
    )
    full_name = forms.CharField(label=gettext_lazy("Full name"), max_length=200)

    def clean_username(self) -> str:
        """The user name in its one writing, if it is free."""
        username = clean(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("This user name is taken. Choose another one."))
        return username


class EndForm(forms.Form):
    """One of a user's roles, and the day on which it ends."""

    grant = forms.ChoiceField(label=gettext_lazy("Role"))
    on = DayField(label=gettext_lazy("Ends on"), help_text=gettext_lazy("The first day on which it is no longer held."))

    def __init__(self, data: Any, grants: list[Grant], scope: Scope, today: date) -> None:
        super().__init__(data, initial={"on": today})
        self.grants = {str(grant.pk): grant for grant in grants}
        choices = [
            (pk, f"{RoleCode(grant.role).label}, {unit_shown(grant, scope).text}, {_('from')} {day(grant.from_on)}")
            for pk, grant in self.grants.items()
        ]
        self.fields["grant"].choices = choices  # type: ignore[attr-defined]

    def clean_grant(self) -> Grant:
        """The role itself."""
        return self.grants[self.cleaned_data["grant"]]


class MemberForm(forms.Form):
    """The code of the member a user is; empty: of none."""

    member_code = forms.CharField(
        label=gettext_lazy("Member code"), required=False, max_length=500, widget=forms.TextInput(attrs=PLAIN)
    )


class UploadForm(forms.Form):
    """A workbook, and whether it is only to be checked."""

    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        help_text=gettext_lazy("An .xlsx file as Excel or LibreOffice saves it."),
        max_length=255,
        widget=forms.FileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
        error_messages={
            "required": gettext_lazy("Choose a workbook first."),
            "empty": gettext_lazy("The file is empty."),
            "max_length": gettext_lazy("The file has too long a name: give it a shorter one."),
            "invalid": gettext_lazy("The file did not arrive. Choose it again."),
        },
    )
    only_check = forms.BooleanField(label=gettext_lazy("Only check, write nothing"), required=False)


class UndoForm(forms.Form):
    """Why a load is undone."""

    reason = forms.CharField(
        label=gettext_lazy("Why is it undone?"),
        help_text=gettext_lazy("Everyone who opens this load will read it."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LimitForm(forms.Form):
    """A limit, its value and the day from which it is valid."""

    code = forms.ChoiceField(label=gettext_lazy("Limit"), choices=Limit.choices)
    value = forms.DecimalField(label=gettext_lazy("Value"), min_value=0, max_value=100_000, decimal_places=2)
    valid_from = DayField(label=gettext_lazy("Valid from"))
    decision = forms.CharField(
        label=gettext_lazy("Decision"),
        help_text=gettext_lazy("Its number, or the rule it follows."),
        required=False,
        max_length=500,
    )
