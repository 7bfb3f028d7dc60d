"""The notice of a meeting as those called to it read it; its papers; a meeting cancelled."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chibo.agendas import actions, registry
from chibo.agendas.forms import CancelForm, PaperForm
from chibo.agendas.kinds import Kind, Mode
from chibo.agendas.models import Mail, Notice, NoticePaper, Sending, Status, rule_on
from chibo.agendas.queries import is_called, sendings_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Cell, Column, Link, Table
from chibo.core.formats import count, day, moment, period_name
from chibo.core.periods import Period
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.papers.sending import as_download

COMING = 6


def find_notice(request: HttpRequest, pk: int, *, to_prepare: bool = False) -> tuple[Rights, Notice, bool]:
    """A notice the user may read, and whether they prepare it; 404 for whom it does not concern.

    A draft is for those who prepare it, a preparatory meeting for the committee and those above. To prepare where one
    may only read is refused: 403.
    """
    rights = rights_of(request.user, clock.today())
    notice = Notice.objects.select_related("unit").filter(pk=pk).first() if pk < 2**63 else None
    if notice is None:
        raise Http404
    prepares = rights.scope(P.MEETING_RECORD).covers(notice.unit)
    reads = rights.scope(P.MEETING_VIEW).covers(notice.unit)
    reads = reads or (notice.kind != Kind.COMMITTEE and rights.scope(P.MEETING_OWN).covers(notice.unit))
    if not prepares:
        if notice.given_at is None or not (reads or is_called(notice, request.user)):
            raise Http404
        if to_prepare:
            raise PermissionDenied
    return rights, notice, prepares


def title_of(notice: Notice) -> str:
    """The kind of a meeting and its month."""
    return _("%(kind)s, %(month)s") % {
        "kind": notice.get_kind_display(), "month": period_name(Period.month_of(notice.month))
    }  # fmt: skip


@login_required
@require_safe
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """When and where a cell meets, about what, with which papers; what was told when."""
    rights, found, prepares = find_notice(request, pk)
    today = clock.today()
    papers = list(
        found.papers.select_related("paper").annotate(readers=Count("readings__user", distinct=True)).order_by("pk")
    )
    sendings = sendings_of(found)
    sees = prepares or rights.scope(P.MEETING_VIEW).covers(found.unit)
    opens = rights.scope(P.UNIT_VIEW).covers(found.unit)
    states = _states(sendings) if sees else []
    items = list(found.items.order_by("place"))
    held = registry.outcome_of(found)
    reads = sees or (found.kind != Kind.COMMITTEE and rights.scope(P.MEETING_OWN).covers(found.unit))
    context = common(rights, "desk") | {
        "notice": found,
        "title": title_of(found),
        "crumbs": crumbs_of(rights, [found.unit]) if opens else [],
        "facts": _facts(found, sendings),
        "items": items,
        "minutes": sum(item.minutes or 0 for item in items),
        "papers": papers,
        "sees": sees,
        "may_change": prepares and found.status != Status.CANCELLED and found.on >= today and held is None,
        "is_given": found.status == Status.GIVEN,
        "prepare_url": address(
            reverse("meeting_record", args=[found.unit_id]),
            month=Period.month_of(found.month),
            kind=Kind.COMMITTEE,
            step=2,
        )
        if prepares and found.status == Status.GIVEN and found.kind in (Kind.REGULAR, Kind.THEMATIC)
        else "",
        "record": _record(found, held, today) if prepares or (held and reads) else None,
        "held": held,
        "is_other_day": held is not None and held.on != found.on,
        "is_cancelled": found.status == Status.CANCELLED,
        "warning": late_words(found, found.given_on) if sees and found.given_on else "",
        "sendings": _sendings(sendings) if sees and sendings else None,
        "mails": _mails(states) if sees else "",
        "may_send_again": prepares and Mail.State.FAILED in states,
        "cancel_form": CancelForm(),
    }
    return render(request, "agendas/notice.html", context)


def _record(notice: Notice, held: registry.Held | None, today: date) -> Link | None:
    """What is recorded of a meeting whose notice was given, or, once its day has come, where to record it."""
    if held is not None:
        return Link(label=_("What is recorded of it"), url=held.url)
    if notice.status != Status.GIVEN or notice.on > today:
        return None
    kind = "" if notice.kind == Kind.REGULAR else notice.kind
    url = address(reverse("meeting_record", args=[notice.unit_id]), month=Period.month_of(notice.month), kind=kind)
    return Link(label=_("Record this meeting"), url=url)


def late_words(notice: Notice, told_on: date, asked: int | None = None) -> str:
    """That a notice comes later before its meeting than the rule asks; empty if it is in time.

    One query, none where it is known how many days are asked for.
    """
    asked = rule_on(notice.on) if asked is None else asked
    if (notice.on - told_on).days >= asked or notice.on < told_on:
        return ""
    return ngettext(
        "The rule asks for the notice at least %(n)s day before the meeting.",
        "The rule asks for the notice at least %(n)s days before the meeting.",
        asked,
    ) % {"n": asked}


def _facts(notice: Notice, sendings: list[Sending]) -> list[tuple[str, str]]:
    """When, where, how, about what; what isn't told is left out."""
    facts = [
        (_("Day"), day(notice.on)),
        (pgettext("of a meeting", "Time"), f"{notice.at_time:%H:%M}" if notice.at_time else ""),
        (_("Place"), notice.place),
        (_("How"), str(Mode(notice.mode).label)),
        (_("Topic"), notice.topic),
    ]
    if notice.given_at:
        facts.append((_("Notice given"), moment(notice.given_at)))
    if len(sendings) > 1:
        facts.append((str(sendings[0].get_what_display()), moment(sendings[0].at)))
    if notice.status == Status.CANCELLED:
        facts.append((_("Because"), notice.reason))
    return [(term, text) for term, text in facts if text]


