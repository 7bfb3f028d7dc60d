"""Acts of a cell on its meetings: to record, correct, withdraw, to say there was none; and drafts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.inserting import insert
from chibo.core.periods import Period
from chibo.core.prepared import Prepared
from chibo.core.together import Question
from chibo.core.written import Written, as_sql
from chibo.meetings import confirming, policies
from chibo.meetings.claims import Claim, claim_in
from chibo.meetings.content import NOTHING_SAID, Content, content_of, seal_of
from chibo.meetings.course import bring
from chibo.meetings.devices import Told
from chibo.meetings.evidence import Known
from chibo.meetings.lookup import Lookup
from chibo.meetings.models import (
    Attendance,
    Correction,
    DeviceKey,
    Draft,
    Kind,
    Meeting,
    NoMeeting,
    Score,
    Scorer,
    Withdrawal,
)
from chibo.meetings.queries import others_standing, standing
from chibo.organizations.models import Unit, UnitKind
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import FULL, Points

DRAFTS = 20  # of one user in one cell; the oldest give way


class Conflict(Exception):
    """Something else is recorded already; `meeting` is what stands there now."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__(_("This meeting is recorded already, with something else in it."))
        self.meeting = meeting


class Another(Exception):
    """A regular meeting of that month is recorded; it takes a word that this is another one."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__(_("A regular meeting of this month is recorded already."))
        self.meeting = meeting


class Said(NamedTuple):
    """A meeting as it was typed: the id its device made, what it says, whether it is another one of its month."""

    uid: UUID
    content: Content
    another: bool = False


def record(
    *, unit: Unit, uid: UUID, content: Content, another: bool = False, told: Told | None = None, by: Any, at: datetime
) -> Meeting:
    """Record a meeting of a cell under the id its device made; again with the same content, it is that meeting.

    `told` is what the device's own clock said; no date of the meeting is taken from it.
    Conflict: the id is known with other content. Another: the month has a regular meeting and `another` was not said.
    """
    return record_said(unit=unit, say=lambda _lookup: Said(uid, content, another), told=told, by=by, at=at)


@action("meetings.recorded")
def record_said(
    *, unit: Unit, say: Callable[[Lookup], Said], told: Told | None = None, by: Any, at: datetime
) -> Meeting:
    """Record what `say` reads once the cell is held, of the same records by which it is checked then. As `record`.

    What `say` raises is raised, and nothing is recorded.
    """
    lookup = Lookup(_hold(unit))
    return _record(lookup, say(lookup), told, by, at)


def _record(lookup: Lookup, said: Said, told: Told | None, by: Any, at: datetime) -> Meeting:
    unit, (uid, content, another) = lookup.unit, said
    codes = _codes(unit, content.month, uid)
    found = _BESIDE.ask(
        unit=unit.pk, uid=uid, month=content.month, short=codes[0], longer=codes[1], longest=codes[2]
    )  # fmt: skip
    if found["known"]:
        known = Meeting.objects.select_related("recorded_by", "withdrawal__by").get(uid=uid)
        if known.unit_id != unit.pk:
            raise Denied(_("This form belongs to another cell. Open it anew."))
        policies.check_stands(known)
        if content_of(known) != content:
            raise Conflict(known)
        Draft.objects.filter(uid=uid).delete()
        return known
    checked = _check(lookup, content, at, found["as_cell"])
    if found["regular"] or found["none"]:
        _take_month(unit, content, None, another)
    taken = {each.code for each in found["codes"]}
    try:
        meeting = insert(Meeting(
            unit=unit, uid=uid, version=1, code=next((code for code in codes if code not in taken), codes[-1]),
            recorded_by=by, recorded_at=at,
            device_at=told.device_at if told else None, sent_at=told.sent_at if told else None, **_facts(content),
        ))  # fmt: skip
    except IntegrityError:  # sent to another cell at the same moment: the act ends with it
        raise Denied(_("This form belongs to another cell. Open it anew.")) from None
    _write_marks(meeting, content)
    bring(meeting.pk, NOTHING_SAID, content.course, checked.voters)
    if content.points is not None:
        score = insert(Score(meeting=meeting, scored_by=Scorer.SELF, **_points(content, checked.given)))
        score.sheet = checked.sheet if content.sheet else None
        today = timezone.localdate(at)
        claim = claim_in(score, content, checked.sheet, checked.known, today) if checked.known else Claim()
        confirming.follow(meeting=meeting, by=by, at=at, fresh=(score, claim))
    if found["drafts"]:
        _drop_drafts(unit, uid, content, by)
    return meeting


@action("meetings.corrected")
def correct(
    *, meeting: Meeting, seen: int, content: Content, reason: str, another: bool = False, by: Any, at: datetime
) -> Meeting:
    """Change what is recorded of a meeting, keeping what it said before; again the same, nothing changes.

    `seen` is the seal of what the form began with. Conflict: it says something else by now, corrected or loaded.
    Another: it moves to a month that has a regular meeting and `another` was not said.
    """
    unit = _hold(meeting.unit)
    meeting = Meeting.objects.select_for_update(no_key=True, of=("self",)).select_related("withdrawal").get(
        pk=meeting.pk
    )  # fmt: skip
    policies.check_stands(meeting)
    before = content_of(meeting)
    if before.seal(meeting.version) != seen:
        last = meeting.corrections.filter(version=meeting.version, by=by, reason=reason).first()
        if last is not None and seal_of(last.version - 1, last.before) == seen and before == content:
            return meeting
        raise Conflict(meeting)
    if before == content:
        raise Denied(_("Nothing differs from what is recorded."))
    checked = _check(Lookup(unit), content, at, policies.as_cell(unit.pk), before)
    confirming.release(meeting=meeting, by=by, at=at)
    policies.check_superior(meeting, content.kind, content.held_on)
    _take_month(unit, content, meeting, another)
    for name, value in _facts(content).items():
        setattr(meeting, name, value)
    meeting.version += 1
    meeting.save()
    _mark(meeting, before, content)
    bring(
        meeting.pk, before.course, content.course, checked.voters, recounted=before.voting != content.voting
    )  # fmt: skip
    _score(meeting, content, checked.given)
    Correction.objects.create(
        meeting=meeting, version=meeting.version, reason=reason, before=before.as_json(), after=content.as_json(),
        by=by, at=at,
    )  # fmt: skip
    confirming.follow(meeting=meeting, by=by, at=at)
    return meeting


@action("meetings.withdrawn")
def withdraw(*, meeting: Meeting, reason: str, by: Any, at: datetime) -> Withdrawal:
    """Let a recorded meeting count no more; it stays to be seen. Again by the same person, nothing changes."""
    _hold(meeting.unit)
    meeting = Meeting.objects.select_related("withdrawal__by").get(pk=meeting.pk)
    known: Withdrawal | None = getattr(meeting, "withdrawal", None)
    if known is not None and known.by_id == by.pk and known.reason == reason:
        return known
    policies.check_stands(meeting)
    confirming.withdrawn(meeting=meeting, by=by, at=at)
    return Withdrawal.objects.create(meeting=meeting, reason=reason, by=by, at=at)


@action("meetings.none_held")
def say_none(*, unit: Unit, month: date, reason: str, seen: str = "", by: Any, at: datetime) -> NoMeeting:
    """Say that a cell held no regular meeting in a month, and why; another reason only instead of the one `seen`."""
    unit = _hold(unit)
    policies.check_cell(unit)
    known = NoMeeting.objects.filter(unit=unit, month=month, reason=reason, by=by).first()
    if known is not None:
        return known
    policies.check_no_meeting(unit, month, standing(unit, month), timezone.localtime(at).date(), seen)
    said = NoMeeting.objects.filter(unit=unit, month=month).first()
    if said is not None:
        said.reason, said.by, said.at = reason, by, at
        said.save()
        return said
    return NoMeeting.objects.create(unit=unit, month=month, reason=reason, by=by, at=at)


@transaction.atomic
def keep_draft(*, unit: Unit, uid: UUID, content: dict[str, str], by: Any, at: datetime) -> Draft:
    """Keep what someone has typed so far of a meeting; of a month and kind they have one draft, the newest.

    Denied: it is recorded by now, or the id is that of another's draft.
    """
    if Meeting.objects.filter(uid=uid).exists():
        raise Denied(_("This meeting is recorded by now."))
    made = {"unit": unit, "by": by, "content": content, "saved_at": at}
    draft, fresh = Draft.objects.select_for_update(of=("self",)).get_or_create(uid=uid, defaults=made)
    if draft.unit_id != unit.pk or draft.by_id != by.pk:
        raise Denied(_("This draft belongs to someone else."))
    if not fresh:
        draft.content, draft.saved_at = content, at
        draft.save(update_fields=["content", "saved_at"])
    mine = Draft.objects.filter(unit=unit, by=by).order_by("-saved_at", "-pk")
    month, kind = content.get("month"), content.get("kind")
    if month and kind:
        mine.filter(content__month=month, content__kind=kind).exclude(pk=draft.pk).delete()
    Draft.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[DRAFTS:])).delete()
    return draft


def drop_draft(*, unit: Unit, uid: UUID, by: Any) -> None:
    """Throw away what someone has typed."""
    Draft.objects.filter(uid=uid, unit=unit, by=by).delete()


def give_key(*, by: Any) -> DeviceKey:
    """The key under which someone's devices keep what is not sent yet; made once, the same for ever."""
    return DeviceKey.objects.get_or_create(user=by, defaults={"key": token_hex(32)})[0]


