"""Acts on scores: confirmed or returned by the committee above, answered by the cell; what makes that fall."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core import states
from chibo.core.actions import Denied, action, told_now
from chibo.core.inserting import insert
from chibo.meetings import competence, policies
from chibo.meetings.claims import Claim, claim_now
from chibo.meetings.competence import Right
from chibo.meetings.content import padded, plain
from chibo.meetings.models import Confirmation, Deed, Meeting, Score, ScoreDeed, Scorer, Settled
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.scope import recorders_behind
from chibo.scoring.sheet import FULL, Answers

FALLS: Mapping[str, Deed] = {Settled.CONFIRMED: Deed.FELL, Settled.RETURNED: Deed.CORRECTED}


class OwnPoints(NamedTuple):
    """Points that a superior gives instead of those claimed: answers by the sheet of the claim, or by eight groups."""

    answers: Answers | None = None
    groups: tuple[Decimal, ...] = ()


class Seen(NamedTuple):
    """A meeting whose score is to be confirmed, and the seal of what its reader has before them."""

    meeting: Meeting
    seal: int


@action("meetings.score_confirmed")
def confirm(
    *, meeting: Meeting, seen: int, own: OwnPoints | None = None, note: str = "", by: Any, at: datetime
) -> Confirmation:
    """Confirm the score of a cell, perhaps with points of one's own; again by the same person, nothing changes.

    `seen` is the seal of what `by` has before them. Denied: others than who may, a score that does not wait, that says
    something else by now, or that somebody else has judged meanwhile.
    """
    today = timezone.localdate(at)
    meeting, confirmation, right, claim, score = _judge(meeting, seen, Deed.CONFIRMED, by, at, note)
    if right is None:
        return confirmation
    differs = own is not None and _gives_own(meeting, score, own, today)
    days = Threshold.objects.on(today).get(Limit.CONFIRM_DAYS)
    in_time = days is None or (today - confirmation.since).days <= days
    states.move(confirmation, Settled.CONFIRMED, "state", in_time=in_time, own_points=differs, **_kept(claim))
    _tell(confirmation, Deed.CONFIRMED, note, right, score, by, at)
    return confirmation


@action("meetings.scores_confirmed")
def confirm_many(*, seen: Sequence[Seen], by: Any, at: datetime) -> tuple[int, list[str]]:
    """Confirm those of some scores in which nothing differs from the records; how many, and why not the others."""
    done, refused, today = 0, [], timezone.localdate(at)
    for each in sorted(seen, key=lambda one: (one.meeting.unit_id, one.meeting.pk)):
        try:
            policies.check_agrees(claim_now(each.meeting.unit, each.meeting, today)[1])
            confirm(meeting=each.meeting, seen=each.seal, by=by, at=at)
        except Denied as reason:
            refused.append(str(reason))
        else:
            done += 1
    return done, refused


@action("meetings.score_returned")
def give_back(*, meeting: Meeting, seen: int, reason: str, by: Any, at: datetime) -> Confirmation:
    """Return the score of a cell and say why; again the same by the same person, nothing changes.

    Denied as `confirm`.
    """
    meeting, confirmation, right, claim, score = _judge(meeting, seen, Deed.RETURNED, by, at, reason)
    if right is None:
        return confirmation
    states.move(confirmation, Settled.RETURNED, "state", **_kept(claim))
    _tell(confirmation, Deed.RETURNED, reason, right, score, by, at)
    return confirmation


@action("meetings.score_answered")
def answer(*, meeting: Meeting, reason: str, by: Any, at: datetime) -> Confirmation:
    """Keep a score that was returned and say why: it waits again. The same again by the same person changes nothing."""
    meeting = _hold(meeting)
    confirmation = _of(meeting)
    last = _last(meeting)
    if confirmation and last and (last.deed, last.note, last.by_id) == (Deed.ANSWERED, reason, by.pk):
        return confirmation
    policies.check_stands(meeting)
    confirmation = policies.check_answers(confirmation)
    today = timezone.localdate(at)
    makers = sorted({*confirmation.makers, *recorders_behind(by, meeting.unit, today)})
    states.move(confirmation, Settled.WAITING, "state", since=today, makers=makers)
    _tell(confirmation, Deed.ANSWERED, reason, None, _own_score(meeting), by, at)
    return confirmation


def seal_now(meeting: Meeting, confirmation: Confirmation | None, score: Score | None) -> int:
    """A number that differs where the score of a meeting does, what stands beside it, or how far it is. No query."""
    said: list[Any] = [meeting.version]
    if confirmation is not None:
        said += [confirmation.state, confirmation.since.isoformat(), confirmation.evidence]
    if score is not None:
        said += [score.scored_on.isoformat(), score.sheet_id, score.answers]
        said += [plain(getattr(score, f"c{n}")) for n in range(1, 9)]
    text = json.dumps(said, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % (2**31 - 1)


def release(*, meeting: Meeting, by: Any, at: datetime, keeps: bool = False) -> None:
    """What was judged of a score is judged no more, as its meeting is to change; points given with it go too.

    Part of changing a meeting, before it changes; `follow` comes after. `keeps`: the superior's points are other ones.
    """
    confirmation = _of(meeting)
    if confirmation is None or confirmation.state not in FALLS:
        return
    if confirmation.own_points and not keeps:
        Score.objects.filter(meeting=meeting, scored_by=Scorer.SUPERIOR).delete()
    _tell(confirmation, FALLS[Settled(confirmation.state)], "", None, _own_score(meeting), by, at)


def follow(*, meeting: Meeting, by: Any, at: datetime, fresh: tuple[Score, Claim] | None = None) -> None:
    """Let the score of a meeting recorded or changed wait, with what the records say beside it; or nothing is to wait.

    Part of recording and changing a meeting, also by a workbook: whoever does it can't confirm it then. `fresh` is
    what is claimed of a meeting that was not there before, beside what the records say.
    """
    today = timezone.localdate(at)
    score, claim = fresh or claim_now(meeting.unit, meeting, today)
    confirmation = None if fresh else _of(meeting)
    if score is None:
        if confirmation is not None:
            states.move(confirmation, Settled.VOID, "state", in_time=False, own_points=False, **_kept(claim))
        return
    makers = set(recorders_behind(by, meeting.unit, today))
    kept = _kept(claim) | {"since": today}
    if confirmation is None:
        makers |= set() if meeting.recorded_by_id is None else {meeting.recorded_by_id}
        insert(Confirmation(meeting=meeting, makers=sorted(makers), **kept))
        return
    kept |= {"makers": sorted({*confirmation.makers, *makers}), "in_time": False, "own_points": False}
    states.move(confirmation, Settled.WAITING, "state", **kept)


def refresh(*, meeting: Meeting, at: datetime) -> None:
    """Keep beside a score that waits what the records say by now. Part of acts by which they come to say more."""
    confirmation = _of(meeting)
    if confirmation is None or confirmation.state != Settled.WAITING:
        return
    kept = _kept(claim_now(meeting.unit, meeting, timezone.localdate(at))[1])
    if any(getattr(confirmation, name) != value for name, value in kept.items()):
        states.move(confirmation, Settled.WAITING, "state", **kept)


def withdrawn(*, meeting: Meeting, by: Any, at: datetime) -> None:
    """Nothing of a withdrawn meeting is to be confirmed. Part of withdrawing it."""
    confirmation = _of(meeting)
    if confirmation is None:
        return
    if confirmation.state == Settled.CONFIRMED:
        _tell(confirmation, Deed.FELL, "", None, _own_score(meeting), by, at)
    states.move(confirmation, Settled.VOID, "state", in_time=False, own_points=False)


def loaded(meetings: Iterable[int], superior: Set[int] = frozenset()) -> None:
    """Let what was judged of these meetings fall, as a workbook or its undoing has changed them. Part of a load.

    Those of which nothing waits or was judged are left alone: two queries. Of some it brought the `superior` points.
    """
    found = Meeting.objects.filter(pk__in=list(meetings), confirmation__isnull=False, withdrawal=None)
    user, at = told_now()
    by = User.objects.filter(pk=user).first() if user else None
    for meeting in found.select_related("unit").order_by("pk"):
        release(meeting=meeting, by=by, at=at, keeps=meeting.pk in superior)
        follow(meeting=meeting, by=by, at=at)


def _hold(meeting: Meeting) -> Meeting:
    """The meeting as it stands, its cell's row held to the end: acts on the meetings of a cell follow each other."""
    Unit.objects.select_for_update(no_key=True).get(pk=meeting.unit_id)
    found = Meeting.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("unit", "withdrawal__by").get(pk=meeting.pk)


