"""Who may note that a member came under a ground for the removal of their name; which corrections can be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.fields import DayField
from chibo.files import policies as files
from chibo.files.groups import FACTS
from chibo.lifecycle.queries import place_of, under_way
from chibo.members.models import Person, Sex
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.procedures.flow import Flow
from chibo.procedures.models import Version

CORRECTS = "files.correct"  # the effect of a procedure that puts a record right


def check_notes(by: Any, person: Person, today: date) -> None:
    """Denied unless `by`, or the system, acts on cases of the cell where someone is, and it is not about `by`."""
    if by is None:
        return
    place = place_of(person, today)
    if place is None or not rights_of(by, today).scope(P.CASE_ACT).covers(place):
        raise Denied(_("You note this only of members of your own units."))
    if person.user_id == by.pk:
        raise Denied(_("This is about you: another person has to note it."))


def check_told(flow: Flow, person: Person, told: Mapping[str, Any]) -> None:
    """Denied if what is asked for could never be done: a correction to what a record can't say, or says already."""
    fact = str(told.get("what", ""))
    if fact not in FACTS or not any(each.effect == CORRECTS for step in flow.steps for each in step.outcomes):
        return
    value = fact_said(fact, str(told.get("value", "")))
    files.check_fact(person, fact, value)
    if value == getattr(person, fact):
        raise Denied(_("This is what is recorded already."))


def check_not_twice(version: Version, person: Person, told: Mapping[str, Any]) -> None:
    """Denied, by that case, if what is asked for is asked for already: a correction of the same fact of a record.

    What is no fact of the record may be corrected in several places at once, each once.
    """
    if not any(each.effect == CORRECTS for step in version.flow.steps for each in step.outcomes):
        return
    same = {key: told.get(key) for key in (("what",) if told.get("what") in FACTS else ("what", "value"))}
    found = under_way(person, version).filter(told__contains=same).first()
    if found is not None:
        raise Denied(_("A correction of this is under way already."), "what", found)


def fact_said(fact: str, text: str) -> Any:
    """What someone wrote that a fact of a record is to say; Denied if it is no such thing."""
    if fact == "born_on":
        return day_said(text)
    return sex_said(text) if fact == "sex" else text


def day_said(text: str) -> date:
    """A day as someone wrote it; Denied if it is none."""
    try:
        found = DayField().clean(text)
    except ValidationError:
        found = None
    if found is None:
        raise Denied(_("This is no day: %(what)s. Write it like 27/02/1995.") % {"what": text})
    return found


def sex_said(text: str) -> str:
    """Woman or man as someone wrote it, in any of the languages; Denied if it is neither."""
    known = {value: value for value in Sex.values} | {str(Sex(value).label).lower(): value for value in Sex.values}
    known |= {"nữ": Sex.FEMALE, "nam": Sex.MALE, "woman": Sex.FEMALE, "man": Sex.MALE}
    if text.strip().lower() not in known:
        raise Denied(_("Write woman or man."))
    return str(known[text.strip().lower()])
