"""What `make check` asks beside lint and tests: migrations written, docs fresh, settings fit for deployment."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from chibo.project import embedded


def main() -> None:
    """Ask on an embedded database of its own, gone at the end; exit 1 at the first thing that is wrong."""
    with tempfile.TemporaryDirectory(prefix="chibo-check-") as folder:
        os.environ |= {
            "CHIBO_DATA": folder,
            "CHIBO_SECRET_KEY": secrets.token_urlsafe(60),
            "CHIBO_HTTPS": "1",
            "CHIBO_DEBUG": "0",
        }
        with embedded.share(Path(folder), settings=("fsync=off",)) as url:
            os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "chibo.project.settings"}
            ask()
        embedded.discard(Path(folder))


def ask() -> None:
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("makemigrations", check=True, dry_run=True)
    call_command("check", deploy=True, fail_level="WARNING")
    call_command("docs", check=True)
    connections["default"].close()
    connections["default"].close_pool()


if __name__ == "__main__":
    sys.exit(main())
