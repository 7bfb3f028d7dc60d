"""A unit's committee: its term, who sits in it, what is vacant, how it stands to what was approved; and its terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.committees import actions, queries, vacancies
from chibo.committees.forms import TermForm
from chibo.committees.models import Term
from chibo.committees.queries import Share
from chibo.committees.vacancies import Vacancy
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Table, Text
from chibo.core.formats import count, day, ratio_percent
from chibo.members.models import Post, PostKind
from chibo.organizations.frame import common, crumbs_of, of_unit
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import named_on

SHOWN = 50  # former posts
PLACES = {  # what is vacant, and the approved number it is of
    PostKind.SECRETARY: None,
    PostKind.DEPUTY_SECRETARY: "deputies",
    PostKind.STANDING_MEMBER: "standing",
    PostKind.COMMITTEE_MEMBER: "seats",
}


@dataclass(frozen=True)
class Holding:
    """A post someone holds, with what can be done about it."""

    title: str
    name: Cell
    since: str
    note: str
    decision: str
    ways: Sequence[Link] = ()


def day_asked(request: HttpRequest, today: date) -> date:
    """The day in `?on=`, if it is one; today otherwise."""
    try:
        asked = date.fromisoformat(request.GET.get("on", "")[:10])
    except ValueError:
        return today
    return asked if 1930 <= asked.year <= 2199 else today


def person_cells(rights: Rights, posts: Iterable[Post], today: date) -> dict[int, Cell]:
    """Each holder by post, with the way to their record; a member outside the reader's by code alone. One query."""
    posts = list(posts)
    places = queries.places_of({post.person_id for post in posts if post.person_id}, today)
    seen = rights.scope(P.MEMBER_VIEW)
    cells = {}
    for post in posts:
        place = places.get(post.person_id or 0)
        if post.person is None:
            cells[post.pk] = Cell(text=post.holder_name, note=_("not a member"), lang="vi")
        elif place is not None and seen.covers(place):
            url = reverse("member", args=[post.person_id])
            cells[post.pk] = Cell(text=post.person.full_name, url=url, lang="vi")
        else:
            cells[post.pk] = Cell(text=post.person.code, note=_("outside your units"))
    return cells


