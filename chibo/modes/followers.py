"""What the ways of meeting say to acts on units and to merged people: they stay with the cell, and end with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded as _
from chibo.members import identity
from chibo.members.followers import cells_no_more
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Plan

REQUEST, GROUP, MEMBER = "modes_onlinerequest", "modes_partygroup", "modes_groupmember"
GROUPS = gettext_lazy("Party groups")


@following.follower
class Modes(following.Follower):
    """Requests and Party groups are of the cell that made them; what still holds as it closes is told."""

    order = 31
    watched: ClassVar[frozenset[str]] = frozenset()
    names: ClassVar = {
        REQUEST: (gettext_lazy("Requests to meet online"), f"select to_char(t.from_on, 'DD/MM/YYYY') from {REQUEST} t"),
        GROUP: (GROUPS, f"select t.name from {GROUP} t"),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        for table in (REQUEST, GROUP):
            tree.read(table, "unit_id", closing)

    def follow(self, tree: Tree, plan: Plan) -> None:
        asked, groups = [], []
        for pk in dict.fromkeys([*plan.closing, *cells_no_more(tree, plan)]):
            name = tree.get(UNIT, pk)["name"]
            rows = tree.find(REQUEST, "unit_id", pk)
            asked += [name for row in rows if row["state"] in ("waiting", "approved") and row["to_on"] > plan.on]
            groups += [
                _("%(unit)s, %(group)s") % {"unit": name, "group": row["name"]}
                for row in tree.find(GROUP, "unit_id", pk)
                if row["to_on"] is None or row["to_on"] > plan.on
            ]
        if asked:
            said = _("Requests to meet online, or approvals, would outlast the cell.")
            plan.settle("online", said, asked, todo=_("Take them back, or end them."))
        if groups:
            said = _("The cell has Party groups.")
            plan.settle("groups", said, groups, todo=_("Lay down Party groups where its members go."))


identity.follow("modes_away", "person_id", gettext_lazy("Requests to meet online"), once=("request_id",))
identity.follow(MEMBER, "person_id", GROUPS, once=("group_id",), span=("from_on", "to_on"))
