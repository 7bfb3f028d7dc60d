"""Acts on minutes: begun, saved, adopted, signed, corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.text import search_key
from chibo.meetings import confirming
from chibo.meetings.content import content_of
from chibo.meetings.models import Meeting
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.resolutions import composing, following, holes, policies, queries, writing
from chibo.resolutions.models import Adoption, Minutes, Part, Revision, Signature, Words


class Conflict(Exception):
    """Somebody saved another text since; `newest` is what stands there now."""

    def __init__(self, newest: Revision) -> None:
        super().__init__(_("Somebody saved another text meanwhile."))
        self.newest = newest


@action("resolutions.minutes_begun")
def begin(*, meeting: Meeting, chair: Person, secretary: Person, by: Any, at: datetime) -> Minutes:
    """Begin the minutes of a meeting with what was recorded of it; those that were begun are these.

    Denied: to others than who records the meetings of the cell; chair and secretary who are one, or were not there.
    """
    unit = _hold(meeting)
    known = Minutes.objects.filter(meeting=meeting).first()
    if known is not None:
        return known
    policies.check_writes(by, unit, None, timezone.localdate(at))
    policies.check_stands(meeting)
    policies.check_two(meeting, chair, secretary)
    minutes = Minutes.objects.create(meeting=meeting, chair=chair, secretary=secretary)
    held = composing.Held(meeting, unit, chair, secretary)
    body = writing.as_html(composing.compose(held))
    _write(minutes, 1, body, "", by, at)
    return minutes


@action("resolutions.minutes_saved")
def save(
    *, minutes: Minutes, seen: int, html: str, chair: Person, secretary: Person, reason: str = "", by: Any, at: datetime
) -> Revision:
    """Keep a text of minutes as their next revision; the same again is the one that stands.

    `seen` is the number of the revision it was made from. With another chair or secretary the lines that name them as
    composed name the new ones. Conflict: there is a newer one that says something else.
    Denied: to others than writers; without a reason where two have signed; chair and secretary as when they are begun.
    """
    unit = _hold(minutes.meeting)
    standing = queries.standing_of(Minutes.objects.select_related("chair", "secretary").get(pk=minutes.pk))
    policies.check_writes(by, unit, standing, timezone.localdate(at))
    policies.check_stands(minutes.meeting)
    newest = standing.newest
    names = (newest.chair_name, newest.secretary_name), (chair.full_name, secretary.full_name)
    blocks = following.with_names(writing.from_html(html), *names)
    body = writing.as_html(blocks)
    same = (newest.body, newest.chair_name, newest.secretary_name) == (body, chair.full_name, secretary.full_name)
    if same and standing.minutes.chair_id == chair.pk and standing.minutes.secretary_id == secretary.pk:
        return newest
    if newest.number != seen:
        raise Conflict(newest)
    policies.check_reason(standing, reason)
    policies.check_two(minutes.meeting, chair, secretary)
    if not blocks:
        raise Denied(_("The minutes say nothing."), "body")
    if len(body) > writing.MOST:
        raise Denied(_("This is too long for minutes."), "body")
    minutes = standing.minutes
    if (minutes.chair_id, minutes.secretary_id) != (chair.pk, secretary.pk):
        minutes.chair, minutes.secretary = chair, secretary
        minutes.save(update_fields=["chair", "secretary"])
    return _write(minutes, newest.number + 1, body, reason, by, at)


@action("resolutions.minutes_adopted")
def adopt(
    *,
    minutes: Minutes,
    seen: int,
    votes_for: int,
    votes_against: int,
    by_hands: bool,
    leaves_open: bool = False,
    by: Any,
    at: datetime,
) -> Adoption:
    """Write down that the meeting adopted the newest text of its minutes.

    Conflict: that is another than the one `seen`. Denied: more votes than may vote, no more for than against; a text
    that names another chair or secretary, or without hours and place; with other places open, unless it `leaves_open`
    these.
    """
    unit = _hold(minutes.meeting)
    standing = queries.standing_of(Minutes.objects.select_related("chair", "secretary").get(pk=minutes.pk))
    policies.check_writes(by, unit, standing, timezone.localdate(at))
    policies.check_stands(minutes.meeting)
    if standing.newest.number != seen:
        raise Conflict(standing.newest)
    policies.check_adopts(standing, votes_for, votes_against, queries.voters_at(minutes.meeting))
    policies.check_text(standing.newest, leaves_open)
    return Adoption.objects.create(
        revision=standing.newest, votes_for=votes_for, votes_against=votes_against, by_hands=by_hands, by=by, at=at
    )


@action("resolutions.minutes_signed")
def sign(*, minutes: Minutes, seen: int, part: str, leaves_open: bool = False, by: Any, at: datetime) -> Signature:
    """Sign the newest text of minutes as their chair or secretary; with the second signature it is locked.

    Conflict: that is another text than the one `seen`. Denied: to others than the person themselves; before the meeting
    adopted them; twice; of a correction what is denied of a text when it is adopted.
    """
    standing = _seen(minutes, seen)
    if why := policies.why_not_sign(by, standing, part):
        raise Denied(why)
    policies.check_text(standing.newest, leaves_open or hasattr(standing.newest, "adoption"))
    return _sign(standing, part, False, by, at)


@action("resolutions.minutes_attested")
def attest(*, minutes: Minutes, seen: int, part: str, by: Any, at: datetime) -> Signature:
    """Say as somebody above that a chair or secretary who does not sign in has signed the minutes on paper.

    Denied: to others than those above the cell, of someone who signs in, to who signed the other part.
    """
    standing = _seen(minutes, seen)
    today = timezone.localdate(at)
    if not policies.attests(rights_of(by, today), by, minutes.meeting.unit, standing, part, today):
        raise Denied(_("Only somebody above the cell says this, of someone who does not sign in here."))
    return _sign(standing, part, True, by, at)


def _seen(minutes: Minutes, seen: int) -> queries.Standing:
    _hold(minutes.meeting)
    standing = queries.standing_of(Minutes.objects.select_related("chair", "secretary").get(pk=minutes.pk))
    policies.check_stands(minutes.meeting)
    if standing.newest.number != seen:
        raise Conflict(standing.newest)
    return standing


def _sign(standing: queries.Standing, part: str, on_paper: bool, by: Any, at: datetime) -> Signature:
    newest = standing.newest
    signed = Signature.objects.create(
        revision=newest, part=part, name=newest.chair_name if part == Part.CHAIR else newest.secretary_name,
        on_paper=on_paper, seal=policies.seal(newest), by=by, at=at, on=timezone.localdate(at),
    )  # fmt: skip
    signed.refresh_from_db(fields=["locks"])
    confirming.refresh(meeting=newest.minutes.meeting, at=at)
    return signed


def _hold(meeting: Meeting) -> Unit:
    """The cell's row, held to the end, as acts on its meetings hold it."""
    return Unit.objects.select_for_update(no_key=True).get(pk=meeting.unit_id)


def _write(minutes: Minutes, number: int, body: str, reason: str, by: Any, at: datetime) -> Revision:
    """Another revision, and the words by which it is found."""
    recorded = content_of(minutes.meeting).as_json()
    held = composing.Held(minutes.meeting, minutes.meeting.unit, minutes.chair, minutes.secretary)
    composed, blocks = composing.facts(held), writing.from_html(body)
    earlier = minutes.revisions.order_by("-number").values_list("composed", flat=True)
    revision = Revision.objects.create(
        minutes=minutes, number=number, body=body, chair_name=minutes.chair.full_name,
        secretary_name=minutes.secretary.full_name, recorded=recorded, composed=composed,
        against=following.against(blocks, earlier, composed), holes=len(holes.holes_in(blocks)), reason=reason,
        by=by, at=at,
    )  # fmt: skip
    text = search_key(writing.plain(blocks))
    words = SearchVector(Value(text), config="simple")
    Words.objects.update_or_create(minutes=minutes, defaults={"words": words})
    confirming.refresh(meeting=minutes.meeting, at=at)
    return revision
