"""`chibo worker`: folds marks and runs queued and periodic tasks until told to stop."""

from threading import Event, Thread
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from chibo.exchange.tasks import take_up_again
from chibo.indicators.tasks import watch
from chibo.organizations.tasks import catch_up
from chibo.project.parents import end_with_parent


class Command(BaseCommand):
    help = "Fold what changes into the figures, and run queued and nightly tasks."

    def handle(self, *args: Any, **options: Any) -> None:
        end_with_parent()
        stop = Event()
        folder = Thread(target=watch, args=[stop], name="folder", daemon=True)
        folder.start()
        try:
            take_up_again()  # what a worker before this one left behind
            catch_up()
            call_command("procrastinate", "worker")
        finally:
            stop.set()
            folder.join(30)
