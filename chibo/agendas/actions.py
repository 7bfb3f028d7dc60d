"""Acts on notices: prepared, given, changed, cancelled, thrown away; papers added and taken off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from chibo.agendas import policies, registry
from chibo.agendas.content import Content, content_of
from chibo.agendas.kinds import Kind
from chibo.agendas.models import Calendar, Item, Mail, Notice, NoticePaper, Reading, Sending, Status, Told, Topic
from chibo.agendas.queries import audience, handed_to, open_notice
from chibo.core.actions import Denied, action
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.papers import actions as papers
from chibo.papers.models import Paper

PAPERS = 20  # of one notice


class Conflict(Exception):
    """Something else is kept by now; `notice` is what stands there."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(_("Someone else has changed this notice meanwhile."))
        self.notice = notice


@action("agendas.notice_saved")
def save(*, unit: Unit, uid: UUID, seen: int, content: Content, give: bool = False, by: Any, at: datetime) -> Notice:
    """Keep what is prepared of a meeting and, if so asked, give its notice; again the same, nothing changes.

    What differs of a notice that was given is told as a change. With it a topic from above is taken up in the plan of
    the cell, where that month has none. Denied: a cell that is not `by`'s, a day that can't
    be, a notice that does not say enough to be given. Conflict: someone else saved since `seen`, or the month has a
    notice of its regular meeting.
    """
    today = timezone.localdate(at)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    policies.check_prepares(by, unit, today)
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).filter(uid=uid).first()
    if notice is not None and notice.unit_id != unit.pk:
        raise Denied(_("This form belongs to another cell. Open it anew."))
    before = content_of(notice) if notice else None
    if notice is not None and notice.version != seen:
        if before == content and (not give or notice.status == Status.GIVEN):
            return notice
        raise Conflict(notice)
    if notice is None and content.kind == Kind.REGULAR:
        other = open_notice(unit, content.month, content.kind)
        if other is not None:
            raise Conflict(other)
    if notice is not None:
        policies.check_stands(notice, today)
        if (notice.kind, notice.month) != (content.kind, content.month):
            raise Denied(_("This form belongs to another meeting. Open it anew."))
    policies.check_day(unit, content, today)
    policies.check_items(content)
    is_given = notice is not None and notice.status == Status.GIVEN
    if give or is_given:
        policies.check_can_be_given(content)
        for check in registry.guards:
            check(unit, content)
    if before == content and (is_given or not give) and notice is not None:
        return notice
    notice = _write(notice, unit, uid, content, by, at)
    if is_given and before is not None and before.as_json() != content.as_json():
        _tell(notice, Told.CHANGED, content, by, at)
    elif give and not is_given:
        notice.status, notice.given_at, notice.given_on = Status.GIVEN, at, today
        notice.save(update_fields=["status", "given_at", "given_on"])
        _tell(notice, Told.GIVEN, content, by, at)
        _take_up(unit, content)
    return notice


@action("agendas.notice_cancelled")
def cancel(*, notice: Notice, reason: str, by: Any, at: datetime) -> Notice:
    """Cancel a meeting whose notice was given, and tell so. Denied: not given, past, cancelled before."""
    notice = _hold(notice, by, at)
    if notice.status != Status.GIVEN:
        raise Denied(_("Its notice was not given: throw the draft away instead."))
    if not reason.strip():
        raise Denied(_("Say why the meeting is cancelled."), "reason")
    notice.status, notice.reason, notice.version = Status.CANCELLED, reason, notice.version + 1
    notice.save(update_fields=["status", "reason", "version"])
    _tell(notice, Told.CANCELLED, content_of(notice), by, at)
    return notice


@action("agendas.draft_thrown_away")
def throw_away(*, notice: Notice, by: Any, at: datetime) -> None:
    """Throw away a draft; its history keeps it. Denied: a notice that was given."""
    notice = _hold(notice, by, at)
    if notice.status != Status.DRAFT:
        raise Denied(_("This notice was given: cancel the meeting instead."))
    notice.items.all().delete()
    notice.papers.all().delete()
    notice.delete()


@action("agendas.paper_kept")
def keep_paper(*, notice: Notice, content: bytes, name: str, title: str, by: Any, at: datetime) -> NoticePaper:
    """Add a file to the papers of a meeting; of one whose notice was given that is told as a change.

    Denied: what `papers.keep` denies, more papers than there can be.
    """
    return _add(notice, lambda: papers.keep(content=content, name=name, title=title, by=by, at=at), by, at)


@action("agendas.paper_registered")
def register_paper(
    *, notice: Notice, number: str, on: date, kept_at: str, title: str, by: Any, at: datetime
) -> NoticePaper:
    """Say of a paper of state secrecy, which never comes here, under which number it is registered, and where.

    Denied: what `papers.register` denies, more papers than there can be.
    """
    return _add(
        notice,
        lambda: papers.register(number=number, on=on, kept_at=kept_at, title=title, by=by, at=at),
        by,
        at,
    )


@action("agendas.paper_taken_off")
def take_off(*, paper: NoticePaper, by: Any, at: datetime) -> None:
    """Take a paper off a meeting; of one whose notice was given that is told as a change."""
    notice = _hold(paper.notice, by, at)
    NoticePaper.objects.filter(pk=paper.pk, notice=notice).delete()
    _changed(notice, by, at)


