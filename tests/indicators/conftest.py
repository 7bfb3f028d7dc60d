"""The sample roll in a database: loaded once a run, cloned once a worker."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from chibo import project
from chibo.exchange.loading import load
from chibo.exchange.models import Load
from chibo.indicators import folding
from tests import place
from tests.database import TEMPLATE, clone, exists, use
from tests.worlds import server

SAMPLE = Path(project.__file__).parent / "demo" / "tam-duong-2023.xlsx"
SAMPLE_TEMPLATE = "template_sample"
AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)


def make_sample(name: str) -> None:
    """Clone the sample into a database; whoever comes first loads it, under another name until it is whole."""
    with (place.folder() / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not exists(server(), SAMPLE_TEMPLATE):
            clone(server(), "half_sample", TEMPLATE)
            done = load(path=SAMPLE, file_name=SAMPLE.name, by=None, at=AT)
            assert done.outcome == Load.Outcome.DONE, done.faults
            folding.fold_all(by=None, at=AT)
            connections.close_all()
            with closing(psycopg.connect(server(), autocommit=True)) as connection:
                rename = sql.SQL("alter database half_sample rename to {}").format(sql.Identifier(SAMPLE_TEMPLATE))
                connection.execute(rename)
        clone(server(), name, SAMPLE_TEMPLATE)


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The sample roll, loaded and folded; what a test does to it, it undoes itself."""
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        make_sample(f"sample_{own}")
        yield
        use(own)


def engines_name() -> str:
    """Of a database in which a test commits what it writes."""
    return f"engines_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture
def fresh(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """A way to be in an empty database of one's own, as often as asked: what is committed there nobody else meets."""
    with django_db_blocker.unblock():
        yield lambda: clone(server(), engines_name(), TEMPLATE)
        use(os.environ.get("PYTEST_XDIST_WORKER", "main"))
