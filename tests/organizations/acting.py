"""Acts as tests ask for them, and every record there is as it stands."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import connection
from django.utils.timezone import make_aware

from chibo.organizations import acts
from chibo.organizations.kinds import ActKind
from chibo.organizations.models import Act
from chibo.organizations.planning import Asked, Plan
from tests.world import AT, TODAY

DERIVED = {"organizations_lineage", "members_stay", "members_temporarystay"}
LOG = {"organizations_act", "organizations_actunit", "organizations_actrow"}


def asked(kind: str, on: date, /, decision: str = "7-QĐ/TU", **given: Any) -> Asked:
    return Asked(ActKind(kind), on, decision, given)


def do(kind: str, on: date, /, *, at: datetime = AT, **given: Any) -> Act:
    return acts.do(asked=asked(kind, on, **given), by=None, at=at)


def preview(kind: str, on: date, /, *, today: date = TODAY, **given: Any) -> Plan:
    return acts.preview(asked(kind, on, **given), today)


def reverse(act: Act, *, at: datetime = AT) -> Act:
    return acts.reverse(act=act, by=None, at=at)


def on(day: date) -> datetime:
    """A moment of a day."""
    return make_aware(datetime.combine(day, time(12)))


def records() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the logs of acts, the history, marks and sums; derived rows without their keys."""
    found = {}
    for model in apps.get_models():
        name = model._meta.db_table
        if not model.__module__.startswith("chibo.") or issubclass(model, pghistory.models.Event) or name in LOG:
            continue
        if model.__module__ in ("chibo.indicators.models", "chibo.meetings.year_models"):
            continue
        columns = [f.column for f in model._meta.concrete_fields if not (name in DERIVED and f.primary_key)]
        listed = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(f"select {listed} from {name}")
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found
