"""A step of a migration that puts a table into partitions by year, with all it has: rows, keys, indexes, triggers."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

from chibo.core import clock
from chibo.core.partitions import REFUSE, Yearly, guard, lay_years

KIND = """
select relkind, exists (select from pg_constraint where contype = 'f' and confrelid = c.oid)
from pg_class c where c.oid = %s::regclass
"""
HAS = "{0}::int[] @> array[(select attnum::int from pg_attribute where attrelid = {1} and attname = %s)]"
INDEXES = f"""
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisunique,
  {HAS.format("i.indkey", "i.indrelid")}
from pg_index i where i.indrelid = %s::regclass and not exists (select from pg_constraint c
  where c.conindid = i.indexrelid and c.conrelid = i.indrelid) order by 1
"""
RULES = f"""
select quote_ident(c.conname), c.contype, pg_get_constraintdef(c.oid), {HAS.format("c.conkey", "c.conrelid")}
from pg_constraint c where c.conrelid = %s::regclass and c.contype in ('p', 'u', 'f') order by 2 desc, 1
"""
TRIGGERS = """
select quote_ident(tgname), pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger') from pg_trigger
where tgrelid = %s::regclass and not tgisinternal order by tgname
"""
VIEWS = """
select distinct r.ev_class::regclass::text from pg_depend d join pg_rewrite r on r.oid = d.objid
where d.classid = 'pg_rewrite'::regclass and d.refobjid = %s::regclass and r.ev_class <> d.refobjid order by 1
"""
GRANTED = """
select a.privilege_type, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
  a.is_grantable
from pg_class c, aclexplode(c.relacl) a where c.oid = %s::regclass and a.grantee <> c.relowner
"""
NUMBERS = """
select quote_ident(attname), case attidentity when 'a' then 'always' else 'by default' end,
  pg_get_serial_sequence(%s, attname)
from pg_attribute where attrelid = %s::regclass and attidentity <> ''
"""


class DivideByYear(Operation):
    """Put a table into partitions by the year of a moment; what is there stays together as the first of them.

    No row is written again: each is looked at once, and their key is indexed anew. Backwards it does nothing: whatever
    was there before works with a table in partitions too, and forwards again finds it divided.
    """

    reversible = True
    reduces_to_sql = False

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Divide it."""
        with schema_editor.connection.cursor() as cursor:
            divide(cursor, Yearly(self.table, self.column), clock.real().year)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave it divided."""

    def describe(self) -> str:
        """What a list of migrations says of it."""
        return f"Put {self.table} into partitions by the year of {self.column}"


def divide(cursor: Any, yearly: Yearly, year: int) -> None:
    """Put a table into partitions, with a year and the next one laid; nothing if it is divided."""

    def ask(question: str, *given: str) -> list[Any]:
        cursor.execute(question, given)
        return list(cursor.fetchall())

    table, old, column = yearly.table, yearly.before, yearly.column
    ((kind, is_referred_to),) = ask(KIND, table)
    if kind == "p":
        return
    indexes, rules, triggers = ask(INDEXES, column, table), ask(RULES, column, table), ask(TRIGGERS, table)
    alone = [each[0] for each in indexes if each[2] and not each[3]] + [r[0] for r in rules if r[1] == "u" and not r[3]]
    if is_referred_to or alone:
        raise ValueError(f"{table} can't be divided by {column}: others refer to its key, or {alone} don't hold it.")
    if views := [view for (view,) in ask(VIEWS, table)]:
        raise ValueError(f"{table} can't be divided: {views} would show the years of before alone. Drop them first.")
    granted = ask(GRANTED, table)
    ((key, how, numbers),) = ask(NUMBERS, table, table)
    ((value, is_called),) = ask(f"select last_value, is_called from {numbers}")
    _put_aside(cursor, yearly, indexes, rules, triggers)
    cursor.execute(f"alter table {old} alter {key} drop identity")
    cursor.execute(
        f"create table {table} (like {old} including all excluding indexes excluding identity)"
        f" partition by range ({column})"
    )
    cursor.execute(f"alter table {table} alter {key} add generated {how} as identity (sequence name {numbers})")
    cursor.execute(f"select setval('{numbers}', %s, %s)", [value, is_called])
    for name, sort, said, has in rules:
        whole = said if sort != "p" or has else said.replace(")", f", {column})", 1)
        cursor.execute(f"alter table {table} add constraint {name} {whole}")
    for _name, made, *_ in indexes:
        cursor.execute(made)
    for name, made, said in triggers:
        cursor.execute(made)
        if said:  # by which the library of triggers knows its own
            cursor.execute(f"comment on trigger {name} on {table} is '{said}'")
    for right, role, is_grantable in granted:
        cursor.execute(f"grant {right} on {table} to {role}{' with grant option' if is_grantable else ''}")
    _attach(cursor, yearly, year)


def _put_aside(cursor: Any, yearly: Yearly, indexes: list[Any], rules: list[Any], triggers: list[Any]) -> None:
    """Give a table and what it has other names: theirs are those of the whole from then on."""
    old = yearly.before
    cursor.execute(f"alter table {yearly.table} rename to {old}")
    for name, *_ in triggers:
        cursor.execute(f"drop trigger {name} on {old}")
    for name, *_ in indexes:
        cursor.execute(f"alter index {name} rename to {_aside(name)}")
    for name, sort, *_ in rules:
        if sort == "p":  # with the column it is another one
            cursor.execute(f"alter table {old} drop constraint {name}")
        elif sort == "u":
            cursor.execute(f"alter table {old} rename constraint {name} to {_aside(name)}")


def _attach(cursor: Any, yearly: Yearly, year: int) -> None:
    """Attach what was there up to a year that begins after all of it; the rest; and the years from then on."""
    cursor.execute(f"select max({yearly.year}) from {yearly.before}")
    (last,) = cursor.fetchone()
    first = year if last is None else max(year, int(last) + 1)
    cursor.execute(REFUSE)
    cursor.execute(
        f"alter table {yearly.table} attach partition {yearly.before}"
        f" for values from (minvalue) to ({yearly.begins(first)})"
    )
    cursor.execute(f"create table {yearly.rest} partition of {yearly.table} default")
    for partition in (yearly.before, yearly.rest):
        guard(cursor, partition)
    lay_years(cursor, yearly, year)


def _aside(name: str) -> str:
    """Another name for an index, no longer than a name may be."""
    return f"{name[:56]}_before"
