"""The sheet `members`: the roll of members. Source: contracts of the roll, version 1.

A row speaks of one spell of membership: of the one that began on its day of joining, else of the person's newest. An
act on a membership belongs to the spell begun last before its day. So the file of an earlier spell, loaded again after
the person was admitted again, changes nothing; nor does it undo what an act or a case recorded since. Second spells
themselves come by procedure, not by workbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.formats import day
from chibo.core.text import name_sort_key, search_key
from chibo.exchange.cells import Choice, Column, Day, Reference, Text
from chibo.exchange.loading import Loading
from chibo.exchange.sheets import (
    PIECE,
    Record,
    Row,
    Sheet,
    array,
    array_of_texts,
    ask,
    ask_in_pieces,
    declare,
    fresh_numbers,
    number,
    settle,
    write_rows,
)
from chibo.exchange.undoing import Undoing
from chibo.members import again, identity, out, stays
from chibo.members.actions import restay
from chibo.members.models import Sex
from chibo.organizations.permissions import P
from chibo.organizations.sheets import NO_CELL_THEN, UNITS, no_cell, touched_units

MEMBERS, TRANSFERS, DEPARTURES = "members", "transfers", "departures"
OF_PERSON = ("full_name", "sex", "born_on", "ethnicity", "religion", "occupation", "education", "theory")
OF_MEMBERSHIP = ("joined_on", "official_on", "exempt_from")
FIND = """
select p.code, p.id, m.id, m.decided_on, c.code, m.joined_on, m.official_on, m.exempt_from,
       p.full_name, p.sex, p.born_on, p.ethnicity, p.religion, p.occupation, p.education, p.theory
from members_person p
left join members_membership m on m.person_id = p.id
left join organizations_unit c on c.id = m.cell_id
where p.code = any(%(codes)s) order by p.id, m.number
"""
# By which action each of these was changed last, after it was made; and until when an exemption that is over was.
BY_ACTS = """
with told as (
  select e.pgh_obj_id, e.pgh_id, c.metadata->>'action' as action, row_number() over w > 1 as later,
    e.official_on is distinct from lag(e.official_on) over w as official,
    e.exempt_from is distinct from lag(e.exempt_from) over w as exempt
  from members_membershipevent e join pghistory_context c on c.id = e.pgh_context_id
  where e.pgh_obj_id = any(%(ids)s) window w as (partition by e.pgh_obj_id order by e.pgh_id)
)
select pgh_obj_id,
  (array_agg(action order by pgh_id desc) filter (where later and official))[1],
  (array_agg(action order by pgh_id desc) filter (where later and exempt))[1],
  (select max(x.to_on) from members_exemption x where x.membership_id = pgh_obj_id)
from told group by pgh_obj_id
"""
BY_ACT = {
    "official_on": gettext_lazy("official since %(day)s, as recorded later: that stays"),
    "exempt_from": gettext_lazy("exempt since %(day)s, as recorded later: that stays"),
}
LOADING = "exchange."  # how the actions are called that load a workbook, and undo one
CLOSED_WHEN_JOINING = f"""
select m.id, c.id from members_membership m join organizations_unit c on c.id = m.cell_id
where (m.id = any(%(memberships)s) or c.id = any(%(units)s))
  and (m.joined_on < c.founded_on or m.joined_on >= c.closed_on or {NO_CELL_THEN.format(day="m.joined_on")})
"""


def touched_memberships(load: Loading, *, known: bool = False) -> str:
    """Ids of the memberships whose person, membership, transfers or departure the file makes or changes, as an array.

    `known`: only of those that were there before, whose other records may be outside the file. To be asked once they
    are written: it is remembered until another row is found faulty.
    """
    before = load.touched.get((MEMBERS, known))
    if before is not None and before[0] == load.changes:
        return before[1]
    found = set()
    for sheet in (MEMBERS, TRANSFERS, DEPARTURES):
        for row in load.rows.get(sheet, ()):
            record = row.record
            if record is not None and row.sound and (record.is_new or record.is_changed):
                member = record if sheet == MEMBERS else record.values["member"]
                if not (known and member.is_new):
                    found.add(spell_of(record))
    found.discard(0)
    load.touched[MEMBERS, known] = load.changes, array(sorted(found))
    return load.touched[MEMBERS, known][1]


def spell_of(record: Record) -> int:
    """The spell of membership that a row of `members` speaks of, or an act belongs to; 0 while it has no number."""
    values = record.values
    if "member" in values:
        return int(values.get("spell") or values["member"].values["membership"])
    return int(values["membership"])


def spells(member: Record) -> list[tuple[date, int]]:
    """The days on which the spells of a member begin, as the file would have them, with their numbers; in order."""
    own = (member.values["joined_on"], member.values["membership"])
    return sorted([own, *member.values.get("others", ())])


def spell_on(member: Record, on: date) -> int:
    """The spell to which an act of a day belongs: the one begun last before it, else the first. 0: the file's own."""
    if not member.values.get("others"):
        return int(member.values["membership"])
    begun = [pk for joined_on, pk in spells(member) if joined_on < on]
    return begun[-1] if begun else spells(member)[0][1]


