"""The frame of every page as its reader may see it: the navigation, the units above, the tabs of a unit."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.asking import address
from chibo.core.components import Cell, Link
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope

# A section of the program: its name, label, the name of its URL, the right to be held somewhere (or from the root).
SECTIONS: list[tuple[str, str | Promise, str, P | None]] = [
    ("desk", gettext_lazy("My desk"), "desk", None),
    ("units", gettext_lazy("Units"), "units", P.UNIT_VIEW),
    ("users", gettext_lazy("Users"), "users", P.USER_MANAGE),
]
OVER_ALL: list[tuple[str, str | Promise, str, P]] = [
    ("loads", gettext_lazy("Loads"), "loads", P.ROLL_LOAD),
]
TABS: list[tuple[str, str | Promise, P]] = [  # the URL's name, its label, the right it asks for
    ("unit", gettext_lazy("Overview"), P.UNIT_VIEW),
]


def common(rights: Rights, section: str) -> dict[str, Any]:
    """What the frame of every page is given: where the reader can go, and where the page stands."""
    ways = [(name, label, url) for name, label, url, right in SECTIONS if right is None or rights.scope(right)]
    ways += [(name, label, url) for name, label, url, right in OVER_ALL if rights.over_all(right)]
    return {"nav": [Link(label=label, url=reverse(url), current=name == section) for name, label, url in ways]}


def crumbs_of(rights: Rights, above: list[Unit]) -> list[Link]:
    """The units above one, linked as far as the user may go."""
    scope = rights.scope(P.UNIT_VIEW)
    return [Link(label=u.name, url=reverse("unit", args=[u.pk]) if scope.covers(u) else "") for u in above]


def tabs_of(rights: Rights, unit: Unit, current: str, period: Period) -> list[Link]:
    """The pages of a unit that the user may open, the one they are on marked."""
    return [
        Link(label=label, url=address(reverse(name, args=[unit.pk]), period=period), current=name == current)
        for name, label, right in TABS
        if rights.scope(right).covers(unit)
    ]


def unit_cell(scope: Scope, unit: Unit, period: Period) -> Cell:
    """A unit by name with the way to it; one that has left the user's units by its code alone."""
    if not scope.covers(unit):
        return Cell(text=unit.code, note=_("outside your units"))
    return Cell(text=unit.name, url=address(reverse("unit", args=[unit.pk]), period=period), lang="vi")
