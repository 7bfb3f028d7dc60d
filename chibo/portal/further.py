"""What waits on a desk beside meetings: steps of cases, acts on units, what the checks found, roles to review.

Asked together, in one query.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.agendas import waiting as meetings
from chibo.core.asking import address
from chibo.core.components import Item
from chibo.core.formats import count, day, period_name
from chibo.guidance.queries import ENDING, SUPPORTING, ending, supporting
from chibo.integrity.queries import told_of
from chibo.lifecycle import alerts
from chibo.meetings import to_record
from chibo.meetings import waiting as scores
from chibo.modes import waiting as modes
from chibo.organizations.kinds import GRASSROOTS
from chibo.organizations.models import Act, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.portal import checking
from chibo.portal.alike import Alike
from chibo.portal.descent import waiting_under
from chibo.portal.review_views import waiting
from chibo.procedures import waiting as cases
from chibo.procedures.list_views import items
from chibo.registers.queries import waiting_of
from chibo.registers.roll import last_over
from chibo.resolutions import waiting as minutes
from chibo.resolutions.queries import SAID, open_of, said_done
from chibo.resolutions.task_views import tasks_told

COUNTED = 1000  # roles counted one by one; more are "more than a thousand"
Told = tuple[str, str, str]  # of which sort, and two texts
SHOWN = 6  # steps of cases
SHOWN_ABOVE = 3  # late ones that were told of to the committee above; all are among those stuck below
ASKED = 20  # of these some wait for another person


class Further(NamedTuple):
    """What is late of all that waits; what else waits; what was lately done about the reader or in their name."""

    late: list[Item]
    others: list[Item]
    done: list[Item]
    is_called: bool = False  # to a meeting, by a notice


def further(rights: Rights, user: Any, unit: Unit, today: date) -> Further:
    """What waits for someone wherever they act on cases and at a unit, and what was done for them lately.

    As far as their rights go, and as the one a case is about. One query.
    """
    told: list[Told] = _ASKED.rows(rights, user, unit, today)

    def of(tag: str) -> list[Told]:
        return [each for each in told if each[0] == tag]

    prepares = _prepares(rights, unit)
    late, coming = _cases(told, today)
    notices = meetings.to_prepare_items(unit, told, today) if prepares else []
    overdue, tasks = tasks_told(told, today)
    held, of_minutes = to_record.items(unit, told, today), minutes.items(unit, told, today)
    late += [*(item for item in (*notices, *of_minutes) if item.late), *overdue]
    of_scores = scores.items(unit, told, today)
    late += [item for item in of_scores if item.late]
    others = [
        *held,  # after the months of regular meetings, late or not
        *(item for item in of_scores if not item.late),
        *(item for item in (*notices, *of_minutes) if not item.late),
        *meetings.called_items(told),
        *coming,
        *tasks,
        *modes.items(told),
        *_said_done(unit, of(SAID)),
        *_told_above(told, today),
        *_stuck(unit, told, today),
        *_registers(unit, of("register"), today),
        *_grounds(unit, of("grounds")),
        *_ending(of(ENDING), today),
        *_supporting(told, today),
        *_acts(unit, of("act")),
        *_checks(rights, unit, of("check")),
        *_reviews(len(of("due")), len(of("back"))),
        *(meetings.day_to_lay_down(unit, told) if prepares else []),
    ]
    return Further(late, others, _done(told), meetings.calls(told))


def _asked(rights: Rights, user: Any, unit: Unit, today: date) -> QuerySet[Any, Any]:
    """All that is asked for a desk, one after the other."""
    found = (
        cases.mine(rights, user, ASKED),
        *_always(rights, user, today),
        cases.above(rights, ASKED),
        cases.stuck(rights, unit, today),
    )
    asked: list[Any] = [each for each in found if each is not None]
    if not unit.is_cell and rights.scope(P.UNIT_ACT).covers(unit):
        asked.append(waiting_under(unit))
    scope = rights.scope(P.CHECK_VIEW)
    if not unit.is_cell and scope.covers(unit):
        asked.append(told_of(unit, whole=unit.path.startswith(scope.subtrees)))
    if any(each.unit_id == unit.pk and each.reaches(P.USER_MANAGE) for each in rights.held):
        asked += waiting(rights, user, today)
    if rights.scope(P.REGISTER_CONFIRM).covers(unit):
        asked.append(waiting_of(unit, today))
    if rights.scope(P.CASE_ACT).covers(unit) and (unit.is_cell or unit.kind in GRASSROOTS):
        asked.append(alerts.waiting_of(unit, rights.scope(P.CASE_VIEW), today))
    if not unit.is_cell and rights.scope(P.CELL_GUIDE).covers(unit):
        asked.append(ending(unit, today))
    if _prepares(rights, unit):
        asked += [
            *meetings.to_prepare(unit, today),
            *to_record.to_record(unit, today),
            said_done(unit),
            minutes.to_finish(unit, today),
            scores.returned(unit),
            modes.answered(unit, today),
        ]
    if rights.scope(P.ONLINE_APPROVE):
        asked.append(modes.to_answer(rights, user))
    asked.append(scores.to_confirm(rights, user, unit, today))
    union: QuerySet[Any, Any] = asked[0].union(*asked[1:], all=True)
    return union


_ASKED = Alike(_asked)


def _prepares(rights: Rights, unit: Unit) -> bool:
    """Whether meetings of a cell are prepared and recorded by someone."""
    return unit.is_cell and rights.scope(P.MEETING_RECORD).covers(unit)


def _always(rights: Rights, user: Any, today: date) -> tuple[Any, ...]:
    """What is asked for everyone, whatever they hold."""
    of_cases = (cases.own(user, ASKED), cases.ended(user, today), cases.lent(user, today))
    of_duties = (open_of(user, today), minutes.to_sign(rights, user), supporting(user, today))
    return (*of_cases, meetings.called(user, today), *of_duties)


def _done(told: list[Told]) -> list[Item]:
    """Cases about the reader that came to a result lately, and how many steps were signed in their name."""
    items = [
        Item(
            title=_("%(procedure)s: %(result)s") % {"procedure": procedure, "result": result},
            url=reverse("case", args=[case]),
            text=_("about you"),
            when=_("ended %(day)s") % {"day": day(on)},
        )
        for case, procedure, result, on in cases.news(told)
    ]
    for tag, n, name in told:
        if tag == cases.LENT:
            title = ngettext("%(n)s step was signed in your name", "%(n)s steps were signed in your name", int(n))
            items.append(Item(title=title % {"n": count(int(n))}, url=f"{reverse('acting')}#signed", text=name))
    return items


def _registers(unit: Unit, told: list[Told], today: date) -> list[Item]:
    """The register of the quarter over last, if it is still to be confirmed."""
    items, quarter = [], last_over(today)
    for _tag, days, who in told:
        due_on = quarter.last_day + timedelta(days=int(days))
        items.append(
            Item(
                title=_("The register of %(quarter)s is to be confirmed") % {"quarter": period_name(quarter)},
                url=address(reverse("register_quarter", args=[unit.pk]), period=quarter),
                text=_("%(who)s reminded you.") % {"who": who} if who else "",
                when=_("due %(day)s") % {"day": day(due_on)},
                late=due_on < today,
            )
        )
    return items


def _ending(told: list[Told], today: date) -> list[Item]:
    """Support plans of weak cells that ended or soon do, and are not closed."""
    items = []
    for _tag, pk, two in told:
        plan = json.loads(two)
        until = date.fromisoformat(plan["until"])
        title = _("The support plan of %(cell)s has ended") if until < today else _("The support plan of %(cell)s ends")
        items.append(
            Item(
                title=title % {"cell": plan["name"]}, url=reverse("support", args=[int(pk)]),
                text=_("Close it with what came of it."), when=_("until %(day)s") % {"day": day(until)},
                late=until < today,
            )
        )  # fmt: skip
    return items


def _supporting(told: list[Told], today: date) -> list[Item]:
    """Weak cells the reader supports, each with the way to its plan; once, where it is theirs to close as well."""
    ends, items = {one for tag, one, _two in told if tag == ENDING}, []
    for tag, pk, two in told:
        if tag != SUPPORTING or pk in ends:
            continue
        plan = json.loads(two)
        until = date.fromisoformat(plan["until"])
        items.append(
            Item(
                title=_("You support %(cell)s") % {"cell": plan["name"]}, url=reverse("support", args=[int(pk)]),
                text=_("Write down how its plan goes."), when=_("until %(day)s") % {"day": day(until)},
                late=until < today,
            )
        )  # fmt: skip
    return items


def _said_done(unit: Unit, told: list[Told]) -> list[Item]:
    """Tasks of the cell that were said to be done: to the one there is, or to all that are not done."""
    for _tag, n, first in told:
        title = ngettext("%(n)s task is said to be done", "%(n)s tasks are said to be done", int(n))
        url = reverse("task", args=[int(first)]) if n == "1" else reverse("unit_resolutions", args=[unit.pk])
        return [Item(title=title % {"n": count(int(n))}, url=url, text=_("Confirm it, or return it."))]
    return []


def _grounds(unit: Unit, told: list[Told]) -> list[Item]:
    """How many members the records put under a ground for the removal of their name, with the way to them."""
    n = sum(int(many) for _tag, many, _nothing in told)
    if not n:
        return []
    title = ngettext("%(n)s member to look at", "%(n)s members to look at", n) % {"n": count(n)}
    text = _("The records put them under a ground for removal of name.")
    return [Item(title=title, url=reverse("unit_grounds", args=[unit.pk]), text=text)]


def cases_of(rights: Rights, user: Any, today: date) -> Further:
    """The same of cases alone, for someone who has no unit's desk. One query."""
    by_role, always = cases.mine(rights, user, ASKED), _always(rights, user, today)
    told: list[Told] = list(always[0].union(*always[1:], *([] if by_role is None else [by_role]), all=True))
    late, coming = _cases(told, today)
    overdue, tasks = tasks_told(told, today)
    of_minutes = minutes.items(None, told, today)
    late += [item for item in of_minutes if item.late] + overdue
    others = [*meetings.called_items(told), *(item for item in of_minutes if not item.late), *coming, *tasks]
    return Further(late, [*others, *_supporting(told, today)], _done(told))


