"""What the worker does of checks: every one counted each night for the whole tree, and when somebody asks."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.integrity import actions, registry
from chibo.integrity.models import CheckRun
from chibo.organizations.models import Unit


@app.task
def run_checks(run: int) -> None:
    """Count every check for the unit of a run. Broken off, it begins again where it was."""
    found = CheckRun.objects.select_related("unit", "by").filter(pk=run).first()
    if found is None or found.outcome == CheckRun.Outcome.DONE:
        return
    for check in registry.every()[found.done :]:
        actions.count(check=check, run=found, by=found.by, at=clock.now())
    actions.end(run=found, by=found.by, at=clock.now())


@app.periodic(cron="20 0 * * *")
@app.task(queueing_lock="integrity.nightly")
def check_everything(timestamp: int) -> None:
    """Have every check counted for the whole tree."""
    root = Unit.objects.order_by("path").filter(parent_links=None).first()
    if root is not None:
        actions.ask(unit=root, by=None, at=clock.now())
