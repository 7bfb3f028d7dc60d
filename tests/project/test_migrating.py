"""Migrations leave the tables that the models ask for, though they render little on their way."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from chibo.core import partitions
from chibo.project import cli
from chibo.project.migrating import rendering_little

COLUMNS = """
    select table_name, column_name, udt_name, character_maximum_length, is_nullable, is_identity, column_default,
        generation_expression
    from information_schema.columns where table_schema = current_schema()
"""
CONSTRAINTS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable
    from pg_constraint where connamespace = current_schema()::regnamespace
"""
INDEXES = """
    select replace(replace(indexdef, ' ON ONLY ', ' ON '), ' ON ' || schemaname || '.', ' ON ')
    from pg_indexes where schemaname = current_schema()
"""


def found(query: str) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return set(cursor.fetchall())


def without_moments(rows: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Of tables in partitions, their key without the moment they are divided by: models know nothing of it."""
    keys = [f"{yearly.table}_pkey" for yearly in partitions.every.values()]
    of_them = {row for row in rows if any(key in str(row) for key in keys)}
    return rows - of_them | {
        tuple(cell.replace(", pgh_created_at)", ")") if isinstance(cell, str) else cell for cell in row)
        for row in of_them
    }


@pytest.mark.django_db(transaction=True)
def test_the_tables_are_those_that_the_models_would_make():
    """All models are made in a schema beside the migrated one, which has each of their columns, rules and indexes."""
    queries = (COLUMNS, CONSTRAINTS, INDEXES)
    models = [each for each in apps.get_models() if each._meta.managed and each.__module__.startswith("chibo.")]
    migrated = [found(query) for query in queries]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("create schema beside; set local search_path to beside, public")
        with connection.schema_editor(atomic=False) as editor:
            for model in models:
                editor.create_model(model)
        made = [found(query) for query in queries]
        transaction.set_rollback(True)
    assert all(len(rows) > 500 for rows in made)
    for ours, theirs in zip(made, map(without_moments, migrated), strict=True):
        assert sorted(map(str, ours - theirs)) == []
    tables = {model._meta.db_table for model in models}
    assert {row[:2] for row in migrated[0] if row[0] in tables} == {row[:2] for row in made[0] if row[0] in tables}


def test_a_step_renders_the_model_it_changes_alone(db):
    state = MigrationExecutor(connection).loader.project_state()
    before = state.apps.get_model("organizations", "Unit"), state.apps.get_model("members", "Person")
    with rendering_little():
        state.reload_model("members", "person")
    after = state.apps.get_model("organizations", "Unit"), state.apps.get_model("members", "Person")
    assert (before[0] is after[0], before[1] is after[1]) == (True, False)
    assert isinstance(state, ProjectState)


def test_the_migrations_there_are_are_told_by_their_names_alone():
    assert cli._shipped() == set(MigrationLoader(None).disk_migrations)


@pytest.mark.django_db
def test_tables_are_behind_where_the_newest_migration_of_an_app_is_missing():
    assert not cli.is_behind()
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'targets' and name = '0002_same_key'")
    assert cli.is_behind()
