"""Checks of members: whom a cell has, whether what is recorded of them can be."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.integrity.checks import CELL_KINDS, holds, is_closed, is_open
from chibo.integrity.registry import Check, Record, Subject, Text, Way, check, found
from chibo.organizations.kinds import Kind
from chibo.organizations.permissions import P

HERE = f"""
members_stay s on s.cell_id = u.id and {holds("s")}
"""
OFFICIAL = "m.official_on <= %(today)s"


def _size(code: str, having: str, *, label: Text, why: Text, mend: Text, way: Way, kinds: str = CELL_KINDS) -> Check:
    """A check of cells by how many official members they have."""

    def question() -> str:
        columns = found("u.id", "u.id", "u.code", "u.name", n=f"count(m.id) filter (where {OFFICIAL})")
        return f"""
        select {columns} from organizations_unit u left join {HERE}
        left join members_membership m on m.id = s.membership_id
        where {is_open("u")} and u.kind in ({kinds}) group by u.id
        having count(m.id) filter (where {OFFICIAL}) {having}
        """

    shown = _("official members: %(n)s")
    declare = check(code, subject=Subject.UNITS, label=label, why=why, mend=mend, way=way, shown=shown)
    return declare(question)


TOO_SMALL = _size(
    "cells.few_official",
    "< %(cell_least_official)s",
    label=_("Cells with too few official members"),
    why=_("A cell needs three official members to stand: with fewer it can't decide anything."),
    mend=_("Merge the cell with another one, or bring members in by a transfer."),
    way=Way.UNIT,
)
TOO_LARGE = _size(
    "cells.many_official",
    "> %(cell_most_official)s",
    label=_("Cells that have grown too large"),
    why=_("In so large a cell few ever speak, and it is led badly."),
    mend=_("Split the cell."),
    way=Way.UNIT,
)
COMMITTEE_DUE = _size(
    "cells.committee_due",
    ">= %(committee_from_official)s",
    label=_("Grassroots cells that are due to become a committee"),
    why=_("From so many official members on, a grassroots organization is a committee with cells."),
    mend=_("Change the kind of the unit to a grassroots committee, and found its cells."),
    way=Way.UNIT,
    kinds=f"'{Kind.GRASSROOTS_CELL.value}'",
)


@check(
    "units.closed_with_members",
    subject=Subject.UNITS,
    label=_("Closed units with members"),
    why=_("Their members belong nowhere: nobody invites them, nobody counts them rightly."),
    mend=_("Transfer the members to another cell, or correct the day the unit closed."),
    way=Way.MEMBERS,
    shown=_("members: %(n)s"),
)
def closed_with_members() -> str:
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name", n="count(*)")} from organizations_unit u join {HERE}
    where {is_closed("u")} group by u.id
    """


# Each spell with the cell where it is, or was last.
LAST = """
(select distinct on (membership_id) membership_id, cell_id, from_on, to_on
 from members_stay order by membership_id, from_on desc) s
"""
PEOPLE = f"members_membership m join members_person p on p.id = m.person_id join {LAST} on s.membership_id = m.id"
NEWEST = "not exists (select from members_membership n where n.person_id = m.person_id and n.number > m.number)"
NOW = """
members_stay s join members_membership m on m.id = s.membership_id join members_person p on p.id = m.person_id
"""


def _person(**more: str) -> str:
    return found("s.cell_id", "p.id", "p.code", "p.full_name", **more)


