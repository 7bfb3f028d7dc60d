"""Acts that touch several apps: reminding cells of meetings; acts on users and on units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from procrastinate.contrib.django import app

from chibo.accounts import actions as accounts
from chibo.accounts.models import User, UserAct
from chibo.accounts.policies import check_other
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.meetings.models import Reminder
from chibo.members.actions import link_user
from chibo.members.models import Person
from chibo.members.policies import check_posts_inside
from chibo.organizations import acts, lineage
from chibo.organizations.models import Act, Unit
from chibo.organizations.planning import Asked
from chibo.organizations.scope import rights_of
from chibo.portal import cell_months, policies


@action("portal.reminded")
def remind(*, cells: Sequence[Unit], months: Sequence[Period], by: Any, at: datetime) -> list[Reminder]:
    """Remind cells of those of these months that are due, not recorded and not explained, once a day each.

    Their secretaries find it on their desks, and get an e-mail where a mail server is set up.

    Denied: a cell the user may not remind; nothing that waits; everything that waits was reminded of today.
    """
    morning = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    cells = list(Unit.objects.select_for_update(no_key=True).filter(pk__in=[cell.pk for cell in cells]).order_by("pk"))
    policies.check_reminds(rights_of(by, morning.date()), cells)
    begun = [month for month in months if month.first_day <= morning.date()]
    ids, firsts = [cell.pk for cell in cells], [month.first_day for month in begun]
    held = set(cell_months.held_months(ids, min(firsts), max(firsts))) if begun else set()
    due = {(cell.pk, month.first_day) for cell in cells for month in begun if cell_months.is_due(cell, month)}
    today = set(
        Reminder.objects.filter(unit_id__in=ids, month__in=firsts, at__gte=morning)
        .order_by()
        .values_list("unit_id", "month")
    )
    said = {(no.unit_id, no.month) for no in cell_months.no_meetings(ids, firsts)}
    policies.check_some_left(due - held - said, today)
    fresh = [Reminder(unit_id=pk, month=month, by=by, at=at) for pk, month in sorted(due - held - said - today)]
    made = Reminder.objects.bulk_create(fresh)
    if settings.CHIBO_MAILS:
        _tell([each.pk for each in made])
    return made


def _tell(reminders: list[Any]) -> None:
    """Have the secretaries told by e-mail once this act is done."""
    task = app.configure_task("chibo.portal.tasks.tell_reminded")
    with transaction.atomic():
        task.defer(reminders=reminders, language=get_language() or "")


@action("portal.member_linked")
def link_member(*, user: User, person: Person | None, by: Any, at: datetime) -> None:
    """Let a user see this member's own record and that of nobody else, or with None none at all.

    Denied: for oneself; a user or a member who is not `by`'s to manage; the record is another user's already.
    """
    check_other(user, by)
    user = _managed(user, by, at)
    if by is not None and person is not None:
        today = timezone.localdate(at)
        policies.check_links(rights_of(by, today), person, today)
        check_posts_inside(rights_of(by, today), person, today)
    wanted = Q(user=user) if person is None else Q(user=user) | Q(pk=person.pk)
    held = list(
        Person.objects.select_for_update().filter(wanted).order_by("pk")
    )  # in one order, so that none waits in a ring
    before = next((each for each in held if each.user_id == user.pk), None)
    if before is not None and (person is None or before.pk != person.pk):
        link_user(person=before, user=None, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.UNLINKED, about=before.code, by=by, at=at)
    if person is not None and (before is None or before.pk != person.pk):
        link_user(person=person, user=user, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.LINKED, about=person.code, by=by, at=at)


@action("portal.code_made")
def make_code(*, user: User, by: Any, at: datetime) -> str:
    """Make a new code for a user whom `by` manages.

    Denied: a user who is not `by`'s to manage; what `accounts.actions.make_code` denies.
    """
    return accounts.make_code(user=_managed(user, by, at), by=by, at=at)


@action("portal.blocked")
def block(*, user: User, by: Any, at: datetime) -> User:
    """Let a user whom `by` manages in no more.

    Denied: a user who is not `by`'s to manage; oneself.
    """
    return accounts.block(user=_managed(user, by, at), by=by, at=at)


@action("portal.unblocked")
def unblock(*, user: User, by: Any, at: datetime) -> User:
    """Let a user whom `by` manages in again.

    Denied: a user who is not `by`'s to manage.
    """
    return accounts.unblock(user=_managed(user, by, at), by=by, at=at)


def _managed(user: User, by: Any, at: datetime) -> User:
    """The user, held until the action ends; Denied unless `by`, or the system, manages them."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if by is not None:
        today = timezone.localdate(at)
        policies.check_manages(rights_of(by, today), user, today)
    return user


@action("portal.act_decided")
def decide(*, asked: Asked, seal: str, by: Any, at: datetime) -> Act:
    """Do an act on units as its preview showed it, or keep it for its day.

    Denied: a unit that takes part is not `by`'s to decide on; something has to be settled first, or changed meanwhile.
    """
    lineage.hold_tree()
    today = timezone.localdate(at)
    policies.check_act(rights_of(by, today), asked, today)
    return acts.do(asked=asked, seal=seal, by=by, at=at)


@action("portal.act_taken_back")
def take_back(*, act: Act, by: Any, at: datetime) -> Act:
    """Take an act back, or let one that is to come not be done. Denied: not `by`'s to decide; built on since."""
    lineage.hold_tree()
    policies.check_takes_back(rights_of(by, timezone.localdate(at)), act)
    policies.check_alone(act)
    return acts.reverse(act=act, by=by, at=at)


@action("portal.act_tried_again")
def try_again(*, act: Act, by: Any, at: datetime) -> Act:
    """Do an act that could not be done on its day, if it can be now; it says anew why not."""
    lineage.hold_tree()
    today = timezone.localdate(at)
    policies.check_takes_back(rights_of(by, today), act)
    policies.check_act(rights_of(by, today), acts.asked_of(act), today)
    return acts.do_kept(act=act, by=by, at=at)
