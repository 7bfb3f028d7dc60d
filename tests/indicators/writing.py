"""Rows of a roll written to the database one at a time, in any order that their references allow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chibo.core.actions import action
from chibo.meetings.models import Attendance, Meeting, Score
from chibo.members.actions import restay
from chibo.members.models import Departure, Membership, Person, Post, Transfer
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from tests.reference import Roll, Row

KEYS = {
    "units": ("code",),
    "moves": ("unit_code", "on"),
    "members": ("member_code",),
    "transfers": ("member_code", "on"),
    "departures": ("member_code",),
    "again": ("member_code", "joined_on"),
    "posts": ("unit_code", "post", "place", "from", "member_code", "holder_name"),
    "meetings": ("meeting_code",),
    "attendance": ("meeting_code", "member_code"),
    "scores": ("meeting_code", "scored_by"),
}
Change = tuple[str, Row]  # a sheet and a row of it


def key_of(sheet: str, row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in KEYS[sheet])


def changes(roll: Roll) -> list[Change]:
    """All rows of a roll, each after what it refers to."""
    return [(sheet, row) for sheet in KEYS for row in roll.get(sheet, [])]


@action("tests.wrote")
def put(*, rows: Iterable[Change], by: Any, at: datetime) -> None:
    """Enter rows; one whose key is known corrects that record."""
    for sheet, row in rows:
        globals()[f"_put_{sheet}"](row, at)


@action("tests.removed")
def remove(*, rows: Iterable[Change], by: Any, at: datetime) -> None:
    """Delete the records of rows of all sheets but units, moves, members, and those admitted again."""
    for sheet, row in rows:
        record = globals()[f"_find_{sheet}"](row)
        record.delete()
        if sheet in ("transfers", "departures"):
            restay([record.membership_id])


def _set(record: Any, values: dict[str, Any]) -> None:
    """Save a record with these values, new or changed."""
    for name, value in values.items():
        setattr(record, name, value)
    record.save()


def _unit(code: str) -> Unit:
    return Unit.objects.get(code=code)


def _put_units(row: Row, at: datetime) -> None:
    unit = Unit.objects.filter(code=row["code"]).first() or Unit(code=row["code"], kind=row["kind"])
    unit.name, unit.setting = row["name"], row.get("setting") or ""
    unit.founded_on, unit.closed_on = row["founded_on"], row.get("closed_on")
    if unit.pk:
        unit.save()
    else:
        parent = _unit(row["parent_code"]) if row.get("parent_code") else None
        organizations.found(unit=unit, parent=parent, by=None, at=at)


def _put_moves(row: Row, at: datetime) -> None:
    unit, to = _unit(row["unit_code"]), _unit(row["to_code"])
    organizations.move(unit=unit, to=to, on=row["on"], decision="1-QĐ", by=None, at=at)


def _put_members(row: Row, at: datetime) -> None:
    person = Person.objects.filter(code=row["member_code"]).first() or Person(code=row["member_code"])
    values = {"full_name": row["full_name"], "sex": row["sex"], "born_on": row["born_on"]}
    _set(person, values | {"ethnicity": row.get("ethnicity") or ""})
    membership = Membership.objects.filter(person=person, number=1).first() or Membership(person=person)
    _set(membership, {"cell": _unit(row["cell_code"]), "joined_on": row["joined_on"]})
    restay([membership.pk])


def _put_again(row: Row, at: datetime) -> None:
    given = {"cell": _unit(row["cell_code"]), "joined_on": row["joined_on"]}
    membership = Membership.objects.create(person=Person.objects.get(code=row["member_code"]), number=2, **given)
    if row.get("left_on"):
        Departure.objects.create(membership=membership, on=row["left_on"], reason="resigned")
    restay([membership.pk])


def _membership(row: Row) -> Membership:
    """The spell to which an act belongs: the one begun last before it."""
    spells = Membership.objects.filter(person__code=row["member_code"]).order_by("number")
    return spells.filter(joined_on__lt=row["on"]).last() or spells[0]


def _find_transfers(row: Row) -> Transfer | None:
    return Transfer.objects.filter(membership=_membership(row), on=row["on"]).first()


def _put_transfers(row: Row, at: datetime) -> None:
    record = _find_transfers(row) or Transfer(membership=_membership(row), on=row["on"])
    _set(record, {"to_cell": _unit(row["to_cell_code"]), "kind": row["kind"]})
    restay([record.membership_id])


def _find_departures(row: Row) -> Departure | None:
    return Departure.objects.filter(membership=_membership(row)).first()


def _put_departures(row: Row, at: datetime) -> None:
    record = _find_departures(row) or Departure(membership=_membership(row))
    _set(record, {"on": row["on"], "reason": row["reason"]})
    restay([record.membership_id])


def _key_of_post(row: Row) -> dict[str, Any]:
    person = Person.objects.get(code=row["member_code"]) if row.get("member_code") else None
    key = {"unit": _unit(row["unit_code"]), "post": row["post"], "place": row.get("place") or "", "person": person}
    return key | {"from_on": row["from"], "holder_name": row.get("holder_name") or ""}


def _find_posts(row: Row) -> Post | None:
    return Post.objects.filter(**_key_of_post(row)).first()


def _put_posts(row: Row, at: datetime) -> None:
    _set(_find_posts(row) or Post(**_key_of_post(row)), {"to_on": row.get("to")})


def _find_meetings(row: Row) -> Meeting | None:
    return Meeting.objects.filter(code=row["meeting_code"]).first()


def _put_meetings(row: Row, at: datetime) -> None:
    values = {"unit": _unit(row["unit_code"]), "kind": row["kind"], "held_on": row["held_on"]}
    values["month"] = date.fromisoformat(row["period"] + "-01")
    _set(_find_meetings(row) or Meeting(code=row["meeting_code"]), values)


def _find_attendance(row: Row) -> Attendance | None:
    return Attendance.objects.filter(meeting=_find_meetings(row), person__code=row["member_code"]).first()


def _put_attendance(row: Row, at: datetime) -> None:
    person = Person.objects.get(code=row["member_code"])
    record = _find_attendance(row) or Attendance(meeting=_find_meetings(row), person=person)
    _set(record, {"state": row["state"]})


def _find_scores(row: Row) -> Score | None:
    return Score.objects.filter(meeting=_find_meetings(row), scored_by=row["scored_by"]).first()


def _put_scores(row: Row, at: datetime) -> None:
    record = _find_scores(row) or Score(meeting=_find_meetings(row), scored_by=row["scored_by"])
    values = {f"c{n}": Decimal(str(row[f"c{n}"])) for n in range(1, 9)}
    _set(record, values | {"scored_on": row["scored_on"]})
