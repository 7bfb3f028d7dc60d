"""What runs every night for what every app stands on: what was sent once is forgotten."""

from procrastinate.contrib.django import app

from chibo.core import clock, repeated


@app.periodic(cron="35 0 * * *")
@app.task(queueing_lock="core.sweep")
def sweep(timestamp: int) -> None:
    """Forget what was sent more than a day ago."""
    repeated.sweep(at=clock.now())