def _cases(told: list[Told], today: date) -> tuple[list[Item], list[Item]]:
    """The steps that wait for the reader and for nobody else: those past their last day, and the others."""
    waits = [wait for wait in cases.waits(told, cases.MINE) if wait.is_free]
    shown = items(waits[:SHOWN], today)
    late, coming = [item for item in shown if item.late], [item for item in shown if not item.late]
    if len(waits) > SHOWN:
        coming.append(Item(title=_("More cases wait for you"), url=reverse("cases")))
    return late, coming


def _told_above(told: list[Told], today: date) -> list[Item]:
    """Late steps below of which the reader's unit was told."""
    waits = cases.waits(told, cases.ABOVE)[:SHOWN_ABOVE]
    words = _("told to you, as those below have not acted in time")
    return [replace(item, text=f"{item.text} · {words}") for item in items(waits, today)]


def _stuck(unit: Unit, told: list[Told], today: date) -> list[Item]:
    """How many cases are late at the units below, with the way to them."""
    found = cases.how_stuck(told)
    if found is None:
        return []
    n, days = found[0], (today - found[1]).days
    title = ngettext("%(n)s case is stuck below", "%(n)s cases are stuck below", n)
    longest = ngettext("longest: %(n)s day", "longest: %(n)s days", days) % {"n": count(days)}
    return [Item(title=title % {"n": count(n)}, url=reverse("unit_cases", args=[unit.pk]), when=longest, late=True)]


