"""Finding anything by words: units, members, figures, pages; at most eight of each, what begins with them first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, Func, Q, TextField, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Link, Text
from chibo.core.periods import Period
from chibo.core.text import search_key
from chibo.indicators import registry
from chibo.members.models import Stay
from chibo.members.queries import PERSON, present, with_words
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.portal.boards import evidence_url, units_listed

MOST = 8
LARGE_FIRST = (Case(When(kind__in=CELLS, then=Value(1)), default=Value(0)), "sort_key", "pk")  # cells after committees


@dataclass(frozen=True, kw_only=True)
class Find:
    """One thing found: what it is called, where it is, the way to it."""

    label: Text
    url: str
    where: Text = ""
    where_lang: str = ""
    lang: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one kind."""

    name: str
    label: Text
    finds: list[Find]


def find(rights: Rights, words: str, pages: Iterable[Link], today: date) -> list[Group]:
    """What the words find of what the reader may see, kind by kind; kinds of which nothing was found are left out.

    Six queries at most.
    """
    plain = search_key(words).split()[:8]
    if not plain:
        return []
    units = _units(rights.scope(P.UNIT_VIEW), words)
    stays = _members(rights.scope(P.MEMBER_VIEW), words, today)
    figures = _figures(rights, plain, Period(today.year - 1, "year", 1))
    parents = _parents(rights.scope(P.UNIT_VIEW), [*units, *(stay.cell for stay in stays)])
    groups = [
        Group(name="pages", label=_("Pages"), finds=_pages(pages, plain)),
        Group(
            name="units",
            label=_("Units"),
            finds=[
                Find(
                    label=unit.name, lang="vi", url=reverse("unit", args=[unit.pk]),
                    where=parents.get(unit.path, ""), where_lang="vi",
                )
                for unit in units
            ],
        ),
        Group(
            name="members",
            label=_("Members"),
            finds=[
                Find(
                    label=stay.membership.person.full_name, lang="vi",
                    url=reverse("member", args=[stay.membership.person_id]),
                    where=", ".join(filter(None, [stay.cell.name, parents.get(stay.cell.path)])), where_lang="vi",
                )
                for stay in stays
            ],
        ),
        Group(name="figures", label=_("Figures"), finds=figures),
    ]  # fmt: skip
    return [group for group in groups if group.finds]


def _pages(pages: Iterable[Link], words: list[str]) -> list[Find]:
    """Pages in whose label a word begins with each of the words."""
    return [Find(label=page.label, url=page.url) for page in pages if all(_begins(str(page.label), w) for w in words)]


def _begins(label: str, word: str) -> bool:
    return any(each.startswith(word) for each in search_key(label).split())


def _units(scope: Scope, words: str) -> list[Unit]:
    """Units with all the words; those whose name or code begins with them first. One query."""
    if not scope:
        return []
    plain = search_key(words).strip()
    first = When(Q(search_key__startswith=plain) | Q(plain_code__startswith=plain), then=Value(0))
    begins = Case(first, default=Value(1))
    return list(units_listed(scope, words, None, None).order_by(begins, *LARGE_FIRST)[:MOST])


def _members(scope: Scope, words: str, today: date) -> list[Stay]:
    """Members of today with all the words; those whose given name, name or code begins with them first."""
    if not scope:
        return []
    plain = search_key(words).strip()
    found = with_words(present(scope, today), words).select_related("membership__person", "cell")
    code = Func(F(f"{PERSON}code"), function="chibo_plain", output_field=TextField())
    found = found.alias(first_code=code)
    first = Q(**{f"{PERSON}search_key__startswith": plain}) | Q(first_code__startswith=plain)
    if " " not in plain:
        first |= Q(**{f"{PERSON}search_key__regex": rf" {_literal(plain)}[^ ]*$"})
    in_order = (f"{PERSON}sort_key", "membership__person_id")
    stays: list[Stay] = list(found.filter(first).order_by(*in_order)[:MOST])
    if len(stays) < MOST:
        seen = [stay.pk for stay in stays]
        stays += found.exclude(pk__in=seen).order_by(*in_order)[: MOST - len(stays)]
    return stays


def _literal(text: str) -> str:
    """The text as a regular expression of the database finds it."""
    return "".join(c if c.isalnum() else "\\" + c for c in text)


def _figures(rights: Rights, words: list[str], period: Period) -> list[Find]:
    """Figures of my own unit, or of those that the words left over by the figure's name find. Two queries."""
    scope = rights.scope(P.EVIDENCE_VIEW)
    if not scope:
        return []
    found: list[tuple[int, str, list[str]]] = []
    for code in registry.codes():
        if registry.get(code).said_of(period):
            label = str(registry.get(code).label)
            rest = [word for word in words if not _begins(label, word)]
            if len(rest) < len(words):
                found.append((len(rest), code, rest))
    found.sort(key=lambda each: each[0])
    if not found:
        return []
    fewest, _code, rest = found[0]
    if rest:
        units = list(units_listed(scope, " ".join(rest), None, None).order_by(*LARGE_FIRST)[:MOST])
    else:
        units = list(Unit.objects.filter(pk__in=[pk for pk in [rights.home] if pk]))
    finds = [
        Find(
            label=registry.get(code).label, url=evidence_url(scope, unit, code, period),
            where=unit.name, where_lang="vi",
        )
        for number, code, left in found if number == fewest and left == rest
        for unit in units if scope.covers(unit)
    ]  # fmt: skip
    return finds[:MOST]


def _parents(scope: Scope, units: list[Unit]) -> dict[str, str]:
    """The names of the units directly above, by the paths below them, as far as the reader sees them. One query."""
    above = {unit.path: unit.ancestor_ids[-1] for unit in units if unit.ancestor_ids}
    found = Unit.objects.in_bulk(set(above.values())) if above else {}
    return {path: found[pk].name for path, pk in above.items() if scope.covers(found[pk])}