def _drop_drafts(unit: Unit, uid: UUID, content: Content, by: Any) -> None:
    """Throw away what was typed of a meeting now recorded; of a regular one, by anyone for that month."""
    month = {"unit": unit, "content__month": str(Period.month_of(content.month)), "content__kind": content.kind}
    of_it = Q(**month) if content.kind == Kind.REGULAR else Q(**month, by=by)
    Draft.objects.filter(Q(uid=uid) | of_it).delete()


def _hold(unit: Unit) -> Unit:
    """The cell's row, held to the end: acts on the meetings of one cell come one after the other."""
    (row,) = _HELD.rows(unit=unit.pk)
    return Unit.from_db(DEFAULT_DB_ALIAS, UNIT, row)


UNIT = [each.attname for each in Unit._meta.concrete_fields]


def _held(*, unit: int) -> tuple[str, tuple[Any, ...]]:
    """A cell's row, to be held: what else is asked of it is asked after, as another may have held it until then."""
    return as_sql(Unit.objects.select_for_update(no_key=True).filter(pk=unit).order_by().values_list(*UNIT))


_HELD = Written(_held)


class Checked(NamedTuple):
    """What was found while a content was checked: how many of those present may vote, by which sheet it is scored."""

    voters: int
    sheet: SheetVersion | None = None
    known: Known | None = None
    given: Points | None = None


