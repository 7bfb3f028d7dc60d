"""`python -m bench [NAME ...]`: every measure, or those named, on the sample in a database that is gone afterwards."""

import os
import platform
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from bench import loading
from chibo.project import embedded

PARTS = {"bulk", "country", "loading", "measure", "national_load", "national_sql", "proof", "provinces"}
LONG = {"national", "reform", "writes"}  # taken only when named; alone each has the database to itself
if os.environ.get("CHIBO_BENCH_COUNTRY"):
    LONG.add("engines")


def machine() -> str:
    """What it is measured on, in a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, load {busy:.1f} before"
    )


def main() -> None:
    """Load the sample, which is a measure itself, and take each of the others in turn."""
    asked = sys.argv[1:]
    measures = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("__"))
    chosen = [name for name in measures if name not in PARTS and name in (asked or set(measures) - LONG)]
    with tempfile.TemporaryDirectory(prefix="chibo-bench-") as folder:
        Path(folder).chmod(0o755)  # for root, whose server runs as another user
        data = Path(folder)
        try:
            with embedded.share(data) as url:
                os.environ.update(
                    CHIBO_DATA=folder,
                    CHIBO_SECRET_KEY="the benchmark's own",
                    CHIBO_TODAY="2024-01-10",
                    DATABASE_URL=url,
                    DJANGO_SETTINGS_MODULE="chibo.project.settings",
                )
                _run(chosen)
        finally:
            embedded.discard(data)


def _run(chosen: list[str]) -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    print(machine())
    try:
        on_the_sample = [] if chosen and set(chosen) <= LONG else [loading]
        for measure in [*on_the_sample, *(import_module(f"bench.{name}") for name in chosen)]:
            measure.main()
    finally:
        connection.close()
        connection.close_pool()


if __name__ == "__main__":
    main()