@action("agendas.paper_read")
def read_paper(*, paper: NoticePaper, by: Any, at: datetime) -> Reading:
    """Keep that somebody opened a paper of a meeting, as which member, on which day first; again, nothing changes."""
    person = Person.objects.filter(user=by).first()
    day = {"on": timezone.localdate(at), "at": at}
    found, _new = Reading.objects.get_or_create(paper=paper, user=by, person=person, defaults=day)
    return found


def _add(notice: Notice, make: Callable[[], Paper], by: Any, at: datetime) -> NoticePaper:
    notice = _hold(notice, by, at)
    if notice.papers.count() >= PAPERS:
        raise Denied(_("A meeting has at most %(n)s papers.") % {"n": PAPERS})
    added = NoticePaper.objects.create(notice=notice, paper=make(), on=timezone.localdate(at))
    _changed(notice, by, at)
    return added


def _changed(notice: Notice, by: Any, at: datetime) -> None:
    notice.version += 1
    notice.save(update_fields=["version"])
    if notice.status == Status.GIVEN:
        _tell(notice, Told.CHANGED, content_of(notice), by, at)


def _hold(notice: Notice, by: Any, at: datetime) -> Notice:
    """A notice as it stands, if `by` may still change it."""
    today = timezone.localdate(at)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=notice.unit_id)
    policies.check_prepares(by, unit, today)
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).select_related("unit").get(pk=notice.pk)
    policies.check_stands(notice, today)
    return notice


def _write(notice: Notice | None, unit: Unit, uid: UUID, content: Content, by: Any, at: datetime) -> Notice:
    """Bring a notice to what its content says."""
    facts: dict[str, Any] = {
        "on": content.on, "at_time": content.at_time, "place": content.place, "mode": content.mode,
        "topic": content.topic, "conclusion": content.conclusion, "prepared_by": by, "prepared_at": at,
    }  # fmt: skip
    if notice is None:
        notice = Notice.objects.create(unit=unit, uid=uid, kind=content.kind, month=content.month, **facts)
    else:
        for name, value in facts.items():
            setattr(notice, name, value)
        notice.version += 1
        notice.save()
    rows = [
        Item(notice=notice, place=place, text=row.text, kind=row.kind, minutes=row.minutes, code=row.code)
        for place, row in enumerate(content.items)
    ]
    known = list(notice.items.order_by("place"))
    if [_said(item) for item in known] != [_said(item) for item in rows]:
        notice.items.all().delete()
        Item.objects.bulk_create(rows)
    return notice


def _take_up(unit: Unit, content: Content) -> None:
    """Plan the topic of a meeting where it was handed down for its quarter and the month has none yet."""
    month = content.month
    if not content.topic or Topic.objects.filter(unit=unit, month=month).exists():
        return
    quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
    handed = handed_to(unit, quarter, quarter).filter(topic=content.topic).exclude(taken_up__unit=unit).first()
    if handed is not None:
        Topic.objects.create(unit=unit, month=month, topic=content.topic, handed=handed)


def _said(item: Item) -> tuple[Any, ...]:
    return (item.place, item.text, str(item.kind), item.minutes, item.code)


def _tell(notice: Notice, what: str, content: Content, by: Any, at: datetime) -> None:
    """Keep what is told, and let it be sent to those called who read e-mail."""
    told = content.as_json() | {
        "language": get_language(),
        "reason": notice.reason,
        "papers": list(notice.papers.order_by("pk").values_list("paper__title", flat=True)),
    }
    number = notice.sendings.count() + 1
    sending = Sending.objects.create(notice=notice, number=number, what=what, content=told, by=by, at=at)
    if not settings.CHIBO_MAILS:
        return
    users = audience(notice).filter(user__is_active=True).exclude(user__email="")
    silent = Calendar.objects.filter(is_mailed=False).values("user")
    called = list(users.exclude(user__in=silent).order_by("user").values_list("user", flat=True))
    Mail.objects.bulk_create(Mail(sending=sending, user_id=user) for user in called)
    if called:
        queue(sending.pk)


@action("agendas.mails_sent_again")
def send_again(*, notice: Notice, by: Any, at: datetime) -> int:
    """Have those e-mails of what was told last sent again that could not be sent. Returns how many. Denied: none."""
    notice = Notice.objects.select_for_update().select_related("unit").get(pk=notice.pk)
    policies.check_prepares(by, notice.unit, timezone.localdate(at))
    sending = notice.sendings.order_by("-number").first()
    failed = Mail.objects.filter(sending=sending, state=Mail.State.FAILED)
    n = failed.filter(user__is_active=True).exclude(user__email="").update(state=Mail.State.WAITS)
    if sending is None or not n:
        raise Denied(_("There is no e-mail to be sent again."))
    queue(sending.pk)
    return n


def queue(pk: int) -> None:
    """Have the e-mails of a sending sent once this act is done."""
    task = app.configure_task("chibo.agendas.tasks.send")
    with transaction.atomic():
        task.defer(sending=pk)
