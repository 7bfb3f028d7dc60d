"""Rebuilding all figures: by PostgreSQL, by DuckDB from the database and from Parquet, on a Spark cluster of 1 and 2.

Set CHIBO_BENCH_COUNTRY=1 to measure on the country of 260,000 cells instead of the sample (CHIBO_BENCH_PROVINCES: on a
part of it), CHIBO_BENCH_SPARK=1 to start the cluster too.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

ASKED = {"from the database": 120, "from Parquet": 60}  # seconds, of a country

KEPT = """
select pg_size_pretty(sum(pg_total_relation_size(oid))) from pg_class
where relname in ('indicators_sum', 'indicators_ownsum', 'indicators_path')
"""


def main() -> None:
    """Rebuild by every engine in turn; all have to come to as many sums."""
    from django.db import connection

    from chibo.core import clock
    from chibo.indicators import folding, rebuilding
    from chibo.indicators.models import OwnSum, Sum

    if os.environ.get("CHIBO_BENCH_COUNTRY"):
        from bench import country

        country.make()
    with tempfile.TemporaryDirectory(prefix="chibo-engines-") as made:
        folder = Path(made)
        _timed("PostgreSQL", lambda: folding.rebuild(by=None, at=clock.now()))
        expected = (Sum.objects.count(), OwnSum.objects.count())
        print(f"  {expected[0]:,} rows of sums from below, {expected[1]:,} of own sums")
        records = folder / "records"

        def outside(**given: Any) -> None:
            rebuilding.rebuild(folder=records, tell=lambda said: print(f"    {said}"), by=None, at=clock.now(), **given)

        _timed("DuckDB, from the database", outside, ASKED["from the database"])
        _timed("DuckDB, from Parquet", outside, ASKED["from Parquet"])
        if os.environ.get("CHIBO_BENCH_SPARK"):
            os.environ["CHIBO_CLUSTER"] = "1"
            _spark(folder, outside)
        assert (Sum.objects.count(), OwnSum.objects.count()) == expected
        with connection.cursor() as cursor:
            cursor.execute(KEPT)
            print(
                f"  kept in {cursor.fetchone()[0]}; Parquet {sum(f.stat().st_size for f in records.iterdir()):,} bytes"
            )


def _spark(folder: Path, outside: Any) -> None:
    """The same on a real cluster of one worker, and of two: the driver and each worker have a process of their own."""
    from chibo.indicators.engines.spark import Spark
    from chibo.indicators.models import Fold
    from tests.indicators import cluster

    if why := cluster.missing():
        print(f"  no Spark: {why}")
        return
    for workers in (1, 2):
        with cluster.cluster(_folder(folder / f"cluster-{workers}"), workers) as running:
            settings = {name: value for name, value in cluster.SMALL.items() if not name.startswith("spark.sql")}
            engine = partial(Spark, master=running.master, settings=settings | {"spark.sql.shuffle.partitions": "4"})
            _timed(f"Spark, {workers} worker{'s' * (workers > 1)}, from Parquet",
                   lambda engine=engine: outside(engine=engine, way=Fold.Way.SPARK))  # fmt: skip


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _timed(name: str, run: Any, asked: float | None = None) -> None:
    begun, used = time.perf_counter(), time.process_time()
    run()
    taken = time.perf_counter() - begun
    verdict = "" if asked is None else f"   asked of a country {asked:.0f} s"
    print(f"rebuild by {name:34} {taken:8.1f} s   {time.process_time() - used:6.1f} s of this process{verdict}")
