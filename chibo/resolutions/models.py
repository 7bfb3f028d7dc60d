"""Minutes and their revisions, who signed them; resolutions, their tasks and what was said of these."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept, stands, update_of
from chibo.core.spans import holding
from chibo.documents.models import Document
from chibo.indicators.marks import marks
from chibo.meetings.models import MONTH_END, Meeting
from chibo.members.models import Person
from chibo.organizations.models import Unit

SAYS = "What came of a meeting is written in an action."
STAYS = pgtrigger.Trigger(
    name="of_its_meeting",
    operation=update_of("meeting_id") | pgtrigger.Delete,
    when=pgtrigger.Before,
    func="RAISE EXCEPTION 'That a meeting has minutes stays as it is.';",
)


@pgtrigger.register(STAYS)
@kept
class Minutes(models.Model):
    """The minutes of a meeting: whoever chaired it and whoever wrote them will sign; the text is in revisions."""

    meeting = models.OneToOneField(Meeting, models.PROTECT, related_name="minutes")
    chair = models.ForeignKey(Person, models.PROTECT, related_name="+")
    secretary = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(chair=F("secretary")), name="minutes_of_two")]

    def __str__(self) -> str:
        return f"minutes of {self.meeting_id}"


# One revision follows the other. Once two have signed, another needs a reason: it is a correction. Before, none has.
FOLLOWS = """
IF NEW.number <> 1 + coalesce(
    (SELECT max(r.number) FROM resolutions_revision r WHERE r.minutes_id = NEW.minutes_id), 0
) THEN
    RAISE EXCEPTION 'Revisions of minutes follow each other.';
END IF;
IF (NEW.reason <> '') <> EXISTS (
    SELECT FROM resolutions_signature s JOIN resolutions_revision r ON r.id = s.revision_id
    WHERE r.minutes_id = NEW.minutes_id AND s.locks
) THEN
    RAISE EXCEPTION 'Minutes that two have signed change by a correction with its reason only.';
END IF;
RETURN NEW;
"""


@pgtrigger.register(pgtrigger.Trigger(name="follows", operation=pgtrigger.Insert, when=pgtrigger.Before, func=FOLLOWS))
@stands(SAYS)
class Revision(models.Model):
    """The text of minutes as somebody saved it; a later one leaves it as it is. With a reason it is a correction."""

    minutes = models.ForeignKey(Minutes, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.TextField()  # HTML of the few tags that `writing` knows
    chair_name = models.CharField(max_length=500)
    secretary_name = models.CharField(max_length=500)
    recorded = models.JSONField()  # what was recorded of the meeting then, as `content.as_json` tells it
    composed = models.JSONField(default=list)  # the lines that this record makes in minutes
    against = models.JSONField(default=list)  # lines of the text that this record contradicts, with what it says
    holes = models.PositiveSmallIntegerField(default=0)  # places in the text that are left open
    reason = models.CharField(max_length=500, blank=True)  # of a correction
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minutes", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.minutes_id} revision {self.number}"


OF_SIGNED = (  # what is said of a revision of minutes: of which meeting
    "{rows} s join resolutions_revision v on v.id = s.revision_id join resolutions_minutes b on b.id = v.minutes_id"
    " join meetings_meeting m on m.id = b.meeting_id"
)


@marks("resolutions", ["revision_id"], f"select m.unit_id, {MONTH_END}, {MONTH_END} + 1 from {OF_SIGNED}")
@stands(SAYS)
class Adoption(models.Model):
    """The meeting adopted a revision of its minutes."""

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="adoption")
    votes_for = models.PositiveIntegerField()
    votes_against = models.PositiveIntegerField()
    by_hands = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(votes_for__gt=F("votes_against")), name="adopted_by_more"),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} adopted"


class Part(models.TextChoices):
    CHAIR = "chair", _("Chair of the meeting")
    SECRETARY = "secretary", _("Secretary of the meeting")


# Whether a signature is the second of its revision, the database says; only the newest text can be signed.
LOCKS = """
IF EXISTS (
    SELECT FROM resolutions_revision r JOIN resolutions_revision later
    ON later.minutes_id = r.minutes_id AND later.number > r.number WHERE r.id = NEW.revision_id
) THEN
    RAISE EXCEPTION 'There is a newer text of these minutes.';
