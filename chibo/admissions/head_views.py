"""Heads of villages who are no members, and cells that admitted nobody for years: lists, and the review of a head."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.admissions import heads as acts
from chibo.admissions import queries
from chibo.admissions.forms import HeadForm, ListHeadForm
from chibo.admissions.models import HeadReview, State
from chibo.admissions.policies import is_member
from chibo.admissions.source_views import choices_of, chosen_of, people_alike
from chibo.admissions.views import pages_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day
from chibo.members.models import ONE_AT_A_PLACE, Post
from chibo.organizations.frame import common, crumbs_of, of_unit, unit_cell
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

PAGE = 50


@login_required
@require_safe
def unit_heads(request: HttpRequest, pk: int) -> HttpResponse:
    """Heads of villages and residential groups here and below who are no members: reviewed or not, and what follows."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    base, after = reverse("unit_heads", args=[pk]), after_asked(request, str, int)
    every = queries.heads(unit, rights.scope(P.MEMBER_VIEW), today)
    told = every.order_by().aggregate(
        all=Count("pk"),
        reviewed=Count("pk", filter=Q(reviewed_on__isnull=False)),
        qualified=Count("pk", filter=Q(conditions=True, standards=True, health=True)),
        on_list=Count("pk", filter=Q(source_state__isnull=False) & ~Q(source_state=State.TAKEN_OFF)),
    )
    page: list[Any] = list(queries.heads_after(every, after).select_related("unit", "person")[: PAGE + 1])
    more, page = page[PAGE:], page[:PAGE]
    context = of_unit(rights, unit, above, "unit_sources", period_asked(request, today)) | {
        "pages": pages_of(unit, "unit_heads"),
        "title": _("Village heads who are not members"),
        "note": _("%(all)s heads: %(reviewed)s reviewed, %(qualified)s of them qualified, %(on_list)s on a list.")
        % {name: count(number) for name, number in told.items()}
        if told["all"]
        else "",
        "table": _heads_table(rights, page),
        "pager": Pager(
            first_url=base if after else "",
            next_url=address(base, after=after_key([page[-1].unit.sort_key, page[-1].pk])) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(page))},
        ),
    }
    return render(request, "admissions/table.html", context)


def _heads_table(rights: Rights, page: Sequence[Any]) -> Table:
    rows = []
    for post in page:
        place = unit_cell(rights.scope(P.UNIT_VIEW), post.unit, None)
        rows.append(
            [
                Cell(text=post.holder, url=reverse("head", args=[post.unit_id, post.pk]), lang="vi", note=post.title),
                place,
                Cell(text=day(post.reviewed_on)) if post.reviewed_on else Cell(text="–"),
                _stands(post),
            ]
        )
    return Table(
        caption=_("Village heads who are not members"), caption_hidden=True, stacks=True,
        columns=[Column(label=head) for head in (_("Head"), _("Unit"), _("Reviewed on"), _("What comes next"))],
        rows=rows, empty=_("No head who is not a member is recorded here."),
    )  # fmt: skip


def _stands(post: Any) -> Cell:
    """What follows for a head: the two branches."""
    if post.reviewed_on is None:
        return Cell(text=_("Review conditions, standards and health"), mark=Mark.NEAR, mark_word=None)
    if not (post.conditions and post.standards and post.health):
        return Cell(text=_("Not qualified: other suitable work"), note=post.work)
    if post.source_state is None:
        return Cell(text=_("Qualified: put them on the list of sources"), mark=Mark.NEAR, mark_word=None)
    state = State(post.source_state).label
    return Cell(text=state, url=reverse("source", args=[post.source]))


