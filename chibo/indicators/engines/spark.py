"""Apache Spark: adding up on a cluster, whose workers all reach the folders that are named to it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from chibo.indicators.adding import own_questions, question

if TYPE_CHECKING:
    from ibis.expr.types import Table

TOGETHER = 16  # indicators added up in one job: its tasks fill a cluster, its plan stays small
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.sources.partitionOverwriteMode": "static",
}


class Spark:
    """A session on the cluster at `master`, ended at the end; `settings` are Spark's own, and go before ours."""

    def __init__(self, folder: Path, work: Path, *, master: str, settings: dict[str, str] | None = None) -> None:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(master).appName("chibo rebuild")
        for name, value in {**SETTINGS, **(settings or {})}.items():
            builder = builder.config(name, value)
        self.session, self.work = builder.getOrCreate(), work
        self.session.sparkContext.setLogLevel("ERROR")
        self.ibis: Any = ibis.pyspark.connect(self.session)
        for file in sorted(folder.glob("*.parquet")):
            self.ibis.read_parquet(file, table_name=file.stem)

    def __enter__(self) -> Spark:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.session.stop()

    def keep_own(self, years: tuple[int, ...]) -> None:
        """Keep the own sums of these years as the table `own`."""
        kept = str(self.work / "own")
        questions = own_questions("pyspark", years)
        for n in range(0, len(questions), TOGETHER):
            some = questions[n : n + TOGETHER]
            asked = functools.reduce(lambda a, b: a.unionByName(b), map(self.session.sql, some))
            asked.write.parquet(kept, mode="append")
        self.ibis.read_parquet(kept, table_name="own")

    def rows(self, asked: Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """What a table comes to, in that order, some rows at a time."""
        place = self.work / f"rows-{len(list(self.work.iterdir()))}"
        self.session.sql(question("pyspark", asked)).orderBy(*order).write.parquet(str(place))
        for file in sorted(place.glob("*.parquet")):
            yield from pq.ParquetFile(file).iter_batches()
