"""The clock is read here, at the edge, and passed in as `at` or `today`."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The moment it is, aware: the real one, or the demonstration's own day at the real time of day."""
    moment = timezone.localtime()
    standing: date | None = settings.CHIBO_TODAY
    if standing is None:
        return moment
    return datetime.combine(standing, time(moment.hour, moment.minute, moment.second), moment.tzinfo)


def real() -> datetime:
    """The real moment, wherever a demonstration stands: what the database stamps by its own clock is of its year."""
    return timezone.localtime()


def today() -> date:
    """The day it is, in the installation's time zone."""
    return now().date()


def as_here(moment: datetime) -> datetime:
    """A moment told by another clock, on the day at which a demonstration stands; elsewhere as it is."""
    standing: date | None = settings.CHIBO_TODAY
    return moment if standing is None else moment + timedelta((standing - timezone.localtime().date()).days)