def _sendings(sendings: list[Sending]) -> Table:
    """What was told when and by whom, with when and where it said the meeting was."""
    return Table(
        caption=_("What was told"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=_("When")), Column(label=_("What")), Column(label=_("Meeting")), Column(label=_("By"))],
        rows=[
            [
                Cell(text=moment(each.at)),
                Cell(text=each.get_what_display()),
                Cell(
                    text=" ".join([day(date.fromisoformat(each.content["on"])), each.content["at_time"] or ""]),
                    note=each.content["place"],
                ),
                Cell(text=str(each.by) if each.by else "–", lang="vi"),
            ]
            for each in sendings
        ],
    )


def _states(sendings: list[Sending]) -> list[str]:
    """How far the e-mails of the last sending are, each. One query."""
    if not sendings:
        return []
    return list(Mail.objects.filter(sending=sendings[0]).order_by().values_list("state", flat=True))


def _mails(states: list[str]) -> str:
    """How many e-mails went out, wait, failed."""
    if not states:
        return ""
    said = {state: count(states.count(state)) for state in Mail.State.values}
    line = _("E-mail: %(sent)s sent, %(waits)s still to be sent.") % said
    if Mail.State.FAILED in states:
        failed = states.count(Mail.State.FAILED)
        line += " " + ngettext(
            "%(n)s could not be sent: tell these members in another way.",
            "%(n)s could not be sent: tell these members in another way.",
            failed,
        ) % {"n": count(failed)}
    return line


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """A meeting cancelled with why, or a draft thrown away."""
    rights, found, _prepares = find_notice(request, pk, to_prepare=True)
    form = CancelForm(request.POST if request.method == "POST" and found.given_at else None)
    if request.method == "POST":
        try:
            if found.given_at is None:
                actions.throw_away(notice=found, by=request.user, at=clock.now())
                messages.success(request, _("The draft is thrown away."))
                return redirect("unit_meetings", pk=found.unit_id)
            if form.is_valid():
                actions.cancel(notice=found, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
                messages.success(request, _("The meeting is cancelled, and everybody is told."))
                return redirect("notice", pk=pk)
        except Denied as denied:
            messages.error(request, str(denied))
            return redirect("notice", pk=pk)
    context = common(rights, "desk") | {
        "notice": found, "title": title_of(found), "crumbs": crumbs_of(rights, [found.unit]), "form": form,
    }  # fmt: skip
    return render(request, "agendas/cancel.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The e-mails that could not be sent, sent again."""
    _rights, found, _prepares = find_notice(request, pk, to_prepare=True)
    try:
        n = actions.send_again(notice=found, by=request.user, at=clock.now())
        said = ngettext("%(n)s e-mail is sent again.", "%(n)s e-mails are sent again.", n)
        messages.success(request, said % {"n": count(n)})
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect(f"{reverse('notice', args=[pk])}#told")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper added to a meeting: a file, or the number under which a secret one is registered."""
    rights, found, _prepares = find_notice(request, pk, to_prepare=True)
    form = PaperForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        said, at = form.cleaned_data, clock.now()
        try:
            if form.taken:
                content, name = form.taken
                actions.keep_paper(
                    notice=found, content=content, name=name, title=said["title"], by=request.user, at=at
                )
            else:
                actions.register_paper(
                    notice=found, number=said["number"], on=said["dated_on"], kept_at=said["kept_at"],
                    title=said["title"], by=request.user, at=at,
                )  # fmt: skip
        except Denied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The paper is added."))
            return redirect(f"{reverse('notice', args=[pk])}#papers")
    context = common(rights, "desk") | {
        "notice": found, "title": title_of(found), "crumbs": crumbs_of(rights, [found.unit]), "form": form,
        "is_given": found.status == Status.GIVEN,
    }  # fmt: skip
    return render(request, "agendas/papers.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """A paper of a meeting as a file, for those who may read its notice; opened from there it is marked as read."""
    _rights, found, _prepares = find_notice(request, pk)
    asked = _paper(found, paper)
    if request.method == "POST" and asked.paper.has_file:
        actions.read_paper(paper=asked, by=request.user, at=clock.now())
    return as_download(request, asked.paper)


@login_required
@require_POST
def take_off(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """A paper taken off a meeting."""
    _rights, found, _prepares = find_notice(request, pk, to_prepare=True)
    try:
        actions.take_off(paper=_paper(found, paper), by=request.user, at=clock.now())
        messages.success(request, _("The paper is taken off."))
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect(f"{reverse('notice', args=[pk])}#papers")


def _paper(notice: Notice, pk: int) -> NoticePaper:
    found = notice.papers.select_related("paper", "notice").filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def coming(unit: Unit, today: date) -> Table | None:
    """The meetings to come of which a cell gave notice; None if there is none. One query."""
    given = registry.still_called(Notice.objects.filter(unit=unit, on__gte=today, status=Status.GIVEN))
    rows = [
        [
            Cell(text=day(each.on), url=reverse("notice", args=[each.pk])),
            Cell(text=f"{each.at_time:%H:%M}" if each.at_time else "–"),
            Cell(text=each.get_kind_display(), note=each.topic),
            Cell(text=each.place or "–", lang="vi"),
        ]
        for each in given.order_by("on", "pk")[:COMING]
    ]
    heads = (_("Day"), pgettext("of a meeting", "Time"), _("Meeting"), _("Place"))
    columns = [Column(label=head) for head in heads]
    return Table(caption=_("Meetings to come"), columns=columns, rows=rows, stacks=True) if rows else None


def kind_asked(text: str) -> str:
    """The kind of meeting a URL names, or the regular one."""
    return text if text in Kind.values else str(Kind.REGULAR)
