"""Questions to the checks: what one finds, page by key; what was counted of a unit, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from chibo.core.formats import day, number
from chibo.integrity.models import CheckCount, CheckRun
from chibo.integrity.registry import Check
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.scope import Rights, Scope

PAGE = 50
NEVER = Decimal(10**6)  # a limit nobody set is one nobody reaches


@dataclass(frozen=True)
class Found:
    """A record that a check found, at a unit; `label` and `said` are None where its names are not the reader's."""

    unit_id: int
    unit_code: str
    unit_name: str
    unit_path: str
    sort_key: str
    pk: int
    code: str
    label: str | None
    n: int | None
    day: date | None
    said: str | None

    @property
    def key(self) -> list[Any]:
        """Where it stands in the order."""
        return [self.sort_key, self.unit_id, self.pk]


def parameters_of(today: date, limits: Mapping[str, Decimal]) -> dict[str, Any]:
    """What a check's question may use: the day, the first day of last year, every limit."""
    known = {limit.value: limits.get(limit.value, NEVER) for limit in Limit}
    return {"today": today, "since": date(today.year - 1, 1, 1), "day_number": today.toordinal(), **known}


def question_of(check: Check) -> tuple[str, dict[str, Any]]:
    """The SQL of a check and the parameters of its own."""
    asked = check.question()
    return (asked, {}) if isinstance(asked, str) else asked


PAGED = """
select f.unit_id, u.code, u.name, u.path, u.sort_key, f.pk, {code}, {label}, f.n, f.day, {said}
from ({question}) f join organizations_unit u on u.id = f.unit_id
where u.path like %(below)s and {seen} and {beyond}
order by u.sort_key, u.id, f.pk limit %(size)s
"""


def found_by(
    check: Check, rights: Rights, unit: Unit, today: date, after: list[Any] | None = None, size: int = PAGE
) -> list[Found]:
    """What a check finds under a unit as far as the reader sees it, after a key; one more says there are more.

    Two queries.
    """
    sql, more = question_of(check)
    seen, scoped = rights.scope(check.right).sql("u.path")
    parameters = parameters_of(today, Threshold.objects.on(today)) | more | scoped
    parameters |= {"below": unit.path + "%", "size": size + 1}
    code, label, said = "f.code", "f.label", "f.said"
    if check.names != check.right:
        named, scoped = _renamed(rights.scope(check.names))
        label, said = (f"case when {named} then {text} end" for text in (label, said))
        parameters |= scoped
    beyond = "true"
    if after is not None:
        beyond = "(u.sort_key, u.id, f.pk) > (%(a0)s, %(a1)s, %(a2)s)"
        parameters |= {f"a{n}": value for n, value in enumerate(after)}
    statement = PAGED.format(code=code, label=label, said=said, question=sql, seen=seen, beyond=beyond)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [Found(*row) for row in cursor.fetchall()]


def _renamed(scope: Scope) -> tuple[str, dict[str, Any]]:
    """A second scope in one statement, under names of its own."""
    condition, parameters = scope.sql("u.path")
    return condition.replace("%(scope_", "%(named_"), {
        name.replace("scope_", "named_"): value for name, value in parameters.items()
    }


def shown_of(check: Check, found: Found) -> str:
    """What is said of a record that was found."""
    if not check.shown or (found.said is None and "%(said)s" in str(check.shown)):
        return ""
    if found.day is None and "%(day)s" in str(check.shown):
        return ""
    return str(check.shown) % {
        "n": number(found.n) if found.n is not None else "",
        "day": day(found.day) if found.day else "",
        "said": found.said or "",
    }


def counts_of(unit: Unit, *, whole: bool) -> dict[str, int]:
    """What each check found when it was last counted: at a unit alone, or with all under it. One query."""
    kept = CheckCount.objects.filter(unit=unit).order_by()
    return dict(kept.filter(total__gt=0).values_list("code", "total" if whole else "own"))


def told_of(unit: Unit, *, whole: bool) -> QuerySet[CheckCount, Any]:
    """The same as ("check", code, count), to be asked together with other things."""
    kept = CheckCount.objects.filter(unit=unit, total__gt=0).order_by()
    said = Cast("total" if whole else "own", CharField())
    return kept.annotate(tag=Value("check", CharField()), two=said).values_list("tag", "code", "two")


def newest_runs(unit: Unit) -> tuple[CheckRun | None, CheckRun | None]:
    """The last run that counted a unit to its end, and one that is under way for it. One query."""
    above = [*unit.ancestor_ids, unit.pk]
    runs = list(CheckRun.objects.filter(unit__in=above).select_related("by").order_by("-pk")[:20])
    done = next((run for run in runs if run.outcome == CheckRun.Outcome.DONE), None)
    return done, next((run for run in runs if run.outcome != CheckRun.Outcome.DONE and _newer(run, done)), None)


def _newer(run: CheckRun, than: CheckRun | None) -> bool:
    return than is None or run.pk > than.pk
