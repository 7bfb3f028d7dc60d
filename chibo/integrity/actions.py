"""Counting what the checks find, check by check, each a transaction of its own; setting the limits they go by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.queueing import queue_once
from chibo.integrity import registry
from chibo.integrity.models import CheckCount, CheckRun
from chibo.integrity.queries import newest_runs, parameters_of, question_of
from chibo.integrity.registry import Check
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

Outcome = CheckRun.Outcome
STANDS_STILL = timedelta(minutes=15)  # after so long without a step a run is taken for broken off
ONE_COUNTING = 7_301_014  # key of the advisory lock: totals are added up by one at a time
KEPT = 100  # runs kept to be seen

# What was found of a check under a unit anew; then the totals of the check on every path up.
COUNT = """
delete from integrity_checkcount c using organizations_unit u
 where c.code = %(code)s and u.id = c.unit_id and u.path like %(below)s;
create temporary table counted on commit drop as
select f.unit_id, count(*) as own from ({question}) f join organizations_unit u on u.id = f.unit_id
where u.path like %(below)s group by f.unit_id;
create temporary table added on commit drop as
with own as (
  select unit_id, own from counted
  union all
  select unit_id, own from integrity_checkcount where code = %(code)s and own > 0
)
select step.id as unit_id, sum(o.own) as total, coalesce(sum(o.own) filter (where step.id = o.unit_id), 0) as own
from own o join organizations_unit u on u.id = o.unit_id,
unnest(string_to_array(rtrim(u.path, '/'), '/')::bigint[]) step(id)
group by step.id;
delete from integrity_checkcount where code = %(code)s;
insert into integrity_checkcount (unit_id, code, own, total) select unit_id, %(code)s, own, total from added;
drop table counted, added
"""


@action("integrity.run_asked")
def ask(*, unit: Unit, by: Any, at: datetime) -> CheckRun:
    """Have every check counted for a unit and all under it; one that is under way already is given back.

    Denied: a unit whose checks are not `by`'s to see; the system, `by` None, may have any counted.
    """
    if by is not None and not rights_of(by, localdate(at)).scope(P.CHECK_VIEW).covers(unit):
        raise Denied(_("You can have only your own units checked."))
    list(Unit.objects.select_for_update(no_key=True).filter(pk=unit.pk).order_by("pk"))
    _done, running = newest_runs(unit)
    if running is not None and running.told_at > at - STANDS_STILL:
        return running
    run = CheckRun.objects.create(unit=unit, by=by, asked_at=at, told_at=at)
    _queue(run.pk)
    return run


def _queue(pk: int) -> None:
    """Put a run into the worker's queue, once."""
    queue_once("chibo.integrity.tasks.run_checks", "run", pk)


@action("integrity.counted")
def count(*, check: Check, run: CheckRun, by: Any, at: datetime) -> None:
    """Count anew what a check finds under the unit of a run, and say that it got on."""
    sql, more = question_of(check)
    today = localdate(at)
    given = parameters_of(today, Threshold.objects.on(today)) | more
    given |= {"code": check.code, "below": run.unit.path + "%"}
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_COUNTING])
        for statement in COUNT.split(";\n"):
            cursor.execute(statement.replace("{question}", sql), given if "%(" in statement else None)
    CheckRun.objects.filter(pk=run.pk).update(outcome=Outcome.RUNNING, told_at=at, done=_place(check))


def _place(check: Check) -> int:
    return [each.code for each in registry.every()].index(check.code) + 1


@action("integrity.run_ended")
def end(*, run: CheckRun, by: Any, at: datetime) -> None:
    """Say that every check was counted; counts of checks that are no more, and old runs, go."""
    CheckRun.objects.filter(pk=run.pk).update(outcome=Outcome.DONE, told_at=at)
    CheckCount.objects.exclude(code__in=[check.code for check in registry.every()]).delete()
    old = CheckRun.objects.filter(unit=run.unit_id).order_by("-pk").values_list("pk", flat=True)[KEPT:]
    CheckRun.objects.filter(pk__in=list(old)).delete()


@action("integrity.limit_set")
def set_limit(*, code: str, value: Decimal, valid_from: date, decision: str, by: Any, at: datetime) -> Threshold:
    """Set a limit from a day on; what was valid until then stays as it was.

    Denied: to whom the rules of the whole tree are not given; a day on or before the last change; the same value.
    """
    if by is not None and not rights_of(by, localdate(at)).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree sets limits."))
    last = Threshold.objects.select_for_update().filter(code=code, valid_to=None).first()
    if last is not None and valid_from <= last.valid_from:
        raise Denied(_("This limit was last set from a later day, or from the same: choose a day after it."))
    if last is not None and last.value == value:
        raise Denied(_("This is the value it has already."))
    if last is not None:
        last.valid_to = valid_from
        last.save(update_fields=["valid_to"])
    return Threshold.objects.create(code=code, value=value, valid_from=valid_from, decision=decision)
