"""Who of a committee looks after whom, who has nobody, and the visits of those in charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.committees import actions, queries
from chibo.committees.forms import ChargeForm, EndChargeForm, VisitForm
from chibo.committees.models import Charge, Visit, What, norms_of
from chibo.committees.policies import may_record_visits
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day
from chibo.members.models import Person
from chibo.organizations.frame import common, crumbs_of, of_unit
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

ROWS = 50
NOTES = 100  # visits shown


@login_required
@require_safe
def in_charge(request: HttpRequest, pk: int) -> HttpResponse:
    """Who of a committee looks after which unit or member; or which of them nobody looks after."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    norms = norms_of(unit.kind, today)
    choices = [("", _("Who looks after whom"))]
    if norms.get(What.AFTER_GRASSROOTS) or norms.get(What.AFTER_CELLS):
        choices.append(("units", _("Units nobody looks after")))
    if norms.get(What.AFTER_MEMBERS):
        choices.append(("members", _("Members nobody looks after")))
    asked = request.GET.get("which", "")
    which = asked if asked in dict(choices) else ""
    base = reverse("unit_charges", args=[pk])
    after = after_asked(request, str, int)
    period = period_asked(request, today)
    if which == "units":
        table, key = _units(rights, unit, norms, after, today)
    elif which == "members":
        table, key = _members(rights, unit, after, today)
    else:
        table, key = _charges(rights, unit, after, today)
    context = of_unit(rights, unit, above, "unit_committee", period) | {
        "which": [
            Link(label=label, url=address(base, which=value), current=value == which) for value, label in choices
        ],
        "title": dict(choices)[which],
        "table": table,
        "new_url": reverse("put_in_charge", args=[pk]) if rights.scope(P.POST_MANAGE).covers(unit) else "",
        "pager": Pager(
            first_url=address(base, which=which) if after else "",
            next_url=address(base, which=which, after=after_key(key)) if key else "",
            note=_("%(n)s on this page") % {"n": count(len(table.rows))},
        ),
    }
    return render(request, "committees/in_charge.html", context)


def _later(name: str, pk: str, after: list[Any] | None) -> Q:
    if after is None:
        return Q()
    return Q(**{f"{name}__gt": after[0]}) | Q(**{name: after[0], f"{pk}__gt": after[1]})


def _charges(rights: Rights, unit: Unit, after: list[Any] | None, today: date) -> tuple[Table, list[Any] | None]:
    """Charges by the name of who is in charge; who left the committee is marked. Three queries."""
    found = queries.charges_of(unit, today).filter(_later("person__sort_key", "pk", after))
    page: list[Any] = list(found.order_by("person__sort_key", "pk")[: ROWS + 1])
    more, page = page[ROWS:], page[:ROWS]
    committee = {post.person_id for post in queries.committee_of(queries.posts_on(unit, today))}
    people = {pk for each in page for pk in (each.person_id, each.over_person_id) if pk}
    places, seen = queries.places_of(people, today), rights.scope(P.MEMBER_VIEW)
    rows = []
    for each in page:
        gone = each.person_id not in committee
        place = places.get(each.person_id)
        name = each.person.full_name if place is not None and seen.covers(place) else each.person.code
        rows.append(
            [
                Cell(
                    text=name, url=reverse("charge", args=[each.pk]), lang="vi",
                    note=_("no longer in the committee") if gone else "",
                ),
                _over(rights, each, places),
                Cell(text=day(each.from_on)),
                _visits(each),
            ]
        )  # fmt: skip
    table = _table(
        [_("In charge"), _("Looks after"), _("Since"), _("Visits")],
        rows,
        _("Nobody of this committee is in charge yet."),
    )
    return table, [page[-1].person.sort_key, page[-1].pk] if more else None


def _visits(charge: Any) -> Cell:
    """How often someone was there, and when last."""
    if not charge.times:
        return Cell(text=_("none recorded"), mark=Mark.NONE, mark_word=None)
    said = ngettext("%(n)s visit", "%(n)s visits", charge.times) % {"n": count(charge.times)}
    return Cell(text=said, note=_("last on %(day)s") % {"day": day(charge.last_on)})


