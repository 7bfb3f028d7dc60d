"""Rebuilding outside the database: DuckDB comes to the very numbers of PostgreSQL, whatever is written meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from hypothesis import HealthCheck, Phase, given, settings

from chibo.indicators import folding, rebuilding
from chibo.indicators.columns import used
from chibo.indicators.engines.duck import Duck
from chibo.indicators.models import Fold, Mark, Sum
from tests.indicators.comparing import kept
from tests.indicators.test_beside_writers import roll_at_first, writes
from tests.indicators.writing import changes, put
from tests.reference import Roll
from tests.rolls import rolls

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
SHAPE = """
select 'index', indexname::text, indexdef from pg_indexes where tablename like 'indicators\\_%'
union all
select 'column', attrelid::regclass::text || '.' || attname, concat(format_type(atttypid, atttypmod),
    attnotnull, attidentity)
from pg_attribute where attrelid::regclass::text like 'indicators\\_%' and attnum > 0
union all
select 'constraint', conrelid::regclass::text, concat(conname, contype) from pg_constraint
where conrelid::regclass::text like 'indicators\\_%'
union all
select 'other', relkind::text, relname::text from pg_class where relname like 'indicators\\_%'
order by 1, 2, 3
"""


def shape() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        return cursor.fetchall()


@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(roll=rolls())
def test_duckdb_comes_to_the_numbers_of_postgresql_on_any_roll(fresh: Any, roll: Roll) -> None:
    fresh()
    put(rows=changes(roll), by=None, at=AT)
    folding.rebuild(by=None, at=AT)
    by_postgres, as_made = kept(), shape()
    for _time in range(2):
        rebuilding.rebuild(by=None, at=AT)
        assert kept() == by_postgres
        assert shape() == as_made  # the tables put in place are like those that migrations made
    assert not Mark.objects.exists()
    assert Fold.objects.latest("pk").way == Fold.Way.DUCKDB


def test_what_is_written_during_a_rebuild_is_folded_afterwards(fresh: Any) -> None:
    fresh()
    roll = roll_at_first()
    put(rows=changes(roll), by=None, at=AT)
    acts = iter([act for writer in range(3) for act in writes(roll, writer)])

    class Beside(Duck):
        """An engine during whose work others write, by connections of their own."""

        def keep_own(self, years: tuple[int, ...]) -> None:
            super().keep_own(years)
            write_beside([next(acts) for _ in range(20)])

    rebuilding.rebuild(engine=Beside, by=None, at=AT)
    assert Mark.objects.exists()
    folding.fold_all(by=None, at=AT)
    folded = kept()
    folding.rebuild(by=None, at=AT)
    assert kept() == folded


def write_beside(acts: list[Any]) -> None:
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for rows in acts:
                put(rows=rows, by=None, at=AT)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=write)
    thread.start()
    thread.join()
    assert not failed, failed


def test_records_kept_as_parquet_are_used_again_until_a_figure_changes(fresh: Any, tmp_path: Path) -> None:
    fresh()
    roll = roll_at_first()
    put(rows=changes(roll), by=None, at=AT)
    folder = tmp_path / "records"
    call_command("rebuild", engine="duckdb", parquet=folder, stdout=StringIO())
    first = kept()
    Sum.objects.all().delete()
    for rows in writes(roll, 0)[:5]:
        put(rows=rows, by=None, at=AT)
    call_command("rebuild", engine="duckdb", parquet=folder, stdout=StringIO())
    assert kept() == first and Mark.objects.exists()  # what was written since still has its marks
    folding.fold_all(by=None, at=AT)
    folded = kept()
    with pytest.raises(CommandError, match="Figures changed since"):
        call_command("rebuild", engine="duckdb", parquet=folder, stdout=StringIO())
    assert kept() == folded


def test_only_the_columns_that_are_added_up_are_read() -> None:
    columns = used((2023, 2024))
    assert columns["members_person"] == ["born_on", "ethnicity", "id", "sex"]  # no name leaves the database
    assert "accounts_user" not in columns
    assert columns["organizations_lineage"] == ["from_on", "path", "to_on", "unit_id"]
