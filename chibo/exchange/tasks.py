"""What the worker does of loads and exports: what waits, what was broken off; old files it deletes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.utils import translation
from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.exchange import actions, export_actions, exporting, loading, uploads
from chibo.exchange.models import Export, Load

ONE_WORKER = 7_301_005  # first key of the advisory locks; the second is the load's
ONE_EXPORTER = 7_301_021  # the same of exports
MOST_TRIES = 3
MOST_FAULTS = 1_000  # a load pauses there: who sent it mends them first
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
                    pause_at=MOST_FAULTS,
                )
        except Exception:  # whatever it was: who waits for the load is told
            log.exception("Load %s failed.", load)
            found.refresh_from_db()
            actions.fail(load=found, by=found.by, at=clock.now())
        if found.outcome != Load.Outcome.REFUSED:  # a refused one is kept for its verdicts
            actions.forget(load=found, by=None, at=clock.now())


@app.task
def run_export(export: int) -> None:
    """Make the file that someone asked for, as they may see it now. The third time it is broken off it fails."""
    with held(export, ONE_EXPORTER) as ours:
        found = Export.objects.select_related("by").filter(pk=export).first() if ours else None
        if found is None or found.is_finished:
            return
        if found.tries >= MOST_TRIES or not found.by.is_active:
            export_actions.fail(export=found, by=found.by, at=clock.now())
            return
        target = export_actions.begin(export=found, by=found.by, at=clock.now())
        try:
            with translation.override(found.language or None):
                made = exporting.make(
                    of=found.of, form=found.form, user=exporting.limited(found.by, found.limits), target=target,
                    tell=lambda rows: uploads.tell(found.kept_as, str(rows), 0),
                )  # fmt: skip
            export_actions.done(export=found, made=made, by=found.by, at=clock.now())
        except Denied as refusal:
            export_actions.fail(export=found, reason=str(refusal), by=found.by, at=clock.now())
        except Exception:  # whatever it was: who waits for the file is told
            log.exception("Export %s failed.", export)
            export_actions.fail(export=found, by=found.by, at=clock.now())
        finally:
            uploads.forget_told(target.name)


def take_up_again() -> None:
    """Queue every load and export that nobody works on and that is not finished."""
    unfinished = [Load.Outcome.WAITING, Load.Outcome.RUNNING]
    for pk in Load.objects.filter(outcome__in=unfinished).order_by("pk").values_list("pk", flat=True):
        with held(pk) as free:
            if free:
                actions.queue(pk)
    begun = [Export.Outcome.WAITING, Export.Outcome.RUNNING]
    for pk in Export.objects.filter(outcome__in=begun).order_by("pk").values_list("pk", flat=True):
        with held(pk, ONE_EXPORTER) as free:
            if free:
                export_actions.queue(pk)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="exchange.look")
def look_for_broken_off(timestamp: int) -> None:
    """Take up again what a worker that was killed left behind."""
    take_up_again()


@app.periodic(cron="40 0 * * *")
@app.task(queueing_lock="exchange.tidy")
def tidy(timestamp: int) -> None:
    """Delete the files of refused loads and of exports when they are old."""
    actions.forget_old(at=clock.now())
    export_actions.forget_old(at=clock.now())
