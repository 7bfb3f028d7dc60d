"""Pages to go to by name: the main ones, those of the reader's own units; as they are called in each language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from chibo.core.components import Link, Text
from chibo.core.text import search_key
from chibo.organizations.frame import TABS
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

UNITS = 3  # own units whose pages are offered: who works at more opens the unit first
# Pages of a unit that are no tab of it: the URL's name, its label, the right it asks for.
FURTHER: list[tuple[str, Text, P]] = [
    ("unit_dues", gettext_lazy("Dues"), P.MEMBER_VIEW),
    ("register_quarter", gettext_lazy("Register of a quarter"), P.MEMBER_VIEW),
    ("unit_badges", gettext_lazy("Badges"), P.MEMBER_VIEW),
    ("unit_grounds", gettext_lazy("Grounds for removal of name"), P.CASE_VIEW),
    ("unit_screening", gettext_lazy("Screening"), P.MEMBER_VIEW),
    ("unit_plan", gettext_lazy("Admissions against target"), P.MEMBER_VIEW),
    ("unit_late", gettext_lazy("Late records of meetings"), P.MEETING_VIEW),
    ("unit_vacancies", gettext_lazy("Vacancies"), P.POST_VIEW),
    ("unit_charges", gettext_lazy("In charge"), P.MEMBER_VIEW),
]
# What else people call a page, with commas between; each language has its own.
ALSO: dict[str, Text] = {
    "unit_dues": pgettext_lazy("also called", "fees, membership fees, payments"),
    "unit_badges": pgettext_lazy("also called", "badges of Party age, awards"),
    "unit_grounds": pgettext_lazy("also called", "removal of name, striking off"),
    "unit_sources": pgettext_lazy("also called", "list of sources, candidates"),
    "unit_register": pgettext_lazy("also called", "register of members, book of members"),
    "unit_cases": pgettext_lazy("also called", "procedures, transfers"),
    "unit_members": pgettext_lazy("also called", "list of members"),
    "alike": pgettext_lazy("also called", "duplicates, one person twice"),
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page by its label in the reader's language, and all it is called in any, plain."""

    label: Text
    url: str
    called: tuple[str, ...]
    where: str = ""  # the unit it is of


def offered(rights: Rights, nav: Iterable[Link]) -> list[Page]:
    """The pages the reader may open: those of the navigation, beside it, of their own units; asks no database."""
    pages = [Page(label=link.label, url=link.url, called=_called(link.label)) for link in nav]
    pages.append(_page("exports", gettext_lazy("My exports")))
    if rights.scope(P.MEMBER_MERGE):
        pages.append(_page("alike", gettext_lazy("Records alike")))
    homes = list(rights.homes)[:UNITS]
    units = {each.unit_id: Unit(pk=each.unit_id, path=each.path, name=each.unit_name) for each in rights.held}
    for unit in (units[pk] for pk in homes):
        pages += [
            _page(name, label, unit) for name, label, right in (*TABS, *FURTHER) if rights.scope(right).covers(unit)
        ]
    return pages


def _page(name: str, label: Text, unit: Unit | None = None) -> Page:
    return Page(
        label=label, url=reverse(name, args=[unit.pk] if unit else []), called=_called(label, ALSO.get(name, "")),
        where=unit.name if unit else "",
    )  # fmt: skip


def _called(label: Text, also: Text = "") -> tuple[str, ...]:
    """What a page is called in every language, plain."""
    names: list[str] = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            names += [str(label), *str(also).split(",")]
    return tuple(dict.fromkeys(key for name in names if (key := search_key(name))))
