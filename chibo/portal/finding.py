"""Finding anything by words or a code: reports, meetings, pages, units, members, figures; the nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Link, Text
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.core.text import clean, search_key, sort_keys_from_to
from chibo.indicators import registry
from chibo.meetings.models import Meeting
from chibo.members.identity import former
from chibo.members.models import Stay
from chibo.members.queries import PERSON, first_of, plain_code, present, read_first
from chibo.members.words import Found, found_by
from chibo.organizations.frame import evidence_url
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope
from chibo.portal import tree
from chibo.portal.pages import Page
from chibo.reports.models import GROUP, GROUPS, LETTERS, Snapshot
from chibo.reports.report import KINDS

MOST = 8
FEWER = 4  # units and figures, where members are found too
REPORT_CODE = re.compile(f"[{LETTERS}]{{{GROUP * GROUPS}}}")


@dataclass(frozen=True, kw_only=True)
class Find:
    """One thing found: what it is called, where it is, the way to it."""

    label: Text
    url: str
    where: Text = ""
    where_lang: str = ""
    lang: str = ""
    rank: int = 0  # 0: it is what was asked for; the more, the less near


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one kind, the nearest first."""

    name: str
    label: Text
    finds: list[Find]


def rank_of(plain: str, *texts: str) -> int:
    """How near the nearest of some texts is to plain words.

    0 is them, 1 begins with them as whole words, 2 begins with them, 3 has them as whole words in a row, 4 has them in
    a row from the beginning of a word on; 5 has them somewhere.
    """
    ranks = [5]
    for text in texts:
        key = f" {' '.join(search_key(text).split())} "
        nearest = [key == f" {plain} ", key.startswith(f" {plain} "), key.startswith(f" {plain}")]
        nearest += [f" {plain} " in key, f" {plain}" in key]
        ranks.append(nearest.index(True) if True in nearest else 5)
    return min(ranks)


def find(rights: Rights, words: str, pages: Iterable[Page], today: date) -> list[Group]:
    """What the words find of what the reader may see, the kind with the nearest first; no kind without anything.

    Ten queries at most.
    """
    plain = search_key(words).split()[:8]
    if not plain:
        return []
    units = _units(rights.scope(P.UNIT_VIEW), words)
    stays = _members(rights.scope(P.MEMBER_VIEW), words, today)
    figures = _figures(rights, plain, Period(today.year - 1, "year", 1), alone=bool(units or stays))
    parents = _parents(rights.scope(P.UNIT_VIEW), [*units, *(stay.cell for stay in stays)])
    most = FEWER if stays else MOST
    phrase = " ".join(plain)
    groups = [
        Group(name="reports", label=_("Reports"), finds=_reports(rights.scope(P.REPORT_VIEW), words)),
        Group(name="meetings", label=_("Meetings"), finds=_meetings(rights.scope(P.MEETING_VIEW), words)),
        Group(name="pages", label=_("Pages"), finds=_pages(pages, plain)),
        Group(
            name="units",
            label=_("Units"),
            finds=[
                Find(
                    label=unit.name, lang="vi", url=reverse("unit", args=[unit.pk]),
                    where=parents.get(unit.path, ""), where_lang="vi", rank=rank_of(phrase, unit.name, unit.code),
                )
                for unit in units[:most]
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
                    rank=rank_of(phrase, stay.membership.person.full_name, stay.membership.person.code),
                )
                for stay in stays
            ],
        ),
        Group(name="figures", label=_("Figures"), finds=figures[:most]),
    ]  # fmt: skip
    groups = [replace(group, finds=sorted(group.finds, key=_rank)) for group in groups if group.finds]
    return sorted(groups, key=lambda group: group.finds[0].rank)


def begin(rights: Rights, pages: Iterable[Link]) -> list[Group]:
    """Where one may want to go before any word is typed: the own units, the pages; asks nothing of the database."""
    finds = [Find(label=page.label, url=str(page.url)) for page in pages]
    own = [Find(label=name, url=reverse("unit", args=[pk]), lang="vi") for pk, name in rights.homes.items()]
    return [Group(name="pages", label=_("Pages"), finds=[*finds[:1], *own[:FEWER], *finds[1:]])]


def _rank(found: Find) -> int:
    return found.rank


def _pages(pages: Iterable[Page], words: list[str]) -> list[Find]:
    """Pages of which one name, in any language, has a word that begins with each of the words; the nearest first."""
    phrase = " ".join(words)
    found = []
    for page in pages:
        named = [name for name in page.called if all(_begins(name, word) for word in words)]
        if named:
            rank = rank_of(phrase, *named)
            found.append(Find(label=page.label, url=page.url, where=page.where, where_lang="vi", rank=rank))
    return sorted(found, key=_rank)[:MOST]


def _reports(scope: Scope, words: str) -> list[Find]:
    """The report whose code the words are, in capitals or not, with its dash or without. One query."""
    code = re.sub(r"[\s-]", "", words).upper()
    if not scope or not REPORT_CODE.fullmatch(code):
        return []
    found = Snapshot.objects.filter(code=f"{code[:GROUP]}-{code[GROUP:]}").select_related("unit").first()
    if found is None or not scope.covers(found.unit):
        return []
    label = f"{KINDS[found.kind][1]} {period_name(found.period)}"
    where = f"{found.code} · {found.unit.name}"
    return [Find(label=label, url=reverse("snapshot", args=[found.code]), where=where, where_lang="vi")]


