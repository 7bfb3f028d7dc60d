"""Screening: a cell goes through its members; who needs help and by when; above, who is under help and overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.admissions import queries, screening
from chibo.admissions.forms import ExtendForm, OutcomeForm, StepForm, day_of, named
from chibo.admissions.models import Screened, Screening, Standing
from chibo.admissions.screening import Found, NotThese
from chibo.admissions.views import pages_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day
from chibo.members.models import Person
from chibo.organizations.frame import common, crumbs_of, of_unit, unit_cell
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

PAGE = 50
WHICH = {
    "": gettext_lazy("Under help"),
    "overdue": gettext_lazy("Overdue"),
    "removal": gettext_lazy("Proposed for removal"),
    "done": gettext_lazy("Brought to an end"),
    "waiting": gettext_lazy("Cells not screened this year"),
}


@login_required
@require_safe
def unit_screening(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was not found fit at a unit and below, by how it stands; the cells that did not screen this year."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    asked = request.GET.get("which", "")
    which = asked if asked in WHICH and not (unit.is_cell and asked == "waiting") else ""
    base, after = reverse("unit_screening", args=[pk]), None
    if which == "waiting":
        after = after_asked(request, str, int)
        table, key = _waiting(rights, unit, after, today)
    else:
        after = after_asked(request, date, int)
        table, key = _lines(rights, unit, which, after, today)
    last = Screening.objects.filter(cell=unit).order_by("-year").first() if unit.is_cell else None
    may = unit.is_cell and unit.closed_on is None and rights.scope(P.SOURCE_MANAGE).covers(unit)
    context = of_unit(rights, unit, above, "unit_sources", period_asked(request, today)) | {
        "pages": pages_of(unit, "unit_screening"),
        "which": [
            Link(label=label, url=address(base, which=value), current=value == which)
            for value, label in WHICH.items()
            if not (unit.is_cell and value == "waiting")
        ],
        "title": WHICH[which],
        "last_on": last.on if last else None,
        "new_url": reverse("screening_new", args=[pk])
        if may and (last is None or last.year < today.year)
        else "",
        "year": str(today.year),
        "table": table,
        "pager": Pager(
            first_url=address(base, which=which) if after else "",
            next_url=address(base, which=which, after=after_key(key)) if key else "",
            note=_("%(n)s on this page") % {"n": count(len(table.rows))},
        ),
    }  # fmt: skip
    return render(request, "admissions/screening.html", context)


def _lines(rights: Rights, unit: Unit, which: str, after: Any, today: date) -> tuple[Table, list[Any] | None]:
    """Members who were not found fit. Two queries."""
    scope = rights.scope(P.MEMBER_VIEW)
    found = queries.screened_after(queries.helped_below(unit, scope, which, today), after)
    page: list[Any] = list(found[: PAGE + 1])
    more, page = page[PAGE:], page[:PAGE]
    seen = queries.people_at(
        {pk for each in page for pk in (each.person_id, each.helper_id) if pk is not None}, scope, today
    )
    rows = []
    for each in page:
        url = reverse("screened", args=[each.pk])
        place = unit_cell(rights.scope(P.UNIT_VIEW), each.screening.cell, None)
        rows.append(
            [
                Cell(text=called(each.person, seen), url=url, lang="vi", note=each.reason),
                Cell(text=place.text, lang=place.lang, note=place.note),
                Cell(text=called(each.helper, seen) if each.helper else "–", lang="vi" if each.helper else ""),
                _until(each, today),
            ]
        )
    columns = [Column(label=head) for head in (_("Member"), _("Cell"), _("Who helps"), _("Until"))]
    table = Table(caption=_("Screening"), caption_hidden=True, stacks=True, columns=columns, rows=rows,
                  empty=_("Nobody here is so."))  # fmt: skip
    return table, [page[-1].due.isoformat(), page[-1].pk] if more else None


def called(person: Person, seen: set[int]) -> str:
    """Someone by name; outside the reader's units by code alone."""
    return person.full_name if person.pk in seen else person.code


def _until(line: Screened, today: date) -> Cell:
    if line.state != Standing.HELP:
        said = f"{Standing(line.state).label}, {day(line.outcome_on)}" if line.outcome_on else line.get_state_display()
        return Cell(text=said)
    text = day(line.until_on) if line.until_on else "–"
    return Cell(text=text, mark=Mark.MISSED if line.is_overdue(today) else "", mark_word=_("overdue:"))


def _waiting(rights: Rights, unit: Unit, after: Any, today: date) -> tuple[Table, list[Any] | None]:
    """Cells that did not screen their members this year. One query."""
    cells = Unit.objects.open_on(today).filter(rights.scope(P.MEMBER_VIEW).below(unit).q(""))
    cells = cells.filter(kind__in=CELLS).exclude(screenings__year=today.year)
    page = list(_later(cells, after).order_by("sort_key", "pk")[: PAGE + 1])
    more, page = page[PAGE:], page[:PAGE]
    rows = [
        [Cell(text=each.name, url=reverse("unit_screening", args=[each.pk]), lang="vi"), Cell(text=each.code)]
        for each in page
    ]
    table = Table(caption=_("Cells not screened this year"), caption_hidden=True, rows=rows,
                  columns=[Column(label=_("Cell")), Column(label=_("Code"))],
                  empty=_("Every cell here screened its members this year."))  # fmt: skip
    return table, [page[-1].sort_key, page[-1].pk] if more else None