def _over(rights: Rights, charge: Charge, places: dict[int, Unit]) -> Cell:
    """Whom a charge is about; outside the reader's units by code alone."""
    if charge.over_unit is not None:
        seen = rights.scope(P.UNIT_VIEW).covers(charge.over_unit)
        url = reverse("unit", args=[charge.over_unit.pk]) if seen else ""
        text = charge.over_unit.name if seen else charge.over_unit.code
        return Cell(text=text, url=url, lang="vi" if seen else "")
    person = charge.over_person
    place = places.get(charge.over_person_id or 0)
    if person is None or place is None or not rights.scope(P.MEMBER_VIEW).covers(place):
        return Cell(text=person.code if person else "", note=_("outside your units"))
    return Cell(
        text=person.full_name, url=reverse("member", args=[person.pk]), lang="vi", note=_("member and family")
    )  # fmt: skip


def _table(heads: Sequence[str], rows: list[list[Cell]], empty: str) -> Table:
    columns = [Column(label=head) for head in heads]
    return Table(caption=_("In charge"), caption_hidden=True, columns=columns, rows=rows, empty=empty)


def _units(
    rights: Rights, unit: Unit, norms: dict[str, int], after: list[Any] | None, today: date
) -> tuple[Table, list[Any] | None]:
    """Units that by the rules someone should look after, and nobody does. One query."""
    found = queries.without(unit, queries.looked_after(unit, norms, today), today)
    page = list(found.filter(_later("sort_key", "pk", after)).order_by("sort_key", "pk")[: ROWS + 1])
    more, page = page[ROWS:], page[:ROWS]
    manages = rights.scope(P.POST_MANAGE).covers(unit)
    rows = []
    for each in page:
        way = address(reverse("put_in_charge", args=[unit.pk]), over=each.code) if manages else ""
        seen = rights.scope(P.UNIT_VIEW).covers(each)
        name = Cell(text=each.name, url=reverse("unit", args=[each.pk]), lang="vi") if seen else Cell(text=each.code)
        rows.append(
            [name, Cell(text=each.code), Cell(text=each.get_kind_display())]
            + ([Cell(text=_("Put someone in charge"), url=way)] if manages else [])
        )
    heads = [_("Unit"), _("Code"), _("Kind"), *([_("What to do")] if manages else [])]
    table = _table(heads, rows, _("Someone looks after every unit here."))
    return table, [page[-1].sort_key, page[-1].pk] if more else None


