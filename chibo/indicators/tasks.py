"""What runs beside the pages: folding marks as they come, and every night the running year."""

import logging
import os
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Event
from time import monotonic

from django.conf import settings
from django.core import mail
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from chibo.core import clock
from chibo.core.spans import holding
from chibo.indicators import comparing, folding
from chibo.indicators.models import Comparison, Mark
from chibo.integrity import actions as checks
from chibo.organizations.models import Grant, Unit
from chibo.organizations.roles import RoleCode

PAUSE, LONGEST = 0.5, 5.0  # seconds between two looks for marks
REST = 4  # times as long as folding took the folder rests: where many write, it folds more at once, which costs less;
# figures are then behind by the rest and twice the folding
BEHIND = 10  # by how much the process of the database that folds stands back for those of writers, as of `nice`
log = logging.getLogger(__name__)


def watch(stop: Event) -> None:
    """Fold marks as they come until told to stop; a database that is away is waited for.

    It looks instead of being told: a notice or a queued job would make writers wait for each other at commit.
    """
    pause = PAUSE
    while not stop.wait(pause):
        begun = monotonic()
        try:
            if Mark.objects.exists():
                stand_back()
                while folding.fold(by=None, at=clock.now()) and Mark.objects.count() > folding.BATCH:
                    pass  # what came meanwhile can wait for the next turn, unless it is a load
            pause = min(LONGEST, max(PAUSE, REST * (monotonic() - begun)))
        except Exception:  # whatever it was, the next try may pass; figures that stand still would say nothing
            log.exception("Folding failed; it is tried again.")
            stop.wait(5)
        finally:
            close_old_connections()


def stand_back() -> None:
    """Let those who write go first, where the database is on this machine: it is for the cores that folding waits."""
    connection.ensure_connection()
    if not str(connection.settings_dict["HOST"]).startswith("/"):
        return
    process = connection.connection.info.backend_pid
    with suppress(OSError):  # not ours to slow down, or seen from another container
        if Path(f"/proc/{process}/comm").read_text().startswith("postgres"):
            os.setpriority(os.PRIO_PROCESS, process, BEHIND)


@app.periodic(cron="10 0 * * *")
@app.task(queueing_lock="indicators.keep")
def keep_running_year(timestamp: int) -> None:
    """Have the running year among those kept, marks or none."""
    folding.fold_all(by=None, at=clock.now())


@app.periodic(cron="12 0 * * *")  # before the checks are counted, which tell of it on the desk
@app.task(queueing_lock="indicators.compare")
def compare_by_night(timestamp: int) -> None:
    """Have figures drawn by chance compared with their records; what differs is told at once."""
    now = clock.now()
    night = comparing.compare(seed=timestamp, by=None, at=now)
    root = Unit.objects.order_by("path").filter(parent_links=None).first()
    if night.differing and root is not None:
        checks.ask(unit=root, by=None, at=now)  # it may be past the hour at which they are counted
        tell_administrators.defer(comparison=night.pk)


@app.task
def tell_administrators(comparison: int) -> None:
    """Write to administrators of the whole tree who read e-mail that figures differ: how many, not which."""
    night = Comparison.objects.get(pk=comparison)
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Figures kept differ from their records: %(n)s") % {"n": night.differing}
        text = _("Of %(n)s figures added up again last night, %(differing)s were another number.") % {
            "n": night.compared, "differing": night.differing
        }  # fmt: skip
        way = settings.CHIBO_ADDRESS + reverse("comparisons") if settings.CHIBO_ADDRESS else ""
    for address in administrators(localdate(night.at)):
        try:
            mail.EmailMessage(subject, "\n\n".join(filter(None, [text, way])), to=[address]).send()
        except (OSError, ValueError) as error:
            log.warning("The e-mail about figures that differ could not be sent: %s.", type(error).__name__)


def administrators(today: date) -> list[str]:
    """The e-mail addresses of those who administer the whole tree on a day."""
    held = Grant.objects.filter(holding(today), unit__parent_links=None, role=RoleCode.ADMINISTRATOR)
    held = held.filter(user__is_active=True).exclude(user__email="")
    return list(held.order_by("user__email").values_list("user__email", flat=True).distinct())