def _members(code: str, question: str, *, label: Text, why: Text, mend: Text, shown: Text, **more: object) -> Check:
    """A check that finds members, by name for those who may see members."""
    declare = check(
        code, subject=Subject.MEMBERS, label=label, why=why, mend=mend, shown=shown, record=Record.PERSON,
        names=P.MEMBER_VIEW, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return declare(lambda: question)


LONG_PROBATION = _members(
    "members.long_probation",
    f"""
    select {_person(day="m.joined_on")} from {NOW}
    where {holds("s")} and (m.official_on is null or m.official_on > %(today)s)
      and m.joined_on + make_interval(months => %(probation_months)s::int) < %(today)s
    """,
    label=_("Members on probation for too long"),
    why=_("After twelve months the cell has to decide whether someone becomes an official member."),
    mend=_("Enter the day they became official, or the departure, in a workbook."),
    shown=_("joined on %(day)s"),
)
TOO_YOUNG = _members(
    "members.too_young",
    f"""
    select {_person(day="p.born_on")} from {PEOPLE}
    where m.number = 1 and p.born_on + make_interval(years => %(joining_least_age)s::int) > m.joined_on
    """,
    label=_("Members who joined too young"),
    why=_("Either the day of birth or the day of joining is wrong."),
    mend=_("Correct the day in a workbook."),
    shown=_("born on %(day)s"),
)
TOO_OLD = _members(
    "members.too_old",
    f"""
    select {_person(day="p.born_on")} from {NOW}
    where {holds("s")} and p.born_on + make_interval(years => %(member_most_age)s::int) < %(today)s
    """,
    label=_("Members older than anybody is"),
    why=_("The day of birth is wrong, or nobody recorded that the member died."),
    mend=_("Correct the day of birth, or enter the departure, in a workbook."),
    shown=_("born on %(day)s"),
)
IN_NO_CELL = _members(
    "members.in_no_cell",
    f"""
    select {_person(day="s.to_on")} from {PEOPLE}
    where s.to_on <= %(today)s
      and not exists (select from members_departure d where d.membership_id = m.id and d.on <= %(today)s)
    """,
    label=_("Members of no cell"),
    why=_("They have not left and are counted nowhere."),
    mend=_("Enter the transfer or the departure in a workbook."),
    shown=_("since %(day)s"),
)
STAYS_DIFFER = _members(
    "members.stays_differ",
    f"""
    select {_person(day="m.joined_on")} from {PEOPLE}
    left join members_departure d on d.membership_id = m.id
    where s.to_on is distinct from d.on
      or m.joined_on is distinct from (select min(a.from_on) from members_stay a where a.membership_id = m.id)
      or s.cell_id <> coalesce((select t.to_cell_id from members_transfer t
        where t.membership_id = m.id and t.kind = 'official' order by t.on desc limit 1), m.cell_id)
    """,
    label=_("Members kept in another cell than their transfers say"),
    why=_("Where someone is counted is derived from joining, transfers and departure."),
    mend=_("Tell who runs the program: the places have to be derived anew."),
    shown=_("joined on %(day)s"),
    way=Way.NONE,
)
OUTSIDE_THE_CELL = _members(
    "members.before_the_cell",
    f"""
    select {found("s.cell_id", "p.id", "p.code", "p.full_name", day="min(s.from_on)")} from {NOW}
    join organizations_unit u on u.id = s.cell_id
    where s.from_on < u.founded_on group by s.cell_id, p.id
    """,
    label=_("Members in a cell before it was founded"),
    why=_("Either the day of founding or the day of joining is wrong."),
    mend=_("Correct the day in a workbook."),
    shown=_("there since %(day)s"),
)
OVERLAP = _members(
    "members.overlapping_spells",
    f"""
    select {found("b.cell_id", "p.id", "p.code", "p.full_name", day="min(b.from_on)")}
    from members_temporarystay a join members_temporarystay b on b.membership_id = a.membership_id
      and (b.from_on, b.id) > (a.from_on, a.id) and (a.to_on is null or a.to_on > b.from_on)
    join members_membership m on m.id = a.membership_id join members_person p on p.id = m.person_id
    group by b.cell_id, p.id
    """,
    label=_("Members at two cells for a time at once"),
    why=_("Nobody can be invited to two other cells on the same days."),
    mend=_("Correct the transfers in a workbook."),
    shown=_("from %(day)s"),
)


@check(
    "users.of_departed",
    subject=Subject.USERS,
    label=_("Users who have left the Party"),
    why=_("Someone who is no longer a member can still sign in."),
    mend=_("Block the user, or end the link to the record."),
    way=Way.USER,
    record=Record.USER,
    shown=_("left on %(day)s"),
    right=P.USER_MANAGE,
    names=P.USER_MANAGE,
)
def of_departed() -> str:
    columns = found("s.cell_id", "w.id", "w.username", "coalesce(nullif(w.full_name, ''), w.username)", day="d.on")
    return f"""
    select {columns} from {PEOPLE} join members_departure d on d.membership_id = m.id and d.on <= %(today)s
    join accounts_user w on w.id = p.user_id and w.is_active
    where not exists (
      select from members_membership n where n.person_id = p.id and n.number > m.number and n.joined_on <= %(today)s)
    """
