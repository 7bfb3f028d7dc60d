"""Many members in and out at once, in a scratch database: rows a second, processor and the most memory it took.

`python -m bench.bulk [ROWS]`: a workbook of so many members is made, rehearsed, loaded and loaded again; exports are
measured by `python -m bench export`. The processor's seconds stand beside the clock's: a shared machine's clock tells
little.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

CELLS = 4_000
LOADED, MADE = 20_000, 30_000  # rows a second asked; of the workbook it begins with, as of an export
MB = 1 << 20


def units() -> Iterator[list[Any]]:
    """A province, a district, committees of a hundred cells each."""
    yield ["P", "Tỉnh Bình Nguyên", "province", None, date(1990, 1, 1)]
    yield ["D", "Huyện Tam Khê", "district", "P", date(1990, 1, 1)]
    for n in range(CELLS):
        if n % 100 == 0:
            yield [f"G{n}", f"Đảng bộ xã {n}", "grassroots_committee", "D", date(1990, 1, 1)]
        yield [f"C{n}", f"Chi bộ thôn {n}", "cell", f"G{n - n % 100}", date(1990, 1, 1)]


def members(rows: int) -> Iterator[list[Any]]:
    """Members invented, all different."""
    for n in range(rows):
        joined = date(1992, 1, 1) + timedelta(n % 11_000)
        yield [
            *(f"M{n:08}", f"Nguyễn Văn {chr(65 + n % 26)}{n % 9973}", "f" if n % 3 else "m"),
            *(date(1940, 1, 1) + timedelta(n % 12_000), "Kinh", f"C{n % CELLS}", joined, joined + timedelta(365)),
            *("farmer", "secondary", "elementary"),
        ]


def workbook(path: Path, rows: int) -> None:
    """The workbook of the roll that is loaded."""
    from chibo.exchange.writing import write_workbook

    of_units = ["code", "name", "kind", "parent_code", "founded_on"]
    of_members = ["member_code", "full_name", "sex", "born_on", "ethnicity", "cell_code", "joined_on", "official_on"]
    of_members += ["occupation", "education", "theory"]
    write_workbook(str(path), {"units": (of_units, units()), "members": (of_members, members(rows))})


def told(what: str, rows: int, run: Callable[[], object], asked: int) -> None:
    """Run something in a process of its own, and print how fast it was and how much it held."""
    from django.db import connection

    connection.close()
    connection.close_pool()
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    child = os.fork()
    if not child:
        code = 1
        try:
            run()
            code = 0
        finally:
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"  held at most {held:,.0f} MB, its reader {reader:,.0f} MB", flush=True)
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    taken, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    verdict = "failed" if status else "ok" if rows / taken >= asked else "MISSED"
    rate = rows / taken
    print(
        f"{what:34} {taken:7.1f} s, processor {used:7.1f} s   {rate:9,.0f} rows/s  asked {asked:,}: {verdict}",
        flush=True,
    )


def main(rows: int) -> None:
    """Measure the load of so many members."""
    from django.core.management import call_command

    from chibo.core import clock
    from chibo.exchange.loading import load

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roll.xlsx"
        told("workbook made", rows, lambda: workbook(path, rows), MADE)
        print(f"  {path.stat().st_size / MB:,.0f} MB", flush=True)

        def run(check: bool = False) -> None:
            done = load(path=path, file_name="roll.xlsx", by=None, at=clock.now(), check=check)
            assert not done.faults, done.faults[:3]

        told("rehearsed", rows, lambda: run(check=True), LOADED)
        told("loaded", rows, run, LOADED)
        told("loaded again, unchanged", rows, run, LOADED)


if __name__ == "__main__":
    from chibo.project import embedded

    with tempfile.TemporaryDirectory(prefix="chibo-bench-") as data:
        Path(data).chmod(0o755)
        with embedded.share(Path(data)) as url:
            os.environ |= {
                "CHIBO_DATA": data,
                "CHIBO_SECRET_KEY": "the benchmark's own",
                "DATABASE_URL": url,
                "CHIBO_MAX_WORKBOOK_MB": "256",
                "DJANGO_SETTINGS_MODULE": "chibo.project.settings",
            }
            import django

            django.setup()
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
        embedded.discard(Path(data))
