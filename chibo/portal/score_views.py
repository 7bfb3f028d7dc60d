"""The scores of a unit's cells: how far confirmed, how far from the records, which cells claim most beyond these."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen
from chibo.core.charts import bars
from chibo.core.components import Cell, Column, Mark, Pager, Table
from chibo.core.formats import count, number
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.frame import evidence_url, of_unit, unit_cell
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, kept, line_then, picker_of, tree_asked
from chibo.portal.begun import period_begun
from chibo.portal.boards import tiles_of
from chibo.portal.scoring import BEYOND, CellClaims, cells_by_claim, distribution
from chibo.targets.queries import targets_of

ROWS = 50
SHOWN = ["meetings.confirmed", "meetings.confirmed_in_time", "meetings.waiting", "meetings.returned", BEYOND]


@login_required
@require_safe
def unit_scores(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the scores of a unit's cells are confirmed and from the records; its cells by that difference."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    period = period_begun(request, unit, today)
    tree, base = tree_asked(request, period, today), reverse("unit_scores", args=[pk])
    unit, above = line_then(unit, above, period, tree, today)

    def url(**changes: Any) -> str:
        return address(base, **({"period": period, "tree": kept(tree)} | changes))

    figures = queries.figures_in([pk], [period], SHOWN, tree, beside=period.before)
    targets = targets_of([pk], period)
    after = after_asked(request, int, int)
    cells = cells_by_claim(unit, period, tree, after, ROWS + 1)
    more, cells = cells[ROWS:], cells[:ROWS]
    now, before = (figures[each][pk] for each in (period, period.before))
    picker, is_chosen = picker_of(period, tree, url, today), is_period_chosen(request)
    steps = distribution(unit, period, tree) if after is None else []
    context = of_unit(rights, unit, above, "unit_meetings", period, picker, tree, is_chosen=is_chosen) | {
        "ways": ways_of(rights, unit, "unit_scores", period, tree),
        "tiles": tiles_of(rights, unit, SHOWN, period, now, before, targets, today, tree=tree),
        "bars": _bars(steps) if any(steps) else None,
        "table": _table(rights, cells, period, tree),
        "confirm_url": address(reverse("scores_waiting"), unit=pk) if _confirms(rights, unit) else "",
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(cells[-1].key)) if more else "",
            note=ngettext("%(n)s cell on this page", "%(n)s cells on this page", len(cells)) % {"n": count(len(cells))},
        ),
    }
    return render(request, "portal/scores.html", context)


def _confirms(rights: Rights, unit: Unit) -> bool:
    return bool(rights.scope(P.SCORE_CONFIRM)) and rights.scope(P.SCORE_CONFIRM).covers(unit) and not unit.is_cell


def _bars(steps: list[int]) -> Any:
    """The meetings by how far their claim is from the records."""
    names = [
        _("more than 10 less"),
        _("up to 10 less"),
        _("as the records say"),
        _("up to 5 more"),
        _("5 to 10 more"),
        _("10 to 20 more"),
        _("more than 20 more"),
    ]
    return bars(
        list(zip(names, steps, strict=True)),
        title=_("Meetings by points claimed beyond the records, of each 100 these answer for"),
        label_head=_("Points of 100"),
        count_head=_("Meetings"),
    )


def _table(rights: Rights, cells: list[CellClaims], period: Period, tree: Tree) -> Table:
    """Cells with what they claim beyond the records, those that claim most first."""
    seen, opens, told = rights.scope(P.UNIT_VIEW), rights.scope(P.EVIDENCE_VIEW), registry.get(BEYOND).told
    rows = []
    for each in cells:
        mark, word = Mark.MET, _("as the records say")
        if each.beyond:
            mark, word = (Mark.MISSED, _("beyond the records")) if each.beyond > 0 else (Mark.NEAR, _("less"))
        url = evidence_url(opens, each.unit, BEYOND, period, tree)
        rows.append(
            [
                unit_cell(seen, each.unit, period, tree),
                Cell(text=number(each.exact * 100, 1), url=url, mark=mark, mark_word=word),
                Cell(text=_("%(n)s of %(d)s") % {"n": told(each.beyond), "d": told(each.most)}),
                Cell(text=count(each.meetings)),
            ]
        )
    return Table(
        caption=_("Cells by points claimed beyond the records"),
        caption_hidden=True,
        columns=[
            Column(label=_("Cell"), wide=True),
            Column(label=_("Of each 100 points"), number=True),
            Column(label=_("Points"), number=True),
            Column(label=_("Meetings"), number=True),
        ],
        rows=rows,
        empty=_("No cell has scored a meeting here in this period of which the records can answer something."),
    )
