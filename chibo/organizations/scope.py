"""Scope answers both "may I?" and "which ones?", so that they can't disagree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from chibo.core.spans import holding
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES, Reach


@dataclass(frozen=True)
class Scope:
    """The parts of the tree where a user holds one permission: paths of whole subtrees, paths of single units."""

    subtrees: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.subtrees or self.units)

    def covers(self, unit: Unit) -> bool:
        """Whether a unit lies in it."""
        return unit.path in self.units or unit.path.startswith(self.subtrees)

    def q(self, field: str = "unit") -> Q:
        """The same as a condition on rows; `field` leads to the unit (empty: the rows are units)."""
        path = f"{field}__path" if field else "path"
        condition = Q(**{f"{path}__in": self.units})
        for subtree in self.subtrees:
            condition |= Q(**{f"{path}__startswith": subtree})
        return condition

    def sql(self, path: str) -> tuple[str, dict[str, Any]]:
        """The same as an SQL condition on a column that holds a unit's path of today, and its parameters."""
        patterns = [subtree + "%" for subtree in self.subtrees]
        condition = f"({path} = any(%(scope_units)s) or {path} like any(%(scope_subtrees)s))"
        return condition, {"scope_units": list(self.units), "scope_subtrees": patterns}


@dataclass(frozen=True)
class Rights:
    """What a user holds on a day: roles at the paths of units, as granted then."""

    held: tuple[tuple[str, str, int, str], ...] = ()  # role; path, id and name of the unit

    def scope(self, permission: P) -> Scope:
        """Where the user holds a permission."""
        at = [
            (ROLES[role].reach, path) for role, path, *_ in self.held if path and permission in ROLES[role].permissions
        ]
        return Scope(
            tuple(path for reach, path in at if reach == Reach.SUBTREE),
            tuple(path for reach, path in at if reach == Reach.UNIT),
        )

    def over_all(self, permission: P) -> bool:
        """Whether the user holds a permission from the root of the tree down."""
        return any(path.count("/") == 1 for path in self.scope(permission).subtrees)

    @property
    def homes(self) -> dict[int, str]:
        """The units the user has a desk for, by name: where work is done for committees first, then for cells."""
        order = list(ROLES)
        seen = sorted(
            (each for each in self.held if P.UNIT_VIEW in ROLES[each[0]].permissions),
            key=lambda one: order.index(one[0]),
        )
        return {unit: name for _role, _path, unit, name in seen}

    @property
    def home(self) -> int | None:
        """The unit whose figures the user sees first."""
        return next(iter(self.homes), None)


def rights_of(user: Any, today: date) -> Rights:
    """What the user holds that day. One query."""
    if not user.is_authenticated or not user.is_active:
        return Rights()
    grants = Grant.objects.filter(holding(today), user=user).order_by("pk")
    return Rights(tuple(grants.values_list("role", "unit__path", "unit_id", "unit__name")))


def scope_of(user: Any, permission: P, today: date) -> Scope:
    """Where the user holds one permission that day. One query."""
    return rights_of(user, today).scope(permission)


LINE = """
select u.*, (
    select json_agg(json_build_array(n.from_on, n.name)) from organizations_unitname n where n.unit_id = u.id
)::text as names_since from organizations_unit me
join organizations_unit u on u.id = any(string_to_array(rtrim(me.path, '/'), '/')::bigint[])
where me.id = %s order by length(u.path)
"""


def find_unit(rights: Rights, pk: int, permission: P) -> tuple[Unit, list[Unit]]:
    """A unit in which the user holds a permission, and the units above it, the root first. One query.

    Outside what the user may see it is not found (404); inside it without the permission it is refused (403).
    """
    line = list(Unit.objects.raw(LINE, [pk])) if pk < 2**63 else []
    if not line or not rights.scope(P.UNIT_VIEW).covers(line[-1]):
        raise Http404
    if not rights.scope(permission).covers(line[-1]):
        raise PermissionDenied
    return line[-1], line[:-1]
