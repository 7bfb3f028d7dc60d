"""Checks of the tree: where units stand, what they are called, who holds roles there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from chibo.integrity.registry import Record, Subject, Way, check, found
from chibo.organizations.kinds import CELLS, MAY_STAND_UNDER, Kind
from chibo.organizations.permissions import P

OPEN = "({0}.founded_on <= %(today)s and ({0}.closed_on is null or {0}.closed_on > %(today)s))"
CLOSED = "({0}.closed_on is not null and {0}.closed_on <= %(today)s)"
STANDS = "({0}.from_on <= %(today)s and ({0}.to_on is null or {0}.to_on > %(today)s))"


def is_open(alias: str) -> str:
    """SQL: a unit is open today."""
    return OPEN.format(alias)


def is_closed(alias: str) -> str:
    """SQL: a unit is closed for good."""
    return CLOSED.format(alias)


def holds(alias: str) -> str:
    """SQL: a span of days `[from_on, to_on)` holds today."""
    return STANDS.format(alias)


UNDER = f"organizations_parentlink l on l.unit_id = u.id and {holds('l')}"
A_UNIT = found("u.id", "u.id", "u.code", "u.name")


@check(
    "units.open_under_closed",
    subject=Subject.UNITS,
    label=_("Open units under a closed one"),
    why=_("The committee that answers for them is no longer there, so nobody does."),
    mend=_("Move the unit under the committee that answers for it now, or close it."),
    way=Way.UNIT,
    shown=_("under %(said)s, closed on %(day)s"),
)
def open_under_closed() -> str:
    columns = found("u.id", "u.id", "u.code", "u.name", day="p.closed_on", said="p.name")
    return f"""
    select {columns} from organizations_unit u join {UNDER} join organizations_unit p on p.id = l.parent_id
    where {is_open("u")} and {is_closed("p")}
    """


@check(
    "units.kind_misplaced",
    subject=Subject.UNITS,
    label=_("Units of a kind that can't stand where they do"),
    why=_("Reports count units by kind and level: one in the wrong place is counted at the wrong level."),
    mend=_("Change the kind of the unit, or move it under a unit of the right kind."),
    way=Way.UNIT,
    shown=_("under %(said)s"),
)
def kind_misplaced() -> tuple[str, dict[str, Any]]:
    pairs = sorted((str(kind), str(above or "")) for kind, allowed in MAY_STAND_UNDER.items() for above in allowed)
    columns = found("u.id", "u.id", "u.code", "u.name", said="coalesce(p.name, '–')")
    sql = f"""
    select {columns} from organizations_unit u left join {UNDER} left join organizations_unit p on p.id = l.parent_id
    where {is_open("u")} and (u.kind, coalesce(p.kind, ''))
      not in (select * from unnest(%(kinds)s::text[], %(above)s::text[]))
    """
    return sql, {"kinds": [kind for kind, _above in pairs], "above": [above for _kind, above in pairs]}


@check(
    "units.loose",
    subject=Subject.UNITS,
    label=_("Units that stand under none"),
    why=_("The tree has one root. What hangs beside it is counted in no total."),
    mend=_("Tell who runs the program: a unit gets its first parent when it is entered."),
    way=Way.NONE,
    record=Record.OTHER,
)
def loose() -> str:
    """Of all that stand under none the one with most below it is the root; the others are found there."""
    columns = found("(select id from tops where place = 1)", "u.id", "u.code", "u.name")
    return f"""
    with tops as (
      select u.id, u.code, u.name, row_number() over (
        order by (select count(*) from organizations_parentlink b where b.parent_id = u.id) desc, u.id) as place
      from organizations_unit u where not exists (select from organizations_parentlink l where l.unit_id = u.id)
    )
    select {columns} from tops u where place > 1
    """


@check(
    "units.path_differs",
    subject=Subject.UNITS,
    label=_("Units kept in another place than they stand"),
    why=_("Who may see a unit is decided by the place kept for it."),
    mend=_("Tell who runs the program: the places have to be derived anew."),
    way=Way.NONE,
    record=Record.OTHER,
)
def path_differs() -> str:
    """Found at the parent, as who sees the unit itself is what is in doubt."""
    return f"""
    select {found("coalesce(p.id, u.id)", "u.id", "u.code", "u.name")} from organizations_unit u
    left join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
    left join organizations_unit p on p.id = l.parent_id
    where u.path <> coalesce(p.path, '') || u.id || '/'
    """


@check(
    "units.lineage_differs",
    subject=Subject.UNITS,
    label=_("Units whose place by days is not the one they stand in"),
    why=_("Figures of each month go up the tree by the place kept for that month."),
    mend=_("Tell who runs the program: the places have to be derived anew."),
    way=Way.NONE,
)
def lineage_differs() -> str:
    return f"""
    select {A_UNIT} from organizations_unit u
    left join organizations_lineage g on g.unit_id = u.id and g.to_on is null
    where g.path is distinct from u.path
    """


def _named_alike(same: str, differ: str) -> str:
    """Open units under one parent that are named alike, once for each name: found at the parent."""
    columns = found(
        "l.parent_id", "min(u.id)", "min(u.code)", "min(u.name)", n="count(*)",
        said="string_agg(u.name || ' (' || u.code || ')', ', ' order by u.name, u.code)",
    )  # fmt: skip
    return f"""
    select {columns} from organizations_unit u join {UNDER}
    where {is_open("u")} group by l.parent_id, {same} having {differ}
    """


@check(
    "units.same_name",
    subject=Subject.UNITS,
    label=_("Units of one name under one parent"),
    why=_("Nobody can tell them apart, so records end up at the wrong one."),
    mend=_("Rename one of them, or merge them if they are one unit entered twice."),
    way=Way.UNIT,
    shown=_("%(n)s units: %(said)s"),
)
def same_name() -> str:
    return _named_alike("lower(btrim(u.name))", "count(*) > 1")


@check(
    "units.same_name_but_accents",
    subject=Subject.UNITS,
    label=_("Names that differ only by accents under one parent"),
    why=_("It is often one unit entered twice, once with a slip of the pen."),
    mend=_("Correct the name in a workbook, or merge the units if they are one."),
    shown=_("%(n)s units: %(said)s"),
    is_doubt=True,
)
def same_name_but_accents() -> str:
    return _named_alike("btrim(u.search_key)", "count(distinct lower(btrim(u.name))) > 1")


COMMITTEES = f"('{Kind.GRASSROOTS_COMMITTEE.value}', '{Kind.SUB_COMMITTEE.value}')"
CELL_KINDS = ", ".join(f"'{kind.value}'" for kind in CELLS)


def _committees(having: str) -> str:
    """Open grassroots and sub-committees by the open units directly under them."""
    columns = found("u.id", "u.id", "u.code", "u.name", n="count(c.id)")
    return f"""
    select {columns} from organizations_unit u
    left join organizations_parentlink l on l.parent_id = u.id and {holds("l")}
    left join organizations_unit c on c.id = l.unit_id and {is_open("c")}
    where {is_open("u")} and u.kind in {COMMITTEES} group by u.id having {having}
    """


@check(
    "units.committee_without_cells",
    subject=Subject.UNITS,
    label=_("Committees without cells"),
    why=_("A grassroots committee is made of cells: without any it leads nobody."),
    mend=_("Enter its cells in a workbook, or close it."),
)
def committee_without_cells() -> str:
    return _committees("count(c.id) = 0")


@check(
    "units.committee_of_few_cells",
    subject=Subject.UNITS,
    label=_("Committees of too few cells"),
    why=_("So few cells may as well be one cell of grassroots rank."),
    mend=_("See whether its cells are all entered, or whether it should become a cell."),
    way=Way.UNIT,
    shown=_("cells: %(n)s"),
    is_doubt=True,
)
def committee_of_few_cells() -> str:
    return _committees("count(c.id) between 1 and %(committee_least_cells)s - 1")


@check(
    "units.without_setting",
    subject=Subject.UNITS,
    label=_("Cells whose setting is not known"),
    why=_("Figures by setting, and those of private enterprises, leave them out."),
    mend=_("Classify the cell, or enter its setting in a workbook."),
    way=Way.CLASSIFICATIONS,
    is_doubt=True,
)
def without_setting() -> str:
    return f"""
    select {A_UNIT} from organizations_unit u where u.kind in ({CELL_KINDS}) and u.setting = '' and {is_open("u")}
    """


A_USER = found(
    "g.unit_id", "w.id", "w.username", "coalesce(nullif(w.full_name, ''), w.username)",
    day="{day}", said="string_agg(g.role, ', ' order by g.role)",
)  # fmt: skip
HELD = f"""
from organizations_grant g join accounts_user w on w.id = g.user_id join organizations_unit u on u.id = g.unit_id
where {holds("g")}
"""


@check(
    "grants.at_closed",
    subject=Subject.USERS,
    label=_("Roles at closed units"),
    why=_("Someone still sees and may change the records of a unit that is no more."),
    mend=_("End the role, and give one at the unit that took over."),
    way=Way.USER,
    record=Record.USER,
    shown=_("closed on %(day)s"),
    right=P.USER_MANAGE,
    names=P.USER_MANAGE,
)
def grants_at_closed() -> str:
    return f"select {A_USER.format(day='min(u.closed_on)')} {HELD} and {is_closed('u')} group by g.unit_id, w.id"


@check(
    "grants.of_blocked",
    subject=Subject.USERS,
    label=_("Roles of blocked users"),
    why=_("Let in again one day, they would hold at once what they held then."),
    mend=_("End the role, or let the user in again."),
    way=Way.USER,
    record=Record.USER,
    right=P.USER_MANAGE,
    names=P.USER_MANAGE,
)
def grants_of_blocked() -> str:
    return f"select {A_USER.format(day='null::date')} {HELD} and not w.is_active group by g.unit_id, w.id"


@check(
    "users.not_seen",
    subject=Subject.USERS,
    label=_("Users who have not signed in for long"),
    why=_("An account that nobody uses is one that nobody watches."),
    mend=_("Ask whether it is still needed; block it if not."),
    way=Way.USER,
    record=Record.USER,
    shown=_("holds a role since %(day)s"),
    is_doubt=True,
    right=P.USER_MANAGE,
    names=P.USER_MANAGE,
)
def not_seen() -> str:
    long_ago = "%(today)s::date - %(sign_in_days)s::int"
    return f"""
    select {A_USER.format(day="min(g.from_on)")} {HELD} and w.is_active
      and coalesce(w.last_login::date, date '0001-01-01') < {long_ago}
    group by g.unit_id, w.id having min(g.from_on) < {long_ago}
    """
