"""Exporting 100,000 members to a workbook, in a scratch database of its own, beside reading the same rows."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from datetime import date
from pathlib import Path

from bench.measure import milliseconds

ROWS = 100_000
ASKED = 30_000  # rows a second
DAY = date(2024, 1, 10)
FILL = """
insert into organizations_unit (id, code, name, kind, setting, founded_on, decision, path, sort_key, search_key)
select n, 'U-' || n, 'Chi bộ thôn ' || n || ' xã Hợp Hòa', 'cell', 'village', '2000-01-01', '', n || '/',
       lpad(n::text, 9, '0'), 'chi bo thon ' || n from generate_series(1, 4000) n;
insert into members_person (id, code, full_name, sex, born_on, ethnicity, religion, occupation, education, theory,
                            sort_key, search_key)
select n, 'M-' || lpad(n::text, 12, '0'), 'Nguyễn Văn ' || chr(65 + n % 26) || n % 977,
       case when n % 3 = 0 then 'f' else 'm' end, date '1950-01-01' + n % 19000, 'Kinh', '', 'farmer', 'secondary',
       'elementary', lpad((n * 7919 % 100003)::text, 9, '0'), 'nguyen van ' || n % 977
from generate_series(1, {rows}) n;
insert into members_membership (id, person_id, cell_id, joined_on, official_on)
select n, n, 1 + n % 4000, date '1990-01-01' + n % 12000, date '1991-01-01' + n % 12000
from generate_series(1, {rows}) n;
insert into members_stay (membership_id, cell_id, from_on) select id, cell_id, joined_on from members_membership;
"""


def main() -> None:
    """Fill a database with members, export all of them, and print rows a second and the memory it took."""
    from django.db import connection

    name = "bench_export"
    before = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {name} with (force)")
        cursor.execute(f"create database {name}")
    try:
        _use(name)
        _measure()
    finally:
        _use(before)
        with connection.cursor() as cursor:
            cursor.execute(f"drop database if exists {name} with (force)")


def _use(name: str) -> None:
    from django.db import connection

    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


def _measure() -> None:
    from django.core.management import call_command
    from django.db import connection

    from chibo.members.queries import all_rows, cells_called, in_order, present
    from chibo.members.views import write_members
    from chibo.organizations.scope import Scope

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")  # no history of invented rows
        for statement in FILL.format(rows=ROWS).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("set session_replication_role = default")
        cursor.execute("analyze")
    scope = Scope(subtrees=("",))

    def export() -> None:
        with tempfile.TemporaryFile() as file:
            write_members(file, in_order(cells_called(present(scope, DAY), None), "name"), DAY)

    def read() -> None:
        assert sum(1 for _row in all_rows(in_order(cells_called(present(scope, DAY), None), "name"))) == ROWS

    bare = min(milliseconds(read, 3))
    taken = min(milliseconds(export, 3))
    rate = ROWS / taken * 1000
    held = _held(export)
    print(
        f"{'export of 100,000 members':36} {taken:8.1f} ms   {rate:,.0f} rows/s"
        f"   asked {ASKED:,}: {'ok' if rate >= ASKED else 'MISSED'}   {taken / bare:6.1f} times reading them"
        f" ({bare:.1f} ms)   at most {held:.0f} MB held at once"
    )


def _held(run: object) -> float:
    """The most memory Python held at once while something ran, in MB."""
    tracemalloc.start()
    run()  # type: ignore[operator]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


if __name__ == "__main__":
    from chibo.project import embedded

    with tempfile.TemporaryDirectory(prefix="chibo-bench-") as folder:
        Path(folder).chmod(0o755)
        with embedded.share(Path(folder)) as url:
            os.environ |= {
                "CHIBO_DATA": folder,
                "CHIBO_SECRET_KEY": "the benchmark's own",
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
            }
            import django

            django.setup()
            main()
        embedded.discard(Path(folder))
