"""Acts on a member's file: recorded, corrected, ended, taken out; sensitive groups opened; a copy taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action, context_now
from chibo.core.text import clean
from chibo.files import policies
from chibo.files.groups import FACTS, LONGEST_LINE
from chibo.files.models import Basis, Copy, Entry, Opening
from chibo.files.queries import last_event
from chibo.members.models import Person


@action("files.recorded")
def record(
    *,
    person: Person,
    group: str,
    said: Mapping[str, str],
    from_on: date | None = None,
    to_on: date | None = None,
    source: str,
    paper: str = "",
    paper_on: date | None = None,
    by: Any,
    at: datetime,
) -> Entry:
    """Let someone's file say something more, by a source.

    Denied: a file or group that is not `by`'s to record in, one's own; fields, days or a source that can't be.
    """
    entry = Entry(person=person, group=group)
    _fill(entry, said, from_on, to_on, source, paper, paper_on, by, localdate(at))
    entry.save()
    return entry


@action("files.corrected")
def correct(
    *,
    entry: Entry,
    said: Mapping[str, str],
    from_on: date | None = None,
    to_on: date | None = None,
    source: str,
    paper: str = "",
    paper_on: date | None = None,
    seen: int | None = None,
    by: Any,
    at: datetime,
) -> Entry:
    """Put an entry right, as if it had always said so; what it said before is kept in its history.

    `seen` is the last event of the entry that `by` saw. Denied: what `record` denies; an entry that is taken out, or
    that someone else changed since.
    """
    entry = _held(entry)
    policies.check_keeps(by, entry.person, entry.group, localdate(at))
    _check_seen(entry, seen)
    _fill(entry, said, from_on, to_on, source, paper, paper_on, by, localdate(at))
    entry.save()
    return entry


@action("files.ended")
def end(*, entry: Entry, on: date, paper: str = "", by: Any, at: datetime) -> Entry:
    """Let an entry hold no longer from a day on, by a decision or document.

    Denied: a file or group that is not `by`'s to record in; an entry without an end, or that ended before.
    """
    entry, today = _held(entry), localdate(at)
    policies.check_keeps(by, entry.person, entry.group, today)
    policies.check_ends(entry, on, today)
    policies.check_text(paper, LONGEST_LINE)
    entry.to_on, entry.end_paper = on, clean(paper)
    entry.save()
    return entry


@action("files.struck")
def strike(*, entry: Entry, reason: str, by: Any, at: datetime) -> Entry:
    """Take out of a file what should never have been in it; it stays in the history.

    Denied: a file or group that is not `by`'s to record in; no reason; an entry that is out already.
    """
    entry = _held(entry)
    policies.check_keeps(by, entry.person, entry.group, localdate(at))
    policies.check_reason(reason)
    entry.struck_because = clean(reason)
    entry.save()
    return entry


@action("files.fact_corrected")
def correct_fact(
    *,
    person: Person,
    fact: str,
    value: Any,
    source: str,
    paper: str = "",
    paper_on: date | None = None,
    rests_on: Mapping[str, Any] | None = None,
    was: str | None = None,
    by: Any,
    at: datetime,
) -> Person:
    """Put right what is known of a person in one field, by a source; figures follow.

    `was` is what `by` saw there, as text; `rests_on` what a case quotes, as `queries.rests_said` reads it.

    Denied: a file that is not `by`'s to record in, one's own; a value that can't be; the same as before; a field that
    someone else changed since.
    """
    today = localdate(at)
    person = Person.objects.select_for_update().get(pk=person.pk)
    policies.check_keeps(by, person, FACTS[fact][0] if fact in FACTS else "", today)
    value = clean(value) if isinstance(value, str) else value
    policies.check_fact(person, fact, value)
    policies.check_source(source, paper, paper_on, today, is_system=by is None)
    before = getattr(person, fact)
    if was is not None and was != str(before):
        raise Denied(_("Someone changed this meanwhile. Look at it again."))
    if value == before:
        raise Denied(_("This is what is recorded already."))
    setattr(person, fact, value)
    person.save()
    Basis.objects.create(
        person=person, fact=fact, source=source, paper=clean(paper), paper_on=paper_on,
        rests_on=dict(rests_on) if rests_on else None, context=context_now(),
    )  # fmt: skip
    return person


@action("files.opened")
def open_group(*, person: Person, group: str, reason: str, by: Any, at: datetime) -> Opening:
    """Open a sensitive group of someone's file for a reason; who, when, why and by which grant is kept for ever.

    Denied: without the right at the member's cell; without a reason.
    """
    held = policies.check_opens(by, person, group, localdate(at))
    policies.check_reason(reason)
    return Opening.objects.create(
        person=person, group=group, reason=clean(reason), by=by, at=at, grant_id=held.grant_id, role=held.role,
        unit_id=held.unit_id,
    )  # fmt: skip


@action("files.copied")
def take_copy(*, person: Person, form: str, sha256: str, by: Any, at: datetime) -> Copy:
    """Keep that a member took a complete copy of their own file. Denied: a file that is not one's own."""
    if by is None or person.user_id != by.pk:
        raise Denied(_("Only the members themselves take a copy of their file."))
    return Copy.objects.create(person=person, form=form, sha256=sha256, by=by, at=at)


def _fill(
    entry: Entry,
    said: Mapping[str, str],
    from_on: date | None,
    to_on: date | None,
    source: str,
    paper: str,
    paper_on: date | None,
    by: Any,
    today: date,
) -> None:
    """Let an entry say this, once every policy agrees."""
    policies.check_keeps(by, entry.person, entry.group, today)
    said = {name: clean(text) if isinstance(text, str) else text for name, text in said.items()}
    policies.check_said(entry.group, said)
    policies.check_days(entry.group, from_on, to_on, today)
    policies.check_source(source, paper, paper_on, today, is_system=by is None)
    entry.said = {name: text for name, text in said.items() if text}
    entry.from_on, entry.to_on = from_on, to_on
    entry.source, entry.paper, entry.paper_on = source, clean(paper), paper_on
    if to_on is None:
        entry.end_paper = ""


def _held(entry: Entry) -> Entry:
    """The entry as it stands, still in the file; who else changes it waits."""
    found = Entry.objects.select_for_update(of=("self",)).select_related("person").get(pk=entry.pk)
    policies.check_there(found)
    return found


def _check_seen(entry: Entry, seen: int | None) -> None:
    if seen is not None and last_event(entry) != seen:
        raise Denied(_("Someone changed this meanwhile. Look at it again."))
