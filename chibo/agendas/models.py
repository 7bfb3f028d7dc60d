"""Days cells meet on, agendas laid down, topics of a year, notices of meetings, what was sent, and calendars."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chibo.agendas.kinds import ItemKind, Kind, Mode
from chibo.core.history import kept, stands
from chibo.core.spans import holding
from chibo.indicators.marks import marks
from chibo.members.models import Person
from chibo.organizations.kinds import Setting
from chibo.organizations.models import Unit
from chibo.papers.models import Paper

FIRST_OF_MONTH = {"month__day": 1}
# Days on which facts fall that these records feed: the last of the month, or of the quarter, of `r.month`.
OF_MONTH = "(r.month + interval '1 month')::date - 1, (r.month + interval '1 month')::date"
OF_QUARTER = (
    "(date_trunc('quarter', r.month) + interval '3 months')::date - 1,"
    " (date_trunc('quarter', r.month) + interval '3 months')::date"
)
OF_NOTICE = "select n.unit_id, n.month from {rows} p join agendas_notice n on n.id = p.notice_id"
OF_READING = (
    "select n.unit_id, n.month from {rows} x join agendas_noticepaper p on p.id = x.paper_id"
    " join agendas_notice n on n.id = p.notice_id"
)
# The cells that stand or stood under the committee that handed a topic down.
BELOW = (
    "select c.unit_id, r.quarter as month from {rows} r"
    " join organizations_lineage a on a.unit_id = r.unit_id join organizations_lineage c on starts_with(c.path, a.path)"
)
OF_CELLS = "select r.cell_id, t.quarter as month from {rows} r join agendas_handedtopic t on t.id = r.topic_id"
EVERY_UNIT = "select u.id, date '0001-01-01', null::date from {rows} r, organizations_unit u"


class DayOff(models.TextChoices):
    """What becomes of a day of meeting on which one does not work."""

    STAY = "stay", _("The cell meets all the same")
    NEXT = "next", _("The cell meets on the next working day")


@kept
class Rhythm(models.Model):
    """The day of each month on which a cell meets, from a day to a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rhythms")
    day = models.PositiveSmallIntegerField(_("Day of the month"))  # after the last day of a month: the last
    off = models.CharField(_("If one does not work that day"), max_length=10, choices=DayOff, default=DayOff.STAY)
    at_time = models.TimeField(pgettext_lazy("of a meeting", "Time"), null=True, blank=True)
    place = models.CharField(_("Place"), max_length=500, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="rhythm_some_day"),
            models.CheckConstraint(condition=Q(day__range=(1, 31)), name="rhythm_day"),
            models.CheckConstraint(condition=Q(off__in=DayOff.values), name="rhythm_off"),
            models.UniqueConstraint(fields=["unit", "from_on"], name="rhythm_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} on the {self.day} from {self.from_on}"


@marks("agendas", ["days", "from_on", "to_on"], EVERY_UNIT)
@kept
class NoticeRule(models.Model):
    """How many days before a meeting its notice and papers have to be there, from a day to a day."""

    days = models.PositiveSmallIntegerField(_("Days before the meeting"), validators=[MaxValueValidator(60)])
    source = models.CharField(_("Taken from"), max_length=500, blank=True)
    from_on = models.DateField(unique=True)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="notice_rule_some_day")
        ]

    def __str__(self) -> str:
        return f"{self.days} days from {self.from_on}"