def _check(
    lookup: Lookup, content: Content, at: datetime, as_cell: Iterable[UnitKind], before: Content | None = None
) -> Checked:
    """The forms say all this beside their fields; here it holds whoever calls."""
    unit = lookup.unit
    today = timezone.localtime(at).date()
    policies.check_was_cell(as_cell, content.held_on)
    policies.check_day(unit, content.held_on, today)
    policies.check_month(content.month, today)
    if content.points is not None:
        policies.check_score(content.kind, content.held_on, content.scored_on or content.held_on, today)
    roll = lookup.roll(content.held_on, content.kind)
    sheet = known = given = None
    if content.points is not None:
        must = frozenset(each.person for each in roll if each.must)
        sheet, known = lookup.around(content.held_on, content.kind, content.month, topic=content.topic, must=must)
        given = policies.check_points(content, sheet)
    if set(content.attendance) - {each.person for each in roll}:
        raise Denied(_("Someone on the list did not belong to the cell on the day of the meeting. Update the list."))
    voters = policies.check_course(unit, content, roll, before.course if before else NOTHING_SAID)
    return Checked(voters, sheet, known, given)


def _take_month(unit: Unit, content: Content, meeting: Meeting | None, another: bool) -> None:
    """A regular meeting comes to a month: beside another one only if that was said; a word that there was none goes."""
    if content.kind != Kind.REGULAR:
        return
    if not another and (others := others_standing(unit, content.month, meeting)):
        raise Another(others[0])
    NoMeeting.objects.filter(unit=unit, month=content.month).delete()


