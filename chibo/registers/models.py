"""What levels confirmed of their registers, what was settled, who was reminded; rules of dues, and what was paid."""

from __future__ import annotations

from datetime import date, timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.periods import Period
from chibo.indicators.marks import marks
from chibo.members.models import Person
from chibo.organizations.models import Unit

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


# Every unit that is open then owes a confirmation from that day on.
@marks(
    "registers",
    ["from_on", "to_on", "days"],
    "select u.id, r.from_on, r.to_on from {rows} r cross join organizations_unit u",
)
@kept
class Deadline(models.Model):
    """From a day to a day: in how many days after a quarter's end units confirm their register. None: none is due."""

    days = models.PositiveSmallIntegerField()
    from_on = models.DateField(unique=True)
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days__range=(1, 90)), name="deadline_days"),
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="deadline_some_day"),
            models.UniqueConstraint(fields=["to_on"], nulls_distinct=False, name="deadline_one_end"),
        ]

    def __str__(self) -> str:
        return f"{self.days} days from {self.from_on}"

    def due_on(self, quarter: Period) -> date:
        """By which day a quarter is to be confirmed."""
        return quarter.last_day + timedelta(days=self.days)


# Every unit that is open then counts from there on, whether it has confirmed or not.
@marks(
    "registers",
    ["ends_on"],
    "select u.id, r.ends_on, r.ends_on + 1 from {rows} r cross join organizations_unit u",
)
class DaysOver(models.Model):
    """The days in which units confirm a quarter are over: derived from the days laid down, hour by hour."""

    ends_on = models.DateField(unique=True)  # the quarter's last day

    def __str__(self) -> str:
        return str(self.ends_on)


@marks("registers", ["unit_id", "ends_on"], "select unit_id, ends_on, ends_on + 1 from {rows} r")
@pgtrigger.register(APPEND_ONLY)
@kept
class Confirmation(models.Model):
    """A unit confirmed its register of a quarter, with the numbers as computed then; again, once it has changed."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="confirmations")
    ends_on = models.DateField()  # the quarter's last day
    number = models.PositiveSmallIntegerField()  # the first, the second of that quarter
    numbers = models.JSONField()  # how many of each word
    days = models.PositiveSmallIntegerField()  # how many after the quarter's end
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    role = models.CharField(max_length=30, blank=True)  # by which right: the role, and the unit where it was held
    role_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "ends_on", "number"], name="confirmation_once")]
        indexes = [models.Index(fields=["ends_on", "unit"], name="confirmation_quarter")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.ends_on} {self.number}"

    @property
    def quarter(self) -> Period:
        return Period(self.ends_on.year, "quarter", (self.ends_on.month + 2) // 3)


@pgtrigger.register(APPEND_ONLY)
class Page(models.Model):
    """The members behind a confirmation, of one cell: what of each was counted, by code. Never changed."""

    confirmation = models.ForeignKey(Confirmation, models.PROTECT, related_name="pages", db_index=False)
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    roll = models.JSONField()  # code: words that add up over units
    moves = models.JSONField()  # code: words that don't: who comes from a unit beside is no newcomer to the one above

    class Meta:
        constraints = [models.UniqueConstraint(fields=["confirmation", "cell"], name="page_once")]

    def __str__(self) -> str:
        return f"{self.cell_id} of {self.confirmation_id}"


class Against(models.TextChoices):
    NOW = "now", _("the roll as it is now")
    BELOW = "below", _("the units below")


@pgtrigger.register(APPEND_ONLY)
@kept
class Settlement(models.Model):
    """A difference of one member was explained in words; it is open again once it is another one."""

    confirmation = models.ForeignKey(Confirmation, models.PROTECT, related_name="settlements")
    against = models.CharField(max_length=10, choices=Against)
    cell = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")  # whose row it is; of old ones any
    code = models.CharField(max_length=500)
    here = models.CharField(max_length=200, blank=True)  # what was confirmed of the member
    there = models.CharField(max_length=200, blank=True)  # what the other side says
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["confirmation", "against", "cell", "code", "here", "there"],
                nulls_distinct=False,
                name="settlement_once",
            ),
            models.CheckConstraint(condition=Q(against__in=Against.values) & ~Q(reason=""), name="settlement_said"),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.confirmation_id}"


@kept
class RegisterReminder(models.Model):
    """The level above reminded a unit of a quarter that it has not confirmed."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="register_reminders")
    ends_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["unit", "ends_on"], name="register_reminder_of")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.ends_on}"


