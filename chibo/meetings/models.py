"""Meetings, who attended, how the meeting was scored, and how the committee above stands to that."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.agendas.kinds import Kind as Kind  # they are meetings' words as much as notices'
from chibo.agendas.kinds import Mode as Mode
from chibo.core.history import events_by_year, kept, little_indexed, stands
from chibo.indicators.marks import marks
from chibo.meetings.course_models import Guest as Guest
from chibo.meetings.course_models import How as How
from chibo.meetings.course_models import Item as Item
from chibo.meetings.course_models import Noted as Noted
from chibo.meetings.year_models import KeptCellYear as KeptCellYear
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import FULL

SCORED = (Kind.REGULAR, Kind.THEMATIC)


class State(models.TextChoices):
    PRESENT = "present", _("Present")
    EXCUSED = "excused", _("Excused")
    ABSENT = "absent", _("Absent")


class Scorer(models.TextChoices):
    SELF = "self", _("The cell itself")
    SUPERIOR = "superior", _("The superior")


MAXIMA = (5, 5, 10, 30, 10, 5, 30, 5)  # points of the eight groups of the 100-point sheet


# Facts of a meeting fall on the last day of its month, of that month's quarter and of its year.
MONTH_END = "(m.month + interval '1 month')::date - 1"
QUARTER_END = "(date_trunc('quarter', m.month) + interval '3 months')::date - 1"
YEAR_END = "(date_trunc('year', m.month) + interval '1 year')::date - 1"


def _days(*ends: str) -> str:
    """SQL that yields the unit and each of these days of meetings `m`, with the grain of the figures it counts for."""
    grains = {MONTH_END: "", QUARTER_END: "/quarter", YEAR_END: "/year"}
    return " union all ".join(f"select m.unit_id, {end}, {end} + 1, '{grains[end]}' from {{source}}" for end in ends)


@marks(
    "meetings",
    ["id", "unit_id", "kind", "held_on", "month", "topic", "duration_min"],
    _days(MONTH_END, QUARTER_END, YEAR_END).replace("{source}", "{rows} m"),
    of_grains=True,
)
@events_by_year
@little_indexed
@kept
class Meeting(models.Model):
    """A meeting of a unit, held on a day, that belongs to a month."""

    code = models.CharField(max_length=500, unique=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="meetings", db_index=False)  # found by unit and month
    kind = models.CharField(max_length=20, choices=Kind)
    held_on = models.DateField()
    month = models.DateField()  # first day of the month it belongs to
    topic = models.CharField(max_length=500, blank=True)
    mode = models.CharField(max_length=20, choices=Mode, blank=True)
    duration_min = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    conclusions = models.TextField(blank=True, db_default="")
    uid = models.UUIDField(unique=True, null=True, blank=True)  # made on the device that recorded it; none if loaded
    version = models.PositiveIntegerField(db_default=1)  # grows with every correction, not with loads
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(null=True, blank=True)  # when it arrived
    device_at = models.DateTimeField(null=True, blank=True)  # when it was finished, by the device's own clock
    sent_at = models.DateTimeField(null=True, blank=True)  # when it was sent, by the same clock

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="meeting_month_first_day"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="meeting_kind"),
        ]
        indexes = [models.Index(fields=["unit", "month"], name="meeting_unit_month")]

    def __str__(self) -> str:
        return self.code


OF_MEETING = "(select distinct meeting_id from {rows} r) r join meetings_meeting m on m.id = r.meeting_id"


@marks(
    "meetings",
    ["meeting_id", "person_id", "state"],
    _days(MONTH_END, YEAR_END).replace("{source}", OF_MEETING),
    of_grains=True,
)
@events_by_year
@little_indexed
@kept
class Attendance(models.Model):
    """A person was present at a meeting, excused or absent."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendance", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="attendance")
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=500, blank=True, db_default="")  # why excused
    spoke = models.BooleanField(default=False, db_default=False)  # counts while they are marked as present

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "person"], name="attendance_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="attendance_state"),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(state="absent"), name="attendance_absent")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} at {self.meeting_id}"


