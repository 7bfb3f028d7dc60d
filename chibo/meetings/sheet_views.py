"""A scoring sheet tried on the meetings of a month that were scored by another one, before it takes effect."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import count, period_name
from chibo.core.periods import Period
from chibo.meetings import trying
from chibo.meetings.content import BANDS
from chibo.meetings.fields import month_asked
from chibo.meetings.point_forms import short
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Scope
from chibo.procedures.flow import said
from chibo.scoring import checking
from chibo.scoring.sheet import Sheet
from chibo.scoring.views import find, ruling, url_of

WORDS = {code: word for _least, code, word in BANDS}


@login_required
@require_safe
def tried(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """How many meetings of a month would have another band by a sheet, and which."""
    today = clock.today()
    rights = ruling(request, today)
    version = find(code, number, rights)
    before = Period.month_of(today).before
    asked = month_asked(request.GET.get("month", ""))
    month = asked if asked is not None and asked <= today else before.first_day
    is_sound = not checking.faults(version.definition)
    scope, after = rights.scope(P.UNIT_VIEW), after_asked(request, str, int)
    found, more = trying.of_month(version.sheet, month, scope, after) if is_sound else ([], False)
    all_ = trying.counts(version.sheet, month, scope) if is_sound else trying.NOTHING
    period = Period.month_of(month)
    context = common(rights, "scoring_sheets") | {
        "version": version,
        "month": period_name(period),
        "back_url": url_of("scoring_sheet", version),
        "before_url": address(request.path, month=period.before),
        "counts": [(word, count(all_.before[band]), count(all_.after[band])) for band, word in WORDS.items()],
        "told": count(all_.all - all_.untold),
        "all": count(all_.all),
        "untold": all_.untold,
        "pager": _pager(request, found, period, more, is_first=after is None),
        "table": _table(found, version.sheet, rights.scope(P.MEETING_VIEW)) if is_sound else None,
    }
    return render(request, "meetings/tried.html", context)


def _pager(request: HttpRequest, found: list[trying.Tried], period: Period, more: bool, is_first: bool) -> Pager:
    """The ways on and back to the first."""
    last = found[-1].score.meeting if more else None
    key = after_key([last.unit.sort_key, last.pk]) if last else ""
    return Pager(
        first_url="" if is_first else address(request.path, month=period),
        next_url=address(request.path, month=period, after=key) if key else "",
        note=ngettext("%(n)s meeting on this page", "%(n)s meetings on this page", len(found))
        % {"n": count(len(found))},
    )


def _table(found: list[trying.Tried], sheet: Sheet, opened: Scope) -> Table:
    """The meetings with both bands, those that differ marked; linked as far as the reader may open them."""
    rows = []
    for each in found:
        meeting = each.score.meeting
        then = Cell(text="–", note=_missing(each, sheet))
        if each.then is not None:
            changes = each.then.band != each.band
            then = Cell(
                text=f"{short(each.then.total)}, {WORDS[each.then.band]}",
                mark=Mark.NEAR if changes else "", mark_word=_("another band"),
            )  # fmt: skip
        url = reverse("meeting", args=[meeting.unit_id, meeting.pk]) if opened.covers(meeting.unit) else ""
        rows.append(
            [
                Cell(text=meeting.unit.name, url=url, lang="vi"),
                Cell(text=f"{short(each.score.total)}, {WORDS[each.band]}"),
                then,
            ]
        )
    return Table(
        caption=_("Meetings"),
        caption_hidden=True,
        columns=[Column(label=_("Cell"), wide=True), Column(label=_("As scored")), Column(label=_("By this sheet"))],
        rows=rows,
        empty=_("No meeting of this month was scored."),
        stacks=True,
    )


def _missing(each: trying.Tried, sheet: Sheet) -> str:
    """What nobody answered."""
    names = [said(found.name) for code in each.missing if (found := sheet.criterion(code)) is not None]
    if len(names) > 3:
        n = len(names)
        return ngettext("%(n)s criterion was not answered", "%(n)s criteria were not answered", n) % {"n": n}
    return _("not answered: %(what)s") % {"what": ", ".join(names)}
