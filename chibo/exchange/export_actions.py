"""Exports as jobs: asked for, made by the worker, fetched while who asked still holds what they held, deleted."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.queueing import queue_once
from chibo.exchange import exporting
from chibo.exchange.models import Export, Fetching

Outcome = Export.Outcome
KEPT_FOR = timedelta(days=7)
AT_ONCE = 5  # exports of one person that wait or are made at the same time


class Busy(Denied):
    """As many files of one person as may be at a time are being made."""


@action("exchange.export_asked")
def ask(
    *,
    of: str,
    title: str,
    form: str,
    language: str,
    limits: Mapping[str, Any] | None = None,
    by: Any,
    at: datetime,
) -> Export:
    """Have the worker make a file of a list that one may see; Denied for another, or while many are under way.

    `limits` says what a program came in with of what `by` holds: it is asked for, and made, with no more than that.
    """
    get_user_model().objects.select_for_update(of=("self",)).get(pk=by.pk)
    if len(of) > 2000:
        raise Denied(_("The address of this list is too long: leave out some of the filters."))
    exporting.check(of=of, user=exporting.limited(by, limits))
    if by.exports.filter(outcome__in=[Outcome.WAITING, Outcome.RUNNING]).count() >= AT_ONCE:
        raise Busy(_("%(n)s of your files are still being made. Wait for one of them.") % {"n": AT_ONCE})
    export: Export = by.exports.create(
        of=of, title=title[:1000], form=form, language=language, limits=limits, at=at
    )  # fmt: skip
    queue(export.pk)
    return export


def queue(pk: int) -> None:
    """Put an export into the worker's queue, once."""
    queue_once("chibo.exchange.tasks.run_export", "export", pk)


@action("exchange.export_begun")
def begin(*, export: Export, by: Any, at: datetime) -> Path:
    """Say that work on an export begins, once more; where its file will be."""
    forget_file(export)  # of a try that was broken off
    export.outcome, export.tries, export.kept_as = Outcome.RUNNING, export.tries + 1, f"{uuid.uuid4()}.file"
    export.roles = exporting.roles_of(by, at.date())
    export.save(update_fields=["outcome", "tries", "kept_as", "roles"])
    return exporting.folder() / export.kept_as


@action("exchange.export_made")
def done(*, export: Export, made: exporting.Made, by: Any, at: datetime) -> None:
    """Say that the file of an export can be fetched, and until when."""
    path = exporting.folder() / export.kept_as
    export.outcome, export.made_at, export.until = Outcome.DONE, at, at + KEPT_FOR
    export.rows, export.size, export.file_name = made.rows, path.stat().st_size, made.name
    export.save()


@action("exchange.export_failed")
def fail(*, export: Export, reason: str = "", by: Any, at: datetime) -> None:
    """Give up an export, or refuse it with a reason; nothing of it is kept."""
    forget_file(export)
    export.outcome, export.reason, export.kept_as = Outcome.REFUSED if reason else Outcome.FAILED, reason[:500], ""
    export.save()


@action("exchange.export_fetched")
def fetch(*, export: Export, by: Any, at: datetime) -> Path:
    """The file of one's own export; that it was fetched is kept. Denied once a role is lost by which it was made."""
    path = export.kept_file
    if export.by_id != by.pk or export.outcome != Outcome.DONE or path is None or export.until <= at:  # type: ignore[operator]
        raise Denied(_("This file is no longer kept. Ask for the list again."))
    if set(export.roles) - set(exporting.roles_of(by, at.date())):
        raise Denied(_("Your roles have changed since this file was made. Ask for the list again."))
    Fetching.objects.create(export=export, by=by, at=at)
    return path


@action("exchange.export_forgotten")
def forget(*, export: Export, by: Any, at: datetime) -> None:
    """Delete the file of an export; that it was made and fetched stays known."""
    forget_file(export)
    export.kept_as = ""
    export.save(update_fields=["kept_as"])


def forget_old(*, at: datetime) -> None:
    """Delete the files of exports after seven days."""
    for export in Export.objects.filter(until__lt=at).exclude(kept_as="").order_by("pk"):
        forget(export=export, by=None, at=at)


def forget_file(export: Export) -> None:
    """Delete what there is of a file, whole or not."""
    if export.kept_as:
        path = exporting.folder() / export.kept_as
        shutil.rmtree(path.with_suffix(".parts"), ignore_errors=True)
        with suppress(OSError):
            path.unlink()
