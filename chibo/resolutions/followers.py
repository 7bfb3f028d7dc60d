"""How what came of meetings follows people whose records become one, and units that close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.members import identity
from chibo.members.followers import cells_no_more
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Plan

TASKS = gettext_lazy("Tasks of resolutions")
RESOLUTION, TASK = "resolutions_resolution", "resolutions_task"
STILL = ("open", "said")  # not done, or nobody has confirmed it


@following.follower
class Resolutions(following.Follower):
    """Resolutions and minutes stay with the unit that held the meeting; what it gave to do is to be settled."""

    order = 31
    watched: ClassVar[frozenset[str]] = frozenset()
    names: ClassVar = {
        RESOLUTION: (gettext_lazy("Resolutions"), "select t.code from resolutions_resolution t"),
        TASK: (TASKS, "select t.what from resolutions_task t"),
        "resolutions_minutes": (
            gettext_lazy("Minutes"),
            "select k.code from resolutions_minutes t join meetings_meeting k on k.id = t.meeting_id",
        ),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(RESOLUTION, "unit_id", closing)
        tree.read(TASK, "resolution_id", [row["id"] for pk in closing for row in tree.find(RESOLUTION, "unit_id", pk)])

    def follow(self, tree: Tree, plan: Plan) -> None:
        left = [
            worded("%(unit)s, %(resolution)s: %(what)s, %(day)s")
            % {
                "unit": tree.get(UNIT, pk)["name"],
                "resolution": row["code"],
                "what": task["what"],
                "day": task["due_on"],
            }
            for pk in dict.fromkeys([*plan.closing, *cells_no_more(tree, plan)])
            for row in tree.find(RESOLUTION, "unit_id", pk)
            for task in tree.find(TASK, "resolution_id", row["id"])
            if task["state"] in STILL
        ]
        if left:
            said = _("Tasks of its resolutions are not done, or nobody has confirmed them.")
            todo = _("Have them done before that day, or drop them and give them again where the members go.")
            plan.settle("tasks", said, left, todo=todo)


CHAIRED: Sequence[str] = ("chair_id", "secretary_id")
for column in CHAIRED:
    identity.follow("resolutions_minutes", column, gettext_lazy("Minutes they sign"))
identity.follow("resolutions_assignee", "person_id", TASKS, once=("task_id",))
