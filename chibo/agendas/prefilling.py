"""What a notice begins with: the cell's day, the agenda laid down, papers from above, what is left of the last
resolution, cases that wait for a vote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Case as CaseOf
from django.db.models import CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, LPad
from django.utils.translation import gettext as _

from chibo.agendas import registry
from chibo.agendas.content import Content, Row
from chibo.agendas.kinds import ItemKind, Kind, Mode
from chibo.agendas.models import Agenda, Notice, NoticeRule, Topic
from chibo.agendas.policies import ITEMS
from chibo.agendas.queries import handed_to, planned_days, rhythm_on
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.documents.models import Document
from chibo.organizations.models import Unit
from chibo.procedures.flow import said
from chibo.procedures.models import Case, Stage
from chibo.procedures.registry import item_code

FROM_ABOVE, CASES = 5, 20
DOCUMENTS, DECISIONS, TOPIC = "documents", "conclusion", "topic"  # codes of items that others are put after


def agenda_on(unit: Unit, kind: str, on: date) -> Agenda | None:
    """The agenda laid down for a kind of meeting of a cell on a day; the one that says most. One query."""
    return best_of(_agendas(unit, kind, on), unit, on)


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


def _agendas(unit: Unit, kind: str, on: date) -> QuerySet[Agenda]:
    fits = (Q(setting=unit.setting) | Q(setting="")) & (Q(in_month=on.month) | Q(in_month=None))
    return Agenda.objects.filter(fits, holding(on), kind=kind)


class Proposed(NamedTuple):
    """A notice as it is proposed, and how many days before the meeting the rule asks for it."""

    content: Content
    asked: int


def proposed(unit: Unit, kind: str, month: date, today: date, known: Sequence[Notice]) -> Proposed:
    """What a notice of a cell's meeting begins with; `known` are its newest notices. At most five queries."""
    rhythm = rhythm_on(unit, max(today, month))
    before = next((each for each in known if each.given_at is not None), None)
    on = max(today, month)
    if rhythm is not None and kind in (Kind.REGULAR, Kind.THEMATIC):
        on = max(on, planned_days(rhythm, [month])[0])
    known_of = _known(unit, kind, month, on)
    topic = known_of.topic if kind in (Kind.REGULAR, Kind.THEMATIC) else ""
    content = Content(
        kind=kind,
        month=month,
        on=on,
        at_time=(rhythm and rhythm.at_time) or (before and before.at_time) or None,
        place=(rhythm and rhythm.place) or (before.place if before else ""),
        mode=before.mode if before else Mode.IN_PERSON,
        topic=topic,
        items=tuple(_items(unit, kind, month, on, topic, known_of)),
    )
    return Proposed(content, known_of.asked)


class _Known(NamedTuple):
    """The topic of a month, the days the rule asks for before a meeting, what an agenda has."""

    topic: str  # in the cell's plan, else the first of those handed down for the quarter that it has not taken up
    asked: int
    documents: list[str]  # from above, the newest first
    laid_down: list[dict[str, Any]]  # the items of the agenda that says most


def _known(unit: Unit, kind: str, month: date, on: date) -> _Known:
    """What is known of a meeting to come. One query."""
    topics = Topic.objects.filter(unit=unit, month=month).order_by()
    rules = NoticeRule.objects.filter(holding(on)).order_by()
    none = Value("", CharField())
    told = topics.values_list(Value("topic", CharField()), Cast("topic", CharField()), none).union(
        rules.values_list(Value("rule", CharField()), Cast("days", CharField()), none),
        _handed(unit, month),
        _from_above(unit, kind, month),
        _laid_down(unit, kind, on),
        all=True,
    )
    found = list(told)
    one = {tag: text for tag, text, _order in found}
    documents = sorted((order, text) for tag, text, order in found if tag == "document")
    agendas = sorted((order, text) for tag, text, order in found if tag == "agenda")
    items = json.loads(agendas[-1][1]) if agendas else []
    waiting = min(((order, text) for tag, text, order in found if tag == "handed"), default=("", ""))[1]
    return _Known(
        one.get("topic", waiting), int(one.get("rule", "0")), [text for _order, text in reversed(documents)], items
    )  # fmt: skip


