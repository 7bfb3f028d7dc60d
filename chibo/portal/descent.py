"""The acts on a part of the tree, and a unit's descent: what it came from, what became of it, as lines that meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.urls import reverse

from chibo.organizations import rows
from chibo.organizations.models import Act, ActRow, ActUnit, Unit
from chibo.organizations.overlay import LINK, UNIT
from chibo.organizations.rows import Change
from chibo.organizations.scope import Scope
from chibo.portal import saying

WAITING = (Act.Status.PLANNED, Act.Status.FAILED)
DEPTH = 6  # acts back and forth
ACTS = 40  # of one descent
TALL = 44  # of the drawing of one act


def acts_under(unit: Unit, after: list[Any] | None, size: int, *, whole: bool) -> list[Any]:
    """Acts in which a unit, or with `whole` one below it, takes part: what waits first, then the newest. One query."""
    inside = Q(unit__path__startswith=unit.path) if whole else Q(unit=unit)
    rank = Case(When(status__in=WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())
    found: Any = Act.objects.filter(Exists(ActUnit.objects.filter(inside, act=OuterRef("pk")))).annotate(rank=rank)
    if after is not None:
        last, on, pk = after
        same = Q(on__lt=on) | Q(on=on, pk__lt=pk)
        found = found.filter(Q(rank__gt=last) | (Q(rank=last) & same))
    return list(found.order_by("rank", "-on", "-pk")[:size])


def waiting_under(unit: Unit) -> QuerySet[Act, Any]:
    """Acts on a unit and those below that failed or are to come, as ("act", status, day), the next first."""
    inside = ActUnit.objects.filter(unit__path__startswith=unit.path, act=OuterRef("pk"))
    found = Act.objects.filter(Exists(inside), status__in=WAITING).order_by("on", "pk")
    told = found.annotate(tag=Value("act", CharField()), two=Cast("on", CharField()))
    return told.values_list("tag", "status", "two")[:1000]


def unit_changes(act: Act) -> list[Change]:
    """What an act changed of units and where they stand. One query."""
    found = ActRow.objects.filter(act=act, table__in=(UNIT, LINK)).order_by("pk")
    return [
        Change(row.table, row.row, rows.table(row.table).typed(row.before), rows.table(row.table).typed(row.after))
        for row in found
    ]


MEMBERS = """
select count(*) from members_stay s join organizations_unit u on u.id = s.cell_id
where s.from_on <= %(day)s and (s.to_on is null or s.to_on > %(day)s)
  and u.path like any (array(select path || '%%' from organizations_unit where id = any(%(units)s)))
"""


def members_of(units: Sequence[int], today: date) -> int:
    """How many are members today of these units and those below them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, {"units": [pk for pk in units if pk > 0], "day": today})
        return int(cursor.fetchone()[0])


# Descent

LINE = """
with recursive line (act, unit, way, depth) as (
  select a.act_id, a.unit_id, case when a.part = 'into' then -1 else 1 end, 1
  from organizations_actunit a join organizations_act x on x.id = a.act_id and x.status = 'done'
  where a.unit_id = %(unit)s and a.part in ('from', 'into') and x.kind in ('merge', 'split')
  union
  select n.act_id, n.unit_id, l.way, l.depth + 1
  from line l
  join organizations_actunit m on m.act_id = l.act and m.part = case when l.way < 0 then 'from' else 'into' end
  join organizations_actunit n on n.unit_id = m.unit_id and n.act_id <> l.act
    and n.part = case when l.way < 0 then 'into' else 'from' end
  join organizations_act x on x.id = n.act_id and x.status = 'done' and x.kind in ('merge', 'split')
  where l.depth < %(depth)s
)
select distinct act from line limit %(acts)s
"""


@dataclass(frozen=True)
class Line:
    """A line of the drawing."""

    path: str


def _x(lane: int) -> int:
    return lane * 16 + 8


