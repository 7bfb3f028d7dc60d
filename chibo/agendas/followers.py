"""What notices say to acts on units: a meeting that was told of a cell that closes is to be cancelled by people."""

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

NOTICE, TOPIC, RHYTHM, HANDED = "agendas_notice", "agendas_topic", "agendas_rhythm", "agendas_handedtopic"


@following.follower
class Notices(following.Follower):
    """Notices, plans and days of meeting are of the unit that made them, and stay so."""

    order = 31
    names: ClassVar = {
        NOTICE: (gettext_lazy("Notices of meetings"), "select to_char(t.on, 'DD/MM/YYYY') from agendas_notice t"),
        TOPIC: (gettext_lazy("Topics of the year plan"), "select t.topic from agendas_topic t"),
        RHYTHM: (gettext_lazy("Days of meeting"), "select t.day::text from agendas_rhythm t"),
        HANDED: (gettext_lazy("Topics handed down"), "select t.topic from agendas_handedtopic t"),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(NOTICE, "unit_id", closing)

    def follow(self, tree: Tree, plan: Plan) -> None:
        told = []
        for pk in dict.fromkeys([*plan.closing, *cells_no_more(tree, plan)]):
            name = tree.get(UNIT, pk)["name"]
            told += [
                worded("%(unit)s, %(day)s") % {"unit": name, "day": row["on"]}
                for row in tree.find(NOTICE, "unit_id", pk)
                if row["status"] == "given" and row["on"] >= plan.on
            ]
        if told:
            said = _("Notices were given of meetings there on that day or after it.")
            plan.settle("notices", said, told, todo=_("Cancel these meetings, or choose a later day."))


identity.follow("agendas_reading", "person_id", gettext_lazy("Papers read"), once=("paper_id", "user_id"))
