"""Those who write go first: the process of the database that folds stands back for theirs."""

from __future__ import annotations

import os
import threading

import pytest
from django.db import connection

from chibo.indicators import tasks


def _niceness(stands_back: bool) -> int:
    """How far a fresh connection's process of the database stands back for others."""
    found: list[int] = []

    def ask() -> None:
        try:
            connection.ensure_connection()
            if stands_back:
                tasks.stand_back()
            found.append(os.getpriority(os.PRIO_PROCESS, connection.connection.info.backend_pid))
        finally:
            connection.close()
            connection.close_pool()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_the_folder_stands_back_for_writers(world):
    begun = os.getpriority(os.PRIO_PROCESS, 0)
    assert _niceness(stands_back=True) == max(begun, tasks.BEHIND)
    assert _niceness(stands_back=False) < tasks.BEHIND


@pytest.mark.django_db
def test_a_database_elsewhere_is_left_alone(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(os, "setpriority", lambda _which, process, _to: asked.append(process))
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.org")
    tasks.stand_back()
    assert asked == []


@pytest.mark.django_db
def test_one_that_may_not_be_slowed_down_folds_all_the_same(monkeypatch):
    def refuse(*_args: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    tasks.stand_back()
