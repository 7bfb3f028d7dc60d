"""What is filled in about roles: who acts for someone, which post brings which role, how often roles are reviewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.accounts.models import User
from chibo.core.fields import PLAIN, DayField
from chibo.core.formats import day
from chibo.core.text import clean
from chibo.members.models import PostKind, PostRule
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Grant
from chibo.organizations.roles import FAR, NEVER_BY_POST, Reach, RoleCode

FOUND = 20  # users offered to choose from


class LendForm(forms.Form):
    """Which of someone's roles another is to hold for them, who, from which day to which, and why."""

    grants = forms.MultipleChoiceField(label=gettext_lazy("Which roles?"), widget=forms.CheckboxSelectMultiple)
    who = forms.CharField(
        label=gettext_lazy("Who acts?"),
        help_text=gettext_lazy("Their user name, or words of their name."),
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN),
    )
    chosen = forms.ChoiceField(label=gettext_lazy("Which of these people?"), required=False)
    from_on = DayField(label=gettext_lazy("First day"))
    last_on = DayField(label=gettext_lazy("Last day"), help_text=gettext_lazy("It ends by itself after this day."))
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy(
            "Such as: on leave, ill, away for training. Both of you and the administrators read it."
        ),
        max_length=500,
    )

    def __init__(
        self,
        data: Any,
        held: list[Grant],
        find: Callable[[str], list[User]],
        today: date,
        shown: Callable[[Grant], str],
    ) -> None:
        self.held: dict[str, list[Grant]] = {}  # a role held twice at a unit, given and by a post, is one to choose
        for grant in held:
            self.held.setdefault(f"{grant.role} {grant.unit_id}", []).append(grant)
        super().__init__(data, initial={"from_on": today, "grants": list(self.held)})
        self.fields["grants"].choices = [(key, shown(same[-1])) for key, same in self.held.items()]  # type: ignore[attr-defined]
        words = clean(str(data.get("who", ""))[:200].replace("\0", "")) if data else ""
        self.found = find(words) if words else []
        self.fields["chosen"].choices = [("", "–"), *((str(one.pk), str(one)) for one in self.found)]  # type: ignore[attr-defined]
        if len(self.found) < 2:
            del self.fields["chosen"]

    def clean_grants(self) -> list[Grant]:
        """The roles themselves."""
        return [grant for key in self.cleaned_data["grants"] for grant in self.held[key]]

    def clean(self) -> dict[str, Any]:
        """Put the user in the place of what was typed, and the first day after in that of the last."""
        given = self.cleaned_data
        if given.get("last_on"):
            given["to_on"] = given["last_on"] + timedelta(days=1)
        if given.get("from_on") and given.get("last_on") and given["last_on"] < given["from_on"]:
            self.add_error("last_on", _("The last day is before the first."))
        if "who" in given:
            given["to"] = self._user(given.get("chosen", ""))
        return given

    def _user(self, chosen: str) -> User | None:
        if len(self.found) == 1:
            return self.found[0]
        if not self.found:
            self.add_error("who", _("Nobody near your units has this user name or these words in their name."))
            return None
        by_pk = {str(one.pk): one for one in self.found}
        if chosen not in by_pk and not self.errors.get("chosen"):
            self.add_error("chosen", _("Several people have these words: choose one."))
        return by_pk.get(chosen)


class RuleForm(forms.Form):
    """A post at units of a kind, and the role that whoever holds it has there."""

    post = forms.ChoiceField(label=gettext_lazy("Who is ..."), choices=PostKind.choices)
    unit_kind = forms.ChoiceField(label=gettext_lazy("at a unit of the kind ..."), choices=Kind.choices)
    role = forms.ChoiceField(
        label=gettext_lazy("has the role ..."),
        choices=[each for each in RoleCode.choices if each[0] not in NEVER_BY_POST],
    )
    reach = forms.ChoiceField(label=gettext_lazy("for"), choices=Reach.choices)
    from_on = DayField(label=gettext_lazy("From"))

    def __init__(self, data: Any, today: date) -> None:
        super().__init__(data, initial={"from_on": today})
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Hold the reach against the role, and the day against today."""
        given = self.cleaned_data
        if given.get("reach") == Reach.SUBTREE and given.get("role") not in (None, *FAR):
            self.add_error("reach", _("This role is held at one unit alone: it does not reach those under it."))
        _not_gone(self, given, "from_on", self.today)
        return given


class EndRuleForm(forms.Form):
    """One of the rules that hold, and the day on which it ends."""

    rule = forms.ChoiceField(label=gettext_lazy("Rule"))
    on = DayField(label=gettext_lazy("Ends on"), help_text=gettext_lazy("The first day on which it no longer holds."))

    def __init__(self, data: Any, rules: list[PostRule], today: date) -> None:
        super().__init__(data, initial={"on": today})
        self.rules, self.today = {str(rule.pk): rule for rule in rules}, today
        self.fields["rule"].choices = [(pk, said_of(rule)) for pk, rule in self.rules.items()]  # type: ignore[attr-defined]

    def clean_rule(self) -> PostRule:
        """The rule itself."""
        return self.rules[self.cleaned_data["rule"]]

    def clean(self) -> dict[str, Any]:
        """Hold the day against today."""
        _not_gone(self, self.cleaned_data, "on", self.today)
        return self.cleaned_data


class TermsForm(forms.Form):
    """How often roles are reviewed, and for how many days at most one acts for another, from a day on."""

    review_months = forms.IntegerField(
        label=gettext_lazy("Every role is reviewed after ... months"), min_value=1, max_value=60
    )
    acting_days = forms.IntegerField(
        label=gettext_lazy("Someone acts for another for at most ... days"), min_value=1, max_value=1100
    )
    from_on = DayField(label=gettext_lazy("From"))

    def __init__(self, data: Any, initial: dict[str, Any], today: date) -> None:
        super().__init__(data, initial={"from_on": today} | initial)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Hold the day against today."""
        _not_gone(self, self.cleaned_data, "from_on", self.today)
        return self.cleaned_data


def _not_gone(form: forms.Form, given: dict[str, Any], name: str, today: date) -> None:
    if given.get(name) and given[name] < today:
        form.add_error(name, ValidationError(_("Choose today or a later day.")))


def said_of(rule: PostRule) -> str:
    """A rule in one line."""
    words = {
        "post": rule.get_post_display(),
        "kind": rule.get_unit_kind_display(),
        "role": rule.get_role_display(),
        "day": day(rule.from_on) if rule.from_on.year > 1 else "",
    }
    if words["day"]:
        return _("%(post)s, %(kind)s: %(role)s, from %(day)s") % words
    return _("%(post)s, %(kind)s: %(role)s") % words
