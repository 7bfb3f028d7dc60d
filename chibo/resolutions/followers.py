"""How what came of meetings follows people whose records become one, and units that close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.members import identity
from chibo.organizations import following

TASKS = gettext_lazy("Tasks of resolutions")


@following.follower
class Resolutions(following.Follower):
    """Resolutions and minutes stay with the unit that held the meeting."""

    order = 31
    watched: ClassVar[frozenset[str]] = frozenset()
    names: ClassVar = {
        "resolutions_resolution": (gettext_lazy("Resolutions"), "select t.code from resolutions_resolution t"),
        "resolutions_task": (TASKS, "select t.what from resolutions_task t"),
        "resolutions_minutes": (
            gettext_lazy("Minutes"),
            "select k.code from resolutions_minutes t join meetings_meeting k on k.id = t.meeting_id",
        ),
    }


CHAIRED: Sequence[str] = ("chair_id", "secretary_id")
for column in CHAIRED:
    identity.follow("resolutions_minutes", column, gettext_lazy("Minutes they sign"))
identity.follow("resolutions_assignee", "person_id", TASKS, once=("task_id",))
