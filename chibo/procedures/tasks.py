"""What runs every night: steps whose time is over, reminders, and who is waited for where units have changed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.procedures import nightly


@app.periodic(cron="10 0 * * *")
@app.task(queueing_lock="procedures.nightly")
def look_after_cases(timestamp: int) -> None:
    """Let limits have their effect, remind, and find who is waited for now."""
    nightly.look_after(at=clock.now())
