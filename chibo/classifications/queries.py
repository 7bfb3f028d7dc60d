"""Questions about classifications: the schemes there are, what a unit is and was, units by a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from chibo.classifications.models import Classified, Scheme, Value
from chibo.core.spans import holding
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

LISTED = 300  # values of a scheme; spells of a unit: more than anybody has


def schemes() -> list[Scheme]:
    """Every scheme with its values, by the order they came in. Two queries."""
    values = Value.objects.select_related("scheme").order_by("pk")
    return list(Scheme.objects.order_by("pk").prefetch_related(Prefetch("values", values)))


def values() -> list[Value]:
    """Every value of every scheme, to filter by. One query."""
    return list(Value.objects.select_related("scheme").order_by("scheme_id", "pk"))


def scheme_of(pk: int) -> Scheme | None:
    """A scheme with its values. Two queries."""
    values = Value.objects.select_related("scheme").order_by("pk")
    found = Scheme.objects.filter(pk=pk) if pk < 2**63 else Scheme.objects.none()
    return found.prefetch_related(Prefetch("values", values)).first()


def value_asked(text: str) -> Value | None:
    """The value of a number in a URL, if there is one. One query where the text is a number, else none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return Value.objects.select_related("scheme").filter(pk=int(text)).first()


def is_value(text: str) -> bool:
    """Whether a text is the number of a value that there is. One query at most."""
    return value_asked(text) is not None


def spells_of(unit: Unit) -> list[Classified]:
    """All spells of a unit, by scheme, the newest first. One query."""
    found = Classified.objects.filter(unit=unit).select_related("scheme", "value__scheme")
    return list(found.order_by("scheme_id", "-from_on")[:LISTED])


def now_of(unit: Unit, day: date) -> list[Classified]:
    """What a unit is classified as on a day, by scheme; its setting is left out. One query."""
    found = Classified.objects.filter(holding(day), unit=unit, value__isnull=False).exclude(scheme__code="setting")
    return list(found.select_related("scheme", "value__scheme").order_by("scheme_id"))


def now_in(units: Sequence[Unit], scheme: Scheme, day: date) -> dict[int, Classified]:
    """What units are in a scheme on a day. One query."""
    found = Classified.objects.filter(holding(day), unit__in=units, scheme=scheme, value__isnull=False)
    return {spell.unit_id: spell for spell in found.select_related("value__scheme").order_by("pk")}


def having(units: QuerySet[Unit], value: Value, day: date) -> QuerySet[Unit]:
    """Of some units those that have a value themselves on a day."""
    return units.filter(Exists(Classified.objects.filter(holding(day), unit=OuterRef("pk"), value=value)))


def counts_by_value(scheme: Scheme, scope: Scope, day: date) -> dict[int, int]:
    """How many units in scope have each value of a scheme on a day. One query."""
    found = Classified.objects.filter(holding(day), scope.q(), scheme=scheme, value__isnull=False)
    return dict(found.order_by("value").values_list("value").annotate(n=Count("pk")))


def without(units: QuerySet[Unit], scheme: Scheme, day: date) -> QuerySet[Unit]:
    """Of some units those that have no value of a scheme on a day."""
    has = Classified.objects.filter(holding(day), unit=OuterRef("pk"), scheme=scheme, value__isnull=False)
    return units.filter(~Exists(has))


def of_value(value: Value, path: str, day: str) -> tuple[str, dict[str, int]]:
    """SQL: the value that counts for a unit on a path on a day is this one; and its parameters."""
    condition = f"chibo_value_of({path}, %(of_scheme)s::bigint, {day}) = %(of_value)s::bigint"
    return condition, {"of_scheme": value.scheme_id, "of_value": value.pk}
