"""Acts on registers: a quarter confirmed, differences settled, units reminded, days to confirm laid down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.registers import policies
from chibo.registers.differences import newest, sheets_confirmed, since_confirmed, with_below
from chibo.registers.models import Against, Confirmation, DaysOver, Deadline, Page, RegisterReminder, Settlement
from chibo.registers.queries import quarters_over
from chibo.registers.roll import numbers_in, sheets_of


@action("registers.confirmed")
def confirm(*, unit: Unit, quarter: Period, seen: int = 0, by: Any, at: datetime) -> Confirmation:
    """Confirm the register of a quarter with its numbers as computed now, and keep the members behind them.

    `seen` is the number of the confirmation that `by` has before them. Denied: others than the unit's own, a quarter
    that is not over, someone else's confirmation meanwhile, a second one that says the same.
    """
    today = timezone.localdate(at)
    unit = _hold(unit)
    held = policies.check_confirms(by, unit, today)
    policies.check_quarter(unit, quarter, today)
    before = newest(unit, quarter)
    policies.check_seen(before, seen)
    sheets = sheets_of(unit, quarter)
    if before is not None and sheets_confirmed(before, sheets) == sheets:
        raise Denied(_("Nothing has changed since it was confirmed."))
    made = Confirmation.objects.create(
        unit=unit, ends_on=quarter.last_day, number=before.number + 1 if before else 1, numbers=numbers_in(sheets),
        days=min((today - quarter.last_day).days, 32_000), by=by, at=at, role=held.role if held else "",
        role_unit_id=held.unit_id if held else None,
    )  # fmt: skip
    Page.objects.bulk_create(
        (Page(confirmation=made, cell_id=pk, roll=sheet.roll, moves=sheet.moves) for pk, sheet in sheets.items()),
        batch_size=500,
    )
    return made


@action("registers.settled")
def settle(
    *, unit: Unit, quarter: Period, against: str, seals: Iterable[str], reason: str, by: Any, at: datetime
) -> list[Settlement]:
    """Say why members are counted otherwise than confirmed; what is said stands while the difference stays the same.

    `seals` are those of the differences that `by` has before them, each of one member in one cell. Denied: others than
    the unit's own, a quarter that is not confirmed, no reason, a difference that is another one by now or not open.
    """
    unit = _hold(unit)
    policies.check_confirms(by, unit, timezone.localdate(at))
    confirmation = newest(unit, quarter)
    if confirmation is None:
        raise Denied(_("This quarter is not confirmed."))
    if not reason:
        raise Denied(_("Say why."))
    wanted = set(seals)
    found = since_confirmed(unit, confirmation) if against == Against.NOW else with_below(unit, confirmation)
    there = [each for each in found if each.seal in wanted]
    unsettled = [each for each in there if each.settled is None]
    if not unsettled and len(there) == len(wanted):
        raise Denied(_("None of these differences is open any more."))
    if len(unsettled) < len(wanted):
        raise Denied(
            _(
                "Something has changed since this page was shown, so nothing was settled. Look at what stands there "
                "now, and settle again what is still ticked."
            )
        )
    return Settlement.objects.bulk_create(
        Settlement(
            confirmation=confirmation, against=each.against, cell_id=each.cell, code=each.code, here=each.here,
            there=each.there, reason=reason, by=by, at=at,
        )
        for each in unsettled
    )  # fmt: skip


@action("registers.reminded")
def remind(*, unit: Unit, quarter: Period, by: Any, at: datetime) -> list[RegisterReminder]:
    """Remind the units directly below that have not confirmed a quarter, each at most once a day.

    Denied: others than who confirms the register of the unit, a quarter that is not over.
    """
    today = timezone.localdate(at)
    unit = _hold(unit)
    if by is not None and not rights_of(by, today).scope(P.REGISTER_CONFIRM).covers(unit):
        raise Denied(_("The register is confirmed by the unit's secretary or officer."))
    if not quarter.is_over(today):
        raise Denied(_("This quarter is not over."))
    below = Unit.objects.under(unit, quarter.last_day).open_on(quarter.last_day)
    done = Confirmation.objects.filter(ends_on=quarter.last_day).values("unit")
    morning = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    told = RegisterReminder.objects.filter(ends_on=quarter.last_day, at__gte=morning).values("unit")
    late = below.exclude(pk__in=done).exclude(pk__in=told).order_by("pk").values_list("pk", flat=True)
    return RegisterReminder.objects.bulk_create(
        RegisterReminder(unit_id=pk, ends_on=quarter.last_day, by=by, at=at) for pk in late
    )


@action("registers.days_set")
def set_days(*, days: int, from_on: date, source: str = "", by: Any, at: datetime) -> Deadline:
    """Let units confirm within so many days after the end of quarters that end from a day on.

    Denied: to others than administrators of the whole tree, a day by which later days are known.
    """
    policies.check_rules(by, timezone.localdate(at))
    if not 1 <= days <= 90:
        raise Denied(_("Between 1 and 90 days."))
    _one_after_the_other()
    if Deadline.objects.filter(from_on__gte=from_on).exists():
        raise Denied(_("Something is laid down from that day or a later one: choose a day after it."))
    Deadline.objects.filter(Q(to_on=None)).update(to_on=from_on)
    made = Deadline.objects.create(days=days, from_on=from_on, source=source)
    _count_over(timezone.localdate(at))
    return made


@action("registers.days_over")
def count_over(*, by: Any, at: datetime) -> None:
    """Let those quarters count in the figure whose days to confirm are over, and no other ones."""
    _one_after_the_other()
    _count_over(timezone.localdate(at))


def _one_after_the_other() -> None:
    roots = Unit.objects.select_for_update(of=("self",), no_key=True).filter(parent_links=None)
    list(roots.order_by("pk"))


def _count_over(today: date) -> None:
    ends = {each.last_day for each in quarters_over(Deadline.objects.order_by("from_on"), today)}
    known = set(DaysOver.objects.order_by("pk").values_list("ends_on", flat=True))
    DaysOver.objects.filter(ends_on__in=known - ends).delete()
    DaysOver.objects.bulk_create(DaysOver(ends_on=end) for end in sorted(ends - known))


def _hold(unit: Unit) -> Unit:
    """The unit as it stands; who else acts on its register waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