def _members(rights: Rights, unit: Unit, after: list[Any] | None, today: date) -> tuple[Table, list[Any] | None]:
    """Members whom nobody of the committee looks after. One query."""
    found = queries.members_without(unit, today).filter(rights.scope(P.MEMBER_VIEW).q("cell"))
    name, key = "membership__person__sort_key", "membership__person_id"
    page = list(
        found.filter(_later(name, key, after))
        .select_related("membership__person", "cell")
        .order_by(name, key)[: ROWS + 1]
    )
    more, page = page[ROWS:], page[:ROWS]
    manages = rights.scope(P.POST_MANAGE).covers(unit)
    rows = []
    for stay in page:
        person: Person = stay.membership.person
        way = address(reverse("put_in_charge", args=[unit.pk]), over=person.code)
        rows.append(
            [
                Cell(text=person.full_name, url=reverse("member", args=[person.pk]), lang="vi", note=person.code),
                Cell(text=stay.cell.name, lang="vi"),
                *([Cell(text=_("Put someone in charge"), url=way)] if manages else []),
            ]
        )
    heads = [_("Member"), _("Cell"), *([_("What to do")] if manages else [])]
    table = _table(heads, rows, _("Someone looks after every member here."))
    last = page[-1].membership.person if more else None
    return table, [last.sort_key, last.pk] if last is not None else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def put_in_charge(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a member of the committee look after a unit or a member, from a day on."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.POST_MANAGE)
    committee = queries.committee_of(queries.posts_on(unit, today))
    people = [post.person for post in committee if post.person is not None]
    places, seen = queries.places_of([person.pk for person in people], today), rights.scope(P.MEMBER_VIEW)
    near = {pk for pk, place in places.items() if seen.covers(place)}
    names = {person: person.full_name if person.pk in near else person.code for person in people}
    begun = {"over": request.GET.get("over", "")[:500].replace("\0", ""), "from_on": today}
    data = request.POST if request.method == "POST" else None
    form = ChargeForm(data, unit, names, rights.scope(P.MEMBER_VIEW), today, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.put_in_charge(charge=form.cleaned_data["charge"], by=request.user, at=clock.now())
        except Denied as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(name)s is in charge.") % {"name": names[made.person]})
            return redirect("unit_charges", pk=pk)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "form": form,
        "nobody": not people,
        "back": reverse("unit_charges", args=[pk]),
    }
    return render(request, "committees/put_in_charge.html", context, status=422 if form.errors else 200)


def _found(rights: Rights, request: HttpRequest, pk: int) -> Charge:
    """A charge that is one's own, or of a committee where one sees members; 404 otherwise."""
    every = Charge.objects.select_related("unit", "person", "over_unit", "over_person")
    found = every.filter(pk=pk).first() if pk < 2**63 else None
    own = found is not None and found.person.user_id == request.user.pk
    if found is None or not (own or rights.scope(P.MEMBER_VIEW).covers(found.unit)):
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def charge(request: HttpRequest, pk: int) -> HttpResponse:
    """One charge: who looks after whom, the visits; recording a visit, taking one back, ending the charge."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    found = _found(rights, request, pk)
    manages = rights.scope(P.POST_MANAGE).covers(found.unit)
    may_visit = may_record_visits(rights, found, request.user)
    places = queries.places_of([pk for pk in (found.person_id, found.over_person_id) if pk], today)
    act = request.POST.get("act", "")
    visit_form = VisitForm(request.POST if act == "visit" else None, initial={"day": today})
    end_form = EndChargeForm(request.POST if act == "end" else None, initial={"on": today})
    if request.method == "POST":
        if not may_visit or (act == "end" and not manages):
            raise PermissionDenied
        said = _do(request, found, _name(rights, request, found, places), act, visit_form, end_form)
        if said:
            messages.success(request, said)
            return redirect("charge", pk=pk)
    over = _over(rights, found, places)
    context = common(rights, "units") | {
        "name": _name(rights, request, found, places),
        "crumbs": _crumbs(rights, found),
        "over": over,
        "facts": _facts(found),
        "visits": list(Visit.objects.filter(charge=found).order_by("-on")[:NOTES]),
        "may_visit": may_visit,
        "may_end": manages and (found.to_on is None or found.to_on > today),
        "visit_form": visit_form,
        "end_form": end_form,
    }
    wrong = visit_form.errors or end_form.errors
    return render(request, "committees/charge.html", context, status=422 if wrong else 200)


def _name(rights: Rights, request: HttpRequest, charge: Charge, places: dict[int, Unit]) -> str:
    """Who is in charge; outside the reader's units by code alone."""
    own, place = charge.person.user_id == request.user.pk, places.get(charge.person_id)
    named = own or (place is not None and rights.scope(P.MEMBER_VIEW).covers(place))
    return charge.person.full_name if named else charge.person.code


def _crumbs(rights: Rights, charge: Charge) -> list[Link]:
    if not rights.scope(P.MEMBER_VIEW).covers(charge.unit):
        return []
    return [
        Link(label=charge.unit.name, url=reverse("unit_committee", args=[charge.unit_id])),
        Link(label=_("Who looks after whom"), url=reverse("unit_charges", args=[charge.unit_id])),
    ]


def _facts(charge: Charge) -> list[tuple[str, str]]:
    facts = [
        (_("Committee"), charge.unit.name),
        (_("Since"), day(charge.from_on)),
        (_("Until"), day(charge.to_on) if charge.to_on else ""),
        (_("Decision"), charge.decision),
    ]
    return [(term, text) for term, text in facts if text]


def _do(
    request: HttpRequest, found: Charge, name: str, act: str, visit_form: VisitForm, end_form: EndChargeForm
) -> str:
    """Do what was asked for; nothing to say if the form has to be shown again."""
    by, at = request.user, clock.now()
    form, field = (end_form, "on") if act == "end" else (visit_form, "day")
    try:
        if act == "visit" and visit_form.is_valid():
            given = visit_form.cleaned_data
            actions.record_visit(charge=found, on=given["day"], note=given["note"], by=by, at=at)
            return _("The visit is recorded.")
        if act == "back":
            pk = request.POST.get("visit", "")
            visit = Visit.objects.filter(charge=found, pk=int(pk)).first() if _is_key(pk) else None
            if visit is None:
                raise Http404
            visit.charge = found
            actions.take_back_visit(visit=visit, by=by, at=at)
            return _("The visit is taken back.")
        if act == "end" and end_form.is_valid():
            actions.end_charge(charge=found, on=end_form.cleaned_data["on"], by=by, at=at)
            return _("%(name)s is no longer in charge from that day on.") % {"name": name}
    except Denied as error:
        if form.is_bound:
            form.add_error(field, str(error))
        else:
            messages.warning(request, str(error))
    return ""


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
