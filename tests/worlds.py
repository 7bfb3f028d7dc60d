"""Fixtures that give a test the small world: built once a run, cloned once a worker, rolled back after each test."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from chibo.project import embedded
from tests import place
from tests.database import TEMPLATE, clone, exists, use
from tests.world import World, build

WORLD = "template_world"
_cloned: set[str] = set()


def server() -> str:
    """The address of the run's server."""
    return embedded.address(place.folder(), "postgres")


def make_world(name: str) -> None:
    """Clone the world into a database; whoever comes first builds it, under another name until it is whole."""
    with (place.folder() / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not exists(server(), WORLD):
            clone(server(), "half_world", TEMPLATE)
            build()
            connections.close_all()
            with closing(psycopg.connect(server(), autocommit=True)) as server_connection:
                rename = sql.SQL("alter database half_world rename to {}").format(sql.Identifier(WORLD))
                server_connection.execute(rename)
        clone(server(), name, WORLD)


def enlarged(name: str, enlarge: Callable[[World], object]) -> Callable[..., Iterator[str]]:
    """A fixture, of a module: a database with the world and what is done to it once, to be used by `standing_in`."""

    @pytest.fixture(scope="module", name=name)
    def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
        own = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database = f"{name}_{own}"
        with django_db_blocker.unblock():
            make_world(database)
            enlarge(World.found())
            use(own)
        yield database

    return made


@contextmanager
def standing_in(database: str, blocker: Any) -> Iterator[None]:
    """Have Django use a database of the run while it lasts."""
    with blocker.unblock():
        use(database)
    yield
    with blocker.unblock():
        use(os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture
def world_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the world in it, used by Django while a test lasts."""
    assert not connection.in_atomic_block, "ask for `world` without the django_db mark"
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"world_{own}"
    with django_db_blocker.unblock():
        if name in _cloned:
            use(name)
        else:
            make_world(name)
            _cloned.add(name)
    yield name
    with django_db_blocker.unblock():
        use(own)


@pytest.fixture
def world(world_database: str, db: None) -> World:
    """The small world; what the test does to it is rolled back."""
    return World.found()


@pytest.fixture
def committed_world(world_database: str, transactional_db: None) -> Iterator[World]:
    """The small world for a test that commits; it is made anew after."""
    yield World.found()
    _cloned.discard(world_database)
