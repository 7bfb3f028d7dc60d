"""People, their memberships, stays in cells, transfers, departures, posts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import MD5, Concat
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.spans import chain
from chibo.core.text import name_sort_key, search_key
from chibo.indicators.marks import marks
from chibo.members.life_models import AwardDay, Badge, BadgeGrade, Exemption, Suspension, Way
from chibo.members.one_at_a_time import one_at_a_time
from chibo.members.post_marks import marks_posts
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Grant, Unit
from chibo.organizations.roles import FAR, NEVER_BY_POST, Reach, RoleCode

__all__ = ["AwardDay", "Badge", "BadgeGrade", "Exemption", "Suspension", "Way"]  # kept in a file of their own


class Sex(models.TextChoices):
    FEMALE = "f", _("Woman")
    MALE = "m", _("Man")


class TransferKind(models.TextChoices):
    OFFICIAL = "official", _("Official transfer")
    TEMPORARY = "temporary", _("Temporary transfer")


class Reason(models.TextChoices):
    DECEASED = "deceased", _("Deceased")
    NAME_REMOVED = "name_removed", _("Name removed")
    RESIGNED = "resigned", _("Left on request")
    EXPELLED = "expelled", _("Expelled")
    TRANSFERRED_OUT = "transferred_out", _("Transferred out")


class PostKind(models.TextChoices):
    SECRETARY = "secretary", _("Secretary")
    DEPUTY_SECRETARY = "deputy_secretary", _("Deputy secretary")
    STANDING_MEMBER = "standing_member", _("Member of the standing committee")
    COMMITTEE_MEMBER = "committee_member", _("Committee member")
    VILLAGE_HEAD = "village_head", _("Village head")
    RESIDENTIAL_GROUP_HEAD = "residential_group_head", _("Head of residential group")
    AGENCY_HEAD = "agency_head", _("Head of agency")


ONE_AT_A_UNIT = (PostKind.SECRETARY, PostKind.AGENCY_HEAD)
ONE_AT_A_PLACE = (PostKind.VILLAGE_HEAD, PostKind.RESIDENTIAL_GROUP_HEAD)
# Posts that make someone a member of the committee, each with those it counts among.
ON_COMMITTEE = (
    PostKind.SECRETARY,
    PostKind.DEPUTY_SECRETARY,
    PostKind.STANDING_MEMBER,
    PostKind.COMMITTEE_MEMBER,
)
# What two holders must not share at once: the post of a unit, or the post at a place of it; as a number, as ranges of
# text need an extension that not every PostgreSQL carries.
_SEAT = Func(
    Case(
        When(post__in=ONE_AT_A_UNIT, then=F("post")),
        default=Concat(F("post"), Value("/"), F("place"), output_field=models.TextField()),
        output_field=models.TextField(),
    ),
    Value(0),
    function="hashtextextended",
    output_field=models.BigIntegerField(),
)


@marks_posts("person", ["id", "user_id"], "select r.id from {rows} r where r.user_id is not null")
@marks(  # where they are a member, and where they hold a post: figures speak of women in committees
    "",
    ["id", "sex", "born_on", "ethnicity"],
    "select s.cell_id, s.from_on, s.to_on from {rows} r join members_membership m on m.person_id = r.id"
    " join members_stay s on s.membership_id = m.id"
    " union all select p.unit_id, p.from_on, p.to_on from {rows} r join members_post p on p.person_id = r.id",
)
@kept
class Person(models.Model):
    """A human being, known by a member code; what stays true of them whatever cell they are in."""

    code = models.CharField(max_length=500, unique=True)
    full_name = models.CharField(max_length=500)
    sex = models.CharField(max_length=1, choices=Sex)
    born_on = models.DateField()
    ethnicity = models.CharField(max_length=500, blank=True)
    religion = models.CharField(max_length=500, blank=True)
    occupation = models.CharField(max_length=500, blank=True)
    education = models.CharField(max_length=500, blank=True)
    theory = models.CharField(max_length=500, blank=True)
    user = models.OneToOneField(  # who signs in as this person, and so sees their own record
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person"
    )
    sort_key = models.TextField(editable=False)
    search_key = models.TextField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sex__in=Sex.values), name="person_sex")]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        self.sort_key, self.search_key = name_sort_key(self.full_name), search_key(self.full_name)
        super().save(*args, **kwargs)


@marks_posts(  # who joins again has no role by a post of before
    "person",
    ["person_id", "joined_on", "number"],
    "select r.person_id from {rows} r join members_post p on p.person_id = r.person_id",
)
@marks("members", ["cell_id", "joined_on"], "select cell_id, joined_on, joined_on + 1 from {rows} r")
@one_at_a_time("person_id", ["person", "joined_on", "number"], first="number")
@kept
class Membership(models.Model):
    """A spell of membership, from the admission ceremony until a departure; a person admitted again has another.

    Spells of one person never overlap, and are numbered in their order: the database sees to it at commit.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships", db_index=False)
    number = models.PositiveSmallIntegerField(default=1, db_default=1)  # the first, the second ... of the person
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="admissions")  # the cell joined
    decided_on = models.DateField(null=True, blank=True)  # day of the decision to admit
    joined_on = models.DateField()
    official_on = models.DateField(null=True, blank=True)
    exempt_from = models.DateField(null=True, blank=True)  # exempt from meetings since
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")  # to admit
    official_decision = models.CharField(max_length=500, blank=True, default="", db_default="")
    exempt_decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(official_on=None) | Q(official_on__gte=F("joined_on")), name="membership_official_after"
            ),
            models.CheckConstraint(
                condition=Q(decided_on=None) | Q(decided_on__lte=F("joined_on")), name="membership_decided_before"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="membership_number"),
            models.UniqueConstraint(
                fields=["person", "number"], name="membership_one_number", deferrable=models.Deferrable.DEFERRED
            ),
        ]
        # Who stands first in a list is found along the names by indexes alone: of a person the spells, their stays.
        indexes = [models.Index(fields=["person", "id"], name="membership_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} since {self.joined_on}"


@kept
class Transfer(models.Model):
    """The act by which a member goes to another cell, for good (official) or for a time (temporary)."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="transfers")
    to_cell = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_in")
    on = models.DateField()
    kind = models.CharField(max_length=10, choices=TransferKind)
    until = models.DateField(null=True, blank=True)  # of a temporary one: when it is expected to end
    ended_on = models.DateField(null=True, blank=True)  # when it ended, if no other act ended it before
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "on"], name="transfer_one_a_day")]

    def __str__(self) -> str:
        return f"{self.membership_id} to {self.to_cell_id} on {self.on}"


@marks_posts(
    "person",
    ["membership_id", '"on"'],
    "select m.person_id from {rows} r join members_membership m on m.id = r.membership_id",
)
@one_at_a_time("(SELECT m.person_id FROM members_membership m WHERE m.id = {row}.membership_id)", ["membership", "on"])
@kept
class Departure(models.Model):
    """The act that ends a membership; that day the person is no longer a member."""

    membership = models.OneToOneField(Membership, models.PROTECT, related_name="departure")
    on = models.DateField()
    reason = models.CharField(max_length=20, choices=Reason)
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.membership_id} left on {self.on}"


@marks(  # the day it ends is the day of a departure; a head's post counts by the holder's membership
    "members",
    ["membership_id", "cell_id", "from_on", "to_on"],
    "select cell_id, from_on, to_on + 1 from {rows} r"
    " union all select p.unit_id, r.from_on, r.to_on from {rows} r"
    " join members_membership m on m.id = r.membership_id join members_post p on p.person_id = m.person_id",
)
class Stay(models.Model):
    """A membership was in a cell from a day to a day, derived from admission, transfers and departure.

    Official stays follow one another without gap from joining to departure: there the person is counted. A temporary
    stay lies beside them, until the next transfer or departure: there the person may attend too.
    """

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="stays", db_index=False)
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="stays")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)

    class Meta:
        constraints = chain("stay", "membership")
        indexes = [
            models.Index(fields=["membership"], include=["from_on", "to_on", "cell", "id"], name="stay_of_membership")
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} in {self.cell_id} from {self.from_on}"


class TemporaryStay(models.Model):
    """A member may attend in this cell too, from a temporary transfer until the next transfer or departure."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="temporary_stays")
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="temporary_stays")
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "from_on"], name="temporary_stay_one_a_day"),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="temporary_stay_some_day"),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} also in {self.cell_id} from {self.from_on}"


