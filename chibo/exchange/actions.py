"""Loading in the browser: a file is taken, the worker loads it, what was kept of it goes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chibo.core.actions import action
from chibo.core.queueing import queue_once
from chibo.exchange import uploads
from chibo.exchange.models import Load

Outcome = Load.Outcome
KEPT_FOR = timedelta(days=30)


def take(*, chunks: Iterable[bytes], file_name: str, only_check: bool, language: str, by: Any, at: datetime) -> Load:
    """Keep a workbook and have the worker load it, or only check it. Denied if it is larger than is read."""
    kept_as, size = uploads.keep(chunks)
    try:
        return _take(
            kept_as=kept_as, size=size, file_name=file_name, only_check=only_check, language=language, by=by, at=at
        )
    except BaseException:
        uploads.forget(kept_as)
        raise


@action("exchange.load_asked")
def _take(*, kept_as: str, size: int, file_name: str, only_check: bool, language: str, by: Any, at: datetime) -> Load:
    load = Load.objects.create(
        file_name=file_name.encode("utf-8", "replace").decode().replace("\0", "")[:500] or "?",
        size=size,
        by=by,
        at=at,
        outcome=Outcome.WAITING,
        only_check=only_check,
        language=language,
        kept_as=kept_as,
    )
    queue(load.pk)
    return load


def queue(pk: int) -> None:
    """Put a load into the worker's queue, once."""
    queue_once("chibo.exchange.tasks.run_load", "load", pk)


@action("exchange.load_begun")
def begin(*, load: Load, by: Any, at: datetime) -> Load:
    """Say that work on a load begins, once more."""
    load.outcome, load.tries = Outcome.RUNNING, load.tries + 1
    load.save(update_fields=["outcome", "tries"])
    return load


@action("exchange.load_failed")
def fail(*, load: Load, by: Any, at: datetime) -> Load:
    """Give up a load that can't be brought to an end; nothing of it was written."""
    load.outcome = Outcome.FAILED
    load.save(update_fields=["outcome"])
    return load


@action("exchange.upload_forgotten")
def forget(*, load: Load, by: Any, at: datetime) -> None:
    """Delete the file of a load."""
    kept_as, load.kept_as = load.kept_as, ""
    load.save(update_fields=["kept_as"])
    uploads.forget(kept_as)


def forget_old(*, at: datetime) -> None:
    """Delete the files of refused loads after thirty days."""
    for load in Load.objects.filter(at__lt=at - KEPT_FOR).exclude(kept_as="").order_by("pk"):
        if load.is_finished:
            forget(load=load, by=None, at=at)