@kept
class Agenda(models.Model):
    """The items with which the agenda of a kind of meeting begins, from a day to a day.

    For cells of a setting and for a month of the year there can be another one: the one that says most is taken.
    """

    kind = models.CharField(_("Kind of meeting"), max_length=20, choices=Kind)
    setting = models.CharField(_("Where the cells are"), max_length=30, choices=Setting, blank=True)  # none: all
    in_month = models.PositiveSmallIntegerField(
        _("Month of the year"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    items = models.JSONField()  # [{"code", "text": {"en", "vi"}, "kind", "minutes"}]
    source = models.CharField(_("Taken from"), max_length=500, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="agenda_some_day"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="agenda_kind"),
            models.CheckConstraint(
                condition=Q(in_month=None) | Q(in_month__range=(1, 12)), name="agenda_month_of_year"
            ),
            models.UniqueConstraint(
                fields=["kind", "setting", "in_month", "from_on"], nulls_distinct=False, name="agenda_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.setting} {self.in_month} from {self.from_on}"


@marks(
    "agendas",
    ["id", "unit_id", "quarter", "to_all", "withdrawn_on"],
    f"select r.unit_id, {OF_QUARTER} from ({BELOW}) r",
)
@kept
class HandedTopic(models.Model):
    """A topic for a thematic meeting that a committee hands down for a quarter to its cells, all or some."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="handed_topics")  # the committee
    quarter = models.DateField()  # its first day
    topic = models.CharField(max_length=500)
    source = models.CharField(max_length=500, blank=True)  # the document that asks for it
    to_all = models.BooleanField(default=True)
    cells = models.ManyToManyField(Unit, through="HandedTo", related_name="topics_handed")
    withdrawn_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quarter__day=1, quarter__month__in=[1, 4, 7, 10]), name="handed_quarter_first_day"
            )
        ]
        indexes = [models.Index(fields=["unit", "quarter"], name="handed_in_quarter")]

    def __str__(self) -> str:
        return f"{self.topic} in {self.quarter}"


@marks("agendas", ["topic_id", "cell_id"], f"select r.cell_id, {OF_QUARTER} from ({OF_CELLS}) r")
@kept
class HandedTo(models.Model):
    """A cell to which a topic was handed down that is not for all."""

    topic = models.ForeignKey(HandedTopic, models.PROTECT, related_name="handed_to", db_index=False)
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "cell"], name="handed_to_once")]

    def __str__(self) -> str:
        return f"{self.topic_id} to {self.cell_id}"


@marks("agendas", ["unit_id", "month", "handed_id"], f"select r.unit_id, {OF_QUARTER} from {{rows}} r")
@kept
class Topic(models.Model):
    """The topic of a thematic meeting in the year plan of a cell: its own, or taken up from above."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="topics")
    month = models.DateField()  # its first day
    topic = models.CharField(max_length=500)
    handed = models.ForeignKey(HandedTopic, models.PROTECT, null=True, blank=True, related_name="taken_up")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(**FIRST_OF_MONTH), name="topic_month_first_day"),
            models.UniqueConstraint(fields=["unit", "month"], name="topic_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} in {self.month}"


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft, not given yet")
    GIVEN = "given", _("Given")
    CANCELLED = "cancelled", _("Cancelled")


@marks(
    "agendas", ["id", "unit_id", "kind", "month", "status", "given_on"], f"select r.unit_id, {OF_MONTH} from {{rows}} r"
)
@kept
class Notice(models.Model):
    """The notice of a meeting to come: when, where, about what; a draft until it is given.

    What stands here of one that is given is what was told last: to change it is to tell it.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    month = models.DateField()  # first day of the month it belongs to
    on = models.DateField()
    at_time = models.TimeField(null=True, blank=True)
    place = models.CharField(max_length=500, blank=True)
    mode = models.CharField(max_length=20, choices=Mode)
    topic = models.CharField(max_length=500, blank=True)
    conclusion = models.TextField(blank=True)  # as drafted before the meeting; not told
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    reason = models.CharField(max_length=500, blank=True)  # why cancelled
    version = models.PositiveIntegerField(default=1)  # grows with every save
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    prepared_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True, blank=True)  # the first time
    given_on = models.DateField(null=True, blank=True)  # the day of that moment here

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(**FIRST_OF_MONTH), name="notice_month_first_day"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="notice_kind"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="notice_mode"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, given_at=None, given_on=None)
                | Q(status__in=[Status.GIVEN, Status.CANCELLED], given_at__isnull=False, given_on__isnull=False),
                name="notice_status",
            ),
            models.UniqueConstraint(
                fields=["unit", "month"], condition=Q(kind=Kind.REGULAR) & ~Q(status=Status.CANCELLED),
                name="notice_one_regular",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["unit", "month"], name="notice_unit_month"),
            models.Index(fields=["unit", "on"], name="notice_unit_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.unit_id} on {self.on}"

    def is_regular_of(self, month: date) -> bool:
        """Whether it is of the regular meeting of a month, and that was not cancelled."""
        return (self.kind, self.month) == (Kind.REGULAR, month) and self.status != Status.CANCELLED


@kept
class Item(models.Model):
    """An item of the agenda in a notice."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="items", db_index=False)
    place = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    kind = models.CharField(max_length=20, choices=ItemKind)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True)  # of the item in the agenda laid down, or of what it follows

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "place"], name="item_place"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="item_kind"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text


@marks("agendas", ["id", "notice_id", '"on"'], f"select r.unit_id, {OF_MONTH} from ({OF_NOTICE}) r")
@kept
class NoticePaper(models.Model):
    """A paper for a meeting; of one of state secrecy only where it is registered, never the paper."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="papers")
    paper = models.OneToOneField(Paper, models.PROTECT, related_name="+")
    on = models.DateField(null=True)  # the day here on which it was added; null: before that was kept

    def __str__(self) -> str:
        return f"{self.paper_id} for {self.notice_id}"


@marks("agendas", ["paper_id", "person_id", '"on"'], f"select r.unit_id, {OF_MONTH} from ({OF_READING}) r")
@kept
class Reading(models.Model):
    """Somebody opened a paper of a meeting for the first time; who is linked to a member only later does so again."""

    paper = models.ForeignKey(NoticePaper, models.CASCADE, related_name="readings", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # as whom they signed in that day
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["paper", "user", "person"], nulls_distinct=False, name="reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} read by {self.user_id}"


class Told(models.TextChoices):
    """What a sending of a notice told."""

    GIVEN = "given", _("Notice given")
    CHANGED = "changed", _("Change told")
    CANCELLED = "cancelled", _("Cancelled")


@stands("A notice is sent in an action.")
class Sending(models.Model):
    """A notice as it was told at a moment: given, changed, cancelled; never changed itself."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="sendings", db_index=False)
    number = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=10, choices=Told)
    content = models.JSONField()  # as `content.Content.as_json` tells it
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "number"], name="sending_number"),
            models.CheckConstraint(condition=Q(what__in=Told.values), name="sending_what"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} told {self.number}"


class Mail(models.Model):
    """An e-mail of a sending to someone, sent once or not at all; no record of the cell, so without history."""

    class State(models.TextChoices):
        WAITS = "waits", _("waits to be sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")

    sending = models.ForeignKey(Sending, models.CASCADE, related_name="mails", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sending", "user"], name="mail_once")]

    def __str__(self) -> str:
        return f"{self.sending_id} to {self.user_id}: {self.state}"


class Calendar(models.Model):
    """How someone is told of meetings beside this program: the secret of their calendar's address, e-mail or none."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar")
    key = models.CharField(max_length=64, blank=True)  # from which the address is made; none: no calendar yet
    is_mailed = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)  # that the calendar speaks

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


def rule_on(day: date) -> int:
    """How many days before a meeting of a day its notice has to be there. One query."""
    found: Any = NoticeRule.objects.filter(holding(day)).order_by("-from_on").values_list("days", flat=True).first()
    return 0 if found is None else int(found)