def _judge(
    meeting: Meeting, seen: int, deed: str, by: Any, at: datetime, note: str = ""
) -> tuple[Meeting, Confirmation, Right | None, Claim, Score]:
    """What is to be judged, held, and by which right; without a right where the same person has done the same."""
    meeting = _hold(meeting)
    confirmation = _of(meeting)
    last = _last(meeting)
    score, claim = claim_now(meeting.unit, meeting, timezone.localdate(at))
    again = last is not None and (last.deed, last.by_id, last.note) == (deed, by.pk, note)
    if again and confirmation and score and confirmation.state == deed:
        return meeting, confirmation, None, claim, score
    policies.check_stands(meeting)
    right = competence.check_confirms(by, meeting, confirmation, timezone.localdate(at))
    score = policies.check_claimed(score)
    policies.check_waits(confirmation, last)
    if seal_now(meeting, confirmation, score) != seen:
        raise Denied(_("The meeting was changed since you looked at it. Look at it as it stands now."))
    if confirmation is None:  # from a workbook: nothing waits, and who wants to may confirm it
        confirmation = Confirmation.objects.create(meeting=meeting, since=timezone.localdate(at), **_kept(claim))
    return meeting, confirmation, right, claim, score


def _last(meeting: Meeting) -> ScoreDeed | None:
    return ScoreDeed.objects.filter(meeting=meeting).select_related("by").order_by("-at", "-pk").first()


