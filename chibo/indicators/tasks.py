"""What runs beside the pages: folding marks as they come, and every night the running year."""

import logging
from threading import Event
from time import monotonic

from django.db import close_old_connections
from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.indicators import folding
from chibo.indicators.models import Mark

PAUSE, LONGEST = 0.5, 5.0  # seconds between two looks for marks
REST = 4  # times as long as folding took the folder rests: where many write, it folds more at once, and leaves the
# cores to those who write; figures are then behind by the rest and twice the folding
log = logging.getLogger(__name__)


def watch(stop: Event) -> None:
    """Fold marks as they come until told to stop; a database that is away is waited for.

    It looks instead of being told: a notice or a queued job would make writers wait for each other at commit.
    """
    pause = PAUSE
    while not stop.wait(pause):
        begun = monotonic()
        try:
            if Mark.objects.exists():
                while folding.fold(by=None, at=clock.now()) and Mark.objects.count() > folding.BATCH:
                    pass  # what came meanwhile can wait for the next turn, unless it is a load
            pause = min(LONGEST, max(PAUSE, REST * (monotonic() - begun)))
        except Exception:  # whatever it was, the next try may pass; figures that stand still would say nothing
            log.exception("Folding failed; it is tried again.")
            stop.wait(5)
        finally:
            close_old_connections()


@app.periodic(cron="10 0 * * *")
@app.task(queueing_lock="indicators.keep")
def keep_running_year(timestamp: int) -> None:
    """Have the running year among those kept, marks or none."""
    folding.fold_all(by=None, at=clock.now())
