"""What targets say to acts on units: those of periods not over at a unit that closes are for a person to settle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.periods import Period
from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.indicators import registry
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Counted, Plan

TARGET = "targets_target"


@following.follower
class Targets(following.Follower):
    """Targets stay with the unit they were given to."""

    order = 40
    names: ClassVar = {TARGET: (gettext_lazy("Targets"), "select t.indicator || ' ' || t.period from targets_target t")}

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(TARGET, "unit_id", closing)

    def follow(self, tree: Tree, plan: Plan) -> None:
        left = [
            worded("%(unit)s: %(figure)s, %(period)s")
            % {"unit": tree.get(UNIT, pk)["name"], "figure": registry.get(row["indicator"]).label, "period": period}
            for pk in plan.closing
            for row in tree.find(TARGET, "unit_id", pk)
            if (period := Period.parse(row["period"])).last_day >= plan.on
        ]
        if left:
            said = _("Targets of periods that are not over, at units that close.")
            plan.settle("targets", said, left, todo=_("Give targets to the units where the work goes on."))

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        number = sum(len(tree.find(TARGET, "unit_id", pk)) for pk in plan.closing)
        yield Counted("targets", _("Targets given to units that close"), number)
