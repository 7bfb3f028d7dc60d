"""Work for the worker's queue that waits there once, however often it is asked for."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def queue_once(task: str, about: str, pk: int) -> None:
    """Queue a task, by its full name, about the object of a key (`load=5`); nothing where the same waits already."""
    deferred = app.configure_task(task, queueing_lock=f"{about} {pk}")
    with suppress(AlreadyEnqueued), transaction.atomic():  # that it waits already is found by the database
        deferred.defer(**{about: pk})