def _meetings(scope: Scope, words: str) -> list[Find]:
    """The meeting whose code the words are, as it is written or in capitals; a code has a digit. One query."""
    code = clean(words)
    if not scope or not any(c.isdigit() for c in code) or "\0" in code:
        return []
    named = Meeting.objects.filter(code__in={code, code.upper()}).select_related("unit").order_by("pk")
    return [
        Find(
            label=f"{each.get_kind_display()}, {day(each.held_on)}",
            url=reverse("meeting", args=[each.unit_id, each.pk]),
            where=f"{each.code} · {each.unit.name}", where_lang="vi",
        )
        for each in named if scope.covers(each.unit)
    ]  # fmt: skip


def _begins(label: str, word: str) -> bool:
    return any(each.startswith(word) for each in search_key(label).split())


def _units(scope: Scope, words: str) -> list[Unit]:
    """Units with all the words; those whose name or code begins with them first. One query."""
    if not scope:
        return []
    return tree.found(scope, words, "", None, MOST)


def _members(scope: Scope, words: str, today: date) -> list[Stay]:
    """Members of today with all the words; those whose given name, name or code begins with them first.

    Of very many they are in the order of names, those first whose given name begins with a single word.
    """
    if not scope:
        return []
    code_now = former(code for code in [clean(words)] if code and "\0" not in code).get(clean(words))
    if code_now:  # two records were merged: the old code leads to the one that stayed
        words = code_now
    plain = " ".join(search_key(words).split())
    said = found_by(present(scope, today), words, is_bounded=False)
    found = said.stays.select_related("membership__person", "cell")
    name = f"{PERSON}sort_key"
    in_order: list[Any] = [name if said.is_many else read_first(name), "membership__person_id"]
    first: Q | None
    if not said.is_many:
        first, found, in_order = _nearest(found, plain, in_order)
    elif " " in plain:
        first = None
    else:
        ends = zip((f"{PERSON}sort_key__gte", f"{PERSON}sort_key__lte"), sort_keys_from_to(plain), strict=True)
        first = Q(**dict(ends)) & Q(**{f"{PERSON}search_key__regex": rf"(^| ){re.escape(plain)}[^ ]*$"})
    found = found.order_by(*in_order)
    stays = _taken(found.filter(first), MOST, said) if first is not None else []
    if len(stays) < MOST:
        stays += _taken(found.exclude(pk__in=[stay.pk for stay in stays]), MOST - len(stays), said)
    return stays


def _taken(found: QuerySet[Stay], size: int, said: Found) -> list[Stay]:
    return list(first_of(found, size) if said.is_many else found[:size])


def _nearest(found: QuerySet[Stay], plain: str, in_order: list[Any]) -> tuple[Q, QuerySet[Stay], list[Any]]:
    """Who comes first of those found, and the order: whose given name, name or code begins with the words."""
    found = found.alias(first_code=plain_code(PERSON))
    first = Q(**{f"{PERSON}search_key__startswith": plain}) | Q(first_code__startswith=plain)
    if " " in plain:
        first |= Q(**{f"{PERSON}search_key__contains": f" {plain}"})
        named = Case(When(**{f"{PERSON}search_key": plain}, then=Value(0)), default=Value(1))
        found, in_order = found.alias(named=named), ["named", *in_order]  # who is called so, before who else is
    else:
        first |= Q(**{f"{PERSON}search_key__regex": rf" {_literal(plain)}[^ ]*$"})
    return first, found, in_order


def _literal(text: str) -> str:
    """The text as a regular expression of the database finds it."""
    return "".join(c if c.isalnum() else "\\" + c for c in text)


def _figures(rights: Rights, words: list[str], period: Period, *, alone: bool) -> list[Find]:
    """Figures of my own unit, or of those that the words left over by the figure's name find. Two queries.

    With `alone` only those whose name has all the words: units or members are called so, and nobody means more.
    """
    scope = rights.scope(P.EVIDENCE_VIEW)
    if not scope:
        return []
    found: list[tuple[int, str, list[str]]] = []
    for code in registry.codes():
        if registry.get(code).said_of(period):
            label = str(registry.get(code).label)
            rest = [word for word in words if not _begins(label, word)]
            if len(rest) < (1 if alone else len(words)):
                found.append((len(rest), code, rest))
    found.sort(key=lambda each: each[0])
    if not found:
        return []
    fewest, _code, rest = found[0]
    if rest:
        units = tree.found(scope, " ".join(rest), "", None, MOST)
    else:
        units = list(Unit.objects.filter(pk__in=[pk for pk in [rights.home] if pk]))
    finds = [
        Find(
            label=registry.get(code).label, url=evidence_url(scope, unit, code, period),
            where=unit.name, where_lang="vi",
            rank=5 if rest else rank_of(" ".join(words), str(registry.get(code).label)),
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
