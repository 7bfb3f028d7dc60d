"""Confirmed registers counted a second time: unit by unit and quarter by quarter, from what was confirmed and when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.reference import last_day, quarters_of


def figures(period: str, today: date) -> dict[str, tuple[int, int]]:
    """Of each unit that has any at itself or below: quarters confirmed in time, and all that count by a day."""
    from chibo.organizations.models import Unit
    from chibo.registers.models import Confirmation, Deadline

    first = {(c.unit_id, c.ends_on): c.days for c in Confirmation.objects.order_by("-number")}
    rules = list(Deadline.objects.order_by("from_on"))
    sums: dict[str, tuple[int, int]] = {}
    for quarter in quarters_of(period):
        last = last_day(quarter)
        of_day = [rule.days for rule in rules if rule.from_on <= last and (rule.to_on is None or last < rule.to_on)]
        for unit in Unit.objects.order_by("pk"):
            days = first.get((unit.pk, last))
            if not of_day or unit.founded_on > last or (unit.closed_on and unit.closed_on <= last):
                continue
            if days is None and today <= last + timedelta(days=of_day[0]):
                continue
            for code in _line(unit, last):
                done, of = sums.get(code, (0, 0))
                sums[code] = (done + (days is not None and days <= of_day[0]), of + 1)
    return sums


def _line(unit: Any, day: date) -> list[str]:
    """A unit and all above it on a day, link by link."""
    found = [unit.code]
    links = [link for link in unit.parent_links.order_by("pk") if link.from_on <= day]
    above = [link for link in links if link.to_on is None or day < link.to_on]
    return found + (_line(above[0].parent, day) if above else [])
