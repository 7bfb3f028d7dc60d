"""`chibo worker`: folds marks and runs queued and periodic tasks until told to stop."""

from threading import Event, Thread
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from chibo.core import clock, partitions
from chibo.exchange.tasks import take_up_again
from chibo.indicators.tasks import watch
from chibo.organizations.tasks import catch_up
from chibo.project.parents import end_with_parent
from chibo.restructurings.tasks import take_up_again as take_up_restructurings


class Command(BaseCommand):
    help = "Fold what changes into the figures, and run queued and nightly tasks."

    def handle(self, *args: Any, **options: Any) -> None:
        end_with_parent()
        stop = Event()
        folder = Thread(target=watch, args=[stop], name="folder", daemon=True)
        folder.start()
        try:
            partitions.lay(at=clock.real())  # of a database that was away for years, as one restored
            take_up_again()  # what a worker before this one left behind
            catch_up()
            take_up_restructurings()
            call_command("procrastinate", "worker")
        finally:
            stop.set()
            folder.join(30)
