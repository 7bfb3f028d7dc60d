"""Weak cells of a committee as the records propose them, and the plans by which they are supported."""

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
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.committees.queries import committee_of, posts_on
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day, percent
from chibo.core.periods import Period
from chibo.guidance import actions, policies, queries
from chibo.guidance.forms import CloseForm, NoteForm, PlanForm
from chibo.guidance.models import Outcome, SupportPlan, What, norms_on
from chibo.guidance.queries import Weak
from chibo.organizations.frame import common, crumbs_of, of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

ROWS = 50
NOTES = 100


def reasons(weak: Weak, norms: dict[str, int]) -> list[str]:
    """By what the records propose a cell as weak, in words."""
    said = []
    if weak.missed >= norms.get(What.WEAK_MISSED, queries.NEVER):
        text = ngettext("%(n)s month missed", "%(n)s months missed", weak.missed)
        said.append(text % {"n": count(weak.missed)})
    if weak.attendance is not None and weak.attendance * 100 < norms.get(What.WEAK_ATTENDANCE, 0):
        said.append(_("attendance %(share)s") % {"share": percent(weak.attendance)})
    if weak.poor >= norms.get(What.WEAK_POOR, queries.NEVER):
        text = ngettext("%(n)s meeting scored poor", "%(n)s meetings scored poor", weak.poor)
        said.append(text % {"n": count(weak.poor)})
    return said


