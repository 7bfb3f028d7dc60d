"""The plan of a cell: the day it meets on, topics of its year, its own or handed down; agendas, the rule of notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.agendas import policies
from chibo.agendas.models import Agenda, HandedTo, HandedTopic, NoticeRule, Rhythm, Topic
from chibo.agendas.queries import handed_to
from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit

CHOSEN = 500  # cells to which a topic that is not for all is handed


@action("agendas.rhythm_laid_down")
def lay_down(*, unit: Unit, rhythm: Rhythm, by: Any, at: datetime) -> Rhythm:
    """Let a cell meet on another day of the month from a day on; laid down for the same day again, it is put right.

    Denied: a cell that is not `by`'s, a day on which it was not founded yet.
    """
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    policies.check_prepares(by, unit, timezone.localdate(at))
    if rhythm.from_on < unit.founded_on:
        raise Denied(_("The cell was not founded yet on that day."), "from_on")
    rhythm.unit = unit
    known = LaidDown(Rhythm.objects.filter(unit=unit))
    _put(rhythm, known)
    return rhythm


@action("agendas.year_planned")
def plan_year(
    *,
    unit: Unit,
    year: int,
    seen: Mapping[int, str],
    topics: Mapping[int, tuple[str, int | None]],
    by: Any,
    at: datetime,
) -> int:
    """Write the topics of a cell's year, by month: each a text and the topic from above it takes up, or none.

    How many changed. `seen` is what the page began with; a topic that was not handed down to the cell is its own.
    Denied: a cell that is not `by`'s, topics that others changed meanwhile, another year than the running one and the
    next.
    """
    today = timezone.localdate(at)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    policies.check_prepares(by, unit, today)
    policies.check_year(year, today)
    known = {each.month.month: each for each in Topic.objects.filter(unit=unit, month__year=year).order_by("month")}
    if any((known[n].topic if n in known else "") != seen.get(n, "") for n in topics):
        raise Denied(_("Someone else has changed this plan meanwhile. Look at the page again."))
    from_above = set(handed_to(unit, date(year, 1, 1), date(year, 12, 31)).values_list("pk", flat=True))
    changed = 0
    for n, (text, asked) in sorted(topics.items()):
        there = known.get(n)
        kept = there.handed_id if there is not None else None
        handed = asked if asked in from_above or asked == kept else None
        if not text:
            if there is not None:
                there.delete()
                changed += 1
            continue
        if there is None:
            there = Topic(unit=unit, month=date(year, n, 1))
        elif (there.topic, there.handed_id) == (text, handed):
            continue
        there.topic, there.handed_id = text, handed
        there.save()
        changed += 1
    return changed


@action("agendas.topic_handed_down")
def hand_down(
    *, unit: Unit, quarter: date, topic: str, source: str, codes: Sequence[str] = (), by: Any, at: datetime
) -> HandedTopic:
    """Hand a topic down for a quarter to all cells below a committee, or to those of some codes.

    Denied: a committee that is not `by`'s, a quarter that is over, a code that is no open cell below.
    """
    today = timezone.localdate(at)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    policies.check_hands_down(by, unit, today)
    policies.check_quarter(quarter, today)
    if len(codes) > CHOSEN:
        raise Denied(_("Name at most %(n)s cells, or hand it down to all.") % {"n": CHOSEN}, "codes")
    below = Unit.objects.open_on(today).filter(path__startswith=unit.path, kind__in=CELLS, code__in=set(codes))
    cells = {cell.code: cell for cell in below.order_by("pk")}
    missing = [code for code in codes if code not in cells]
    if missing:
        named = ", ".join(missing[:5])
        raise Denied(_("These are no codes of open cells below: %(codes)s.") % {"codes": named}, "codes")
    made = HandedTopic.objects.create(unit=unit, quarter=quarter, topic=topic, source=source, to_all=not cells)
    HandedTo.objects.bulk_create(HandedTo(topic=made, cell=cell) for cell in cells.values())
    return made


@action("agendas.handed_topic_withdrawn")
def withdraw(*, topic: HandedTopic, by: Any, at: datetime) -> HandedTopic:
    """Hand a topic down no more; cells that took it up keep it in their plans. Again, nothing changes."""
    today = timezone.localdate(at)
    topic = HandedTopic.objects.select_for_update(of=("self",)).select_related("unit").get(pk=topic.pk)
    policies.check_hands_down(by, topic.unit, today)
    if topic.withdrawn_on is None:
        topic.withdrawn_on = today
        topic.save(update_fields=["withdrawn_on"])
    return topic


@action("agendas.agenda_laid_down")
def lay_down_agenda(*, agenda: Agenda, by: Any, at: datetime) -> Agenda:
    """Let agendas of a kind of meeting begin with other items from a day on; of the same day again, they are put right.

    Denied: to others than administrators of the whole tree, a day that is past, no item.
    """
    today = timezone.localdate(at)
    policies.check_rules(by, today)
    policies.check_from(agenda.from_on, today)
    if not agenda.items:
        raise Denied(_("The agenda has no item yet."))
    _lock()
    known = LaidDown(Agenda.objects.filter(kind=agenda.kind, setting=agenda.setting, in_month=agenda.in_month))
    _put(agenda, known)
    return agenda


@action("agendas.agenda_ended")
def end_agenda(*, agenda: Agenda, by: Any, at: datetime) -> None:
    """Let an agenda of some cells or one month hold no more from today on: the one for all is taken again.

    Denied: to others than administrators of the whole tree, one for all cells and months, one that does not hold.
    """
    today = timezone.localdate(at)
    policies.check_rules(by, today)
    if not agenda.setting and agenda.in_month is None:
        raise Denied(_("Every kind of meeting keeps an agenda for all cells: lay down another one instead."))
    _lock()
    known = LaidDown(Agenda.objects.filter(kind=agenda.kind, setting=agenda.setting, in_month=agenda.in_month))
    known.finish(today, lambda _rule: None)


@action("agendas.notice_rule_laid_down")
def lay_down_rule(*, rule: NoticeRule, by: Any, at: datetime) -> NoticeRule:
    """Let notices be due another number of days before a meeting from a day on; of the same day again, put right.

    Denied: to others than administrators of the whole tree, a day that is past.
    """
    today = timezone.localdate(at)
    policies.check_rules(by, today)
    policies.check_from(rule.from_on, today)
    _lock()
    _put(rule, LaidDown(NoticeRule.objects.all()))
    return rule


def _put(rule: Any, known: LaidDown) -> None:
    """Keep a rule among those known of its thing: instead of what begins that day, or after what holds."""
    same = known.found.filter(from_on=rule.from_on).first()
    if same is not None:
        rule.pk, rule.to_on = same.pk, same.to_on
    else:
        rule.to_on = known.make_room(rule.from_on)
    rule.save()


def _lock() -> None:
    """One who changes these rules after the other."""
    list(NoticeRule.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
