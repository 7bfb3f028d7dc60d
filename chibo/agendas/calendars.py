"""Calendars by their own address (RFC 5545): the meetings someone is called to, with nothing confidential in them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from chibo.agendas.kinds import Kind
from chibo.agendas.models import Calendar, Status
from chibo.agendas.queries import called_to
from chibo.core.actions import action

BACK = timedelta(days=62)  # so far back a calendar tells
USUAL = 90  # minutes a meeting takes, where its agenda does not say
FOLD = 75  # octets of a line
MOST = 200


def secret_of(calendar: Calendar) -> str:
    """The last part of the address of a calendar: who knows it reads it. Made from a random key and our own secret."""
    made = salted_hmac("agendas.calendar", calendar.key, algorithm="sha256").hexdigest()
    return f"{calendar.user_id}-{made}"


def by_secret(secret: str) -> Calendar | None:
    """The calendar of an address, if its user may still sign in. One query."""
    user, _dash, _made = secret.partition("-")
    if not user.isascii() or not user.isdigit() or len(user) > 18:
        return None
    found = Calendar.objects.filter(user=int(user), user__is_active=True).exclude(key="").first()
    return found if found is not None and constant_time_compare(secret_of(found), secret) else None


@action("agendas.calendar_renewed")
def renew(*, user: Any, language: str, by: Any, at: datetime) -> Calendar:
    """Give someone's calendar a new address; the one it had leads nowhere any more."""
    made = {"key": secrets.token_urlsafe(32), "language": language}
    return Calendar.objects.update_or_create(user=user, defaults=made)[0]


@action("agendas.mail_switched")
def switch_mail(*, user: Any, email: str, is_mailed: bool, by: Any, at: datetime) -> Calendar:
    """Say to which address someone's e-mails of notices go, and whether there are any."""
    if user.email != email:
        user.email = email
        user.save(update_fields=["email"])
    return Calendar.objects.update_or_create(user=user, defaults={"is_mailed": is_mailed})[0]


def feed(person: int, today: date) -> str:
    """The calendar of a person as text. Two queries."""
    found = called_to(person, today - BACK).select_related("unit")
    told = found.annotate(told=Count("sendings", distinct=True), told_at=Max("sendings__at"))
    return written(told.prefetch_related("items").order_by("on", "pk")[:MOST])


def written(notices: Iterable[Any]) -> str:
    """Notices as an iCalendar; each with how often and when it was told."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Chibo//Notices of meetings//VI", "METHOD:PUBLISH",
        "CALSCALE:GREGORIAN",
    ]  # fmt: skip
    for notice in notices:
        lines += _event(notice)
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(notice: Any) -> list[str]:
    minutes = sum(item.minutes or 0 for item in notice.items.all()) or USUAL
    lines = [
        "BEGIN:VEVENT",
        f"UID:{notice.uid}@chibo",
        f"SEQUENCE:{max(0, notice.told - 1)}",
        f"DTSTAMP:{_moment(notice.told_at)}",
    ]
    if notice.at_time is None:
        lines.append(f"DTSTART;VALUE=DATE:{notice.on:%Y%m%d}")
    else:
        begins = timezone.make_aware(datetime.combine(notice.on, notice.at_time))
        lines += [f"DTSTART:{_moment(begins)}", f"DTEND:{_moment(begins + timedelta(minutes=minutes))}"]
    lines += [
        f"SUMMARY:{escaped(f'{Kind(notice.kind).label}: {notice.unit.name}')}",
        f"STATUS:{'CANCELLED' if notice.status == Status.CANCELLED else 'CONFIRMED'}",
    ]
    if notice.place:
        lines.append(f"LOCATION:{escaped(notice.place)}")
    if notice.topic:
        lines.append(f"DESCRIPTION:{escaped(notice.topic)}")
    return [*lines, "END:VEVENT"]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """A text as a property's value."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, no letter cut in two; each further one begins with a blank."""
    pieces, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > FOLD:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += width
    return "\r\n".join(pieces)
