"""The filters of the list of members: what a URL asks for, checked, with errors beside the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.spans import holding
from chibo.members.models import Sex, Stay
from chibo.members.queries import (
    born_by,
    cells_called,
    exempt_on,
    left_by,
    near,
    not_exempt_on,
    stood_under,
    with_code,
)
from chibo.members.words import Found, found_by
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.organizations.trees import Tree

KINH = "Kinh"
OLDEST = 150


def _day(label: Any) -> filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date", "max": "9999-12-31"}, format="%Y-%m-%d")
    said = {"invalid": gettext_lazy("Write a day that there is, as year-month-day: 2023-12-31.")}
    return filters.DateFilter(
        method="pass_on", label=label, widget=widget, input_formats=["%Y-%m-%d"], error_messages=said
    )


def _age(label: Any) -> filters.Filter:
    wrong = gettext_lazy("Write a whole number of years from 0 to 150.")
    return _Whole(
        method="pass_on",
        label=label,
        min_value=0,
        max_value=OLDEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
    )


class _Whole(filters.Filter):
    field_class = forms.IntegerField


def _choice(label: Any, any_label: Any, choices: Any) -> filters.ChoiceFilter:
    wrong = {"invalid_choice": gettext_lazy("Choose one of the list.")}
    return filters.ChoiceFilter(
        method="pass_on", label=label, empty_label=any_label, choices=choices, error_messages=wrong
    )


class _Form(forms.Form):
    """What the filters say together."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for first, last, wrong in (
            ("age_from", "age_to", _("This is less than the age it begins with.")),
            ("joined_from", "joined_to", _("This is before the day it begins with.")),
        ):
            if said.get(first) is not None and said.get(last) is not None and said[first] > said[last]:
                self.add_error(last, wrong)
        return said


