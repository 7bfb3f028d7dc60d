"""Who votes at a step, as the records know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import count
from chibo.organizations.models import Unit
from chibo.procedures import registry
from chibo.procedures.flow import MEMBER, Step
from chibo.procedures.places import Lines


@dataclass(frozen=True)
class Voters:
    """Who votes at a step by the records: how many they are on a day, and how many they could be at most."""

    electorate: registry.Named
    unit: Unit

    @classmethod
    def of(cls, step: Step, lines: Lines) -> Voters | None:
        """Those of a step of a case; None if nobody votes there, or there is nowhere to vote."""
        if step.vote is None:
            return None
        unit = next((lines.find(party.at) for party in step.who if party.at != MEMBER), None)
        electorate = registry.electorates.get(step.vote.electorate)
        return cls(electorate, unit) if electorate is not None and unit is not None else None

    def on(self, day: date) -> int | None:
        found: int | None = self.electorate.function(self.unit, day)
        return found

    def check(self, summoned: int, day: date) -> None:
        """Denied if more were summoned than could vote that day; who sits on a committee may not all be recorded."""
        most = self.electorate.most(self.unit, day) if self.electorate.most else 0
        if most and summoned > most:
            raise Denied(_("By the records %(n)s at most could vote that day.") % {"n": count(most)})
