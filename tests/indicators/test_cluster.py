"""Rebuilding on a Spark cluster: a worker is lost in the middle, and the numbers are those of the other engines."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chibo.indicators import folding, rebuilding
from chibo.indicators.models import Fold, Mark
from chibo.project import embedded
from tests import place
from tests.indicators import cluster
from tests.indicators.comparing import kept
from tests.indicators.conftest import engines_name
from tests.indicators.test_beside_writers import roll_at_first, writes
from tests.indicators.writing import changes, put

AT = datetime(2024, 1, 10, tzinfo=UTC)
pytestmark = pytest.mark.skipif(bool(cluster.missing()), reason=cluster.missing() or "never")


@pytest.mark.timeout(900)  # a JVM each for master, workers, executors and the job
def test_a_cluster_that_loses_a_worker_comes_to_the_same_numbers(fresh: Any, tmp_path: Path) -> None:
    fresh()
    roll = roll_at_first()
    put(rows=changes(roll), by=None, at=AT)
    for writer in range(3):
        for rows in writes(roll, writer):
            put(rows=rows, by=None, at=AT)
    folding.rebuild(by=None, at=AT)
    by_postgres = kept()
    rebuilding.rebuild(by=None, at=AT)
    assert kept() == by_postgres
    with cluster.cluster(tmp_path, workers=2) as running, (tmp_path / "rebuild.log").open("wb") as log:
        job = subprocess.Popen(
            [sys.executable, "-m", "chibo", "rebuild", "--engine", "spark", "--master", running.master,
             "--parquet", str(tmp_path / "records"),
             *(f"--spark={name}={value}" for name, value in cluster.SMALL.items())],
            env=environment(), stdout=log, stderr=log,
        )  # fmt: skip
        try:
            while not list(tmp_path.glob("chibo-rebuild-*/adding/own/part-*.parquet")):  # some are there, more to come
                assert job.poll() is None, (tmp_path / "rebuild.log").read_text()[-3000:]
                time.sleep(0.05)
            at_work = [list((tmp_path / f"work-{n}").glob("app-*/*")) for n in range(2)]
            assert all(at_work)  # both had an executor of the job
            running.lose(1)
            assert job.wait() == 0, (tmp_path / "rebuild.log").read_text()[-3000:]
        finally:
            job.kill()
            job.wait()
    assert kept() == by_postgres
    assert Fold.objects.latest("pk").way == Fold.Way.SPARK and not Mark.objects.exists()


def environment() -> dict[str, str]:
    """Of a command on the database the test works in."""
    return os.environ | {
        "DATABASE_URL": embedded.address(place.folder(), engines_name()),
        "CHIBO_DATA": str(place.folder()),
        "CHIBO_SECRET_KEY": "the test's own",
        "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
