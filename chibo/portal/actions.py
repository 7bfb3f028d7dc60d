"""Acts that touch several apps: reminding cells of meetings, linking a user to a member's record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from chibo.accounts import actions as accounts
from chibo.accounts.models import User, UserAct
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.meetings.models import Reminder
from chibo.members.actions import link_user
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.portal import policies, queries


@action("portal.reminded")
def remind(*, cells: Sequence[Unit], months: Sequence[Period], by: Any, at: datetime) -> list[Reminder]:
    """Remind cells of those of these months that are due, not recorded and not explained, once a day each.

    Denied: a cell the user may not remind; nothing that waits; everything that waits was reminded of today.
    """
    morning = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    cells = list(Unit.objects.select_for_update().filter(pk__in=[cell.pk for cell in cells]).order_by("pk"))
    policies.check_reminds(rights_of(by, morning.date()), cells)
    begun = [month for month in months if month.first_day <= morning.date()]
    ids, firsts = [cell.pk for cell in cells], [month.first_day for month in begun]
    held = set(queries.held_months(ids, min(firsts), max(firsts))) if begun else set()
    due = {(cell.pk, month.first_day) for cell in cells for month in begun if queries.is_due(cell, month)}
    today = set(
        Reminder.objects.filter(unit_id__in=ids, month__in=firsts, at__gte=morning)
        .order_by()
        .values_list("unit_id", "month")
    )
    said = {(no.unit_id, no.month) for no in queries.no_meetings(ids, firsts)}
    policies.check_some_left(due - held - said, today)
    fresh = [Reminder(unit_id=pk, month=month, by=by, at=at) for pk, month in sorted(due - held - said - today)]
    return Reminder.objects.bulk_create(fresh)


@action("portal.member_linked")
def link_member(*, user: User, person: Person | None, by: Any, at: datetime) -> None:
    """Let a user see this member's own record and that of nobody else, or with None none at all.

    Denied: the record is another user's already.
    """
    before = Person.objects.select_for_update().filter(user=user).first()
    if before is not None and (person is None or before.pk != person.pk):
        link_user(person=before, user=None, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.UNLINKED, about=before.code, by=by, at=at)
    if person is not None and (before is None or before.pk != person.pk):
        link_user(person=person, user=user, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.LINKED, about=person.code, by=by, at=at)