def _found(pk: int, unit: Unit) -> Post:
    """The post of a head at this very unit; 404 otherwise."""
    found = Post.objects.filter(pk=pk, unit=unit, post__in=ONE_AT_A_PLACE) if pk < 2**63 else Post.objects.none()
    post = found.select_related("unit", "person").first()
    if post is None:
        raise Http404
    return post


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def head(request: HttpRequest, pk: int, post: int) -> HttpResponse:
    """One head who is no member: the reviews, a new one; who is qualified goes on the list of a cell."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    found = _found(post, unit)
    reviews = list(HeadReview.objects.filter(post=found).select_related("source").order_by("-on")[:PAGE])
    last = reviews[0] if reviews else None
    member = found.person is not None and is_member(found.person, today)
    manages = rights.scope(P.SOURCE_MANAGE).covers(unit) and not member
    may_list = manages and last is not None and last.is_qualified and last.source_id is None
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = HeadForm(request.POST if act == "review" else None, auto_id="review_%s", initial={"on": today})
    cells = queries.cells_for(unit, rights.scope(P.SOURCE_MANAGE), today) if may_list else []
    begun = {"full_name": found.holder, "on": today, "cell": queries.likely(cells, found.place)}
    sent = request.POST if act == "list" else None
    alike = people_alike(sent, rights, today) if may_list and found.person is None else []
    list_form = ListHeadForm(
        sent, cells, choices_of(alike, rights, today), is_recorded=found.person is not None, auto_id="list_%s",
        initial=begun,
    )  # fmt: skip
    if request.method == "POST":
        if not manages:
            raise PermissionDenied
        if act == "review" and form.is_valid():
            given = form.cleaned_data
            found_so = {name: given[name] == "yes" for name in ("conditions", "standards", "health")}
            try:
                acts.review_head(
                    post=found, on=given["on"], reviewed_by=given["reviewed_by"], work=given["work"], by=request.user,
                    at=now, **found_so,
                )  # fmt: skip
            except Denied as error:
                form.add_error("on", str(error))
            else:
                messages.success(request, _("The review is recorded."))
                return redirect("head", pk=pk, post=found.pk)
        if act == "list" and may_list and last is not None and list_form.is_valid():
            try:
                made = acts.list_head(
                    review=last, person=found.person or chosen_of(alike, list_form) or list_form.person(),
                    cell=list_form.cell_chosen(),
                    on=list_form.cleaned_data["on"], by=request.user, at=now,
                )  # fmt: skip
            except Denied as error:
                list_form.add_error(None, str(error))
            else:
                messages.success(request, _("%(name)s is on the list.") % {"name": made.person.full_name})
                return redirect("source", pk=made.pk)
    context = common(rights, "units") | {
        "unit": unit,
        "post": found,
        "crumbs": [
            *crumbs_of(rights, [*above, unit]),
            Link(label=_("Village heads"), url=reverse("unit_heads", args=[pk])),
        ],
        "reviews": [(each, _result(each)) for each in reviews],
        "is_member": member,
        "manages": manages,
        "may_list": may_list,
        "form": form,
        "list_form": list_form,
    }
    return render(request, "admissions/head.html", context, status=422 if act else 200)


def _result(review: HeadReview) -> str:
    """What a review found, in words."""
    if review.is_qualified:
        return _("qualified")
    missing = [
        str(review._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in ("conditions", "standards", "health")
        if not getattr(review, name)
    ]
    said = _("not qualified (%(what)s)") % {"what": ", ".join(missing).lower()}
    return f"{said}: {review.work}" if review.work else said


@login_required
@require_safe
def unit_without(request: HttpRequest, pk: int) -> HttpResponse:
    """Cells here and below that admitted nobody for years, the longest first."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    years = int(Threshold.objects.on(today).get(Limit.YEARS_WITHOUT_ADMISSION) or 1)
    asked = request.GET.get("years", "")
    if asked.isascii() and asked.isdecimal() and len(asked) < 3 and int(asked):
        years = int(asked)
    base, after = reverse("unit_without", args=[pk]), after_asked(request, date, str, int)
    page = queries.without_admission(unit, rights.scope(P.MEMBER_VIEW), today, years, after, PAGE + 1)
    more, page = page[PAGE:], page[:PAGE]
    rows = []
    for each in page:
        place = Unit(pk=each.pk, path=each.path, name=each.name, code=each.code)
        rows.append(
            [
                Cell(text=each.name, url=reverse("unit_sources", args=[place.pk]), lang="vi", note=each.code),
                Cell(text=day(each.last_on) if each.last_on else _("never, by the records")),
                Cell(
                    text=count(each.sources), mark="" if each.sources else Mark.NEAR,
                    mark_word=None, note="" if each.sources else _("no sources"),
                ),
            ]
        )  # fmt: skip
    context = of_unit(rights, unit, above, "unit_sources", period_asked(request, today)) | {
        "pages": pages_of(unit, "unit_without"),
        "title": ngettext(
            "Cells without an admission for %(n)s year", "Cells without an admission for %(n)s years", years
        )
        % {"n": years},
        "note": "",
        "table": Table(
            caption=_("Cells without admission"), caption_hidden=True, stacks=True,
            columns=[Column(label=_("Cell")), Column(label=_("Last admission")),
                     Column(label=_("Sources"), number=True)],
            rows=rows, empty=_("Every cell here admitted someone in these years."),
        ),
        "pager": Pager(
            first_url=address(base, years=asked) if after else "",
            next_url=address(base, years=asked, after=after_key(page[-1].key)) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(page))},
        ),
    }  # fmt: skip
    return render(request, "admissions/table.html", context)
