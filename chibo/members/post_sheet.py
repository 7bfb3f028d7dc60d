"""The sheet `posts`: who holds which post from when to when. Source: contracts of the roll, version 1."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _

from chibo.exchange.cells import Choice, Column, Day, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import Key, Record, Row, Sheet, ask, declare, number, settle, told, write_rows
from chibo.exchange.undoing import Undoing
from chibo.members import out
from chibo.members.models import ONE_AT_A_PLACE, ONE_AT_A_UNIT, PostKind
from chibo.members.sheets import MEMBERS, blame
from chibo.organizations.permissions import P
from chibo.organizations.sheets import UNITS, touched_units

POSTS = "posts"
FIND = """
select o.id, u.code, o.post, o.place, o.from_on, coalesce(p.code, ''), o.holder_name, o.to_on
from members_post o join organizations_unit u on u.id = o.unit_id left join members_person p on p.id = o.person_id
where u.id = any(%(units)s)
"""
AGAIN = """
select u.code, o.post, o.place, coalesce(p.code, ''), o.holder_name, o.from_on, o.to_on
from members_post o join organizations_unit u on u.id = o.unit_id left join members_person p on p.id = o.person_id
where o.id = any(%(ids)s)
"""
NOT_OPEN = """
select o.id, u.id from members_post o join organizations_unit u on u.id = o.unit_id
where (o.id = any(%(posts)s) or u.id = any(%(units)s)) and (o.from_on < u.founded_on or o.from_on >= u.closed_on)
"""
TWO_AT_ONCE = """
select a.id, b.id from members_post a join members_post b
  on b.unit_id = a.unit_id and b.post = a.post and (b.from_on, b.id) > (a.from_on, a.id)
  and b.from_on < coalesce(a.to_on, 'infinity')
  and (a.post = any(%(at_unit)s) or (a.post = any(%(at_place)s) and a.place = b.place))
where a.id = any(%(posts)s) or b.id = any(%(posts)s)
"""


@declare
class Posts(Sheet):
    """Posts, held by members or others; of some kinds one person at a time."""

    name = POSTS
    order = 13
    right = P.POST_VIEW
    out = out.POSTS
    tables = ("members_post",)
    derived: ClassVar = ("organizations_grant", "members_postrole", "members_postmark")
    key: ClassVar = ("unit_code", "post", "place", "from", "member_code")
    columns: ClassVar[tuple[Column, ...]] = (
        Reference("unit_code", required=True, to=UNITS),
        Choice("post", required=True, words=tuple(PostKind.values)),
        Text("place"),
        Reference("member_code", to=MEMBERS),
        Text("holder_name"),
        Day("from", required=True),
        Day("to"),
    )

    def identity(self, row: Row) -> Key:
        """The holder is the member or, where none is named, the name."""
        v = row.values
        holder = v.get("member_code") or "=" + v.get("holder_name", "")
        return v["unit_code"], v["post"], v.get("place", ""), v["from"], holder

    def is_identified(self, row: Row) -> bool:
        """Without a holder it is nobody's, and not the same as another one without."""
        return bool(row.values.get("member_code") or row.values.get("holder_name"))

    def match(self, load: Loading) -> None:
        known = {}
        units = [r.id for r in load.records[UNITS].values() if r.id] if load.rows.get(POSTS) else []
        for pk, unit, post, place, from_on, member, name, to_on in ask(FIND, units=units):
            key = (unit, post, place, from_on, member or "=" + name)
            known[key] = Record(key, {"holder_name": name, "to": to_on}, id=pk)
        for row in load.sound(POSTS):
            key = self.identity(row)
            values: dict[str, Any] = {name: row.values[name] for name in ("holder_name", "to") if name in row.values}
            record = known.get(key)
            nothing: dict[str, Any] = {"holder_name": "", "to": None}
            settle(row, record, key, values if record else nothing | values)
        load.records[POSTS] = {r.record.key: r.record for r in load.rows.get(POSTS, ()) if r.record}

    def check(self, load: Loading) -> None:
        for row in load.rows.get(POSTS, ()):
            values = row.record.values if row.record else row.values
            if row.record is not None:
                values["unit"] = load.refer(row, "unit_code", UNITS)
                values["member"] = load.refer(row, "member_code", MEMBERS)
            if not row.values.get("member_code") and not values.get("holder_name"):
                load.fault(POSTS, row, "holder_name", _("required where no member is named"))
            begins, ends = row.values.get("from"), values.get("to")
            if begins and ends and ends <= begins:
                load.fault(POSTS, row, "to", _("ends on or before the day it begins"))

    def write(self, load: Loading) -> None:
        records = []
        for row in load.sound(POSTS):
            record = row.record
            if record is None or not (record.is_new or record.is_changed):
                continue
            unit, member = record.values["unit"], record.values["member"]
            if unit is None or not unit.id or (member is not None and not member.id):
                row.sound = False
                continue
            records.append(record)
        number(records, "members_post")

        def line(record: Record) -> tuple[Any, ...]:
            v, (_unit, post, place, from_on, _holder) = record.values, record.key
            person = v["member"].id if v["member"] else None
            return (record.id, v["unit"].id, post, place, person, v["holder_name"], from_on, v["to"])

        columns = ["id", "unit_id", "post", "place", "person_id", "holder_name", "from_on", "to_on"]
        changed = (line(r) for r in records if r.is_changed)
        write_rows("members_post", columns, (line(r) for r in records if r.is_new), changed)

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return told(AGAIN, *names, ids=undoing.changed.get("members_post", []))

    def verify(self, load: Loading) -> None:
        by_id = {r.id: r for r in load.records[POSTS].values() if r.id}
        touched = [r.id for r in by_id.values() if r.sound and (r.is_new or r.is_changed)]
        for post, unit in ask(NOT_OPEN, posts=touched, units=touched_units(load)):
            blame(load, POSTS, by_id.get(post), "from", _("the unit is not open on the day the post begins"), unit)
        kinds = {"at_unit": list(ONE_AT_A_UNIT), "at_place": list(ONE_AT_A_PLACE)}
        for earlier, later in ask(TWO_AT_ONCE, posts=touched, **kinds):
            for pk in (later, earlier):
                record = by_id.get(pk)
                if record is not None and record.row is not None and (record.is_new or record.is_changed):
                    load.fault(POSTS, record.row, "from", _("someone else holds this post at the same time"))
                    break
