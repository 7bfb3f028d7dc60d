"""The page of a member for those who may see it, and everyone's own record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chibo.committees.queries import charges_of_person
from chibo.core import clock
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Link, Mark, Table
from chibo.core.formats import count, day
from chibo.core.periods import Period
from chibo.duplicates.queries import successor
from chibo.meetings.models import Attendance, State
from chibo.members.models import Person, Stay, Suspension
from chibo.members.party_age import party_age, spells_of, taken_off
from chibo.members.queries import age_on, person_of, place_on, stays_of
from chibo.organizations.frame import common, person_tabs, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, rights_of
from chibo.portal.matrix import meeting_url
from chibo.portal.own_file_views import own_tabs
from chibo.portal.timeline import attendance_by_year, attended, corrections, kept_of, newest_first, timeline
from chibo.procedures.list_views import about_me

MARKS = {State.PRESENT: Mark.MET, State.EXCUSED: Mark.NEAR, State.ABSENT: Mark.MISSED}


def facts_of(person: Person, stays: list[Stay], suspensions: list[Suspension], today: date) -> list[tuple[str, str]]:
    """What is known of a person, term by term."""
    spell = place_on(stays, today).membership
    age = age_on(today, person.born_on)
    years = ngettext("%(n)s year old", "%(n)s years old", age) % {"n": age}
    spells = spells_of({stay.membership_id: stay.membership for stay in stays}.values())
    in_party = party_age(spells, taken_off(suspensions), today)
    age_said = in_party.said if in_party else ""
    running = next(
        (each for each in suspensions if each.from_on <= today and (each.to_on is None or each.to_on > today)), None
    )
    probationary = spell.official_on is None or spell.official_on > today
    facts = [
        (_("Sex"), str(person.get_sex_display())),
        (_("Born"), f"{day(person.born_on)} ({years})"),
        (_("Ethnicity"), person.ethnicity),
        (_("Religion"), person.religion),
        (_("Occupation"), person.occupation),
        (_("Education"), person.education),
        (_("Political theory"), person.theory),
        (_("Joined"), day(spell.joined_on)),
        (_("Decision to admit"), day(spell.decided_on) if spell.decided_on else ""),
        (_("Official member"), _("not yet, probationary") if probationary else day(spell.official_on or today)),
        (_("Party age"), age_said),
        (_("Suspended"), _("since %(day)s") % {"day": day(running.from_on)} if running else ""),
        (_("Exempt from meetings"), _("since %(day)s") % {"day": day(spell.exempt_from)} if spell.exempt_from else ""),
    ]
    return [(term, text) for term, text in facts if text]


def meetings_table(rights: Rights, found: list[Attendance], period: Period, place: Unit) -> Table:
    """Meetings at which someone was noted: when, whether they came, what; and where, unless all were at `place`."""
    opens, own, sees = (rights.scope(each) for each in (P.MEETING_VIEW, P.MEETING_OWN, P.UNIT_VIEW))
    elsewhere = any(each.meeting.unit_id != place.pk for each in found)
    rows = []
    for each in found:
        meeting, state = each.meeting, State(each.state)
        note = each.reason if state == State.EXCUSED else ""
        rows.append(
            [
                Cell(
                    text=day(meeting.held_on),
                    url=meeting_url(meeting.unit_id, meeting.pk)
                    if opens.covers(meeting.unit) or own.covers(meeting.unit)
                    else "",
                ),
                Cell(text=str(state.label), mark=MARKS[state], mark_word=None, note=note),
                Cell(text=str(meeting.get_kind_display())),
                *([unit_cell(sees, meeting.unit, period)] if elsewhere else []),
            ]
        )
    return Table(
        caption=_("Meetings"),
        caption_hidden=True,
        stacks=True,
        columns=[
            *(Column(label=label, nowrap=True) for label in (_("Held on"), _("Attendance"), _("Kind"))),
            *([Column(label=_("Unit"))] if elsewhere else []),
        ],
        rows=rows,
        empty=_("No meeting was recorded in this time."),
    )


def member_moved(scope: Scope, pk: int, today: date) -> HttpResponse:
    """The way to the record that another one went into; none to one outside the reader's units."""
    stays = stays_of(pk)
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    return redirect("member", pk=pk)