def _of(meeting: Meeting) -> Confirmation | None:
    return Confirmation.objects.filter(meeting=meeting).first()


def _own_score(meeting: Meeting) -> Score | None:
    return Score.objects.filter(meeting=meeting, scored_by=Scorer.SELF).first()


def _kept(claim: Claim) -> dict[str, Any]:
    """What is claimed and what the records say beside it, as a confirmation keeps it."""
    sums = {"claimed": claim.claimed, "proposed": claim.proposed, "most": claim.most}
    return sums | {"sheet_id": claim.sheet, "evidence": claim.as_json()}


def _tell(
    confirmation: Confirmation, deed: Deed, note: str, right: Right | None, score: Score | None, by: Any, at: datetime
) -> None:
    meeting = confirmation.meeting
    ScoreDeed.objects.create(
        meeting=meeting, deed=deed, note=note, version=meeting.version,
        role=right.role if right else "", role_unit=right.unit if right else None,
        claimed=confirmation.claimed, proposed=confirmation.proposed, most=confirmation.most,
        total=score.total if score else None, by=by, lent_by=right.lent_by if right else None, at=at,
    )  # fmt: skip


def _gives_own(meeting: Meeting, score: Score, own: OwnPoints, today: date) -> bool:
    """Write the superior's points where they differ from those claimed; whether they do."""
    claimed = tuple(getattr(score, f"c{n}") for n in range(1, 9))
    points: dict[str, Any] = {"sheet_id": None, "answers": None, "band": "", "reachable": FULL}
    if score.answers is not None:
        if own.answers is None or own.answers == score.answers:
            return False
        given = policies.points_by(score.sheet_id, own.answers)
        points |= {"sheet_id": score.sheet_id, "answers": dict(own.answers)}
        points |= {"band": given.band, "reachable": given.reachable}
        groups = padded(given.groups)
    else:
        groups = own.groups
        if not groups or groups == claimed:
            return False
        policies.check_groups(groups)
    policies.check_no_superior(meeting)
    points |= {f"c{n}": each for n, each in enumerate(groups, 1)}
    Score.objects.create(meeting=meeting, scored_by=Scorer.SUPERIOR, scored_on=today, **points)
    return True
