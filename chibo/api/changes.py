"""What changed since: by which a client keeps a copy in step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from django.db import connection
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from chibo.api.bearer import caller_of
from chibo.api.following import PATTERN, SIGHT, Ahead, Event, Place, sight_of, since, was_in
from chibo.api.members import places
from chibo.api.paging import answers
from chibo.api.problems import Refused
from chibo.api.queries import Caller
from chibo.meetings.models import Meeting
from chibo.members.models import Stay
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

router = Router(tags=["changes"])
Known = dict[int, tuple[str, str]]  # by id: the code, and the path of the unit it is of today


class ChangeOut(Schema):
    """Something that is not as it was."""

    kind: Literal["unit", "member", "meeting"]
    id: int
    code: str
    how: Literal["made", "changed", "gone"] = Field(
        description="Gone: it is no more, or the token sees it no longer. Of a unit: so is all below it."
    )
    at: datetime


class Changes(Schema):
    """What changed, each thing once; from where to ask the next time."""

    changes: list[ChangeOut]
    since: str = Field(description="Send this the next time.")
    more: bool = Field(description="There is more by now: ask again at once.")


ANEW = "Read the lists once more, then follow from the `since` that you are given without one."


@router.get(
    "/changes", response=answers(Changes, 410), operation_id="list_changes", summary="What changed since a moment"
)
def changes(
    request: HttpRequest,
    since_: Annotated[
        str | None, Query(None, alias="since", pattern=PATTERN, description="As the last answer gave it; without: now.")
    ],
    limit: Annotated[int, Query(500, ge=1, le=2000, description="How many events are looked through at most.")],
) -> Changes:
    """Units, members and meetings that changed, in the order in which it was written.

    To keep a copy: ask without `since`, read the lists, then ask again and again with the `since` you were given; read
    what was made or changed, drop what is gone. A unit that you did not have: read its members and meetings too. 410:
    what the token may see has changed, so begin anew.
    """
    caller = caller_of(request)
    place = Place.parse(since_) if since_ else None
    if since_ and place is None:
        raise Refused(422, faults=[("query.since", "Send what the last answer gave.")])
    if place is not None and place.sight != sight_of(caller.rights):
        raise Refused(410, f"What the token may see has changed. {ANEW}")
    try:
        span = since(place, caller.rights, limit)
    except Ahead:
        raise Refused(410, f"This is of another time. {ANEW}") from None
    return Changes(changes=told(caller, span.events), since=str(span.place), more=span.more)


def told(caller: Caller, events: list[Event]) -> list[ChangeOut]:
    """Events as they are told: each thing once, where it was last; what was never in sight is left out."""
    last: dict[tuple[str, int], Event] = {}
    for event in events:
        known = last.pop((event.kind, event.id), None)
        last[event.kind, event.id] = event._replace(made=event.made or (known is not None and known.made))
    found: dict[str, Known] = {}
    for kind, find in (("unit", _units), ("member", _members), ("meeting", _meetings)):
        ids = [pk for of, pk in last if of == kind]
        found[kind] = find(caller, ids) if ids else {}
    scopes = {kind: caller.rights.scope(right) for kind, right in SIGHT.items()}
    unseen = {
        kind: [pk for of, pk in last if of == kind and not _covers(scopes[kind], found[kind].get(pk))]
        for kind in scopes
    }
    gone = {kind: _once(statement, unseen[kind]) for kind, statement in ONCE.items()}
    changed = []
    for (kind, pk), event in last.items():
        if pk not in unseen[kind]:
            code, how = found[kind][pk][0], "made" if event.made else "changed"
        else:
            code, paths = gone[kind].get(pk, ("", set()))
            if not any(was_in(scopes[kind], path) for path in paths):
                continue
            how = "gone"
        changed.append(ChangeOut(kind=kind, id=pk, code=code, how=how, at=event.at))  # type: ignore[arg-type]
    return changed


def _covers(scope: Scope, known: tuple[str, str] | None) -> bool:
    return known is not None and (known[1] in scope.units or known[1].startswith(scope.subtrees))


def _units(caller: Caller, ids: list[int]) -> Known:
    rows = Unit.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "code", "path")
    return {pk: (code, path) for pk, code, path in rows}


def _members(caller: Caller, ids: list[int]) -> Known:
    names = ("membership__person_id", "membership__person__code", "cell__path")
    rows = Stay.objects.filter(places(caller.today), membership__person__in=ids).order_by("pk").values_list(*names)
    return {pk: (code, path) for pk, code, path in rows}


def _meetings(caller: Caller, ids: list[int]) -> Known:
    rows = Meeting.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "code", "unit__path")
    return {pk: (code, path) for pk, code, path in rows}


# What can't be seen today, with its code and every path it ever stood on, by the history: also of what is no more.

ONCE = {
    "unit": "select pgh_obj_id, code, array[path] from organizations_unitevent where pgh_obj_id = any(%s)",
    "member": """
select p.pgh_obj_id, p.code, array(
  select u.path from members_membershipevent m join organizations_unitevent u on u.pgh_obj_id = m.cell_id
  where m.person_id = p.pgh_obj_id
  union select u.path from members_stay s join members_membership m on m.id = s.membership_id
  join organizations_unitevent u on u.pgh_obj_id = s.cell_id where m.person_id = p.pgh_obj_id
  union select u.path from members_membershipevent m join members_transferevent t on t.membership_id = m.id
  join organizations_unitevent u on u.pgh_obj_id = t.to_cell_id where m.person_id = p.pgh_obj_id
) from members_personevent p where p.pgh_obj_id = any(%s)
""",
    "meeting": """
select m.pgh_obj_id, m.code, array(
  select distinct u.path from organizations_unitevent u where u.pgh_obj_id = m.unit_id
) from meetings_meetingevent m where m.pgh_obj_id = any(%s)
""",
}


def _once(statement: str, ids: Iterable[int]) -> dict[int, tuple[str, set[str]]]:
    found: dict[int, tuple[str, set[str]]] = {}
    if wanted := list(ids):
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} order by pgh_id", [wanted])
            for pk, code, paths in cursor.fetchall():
                found[pk] = (code, found.get(pk, ("", set()))[1] | set(paths))
    return found
