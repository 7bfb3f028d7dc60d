"""What records can answer about a meeting, each by a name that sheets use: what it means, how its value is told."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chibo.core.formats import number, percent

SHARE, YES, DAYS, MINUTES, TIMES, PEOPLE = "share", "yes", "days", "minutes", "times", "people"


@dataclass(frozen=True)
class Measure:
    """A question that records answer by a number: what it is called, and of which kind the number is."""

    name: Any
    kind: str

    def told(self, value: Fraction) -> str:
        """A value in words."""
        n = int(value)
        if self.kind == SHARE:
            return percent(value)
        if self.kind == YES:
            return _("yes") if value >= 1 else _("no")
        if self.kind == DAYS:
            return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}
        if self.kind == MINUTES:
            return _("%(n)s minutes") % {"n": number(value)}
        if self.kind == TIMES:
            return ngettext("%(n)s time", "%(n)s times", n) % {"n": n}
        return ngettext("%(n)s member", "%(n)s members", n) % {"n": n}


MEASURES: dict[str, Measure] = {
    "minutes": Measure(gettext_lazy("Duration"), MINUTES),
    "members": Measure(gettext_lazy("Members who must attend"), PEOPLE),
    "present": Measure(gettext_lazy("Present, of those who must attend"), SHARE),
    "absent": Measure(gettext_lazy("Absent without excuse"), PEOPLE),
    "excused_running": Measure(gettext_lazy("Excused running in the year, at most"), TIMES),
    "prepared": Measure(gettext_lazy("The committee met before"), YES),
    "thematic": Measure(gettext_lazy("A thematic meeting, or a topic"), YES),
    "notice_days": Measure(gettext_lazy("Notice given before"), DAYS),
    "papers_days": Measure(gettext_lazy("Papers sent before"), DAYS),
    "speakers": Measure(gettext_lazy("Spoke, of those present"), SHARE),
    "items_done": Measure(gettext_lazy("Items of the agenda dealt with"), SHARE),
    "minutes_complete": Measure(gettext_lazy("Minutes complete"), YES),
    "tasks_done": Measure(gettext_lazy("Tasks of the last resolution done"), SHARE),
    "final_days": Measure(gettext_lazy("Final papers after"), DAYS),
}