def _facts(content: Content) -> dict[str, Any]:
    names = ("kind", "held_on", "month", "topic", "mode", "duration_min", "conclusions")
    return {name: getattr(content, name) for name in names}


def _codes(unit: Unit, month: date, uid: UUID) -> list[str]:
    """The codes a meeting may have: cell, month, and as much of the id as it takes for one nobody has."""
    return [f"{unit.code[:450]}-{month:%Y-%m}-{uid.hex[:length]}" for length in (6, 12, 32)]


def _beside(*, unit: int, uid: UUID, month: date, short: str, longer: str, longest: str) -> dict[str, QuerySet[Any]]:
    """What may stand beside a meeting that comes: itself, another one, a word that there was none, codes, drafts.

    And when its unit was a cell.
    """
    regular = Meeting.objects.filter(unit=unit, month=month, kind=Kind.REGULAR, withdrawal=None)
    return {
        "known": Meeting.objects.filter(uid=uid).order_by("pk"),
        "regular": regular.order_by("pk"),
        "none": NoMeeting.objects.filter(unit=unit, month=month).order_by("pk"),
        "codes": Meeting.objects.filter(code__in=[short, longer, longest]).order_by("pk"),
        "drafts": Draft.objects.filter(Q(uid=uid) | Q(unit=unit)).order_by("pk")[:1],
        "as_cell": policies.as_cell(unit),
    }


_BESIDE = Question(_beside)


def _mark(meeting: Meeting, before: Content, content: Content) -> None:
    """Bring the rows of attendance to what the content says, touching only what differs."""
    after, spoke, known = content.attendance, content.course.speakers, before.attendance
    gone = set(known) - set(after)
    if gone:
        Attendance.objects.filter(meeting=meeting, person__in=gone).delete()
    for row in Attendance.objects.filter(meeting=meeting, person__in=set(known) & set(after)):
        said = (*after[row.person_id], row.person_id in spoke)
        if (row.state, row.reason, row.spoke) != said:
            row.state, row.reason, row.spoke = said
            row.save(update_fields=["state", "reason", "spoke"])
    _write_marks(meeting, content, set(known))


WRITE_MARKS = Prepared("""
insert into meetings_attendance (meeting_id, person_id, state, reason, spoke)
select $1::bigint, (said->>0)::bigint, said->>1, said->>2, (said->>3)::boolean
from json_array_elements($2::json) with ordinality marks(said, n) order by n
""")


def _write_marks(meeting: Meeting, content: Content, known: Collection[int] = ()) -> None:
    """Rows of attendance of whom none is known: thirty a meeting, and written without thirty objects."""
    speakers = content.course.speakers
    said = content.attendance.items()
    fresh = sorted((person, *mark, person in speakers) for person, mark in said if person not in known)
    if fresh:
        WRITE_MARKS.rows([meeting.pk, json.dumps(fresh, ensure_ascii=False)])


def _points(content: Content, given: Points | None) -> dict[str, Any]:
    """The points of a content as they are kept."""
    points: dict[str, Any] = {f"c{n}": each for n, each in enumerate(content.points or (), 1)}
    points |= {"scored_on": content.scored_on or content.held_on, "sheet_id": content.sheet, "answers": content.answers}
    return points | {"band": given.band if given else "", "reachable": given.reachable if given else FULL}


def _score(meeting: Meeting, content: Content, given: Points | None) -> None:
    """Bring the cell's own points to what the content says."""
    own = Score.objects.filter(meeting=meeting, scored_by=Scorer.SELF).first()
    if content.points is None:
        if own is not None:
            own.delete()
        return
    points = _points(content, given)
    if own is None:
        Score.objects.create(meeting=meeting, scored_by=Scorer.SELF, **points)
    elif any(getattr(own, name) != value for name, value in points.items()):
        for name, value in points.items():
            setattr(own, name, value)
        own.save()