END IF;
NEW.locks = EXISTS (SELECT FROM resolutions_signature s WHERE s.revision_id = NEW.revision_id);
RETURN NEW;
"""


@marks(
    "resolutions", ["revision_id", '"on"', "locks"], f"select m.unit_id, {MONTH_END}, {MONTH_END} + 1 from {OF_SIGNED}"
)
@pgtrigger.register(pgtrigger.Trigger(name="locks", operation=pgtrigger.Insert, when=pgtrigger.Before, func=LOCKS))
@stands(SAYS)
class Signature(models.Model):
    """The chair or the secretary of a meeting signed its minutes, or signed on paper, as somebody above has seen."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="signatures")
    part = models.CharField(max_length=10, choices=Part)
    name = models.CharField(max_length=500)  # whose signature it is
    on_paper = models.BooleanField(default=False)  # seen by whoever is `by`
    locks = models.BooleanField(default=False)  # the second one: the database says so
    seal = models.CharField(max_length=64)  # of the text that was signed
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(part__in=Part.values), name="signature_part"),
            models.UniqueConstraint(fields=["revision", "part"], name="signature_once"),
            models.UniqueConstraint(fields=["revision", "by"], name="signature_by_two"),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} signed as {self.part}"


class Words(models.Model):
    """What minutes can be found by: the words of their newest text, without accents. Derived, so without history."""

    minutes = models.OneToOneField(Minutes, models.CASCADE, primary_key=True, related_name="words")
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="minutes_by_words")]

    def __str__(self) -> str:
        return f"words of {self.minutes_id}"


class Per(models.TextChoices):
    TERM = "term", _("the term of the committee; where none is recorded, the year")
    YEAR = "year", _("the year")


@marks(
    "resolutions",
    ["final_days", "from_on", "to_on"],
    "select u.id, date '0001-01-01', null::date from {rows} r, organizations_unit u",
)
@kept
class Rule(models.Model):
    """How resolutions of cells are numbered, and within how many days minutes are to be signed, from a day to a day."""

    per = models.CharField(max_length=10, choices=Per)
    sign = models.CharField(max_length=40)  # after the number: NQ/CB
    final_days = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=500, blank=True)
    from_on = models.DateField(unique=True)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="minutes_rule_some_day"),
            models.CheckConstraint(condition=Q(per__in=Per.values), name="minutes_rule_per"),
        ]

    def __str__(self) -> str:
        return f"{self.sign} by {self.per} from {self.from_on}"


def rule_on(day: date) -> Rule:
    """The rule of a day. One query."""
    return Rule.objects.filter(holding(day)).order_by("-from_on")[0]


@stands(SAYS)
class Resolution(models.Model):
    """What a meeting resolved, under a number of the cell's own series; written once."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="resolutions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="resolutions")
    series = models.CharField(max_length=20)  # the year, or the day on which the term began
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=100)  # 03-NQ/CB
    title = models.CharField(max_length=500)
    body = models.TextField()
    votes_for = models.PositiveIntegerField()
    votes_against = models.PositiveIntegerField()
    document = models.OneToOneField(Document, models.PROTECT, related_name="resolution")  # in the register
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "series", "number"], name="resolution_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="resolution_number"),
            models.CheckConstraint(condition=Q(votes_for__gt=F("votes_against")), name="resolution_by_more"),
        ]

    def __str__(self) -> str:
        return self.code


@marks(
    "resolutions",
    ["id", "resolution_id", "due_on", "state", "done_on"],
    "select k.unit_id, r.due_on, r.due_on + 1 from {rows} r join resolutions_resolution k on k.id = r.resolution_id",
)
@kept
class Task(models.Model):
    """Something that a resolution gives somebody to do until a day."""

    class State(models.TextChoices):
        OPEN = "open", _("to be done")
        SAID = "said", _("said to be done")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    resolution = models.ForeignKey(Resolution, models.PROTECT, related_name="tasks")
    place = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=500)
    measure = models.CharField(max_length=500, blank=True)  # by what one sees that it is done
    due_on = models.DateField()
    by_committee = models.BooleanField(default=False)  # given to the committee of the cell
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    done_on = models.DateField(null=True, blank=True)  # when it was said to be done, or was seen to be

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resolution", "place"], name="task_place"),
            models.CheckConstraint(condition=Q(state__in=["open", "said", "done", "dropped"]), name="task_state"),
            models.CheckConstraint(
                condition=Q(state__in=["said", "done"], done_on__isnull=False)
                | Q(state__in=["open", "dropped"], done_on=None),
                name="task_done_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resolution_id} task {self.place}"


@kept
class Assignee(models.Model):
    """A member who has to do a task."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="assignees")
    person = models.ForeignKey(Person, models.PROTECT, related_name="tasks")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "person"], name="assignee_once")]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.task_id}"


class Deed(models.TextChoices):
    SAID = "said", _("Said to be done")
    CONFIRMED = "confirmed", _("Confirmed")
    RETURNED = "returned", _("Returned")
    DROPPED = "dropped", _("Dropped")


@stands(SAYS)
class TaskDeed(models.Model):
    """What was done about a task, by whom, with what words."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="deeds")
    deed = models.CharField(max_length=10, choices=Deed)
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["task", "at"], name="task_deed_in_order")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.deed}"
