"""Why a unit has no figures of a period: it is not on the tree they are counted on; and where to look instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.periods import Period
from chibo.organizations.frame import Gone
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree, is_past, kept


@dataclass(frozen=True)
class Absent:
    """A unit that is not on the tree of a period: closed by today, or founded only later."""

    founded_on: date | None  # of one that was founded later
    into: Link | None  # where the past of a closed one is counted
    other_url: str  # the same unit on the other tree


def absent_of(
    unit: Unit, period: Period, tree: Tree, today: date, gone: Gone | None, url: Callable[..., str]
) -> Absent | None:
    """What to say of a unit that is not on the tree it is looked at on; None of one that is. No query."""
    if tree is Tree.NOW:
        if gone is None or gone.on > today:
            return None
        into = gone.now or gone.into
        if into and into.url:
            into = replace(into, url=address(into.url, period=period, tree=kept(tree)))
        return Absent(None, into, url(tree=""))
    if unit.founded_on <= period.last_day or not is_past(period, today):
        return None
    return Absent(unit.founded_on, None, url(tree=kept(Tree.NOW)))
