"""What pages of restructurings show, and what the worker needs of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.http import Http404

from chibo.exchange.sheets import Row
from chibo.organizations.models import Act
from chibo.organizations.permissions import P
from chibo.organizations.planning import Asked
from chibo.organizations.scope import Rights, find_unit
from chibo.restructurings.models import Line, Place, Restructuring, Unsettled
from chibo.restructurings.rehearsing import NEW, depths_of
from chibo.restructurings.workbook import Group, groups


def seen_by(rights: Rights) -> QuerySet[Restructuring]:
    """Restructurings of units someone may restructure."""
    return Restructuring.objects.filter(rights.scope(P.RESTRUCTURE).q())


def find(rights: Rights, pk: int) -> Restructuring:
    """A restructuring; outside the units someone may see it is not found, inside without the right it is refused."""
    found = (
        Restructuring.objects.select_related("unit", "by", "done_by", "reversed_by").filter(pk=pk).first()
        if pk < 2**63
        else None
    )
    if found is None:
        raise Http404
    find_unit(rights, found.unit_id, P.RESTRUCTURE)
    return found


def verdict(row: Row) -> str:
    """The verdict on a row."""
    return "fault" if row.told else "sound" if row.sound else "waiting"


def runs(rows: Iterable[Row]) -> dict[str, list[list[int]]]:
    """Row numbers by verdict, neighbours as one run; a faulty row has its verdict among the faults."""
    found: dict[str, list[list[int]]] = {}
    for row in rows:
        of = found.setdefault(verdict(row), [])
        if of and of[-1][1] == row.number - 1:
            of[-1][1] = row.number
        else:
            of.append([row.number, row.number])
    return found


def kept_rows(restructuring: Restructuring) -> list[tuple[int, dict[str, str]]]:
    """Every row with its number, in order. One query."""
    return list(Line.objects.filter(restructuring=restructuring).order_by("number").values_list("number", "values"))


def founded(restructuring: Restructuring) -> list[tuple[str, str, int]]:
    """Units that rows found: code, name, number of the row. One query."""
    found = Line.objects.filter(restructuring=restructuring, values__act__in=list(NEW)).order_by("number")
    rows = found.values_list("number", "values")
    return [(values[NEW[values["act"]]], values.get("name", ""), number)
            for number, values in rows if values.get(NEW[values["act"]])]  # fmt: skip


def groups_of(restructuring: Restructuring) -> list[Group]:
    """The acts that rehearsed rows ask for, in their order. Two queries."""
    rows = kept_rows(restructuring)
    depths = depths_of(values["unit_code"] for _number, values in rows if values.get("act") == "dissolve")
    return groups(rows, restructuring.on, restructuring.decision, depths)


def acts_of(restructuring: Restructuring, size: int) -> list[Act]:
    """The acts it came to, in the order they were done. One query."""
    return list(Act.objects.filter(restructured__restructuring=restructuring).order_by("pk")[:size])


def kept_for(day: date) -> list[Asked]:
    """Acts of the restructurings to come until a day."""
    coming = Restructuring.objects.filter(status=Restructuring.Status.PLANNED, on__lte=day).order_by("on", "pk")
    return [group.asked for each in coming for group in groups_of(each)]


def lines(restructuring: Restructuring, which: str, after: int, size: int) -> list[Line]:
    """Rows, all or those of one verdict. One query."""
    found = Line.objects.filter(restructuring=restructuring, number__gt=after)
    if which in Line.Verdict.values:
        found = found.filter(verdict=which)
    return list(found.order_by("number")[:size])


def matters(restructuring: Restructuring) -> list[Any]:
    """What is left to settle, grouped, each with the first of its sort. Two queries."""
    found = Unsettled.objects.filter(restructuring=restructuring).values("code")
    grouped = list(found.annotate(first=Min("pk"), units=Count("pk"), records=Sum("count")).order_by("code"))
    first = Unsettled.objects.in_bulk([each["first"] for each in grouped])
    return [each | {"text": first[each["first"]].text_now, "todo": first[each["first"]].todo_now} for each in grouped]


def unsettled(restructuring: Restructuring, code: str, after: int, size: int) -> list[Unsettled]:
    """What is left to settle of one sort. One query."""
    found = Unsettled.objects.filter(restructuring=restructuring, code=code, pk__gt=after)
    return list(found.order_by("pk")[:size])


def places_below(restructuring: Restructuring, parents: Iterable[tuple[str, str]], size: int) -> list[Place]:
    """Units directly below several, each parent a side and a code; by name. One query."""
    of: dict[str, list[str]] = {}
    for side, code in parents:
        of.setdefault(side, []).append(code)
    any_of = Q(pk=None)
    for side, codes in of.items():
        any_of |= Q(side=side, parent_code__in=codes)
    found = Place.objects.filter(any_of, restructuring=restructuring)
    return list(found.order_by("side", "parent_code", "sort_key", "pk")[:size])


def places(restructuring: Restructuring, side: str, parent: str, after: list[Any] | None, size: int) -> list[Place]:
    """Units below one on one side, by name. One query."""
    found = Place.objects.filter(restructuring=restructuring, side=side, parent_code=parent)
    if after is not None:
        found = found.filter(Q(sort_key__gt=after[0]) | Q(sort_key=after[0], pk__gt=after[1]))
    return list(found.order_by("sort_key", "pk")[:size])