def _total() -> Any:
    """The points together, out of 100 where so many could be reached."""
    total: Any = F("c1")
    for n in range(2, 9):
        total = total + F(f"c{n}")
    return total * FULL / F("reachable")


def points_field() -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=12, decimal_places=9)


@marks(
    "meetings",
    ["meeting_id", "scored_by", "scored_on", "reachable", *(f"c{n}" for n in range(1, 9))],
    _days(MONTH_END, YEAR_END).replace("{source}", OF_MEETING),
    of_grains=True,
)
@events_by_year
@little_indexed
@kept
class Score(models.Model):
    """The points of a meeting by group, given by the cell itself or by its superior.

    By a sheet, with the answers to its criteria; without one, by the eight groups of the 100-point sheet alone.
    """

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="scores", db_index=False)
    scored_by = models.CharField(max_length=10, choices=Scorer)
    scored_on = models.DateField()
    sheet = models.ForeignKey(SheetVersion, models.PROTECT, null=True, blank=True, related_name="+")
    answers = models.JSONField(null=True, blank=True)  # by criterion of the sheet
    band = models.CharField(max_length=20, blank=True, db_default="")  # by the sheet; none: by points alone
    reachable = models.DecimalField(max_digits=12, decimal_places=9, db_default=FULL)  # how many points there were
    c1 = points_field()
    c2 = points_field()
    c3 = points_field()
    c4 = points_field()
    c5 = points_field()
    c6 = points_field()
    c7 = points_field()
    c8 = points_field()
    total = models.GeneratedField(
        expression=_total(), output_field=models.DecimalField(max_digits=13, decimal_places=9), db_persist=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "scored_by"], name="score_once"),
            models.CheckConstraint(condition=Q(scored_by__in=Scorer.values), name="score_by"),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"c{n}__range": (0, most)}) | Q(sheet__isnull=False, **{f"c{n}__range": (0, FULL)}),
                    name=f"score_c{n}",
                )
                for n, most in enumerate(MAXIMA, 1)
            ],
            models.CheckConstraint(
                condition=Q(sheet=None, answers=None, band="", reachable=FULL)
                | Q(sheet__isnull=False, answers__isnull=False, reachable__gt=0, reachable__lte=FULL) & ~Q(band=""),
                name="score_by_sheet",
            ),
        ]

    def __str__(self) -> str:
        return f"score of {self.meeting_id} by {self.scored_by}"


@marks(
    "meetings",
    ["meeting_id"],
    _days(MONTH_END, QUARTER_END, YEAR_END).replace("{source}", OF_MEETING),
    of_grains=True,
)
@kept
class Withdrawal(models.Model):
    """A recorded meeting counts no more, and why; it stays to be seen."""

    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.meeting_id} withdrawn"


class Settled(models.TextChoices):
    """How far the score that a cell gave itself is settled."""

    WAITING = "waiting", _("waits to be confirmed")
    CONFIRMED = "confirmed", _("confirmed")
    RETURNED = "returned", _("returned")
    VOID = "void", _("nothing to confirm")


@marks(
    "meetings",
    ["meeting_id", "state", "in_time", "claimed", "proposed", "most"],
    _days(MONTH_END).replace("{source}", OF_MEETING),
    of_grains=True,
)
@events_by_year
@little_indexed
@kept
class Confirmation(models.Model):
    """How far the score a cell gave itself is settled, and what the records said beside it as it was given or judged.

    `claimed`, `proposed` and `most` are of those criteria alone for which the records answer.
    """

    State = Settled
    TRANSITIONS: Mapping[str, Set[str]] = {
        Settled.WAITING: {Settled.WAITING, Settled.CONFIRMED, Settled.RETURNED, Settled.VOID},
        Settled.CONFIRMED: {Settled.WAITING, Settled.VOID},
        Settled.RETURNED: {Settled.WAITING, Settled.VOID},
        Settled.VOID: {Settled.WAITING, Settled.VOID},
    }

    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="confirmation")
    state = models.CharField(max_length=10, choices=Settled, default=Settled.WAITING)
    since = models.DateField()  # it waits for the committee above
    in_time = models.BooleanField(default=False)  # it was confirmed within the days laid down
    own_points = models.BooleanField(default=False)  # with it the superior gave other points
    makers = models.JSONField(default=list)  # users who recorded it or scored it, and for whom they did
    sheet = models.ForeignKey(SheetVersion, models.PROTECT, null=True, blank=True, related_name="+")
    evidence = models.JSONField(default=list)  # as `claims.Claim.as_json` tells it
    claimed = points_field()
    proposed = points_field()
    most = points_field()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=Settled.values), name="confirmation_state"),
            models.CheckConstraint(
                condition=Q(claimed__range=(0, F("most")), proposed__range=(0, F("most"))), name="confirmation_points"
            ),
            models.CheckConstraint(
                condition=Q(state=Settled.CONFIRMED) | Q(in_time=False, own_points=False), name="confirmation_in_time"
            ),
        ]
        indexes = [
            models.Index(fields=["meeting"], condition=Q(state="waiting"), name="confirmation_waiting"),
            models.Index(fields=["meeting"], condition=Q(state="returned"), name="confirmation_returned"),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.state}"


