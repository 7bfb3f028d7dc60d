"""Acts on dues: a month recorded for a whole cell, debts paid, what someone pays of, and reliefs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.formats import period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.members.models import Person, Stay
from chibo.organizations.models import Unit
from chibo.registers import policies
from chibo.registers.models import DuesMonth, DuesRule, Paid, PayerSpell, Payment, Relief, RuleKind
from chibo.registers.owing import list_day, payers_of, rules_on


@dataclass(frozen=True)
class Mark:
    """What a secretary noted of one member: paid or not, how much, why not."""

    is_paid: bool
    amount: int | None = None
    reason: str = ""


@action("registers.dues_recorded")
def record_dues(
    *, cell: Unit, month: date, marks: Mapping[int, Mark], seen: int, by: Any, at: datetime
) -> DuesMonth:  # fmt: skip
    """Record the dues of a month for all of a cell who are asked for them, or put the record right.

    `seen` is the version that `by` has before them, 0 of none. Denied: others than the cell's secretary, a month that
    has not begun, someone else's record meanwhile, a list that is not the one of that month.
    """
    today = timezone.localdate(at)
    cell = _hold(cell)
    policies.check_dues(by, cell, today)
    policies.check_month(cell, month, today)
    found = DuesMonth.objects.filter(cell=cell, month=month).select_related("by").first()
    policies.check_version(found, seen)
    there = Stay.objects.filter(holding(list_day(month, today)), cell=cell).values("membership__person")
    _hold_all(Person.objects.filter(pk__in=there))
    asked = payers_of(cell, month, today)
    elsewhere = {p.person for p in asked if p.noted is not None and p.noted.cell_id != cell.pk}
    if {p.person for p in asked if not p.exempt} - elsewhere != set(marks) - elsewhere:
        raise Denied(_("The list of members has changed meanwhile. Look it over once more, and save again."))
    for payer in asked:
        if payer.person in elsewhere:
            continue
        note = payer.noted or Payment(person_id=payer.person, month=month, cell=cell)
        if payer.exempt:
            if note.state == Paid.PAID:
                continue  # paid before the exemption was known
            now: dict[str, Any] = {"state": Paid.EXEMPT, "amount": None, "reason": "", "paid_on": None}
        elif (mark := marks[payer.person]).is_paid:
            now = {"state": Paid.PAID, "amount": mark.amount, "reason": ""}
        else:
            now = {"state": Paid.UNPAID, "amount": None, "reason": mark.reason, "paid_on": None}
        if note.pk is None or any(getattr(note, name) != value for name, value in now.items()):
            for name, value in now.items():
                setattr(note, name, value)
            note.save()
    if found is None:
        return DuesMonth.objects.create(cell=cell, month=month, by=by, at=at)
    found.version, found.by, found.at = found.version + 1, by, at
    found.save()
    return found


@action("registers.debts_paid")
def pay_debts(*, cell: Unit, payments: Iterable[int], by: Any, at: datetime) -> list[Payment]:
    """Note that months owed by members of a cell were paid after all.

    Denied: others than the cell's secretary, months nobody of the cell owes any more.
    """
    today = timezone.localdate(at)
    cell = _hold(cell)
    policies.check_dues(by, cell, today)
    here = Stay.objects.filter(holding(today), cell=cell).values("membership__person")
    found = Payment.objects.filter(pk__in=list(payments), person__in=here, state=Paid.UNPAID)
    _hold_all(Person.objects.filter(pk__in=found.values("person")))
    paid = list(found.order_by("pk"))
    if not paid:
        raise Denied(_("These months are not owed any more."))
    for payment in paid:
        payment.state, payment.reason, payment.paid_on = Paid.PAID, "", today
        payment.save()
    return paid


@action("registers.payer_set")
def set_payer(*, person: Person, rule: str, from_month: date, by: Any, at: datetime) -> PayerSpell:
    """Let a member pay as one of a class from a month on, until another is named.

    Denied: others than the secretary of their cell, a class that the rules of no day know.
    """
    person = _held(person)
    policies.check_payer(by, person, timezone.localdate(at))
    if not DuesRule.objects.filter(code=rule, kind=RuleKind.PAYER).exists():
        raise Denied(_("There is no such class."))
    spell, _is_new = PayerSpell.objects.update_or_create(
        person=person, from_month=from_month.replace(day=1), defaults={"rule": rule}
    )
    return spell


@action("registers.relieved")
def relieve(
    *, person: Person, rule: str, from_month: date, to_month: date | None, decision: str = "", by: Any, at: datetime
) -> Relief:
    """Let a member pay less, or nothing, in the months from one to before another.

    Denied: others than the secretary of their cell, a relief the rules of that month don't know, one that lasts longer
    than they allow, months of another relief.
    """
    person = _held(person)
    policies.check_payer(by, person, timezone.localdate(at))
    first = from_month.replace(day=1)
    end = to_month.replace(day=1) if to_month else None
    known = rules_on(Period.month_of(first).last_day).get(rule)  # as they stand for who is asked for that month
    if known is None or known.kind != RuleKind.RELIEF:
        raise Denied(_("The rules of that month don't know this relief."))
    if end is not None and end <= first:
        raise Denied(_("The relief ends after the month in which it begins."))
    _check_length(known, first, end)
    others = Relief.objects.filter(Q(to_month=None) | Q(to_month__gt=first), person=person)
    other = (others.filter(from_month__lt=end) if end else others).order_by("from_month").first()
    if other is not None:
        raise Denied(
            _("There is another relief at that time, from %(month)s: end that one first.")
            % {"month": period_name(Period.month_of(other.from_month))}
        )
    return Relief.objects.create(
        person=person, rule=rule, percent=known.number, from_month=first, to_month=end, decision=decision
    )


@action("registers.relief_ended")
def end_relief(*, relief: Relief, to_month: date, by: Any, at: datetime) -> Relief | None:
    """Let a relief end before a month; one that would end as it begins is taken back: None.

    Denied: others than the secretary of the member's cell, a later end than it had.
    """
    _held(relief.person)
    found = Relief.objects.select_for_update().filter(pk=relief.pk).first()
    policies.check_payer(by, relief.person, timezone.localdate(at))
    end = to_month.replace(day=1)
    if found is None or (found.to_month is not None and end > found.to_month):
        raise Denied(_("This relief ends earlier."))
    if end <= found.from_month:
        found.delete()
        return None
    found.to_month = end
    found.save()
    return found


def _check_length(rule: DuesRule, first: date, end: date | None) -> None:
    if rule.most_months is None:
        return
    lasts = None if end is None else (end.year - first.year) * 12 + end.month - first.month
    if lasts is None or lasts > rule.most_months:
        raise Denied(_("This relief lasts %(n)s months at most.") % {"n": rule.most_months})


def _hold(cell: Unit) -> Unit:
    """The cell as it stands; who else records its dues waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=cell.pk)


def _hold_all(people: QuerySet[Person]) -> None:
    """Who else records what these people pay waits until this act is done."""
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _held(person: Person) -> Person:
    """The member as they stand; who else records their dues waits until this act is done."""
    return Person.objects.select_for_update(no_key=True).get(pk=person.pk)