def _later(found: Any, after: Any) -> Any:
    if after is None:
        return found
    return found.filter(sort_key__gt=after[0]) | found.filter(sort_key=after[0], pk__gt=after[1])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def screening_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A cell goes through all its members: each is fit, but who is marked otherwise."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.SOURCE_MANAGE)
    if not unit.is_cell:
        raise Http404
    form = StepForm(request.POST if request.method == "POST" else None, initial={"on": today})
    on = (day_of(request.POST.get("on", "")) or today) if request.method == "POST" else today
    members, officials = queries.members_of(unit, on), queries.officials_of(unit, on)
    helpers = {str(person.pk): person for person in officials}
    lines = [_asked(request.POST, person, helpers) for person in members]
    is_other = set(request.POST.getlist("m")) != {str(person.pk) for person in members}
    if request.method == "POST" and form.is_valid() and is_other:
        text = _("On that day the members were not those of the list. Look it over once more, and save again.")
        form.add_error("on", text)
    if request.method == "POST" and form.is_valid():
        found = {line["person"].pk: line["found"] for line in lines if line["found"].state != Standing.FIT}
        try:
            screening.screen(cell=unit, year=on.year, on=on, found=found, by=request.user, at=now)
        except NotThese as error:
            next(line for line in lines if line["person"].pk == error.person)["error"] = str(error)
        except Denied as error:
            form.add_error("on", str(error))
        else:
            messages.success(request, _("The screening is recorded."))
            return redirect("unit_screening", pk=pk)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": [
            *crumbs_of(rights, [*above, unit]),
            Link(label=_("Screening"), url=reverse("unit_screening", args=[pk])),
        ],
        "lines": lines,
        "helpers": named(officials),
        "form": form,
        "back": reverse("unit_screening", args=[pk]),
    }
    is_wrong = bool(form.errors) or any(line["error"] for line in lines)
    return render(request, "admissions/screen.html", context, status=422 if is_wrong else 200)


def _asked(post: Mapping[str, str], person: Person, helpers: dict[str, Person]) -> dict[str, Any]:
    """What was filled in for a member."""
    state = post.get(f"state-{person.pk}", Standing.FIT)
    state = state if state in (Standing.HELP, Standing.REMOVAL) else Standing.FIT
    helper, until = post.get(f"helper-{person.pk}", ""), post.get(f"until-{person.pk}", "")
    reason = post.get(f"reason-{person.pk}", "")[:500].replace("\0", "").strip()
    return {
        "person": person,
        "found": Found(state, reason, helpers.get(helper), day_of(until)),
        "helper": helper if helper in helpers else "",
        "until": until[:20].replace("\0", ""),
        "error": "",
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def screened(request: HttpRequest, pk: int) -> HttpResponse:
    """One member who was screened: what was found, who helps until when, what came of it."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    line = (
        Screened.objects.select_related("screening__cell", "person", "helper").filter(pk=pk).first()
        if pk < 2**63
        else None
    )
    scope = rights.scope(P.MEMBER_VIEW)
    if line is None or not scope.covers(line.screening.cell):
        raise Http404
    cell = line.screening.cell
    _unit, above = find_unit(rights, cell.pk, P.MEMBER_VIEW)
    follows = [each for each in Standing if each in Screened.TRANSITIONS[Standing(line.state)]]
    manages = rights.scope(P.SOURCE_MANAGE).covers(cell) and bool(follows)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    choices = [(each.value, each.label) for each in follows]
    outcome = OutcomeForm(request.POST if act == "outcome" else None, choices, initial={"on": today})
    people = queries.officials_of(cell, today) if manages and line.state == Standing.HELP else []
    extend = ExtendForm(request.POST if act == "extend" else None, people, initial={"person": line.helper_id})
    if request.method == "POST":
        if not manages:
            raise PermissionDenied
        if _do(request, line, act, outcome, extend, now):
            return redirect("screened", pk=pk)
    seen = queries.people_at([each for each in (line.person_id, line.helper_id) if each], scope, today)
    facts = [
        (_("Screened on"), day(line.screening.on)),
        (pgettext("by a screening", "Found"), str(line.get_state_display())),
        (_("Why"), line.reason),
        (_("Who helps"), called(line.helper, seen) if line.helper else ""),
        (_("Until"), day(line.until_on) if line.until_on else ""),
        (_("What came of it"), f"{day(line.outcome_on)} {line.outcome}".strip() if line.outcome_on else ""),
    ]
    context = common(rights, "units") | {
        "cell": cell,
        "crumbs": [
            *crumbs_of(rights, [*above, cell]),
            Link(label=_("Screening"), url=reverse("unit_screening", args=[cell.pk])),
        ],
        "name": called(line.person, seen),
        "member_url": reverse("member", args=[line.person_id]) if line.person_id in seen else "",
        "facts": [(term, text) for term, text in facts if text],
        "is_overdue": line.is_overdue(today),
        "manages": manages,
        "is_helped": line.state == Standing.HELP,
        "outcome": outcome,
        "extend": extend,
    }
    return render(request, "admissions/screened.html", context, status=422 if act else 200)


def _do(
    request: HttpRequest, line: Screened, act: str, outcome: OutcomeForm, extend: ExtendForm, now: Any
) -> bool:  # fmt: skip
    """Do what was asked for; False if a form has to be shown again."""
    try:
        if act == "outcome" and outcome.is_valid():
            screening.conclude(line=line, **outcome.cleaned_data, by=request.user, at=now)
            messages.success(request, _("What came of it is recorded."))
            return True
        if act == "extend" and extend.is_valid():
            given = extend.cleaned_data
            helper = extend.people[given["person"]]
            screening.extend(line=line, helper=helper, until_on=given["until_on"], by=request.user, at=now)
            messages.success(request, _("Help goes on."))
            return True
    except Denied as error:
        form, field = (outcome, "on") if act == "outcome" else (extend, "until_on")
        form.add_error(field, str(error))
    return False