class RuleKind(models.TextChoices):
    PAYER = "payer", _("Class of payer: percent to pay")
    RELIEF = "relief", _("Relief: percent taken off")
    AGE = "age", _("Exempt by Party age: years")
    LIMIT = "limit", _("Limit: months")


@kept
class DuesRule(models.Model):
    """What the rules say of dues from a day to a day: a class of payer, a relief, the Party age from which none."""

    code = models.CharField(max_length=30)  # the same for what succeeds one another
    kind = models.CharField(max_length=10, choices=RuleKind)
    name = models.CharField(max_length=500)
    number = models.DecimalField(max_digits=8, decimal_places=4)
    most_months = models.PositiveSmallIntegerField(null=True, blank=True)  # a relief lasts no longer
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on=None) | Q(to_on__gt=F("from_on")), name="dues_rule_some_day"),
            models.CheckConstraint(condition=Q(kind__in=RuleKind.values), name="dues_rule_kind"),
            models.CheckConstraint(condition=Q(number__range=(0, 100)), name="dues_rule_number"),
            models.UniqueConstraint(fields=["code", "from_on"], name="dues_rule_once"),
            models.UniqueConstraint(fields=["code", "to_on"], nulls_distinct=False, name="dues_rule_one_end"),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.from_on}"


@kept
class PayerSpell(models.Model):
    """A member pays as one of a class from a month on, until the next row."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="payer_spells")
    rule = models.CharField(max_length=30)  # its code
    from_month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "from_month"], name="payer_spell_once"),
            models.CheckConstraint(condition=Q(from_month__day=1), name="payer_spell_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.rule} from {self.from_month}"


@kept
class Relief(models.Model):
    """A member pays less, or nothing, in the months from one to before another, by a decision."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="reliefs")
    rule = models.CharField(max_length=30)
    percent = models.DecimalField(max_digits=8, decimal_places=4)  # taken off; 100: exempt
    from_month = models.DateField()
    to_month = models.DateField(null=True, blank=True)  # the first no longer
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_month__day=1) & (Q(to_month=None) | Q(to_month__day=1, to_month__gt=F("from_month"))),
                name="relief_months",
            ),
            models.CheckConstraint(condition=Q(percent__gt=0, percent__lte=100), name="relief_percent"),
            ExclusionConstraint(
                name="relief_one_at_a_time",
                expressions=[
                    (Func("person_id", "person_id", Value("[]"), function="int8range"), "&&"),
                    (Func("from_month", "to_month", function="daterange"), "&&"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.percent} from {self.from_month}"


@kept
class DuesMonth(models.Model):
    """A cell's secretary recorded the dues of a month; the version grows with every change."""

    cell = models.ForeignKey(Unit, models.PROTECT, related_name="dues_months")
    month = models.DateField()
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cell", "month"], name="dues_month_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="dues_month_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.month}"


class Paid(models.TextChoices):
    PAID = "paid", _("Paid")
    UNPAID = "unpaid", _("Not paid")
    EXEMPT = "exempt", _("Exempt")


@kept
class Payment(models.Model):
    """What was noted of a member's dues of a month: paid, not paid and why, or exempt as the rules stood then."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="payments")
    month = models.DateField()
    cell = models.ForeignKey(Unit, models.PROTECT, related_name="payments")  # that noted it
    state = models.CharField(max_length=10, choices=Paid)
    amount = models.PositiveBigIntegerField(null=True, blank=True)  # whole đồng
    reason = models.CharField(max_length=500, blank=True)  # why not
    paid_on = models.DateField(null=True, blank=True)  # of what was paid later: when it was noted

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "month"], name="payment_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="payment_first_day"),
            models.CheckConstraint(condition=Q(state__in=Paid.values), name="payment_state"),
            models.CheckConstraint(condition=Q(amount=None) | Q(state=Paid.PAID), name="payment_amount_of_paid"),
        ]
        indexes = [
            models.Index(fields=["cell", "month"], name="payment_cell"),
            models.Index(fields=["cell", "person"], condition=Q(state="unpaid"), name="payment_unpaid"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.month} {self.state}"
