"""Lists for a committee over those below: what is vacant and since when, and who holds several posts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.committees import queries, vacancies
from chibo.committees.vacancies import Vacancy
from chibo.committees.views import age_said, fill_url, person_cells, since_said, vacancy_title
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Pager, Table
from chibo.core.formats import count, day
from chibo.members.models import ON_COMMITTEE, PostKind
from chibo.organizations.frame import of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

ROWS = 50


@login_required
@require_safe
def vacancies_below(request: HttpRequest, pk: int) -> HttpResponse:
    """The posts that are vacant at a unit and all under it, with their age in days, the longest first."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.POST_VIEW)
    what = request.GET.get("post", "")
    what = what if what in ON_COMMITTEE else ""
    base = reverse("unit_vacancies", args=[pk])

    def url(**changes: Any) -> str:
        return address(base, **({"post": what} | changes))

    after = vacancies.key_in(after_asked(request, date, int, str))
    found = vacancies.below(unit, rights.scope(P.POST_VIEW), today, what=what, after=after, size=ROWS + 1)
    more, found = found[ROWS:], found[:ROWS]
    period = period_asked(request, today)
    choices = [("", _("All posts")), *((post, str(PostKind(post).label)) for post in ON_COMMITTEE)]
    names = _names(rights, found)
    context = of_unit(rights, unit, above, "unit_committee", period) | {
        "which": [Link(label=label, url=url(post=value), current=value == what) for value, label in choices],
        "lines": [
            {
                "unit": names[each.unit_id],
                "title": vacancy_title(each),
                "since": since_said(each),
                "age": age_said(each, today),
                "url": _fill(rights, each),
            }
            for each in found
        ],
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(found[-1].key)) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(found))},
        ),
    }
    return render(request, "committees/vacancies.html", context)


def _fill(rights: Rights, vacancy: Vacancy) -> str:
    """Where it is filled, for who may."""
    return fill_url(vacancy) if rights.scope(P.POST_MANAGE).covers(_unit(vacancy)) else ""


def _unit(vacancy: Vacancy) -> Unit:
    return Unit(pk=vacancy.unit_id, path=vacancy.path, name=vacancy.name, code=vacancy.code, kind=vacancy.kind)


def _names(rights: Rights, found: list[Vacancy]) -> dict[int, Cell]:
    """The units by name with the way to their committees, and the unit each stands under. One query."""
    parents = {each.unit_id: int(each.path.split("/")[-3]) for each in found if each.path.count("/") > 1}
    above = Unit.objects.in_bulk(parents.values())
    scope, seen = rights.scope(P.POST_VIEW), rights.scope(P.UNIT_VIEW)
    cells = {}
    for each in found:
        parent = above.get(parents.get(each.unit_id, 0))
        note = parent.name if parent is not None and seen.covers(parent) else ""
        url = reverse("unit_committee", args=[each.unit_id]) if scope.covers(_unit(each)) else ""
        cells[each.unit_id] = Cell(text=each.name, url=url, note=note, lang="vi")
    return cells


@login_required
@require_safe
def several_posts(request: HttpRequest, pk: int) -> HttpResponse:
    """People with several posts at a unit and all under it, by name."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    which = request.GET.get("which", "")
    which = which if which in queries.WHICH else ""
    base = reverse("unit_several", args=[pk])

    def url(**changes: Any) -> str:
        return address(base, **({"which": which} | changes))

    after = after_asked(request, str, int)
    found = queries.several(unit, rights.scope(P.MEMBER_VIEW), today, which, after, ROWS + 1)
    more, found = found[ROWS:], found[:ROWS]
    period = period_asked(request, today)
    people = person_cells(rights, [each.posts[0] for each in found], today)
    seen = rights.scope(P.UNIT_VIEW)
    rows = []
    for each in found:
        posts = [(post.title, unit_cell(seen, post.unit, period).text, day(post.from_on)) for post in each.posts]
        said = [
            _("%(post)s, %(unit)s, since %(day)s") % dict(zip(("post", "unit", "day"), p, strict=True)) for p in posts
        ]
        rows.append([people[each.posts[0].pk], Cell(text=count(len(posts))), Cell(text="; ".join(said))])
    choices = [
        ("", _("All")),
        ("village", _("Secretary and village head")),
        ("agency", _("Secretary and head of agency")),
        ("committees", _("In several committees")),
    ]
    context = of_unit(rights, unit, above, "unit_committee", period) | {
        "which": [Link(label=label, url=url(which=value), current=value == which) for value, label in choices],
        "table": Table(
            caption=_("People with several posts"),
            caption_hidden=True,
            columns=[
                Column(label=_("Name")),
                Column(label=_("Posts"), number=True),
                Column(label=_("Which"), wide=True),
            ],
            rows=rows,
            empty=_("Nobody here holds several posts of this sort."),
        ),
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key([found[-1].person.sort_key, found[-1].person.pk])) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(found))},
        ),
    }
    return render(request, "committees/several.html", context)