def _handed(unit: Unit, month: date) -> QuerySet[Any, Any]:
    """Topics handed down for the quarter of a month that the cell has not taken up yet."""
    quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
    found = handed_to(unit, quarter, quarter).exclude(taken_up__unit=unit).order_by()
    named = found.annotate(
        tag=Value("handed", CharField()), text=Cast("topic", CharField()),
        order=LPad(Cast("pk", CharField()), 20, Value("0")),
    )  # fmt: skip
    return named.values_list("tag", "text", "order")


def _laid_down(unit: Unit, kind: str, on: date) -> QuerySet[Agenda, Any]:
    """The agendas that `agenda_on` chooses from, as `_known` reads them: the one that says most sorts last."""
    more = CaseOf(When(setting="", then=Value("0")), default=Value("1"), output_field=CharField())
    most = CaseOf(When(in_month=None, then=Value("0")), default=Value("1"), output_field=CharField())
    named = _agendas(unit, kind, on).order_by().annotate(
        tag=Value("agenda", CharField()),
        text=Cast("items", CharField()),
        order=Concat(more, most, LPad(Cast("pk", CharField()), 20, Value("0"))),
    )  # fmt: skip
    return named.values_list("tag", "text", "order")


def _items(unit: Unit, kind: str, month: date, on: date, topic: str, known_of: _Known) -> list[Row]:
    """The items an agenda begins with, in order, no more than there can be."""
    items = [
        Row(text=said(each["text"]), kind=each["kind"], minutes=each["minutes"], code=each["code"])
        for each in known_of.laid_down
    ]
    more: list[Row] = []
    if topic:
        text = _("Topic: %(topic)s") % {"topic": topic}
        more.append(Row(text=text[:500], code=TOPIC, after=DOCUMENTS))
    for text in known_of.documents:
        more.append(Row(text=text[:500], kind=ItemKind.REPORT, code="document", after=DOCUMENTS))
    for source in registry.sources:
        more += source(unit, kind, month, on)
    if kind != Kind.COMMITTEE:
        more += _cases(unit)
    return _merged(items, more[: max(0, ITEMS - len(items))])


def _merged(items: Sequence[Row], more: Sequence[Row]) -> list[Row]:
    """Items with others put after those they belong to, in the order they came."""
    found = list(items)
    for row in more:
        places = [n for n, each in enumerate(found) if row.after and row.after in (each.code, each.after)]
        found.insert(places[-1] + 1 if places else len(found), row)
    return found


def _from_above(unit: Unit, kind: str, month: date) -> QuerySet[Document, Any]:
    """Documents that committees above issued since the month before a regular meeting's, the newest of them."""
    since = Period.month_of(month).before.first_day
    last = Period.month_of(month).last_day + timedelta(1)
    found = Document.objects.filter(issuer__in=unit.ancestor_ids, issued_on__gte=since, issued_on__lt=last)
    named = found.order_by("-issued_on", "-pk").annotate(
        tag=Value("document", CharField()),
        text=Concat(F("number"), Value(": "), F("title"), output_field=CharField()),
        order=Concat(Cast("issued_on", CharField()), LPad(Cast("pk", CharField()), 20, Value("0"))),
    )
    return named.values_list("tag", "text", "order")[: FROM_ABOVE if kind == Kind.REGULAR else 0]


def _cases(unit: Unit) -> list[Row]:
    """Cases of the cell that stand at a step with a vote, the most urgent first. One query."""
    waiting = Stage.objects.filter(
        done_on=None, case__status=Case.Status.OPEN, case__unit=unit, turns__unit=unit
    ).select_related("case__version").distinct().order_by("due_on", "pk")  # fmt: skip
    return [
        Row(
            text=f"{said(stage.case.version.name)}: {stage.case.about}"[:500], kind=ItemKind.VOTE,
            code=item_code(stage.case_id, stage.number), after=DECISIONS,
        )
        for stage in waiting[:CASES]
        if stage.case.version.flow.step(stage.step).vote is not None
    ]  # fmt: skip
