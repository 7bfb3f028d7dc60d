"""What runs every night for the API: what was sent under a key is forgotten after a day."""

from procrastinate.contrib.django import app

from chibo.core import clock


@app.periodic(cron="36 0 * * *")
@app.task(queueing_lock="api.sweep")
def sweep(timestamp: int) -> None:
    """Forget what was sent more than a day ago."""
    from chibo.api import once  # brings the whole machinery of the API along

    once.sweep(at=clock.now())