@marks_posts("post", ["id", "unit_id", "post", "person_id", "from_on", "to_on"], "select r.id from {rows} r")
@marks(  # also where the same person holds another post: figures speak of secretaries who are village heads
    "",
    ["unit_id", "post", "place", "person_id", "from_on", "to_on"],
    "select unit_id, from_on, to_on from {rows} r"
    " union all select r.unit_id, p.from_on, p.to_on from {rows} r join members_post p"
    " on p.person_id = r.person_id and p.unit_id = r.unit_id and p.from_on > r.from_on"  # no more for the first time
    " union all select p.unit_id, r.from_on, r.to_on from {rows} r"
    " join members_post p on p.person_id = r.person_id and p.unit_id <> r.unit_id",
)
@kept
class Post(models.Model):
    """Someone, member or not, holds a post at a unit from a day to a day, by one decision and until another."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    post = models.CharField(max_length=30, choices=PostKind)
    place = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="posts")
    holder_name = models.CharField(max_length=500, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)  # first day no longer held
    decision = models.CharField(max_length=500, blank=True, default="", db_default="")  # by which it began
    end_decision = models.CharField(max_length=500, blank=True, default="", db_default="")  # by which it ended

    class Meta:
        constraints = [
            ExclusionConstraint(  # asked at the end, so that loads and corrections may pass through what can't stay
                name="post_one_holder",
                expressions=[
                    (Func("unit_id", "unit_id", Value("[]"), function="int8range"), "&&"),
                    (Func(_SEAT, _SEAT, Value("[]"), function="int8range"), "&&"),
                    (Func("from_on", "to_on", function="daterange"), "&&"),
                ],
                condition=Q(post__in=[*ONE_AT_A_UNIT, *ONE_AT_A_PLACE]),
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="post_some_day"),
            models.CheckConstraint(condition=Q(post__in=PostKind.values), name="post_kind"),
            models.CheckConstraint(condition=~Q(person=None, holder_name=""), name="post_someone"),
            models.UniqueConstraint(
                fields=["unit", "post", "place", "from_on", "person"],
                condition=~Q(person=None),
                name="post_member_once",
            ),
            models.UniqueConstraint(  # by their fingerprints: two long texts are more than an index takes
                F("unit"),
                F("post"),
                MD5("place"),
                F("from_on"),
                MD5("holder_name"),
                condition=Q(person=None),
                name="post_other_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.place} at {self.unit_id}"

    @property
    def title(self) -> str:
        """The post as it is said, with its place."""
        said = str(self.get_post_display())
        return f"{said}, {self.place}" if self.place else said

    @property
    def holder(self) -> str:
        """Who holds it, by name."""
        return self.person.full_name if self.person else self.holder_name

    @property
    def has_one_holder(self) -> bool:
        """Whether one person at a time holds it."""
        return self.post in (*ONE_AT_A_UNIT, *ONE_AT_A_PLACE)


@marks_posts("rule", ["id", "to_on"], "select r.id from {rows} r")
@kept
class PostRule(models.Model):
    """From a day to a day, whoever holds such a post at a unit of such a kind has a role there."""

    post = models.CharField(max_length=30, choices=PostKind)
    unit_kind = models.CharField(max_length=30, choices=Kind)
    role = models.CharField(max_length=30, choices=[each for each in RoleCode.choices if each[0] not in NEVER_BY_POST])
    reach = models.CharField(max_length=10, choices=Reach)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)  # first day it no longer holds

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gte=F("from_on")), name="post_rule_in_order"),
            models.CheckConstraint(
                condition=Q(post__in=PostKind.values, unit_kind__in=Kind.values, role__in=RoleCode.values)
                & ~Q(role__in=NEVER_BY_POST),
                name="post_rule_words",
            ),
            models.CheckConstraint(
                condition=Q(reach=Reach.UNIT) | Q(reach=Reach.SUBTREE, role__in=FAR), name="post_rule_reach"
            ),
            models.UniqueConstraint(
                fields=["post", "unit_kind", "role"], condition=Q(to_on=None), name="post_rule_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} at {self.unit_kind}: {self.role}"


class PostRole(models.Model):
    """A grant follows from a post by a rule; once it no longer does, the grant stays as it had been until that day."""

    grant = models.OneToOneField(Grant, models.PROTECT, related_name="by_post")
    post = models.ForeignKey(Post, models.DO_NOTHING, db_constraint=False, related_name="roles")  # it may be undone
    rule = models.ForeignKey(PostRule, models.PROTECT, related_name="+")
    ceased_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.grant_id} by {self.post_id}"


class PostMark(models.Model):
    """Something changed that roles follow from; none is left when the action that wrote it ends."""

    subject = models.CharField(max_length=10)  # post, person, unit, rule
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"
