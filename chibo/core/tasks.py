"""What runs every night for what every app stands on: what was sent is forgotten, years to come are laid."""

from procrastinate.contrib.django import app

from chibo.core import clock, partitions, repeated


@app.periodic(cron="35 0 * * *")
@app.task(queueing_lock="core.sweep")
def sweep(timestamp: int) -> None:
    """Forget what was sent more than a day ago."""
    repeated.sweep(at=clock.now())


@app.periodic(cron="3 0 * * *")  # as soon as a year begins, with the next one laid a year ahead
@app.task(queueing_lock="core.lay_years")
def lay_years(timestamp: int) -> None:
    """Lay the partitions of the running year and the next one, and gather what is known of all years together."""
    partitions.lay(at=clock.real())
    partitions.gather()