@login_required
@require_safe
def unit_weak(request: HttpRequest, pk: int) -> HttpResponse:
    """The weak cells below a committee, or a cell itself: proposed by the records, with a plan, with one closed."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    labels = {"": _("Proposed by the records"), "open": _("With a support plan"), "closed": _("Plans closed")}
    which = request.GET.get("which", "") if request.GET.get("which", "") in labels else ""
    base = reverse("unit_weak", args=[pk])
    norms = norms_on(today)
    if which:
        after = after_asked(request, date, int)
        table, key = _plans(rights, unit, which, after, today)
    else:
        after = after_asked(request, str, int)
        table, key = _proposed(rights, unit, norms, after, today)
    context = of_unit(rights, unit, above, "unit_meetings", Period(today.year, "year", 1), is_chosen=False) | {
        "ways": ways_of(rights, unit, "unit_weak"),
        "which": [
            Link(label=label, url=address(base, which=each), current=each == which) for each, label in labels.items()
        ],
        "is_proposed": not which,
        "rule": _rule(norms),
        "table": table,
        "pager": Pager(
            first_url=address(base, which=which) if after else "",
            next_url=address(base, which=which, after=after_key(key)) if key else "",
            note=_("%(n)s cells on this page") % {"n": count(len(table.rows))},
        ),
    }
    return render(request, "guidance/weak.html", context)


def _rule(norms: dict[str, int]) -> str:
    """By what a cell is proposed as weak."""
    return _(
        "Proposed is a cell that in the last twelve whole months missed %(missed)s months or more, or whose attendance "
        "was under %(share)s %%, or of which %(poor)s meetings or more were scored poor."
    ) % {
        "missed": norms.get(What.WEAK_MISSED, "–"),
        "share": norms.get(What.WEAK_ATTENDANCE, "–"),
        "poor": norms.get(What.WEAK_POOR, "–"),
    }


def _proposed(
    rights: Rights, unit: Unit, norms: dict[str, int], after: list[Any] | None, today: date
) -> tuple[Table, list[Any] | None]:
    """The cells the records propose, with the way to name each. One query."""
    found = queries.weak_cells(unit, norms, today, rights.scope(P.MEETING_VIEW), after=after, size=ROWS + 1)
    more, found = found[ROWS:], found[:ROWS]
    may = not unit.is_cell and rights.scope(P.CELL_GUIDE).covers(unit)
    months = queries.back_from(today)
    rows = []
    for each in found:
        url = address(reverse("unit_meetings", args=[each.unit_id]), period=Period(months[0].year, "year", 1))
        row = [
            Cell(text=each.name, url=url, note="" if unit.is_cell else each.above, lang="vi"),
            Cell(text=", ".join(reasons(each, norms)), mark=Mark.MISSED, mark_word=None),
        ]
        if may:
            way = address(reverse("support_new", args=[unit.pk]), cell=each.unit_id)
            row.append(Cell(text=_("Name it and plan"), url=way))
        rows.append(row)
    heads = [_("Cell"), _("By the records"), *([_("Support")] if may else [])]
    table = _table(_("Cells proposed as weak"), heads, rows, _("The records propose no cell as weak."))
    return table, [found[-1].sort_key, found[-1].unit_id] if more else None


def _plans(
    rights: Rights, unit: Unit, which: str, after: list[Any] | None, today: date
) -> tuple[Table, list[Any] | None]:
    """The plans of cells below: open ones by the day they run until, closed ones the newest first. One query."""
    found = queries.plans_under(unit, is_open=which == "open").filter(rights.scope(P.MEETING_VIEW).q("cell"))
    if which == "open":
        later = Q(until__gt=after[0]) | Q(until=after[0], pk__gt=after[1]) if after else Q()
        page = list(found.filter(later).order_by("until", "pk")[: ROWS + 1])
    else:
        later = Q(closed_on__lt=after[0]) | Q(closed_on=after[0], pk__lt=after[1]) if after else Q()
        page = list(found.filter(later).order_by("-closed_on", "-pk")[: ROWS + 1])
    more, page = page[ROWS:], page[:ROWS]
    rows = []
    for plan in page:
        over = plan.closed_on is None and plan.until < today
        ends = Cell(
            text=day(plan.until), mark=Mark.MISSED if over else "", mark_word=_("past its day:") if over else ""
        )
        if plan.closed_on is not None:
            good = plan.outcome == Outcome.MENDED
            ends = Cell(
                text=plan.get_outcome_display(), note=day(plan.closed_on), mark=Mark.MET if good else Mark.NONE,
                mark_word=None,
            )  # fmt: skip
        rows.append(
            [
                Cell(
                    text=plan.cell.name,
                    url=reverse("support", args=[plan.pk]),
                    note="" if unit.is_cell else plan.unit.name,
                    lang="vi",
                ),
                Cell(text=plan.why, lang="vi"),
                Cell(text=plan.who, lang="vi"),
                ends,
            ]
        )
    heads = [_("Cell"), _("Why"), _("Who supports it"), _("Until") if which == "open" else _("What came of it")]
    table = _table(_("Support plans"), heads, rows, _("There is no such plan."))
    last = page[-1] if more else None
    key = None if last is None else [str(last.until if which == "open" else last.closed_on), last.pk]
    return table, key


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], empty: str) -> Table:
    columns = [Column(label=head) for head in heads]
    return Table(caption=caption, caption_hidden=True, columns=columns, rows=rows, empty=empty, stacks=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def support_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A cell named weak, with its support plan; what the records say of it stands there to begin with."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.CELL_GUIDE)
    asked = request.GET.get("cell", "")
    cells = Unit.objects.cells().filter(rights.scope(P.CELL_GUIDE).below(unit).q(""))
    cell = cells.filter(pk=int(asked)).first() if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    if cell is None or unit.is_cell:
        raise Http404
    norms = norms_on(today)
    weak = queries.weak_cells(unit, norms, today, rights.scope(P.MEETING_VIEW), size=1, cell=cell.pk)
    said = ", ".join(reasons(weak[0], norms)) if weak else ""
    posts = [post for post in committee_of(posts_on(unit, today)) if post.person is not None]
    form = PlanForm(request.POST if request.method == "POST" else None, posts, initial={"why": said})
    if request.method == "POST" and form.is_valid():
        try:
            plan = actions.name_weak(
                plan=SupportPlan(unit=unit, cell=cell, **form.cleaned_data), by=request.user, at=now
            )
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("The cell is named, and its support plan is kept."))
            return redirect("support", pk=plan.pk)
    context = common(rights, "units") | {
        "unit": unit, "cell": cell, "crumbs": crumbs_of(rights, [*above, unit]), "form": form, "said": said,
    }  # fmt: skip
    return render(request, "guidance/support_new.html", context, status=422 if form.errors else 200)


def _find_plan(request: HttpRequest, pk: int, today: date) -> tuple[Rights, SupportPlan]:
    """A plan of a cell whose meetings the reader sees, or that they guide or support themselves; otherwise 404."""
    rights = rights_of(request.user, today)
    found = SupportPlan.objects.select_related("unit", "cell", "person").filter(pk=pk) if pk < 2**63 else None
    plan = found.first() if found is not None else None
    if plan is None:
        raise Http404
    user: Any = request.user
    is_theirs = plan.person is not None and plan.person.user_id == user.pk
    if not (is_theirs or rights.scope(P.MEETING_VIEW).covers(plan.cell) or policies.guides(rights, plan.cell)):
        raise Http404
    return rights, plan


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest, pk: int) -> HttpResponse:
    """A support plan: what is done, how it goes, what came of it."""
    now = clock.now()
    rights, plan = _find_plan(request, pk, now.date())
    is_open, is_below = plan.closed_on is None, plan.cell.path.startswith(plan.unit.path)
    may_close = is_open and policies.guides(rights, plan.cell)
    may_note = is_open and policies.may_follow(request.user, plan, now.date())
    post, act = request.POST if request.method == "POST" else None, request.POST.get("act", "")
    if post is not None and not (may_close if act == "close" else may_note):
        raise PermissionDenied
    note_form = NoteForm(post if act == "note" else None)
    close_form = CloseForm(post if act == "close" else None)
    asked: Any = close_form if act == "close" else note_form
    if post is not None and asked.is_valid():
        try:
            if act == "close":
                actions.close_plan(plan=plan, **close_form.cleaned_data, by=request.user, at=now)
                messages.success(request, _("The support plan is closed."))
            else:
                actions.note_plan(plan=plan, **note_form.cleaned_data, by=request.user, at=now)
                messages.success(request, _("Kept."))
        except Denied as denied:
            messages.error(request, str(denied))
        return redirect("support", pk=pk)
    notes = plan.notes.select_related("by").order_by("-at", "-pk")[:NOTES]
    context = common(rights, "units") | {
        "plan": plan,
        "crumbs": crumbs_of(rights, [plan.unit if is_below else plan.cell]),
        "facts": _facts(plan, now.date()),
        "notes": [(localdate(note.at), note) for note in notes],
        "note_form": note_form if may_note else None,
        "close_form": close_form if may_close else None,
        "weak_url": reverse("unit_weak", args=[plan.unit_id if is_below else plan.cell_id]),
        "meetings_url": reverse("unit_meetings", args=[plan.cell_id]),
    }
    return render(request, "guidance/support.html", context, status=422 if asked.errors else 200)


def _facts(plan: SupportPlan, today: date) -> list[tuple[str, str]]:
    until = day(plan.until)
    if plan.closed_on is None and plan.until < today:
        until = _("%(day)s: past, and not closed") % {"day": until}
    facts = [
        (_("Named weak"), day(plan.named_on)),
        (_("Why"), plan.why),
        (_("What is done for it"), plan.measures),
        (_("Who supports it"), plan.who),
        (_("Until"), until),
    ]
    if plan.closed_on is not None:
        facts += [(_("Closed"), day(plan.closed_on)), (_("What came of it"), plan.get_outcome_display())]
        facts.append((_("In words"), plan.closing))
    return facts
