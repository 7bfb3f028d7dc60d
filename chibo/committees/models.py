"""Terms of committees, whom their members look after and how often they went there, and the numbers asked for."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.spans import holding
from chibo.indicators.marks import marks
from chibo.members.models import Person
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit

MOST = 500  # seats of a committee


def _share(label: object) -> models.PositiveSmallIntegerField[int | None, int | None]:
    """How many of a hundred are asked for; null: none."""
    return models.PositiveSmallIntegerField(label, null=True, blank=True, validators=[MaxValueValidator(100)])  # type: ignore[arg-type]


def _number(label: object) -> models.PositiveSmallIntegerField[int | None, int | None]:
    """How many were approved; null: not said."""
    return models.PositiveSmallIntegerField(label, null=True, blank=True, validators=[MaxValueValidator(MOST)])  # type: ignore[arg-type]


@marks("committees", ["unit_id", "from_on", "to_on", "seats", "regulation_on", "young_age"],
       "select unit_id, from_on, to_on from {rows} r")  # fmt: skip
@kept
class Term(models.Model):
    """The term of a unit's committee: from when to when, what was approved and asked for, its working regulation."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="terms")
    from_on = models.DateField(_("From"))
    to_on = models.DateField(_("To"), null=True, blank=True)  # first day of another term, or of none
    congress_on = models.DateField(_("Day of the congress"), null=True, blank=True)
    decision = models.CharField(_("Decision recognising the committee"), max_length=500, blank=True)
    seats = _number(_("Committee members approved"))
    standing = _number(_("Of these, in the standing committee"))
    deputies = _number(_("Of these, deputy secretaries"))
    women = _share(_("Women, at least"))
    young = _share(_("Young people, at least"))
    young_age = models.PositiveSmallIntegerField(
        _("Young is who is under"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    minority = _share(_("Ethnic minorities, at least"))
    first_time = _share(_("For the first time, at least"))
    regulation_number = models.CharField(_("Number of the working regulation"), max_length=500, blank=True)
    regulation_on = models.DateField(_("Working regulation issued on"), null=True, blank=True)  # null: not issued

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="term_some_day"),
            models.CheckConstraint(
                condition=Q(standing=None) | Q(seats=None) | Q(standing__lte=F("seats")), name="term_standing_within"
            ),
            ExclusionConstraint(
                name="term_one_at_a_time",
                expressions=[
                    (Func("unit_id", "unit_id", Value("[]"), function="int8range"), "&&"),
                    (Func("from_on", "to_on", function="daterange"), "&&"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"term of {self.unit_id} from {self.from_on}"

    @property
    def years(self) -> str:
        """The years it is called by: 2020–2025."""
        return f"{self.from_on.year}–{self.to_on.year}" if self.to_on else f"{self.from_on.year}–"


# Visits count on their day, and at meetings held that day: these count on the last day of the month they belong to,
# which may be any. Meetings are of a layer above, so what is asked of them stands here in SQL alone.
MONTH_END = "(m.month + interval '1 month')::date"
OF_CHARGE = f"""
select r.over_unit_id, r.from_on, r.to_on from {{rows}} r where r.over_unit_id is not null
union all
select m.unit_id, {MONTH_END} - 1, {MONTH_END} from {{rows}} r join meetings_meeting m on m.unit_id = r.over_unit_id
and m.held_on >= r.from_on and (r.to_on is null or m.held_on < r.to_on)
"""
OF_VISIT = f"""
select c.over_unit_id, r.on, r.on + 1 from {{rows}} r join committees_charge c on c.id = r.charge_id
where c.over_unit_id is not null
union all
select m.unit_id, {MONTH_END} - 1, {MONTH_END} from {{rows}} r join committees_charge c on c.id = r.charge_id
join meetings_meeting m on m.unit_id = c.over_unit_id and m.held_on = r.on
"""


@marks("committees", ["id", "over_unit_id", "from_on", "to_on"], OF_CHARGE)
@kept
class Charge(models.Model):
    """A member of a committee looks after a unit below it, or after a member and their family, from a day to a day."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="charges")  # the committee
    person = models.ForeignKey(Person, models.PROTECT, related_name="charges")
    over_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="looked_after")
    over_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="looked_after")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)  # first day no longer in charge
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="charge_some_day"),
            models.CheckConstraint(
                condition=Q(over_unit=None, over_person__isnull=False) | Q(over_unit__isnull=False, over_person=None),
                name="charge_of_one",
            ),
            models.UniqueConstraint(
                fields=["unit", "person", "over_unit", "over_person", "from_on"],
                nulls_distinct=False,
                name="charge_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} of {self.unit_id} after {self.over_unit_id or self.over_person_id}"

    def holds_on(self, day: date) -> bool:
        """Whether someone is in charge that day."""
        return self.from_on <= day and (self.to_on is None or self.to_on > day)


@marks("committees", ["id", "charge_id", '"on"'], OF_VISIT)
@kept
class Visit(models.Model):
    """Someone in charge went there on a day, and what came of it."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="visits")
    on = models.DateField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charge", "on"], name="visit_one_a_day")]

    def __str__(self) -> str:
        return f"visit of {self.charge_id} on {self.on}"


class What(models.TextChoices):
    """What a norm says of committees of a kind."""

    SECRETARY = "secretary", _("Secretaries every unit has")
    SEATS = "seats", _("Committee members")
    SEATS_FROM = "seats_from", _("Members from which a committee is elected")
    STANDING = "standing", _("Members of the standing committee")
    DEPUTIES = "deputies", _("Deputy secretaries")
    WOMEN = "women", _("Women in the committee, of a hundred")
    YOUNG = "young", _("Young people in the committee, of a hundred")
    YOUNG_AGE = "young_age", _("Young is who is under this age")
    MINORITY = "minority", _("Ethnic minorities in the committee, of a hundred")
    FIRST_TIME = "first_time", _("In the committee for the first time, of a hundred")
    AFTER_GRASSROOTS = "after_grassroots", _("Looks after each grassroots organisation (1: yes)")
    AFTER_CELLS = "after_cells", _("Looks after each cell (1: yes)")
    AFTER_MEMBERS = "after_members", _("Looks after members and their families (1: yes)")


@kept
class Norm(models.Model):
    """A number that the rules name for committees of a kind, from a day to a day. Administrators change it."""

    kind = models.CharField(max_length=30, choices=Kind)
    what = models.CharField(max_length=30, choices=What)
    number = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="norm_some_day"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="norm_kind"),
            models.CheckConstraint(condition=Q(what__in=What.values), name="norm_what"),
            models.UniqueConstraint(fields=["kind", "what", "from_on"], name="norm_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.what} {self.number} from {self.from_on}"


def norms_of(kind: str, day: date) -> dict[str, int]:
    """What the rules of a day say of committees of a kind. One query."""
    found = Norm.objects.filter(holding(day), kind=kind).order_by("from_on")
    return dict(found.values_list("what", "number"))
