"""What the pages of a unit's register share: who asks, which quarter, the ways from one to the next."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core import clock
from chibo.core.asking import address
from chibo.core.components import Link, Picker
from chibo.core.formats import period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.organizations.frame import of_unit
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of
from chibo.organizations.trees import named_on
from chibo.registers.roll import last_over


class Section:
    """A page of a unit's register as someone asked for it: 404 outside their units, 403 without the right."""

    def __init__(self, request: HttpRequest, pk: int, permission: P = P.MEMBER_VIEW) -> None:
        self.request = request
        self.now = clock.now()
        self.today: date = clock.today()
        self.rights: Rights = rights_of(request.user, self.today)
        self.unit: Unit
        self.above: list[Unit]
        self.unit, self.above = find_unit(self.rights, pk, permission)
        self.chosen = quarter_in(request.GET.get("period", ""))

    @property
    def over(self) -> Period:
        """The quarter asked for, if it has begun; the one over last otherwise."""
        if self.chosen is not None and self.chosen.first_day <= self.today:
            return self.chosen
        return last_over(self.today)

    def may(self, permission: P) -> bool:
        """Whether the reader has a right here."""
        return self.rights.scope(permission).covers(self.unit)

    def url(self, name: str, **query: Any) -> str:
        """A page of the register."""
        return address(reverse(name, args=[self.unit.pk]), **query)

    def context(self, name: str, quarter: Period | None = None, picker: Picker | None = None) -> dict[str, Any]:
        """What the frame of such a page is given; units as they were called when the quarter ended."""
        period = quarter or last_over(self.today)
        day = min(period.last_day, self.today)
        frame = of_unit(
            self.rights, named_on(self.unit, day), [named_on(each, day) for each in self.above], "unit_register",
            period, picker, is_chosen=self.chosen is not None,
        )  # fmt: skip
        asked = self.chosen or ""
        ways = [
            ("unit_register", _("Register"), {"period": asked}),
            ("register_quarter", _("Quarter"), {"period": asked}),
            ("register_differences", _("Differences"), {"period": asked}),
            ("unit_dues", _("Dues"), {}),
        ]
        return frame | {
            "ways": [Link(label=label, url=self.url(way, **query), current=way == name) for way, label, query in ways]
        }


def quarter_in(text: str) -> Period | None:
    """The quarter a text names; of a longer or shorter period the one in which it ends."""
    try:
        period = Period.parse(text)
    except NotAPeriod:
        return None
    return Period(period.year, "quarter", (period.last_month.month + 2) // 3)


def quarter_picker(section: Section, name: str, quarter: Period) -> Picker:
    """Ways to other quarters, none to one that has not begun."""

    def link(target: Period, label: str) -> Link:
        begun = target.first_day <= section.today and target.year >= 1900
        url = section.url(name, period=target) if begun else ""
        return Link(label=label, url=url, current=target == quarter, name=period_name(target))

    later = quarter.number == 4
    after = Period(quarter.year + 1, "quarter", 1) if later else Period(quarter.year, "quarter", quarter.number + 1)
    return Picker(
        now=period_name(quarter),
        grains=[],
        earlier=link(quarter.before, _("Earlier")),
        later=link(after, _("Later")),
        which=[link(Period(quarter.year, "quarter", n), str(n)) for n in (1, 2, 3, 4)],
    )
