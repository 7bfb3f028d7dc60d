"""The tree a past period is shown on: as it stood then, or as it stands today; how a page asks for it and says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chibo.core.components import Link, Picker, period_picker
from chibo.core.formats import day
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.core.text import label_sort_key
from chibo.organizations.models import Unit, UnitName, UnitQuerySet


class Tree(StrEnum):
    """Where a record of the past counts: under the units above it on its own day, or under those above it today."""

    THEN = "then"
    NOW = "now"


WIDE = 2  # steps from the root


def holds_much(path: str) -> bool:
    """Whether so much lies below a unit on a path that what is in order there is soon met, one by one.

    Of what lies deeper it is quicker to gather all, by the units below.
    """
    return path.count("/") <= WIDE


def is_past(period: Period, today: date) -> bool:
    """Whether a month of the period is over, so that units may have moved since."""
    return period.months[0].is_over(today)


def tree_asked(request: HttpRequest, period: Period, today: date) -> Tree:
    """The tree in `?tree=` or in a form sent; as then if none is named, or the period has no past."""
    asked = (request.POST if request.method == "POST" else request.GET).get("tree")
    return Tree.NOW if asked == Tree.NOW and is_past(period, today) else Tree.THEN


def kept(tree: Tree) -> str:
    """What an address has to say of the tree: nothing of the default."""
    return Tree.NOW if tree is Tree.NOW else ""


def said(tree: Tree, today: date) -> str:
    """The tree as every print says it."""
    if tree is Tree.NOW:
        return _("as of today (%(day)s)") % {"day": day(today)}
    return _("as it stood then")


def picker_of(period: Period, tree: Tree, url: Callable[..., str], today: date) -> Picker:
    """Ways to other periods, which keep the tree, and to the other tree; `url` takes `period` and `tree`."""
    return with_trees(period_picker(period, lambda p: url(period=p), today), period, tree, url, today)


def with_trees(picker: Picker, period: Period, tree: Tree, url: Callable[..., str], today: date) -> Picker:
    """A picker that also leads to the other tree, if its period has a past."""
    if not is_past(period, today):
        return picker
    labels = {
        Tree.THEN: (_("As then"), _("Each record counts where its unit stood on its day")),
        Tree.NOW: (_("As now"), _("Each record counts where its unit stands today")),
    }
    trees = [Link(label=a, name=b, url=url(tree=kept(t)), current=t is tree) for t, (a, b) in labels.items()]
    return replace(picker, trees=trees, tree=said(tree, today))


def units_under(parent: Unit, period: Period, tree: Tree, today: date) -> UnitQuerySet:
    """The units that stood directly under one when a period ended, or stand there today, for `called` to name.

    None founded later than that is among them, and none that was closed before the period.
    """
    day = today if tree is Tree.NOW else period.last_day
    found = Unit.objects.under(parent, day).known_between(period.first_day, max(day, period.first_day))
    return found.annotate(called=name_on(min(day, today))) if tree is Tree.THEN else found


def name_on(day: date, unit: str = "pk") -> Any:
    """The name a unit bore on a day, as a column of a query; `unit` leads to the unit."""
    return Subquery(UnitName.objects.filter(holding(day), unit=OuterRef(unit)).values("name")[:1])


def parent_id(path: str) -> int | None:
    """The unit above one, by its path."""
    ids = path.split("/")[:-2]
    return int(ids[-1]) if ids else None


def called(units: Iterable[Unit]) -> list[Unit]:
    """Units by the names asked for with them, in that order of names they came in."""
    return [_by_name(unit, getattr(unit, "called", None)) for unit in units]


def in_order(units: UnitQuerySet) -> list[Unit]:
    """All units by the names asked for with them, in the order of these. One query."""
    return sorted(called(units.order_by("sort_key", "pk")), key=lambda unit: (label_sort_key(unit.name), unit.pk))


def as_then(unit: Unit, period: Period, tree: Tree, today: date) -> Unit:
    """A unit by the name it bore when a period ended, if it is shown as then; see `named_on`."""
    if tree is Tree.NOW or not is_past(period, today):
        return unit
    return named_on(unit, min(period.last_day, today))


def line_then(
    unit: Unit, above: Iterable[Unit], period: Period, tree: Tree, today: date
) -> tuple[Unit, list[Unit]]:  # fmt: skip
    """A unit and those above it as `find_unit` found them, by the names they bore when a period ended. No query."""
    return as_then(unit, period, tree, today), [as_then(each, period, tree, today) for each in above]


def named_on(unit: Unit, day: date) -> Unit:
    """A unit by the name it bore on a day; its name of today beside. One query, none if `find_unit` found it."""
    since = getattr(unit, "names_since", None)
    if since is None:
        names = dict(UnitName.objects.filter(unit=unit).values_list("from_on", "name"))
    else:
        names = {date.fromisoformat(begin): name for begin, name in json.loads(since or "[]")}
    return _by_name(unit, next((names[begin] for begin in sorted(names, reverse=True) if begin <= day), None))


def _by_name(unit: Unit, name: str | None) -> Unit:
    if name is None or name == unit.name:
        return unit
    other = copy(unit)
    other.name, other.name_today = name, unit.name
    return other