@declare
class Members(Sheet):
    """Members: a person and the spell of membership."""

    name = MEMBERS
    order = 10
    tables = ("members_person", "members_membership")
    derived = ("members_stay", "members_temporarystay")
    right = P.MEMBER_VIEW
    out = out.MEMBERS
    key: ClassVar = ("member_code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("member_code", required=True),
        Text("full_name", required=True, stand_in="?"),
        Choice("sex", required=True, stand_in="m", words=tuple(Sex.values)),
        Day("born_on", required=True),
        Text("ethnicity", stand_in=""),
        Text("religion", stand_in=""),
        Reference("cell_code", required=True, to=UNITS, unfit=no_cell),
        Day("joined_on", required=True),
        Day("official_on", stand_in=None),
        Day("exempt_from", stand_in=None),
        Text("occupation", stand_in=""),
        Text("education", stand_in=""),
        Text("theory", stand_in=""),
    )

    def match(self, load: Loading) -> None:
        records = load.records[MEMBERS] = self._known(load)
        kept = self._kept(load, records)
        empty = {column.name: column.nothing for column in self.columns if not column.required} | {"membership": 0}
        for row in load.sound(MEMBERS):
            code = row.values["member_code"]
            known = records.get(code)
            if known is None:
                row.values = empty | row.values  # of a new record both are the same, so that there is one of them
                records[code] = settle(row, None, code, row.values)
                continue
            values = row.values
            if kept:
                values = {name: value for name, value in row.values.items() if (code, name) not in kept}
                for name in (each for each in row.values if each not in values):
                    load.warn(MEMBERS, row, name, kept[code, name])
            records[code] = settle(row, known, code, values)

    def _kept(self, load: Loading, records: Mapping[str, Record]) -> dict[tuple[str, str], str]:
        """What an act or a case said since, and the file does not know: it stays, with the words that say so.

        A file that leaves it empty does not know of it, nor one by which someone is exempt before they returned.
        Another day is a correction, an exemption from the day of return on another one: those are taken.
        """
        asked: dict[int, Row] = {}
        for row in load.sound(MEMBERS):
            known = records.get(row.values["member_code"])
            other = known and any(row.values.get(n, known.values[n]) != known.values[n] for n in BY_ACT)
            if known is not None and other and known.values["membership"]:
                asked[known.values["membership"]] = row
        kept: dict[tuple[str, str], str] = {}
        for pk, official, exempt, back_on in ask(BY_ACTS, ids=list(asked)) if asked else ():
            code = asked[pk].values["member_code"]
            for name, action in (("official_on", official), ("exempt_from", exempt)):
                said, known = asked[pk].values.get(name), records[code].values[name]
                if said == known or name not in asked[pk].values:
                    continue
                by_act = action is not None and not action.startswith(LOADING)
                is_over = name == "exempt_from" and said is not None and back_on is not None and said < back_on
                if known is not None and (is_over or (by_act and said is None)):
                    kept[code, name] = str(BY_ACT[name]) % {"day": day(known)}
                elif is_over:
                    said_so = _("not exempt since %(day)s, as recorded later: that stays")
                    kept[code, name] = said_so % {"day": day(back_on)}
        return kept

    def _known(self, load: Loading) -> dict[str, Record]:
        """Members by code, with the spell that the file speaks of; people of no spell only where the file has one."""
        records: dict[str, Record] = {}
        others: dict[str, list[tuple[date, int]]] = {}
        wanted = load.wanted(MEMBERS)
        ask_for = ask_in_pieces if len(wanted) > PIECE else ask
        asked: dict[str, Row] | None = None
        for code, person, membership, decided_on, cell, joined_on, official_on, exempt_from, *rest in ask_for(
            FIND, codes=array_of_texts(wanted)
        ):
            if asked is None:
                asked = {row.values["member_code"]: row for row in load.sound(MEMBERS)}
            row = asked.get(code)
            if membership is None and row is None:
                continue
            before = records.get(code)
            if before is not None and row is not None and row.values["joined_on"] == before.values["joined_on"]:
                others.setdefault(code, []).append((joined_on, membership))
                continue
            if before is not None:
                told = (before.values["joined_on"], before.values["membership"])
                others.setdefault(code, []).append(told)
            values: dict[str, Any] = dict(zip(OF_PERSON, rest, strict=True))
            values |= {"member_code": code, "cell_code": cell, "membership": membership or 0}
            values |= {"joined_on": joined_on, "official_on": official_on, "exempt_from": exempt_from}
            values["decided_on"] = decided_on
            if row is not None and all(values[name] == value for name, value in row.values.items()):
                values = row.values = values | row.values  # nothing changes: there is one of each value, and of both
            records[code] = Record(code, values, id=person)
        for code, spells_of in others.items():
            records[code].values["others"] = spells_of
        return records

    def check(self, load: Loading) -> None:
        identity.refuse_former(load, MEMBERS)
        for row in load.rows.get(MEMBERS, ()):
            load.refer(row, "cell_code", UNITS)
            values = row.record.values if row.record else row.values
            born, joined, official = (values.get(name) for name in ("born_on", "joined_on", "official_on"))
            if born and joined and born >= joined:
                load.fault(MEMBERS, row, "born_on", _("born on or after the day of joining"))
            if official and joined and official < joined:
                column = "official_on" if load.has(MEMBERS, "official_on") else "joined_on"
                load.fault(MEMBERS, row, column, _("official before joining"))
            if row.record and joined and (decided := row.record.values.get("decided_on")) and joined < decided:
                load.fault(MEMBERS, row, "joined_on", _("joined before the day of the decision to admit"))

    def instead(self, key: str) -> str:
        return identity.instead(key)

    def write(self, load: Loading) -> None:
        units = load.records[UNITS]
        records = [r for r in (row.record for row in load.sound(MEMBERS)) if r and (r.is_new or r.is_changed)]
        for record in [r for r in records if not units[r.values["cell_code"]].id]:
            if record.row is not None:
                record.row.sound = False
            records.remove(record)
        if not records:
            return
        number(records, "members_person")
        fresh = [r for r in records if not r.values["membership"]]  # also of people known who were no members
        for record, pk in zip(fresh, fresh_numbers("members_membership", len(fresh)), strict=True):
            record.values["membership"] = pk
        columns = ["id", "code", *OF_PERSON, "sort_key", "search_key"]
        new, changed = [r for r in records if r.is_new], [r for r in records if r.is_changed]
        write_rows("members_person", columns, map(_person, new), map(_person, changed))

        def spell(record: Record) -> tuple[Any, ...]:
            v = record.values
            return (v["membership"], record.id, units[v["cell_code"]].id, *(v[name] for name in OF_MEMBERSHIP))

        columns = ["id", "person_id", "cell_id", *OF_MEMBERSHIP]
        made = set(map(id, fresh))
        kept = [r for r in changed if id(r) not in made]
        write_rows("members_membership", columns, map(spell, fresh), map(spell, kept))
        if several := [r.id for r in kept if r.values.get("others")]:
            stays.renumber(several)

    def verify(self, load: Loading) -> None:
        touched = {"memberships": touched_memberships(load), "units": array(touched_units(load))}
        found = ask(CLOSED_WHEN_JOINING, **touched)
        by_membership = by_spell(load) if found else {}
        for membership, cell in found:
            member = by_membership.get(membership)
            blame(load, MEMBERS, member, "joined_on", _("the cell was not open on the day of joining"), cell)

    def warn(self, load: Loading) -> None:
        identity.warn_of_doubles(load, MEMBERS)

    def forget(self, table: str, ids: list[int]) -> None:
        if table == "members_membership":
            stays.forget(ids)

    def derive(self, undoing: Undoing) -> None:
        restay(again.around(undoing))

    def again(self, undoing: Undoing) -> list[dict[str, Any]]:
        return again.members(undoing, [column.name for column in self.columns])


