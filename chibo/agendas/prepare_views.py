"""A meeting prepared on one page: when and where, the agenda row by row, a draft conclusion; its notice given."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.agendas import actions, registry
from chibo.agendas.content import Content, content_of
from chibo.agendas.forms import Lines, NoticeForm, typed_of
from chibo.agendas.kinds import ItemKind, Kind
from chibo.agendas.models import Notice, Status
from chibo.agendas.policies import ITEMS
from chibo.agendas.prefilling import proposed
from chibo.agendas.queries import next_month, notices_of
from chibo.agendas.views import find_notice, kind_asked, late_words, title_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.formats import period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

MONTHS = 4  # that are offered, from the running one


def find_cell(request: HttpRequest, pk: int, permission: P = P.MEETING_RECORD) -> tuple[Rights, Unit, list[Unit]]:
    """A cell at which the user holds a permission, and the units above it; otherwise 403 or 404."""
    rights = rights_of(request.user, clock.today())
    unit, above = find_unit(rights, pk, permission)
    if not unit.is_cell:
        raise Http404
    return rights, unit, above


def months_from(today: date, many: int) -> list[date]:
    """The first days of so many months, the running one first."""
    n = today.year * 12 + today.month - 1
    return [date((n + each) // 12, (n + each) % 12 + 1, 1) for each in range(many)]


def _month_asked(text: str, today: date) -> date | None:
    """A month that is running or to come within a year, as a URL names it."""
    try:
        period = Period.parse(text)
    except NotAPeriod:
        return None
    first = period.first_day
    return first if period.grain == "month" and first in months_from(today, 12) else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """A meeting of a cell to prepare, begun with its day, its agenda and what waits."""
    rights, unit, _above = find_cell(request, pk)
    today = clock.today()
    kind = kind_asked(request.GET.get("kind", ""))
    month = _month_asked(request.GET.get("month", ""), today)
    if month is None:
        month = next_month(unit, kind, today)
        return redirect(address(reverse("notice_new", args=[pk]), kind=kind, month=Period.month_of(month)))
    return _Page(request, rights, unit, kind, month).answer(None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """A notice that is prepared or given, to be gone on with or changed."""
    rights, notice, _prepares = find_notice(request, pk, to_prepare=True)
    if notice.status == Status.CANCELLED or notice.on < clock.today():
        messages.info(request, _("This notice stays as it is."))
        return redirect("notice", pk=pk)
    return _Page(request, rights, notice.unit, notice.kind, notice.month).answer(notice)


class _Page:
    """The page on which a meeting is prepared, whatever comes of it."""

    def __init__(self, request: HttpRequest, rights: Rights, unit: Unit, kind: str, month: date) -> None:
        self.request, self.rights, self.unit, self.kind, self.month = request, rights, unit, kind, month
        self.today = clock.today()

    def answer(self, notice: Notice | None) -> HttpResponse:
        """The form; with rows moved, kept, or given."""
        post = self.request.POST
        if self.request.method != "POST":
            return self._begin(notice)
        typed = Lines.typed(post)
        if "move" in post:
            return self.show(self.form(post, typed.moved(post["move"]), notice), notice, is_checked=False)
        form = self.form(post, typed, notice)
        if not form.is_valid():
            return self.show(form, notice, status=422)
        said = form.cleaned_data
        mode = said["mode"]
        try:
            kept = actions.save(
                unit=self.unit, uid=notice.uid if notice else said["uid"], seen=said["version"],
                content=form.content(), give="give" in post, by=self.request.user, at=clock.now(),
            )  # fmt: skip
        except actions.Conflict as conflict:
            return self.show(form, notice, status=409, other=conflict.notice)
        except Denied as denied:
            field = denied.field if denied.field in form.fields else None
            form.add_error(field, str(denied))
            if field == "mode":
                form.fields[field].way = registry.way_of(self.unit, mode)  # type: ignore[attr-defined]
            return self.show(form, notice, status=422)
        return self._go(kept, was_given=notice is not None and notice.status == Status.GIVEN, gave="give" in post)

    def _begin(self, notice: Notice | None) -> HttpResponse:
        """What stands there, or what is proposed; to the one notice of a regular meeting if there is one."""
        asked: int | None = None
        if notice is None:
            known = notices_of(self.unit)
            there = next((each for each in known if each.is_regular_of(self.month)), None)
            if there is not None and self.kind == Kind.REGULAR:
                return redirect("notice_change", pk=there.pk)
            content, asked = proposed(self.unit, self.kind, self.month, self.today, known)
        else:
            content = content_of(notice)
        return self.show(self.form(None, Lines.of(content.items), notice, content), notice, asked=asked)

    def _go(self, kept: Notice, *, was_given: bool, gave: bool) -> HttpResponse:
        if was_given:
            text = _("Kept. What has changed is told to everybody called.")
        elif gave:
            text = _("The notice is given: everybody called finds it on their desk.")
        else:
            text = _("The draft is kept. Nobody is told yet.")
        messages.success(self.request, text)
        return redirect("notice", pk=kept.pk)

    def form(self, data: Any, lines: Lines, notice: Notice | None, content: Content | None = None) -> NoticeForm:
        begun: dict[str, Any] = {"uid": notice.uid if notice else uuid4(), "version": notice.version if notice else 0}
        begun |= typed_of(content) if content else {}
        return NoticeForm(
            data, lines, kind=self.kind, month=self.month, missing=self.missing(content, notice), initial=begun
        )

    def missing(self, content: Content | None, notice: Notice | None) -> set[str]:
        """The ways in which the cell can't meet on the day the notice says; none of what it says already. One query."""
        on = content.on if content else notice.on if notice else max(self.today, self.month)
        said = {content.mode if content else "", notice.mode if notice else ""}
        return registry.missing_on(self.unit, on) - said

    def show(
        self, form: NoticeForm, notice: Notice | None, status: int = 200, other: Notice | None = None,
        is_checked: bool = True, asked: int | None = None,
    ) -> HttpResponse:  # fmt: skip
        """The form with all that was typed."""
        if not is_checked:  # a row was moved: nothing is judged yet
            form = NoticeForm(
                None, form.lines, kind=self.kind, month=self.month, missing=form.missing,
                initial={name: form.data.get(name, "") for name in form.fields},
            )  # fmt: skip
        named = Kind(self.kind).label
        context = common(self.rights, "desk") | {
            "unit": self.unit,
            "crumbs": crumbs_of(self.rights, [self.unit]),
            "title": title_of(notice) if notice else _("%(kind)s, %(month)s") % {
                "kind": named, "month": period_name(Period.month_of(self.month))
            },
            "action_url": reverse("notice_change", args=[notice.pk]) if notice else address(
                reverse("notice_new", args=[self.unit.pk]), kind=self.kind, month=Period.month_of(self.month)
            ),
            "form": form,
            "lines": form.lines.lines,
            "can_add": len(form.lines.lines) < ITEMS,
            "kinds": ItemKind.choices,
            "notice": notice,
            "is_given": notice is not None and notice.status == Status.GIVEN,
            "other": other,
            "other_url": reverse("notice", args=[other.pk]) if other else "",
            "warning": self._late(form, notice, asked),
            "ways": [] if notice else self._ways(),
        }  # fmt: skip
        return render(self.request, "agendas/prepare.html", context, status=status)

    def _late(self, form: NoticeForm, notice: Notice | None, asked: int | None) -> str:
        """That a notice given today would come late, while none was given."""
        on = form.initial.get("on") if not form.is_bound else form.cleaned_data.get("on")
        if not isinstance(on, date) or (notice is not None and notice.given_at):
            return ""
        return late_words(Notice(on=on), self.today, asked)

    def _ways(self) -> list[tuple[str, list[Link]]]:
        """Other kinds of meetings, other months."""
        base = reverse("notice_new", args=[self.unit.pk])

        def link(label: Any, kind: str, month: date) -> Link:
            url = address(base, kind=kind, month=Period.month_of(month))
            return Link(label=label, url=url, current=(kind, month) == (self.kind, self.month))

        kinds = [link(kind.label, str(kind), self.month) for kind in Kind]
        offered = months_from(self.today, MONTHS)
        months = [link(period_name(Period.month_of(month)), self.kind, month) for month in offered]
        return [(_("Kind of meeting"), kinds), (_("Month"), months)]