@dataclass
class Born:
    """A row of the descent: an act, who comes from where; and how the lines run past and into it."""

    act: Act
    text: str
    url: str
    froms: list[tuple[str, str, bool]] = field(default_factory=list)  # name, url, is it the unit of the page
    intos: list[tuple[str, str, bool]] = field(default_factory=list)
    above: list[int] = field(default_factory=list)  # lanes that come from above
    below: list[int] = field(default_factory=list)  # lanes that go on below
    through: list[int] = field(default_factory=list)  # lanes that run past
    meets: list[int] = field(default_factory=list)  # lanes that end here
    leaves: list[int] = field(default_factory=list)  # lanes that begin here
    at: int = 0  # the lane of the point

    @property
    def x(self) -> int:
        """Where the point is drawn."""
        return _x(self.at)

    @property
    def runs(self) -> list[int]:
        """Where lines go on down to the next row."""
        return [_x(lane) for lane in self.below]

    @property
    def knot(self) -> list[Line]:
        """The lines past the point, into it and out of it."""
        here = self.x
        lines = [Line(f"M{_x(lane)} 0V{TALL}") for lane in self.through]
        if self.at in self.above:
            lines.append(Line(f"M{here} 0V{TALL // 2}"))
        if self.at in self.below:
            lines.append(Line(f"M{here} {TALL // 2}V{TALL}"))
        half = TALL // 2
        for lane in self.meets:
            lines.append(Line(f"M{_x(lane)} 0C{_x(lane)} {half - 10} {here} {half - 14} {here} {half}"))
        for lane in self.leaves:
            lines.append(Line(f"M{here} {half}C{here} {half + 14} {_x(lane)} {half + 10} {_x(lane)} {TALL}"))
        return lines


@dataclass(frozen=True)
class Descent:
    """The acts by which a unit came to be and went on, the oldest first."""

    rows: Sequence[Born]
    lanes: int

    @property
    def width(self) -> int:
        """How wide the lines are, in parts of the drawing."""
        return max(1, self.lanes) * 16


def descent_of(unit: Unit, scope: Scope) -> Descent:
    """What a unit came from and what became of it, through merges and splits. Three queries at most."""
    with connection.cursor() as cursor:
        cursor.execute(LINE, {"unit": unit.pk, "depth": DEPTH, "acts": ACTS})
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return Descent([], 0)
    acts = list(Act.objects.filter(pk__in=ids).order_by("on", "done_at", "pk"))
    parts: dict[int, list[ActUnit]] = {act.pk: [] for act in acts}
    every = ActUnit.objects.filter(act__in=ids).order_by(F("part"), "pk").select_related("unit")
    for part in every:
        parts[part.act_id].append(part)
    found = [_row(act, parts[act.pk], unit, scope) for act in acts]
    return Descent(found, _lanes(found, acts, parts))


def _row(act: Act, parts: list[ActUnit], unit: Unit, scope: Scope) -> Born:
    def named(which: str) -> list[tuple[str, str, bool]]:
        said = []
        for part in parts:
            if part.part == which:
                inside = part.unit is not None and scope.covers(part.unit)
                url = reverse("unit", args=[part.unit_id]) if inside and part.unit_id != unit.pk else ""
                said.append((part.name if inside else part.code, url, part.unit_id == unit.pk))
        return said

    told: dict[str, list[str]] = {}
    for part in parts:
        inside = part.unit is None or scope.covers(part.unit)
        told.setdefault(part.part, []).append(part.name if inside else part.code)
    text = saying.sentence(act.kind, act.given, told)
    return Born(act, text, reverse("act", args=[act.pk]), named("from"), named("into"))


def _lanes(found: list[Born], acts: list[Act], parts: dict[int, list[ActUnit]]) -> int:
    """Give each unit a line of its own from its first act to its last; how many there are side by side."""
    of: dict[int | None, int] = {}
    most = 0

    def free() -> int:
        taken = set(of.values())
        return next(n for n in range(len(taken) + 1) if n not in taken)

    for row, act in zip(found, acts, strict=True):
        froms = [part.unit_id for part in parts[act.pk] if part.part == "from"]
        intos = [part.unit_id for part in parts[act.pk] if part.part == "into"]
        goes_on = act.kind == "merge" or not act.given.get("closes")
        before = dict(of)
        for pk in [*intos[:1], *froms] if act.kind == "merge" else froms:
            if pk not in of and not (act.kind == "merge" and pk in intos and "new" in act.given):
                of[pk] = free()  # it was there before anything is told of it
                before[pk] = of[pk]
        row.above = sorted(before.values())
        met = [of[pk] for pk in froms if pk in of]
        keeper = intos[0] if act.kind == "merge" else froms[0] if froms else None
        if act.kind == "merge":
            row.at = of.get(keeper, min(met, default=0))
            for pk in froms:
                of.pop(pk, None)
            of[keeper] = row.at
            row.meets = [lane for lane in met if lane != row.at]
        else:
            row.at = met[0] if met else free()
            if not goes_on:
                of.pop(keeper, None)
            for n, pk in enumerate(intos):
                of[pk] = row.at if n == 0 and not goes_on else free()
            row.leaves = [of[pk] for pk in intos if of[pk] != row.at]
        row.below = sorted(of.values())
        row.through = [lane for lane in row.above if lane in row.below and lane not in (row.at, *row.meets)]
        most = max(most, *row.above, *row.below, row.at)
    return most + 1
