"""The context of an action is kept once in its transaction, and anew where what it stood for was undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from chibo.core.actions import action, context_now
from chibo.organizations.models import Unit

AT = datetime(2024, 1, 3, tzinfo=UTC)
CONTEXTS = "select count(*) from pghistory_context where id = %s and metadata->>'action' = 'tests.renames'"
EVENTS = "select count(*) from organizations_unitevent where pgh_context_id = %s"


@action("tests.renames")
def rename(unit: Unit, *names: str, undone: bool, by: Any, at: datetime) -> Any:
    """Give a unit names one after the other; the first of them is perhaps undone."""
    try:
        with transaction.atomic():
            unit.name = "Undone"
            unit.save()
            if undone:
                raise KeyError
    except KeyError:
        pass
    for name in names:
        unit.name = name
        unit.save()
    return context_now()


def rows(context: Any) -> tuple[int, int]:
    """How many contexts there are of an action, and how many events of units under it."""
    with connection.cursor() as cursor:
        cursor.execute(f"select ({CONTEXTS}), ({EVENTS})", [context, context])
        found: tuple[int, int] = cursor.fetchone()
        return found


@pytest.mark.parametrize(("undone", "events"), [(False, 3), (True, 2)])
def test_all_that_an_action_writes_is_under_its_one_context(world, undone, events):
    assert rows(rename(world.cell_a, "One", "Two", undone=undone, by=None, at=AT)) == (1, events)


def test_actions_one_after_the_other_have_each_their_own(world):
    with transaction.atomic():
        first, second = (rename(world.cell_a, name, undone=False, by=None, at=AT) for name in ("One", "Two"))
    assert first != second
    assert rows(first) == rows(second) == (1, 2)
