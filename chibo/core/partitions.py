"""Tables that grow by the year, each year in a partition of its own: its indexes stay as small as the year is.

A year that ended is not vacuumed or analyzed again for what the running one writes. A row of a year that is not laid
yet goes to the rest, and is moved in a night: no write ever fails for want of a partition.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

ONE_AT_A_TIME = 7264007  # the number of the lock of whoever lays partitions
PATIENCE = "2s"  # nobody waits behind us for longer; what could not be done is done in another night
GUARD = "through_its_table"  # a trigger of each partition, and its function
REFUSE = f"""
create or replace function {GUARD}() returns trigger language plpgsql as $$
begin
    raise exception 'A partition is written through its table.';
end
$$
"""
ONLY_PARENTS = 180000  # from this version on the whole can be analyzed without each part of it
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Yearly:
    """A table in partitions by the year of a moment: cut at midnight UTC, whatever the time zone of the pages is."""

    table: str
    column: str

    @property
    def before(self) -> str:
        """The partition of what was there before years were laid."""
        return f"{self.table}_before"

    @property
    def rest(self) -> str:
        """The partition of what has no year yet."""
        return f"{self.table}_rest"

    def of(self, year: int) -> str:
        """The partition of a year."""
        return f"{self.table}_{year:04}"

    def begins(self, year: int) -> str:
        """Where a year begins, in SQL."""
        return f"'{year:04}-01-01 00:00:00+00'"

    @property
    def year(self) -> str:
        """The year of a row, in SQL."""
        return f"extract(year from {self.column} at time zone 'UTC')"


every: dict[str, Yearly] = {}


def by_year(table: str, column: str) -> None:
    """Say that a table lies in partitions by the year of a moment; `dividing.DivideByYear` in a migration does it."""
    every[table] = Yearly(table, column)


def lay(*, at: datetime) -> list[str]:
    """Lay the running year and the next of every table, and the years of what lies in its rest, which is moved there.

    Says what was laid. Each table in a transaction of its own: what others hold for longer waits for another night. One
    that is not divided yet is left as it is.
    """
    laid: list[str] = []
    for yearly in every.values():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
                cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
                cursor.execute("select to_regclass(%s) is not null", [yearly.rest])
                if cursor.fetchone()[0]:
                    laid += lay_years(cursor, yearly, at.year)
        except DatabaseError as error:
            log.warning("No year could be laid of %s, it is tried again the next night: %s", yearly.table, error)
    return laid


def lay_years(cursor: Any, yearly: Yearly, year: int) -> list[str]:
    """Lay a year of a table, the next one and those of rows in its rest, unless they are; say which were laid."""
    cursor.execute(f"select distinct {yearly.year} from {yearly.rest}")
    wanted = {year, year + 1} | {int(found) for (found,) in cursor.fetchall()}
    first = _end_of_before(cursor, yearly)
    return [yearly.of(each) for each in sorted(wanted) if each >= first and _lay_one(cursor, yearly, each)]


def _end_of_before(cursor: Any, yearly: Yearly) -> int:
    """The first year that has a partition of its own; 0 where what was before has been taken away."""
    cursor.execute("select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true)")
    cursor.execute("select pg_get_expr(relpartbound, oid) from pg_class where oid = to_regclass(%s)", [yearly.before])
    said = cursor.fetchone()
    found = re.search(r"TO \('(\d+)-", said[0]) if said and said[0] else None
    return int(found[1]) if found else 0


def _lay_one(cursor: Any, yearly: Yearly, year: int) -> bool:
    """Lay one year unless it is: made aside, filled from the rest, and then attached, which takes a moment.

    Who writes meanwhile waits for the whole, and chooses a partition afterwards: who had chosen the rest would be
    refused, as from then on it takes that year no more.
    """
    table, new, rest, column = yearly.table, yearly.of(year), yearly.rest, yearly.column
    cursor.execute("select to_regclass(%s) is not null", [new])
    if cursor.fetchone()[0]:
        return False
    first, last = yearly.begins(year), yearly.begins(year + 1)
    cursor.execute(f"lock table {table} in share row exclusive mode")
    cursor.execute(f"create table {new} (like {table} including all excluding identity)")
    cursor.execute(f"lock table {rest} in access exclusive mode")
    cursor.execute(f"select exists (select from {rest} where {column} >= {first} and {column} < {last})")
    if cursor.fetchone()[0]:
        listed = ", ".join(_written(cursor, rest))
        cursor.execute(f"alter table {rest} disable trigger {GUARD}")
        cursor.execute(
            f"with gone as (delete from {rest} where {column} >= {first} and {column} < {last} returning {listed})"
            f" insert into {new} ({listed}) select {listed} from gone"
        )
        cursor.execute(f"alter table {rest} enable trigger {GUARD}")
    cursor.execute(f"alter table {table} attach partition {new} for values from ({first}) to ({last})")
    guard(cursor, new)
    return True


def _written(cursor: Any, table: str) -> list[str]:
    """The columns of a table but those that the database computes."""
    cursor.execute(
        "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attgenerated = '' order by attnum",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def guard(cursor: Any, partition: str) -> None:
    """Refuse what names a partition itself: the triggers of a statement are those of the table it names alone."""
    cursor.execute(
        f"create trigger {GUARD} before insert or update or delete or truncate on {partition}"
        f" for each statement execute function {GUARD}()"
    )


def gather() -> None:
    """Gather the statistics of each whole: by itself the database gathers those of partitions alone."""
    with connection.cursor() as cursor:
        only = "only" if cursor.connection.info.server_version >= ONLY_PARENTS else ""
        for table in every:
            cursor.execute(f"analyze {only} {table}")
