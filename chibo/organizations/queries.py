"""The history of units: what they were called, of what kind, where they stood, what they came from and became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch

from chibo.core.spans import holding
from chibo.exchange.sheets import ask
from chibo.organizations.models import Act, ActUnit, Lineage, ParentLink, Unit, UnitKind, UnitName

MOST = 200  # steps of a genealogy that are told


@dataclass(frozen=True)
class Spells:
    """What held of a unit from when to when, the first since ever."""

    names: list[UnitName]
    kinds: list[UnitKind]
    parents: list[ParentLink]


def spells_of(unit: Unit) -> Spells:
    """The names, kinds and parents of a unit, the newest first. Three queries."""
    return Spells(
        list(UnitName.objects.filter(unit=unit).order_by("-from_on")),
        list(UnitKind.objects.filter(unit=unit).order_by("-from_on")),
        list(ParentLink.objects.filter(unit=unit).select_related("parent").order_by("-from_on")),
    )


def acts_of(unit: Unit, most: int = MOST) -> list[Act]:
    """The acts in which a unit took part, also those to come and taken back, the newest first. Two queries."""
    parts = Prefetch("parts", ActUnit.objects.order_by("part", "pk"))
    found = Act.objects.filter(parts__unit=unit).select_related("by", "reversed_by").prefetch_related(parts)
    return list(found.order_by("-on", "-pk").distinct()[:most])


@dataclass(frozen=True)
class Step:
    """A unit went into another, or another came out of it, by an act."""

    act: int
    kind: str
    on: date
    source: int
    source_name: str
    into: int
    into_name: str
    distance: int  # steps from the unit asked about: below 0 what it came from, above 0 what became of it


STEPS = """
with recursive edge as (
    select a.id as act, a.kind, a."on", f.unit_id as source, f.name as source_name,
           i.unit_id as target, i.name as target_name
    from organizations_act a
    join organizations_actunit f on f.act_id = a.id and f.part in ('from', 'subject')
    join organizations_actunit i on i.act_id = a.id and i.part = 'into'
    where a.status = 'done' and f.unit_id <> i.unit_id
), back as (
    select e.*, -1 as distance from edge e where e.target = %(unit)s
  union
    select e.*, b.distance - 1 from back b join edge e on e.target = b.source and e."on" <= b."on" where b.distance > -9
), forth as (
    select e.*, 1 as distance from edge e where e.source = %(unit)s
  union
    select e.*, b.distance + 1 from forth b join edge e on e.source = b.target and e."on" >= b."on" where b.distance < 9
)
select * from (select * from back union all select * from forth) found
order by abs(distance), "on", act, source, target limit %(most)s
"""


def genealogy(unit: Unit) -> list[Step]:
    """What a unit came from and what became of it, over as many acts as it took, the nearest first. One query."""
    return [Step(*row) for row in ask(STEPS, unit=unit.pk, most=MOST)]


@dataclass(frozen=True)
class Standing:
    """A unit as it stood on a day: under which units, called what, of what kind."""

    pk: int
    code: str
    name: str
    kind: str
    path: str

    @property
    def parent(self) -> int | None:
        """The unit directly above it that day."""
        above = self.path.split("/")[:-2]
        return int(above[-1]) if above else None


TREE = """
select u.id, u.code, n.name, k.kind, l.path
from organizations_lineage l
join organizations_unit u on u.id = l.unit_id and u.founded_on <= %(day)s
     and (u.closed_on is null or u.closed_on > %(day)s)
join organizations_unitname n on n.unit_id = u.id and n.from_on <= %(day)s and (n.to_on is null or n.to_on > %(day)s)
join organizations_unitkind k on k.unit_id = u.id and k.from_on <= %(day)s and (k.to_on is null or k.to_on > %(day)s)
     and k.kind <> ''
where l.path like %(below)s and l.from_on <= %(day)s and (l.to_on is null or l.to_on > %(day)s)
order by l.path
"""


def path_on(unit: Unit, day: date) -> str:
    """The path of a unit on a day. One query, by one index."""
    return Lineage.objects.values_list("path", flat=True).get(holding(day), unit=unit)


def tree_on(unit: Unit, day: date) -> list[Standing]:
    """A unit and all that stood open under it on a day, as they were then, each after the one above it. Two queries."""
    return [Standing(*row) for row in ask(TREE, day=day, below=path_on(unit, day) + "%")]
