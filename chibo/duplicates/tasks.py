"""What the worker does of duplicates: looks at who is new or changed every few minutes, at everybody each night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.duplicates import actions
from chibo.duplicates.models import Stale


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="duplicates.stale")
def look(timestamp: int) -> None:
    """Look who is like the people who are new or changed."""
    if Stale.objects.exists():
        actions.find(by=None, at=clock.now())


@app.periodic(cron="50 0 * * *")
@app.task(queueing_lock="duplicates.nightly")
def look_at_all(timestamp: int) -> None:
    """Look also at marks as card numbers, and where everybody is by now."""
    actions.find(by=None, at=clock.now(), is_thorough=True)