class Deed(models.TextChoices):
    """What was done about the score of a meeting."""

    CONFIRMED = "confirmed", _("Confirmed")
    RETURNED = "returned", _("Returned")
    ANSWERED = "answered", _("Kept, with an answer")
    FELL = "fell", _("The confirmation fell")
    CORRECTED = "corrected", _("Corrected")


CHARGE = "charge"  # the right of who is in charge of a cell


@stands("What was done about a score is written in an action.")
class ScoreDeed(models.Model):
    """Somebody confirmed the score of a meeting, returned or answered it, or it fell; never changed."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="deeds")
    deed = models.CharField(max_length=10, choices=Deed)
    note = models.CharField(max_length=500, blank=True)
    role = models.CharField(max_length=30, blank=True)  # by which right: CHARGE, or the role, and where it was held
    role_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField()  # of the meeting, as it was judged
    claimed = points_field()  # as the records stood then, of the criteria for which they answer
    proposed = points_field()
    most = points_field()
    total = models.DecimalField(max_digits=13, decimal_places=9, null=True, blank=True)  # out of 100, as claimed
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(deed__in=Deed.values), name="score_deed")]
        indexes = [models.Index(fields=["meeting", "at"], name="score_deed_in_order")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.deed}"


@kept
class Correction(models.Model):
    """A recorded meeting was changed, and why; with what it said before."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="corrections")
    version = models.PositiveIntegerField()  # the one it made
    reason = models.CharField(max_length=500)
    before = models.JSONField()  # as `content.content_of` tells a meeting
    after = models.JSONField(null=True, blank=True)  # what it wrote; none of those made before this was kept
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "version"], name="correction_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} corrected to version {self.version}"


@kept
class NoMeeting(models.Model):
    """A cell says that it held no regular meeting in a month, and why. The month stays missed."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="no_meetings")
    month = models.DateField()  # its first day
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "month"], name="no_meeting_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="no_meeting_month_first_day"),
        ]

    def __str__(self) -> str:
        return f"no meeting of {self.unit_id} in {self.month}"


@kept
class Reminder(models.Model):
    """Someone above reminded a cell of a month whose regular meeting is not recorded."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminders")
    month = models.DateField()  # its first day
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="reminder_month_first_day")]
        indexes = [models.Index(fields=["unit", "month", "-at"], name="reminder_newest")]

    def __str__(self) -> str:
        return f"{self.unit_id} reminded of {self.month}"


class Draft(models.Model):
    """What someone has typed of a meeting that is not recorded yet, kept as they type; no record, so no history."""

    uid = models.UUIDField(unique=True)  # of the meeting to be
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="drafts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content = models.JSONField(default=dict)  # the fields of the form as typed
    saved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["unit", "by"], name="draft_of_someone")]

    def __str__(self) -> str:
        return f"draft {self.uid}"


class DeviceKey(models.Model):
    """Under which key someone's devices keep what is not sent yet, so that nobody else reads it there; no record."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    key = models.CharField(max_length=64)  # 32 bytes in hexadecimal

    def __str__(self) -> str:
        return f"key of {self.user_id}"
