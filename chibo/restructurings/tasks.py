"""What the worker does of restructurings: rehearse, do, take back; take up again what was broken off."""

from __future__ import annotations

import logging

from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.exchange import uploads
from chibo.exchange.tasks import MOST_TRIES, held
from chibo.restructurings import actions
from chibo.restructurings.models import Restructuring

ONE_WORKER = 7_301_008  # first key of the advisory locks; the second is the restructuring's
Job = Restructuring.Job
log = logging.getLogger(__name__)


@app.task
def run_job(restructuring: int) -> None:
    """Do what is asked of a restructuring. Broken off, it is taken up again; the third time it is given up."""
    with held(restructuring, ONE_WORKER) as ours:
        query = Restructuring.objects.select_related("unit", "by", "done_by", "reversed_by")
        found = query.filter(pk=restructuring).first() if ours else None
        if found is None or not found.job:
            return
        with translation.override(found.language or None):
            _run(found)


def _run(found: Restructuring) -> None:
    by = {Job.DO: found.done_by, Job.REVERSE: found.reversed_by}.get(Job(found.job), found.by)
    if found.tries >= MOST_TRIES:
        broken_off = _("The work was broken off several times, so it was given up. Nothing was changed.")
        actions.give_up(restructuring=found, reasons=[broken_off], by=by, at=clock.now())
        return
    actions.begin(restructuring=found, by=by, at=clock.now())
    job = {Job.REHEARSE: actions.rehearse_now, Job.DO: actions.do_now, Job.REVERSE: actions.reverse_now}[Job(found.job)]
    try:
        job(
            restructuring=found,
            say=lambda what, share: uploads.tell(found.told_as, what, share),
            by=by,
            at=clock.now(),
        )
    except Denied as error:
        actions.give_up(restructuring=found, reasons=[str(error)], by=by, at=clock.now())
    except Exception:  # whatever it was: who waits for it is told
        log.exception("Restructuring %s: %s failed.", found.pk, found.job)
        failed = _("The work failed, and nothing was changed. Try it once more; then tell who runs the server.")
        actions.give_up(restructuring=found, reasons=[failed], by=by, at=clock.now())
    uploads.forget(found.told_as)
    found.refresh_from_db()
    if found.kept_as and found.status not in (Restructuring.Status.DRAFT, Restructuring.Status.REHEARSED):
        actions.forget(restructuring=found, by=None, at=clock.now())


def take_up_again() -> None:
    """Queue every job that nobody works on, and those whose day has come."""
    actions.ask_due(at=clock.now())
    for pk in Restructuring.objects.exclude(job="").order_by("pk").values_list("pk", flat=True):
        with held(pk, ONE_WORKER) as free:
            if free:
                actions.queue(pk)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="restructurings.look")
def look_for_work(timestamp: int) -> None:
    """Take up again what a worker that was killed left behind, and what is due today."""
    take_up_again()
