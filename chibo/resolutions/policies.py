"""Who writes and signs minutes, resolutions and tasks, and when; each refusal with its reason."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.committees.models import Charge
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.meetings.models import Meeting, Withdrawal
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.resolutions.following import names_another
from chibo.resolutions.holes import holes_in
from chibo.resolutions.models import Part, Revision, Task
from chibo.resolutions.queries import Standing, has
from chibo.resolutions.writing import from_html


def writes(rights: Rights, user: Any, unit: Unit, standing: Standing | None) -> bool:
    """Whether someone writes the minutes: who records the cell's meetings, and the two who will sign."""
    if rights.scope(P.MEETING_RECORD).covers(unit):
        return True
    if standing is None or not any(rights.scope(each).covers(unit) for each in (P.MEETING_VIEW, P.MEETING_OWN)):
        return False
    return user.pk in (standing.minutes.chair.user_id, standing.minutes.secretary.user_id)


def check_writes(user: Any, unit: Unit, standing: Standing | None, today: date) -> None:
    """The same, for whoever calls an action."""
    if not writes(rights_of(user, today), user, unit, standing):
        raise Denied(
            _("Only who records the meetings of the cell, and chair and secretary of this one, write its minutes.")
        )


def check_two(meeting: Meeting, chair: Person, secretary: Person) -> None:
    """Chair and secretary of a meeting are two who were there."""
    if chair.pk == secretary.pk:
        raise Denied(_("Chair and secretary of a meeting are two people."), "secretary")
    there = set(meeting.attendance.filter(state="present").values_list("person_id", flat=True))
    for person, field in ((chair, "chair"), (secretary, "secretary")):
        if person.pk not in there:
            raise Denied(_("%(name)s was not marked as present.") % {"name": person.full_name}, field)


def check_reason(standing: Standing, reason: str) -> None:
    """What two have signed changes by a correction only, and that says why."""
    if standing.locked and not reason:
        raise Denied(_("Two have signed these minutes. Say why they are corrected."), "reason")
    if not standing.locked and reason:
        raise Denied(_("These minutes are not signed by two yet: they need no reason to change."), "reason")


def check_adopts(standing: Standing, votes_for: int, votes_against: int, voters: int) -> None:
    """A meeting adopts minutes by more votes for than against, of no more than may vote."""
    if standing.locked:
        raise Denied(_("These minutes are signed. A correction needs the two signatures again, and no vote."))
    if hasattr(standing.newest, "adoption"):
        raise Denied(_("The meeting has adopted this text already."))
    check_votes(votes_for, votes_against, voters)


def check_text(revision: Revision, leaves_open: bool) -> None:
    """A text that is adopted or signed names its chair and secretary, says hours and place, and the rest knowingly not.

    What else was left open may stay so: nobody can say it any more, and the minutes are not complete then.
    """
    blocks = from_html(revision.body)
    if line := names_another(blocks, revision.chair_name, revision.secretary_name):
        said = {"line": line, "chair": revision.chair_name, "secretary": revision.secretary_name}
        raise Denied(
            _("The text says “%(line)s”, but the chair is %(chair)s and the secretary %(secretary)s: correct it first.")
            % said
        )
    found = holes_in(blocks)
    if must := [each.text for each in found if each.must]:
        raise Denied(_("Say it in the text first: %(lines)s") % {"lines": "; ".join(must)})
    if found and not leaves_open:
        raise Denied(_("Places in the text are still open. Fill them in, or say that they stay open."))


def check_votes(votes_for: int, votes_against: int, voters: int) -> None:
    """More were for it than against, and no more voted than may vote of those who were there."""
    if votes_for + votes_against > voters:
        raise Denied(_("More votes than the %(n)s present who may vote.") % {"n": voters}, "votes_for")
    if votes_for <= votes_against:
        raise Denied(_("With no more votes for than against, it was not adopted."), "votes_for")


def seal(revision: Revision) -> str:
    """What holds a signature together with the text that was signed: 64 hexadecimal digits."""
    said = [revision.minutes_id, revision.number, revision.body, revision.chair_name, revision.secretary_name]
    return hashlib.sha256(json.dumps([*said, revision.reason], ensure_ascii=False).encode()).hexdigest()


def signs_as(user: Any, standing: Standing) -> Part | None:
    """As what someone signs by themselves: by the record they are linked to, never by a role that was lent to them."""
    minutes = standing.minutes
    if user.pk == minutes.chair.user_id:
        return Part.CHAIR
    return Part.SECRETARY if user.pk == minutes.secretary.user_id else None


def why_not_sign(user: Any, standing: Standing, part: str) -> str:
    """Why someone can't sign minutes as chair or secretary; empty if they can."""
    if standing.signature(part):
        return _("It is signed already.")
    if signs_as(user, standing) != part:
        return _("Only the person themselves signs; nobody signs in another's place.")
    if not standing.has_adopted():
        return _("The meeting has to adopt the minutes first.")
    return ""


def attests(rights: Rights, user: Any, unit: Unit, standing: Standing, part: str, today: date) -> bool:
    """Whether someone above may say that the chair or the secretary, who does not sign in, has signed on paper.

    That is whoever looks after the cell for its committee above, and who works for that committee.
    """
    person = standing.minutes.chair if part == Part.CHAIR else standing.minutes.secretary
    if person.user_id is not None or standing.signature(part) or not standing.has_adopted():
        return False
    if any(each.by_id == user.pk for each in standing.newest.signatures.all()) or signs_as(user, standing):
        return False
    if rights.scope(P.MEETING_REMIND).covers(unit):
        return True
    return Charge.objects.filter(holding(today), over_unit=unit, person__user=user.pk).exists()


def check_resolves(user: Any, meeting: Meeting, today: date) -> None:
    """Who records the meetings of a cell writes down what one resolved, unless that meeting was withdrawn."""
    if not rights_of(user, today).scope(P.MEETING_RECORD).covers(meeting.unit):
        raise Denied(_("Only who records the meetings of the cell writes down what they resolved."))
    check_stands(meeting)


def check_stands(meeting: Meeting) -> None:
    """Of a withdrawn meeting nothing new is written."""
    if Withdrawal.objects.filter(meeting=meeting).exists():
        raise Denied(_("This meeting was withdrawn: nothing more is written of it."))


def check_due(due_on: date, meeting: Meeting) -> None:
    """A task is due after the meeting that gave it, and within five years."""
    if due_on < meeting.held_on:
        raise Denied(_("The meeting was on %(day)s: the task can't be due before.") % {"day": day(meeting.held_on)})
    if due_on.year > meeting.held_on.year + 5:
        raise Denied(_("This year can't be meant."))


def check_says(user: Any, task: Task, today: date) -> None:
    """Whoever was given a task says that it is done; of one given to the committee, everyone who belongs to it."""
    if task.state != Task.State.OPEN:
        raise Denied(_("This task is not open any more. Look at the page again."))
    if not has(user, task, today):
        raise Denied(_("Only who was given the task says that it is done."))


def check_settles(user: Any, task: Task, today: date, *states: str) -> None:
    """Who records the meetings of the cell confirms, returns and drops tasks."""
    if task.state not in states:
        raise Denied(_("This task is not open any more. Look at the page again."))
    if not rights_of(user, today).scope(P.MEETING_RECORD).covers(task.resolution.unit):
        raise Denied(_("Only who records the meetings of the cell confirms tasks."))


def check_rules(user: Any, today: date) -> None:
    """Only an administrator of the whole tree changes what all cells go by."""
    if not rights_of(user, today).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes the rules."))