def by_spell(load: Loading) -> dict[int, Record]:
    """Members by each of their spells of membership."""
    members = load.records[MEMBERS].values()
    return {pk: member for member in members for pk in (member.values["membership"], *_others(member))}


def _others(member: Record) -> list[int]:
    return [pk for _joined_on, pk in member.values.get("others", ())]


def _person(record: Record) -> tuple[Any, ...]:
    v = record.values
    name = v["full_name"]
    return (record.id, v["member_code"], *(v[n] for n in OF_PERSON), name_sort_key(name), search_key(name))


def blame(load: Loading, sheet: str, record: Record | None, column: str, reason: str, unit: int) -> None:
    """Tell a fault of the record's row, or where the file has none, of the row of the unit that changed around it."""
    told = _("something recorded already would lie where the unit is not open: %(what)s") % {"what": reason}
    if record is not None and record.row is not None:
        load.fault(sheet, record.row, column, reason)
        return
    for other in load.records[UNITS].values():
        if other.id == unit and other.row is not None:
            load.fault(UNITS, other.row, "closed_on" if load.has(UNITS, "closed_on") else "founded_on", told)
            return
    load.fault_of_file(told)


def tainted_members(load: Loading) -> set[str]:
    """Codes of members of whom a row has a fault: where they were is not certain."""
    return {
        row.values.get("member_code", "")
        for sheet in (MEMBERS, TRANSFERS, DEPARTURES)
        for row in load.rows.get(sheet, ())
        if not row.sound
    }
