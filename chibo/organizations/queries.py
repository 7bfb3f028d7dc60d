"""The tree of a past day: which units stood under one, called what, of what kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chibo.core.spans import holding
from chibo.exchange.sheets import ask
from chibo.organizations.models import Lineage, Unit


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


SUCCESSORS = """
with recursive line (unit) as (
  select %(unit)s::bigint
  union
  select n.unit_id from line l join organizations_unit c on c.id = l.unit and c.closed_on <= %(day)s
  join organizations_actunit a on a.unit_id = l.unit and a.part = 'from'
  join organizations_act x on x.id = a.act_id and x.status = 'done' and x.kind in ('merge', 'split') and x.on <= %(day)s
  join organizations_actunit n on n.act_id = x.id and n.part = 'into'
)
select u.id from line l join organizations_unit u on u.id = l.unit
where u.closed_on is null or u.closed_on > %(day)s limit 2
"""


def successor(unit: Unit, day: date) -> Unit | None:
    """The unit that came of one that is closed, by one act after the other; None of none, or several. Two queries."""
    found = ask(SUCCESSORS, unit=unit.pk, day=day)
    return Unit.objects.get(pk=found[0][0]) if len(found) == 1 else None
