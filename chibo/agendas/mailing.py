"""E-mails of notices: kind, day, time, place, topic and the way to it, each to one reader; nothing confidential."""

from __future__ import annotations

import logging
import smtplib
from contextlib import suppress
from datetime import date
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from chibo.agendas.kinds import Kind
from chibo.agendas.models import Mail, Sending, Told
from chibo.core.formats import day

log = logging.getLogger(__name__)
LOST = (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError)  # the line, not the e-mail


def text_of(sending: Sending) -> tuple[str, str]:
    """Subject and text of the e-mail of a sending, in the language in which it was told."""
    told: dict[str, Any] = sending.content
    with translation.override(told.get("language") or settings.LANGUAGE_CODE):
        kind, on = str(Kind(told["kind"]).label), day(date.fromisoformat(told["on"]))
        subject = {
            Told.GIVEN: _("%(kind)s on %(day)s"),
            Told.CHANGED: _("Changed: %(kind)s on %(day)s"),
            Told.CANCELLED: _("Cancelled: %(kind)s on %(day)s"),
        }[Told(sending.what)] % {"kind": kind, "day": on}
        facts = [
            _("Day: %(day)s") % {"day": on},
            _("Time: %(time)s") % {"time": told["at_time"]} if told["at_time"] else "",
            _("Place: %(place)s") % {"place": told["place"]} if told["place"] else "",
            _("Topic: %(topic)s") % {"topic": told["topic"]} if told["topic"] else "",
            _("Because: %(reason)s") % {"reason": told["reason"]} if told["reason"] else "",
        ]
        way = ""
        if settings.CHIBO_ADDRESS:
            url = settings.CHIBO_ADDRESS + reverse("notice", args=[sending.notice_id])
            way = _("Agenda and papers: %(url)s") % {"url": url}
        off = _("You can switch these e-mails off under My record, Calendar and e-mail.")
        blocks = [sending.notice.unit.name, "\n".join(filter(None, facts)), way, off]
    return subject, "\n\n".join(filter(None, blocks))


def passes(error: Exception) -> bool:
    """Whether what stood in the way of an e-mail may be gone later: no line, a server that is busy or says 4xx."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(_is_for_now(code) for code, _said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _is_for_now(error.smtp_code)
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _is_for_now(code: int) -> bool:
    return not 500 <= code <= 599


def send(pk: int, *, is_last: bool) -> None:
    """Send what waits of a sending, each e-mail once; what is refused for good, or on the last try, is told as failed.

    Raises what the mail server answered while there is another try: what could not be sent yet goes on waiting.
    """
    sending = Sending.objects.select_related("notice__unit").filter(pk=pk).first()
    if sending is None:
        return
    subject, text = text_of(sending)
    waiting = list(Mail.objects.filter(sending=pk, state=Mail.State.WAITS).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return
    connection = mail.get_connection()
    try:
        connection.open()
    except OSError as error:  # of smtplib too
        log.warning("The mail server could not be reached for sending %s: %s.", pk, type(error).__name__)
        if not is_last:
            raise
        Mail.objects.filter(pk__in=waiting, state=Mail.State.WAITS).update(state=Mail.State.FAILED)
        return
    later: Exception | None = None
    try:
        for one in waiting:
            later = _send_one(one, subject, text, connection, is_last=is_last) or later
            if isinstance(later, LOST) and not is_last:
                break  # what is left of them waits for the next line
    finally:
        close(connection)
    if later is not None:
        raise later


def close(connection: Any) -> None:
    """End a connection to the mail server, also one that is broken."""
    with suppress(OSError):
        connection.close()


def _send_one(pk: int, subject: str, text: str, connection: Any, *, is_last: bool) -> Exception | None:
    """Send an e-mail that waits, unless another worker does; an address is never logged. What it has to wait for."""
    with transaction.atomic():
        found = Mail.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        each = found.filter(pk=pk, state=Mail.State.WAITS).first()
        if each is None:
            return None
        try:
            mail.EmailMessage(subject, text, to=[each.user.email], connection=connection).send()
            each.state = Mail.State.SENT
        except (OSError, ValueError) as error:
            log.warning("An e-mail of sending %s could not be sent: %s.", each.sending_id, type(error).__name__)
            if passes(error) and not is_last:
                return error
            each.state = Mail.State.FAILED
        each.save(update_fields=["state"])
    return None