def _acts(unit: Unit, told: list[Told]) -> list[Item]:
    """Acts on units that could not be done on their day, and those to come."""
    planned = [date.fromisoformat(on) for _tag, status, on in told if status == Act.Status.PLANNED]
    failed, following = len(told) - len(planned), min(planned, default=None)
    url, items = reverse("unit_acts", args=[unit.pk]), []
    if failed:
        title = ngettext(
            "%(n)s act on units could not be done on its day",
            "%(n)s acts on units could not be done on their day",
            failed,
        )
        items.append(
            Item(title=title % {"n": failed}, url=url, text=_("Settle what stands in the way, and try again."))
        )
    if following is not None:
        n = len(planned)
        title = ngettext("%(n)s act on units is to come", "%(n)s acts on units are to come", n)
        items.append(Item(title=title % {"n": n}, url=url, when=_("from %(day)s") % {"day": day(following)}))
    return items


def _checks(rights: Rights, unit: Unit, told: list[Told]) -> list[Item]:
    """What the checks found wrong under a unit; doubts are left out."""
    counts = {code: int(n) for _tag, code, n in told}
    wrong = [check for check in checking.seen_checks(rights, unit) if counts.get(check.code) and not check.is_doubt]
    n = sum(counts[check.code] for check in wrong)
    if not n:
        return []
    names = [str(check.label) for check in sorted(wrong, key=lambda each: (-counts[each.code], each.code))]
    more = _("%(names)s and %(n)s more") % {"names": "; ".join(names[:2]), "n": len(names) - 2}
    return [
        Item(
            title=ngettext("%(n)s record to put right", "%(n)s records to put right", n) % {"n": count(n)},
            url=checking.url_of(unit),
            text=more if len(names) > 2 else "; ".join(names),
        )
    ]


def _reviews(overdue: int, held_back: int) -> list[Item]:
    """Roles whose review is overdue, and those by posts that wait for a second person."""
    items = []
    if overdue:
        title = ngettext("%(n)s role is due for its review", "%(n)s roles are due for their review", overdue)
        if overdue > COUNTED:
            title = _("More than a thousand roles are due for their review")
        text = _("Each stays, or ends.")
        items.append(Item(title=title % {"n": overdue}, url=reverse("review"), late=True, text=text))
    if held_back:
        title = ngettext(
            "%(n)s role that comes with a post is held back",
            "%(n)s roles that come with posts are held back",
            held_back,
        )
        text = _("It was the holder's own doing: another person has to agree first.")
        url = address(reverse("review"), which="back")
        items.append(Item(title=title % {"n": min(held_back, COUNTED)}, url=url, text=text))
    return items
