"""What the worker does of loads: load what waits, take up again what was broken off, delete old files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.utils import translation
from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.exchange import actions, loading, uploads
from chibo.exchange.models import Load

ONE_WORKER = 7_301_005  # first key of the advisory locks; the second is the load's
MOST_TRIES = 3
log = logging.getLogger(__name__)


@contextmanager
def held(pk: int, of: int = ONE_WORKER) -> Iterator[bool]:
    """Whether the work on a load, or on what `of` is the key of, is ours alone while this lasts.

    It ends with a worker that is killed.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [of, pk])
        (ours,) = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(%s, %s)", [of, pk])
            except DatabaseError:
                connection.close()  # and the lock with it


@app.task
def run_load(load: int) -> None:
    """Load a workbook that was sent by a browser. Broken off, it is taken up again; the third time it fails."""
    with held(load) as ours:
        found = Load.objects.select_related("by").filter(pk=load).first() if ours else None
        if found is None or found.is_finished:
            return
        path = found.kept_file
        if path is None or found.tries >= MOST_TRIES:
            actions.fail(load=found, by=found.by, at=clock.now())
            actions.forget(load=found, by=None, at=clock.now())
            return
        actions.begin(load=found, by=found.by, at=clock.now())
        try:
            with translation.override(found.language or None):
                loading.load(
                    path=path,
                    file_name=found.file_name,
                    by=found.by,
                    at=clock.now(),
                    check=found.only_check,
                    progress=lambda what, share: uploads.tell(found.kept_as, what, share),
                    entry=found,
                )
        except Exception:  # whatever it was: who waits for the load is told
            log.exception("Load %s failed.", load)
            found.refresh_from_db()
            actions.fail(load=found, by=found.by, at=clock.now())
        if found.outcome != Load.Outcome.REFUSED:  # a refused one is kept for its verdicts
            actions.forget(load=found, by=None, at=clock.now())


def take_up_again() -> None:
    """Queue every load that nobody works on and that is not finished."""
    unfinished = [Load.Outcome.WAITING, Load.Outcome.RUNNING]
    for pk in Load.objects.filter(outcome__in=unfinished).order_by("pk").values_list("pk", flat=True):
        with held(pk) as free:
            if free:
                actions.queue(pk)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="exchange.look")
def look_for_broken_off(timestamp: int) -> None:
    """Take up again what a worker that was killed left behind."""
    take_up_again()


@app.periodic(cron="40 0 * * *")
@app.task(queueing_lock="exchange.tidy")
def tidy(timestamp: int) -> None:
    """Delete the files of refused loads when they are old."""
    actions.forget_old(at=clock.now())
