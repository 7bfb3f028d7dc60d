"""The frame of every page as its reader may see it: the navigation, the units above, the tabs of a unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chibo.core.asking import address
from chibo.core.components import Cell, Link, Picker
from chibo.core.periods import Period
from chibo.organizations.models import ParentLink, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.organizations.trees import Tree, kept

# A section of the program: its name, label, the name of its URL, the right to be held somewhere (or from the root).
SECTIONS: list[tuple[str, str | Promise, str, P | None]] = [
    ("desk", gettext_lazy("My desk"), "desk", None),
    ("units", gettext_lazy("Units"), "units", P.UNIT_VIEW),
    ("members", gettext_lazy("Members"), "members", P.MEMBER_VIEW),
    ("cases", gettext_lazy("Cases"), "cases", P.CASE_VIEW),
    ("minutes", gettext_lazy("Minutes"), "find_minutes", P.MEETING_VIEW),
    ("reports", gettext_lazy("Reports"), "reports", P.REPORT_VIEW),
    ("restructurings", gettext_lazy("Restructurings"), "restructurings", P.RESTRUCTURE),
    ("checks", gettext_lazy("Checks"), "checks", P.CHECK_VIEW),
    ("me", gettext_lazy("My record"), "me", None),
    ("users", gettext_lazy("Users"), "users", P.USER_MANAGE),
]
OVER_ALL: list[tuple[str, str | Promise, str, P]] = [
    ("loads", gettext_lazy("Loads"), "loads", P.ROLL_LOAD),
    ("norms", gettext_lazy("Rules of committees"), "norms", P.NORM_MANAGE),
    ("cell_norms", gettext_lazy("What is asked of cells"), "cell_norms", P.NORM_MANAGE),
    ("online_rules", gettext_lazy("Rule of online meetings"), "online_rules", P.NORM_MANAGE),
    ("agendas", gettext_lazy("Agendas of meetings"), "agendas", P.RULE_MANAGE),
    ("forms", gettext_lazy("Forms of papers"), "forms", P.RULE_MANAGE),
    ("dues_rules", gettext_lazy("Rules of dues"), "dues_rules", P.RULE_MANAGE),
    ("minutes_rules", gettext_lazy("Rules of minutes and resolutions"), "minutes_rules", P.RULE_MANAGE),
    ("badge_rules", gettext_lazy("Rules of badges"), "badge_rules", P.RULE_MANAGE),
    ("procedures", gettext_lazy("Procedures"), "procedures", P.RULE_MANAGE),
    ("scoring_sheets", gettext_lazy("Scoring sheets"), "scoring_sheets", P.RULE_MANAGE),
]
TABS: list[tuple[str, str | Promise, P]] = [  # the URL's name, its label, the right it asks for
    ("unit", gettext_lazy("Overview"), P.UNIT_VIEW),
    ("unit_members", gettext_lazy("Members"), P.MEMBER_VIEW),
    ("unit_sources", gettext_lazy("Admissions"), P.MEMBER_VIEW),
    ("unit_register", gettext_lazy("Register"), P.MEMBER_VIEW),
    ("unit_committee", gettext_lazy("Committee"), P.POST_VIEW),
    ("unit_meetings", gettext_lazy("Meetings"), P.MEETING_VIEW),
    ("unit_cases", gettext_lazy("Cases"), P.CASE_VIEW),
    ("unit_targets", gettext_lazy("Targets"), P.UNIT_VIEW),
    ("unit_reports", gettext_lazy("Reports"), P.REPORT_VIEW),
    ("unit_classifications", gettext_lazy("Classifications"), P.UNIT_VIEW),
    ("unit_history", gettext_lazy("History"), P.UNIT_VIEW),
    ("unit_access", gettext_lazy("Who can see it"), P.ACCESS_VIEW),
]
PERSON_TABS: list[tuple[str, str | Promise, P]] = [  # of a member; the right is asked for at their cell
    ("member", gettext_lazy("Life"), P.MEMBER_VIEW),
    ("member_cases", gettext_lazy("Cases"), P.CASE_VIEW),
    ("member_file", pgettext_lazy("of a member", "File"), P.MEMBER_VIEW),
    ("member_dues", gettext_lazy("Dues"), P.MEMBER_VIEW),
]


def common(rights: Rights, section: str) -> dict[str, Any]:
    """What the frame of every page is given: where the reader can go, and where the page stands."""
    ways = [(name, label, url) for name, label, url, right in SECTIONS if right is None or rights.scope(right)]
    ways += [(name, label, url) for name, label, url, right in OVER_ALL if rights.over_all(right)]
    nav = [Link(label=label, url=reverse(url), current=name == section) for name, label, url in ways]
    return {"nav": nav, "find_url": reverse("find")}


def crumbs_of(rights: Rights, above: list[Unit]) -> list[Link]:
    """The units above one, linked as far as the user may go."""
    scope = rights.scope(P.UNIT_VIEW)
    return [Link(label=u.name, url=reverse("unit", args=[u.pk]) if scope.covers(u) else "") for u in above]


def tabs_of(rights: Rights, unit: Unit, current: str, period: Period | None, tree: Tree = Tree.THEN) -> list[Link]:
    """The pages of a unit that the user may open, the one they are on marked; each of its own period without one."""

    def url(name: str) -> str:
        return address(reverse(name, args=[unit.pk]), period=period, tree=kept(tree))

    return [
        Link(label=label, url=url(name), current=name == current)
        for name, label, right in TABS
        if rights.scope(right).covers(unit)
    ]


def person_tabs(rights: Rights, pk: int, cell: Unit, current: str) -> list[Link]:
    """The pages of a member of a cell that the user may open, the one they are on marked."""
    return [
        Link(label=label, url=reverse(name, args=[pk]), current=name == current)
        for name, label, right in PERSON_TABS
        if rights.scope(right).covers(cell)
    ]


def of_unit(
    rights: Rights,
    unit: Unit,
    above: list[Unit],
    tab: str,
    period: Period,
    picker: Picker | None = None,
    tree: Tree = Tree.THEN,
    *,
    is_chosen: bool = True,
) -> dict[str, Any]:
    """What `organizations/unit_page.html` is given: the frame, the unit, the way to it, its pages, its period.

    A period that was not chosen does not follow the reader to the unit's other pages.
    """
    return common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, above),
        "tabs": tabs_of(rights, unit, tab, period if is_chosen else None, tree),
        "gone": gone_of(rights, unit, above),
        "period": period,
        "tree": kept(tree),
        "picker": picker,
    }


@dataclass(frozen=True)
class Gone:
    """What became of a closed unit: what it went into, and what that is part of today, as the reader may see them."""

    on: date
    into: Link | None
    now: Link | None


def gone_of(rights: Rights, unit: Unit, above: list[Unit]) -> Gone | None:
    """What became of a unit that is closed, by today's names; None of one that is open still. One query of a closed."""
    if unit.closed_on is None:
        return None
    last = ParentLink.objects.filter(unit=unit, to_on=None, from_on=unit.closed_on)
    if not above or not last.exists():
        return Gone(unit.closed_on, None, None)
    links = [
        replace(link, label=one.name_today or one.name)
        for one, link in zip(above, crumbs_of(rights, above), strict=True)
    ]
    still = next(
        (link for one, link in zip(reversed(above), reversed(links), strict=True) if one.closed_on is None), None
    )
    return Gone(unit.closed_on, links[-1], None if still == links[-1] else still)


def unit_cell(scope: Scope, unit: Unit, period: Period | None, tree: Tree = Tree.THEN) -> Cell:
    """A unit by name with the way to it; one that has left the user's units by its code alone."""
    if not scope.covers(unit):
        return Cell(text=unit.code, note=_("outside your units"))
    url = address(_path("unit", unit.pk), period=period, tree=kept(tree))
    return Cell(text=unit.name, url=url, lang="vi")


def evidence_url(scope: Scope, unit: Unit, code: str, period: Period, tree: Tree = Tree.THEN) -> str:
    """Where a figure opens to its records; empty outside the scope in which the user may open them."""
    if not scope.covers(unit):
        return ""
    return f"{_path('evidence', unit.pk, code)}?period={period}{'&tree=now' if tree is Tree.NOW else ''}"


@lru_cache(maxsize=20_000)  # a page has hundreds of these ways
def _path(name: str, *at: int | str) -> str:
    return reverse(name, args=at)
