"""`chibo rebuild`: all stored figures from the records."""

from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.core import clock
from chibo.indicators import folding
from chibo.indicators.models import Fold, OwnSum, Sum

ENGINES = ["postgres", "duckdb", "spark"]


class Command(BaseCommand):
    help = "Compute all stored figures from the records anew and put them in place of the old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--engine", choices=ENGINES, default="postgres", help="where the facts are added up")
        parser.add_argument(
            "--parquet", type=Path, metavar="FOLDER",
            help="keep the records there, for DuckDB or Spark; or use those there, if no figure changed since",
        )  # fmt: skip
        parser.add_argument("--master", default="local[*]", metavar="URL", help="of the Spark cluster")
        parser.add_argument(
            "--spark", action="append", default=[], metavar="NAME=VALUE", help="a setting of Spark, as often as needed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        start = monotonic()
        way = Fold.Way(options["engine"])
        if way is Fold.Way.POSTGRES:
            if options["parquet"]:
                raise CommandError("PostgreSQL needs no Parquet: name --engine duckdb or spark.")
            folding.rebuild(by=None, at=clock.now())
            sums = OwnSum.objects.count() + Sum.objects.count()
        else:
            sums = self._outside(way, options)
        self.stdout.write(f"{sums:,} rows of sums, each of a year, in {monotonic() - start:.1f} s.")

    def _outside(self, way: Fold.Way, options: dict[str, Any]) -> int:
        from chibo.indicators import rebuilding
        from chibo.indicators.engines.duck import Duck

        make: rebuilding.Make = Duck
        if way is Fold.Way.SPARK:
            settings = dict(each.partition("=")[::2] for each in options["spark"])
            make = partial(_spark(), master=options["master"], settings=settings)
        folder = options["parquet"].resolve() if options["parquet"] else None
        try:
            return rebuilding.rebuild(
                engine=make, way=way, folder=folder, tell=self.stdout.write, by=None, at=clock.now()
            )  # fmt: skip
        except rebuilding.Stale:
            raise CommandError(
                f"Figures changed since the records in {folder} were read: name another folder, or empty it."
            ) from None


def _spark() -> Any:
    """The engine for a cluster, if it is installed."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise CommandError("Spark is not installed: pip install 'chibo[spark]', and Java 17.") from None
    from chibo.indicators.engines.spark import Spark

    return Spark
