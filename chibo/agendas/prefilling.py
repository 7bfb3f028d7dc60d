"""What a notice begins with: the cell's day, the agenda laid down, papers from above, what is left of the last
resolution, cases that wait for a vote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from chibo.agendas import registry
from chibo.agendas.content import Content, Row
from chibo.agendas.kinds import ItemKind, Kind, Mode
from chibo.agendas.models import Agenda, Notice, NoticeRule, Topic
from chibo.agendas.queries import planned_days, rhythm_on
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.documents.models import Document
from chibo.organizations.models import Unit
from chibo.procedures.flow import said
from chibo.procedures.models import Case, Stage

FROM_ABOVE, CASES = 5, 20
DOCUMENTS, DECISIONS, TOPIC = "documents", "conclusion", "topic"  # codes of items that others are put after


def agenda_on(unit: Unit, kind: str, on: date) -> Agenda | None:
    """The agenda laid down for a kind of meeting of a cell on a day; the one that says most. One query."""
    fits = (Q(setting=unit.setting) | Q(setting="")) & (Q(in_month=on.month) | Q(in_month=None))
    return best_of(Agenda.objects.filter(fits, holding(on), kind=kind), unit, on)


def best_of(agendas: Iterable[Agenda], unit: Unit, on: date) -> Agenda | None:
    """Of agendas for a kind of meeting the one that holds for a cell on a day; the one that says most."""
    fits = [
        each
        for each in agendas
        if each.setting in ("", unit.setting)
        and each.in_month in (None, on.month)
        and each.from_on <= on
        and (each.to_on is None or each.to_on > on)
    ]
    return max(fits, key=lambda each: (bool(each.setting), each.in_month is not None, each.pk), default=None)


class Proposed(NamedTuple):
    """A notice as it is proposed, and how many days before the meeting the rule asks for it."""

    content: Content
    asked: int


def proposed(unit: Unit, kind: str, month: date, today: date, known: Sequence[Notice]) -> Proposed:
    """What a notice of a cell's meeting begins with; `known` are its newest notices. Six queries."""
    rhythm = rhythm_on(unit, max(today, month))
    before = next((each for each in known if each.given_at is not None), None)
    on = max(today, month)
    if rhythm is not None and kind in (Kind.REGULAR, Kind.THEMATIC):
        on = max(on, planned_days(rhythm, [month])[0])
    topic, asked = _planned(unit, month, on)
    if kind not in (Kind.REGULAR, Kind.THEMATIC):
        topic = ""
    content = Content(
        kind=kind,
        month=month,
        on=on,
        at_time=(rhythm and rhythm.at_time) or (before and before.at_time) or None,
        place=(rhythm and rhythm.place) or (before.place if before else ""),
        mode=before.mode if before else Mode.IN_PERSON,
        topic=topic,
        items=tuple(items_for(unit, kind, month, on, topic)),
    )
    return Proposed(content, asked)


def _planned(unit: Unit, month: date, on: date) -> tuple[str, int]:
    """The topic of a month in a cell's plan, and the days that the rule asks for before a meeting. One query."""
    topics = Topic.objects.filter(unit=unit, month=month).order_by().values_list(Value("topic"), "topic")
    rules = NoticeRule.objects.filter(holding(on)).order_by()
    found = dict(topics.union(rules.values_list(Value("rule"), Cast("days", CharField())), all=True))
    return found.get("topic", ""), int(found.get("rule", "0"))


def items_for(unit: Unit, kind: str, month: date, on: date, topic: str) -> list[Row]:
    """The items an agenda begins with, in order."""
    laid_down = agenda_on(unit, kind, on)
    items = [
        Row(text=said(each["text"]), kind=each["kind"], minutes=each["minutes"], code=each["code"])
        for each in (laid_down.items if laid_down else [])
    ]
    more: list[Row] = []
    if topic:
        text = _("Topic: %(topic)s") % {"topic": topic}
        more.append(Row(text=text[:500], code=TOPIC, after=DOCUMENTS))
    if kind == Kind.REGULAR:
        more += _from_above(unit, month)
    for source in registry.sources:
        more += source(unit, kind, month)
    if kind != Kind.COMMITTEE:
        more += _cases(unit)
    return _merged(items, more)


def _merged(items: Sequence[Row], more: Sequence[Row]) -> list[Row]:
    """Items with others put after those they belong to, in the order they came."""
    found = list(items)
    for row in more:
        places = [n for n, each in enumerate(found) if row.after and row.after in (each.code, each.after)]
        found.insert(places[-1] + 1 if places else len(found), row)
    return found


def _from_above(unit: Unit, month: date) -> list[Row]:
    """Documents that committees above issued since the month before began, the newest first. One query."""
    since = Period.month_of(month).before.first_day
    last = Period.month_of(month).last_day + timedelta(1)
    found = Document.objects.filter(issuer__in=unit.ancestor_ids, issued_on__gte=since, issued_on__lt=last)
    return [
        Row(text=f"{each.number}: {each.title}"[:500], kind=ItemKind.REPORT, code="document", after=DOCUMENTS)
        for each in found.order_by("-issued_on", "-pk")[:FROM_ABOVE]
    ]


def _cases(unit: Unit) -> list[Row]:
    """Cases of the cell that stand at a step with a vote, the most urgent first. One query."""
    waiting = Stage.objects.filter(
        done_on=None, case__status=Case.Status.OPEN, case__unit=unit, turns__unit=unit
    ).select_related("case__version").distinct().order_by("due_on", "pk")  # fmt: skip
    return [
        Row(
            text=f"{said(stage.case.version.name)}: {stage.case.about}"[:500], kind=ItemKind.VOTE, code="case",
            after=DECISIONS,
        )
        for stage in waiting[:CASES]
        if stage.case.version.flow.step(stage.step).vote is not None
    ]  # fmt: skip
