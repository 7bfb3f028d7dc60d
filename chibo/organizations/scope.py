"""Scope answers both "may I?" and "which ones?", so that they can't disagree."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404

from chibo.core.spans import holding
from chibo.core.written import Written, as_sql
from chibo.exchange import exporting
from chibo.organizations import brought
from chibo.organizations.models import Grant, Source, Unit
from chibo.organizations.permissions import CONFIDENTIAL, P
from chibo.organizations.roles import NEVER_LENT, ROLES, Reach


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

    def holds(self, unit: Unit, reach: str) -> bool:
        """Whether all that a role at a unit reaches lies in it."""
        return unit.path.startswith(self.subtrees) or (reach == Reach.UNIT and self.covers(unit))

    def below(self, unit: Unit) -> Scope:
        """The part of it that lies in a unit and below. Said twice, the database would take it for two limits."""
        if unit.path.startswith(self.subtrees):
            return Scope((unit.path,))
        within = [tuple(each for each in paths if each.startswith(unit.path)) for paths in (self.subtrees, self.units)]
        return Scope(*within)

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


class Held(NamedTuple):
    """A role someone holds: at which unit, and how far it reaches there; by which grant, 0: by the records.

    `lender_id` is the user who lent it, 0: it is one's own.
    """

    role: str
    path: str
    unit_id: int
    unit_name: str
    reach: str
    grant_id: int
    lender_id: int = 0

    def reaches(self, permission: P) -> Reach | None:
        """How far it gives a permission; None if it does not. What is confidential is never held from above."""
        role = ROLES[self.role]
        if not self.path or permission not in role.permissions:
            return None
        near = Reach.UNIT in (self.reach, role.reach) or permission in CONFIDENTIAL
        return Reach.UNIT if near else Reach.SUBTREE


@dataclass(frozen=True)
class Rights:
    """What a user holds on a day: roles at units, as granted then."""

    held: tuple[Held, ...] = ()

    def scope(self, permission: P) -> Scope:
        """Where the user holds a permission."""
        at = [(each.reaches(permission), each.path) for each in self.held]
        return Scope(
            tuple(path for reach, path in at if reach == Reach.SUBTREE),
            tuple(path for reach, path in at if reach == Reach.UNIT),
        )

    def over_all(self, permission: P) -> bool:
        """Whether the user holds a permission from the root of the tree down."""
        return any(path.count("/") == 1 for path in self.scope(permission).subtrees)

    @property
    def homes(self) -> dict[int, str]:
        """The units the user has a desk for, by name: where work is done for committees first, then for cells.

        Of units with the same role the lowest is first.
        """
        order = list(ROLES)
        seen = sorted(
            (each for each in self.held if P.UNIT_VIEW in ROLES[each.role].permissions),
            key=lambda one: (order.index(one.role), -one.path.count("/")),
        )
        return {each.unit_id: each.unit_name for each in seen}

    @property
    def home(self) -> int | None:
        """The unit whose figures the user sees first."""
        return next(iter(self.homes), None)


@dataclass(frozen=True)
class Narrowed(Rights):
    """What a user holds on a day as far as a token, say, names it: some permissions, below one unit or everywhere."""

    permissions: frozenset[str] = frozenset()
    path: str = ""  # of the unit it reaches no further than; empty: everywhere

    def scope(self, permission: P) -> Scope:
        """Where the user holds a permission, if it is named, within the reach."""
        if permission not in self.permissions:
            return Scope()
        held = super().scope(permission)
        if not self.path:
            return held
        inside = [path for path in held.subtrees if path.startswith(self.path)]
        whole = [self.path] if self.path.startswith(held.subtrees) else inside
        return Scope(tuple(whole), tuple(path for path in held.units if path.startswith(self.path)))


def in_force(today: date) -> QuerySet[Grant]:
    """Grants by which somebody holds something that day, with their `reaching`; what the records bring is none.

    Who acts for another holds what that one holds by their own grant that day, there and no further: never what was
    lent to them in turn, nothing of someone who may not sign in, nothing once the other's own role has ended.
    """
    lender = Q(acting_for__role=F("role"), acting_for__unit=F("unit"), acting_for__acting_for=None)
    lender &= Q(acting_for__user__is_active=True) & ~Q(acting_for__user=F("user")) & ~Q(role__in=NEVER_LENT)
    lent = Q(source=Source.ACTING) & lender & holding(today, "acting_for__")
    lent &= brought.counts("acting_for__")
    near = When(acting_for__reach=Reach.UNIT, then=Value(str(Reach.UNIT)))
    own = Q(acting_for=None) & brought.counts()
    grants = Grant.objects.filter(holding(today), own | lent, user__is_active=True)
    return grants.annotate(
        reaching=Case(near, default=F("reach"), output_field=CharField()),
        lender=Coalesce("acting_for__user", 0),
    )


HELD = ("role", "unit__path", "unit_id", "unit__name", "reaching", "pk", "lender")


def rights_of(user: Any, today: date) -> Rights:
    """What the user holds that day, or as far as they are `narrowed`. One query."""
    if not user.is_authenticated or not user.is_active:
        return Rights()
    found = map(Held._make, _WHAT_IS_HELD.rows(user=user.pk, today=today))
    held = tuple(sorted(found, key=lambda one: (not one.grant_id, one.grant_id, one.unit_id)))
    limits = getattr(user, "narrowed_to", None)
    return Rights(held) if limits is None else Narrowed(held, *limits)


@exporting.narrowing
def narrowed(user: Any, limits: Mapping[str, Any]) -> Any:
    """The same user with no more rights than the permissions and the unit, if one is named, that limits say."""
    less, unit = copy.copy(user), limits["unit"]
    path = "" if unit is None else Unit.objects.values_list("path", flat=True).get(pk=unit)
    less.narrowed_to = (frozenset(limits["permissions"]), path)
    return less


def _what_is_held(*, user: int, today: date) -> tuple[str, tuple[Any, ...]]:
    """The question every page asks first."""
    granted = in_force(today).filter(user=user).order_by().values_list(*HELD)
    return as_sql(granted.union(*brought.held(user, today), all=True))


_WHAT_IS_HELD = Written(_what_is_held)


def reaching(unit: Unit, permissions: Iterable[P], today: date) -> list[Grant]:
    """The grants by which anybody holds one of the permissions at a unit that day, by the holder's name.

    Each is asked the question `rights_of` asks of all that one user holds, so nobody is left out and nobody added.
    What the records bring is among them, as grants with no key. Two queries.
    """
    line = in_force(today).filter(unit__in=[*unit.ancestor_ids, unit.pk])
    wanted = list(permissions)
    found = list(line.select_related("user", "unit", "acting_for__user"))
    for each in brought.as_grants(today, unit=unit):
        each.reaching = each.reach  # type: ignore[attr-defined]
        found.append(each)
    found.sort(key=lambda each: (each.user.sort_key, each.user_id, each.pk or 0))
    return [each for each in found if _gives(each, wanted, unit)]


def _gives(grant: Any, permissions: list[P], unit: Unit) -> bool:
    rights = Rights((Held(grant.role, grant.unit.path, grant.unit_id, grant.unit.name, grant.reaching, grant.pk),))
    return any(rights.scope(permission).covers(unit) for permission in permissions)


def scope_of(user: Any, permission: P, today: date) -> Scope:
    """Where the user holds one permission that day. One query."""
    return rights_of(user, today).scope(permission)


UNIT = [each.attname for each in Unit._meta.concrete_fields]
LINE = f"""
select {", ".join(f"u.{each.column}" for each in Unit._meta.concrete_fields)}, (
    select json_agg(json_build_array(n.from_on, n.name)) from organizations_unitname n where n.unit_id = u.id
)::text from organizations_unit me
join organizations_unit u on u.id = any(string_to_array(rtrim(me.path, '/'), '/')::bigint[])
where me.id = %s order by length(u.path)
"""
_LINE = Written(lambda *, unit: (LINE, (unit,)))


@exporting.roles
def roles_told(user: Any, on: date) -> list[str]:
    """What the user holds that day, each role in a text of its own: a file made with one is not given out without."""
    return [f"{each.role} {each.path} {each.reach}" for each in rights_of(user, on).held]


def find_unit(rights: Rights, pk: int, permission: P) -> tuple[Unit, list[Unit]]:
    """A unit in which the user holds a permission, and the units above it, the root first. One query.

    Outside what the user may see it is not found (404); inside it without the permission it is refused (403).
    """
    line = []
    for *said, names in _LINE.rows(unit=pk) if pk < 2**63 else []:
        line.append(Unit.from_db(DEFAULT_DB_ALIAS, UNIT, said))
        line[-1].names_since = names  # type: ignore[attr-defined]
    if not line or not rights.scope(P.UNIT_VIEW).covers(line[-1]):
        raise Http404
    if not rights.scope(permission).covers(line[-1]):
        raise PermissionDenied
    return line[-1], line[:-1]


RECORDERS = [str(code) for code, role in ROLES.items() if P.MEETING_RECORD in role.permissions]


def recorders_behind(by: Any, unit: Unit, today: date) -> list[int]:
    """The users behind what someone records of a cell: they themself, or also who lent them that role. One query."""
    if by is None:
        return []
    line = {*unit.ancestor_ids, unit.pk}
    lenders = {lender for at, lender in _LENDERS.rows(user=by.pk, today=today) if at in line}
    return sorted({by.pk} if None in lenders else {by.pk, *lenders})


def _lenders(*, user: int, today: date) -> tuple[str, tuple[Any, ...]]:
    """Where someone records meetings that day, and who lent them that, if somebody did."""
    held = Grant.objects.filter(holding(today), user=user, role__in=RECORDERS).order_by()
    return as_sql(held.values_list("unit_id", "acting_for__user_id"))


_LENDERS = Written(_lenders)
