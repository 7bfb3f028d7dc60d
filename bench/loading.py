"""Loading the sample, and the first fold of its figures, beside a bare COPY of the same rows."""

from __future__ import annotations

from pathlib import Path

from bench.measure import line, milliseconds
from chibo import project

SAMPLE = Path(project.__file__).parent / "demo" / "tam-duong-2023.xlsx"
TABLES = (
    "organizations_unit",
    "members_person",
    "members_membership",
    "members_transfer",
    "members_departure",
    "members_post",
    "meetings_meeting",
    "meetings_attendance",
    "meetings_score",
    "targets_target",
)


def main() -> None:
    """Load the sample into the empty database and fold it."""
    from django.db import connection

    from chibo.core import clock
    from chibo.exchange.loading import load
    from chibo.exchange.models import Load
    from chibo.indicators import folding

    def run() -> None:
        done = load(path=SAMPLE, file_name=SAMPLE.name, by=None, at=clock.now())
        assert done.outcome == Load.Outcome.DONE, done.faults

    loaded = milliseconds(run)
    copies: list[tuple[str, bytes]] = []
    with connection.cursor() as cursor:
        for table in TABLES:
            columns = _columns(cursor, table)
            with cursor.copy(f"copy {table} ({columns}) to stdout") as copy:
                copies.append((f"bare_{table} ({columns})", b"".join(bytes(block) for block in copy)))
            cursor.execute(f"create temporary table bare_{table} (like {table})")

        def bare() -> None:
            for target, rows in copies:
                with cursor.copy(f"copy {target} from stdin") as copy:
                    copy.write(rows)

        copied = milliseconds(bare)
        cursor.execute("drop table " + ", ".join(f"bare_{table}" for table in TABLES))
    line("load of the sample", loaded, 15_000, copied, "bare COPY of its rows")
    folded = milliseconds(lambda: folding.fold_all(by=None, at=clock.now()))
    line("first fold of the sample", folded, None, copied, "bare COPY of its rows")


def _columns(cursor: object, table: str) -> str:
    """The columns of a table but those that are generated."""
    cursor.execute(  # type: ignore[attr-defined]
        "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns"
        " where table_name = %s and is_generated = 'NEVER'",
        [table],
    )
    return str(cursor.fetchone()[0])  # type: ignore[attr-defined]
