"""What the worker does of notices: sends their e-mails, trying again while the mail server is busy or away."""

from __future__ import annotations

from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from chibo.agendas import mailing

TRIES = 7  # the last after an hour and a half: a server that is busy or wants to be asked again has answered


@app.task(retry=RetryStrategy(max_attempts=TRIES, exponential_wait=4), pass_context=True)
def send(context: Any, sending: int) -> None:
    """Send the e-mails of a notice that was given, changed or cancelled."""
    mailing.send(sending, is_last=context.job.attempts + 1 >= TRIES)
