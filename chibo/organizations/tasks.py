"""What runs every night: acts whose day has come."""

import logging

from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.organizations import acts
from chibo.organizations.models import Act

log = logging.getLogger(__name__)


@app.periodic(cron="2 0 * * *")
@app.task(queueing_lock="organizations.acts")
def do_acts_of_the_day(timestamp: int) -> None:
    """Do the acts whose day has come."""
    catch_up()


def catch_up() -> None:
    """Do the acts whose day came while nothing ran; what can't be done waits for a person."""
    for act in acts.do_due(at=clock.now()):
        if act.status == Act.Status.FAILED:
            log.warning("Act %s (%s) could not be done on its day.", act.pk, act)