@login_required
@require_safe
def unit_committee(request: HttpRequest, pk: int) -> HttpResponse:
    """The committee of a unit on a day: term, numbers, structure, who holds what, what is vacant, what was."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.POST_VIEW)
    on = day_asked(request, today)
    manages = rights.scope(P.POST_MANAGE).covers(unit)
    terms = queries.terms_of(unit)
    term = queries.running(terms, on)
    posts = queries.posts_on(unit, on)
    others = queries.other_posts(unit, on, SHOWN + 1)
    committee = queries.committee_of(posts)
    vacant = vacancies.at_units([unit.pk], on)
    people = person_cells(rights, [*posts, *others], today)
    called, above = (named_on(unit, on), [named_on(each, on) for each in above]) if on < today else (unit, above)
    context = of_unit(rights, called, above, "unit_committee", period_asked(request, today)) | {
        "on": on,
        "is_today": on == today,
        "today_url": reverse("unit_committee", args=[pk]),
        "term": term,
        "term_facts": _term_facts(term) if term else [],
        "terms": [_term_link(unit, each, term) for each in terms],
        "numbers": _numbers(term, committee),
        "structure": _structure(queries.shares_of(term, committee, on), term) if term and committee else None,
        "holdings": [_holding(post, people[post.pk], manages) for post in posts],
        "vacant": [_vacant(each, on, manages) for each in vacant],
        "others": _others(unit, others[:SHOWN], people, on, manages),
        "are_more": len(others) > SHOWN,
        "manages": manages,
        "ways": _ways(rights, unit),
    }
    return render(request, "committees/committee.html", context)


def _ways(rights: Rights, unit: Unit) -> list[Link]:
    """What else there is about committees here and below."""
    ways = [(_("Who looks after whom"), "unit_charges"), (_("People with several posts"), "unit_several")]
    found = []
    if not unit.is_cell:
        found.append(Link(label=_("Vacancies here and below"), url=reverse("unit_vacancies", args=[unit.pk])))
    if rights.scope(P.MEMBER_VIEW).covers(unit):
        found += [Link(label=label, url=reverse(name, args=[unit.pk])) for label, name in ways if not unit.is_cell]
    return found


def _term_link(unit: Unit, term: Term, running: Term | None) -> Link:
    """The way to a term: to the day it began, or to how it is recorded."""
    url = address(reverse("unit_committee", args=[unit.pk]), on=term.from_on)
    return Link(label=term.years, url=url, current=running is not None and term.pk == running.pk)


def _term_facts(term: Term) -> list[tuple[str, str]]:
    issued = ""
    if term.regulation_on:
        issued = " ".join(filter(None, [term.regulation_number, _("of %(day)s") % {"day": day(term.regulation_on)}]))
    facts = [
        (_("Term"), _("%(first)s to %(last)s") % {"first": day(term.from_on), "last": day(term.to_on)})
        if term.to_on
        else (_("Term"), _("since %(day)s") % {"day": day(term.from_on)}),
        (_("Congress"), day(term.congress_on) if term.congress_on else ""),
        (_("Recognised by"), term.decision),
        (_("Working regulation"), issued or _("not issued yet")),
    ]
    return [(name, text) for name, text in facts if text]


def _numbers(term: Term | None, committee: Sequence[Post]) -> Table:
    """What was approved, how many hold it, how many are missing."""
    rows = []
    for what, name in PLACES.items():
        approved = (1 if name is None else getattr(term, name, None)) or 0
        held = len(committee)
        if what != PostKind.COMMITTEE_MEMBER:
            held = sum(post.post in _counting(what) for post in committee)
        lacking = max(0, approved - held)
        if not approved and not held:
            continue
        state = Cell(text=_("full"), mark=Mark.MET, mark_word=None)
        if lacking:
            said = ngettext("%(n)s vacant", "%(n)s vacant", lacking) % {"n": count(lacking)}
            state = Cell(text=said, mark=Mark.MISSED, mark_word=None)
        elif not approved:
            state = Cell(text=_("no number recorded"), mark=Mark.NONE, mark_word=None)
        elif held > approved:
            state = Cell(text=_("more than approved"), mark=Mark.NEAR, mark_word=None)
        cells = [Cell(text=_label(what)), Cell(text=count(approved) if approved else "–"), Cell(text=count(held))]
        rows.append([*cells, state])
    heads = [Column(label=_("Of the committee")), Column(label=_("Approved"), number=True)]
    return Table(
        caption=_("Numbers"),
        caption_hidden=True,
        stacks=True,
        columns=[*heads, Column(label=_("There are"), number=True), Column(label=_("State"))],
        rows=rows,
    )


def _label(what: str) -> str:
    labels = {
        PostKind.SECRETARY: _("Secretary"),
        PostKind.DEPUTY_SECRETARY: _("Deputy secretaries"),
        PostKind.STANDING_MEMBER: _("Standing committee"),
        PostKind.COMMITTEE_MEMBER: _("Committee"),
    }
    return labels[PostKind(what)]


def _counting(what: str) -> set[str]:
    return {str(post) for counted, post in vacancies.COUNTS if counted == what}


def _structure(shares: Sequence[Share], term: Term) -> Table:
    """The committee by what was asked of it."""
    labels: dict[str, Text] = {
        "women": _("Women"),
        "young": _("Young people, under %(age)s") % {"age": term.young_age} if term.young_age else _("Young people"),
        "minority": _("Ethnic minorities"),
        "first_time": _("For the first time"),
    }
    rows = []
    for share in shares:
        if share.asked is None and not share.of_sort:
            continue
        state = Cell(text=_("nothing asked for"), mark=Mark.NONE, mark_word=None)
        if share.asked is not None and share.is_met:
            state = Cell(text=_("as asked for"), mark=Mark.MET, mark_word=None)
        elif share.asked is not None:
            state = Cell(text=_("too few"), mark=Mark.MISSED, mark_word=None)
        of = _("%(n)s of %(d)s") % {"n": count(share.of_sort), "d": count(share.all)}
        rows.append(
            [
                Cell(text=labels[share.what]),
                Cell(text="–" if share.asked is None else f"≥ {ratio_percent(share.asked, 100)}"),
                Cell(text=ratio_percent(share.of_sort, share.all), note=of),
                state,
            ]
        )
    heads = [Column(label=_("Structure")), Column(label=_("Asked for"), number=True)]
    return Table(
        caption=_("Structure"),
        caption_hidden=True,
        stacks=True,
        columns=[*heads, Column(label=_("There is"), number=True), Column(label=_("State"))],
        rows=rows,
        empty=_("Nothing is asked for."),
    )


def _holding(post: Post, name: Cell, manages: bool) -> Holding:
    ways = [(_("Hand over"), "hand_over"), (_("End"), "end_post"), (_("Correct"), "correct_post")]
    return Holding(
        post.title,
        name,
        day(post.from_on),
        _("until %(day)s") % {"day": day(post.to_on)} if post.to_on else "",
        post.decision,
        [Link(label=label, url=reverse(url, args=[post.unit_id, post.pk])) for label, url in ways] if manages else [],
    )


@dataclass(frozen=True)
class Vacant:
    """A vacancy as a page shows it."""

    title: str
    text: str
    age: str
    url: str


def age_said(vacancy: Vacancy, today: date) -> str:
    """How long it has been vacant."""
    age = vacancy.age(today)
    return ngettext("%(n)s day", "%(n)s days", age) % {"n": count(age)}


def since_said(vacancy: Vacancy) -> str:
    """Since when, and why since then."""
    words = {
        "left": _("since %(day)s, when the last holder left"),
        "term": _("since the term began on %(day)s"),
        "founded": _("nobody recorded since the unit was founded on %(day)s"),
    }
    return words[vacancy.how] % {"day": day(vacancy.since)}


def fill_url(vacancy: Vacancy) -> str:
    """Where a vacancy is filled."""
    return address(reverse("appoint", args=[vacancy.unit_id]), post=vacancy.what)


def vacancy_title(vacancy: Vacancy) -> str:
    """What is vacant, and how often."""
    if vacancy.number == 1:
        return str(PostKind(vacancy.what).label)
    words = {"what": _label(vacancy.what), "n": count(vacancy.missing), "all": count(vacancy.number)}
    return _("%(what)s: %(n)s of %(all)s") % words


def _vacant(vacancy: Vacancy, on: date, manages: bool) -> Vacant:
    return Vacant(
        vacancy_title(vacancy), since_said(vacancy), age_said(vacancy, on), fill_url(vacancy) if manages else ""
    )


def _others(unit: Unit, posts: Sequence[Post], people: dict[int, Cell], on: date, manages: bool) -> Table:
    """Posts that ended or are still to begin, the newest first."""
    rows = []
    for post in posts:
        url = reverse("correct_post", args=[unit.pk, post.pk]) if manages else ""
        decisions = "; ".join(filter(None, [post.decision, post.end_decision]))
        rows.append(
            [
                Cell(text=post.title, url=url),
                people[post.pk],
                Cell(text=day(post.from_on), note=_("still to come") if post.from_on > on else ""),
                Cell(text=day(post.to_on) if post.to_on else "–"),
                Cell(text=decisions or "–"),
            ]
        )
    heads = (_("Post"), _("Holder"), _("From"), _("To, not included"), _("Decision"))
    return Table(
        caption=_("Before and after"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head) for head in heads],
        rows=rows,
        empty=_("No other post is recorded."),
    )


# Terms


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def record_term(request: HttpRequest, pk: int, term: int | None = None) -> HttpResponse:
    """A term: its days, what was approved and asked for, its working regulation; a new one or one to put right."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.POST_MANAGE)
    if term is None:
        one = Term(unit=unit, from_on=today, **queries.usual_term(unit, today))
    else:
        found = Term.objects.filter(unit=unit, pk=term).first() if term < 2**63 else None
        if found is None:
            raise Http404
        one = found
        one.unit = unit
    form = TermForm(request.POST if request.method == "POST" else None, one, today)
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_term(term=form.instance, by=request.user, at=clock.now())
        except Denied as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The term is recorded."))
            return redirect(address(reverse("unit_committee", args=[pk]), on=_shown(one, today)))
    context: dict[str, Any] = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "is_new": term is None,
        "form": form,
        "back": reverse("unit_committee", args=[pk]),
    }
    return render(request, "committees/term.html", context, status=422 if form.errors else 200)


def _shown(term: Term, today: date) -> str:
    """The day on which a term is looked at: today if it runs, otherwise its first."""
    runs = term.from_on <= today and (term.to_on is None or term.to_on > today)
    return "" if runs else term.from_on.isoformat()
