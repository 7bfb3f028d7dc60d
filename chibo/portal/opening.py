"""The records behind figures of guidance: what each is called, and the page it opens to."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from chibo.core.asking import address
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.guidance.models import GuideCell, SupportPlan
from chibo.indicators.evidence import Row
from chibo.indicators.registry import Records
from chibo.members.models import Person
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

HEADS: dict[Records, str | Promise] = {
    Records.MEMBER: gettext_lazy("Member's code"),
    Records.UNIT: gettext_lazy("Unit's code"),
    Records.TASK: gettext_lazy("Resolution"),
    Records.TOPIC: gettext_lazy("Quarter"),
    Records.PLAN: gettext_lazy("Support plan"),
    Records.VISIT: gettext_lazy("Day"),
    Records.CROSS_VISIT: gettext_lazy("Day"),
}
WAYS = frozenset(HEADS)  # the kinds of records known here


def _parts(row: Row) -> tuple[str, str]:
    """What stands after the unit's code in a record: the first part, and the last."""
    rest = row.record[len(row.unit_code) + 1 :]
    first, _sign, last = rest.rpartition("/")
    return first, last


def _day(text: str) -> date | None:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(text)
    return None


def said(records: Records, row: Row) -> str:
    """A record as people call it: a plan and a visit by their day, a task by its resolution, all else by its code."""
    first, last = _parts(row)
    if records is Records.TASK:
        return first
    if records is Records.TOPIC:
        return period_name(Period.parse(first))
    if records in (Records.PLAN, Records.VISIT, Records.CROSS_VISIT):
        on = _day(last if records is Records.PLAN else first)
        return day(on) if on else row.record
    return row.record


def urls_of(rights: Rights, records: Records, rows: Sequence[Row]) -> dict[str, str]:
    """The pages of records, by record, as far as the reader may open them. One query at most."""
    seen = [row for row in rows if row.unit_name is not None]
    if records is Records.MEMBER:
        scope = rights.scope(P.MEMBER_VIEW)
        now = Person.objects.filter(
            scope.q("memberships__stays__cell"), code__in=[row.record for row in seen], memberships__stays__to_on=None
        )
        return {code: reverse("member", args=[pk]) for code, pk in now.order_by("pk").values_list("code", "pk")}
    if records is Records.UNIT:
        return {row.record: reverse("unit", args=[row.unit_id]) for row in seen}
    if records is Records.TASK:
        return {row.record: reverse("task", args=[int(_parts(row)[1])]) for row in seen}
    if records is Records.TOPIC:
        years = {row.record: row.day.year for row in seen}
        return {row.record: address(reverse("unit_year", args=[row.unit_id]), year=years[row.record]) for row in seen}
    if records is Records.VISIT:
        return {row.record: reverse("charge", args=[int(_parts(row)[1])]) for row in seen}
    if records is Records.PLAN:
        plans = SupportPlan.objects.filter(rights.scope(P.MEETING_VIEW).q("unit"), cell__in=[r.unit_id for r in seen])
        known: dict[tuple[int, date | None], int] = {
            (cell, on): pk for pk, cell, on in plans.order_by("pk").values_list("pk", "cell", "named_on")
        }
        found = {row.record: known.get((row.unit_id, _day(_parts(row)[1]))) for row in seen}
        return {record: reverse("support", args=[pk]) for record, pk in found.items() if pk}
    return _of_guides(rights, seen)


def _of_guides(rights: Rights, rows: Sequence[Row]) -> dict[str, str]:
    """The page of the committee that chose the guide cell of a cross-visit, in its year. One query."""
    asked = {row.record: int(_parts(row)[1]) for row in rows}
    found = GuideCell.objects.filter(rights.scope(P.MEETING_VIEW).q("guide_year__unit"), pk__in=asked.values())
    years = {pk: (unit, year) for pk, unit, year in found.order_by("pk").values_list(
        "pk", "guide_year__unit", "guide_year__year"
    )}  # fmt: skip
    return {
        record: address(reverse("unit_guides", args=[years[pk][0]]), year=years[pk][1])
        for record, pk in asked.items()
        if pk in years
    }
