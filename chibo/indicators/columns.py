"""Which columns figures are added up from, found by asking: nobody lists them, so nobody forgets one."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
from django.apps import apps

from chibo.indicators.adding import OWN, own_questions, shifts, standings
from chibo.indicators.tables import Tables

if TYPE_CHECKING:
    from ibis.expr.types import Table

Columns = dict[str, list[str]]  # of each table, those that are used
AS_WRITTEN = "statistics_propagation, empty_result_pullup, filter_pushdown"  # or empty tables would be left out
NAMED = re.compile(r'"(\w+_\w+)"')  # names of tables, and of some columns
WORDS = {
    "int64": "bigint",
    "string": "varchar",
    "timestamp('UTC', 6)": "timestamptz",
    "timestamp('UTC')": "timestamptz",
}


def _make(database: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    kinds = ((column, str(kind)) for column, kind in table.schema().items())
    columns = ", ".join(f'"{column}" {WORDS.get(kind.lstrip("!"), kind.lstrip("!"))}' for column, kind in kinds)
    database.execute(f'create table "{name}" ({columns})')


@functools.cache
def used(years: tuple[int, ...]) -> Columns:
    """The tables and columns that the indicators of these years and the tree are added up from, and no others.

    DuckDB lays out every question over empty tables; what it would read is what is used.
    """
    found: dict[str, set[str]] = {}
    models: dict[str, Any] = {model._meta.db_table: model for model in apps.get_models()}
    others = [str(ibis.to_sql(asked, dialect="duckdb")) for asked in (shifts(Tables(), {"": 0}), standings(Tables()))]
    with duckdb.connect() as database:
        database.execute(f"set disabled_optimizers = '{AS_WRITTEN}'")
        _make(database, "own", OWN)
        made: set[str] = {"own"}
        for question in (*own_questions("duckdb", years), *others):
            for name in sorted({*NAMED.findall(question)} & {*models} - made):
                _make(database, name, Tables()[models[name]])
                made.add(name)
            ((_kind, plan),) = database.execute(f"explain (format json) {question}").fetchall()
            _collect(json.loads(plan), found)
    found.pop("own")
    return {name: sorted(read or {str(models[name]._meta.pk.column)}) for name, read in sorted(found.items())}


def _collect(plan: Any, found: dict[str, set[str]]) -> None:
    """Add what the steps of a plan read to what was found."""
    for step in plan:
        told = step["extra_info"]
        if "Table" in told:
            read = told.get("Projections") or []
            found.setdefault(told["Table"].split(".")[-1], set()).update([read] if isinstance(read, str) else read)
        _collect(step["children"], found)
