"""Stays in cells, derived from admission, transfers and departure: who is counted where, who may attend where."""

from collections.abc import Iterable

from django.db import connection

from chibo.exchange.sheets import MANY

# One row an act that says where someone is from then on; the next one, or the departure, ends it.
OFFICIAL = """
select membership_id, cell_id, on_day as from_on,
       coalesce(lead(on_day) over acts, d.on) as to_on,
       case when lag(on_day) over acts is null then null else on_day end as prev_to
from (
    select id as membership_id, cell_id, joined_on as on_day from members_membership where id = any(%(ids)s)
    union all
    select membership_id, to_cell_id, t.on from members_transfer t
    where kind = 'official' and membership_id = any(%(ids)s)
) a left join members_departure d using (membership_id)
window acts as (partition by membership_id order by on_day)
"""
TEMPORARY = """
select membership_id, to_cell_id as cell_id, a.on as from_on, least(next_on, ended_on, d.on) as to_on
from (
    select *, lead(t.on) over (partition by membership_id order by t.on) as next_on
    from members_transfer t where membership_id = any(%(ids)s)
) a left join members_departure d using (membership_id)
where kind = 'temporary' and (ended_on is null or ended_on > a.on)
"""


def restay(membership_ids: Iterable[int] | str) -> None:
    """Derive the stays of these memberships anew; where nothing changed, nothing is written. Call it in an action.

    Of many the ids come as the text of an array.
    """
    ids = {"ids": membership_ids if isinstance(membership_ids, str) else list(membership_ids)}
    with connection.cursor() as cursor:
        for table, select, columns in (
            ("members_stay", OFFICIAL, "membership_id, cell_id, from_on, to_on, prev_to"),
            ("members_temporarystay", TEMPORARY, "membership_id, cell_id, from_on, to_on"),
        ):
            cursor.execute(f"create temporary table derived on commit drop as {select}", ids)
            others = columns.split(", ")[1:]  # compared by equality, the first lets both sides meet by hash
            same = "t.membership_id = d.membership_id" + "".join(
                f" and t.{c} is not distinct from d.{c}" for c in others
            )
            cursor.execute(
                f"delete from {table} t where membership_id = any(%(ids)s)"
                f" and not exists (select from derived d where {same})",
                ids,
            )
            cursor.execute(
                f"insert into {table} ({columns}) select {columns} from derived d"
                f" where not exists (select from {table} t where {same})"
            )
            written = cursor.rowcount
            cursor.execute("drop table derived")
            if written > MANY:
                cursor.execute(f"analyze {table}")


def renumber(person_ids: Iterable[int]) -> None:
    """Number the spells of these people in the order of their days, after one was moved. Call it in an action."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update members_membership m set number = s.place from (select id, row_number() over"
            " (partition by person_id order by joined_on, number, id) as place from members_membership"
            " where person_id = any(%s)) s where m.id = s.id and m.number <> s.place",
            [list(person_ids)],
        )


def forget(membership_ids: Iterable[int]) -> None:
    """Delete the stays of memberships that are about to go. Call it in an action."""
    with connection.cursor() as cursor:
        for table in ("members_stay", "members_temporarystay"):
            cursor.execute(f"delete from {table} where membership_id = any(%s)", [list(membership_ids)])


def of_transfers(transfer_ids: Iterable[int]) -> set[int]:
    """The memberships of these transfers."""
    with connection.cursor() as cursor:
        cursor.execute("select membership_id from members_transfer where id = any(%s)", [list(transfer_ids)])
        return {row[0] for row in cursor.fetchall()}
