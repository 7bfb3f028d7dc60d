"""The pool gives out first the connection that came back last."""

from __future__ import annotations

import copy

import pytest
from django.db import connection

from chibo.core.database.base import DatabaseWrapper, NewestFirst


@pytest.fixture
def pooled(db):
    """A wrapper of the same database, with a pool of its own."""
    settings = copy.deepcopy(connection.settings_dict)
    settings["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 3, "timeout": 10}
    wrapper = DatabaseWrapper(settings, "pooled_here")
    yield wrapper
    wrapper.close_pool()


def test_the_connection_that_came_back_last_goes_first(pooled):
    pool = pooled.pool
    assert type(pool) is NewestFirst
    assert pooled.pool is pool
    pool.open()
    first, second, third = (pool.getconn() for _ in range(3))
    for each in (second, first, third):
        pool.putconn(each)
    assert pool.getconn() is third
    assert pool.getconn() is first
    pool.putconn(third)
    assert pool.getconn() is third
    for each in (first, third):
        pool.putconn(each)
    assert pool.get_stats()["pool_size"] == 3


def test_the_longest_unused_is_closed_when_fewer_are_needed(pooled):
    pool = pooled.pool
    pool.open()
    first, second = pool.getconn(), pool.getconn()
    pool.putconn(first)
    pool.putconn(second)
    pool._nconns_min = 1  # one was not needed for as long as it waits
    pool._shrink_pool()
    assert first.closed
    assert pool.getconn() is second
    pool.putconn(second)


def test_where_no_pool_is_asked_for_there_is_none():
    settings = copy.deepcopy(connection.settings_dict)
    settings["OPTIONS"].pop("pool", None)
    assert DatabaseWrapper(settings, "without").pool is None
