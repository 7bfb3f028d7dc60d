"""What is asked of the cells below a unit, on one page: each objective with its target, and open to its records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, is_period_chosen
from chibo.core.components import Tile
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.organizations.frame import of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import Tree, kept, line_then, picker_of, tree_asked
from chibo.portal.begun import period_begun
from chibo.portal.boards import tiles_of
from chibo.targets.models import Target
from chibo.targets.queries import targets_of

GROUPS: list[tuple[str, str | Promise, list[str]]] = [
    (
        "held",
        gettext_lazy("Held"),
        ["meetings.regular_held", "meetings.thematic_held", "meetings.on_time", "meetings.duration"],
    ),
    (
        "prepared",
        gettext_lazy("Prepared"),
        [
            "meetings.prepared",
            "meetings.prepared_minuted",
            "meetings.noticed",
            "meetings.papers",
            "meetings.papers_in_time",
            "meetings.papers_read",
        ],
    ),
    (
        "attended",
        gettext_lazy("Attended"),
        [
            "meetings.attendance",
            "meetings.well_attended",
            "cells.well_attended",
            "meetings.in_charge",
            "committees.visits",
            "meetings.absent",
            "members.absent_running",
            "members.absent_months",
        ],
    ),
    (
        "after",
        gettext_lazy("Scored, written down, carried out"),
        [
            "meetings.scored",
            "meetings.scored_promptly",
            "meetings.good",
            "cells.good",
            "meetings.procedure",
            "meetings.minutes",
            "meetings.final_papers",
            "tasks.in_time",
        ],
    ),
    (
        "guided",
        gettext_lazy("Guided"),
        [
            "topics.planned",
            "topics.done",
            "cells.guide_regular",
            "cells.guide_thematic",
            "cells.cross_visits",
            "cells.supported",
            "cells.mended",
            "committees.regulation",
            "committees.trained",
        ],
    ),
]


@login_required
@require_safe
def unit_objectives(request: HttpRequest, pk: int) -> HttpResponse:
    """The objectives of the cells below a unit, or of a cell, in a period, by what they are about."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.UNIT_VIEW)
    period = period_begun(request, unit, today)
    tree, base = tree_asked(request, period, today), reverse("unit_objectives", args=[pk])
    unit, above = line_then(unit, above, period, tree, today)

    def url(**changes: Any) -> str:
        return address(base, **({"period": period, "tree": kept(tree)} | changes))

    picker, is_chosen = picker_of(period, tree, url, today), is_period_chosen(request)
    context = (
        of_unit(rights, unit, above, "unit_meetings", period, picker, tree, is_chosen=is_chosen)
        | {
            "ways": ways_of(rights, unit, "unit_objectives", period, tree),
        }
        | _groups(rights, unit, above, period, tree, today)
    )
    return render(request, "portal/objectives.html", context)


def _groups(rights: Rights, unit: Unit, above: list[Unit], period: Period, tree: Tree, today: date) -> dict[str, Any]:
    """The groups with the figures that are said of such a period, and those without a record. Three queries."""
    codes = [code for *_about, group in GROUPS for code in group if registry.get(code).said_of(period)]
    found = queries.figures_in([unit.pk], [period], codes, tree, beside=period.before)
    figures, before = (found[each][unit.pk] for each in (period, period.before))
    laid_down = targets_of([unit.pk, *(each.pk for each in above)], period)
    groups, without = [], []
    for name, label, group in GROUPS:
        tiles: list[Tile] = []
        for code in group:
            if code not in codes:
                continue
            target, asker = _target(laid_down, code, unit, above)
            if not (code in figures or (target and not asker)):
                without.append(registry.get(code).label)
                continue
            targets = {(unit.pk, code): target} if target else {}
            [tile] = tiles_of(rights, unit, [code], period, figures, before, targets, today, tree=tree)
            tiles.append(replace(tile, status=_asked(str(tile.status), rights, asker)) if asker else tile)
        if tiles:
            groups.append((name, label, tiles))
    return {"groups": groups, "without": without}


def _target(
    laid_down: dict[tuple[int, str], Target], code: str, unit: Unit, above: list[Unit]
) -> tuple[Target | None, Unit | None]:
    """The target of a unit; where it has none, the share that the nearest unit above is to reach, and its name.

    How many a unit above is to reach says nothing of one below.
    """
    own = laid_down.get((unit.pk, code))
    if own is not None or not registry.get(code).has_denominator:
        return own, None
    for each in reversed(above):
        if (target := laid_down.get((each.pk, code))) is not None:
            return target, each
    return None, None


def _asked(status: str, rights: Rights, asker: Unit) -> str:
    """How it stands to a target, and that it is that of a unit above: by name where the reader sees that unit."""
    if not rights.scope(P.UNIT_VIEW).covers(asker):
        return _("%(status)s (that of a unit above)") % {"status": status}
    return _("%(status)s (that of %(unit)s)") % {"status": status, "unit": asker.name}
