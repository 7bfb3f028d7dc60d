"""`chibo up`: server and worker on the configured data folder."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.core.assets import collect
from chibo.project import supervise
from chibo.project.cli import is_behind


class Command(BaseCommand):
    help = "Run server and worker until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the database's tables up to date first")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="processes that serve pages")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if options["migrate"]:
            call_command("migrate", verbosity=1)
        elif is_behind():
            raise CommandError("The database's tables are older than the program: add --migrate.", returncode=2)
        if not supervise.is_free(host, port):
            raise CommandError(f"Port {port} is taken; choose another one with --port.", returncode=2)
        collect()
        self.stdout.write(f"http://{host}:{port}/")
        supervise.run(supervise.server_and_worker(host, port, options["workers"]), lambda: None)