@login_required
@require_safe
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """A member: facts, life in the Party as one list, the meetings of the last twelve months."""
    today = clock.today()
    rights = rights_of(request.user, today)
    scope = rights.scope(P.MEMBER_VIEW)
    stays = stays_of(pk) if scope and pk < 2**63 else []
    if not stays and scope and (now := successor(pk) if pk < 2**63 else None) is not None:
        return member_moved(scope, now, today)
    if not stays or not scope.covers(place_on(stays, today).cell):
        raise Http404
    person, place, period = stays[0].membership.person, place_on(stays, today), Period(today.year - 1, "year", 1)

    def cell(unit: Unit) -> Cell:
        return unit_cell(rights.scope(P.UNIT_VIEW), unit, period)

    begun, kept = date(today.year - 1, today.month, 1), kept_of(person)
    entries = timeline(stays, kept, attendance_by_year(person), charges_of_person(person, today), cell, today)
    changes = corrections(person, stays, cell, rights.scope(P.UNIT_VIEW), request.user)
    cell_url = reverse("unit_members", args=[place.cell_id])
    context = common(rights, "members") | {
        "person": person,
        "place": place,
        "cell": cell(place.cell),
        "crumbs": [Link(label=_("Members"), url=reverse("members")), Link(label=place.cell.name, url=cell_url)],
        "is_gone": place.to_on is not None and place.to_on <= today,
        "access_url": reverse("member_access", args=[pk]) if rights.scope(P.ACCESS_VIEW).covers(place.cell) else "",
        "tabs": person_tabs(rights, pk, place.cell, "member"),
        "facts": facts_of(person, stays, kept.suspensions, today),
        "entries": newest_first([*entries[::-1], *changes]),
        "meetings": meetings_table(rights, attended(person, begun, today), period, place.cell),
    }
    return render(request, "portal/member.html", context)


def charges_table(found: list[Any], cell: Callable[[Unit], Cell], today: date) -> Table | None:
    """Whom someone looks after today, with the way to record their visits; None if nobody."""
    rows = []
    for each in found:
        if not each.holds_on(today):
            continue
        times = each.times
        over = cell(each.over_unit) if each.over_unit else Cell(text=str(each.over_person), lang="vi")
        url = reverse("charge", args=[each.pk])
        said = ngettext("%(n)s visit", "%(n)s visits", times) % {"n": count(times)} if times else _("none recorded")
        rows.append([Cell(text=over.text, url=url, lang=over.lang), Cell(text=day(each.from_on)), Cell(text=said)])
    if not rows:
        return None
    heads = (_("I look after"), _("Since"), _("Visits"))
    return Table(
        caption=_("I look after"), caption_hidden=True, columns=[Column(label=head) for head in heads], rows=rows
    )  # fmt: skip


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """My own record: cell, facts, attendance year by year, what happened; nothing of others."""
    today = clock.today()
    rights = rights_of(request.user, today)
    person = person_of(request.user)
    stays = stays_of(person.pk) if person else []
    if person is None or not stays:
        return render(request, "portal/no_record.html", common(rights, "me"))
    place, period = place_on(stays, today), Period(today.year - 1, "year", 1)
    scope = rights.scope(P.UNIT_VIEW)

    def cell(unit: Unit) -> Cell:
        if unit.pk == place.cell_id and not scope.covers(unit):
            return Cell(text=unit.name, lang="vi")
        return unit_cell(scope, unit, period)

    years, kept, cared = attendance_by_year(person), kept_of(person), charges_of_person(person, today)
    year = _year(request, [each.year for each in years], today)
    context: dict[str, Any] = common(rights, "me") | {
        "person": person,
        "tabs": own_tabs("me"),
        "cell": cell(place.cell),
        "is_gone": place.to_on is not None and place.to_on <= today,
        "facts": facts_of(person, stays, kept.suspensions, today),
        "years": [
            Link(label=str(each.year), url=address(reverse("me"), year=each.year), current=each.year == year)
            for each in years
        ],
        "year_said": next((each.said for each in years if each.year == year), ""),
        "meetings": meetings_table(rights, attended(person, date(year, 1, 1), date(year, 12, 31)), period, place.cell),
        "cases": about_me(request.user, today),
        "charges": charges_table(cared, cell, today),
        "entries": newest_first(
            [
                *timeline(stays, kept, years, cared, cell, today)[::-1],
                *corrections(person, stays, cell, None, request.user),
            ]
        ),
    }
    return render(request, "portal/me.html", context)


def _year(request: HttpRequest, years: list[int], today: date) -> int:
    """The year asked for, if it is one with meetings; the newest of them otherwise."""
    asked = request.GET.get("year", "")
    return next((year for year in years if str(year) == asked), max(years, default=today.year))
