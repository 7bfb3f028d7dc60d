"""What the worker does of reminders: an e-mail to each secretary of a cell that was reminded."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from chibo.accounts.models import User
from chibo.agendas.mailing import passes
from chibo.agendas.models import Calendar
from chibo.agendas.tasks import TRIES
from chibo.core.formats import period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.meetings.models import Reminder
from chibo.organizations.models import Grant
from chibo.organizations.roles import RoleCode

log = logging.getLogger(__name__)


@app.task
def tell_reminded(reminders: list[int], language: str) -> None:
    """Have an e-mail written to each secretary of the cells these reminders are for, if they read e-mail."""
    cells: dict[int, list[Reminder]] = {}
    for each in Reminder.objects.filter(pk__in=reminders).order_by("unit", "month"):
        cells.setdefault(each.unit_id, []).append(each)
    silent = Calendar.objects.filter(is_mailed=False).values("user")
    for unit, given in cells.items():
        held = Grant.objects.filter(holding(timezone.localdate(given[0].at)), unit=unit, role=RoleCode.SECRETARY)
        held = held.filter(user__is_active=True).exclude(user__email="").exclude(user__in=silent)
        for user in held.order_by("user").values_list("user", flat=True).distinct():
            tell_one.defer(user=user, reminders=[each.pk for each in given], language=language)


@app.task(retry=RetryStrategy(max_attempts=TRIES, exponential_wait=4), pass_context=True)
def tell_one(context: Any, user: int, reminders: list[int], language: str) -> None:
    """Tell one secretary of which months their cell was reminded; what is refused for good is not tried again."""
    found = list(Reminder.objects.filter(pk__in=reminders).select_related("unit", "by").order_by("month"))
    reader = User.objects.filter(pk=user, is_active=True).exclude(email="").first()
    if reader is None or not found:
        return
    subject, text = text_of(found, language)
    try:
        mail.EmailMessage(subject, text, to=[reader.email]).send()
    except (OSError, ValueError) as error:
        log.warning("The e-mail of a reminder could not be sent: %s.", type(error).__name__)
        if passes(error) and context.job.attempts + 1 < TRIES:
            raise


def text_of(reminders: list[Reminder], language: str) -> tuple[str, str]:
    """Subject and text of the e-mail about the months of a cell."""
    first = reminders[0]
    with translation.override(language or settings.LANGUAGE_CODE):
        months = ", ".join(period_name(Period.month_of(each.month)) for each in reminders)
        subject = _("Meetings still to be recorded: %(months)s") % {"months": months}
        said = _("%(who)s reminded you.") % {"who": first.by}
        way = ""
        if settings.CHIBO_ADDRESS:
            url = settings.CHIBO_ADDRESS + reverse("meeting_record", args=[first.unit_id])
            way = _("Record it, or say why there was none: %(url)s") % {"url": url}
        off = _("You can switch these e-mails off under My record, Calendar and e-mail.")
        blocks = [first.unit.name, f"{subject}. {said}", way, off]
    return subject, "\n\n".join(filter(None, blocks))
