"""What runs beside the pages: every hour quarters begin to count whose days to confirm are over."""

from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.registers import actions


@app.periodic(cron="5 * * * *")
@app.task(queueing_lock="registers.days_over")
def look_what_is_over(timestamp: int) -> None:
    """Let quarters count whose days are over; every hour, as a machine may be off at night."""
    actions.count_over(by=None, at=clock.now())
