"""`python -m chibo.project.server HOST PORT WORKERS`: the pages and the static files, until told to stop."""

import os
import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from chibo.project.parents import end_with_parent

THREADS = 4  # in each worker


def main(host: str, port: str, workers: str) -> None:
    """Serve; a worker that dies is replaced, and all end with the one who started this."""
    end_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chibo.project.settings")
    if pool := os.environ.get("CHIBO_POOL_URL"):  # for pages alone: what listens or holds locks goes past the pooler
        os.environ.update(DATABASE_URL=pool, CHIBO_POOLED="1")
    Granian(
        "chibo.project.wsgi:application",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