class MemberFilter(filters.FilterSet):
    """Members in scope as a URL asks for them; `units` are the units that may be chosen to look into."""

    q = filters.CharFilter(
        method="pass_on",
        label=gettext_lazy("Name or code, with or without accents"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "maxlength": "100"}),
        max_length=100,
    )
    unit = _choice(gettext_lazy("Unit"), gettext_lazy("All units"), [])
    sex = _choice(gettext_lazy("Sex"), gettext_lazy("Women and men"), Sex.choices)
    standing = _choice(
        gettext_lazy("Standing"),
        gettext_lazy("All"),
        [("official", gettext_lazy("Official")), ("probationary", gettext_lazy("Probationary"))],
    )
    ethnicity = _choice(
        gettext_lazy("Ethnicity"),
        gettext_lazy("All"),
        [("minority", gettext_lazy("Ethnic minority")), ("kinh", KINH)],
    )
    age_from = _age(gettext_lazy("Age from"))
    age_to = _age(gettext_lazy("Age to"))
    joined_from = _day(gettext_lazy("Joined from"))
    joined_to = _day(gettext_lazy("Joined to"))
    exempt = _choice(
        gettext_lazy("Exempt from meetings"),
        gettext_lazy("Exempt or not"),
        [("yes", gettext_lazy("Exempt")), ("no", gettext_lazy("Not exempt"))],
    )
    left = _choice(
        gettext_lazy("Members who left"), gettext_lazy("Not shown"), [("yes", gettext_lazy("Only who left"))]
    )
    on = _day(gettext_lazy("As of"))
    tree = _choice(
        gettext_lazy("Units of a past day"),
        gettext_lazy("As then"),
        [(Tree.NOW.value, gettext_lazy("As now"))],
    )
    LESS_USED = ("ethnicity", "age_from", "age_to", "joined_from", "joined_to", "exempt", "left", "on", "tree")

    class Meta:
        form = _Form

    def __init__(
        self, data: Mapping[str, Any], scope: Scope, within: Unit | None, units: Iterable[Unit], today: date
    ) -> None:
        self.scope, self.within, self.today = scope, within, today
        self.is_by_name = True  # the order they will be in: names common among them are looked for along it
        self.units = {str(unit.pk): unit for unit in units}
        super().__init__(data, queryset=Stay.objects.none())
        self.filters["unit"].extra["choices"] = [(pk, unit.name) for pk, unit in self.units.items()]

    def pass_on(self, found: QuerySet[Stay], name: str, value: Any) -> QuerySet[Stay]:
        """All filters are read together, in `found`."""
        return found

    @property
    def said(self) -> dict[str, Any]:
        """The valid values of the filters that say something."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")}

    @property
    def day(self) -> date:
        """The day the list is of."""
        day: date = self.said.get("on", self.today)
        return day

    @property
    def more(self) -> bool:
        """Whether one of the less used filters says something."""
        return any(self.data.get(name) for name in self.LESS_USED if name != "tree")

    @property
    def shown_on(self) -> Tree | None:
        """The tree of a past day's list; None of today's, which has but one."""
        if self.day >= self.today:
            return None
        return Tree.NOW if self.said.get("tree") == Tree.NOW else Tree.THEN

    @cached_property
    def found(self) -> Found:
        """The members asked for, in no order yet; nobody while something asked for makes no sense."""
        if not self.form.is_valid():
            return Found(cells_called(Stay.objects.none(), None))
        said, day = self.said, self.day
        found = self._named(left_by(day) if "left" in said else holding(day))
        if day != self.today:
            found = found.filter(near(self.scope, self.today))
        person, spell = "membership__person__", "membership__"
        if "sex" in said:
            found = found.filter(**{f"{person}sex": said["sex"]})
        if said.get("ethnicity") == "kinh":
            found = found.filter(**{f"{person}ethnicity": KINH})
        elif "ethnicity" in said:
            found = found.exclude(**{f"{person}ethnicity__in": ["", KINH]})
        if "age_from" in said:
            found = found.filter(**{f"{person}born_on__lte": born_by(day, said["age_from"])})
        if "age_to" in said:
            found = found.filter(**{f"{person}born_on__gt": born_by(day, said["age_to"] + 1)})
        if "joined_from" in said:
            found = found.filter(**{f"{spell}joined_on__gte": said["joined_from"]})
        if "joined_to" in said:
            found = found.filter(**{f"{spell}joined_on__lte": said["joined_to"]})
        if "standing" in said:
            probationary = Q(**{f"{spell}official_on": None}) | Q(**{f"{spell}official_on__gt": day})
            found = found.filter(probationary if said["standing"] == "probationary" else ~probationary)
        if "exempt" in said:
            found = found.filter(exempt_on(day) if said["exempt"] == "yes" else not_exempt_on(day))
        return found_by(found, said.get("q", ""), is_bounded=self.is_by_name)

    def away(self) -> QuerySet[Stay]:
        """Who was there that day and is outside the scope today, to be shown by code alone.

        Nobody once something is asked of them that would say more than that.
        """
        if not self.form.is_valid() or self.day == self.today or {*self.said} - {"q", "unit", "on", "tree"}:
            return cells_called(Stay.objects.none(), None)
        found = self._named(holding(self.day)).filter(~near(self.scope, self.today))
        return with_code(found, self.said.get("q", ""))

    def _named(self, when: Q) -> QuerySet[Stay]:
        """Those who were there, their cells by the names of that day where they are as then."""
        found = Stay.objects.filter(self._there, when)
        return cells_called(found, self.day if self.shown_on is Tree.THEN else None, self.day)

    @cached_property
    def _there(self) -> Q:
        """Condition on stays: in the unit of the page or else in scope, and in the unit chosen below it.

        As then, cells that have left the scope since are among them: who is in it today is shown, others by code.
        """
        chosen = [unit for unit in (self.within, self.units.get(self.said.get("unit", ""))) if unit is not None]
        if self.shown_on is Tree.THEN:
            if not chosen:
                return stood_under(ids_of(self.scope.subtrees), ids_of(self.scope.units), self.day)
            there = Q()
            for unit in chosen:
                is_whole = unit.path.startswith(self.scope.subtrees)
                there &= stood_under([unit.pk] if is_whole else [], [unit.pk], self.day)
            return there
        scope = self.scope
        for unit in chosen:
            scope = scope.below(unit)
        return scope.q("cell")


def ids_of(paths: Iterable[str]) -> list[int]:
    """The units at the end of some paths."""
    return [int(path.split("/")[-2]) for path in paths]
