"""What changed since a moment, in the order of commits, so that who follows never misses any.

Keys are given in another order than transactions end. Each context of the history therefore keeps the number of its
transaction, and only those are told whose number lies below that of every transaction still going on: nothing can come
before them any more. A transaction that takes long holds the telling up, never anything back.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope

SIGHT = {"unit": P.UNIT_VIEW, "member": P.MEMBER_VIEW, "meeting": P.MEETING_VIEW}  # what each kind is seen by
OF_MEMBERSHIP = "(select m.person_id from members_membership m where m.id = e.membership_id)"
# The histories that tell of each kind: of which table, and whose it is; the first is of the thing itself.
SOURCES: list[tuple[str, str, str]] = [
    ("unit", "organizations_unit", "e.id"),
    ("unit", "organizations_parentlink", "e.unit_id"),
    ("member", "members_person", "e.id"),
    ("member", "members_membership", "e.person_id"),
    ("member", "members_transfer", OF_MEMBERSHIP),
    ("member", "members_departure", OF_MEMBERSHIP),
    ("member", "members_exemption", OF_MEMBERSHIP),
    ("meeting", "meetings_meeting", "e.id"),
    ("meeting", "meetings_attendance", "e.meeting_id"),
    ("meeting", "meetings_score", "e.meeting_id"),
    ("meeting", "meetings_withdrawal", "e.meeting_id"),
]
# The events of each act are asked of the index, act by act: by all years together a join would read every event.
PART = """(
  select c.xid, {n}::bigint n, e.pgh_id::bigint pgh, '{kind}' kind, {whose}::bigint id,
    {first} and e.pgh_label = 'insert' made, c.moment
  from told c cross join lateral (select * from {table}event where pgh_context_id = c.id offset 0) e
  where (c.xid, {n}::bigint, e.pgh_id::bigint) > (%(xid)s::text::xid8, %(n)s::bigint, %(pgh)s::bigint)
  order by c.xid, e.pgh_id limit %(size)s
)"""
SINCE = """
with told as materialized (
  select id, xid, metadata->>'at' as moment from pghistory_context
  where xid >= %(xid)s::text::xid8 and xid < pg_snapshot_xmin(pg_current_snapshot())
  order by xid fetch first %(size)s rows with ties
), ends as (
  select pg_snapshot_xmin(pg_current_snapshot())::text horizon, pg_snapshot_xmax(pg_current_snapshot())::text coming,
    count(*) contexts, max(xid)::text last from told
)
select ends.*, f.xid::text, f.n, f.pgh, f.kind, f.id, f.made, f.moment from ends left join (
  select * from ({parts}) p order by xid, n, pgh limit %(size)s
) f on true order by f.xid, f.n, f.pgh
"""
LATER = 2**62  # than every transaction
PATTERN = r"^\d{1,19}\.\d{1,19}\.\d{1,19}\.[0-9a-f]{12}$"


@dataclass(frozen=True)
class Place:
    """Where someone stands who follows: after which event, with which rights they began."""

    xid: int
    n: int
    pgh: int
    sight: str

    def __str__(self) -> str:
        return f"{self.xid}.{self.n}.{self.pgh}.{self.sight}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The place a text names; None if it names none."""
        if not re.match(PATTERN, text):
            return None
        *numbers, sight = text.split(".")
        xid, n, pgh = map(int, numbers)
        return cls(xid, n, pgh, sight) if max(xid, n, pgh) < 2**63 else None


class Event(NamedTuple):
    """Something happened to a unit, member or meeting."""

    kind: str
    id: int
    made: bool
    at: datetime


@dataclass(frozen=True)
class Span:
    """Events from a place on, in order; where to go on, whether there is more by now."""

    events: list[Event]
    place: Place
    more: bool


class Ahead(Exception):
    """The place is of another database, or of a time before this one was brought back."""


def sight_of(rights: Rights) -> str:
    """A word that differs as soon as what someone sees by right does: at which units, by which permission."""
    scopes = [(kind, rights.scope(right)) for kind, right in SIGHT.items()]
    held = [(kind, sorted(map(_unit, s.subtrees)), sorted(map(_unit, s.units))) for kind, s in scopes]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:12]


def _unit(path: str) -> int:
    return int(path.split("/")[-2])


def since(place: Place | None, rights: Rights, size: int) -> Span:
    """What happened after a place, of the kinds that are seen; None: from now on. One query."""
    begun = place or Place(LATER, 0, 0, sight_of(rights))
    kinds = {kind for kind, right in SIGHT.items() if rights.scope(right)}
    firsts: set[str] = set()
    parts = []
    for n, (kind, table, whose) in enumerate(SOURCES):
        first = "false" if kind in firsts else "true"
        firsts.add(kind)
        if kind in kinds:
            parts.append(PART.format(n=n, kind=kind, whose=whose, table=table, first=first))
    nothing = (
        "select null::xid8 xid, 0::bigint n, 0::bigint pgh, '' kind, 0::bigint id, false made, '' moment where false"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            SINCE.replace("{parts}", " union all ".join(parts) or nothing),
            {"xid": str(begun.xid), "n": begun.n, "pgh": begun.pgh, "size": size},
        )
        rows: list[Any] = cursor.fetchall()
    horizon, coming, contexts, last = rows[0][:4]
    now = replace(begun, xid=int(horizon), n=0, pgh=0)
    if place is None:
        return Span([], now, False)
    if place.xid > int(coming):
        raise Ahead
    found = [row[4:] for row in rows if row[4] is not None]
    events = [Event(kind, pk, made, datetime.fromisoformat(at)) for _x, _n, _p, kind, pk, made, at in found if pk]
    if len(found) >= size:
        xid, n, pgh = found[-1][:3]
        return Span(events, replace(begun, xid=int(xid), n=n, pgh=pgh), True)
    if contexts >= size:
        return Span(events, replace(begun, xid=int(last) + 1, n=0, pgh=0), True)
    return Span(events, max(now, begun, key=lambda each: each.xid), False)


def was_in(scope: Scope, path: str) -> bool:
    """Whether a unit that once stood there lay then below a unit of a scope, wherever that stands now."""
    line = path.rstrip("/").split("/")
    return bool({str(_unit(each)) for each in scope.subtrees} & {*line}) or line[-1] in {
        str(_unit(each)) for each in scope.units
    }
