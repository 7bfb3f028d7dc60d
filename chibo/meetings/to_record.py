"""What a cell has still to record beside its regular meetings: those it gave notice of, a quarter's thematic one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, Q, QuerySet, Value
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.agendas.kinds import Kind
from chibo.agendas.models import Notice, Status
from chibo.core.asking import address
from chibo.core.components import Item, Link
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.meetings.models import Meeting
from chibo.meetings.noticed import is_held
from chibo.organizations.models import Unit

NOTICED, QUARTER = "meeting_noticed", "thematic_missing"
LATELY = timedelta(62)  # how long one is asked to record a meeting of which notice was given
Told = tuple[str, str, str]  # of which sort, and two texts


def to_record(unit: Unit, today: date) -> list[QuerySet[Any, Any]]:
    """What tells which meetings other than regular ones are to be recorded: notices lately given, quarters without."""
    held = Meeting.objects.filter(withdrawal=None)
    given = Notice.objects.filter(unit=unit, status=Status.GIVEN, on__range=(today - LATELY, today))
    given = given.exclude(kind=Kind.REGULAR).filter(~is_held(elsewhen=False)).order_by()
    two = JSONObject(kind=F("kind"), month=F("month"), on=F("on"))
    noticed = given.annotate(
        tag=Value(NOTICED, CharField()), one=Cast("pk", CharField()), two=Cast(two, CharField())
    )  # fmt: skip
    asked: list[QuerySet[Any, Any]] = [noticed.values_list("tag", "one", "two")]
    for quarter in _quarters(today):
        open_then = Q(closed_on=None) | Q(closed_on__gt=quarter.last_day)
        cell = Unit.objects.filter(open_then, pk=unit.pk, founded_on__lte=quarter.first_day).order_by()
        thematic = held.filter(
            unit=unit, kind=Kind.THEMATIC, month__range=(quarter.first_day, quarter.last_day)
        )  # fmt: skip
        missing = cell.filter(~Exists(thematic)).annotate(
            tag=Value(QUARTER, CharField()), one=Value(str(quarter), CharField()), two=Value("", CharField())
        )
        asked.append(missing.values_list("tag", "one", "two"))
    return asked


def _quarters(today: date) -> list[Period]:
    """The quarter whose last month runs, or ran until the month before."""
    month = Period.month_of(today)
    return [_quarter_of(each) for each in (month, month.before) if each.first_day.month % 3 == 0]


def _quarter_of(month: Period) -> Period:
    return Period.parse(f"{month.first_day.year}-Q{(month.first_day.month + 2) // 3}")


def items(unit: Unit, told: Iterable[Told], today: date) -> list[Item]:
    """The meetings to be recorded, the first first; then quarters without a thematic one of which no notice waits."""
    rows = [(tag, one, two) for tag, one, two in told if tag in (NOTICED, QUARTER)]
    notices = [(int(one), json.loads(two)) for tag, one, two in rows if tag == NOTICED]
    notices.sort(key=lambda each: (each[1]["on"], each[0]))
    thematic = {_quarter_of(_month(said)) for _pk, said in notices if said["kind"] == Kind.THEMATIC}
    quarters = sorted(Period.parse(one) for tag, one, _two in rows if tag == QUARTER)
    missing = [_missing(unit, quarter, today) for quarter in quarters if quarter not in thematic]
    return [_noticed(unit, pk, said, today) for pk, said in notices] + missing


def _month(said: dict[str, Any]) -> Period:
    return Period.month_of(date.fromisoformat(said["month"]))


def record_url(unit: int, month: Period, kind: str) -> str:
    """Where a meeting of a kind and month is recorded."""
    return address(reverse("meeting_record", args=[unit]), month=month, kind="" if kind == Kind.REGULAR else kind)


def _noticed(unit: Unit, pk: int, said: dict[str, Any], today: date) -> Item:
    """A meeting of which notice was given and whose day has come."""
    kind, on = Kind(said["kind"]), date.fromisoformat(said["on"])
    late = (today - on).days
    words = ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
    return Item(
        title=_("%(kind)s on %(day)s: not recorded yet") % {"kind": kind.label, "day": day(on)},
        url=record_url(unit.pk, _month(said), kind),
        when=words if late else _("due %(day)s") % {"day": day(on)},
        late=late > 0,
        act=_("Record it"),
        ways=[Link(label=_("The notice"), url=reverse("notice", args=[pk]))],
    )


def _missing(unit: Unit, quarter: Period, today: date) -> Item:
    """A quarter without a thematic meeting: to be prepared while it runs, to be recorded if it was held."""
    last = Period.month_of(quarter.last_day)
    record = record_url(unit.pk, last, Kind.THEMATIC)
    prepare = address(reverse("notice_new", args=[unit.pk]), kind=Kind.THEMATIC, month=last)
    title = _("No thematic meeting of %(quarter)s is recorded") % {"quarter": period_name(quarter)}
    if quarter.is_over(today):
        late = (today - quarter.last_day).days
        words = ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late}
        text = _("Record it if it was held.")
        return Item(title=title, url=record, text=text, when=words, late=True, act=_("Record it"))
    return Item(
        title=title, url=prepare, when=_("due %(day)s") % {"day": day(quarter.last_day)}, act=_("Prepare it"),
        ways=[Link(label=_("Record it"), url=record)],
    )  # fmt: skip
