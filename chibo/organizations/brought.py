"""Roles that people have by what is recorded of them, without a grant: whoever is a member somewhere is one there.

An app above says which rows bring a role (`brings`); they are asked each time, so no role outlives its row. A grant of
such a role, given at a unit where the rows decide, gives nothing to whoever the rows speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Exists, IntegerField, Model, OuterRef, Q, QuerySet, Value, When

from chibo.accounts.models import User
from chibo.core.spans import holding
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.roles import ROLES, Reach, RoleCode

ROLE = RoleCode.MEMBER
BY_RECORD = "record"  # the source of what is no grant
OF_USER, OF_UNIT = ([field.attname for field in model._meta.concrete_fields] for model in (User, Unit))
Line = Callable[[str], Q]  # a condition on units, for the field that leads to the unit


class Rows(NamedTuple):
    """Rows with `from_on` and `to_on`, by which a user is a member at a unit; the fields that lead to either."""

    model: type[Model]
    user: str
    unit: str

    def on(self, day: date | None) -> QuerySet[Any]:
        """Those that hold on a day, or ever."""
        return self.model._default_manager.filter(holding(day) if day else Q()).order_by()


_rows: list[Rows] = []


def brings(model: type[Model], user: str, unit: str) -> None:
    """Let the rows of a model bring the role of a member to the user they lead to, at the unit they lead to."""
    _rows.append(Rows(model, user, unit))


def counts(prefix: str = "") -> Q:
    """Condition on grants: one of a member's role at a cell counts only for who is on record as nobody."""
    spoken = Q(**{f"{prefix}role": ROLE, f"{prefix}source": Source.GIVEN, f"{prefix}unit__kind__in": CELLS})
    return ~spoken | Q(**{f"{prefix}user__person": None})


def decides(user: Any, role: str, unit: Unit) -> bool:
    """Whether the records decide on this role of a user there, and no grant. One query, of that role alone."""
    return role == ROLE and unit.is_cell and User.objects.filter(pk=user.pk, person__isnull=False).exists()


def held(user: int, day: date) -> list[QuerySet[Any, Any]]:
    """What the records bring a user on a day, with the columns of `scope.HELD`; no query yet."""
    return [
        rows.on(day)
        .filter(**{rows.user: user})
        .values_list(
            Value(str(ROLE), CharField()), f"{rows.unit}__path", f"{rows.unit}_id", f"{rows.unit}__name",
            Value(str(Reach.UNIT), CharField()), Value(0, IntegerField()), Value(0, IntegerField()),
        )
        for rows in _rows
    ]  # fmt: skip


def here(line: Line, day: date | None) -> Q:
    """Condition on users: the records bring them a role at a unit of a line, on a day or ever."""
    found = Q(pk__in=[])
    for rows in _rows:
        found |= Q(Exists(rows.on(day).filter(line(rows.unit), **{rows.user: OuterRef("pk")})))
    return found


def as_grants(day: date, *, users: Iterable[int] | None = None, unit: Unit | None = None) -> list[Grant]:
    """What the records bring these users, or those who may sign in at a unit, as grants kept nowhere. One query."""
    asked = []
    for rows in _rows:
        found = rows.on(day).filter(**{f"{rows.user}__isnull": False})
        if users is not None:
            found = found.filter(**{f"{rows.user}__in": list(users)})
        if unit is not None:
            found = found.filter(**{rows.unit: unit.pk, f"{rows.user}__is_active": True})
        whole = [f"{lead}__{name}" for lead, names in ((rows.user, OF_USER), (rows.unit, OF_UNIT)) for name in names]
        asked.append(found.values_list("from_on", "to_on", *whole))
    told = asked[0].union(*asked[1:], all=True) if asked else []
    grants = [
        Grant(
            user=User.from_db("default", OF_USER, whole[: len(OF_USER)]), role=ROLE,
            unit=Unit.from_db("default", OF_UNIT, whole[len(OF_USER) :]), reach=ROLES[ROLE].reach,
            from_on=from_on, to_on=to_on, source=BY_RECORD,
        )
        for from_on, to_on, *whole in told
    ]  # fmt: skip
    return sorted(grants, key=lambda one: (one.from_on, one.unit_id, one.user_id))


def marked(grants: QuerySet[Grant]) -> QuerySet[Grant]:
    """Grants with `is_counting`: False where the records decide instead."""
    return grants.annotate(is_counting=Case(When(counts(), then=Value(True)), default=Value(False)))
