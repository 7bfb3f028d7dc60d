"""What the agenda of the next meeting begins with of earlier resolutions: how many tasks are done, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.agendas import registry
from chibo.agendas.content import Row
from chibo.agendas.kinds import ItemKind, Kind
from chibo.core.formats import count, day
from chibo.organizations.models import Unit
from chibo.resolutions.queries import tasks_reported

REPORT = "last_resolution"  # the item of the agenda laid down that these are put after
NAMED = 8  # tasks that are named; the others are in the number


@registry.source
def tasks_due(unit: Unit, kind: str, month: date, on: date) -> Sequence[Row]:
    """Tasks due by a regular meeting, or one that prepares it: how many are done, which are not. One query."""
    if kind not in (Kind.REGULAR, Kind.COMMITTEE):
        return []
    tasks = tasks_reported(unit, on)
    if not tasks:
        return []
    done = {"done": count(sum(is_done for _task, is_done in tasks)), "n": count(len(tasks))}
    rows = [_("Tasks of earlier resolutions that are due: %(n)s, done: %(done)s") % done]
    left = [task for task, is_done in tasks if not is_done]
    for task in left[:NAMED]:
        said = {"what": task.what[:400], "day": day(task.due_on), "code": task.resolution.code}
        rows.append(_("Not done yet: %(what)s (resolution %(code)s, due %(day)s)") % said)
    if len(left) > NAMED:
        n = len(left) - NAMED
        rows.append(ngettext("Not done yet: %(n)s more task", "Not done yet: %(n)s more tasks", n) % {"n": count(n)})
    return [Row(text=text[:500], kind=ItemKind.REPORT, code="task", after=REPORT) for text in rows]
