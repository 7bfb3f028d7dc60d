"""The tidy world: built once a worker, rolled back after each test."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from tests.database import TEMPLATE, clone, use
from tests.integrity.tidy import Tidy, build
from tests.worlds import server

_made: set[str] = set()


@pytest.fixture
def tidy_database(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database with the tidy world in it, used by Django while a test lasts."""
    assert not connection.in_atomic_block, "ask for `tidy` without the django_db mark"
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"tidy_{own}"
    with django_db_blocker.unblock():
        if name in _made:
            use(name)
        else:
            clone(server(), name, TEMPLATE)
            build()
            connections.close_all()
            _made.add(name)
    yield
    with django_db_blocker.unblock():
        use(own)


@pytest.fixture
def tidy(tidy_database: None, db: None) -> Tidy:
    """The tidy world; what the test does to it is rolled back."""
    return Tidy.found()
