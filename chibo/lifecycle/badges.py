"""Badges as cases ask for them: what the records know beside the choice, and which badge they can't bear."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.formats import count, day
from chibo.core.together import together
from chibo.members.badges import age_on, award_days, award_days_by, grades, needed, too_young
from chibo.members.life_models import valid
from chibo.members.models import AwardDay, Badge, BadgeGrade, Departure, Membership, Person, Suspension
from chibo.members.party_age import Spell, party_age, taken_off
from chibo.procedures.flow import Flow

DUE = "members.badge_due"  # the guard of a procedure that awards badges
POSTHUMOUS = "posthumous"


def awards(flow: Flow) -> bool:
    """Whether a procedure is one in which a badge is asked for."""
    return any(DUE in outcome.guards for step in flow.steps for outcome in step.outcomes)


def next_award_day(today: date) -> date:
    """The next day on which badges are awarded; that day where none is laid down."""
    return next(iter(award_days(today, 1)), today)


def known(person: Person, today: date) -> str:
    """Someone's Party age on the next award day and the badge that is due then, in words. One query."""
    spells = Membership.objects.filter(person=person)
    found = together(
        {
            "days": AwardDay.objects.order_by("month", "day"),
            "grades": BadgeGrade.objects.filter(valid(today)).order_by("years"),
            "held": Badge.objects.filter(person=person).order_by("years"),
            "spells": spells.order_by("joined_on"),
            "left": Departure.objects.filter(membership__in=spells.order_by()).order_by("pk"),
            "off": Suspension.objects.filter(membership__in=spells.order_by()).order_by("from_on"),
        }
    )
    on = next(iter(award_days_by(found["days"], today, 1)), today)
    left = {each.membership_id: each.on for each in found["left"]}
    counts = [Spell(each.decided_on or each.joined_on, each.official_on, left.get(each.pk)) for each in found["spells"]]
    age = party_age(counts, taken_off(found["off"]), on)
    held = max((each.years for each in found["held"]), default=0)
    full = [each.years for each in found["grades"] if age is not None and held < each.years <= age.years]
    words = {"day": day(on), "age": age.said if age is not None else _("none yet")}
    said = _("Party age on the next award day, %(day)s: %(age)s.") % words
    if not full:
        return f"{said} " + _("No badge is due then.")
    due = ngettext("The badge of %(n)s year is due then.", "The badge of %(n)s years is due then.", full[-1])
    return f"{said} {due % {'n': count(full[-1])}}"


def faults(person: Person, told: Mapping[str, Any], today: date, *, is_member: bool) -> dict[str, str]:
    """Why the badge that was asked for can't be, by question: as the records stand, on the next award day."""
    why = str(told.get("why"))
    if (why == POSTHUMOUS) != (not is_member):
        return {"why": _("A badge is posthumous for who died as a member, and for nobody else.")}
    asked = int(told.get("years") or 0)
    grade = next((each for each in grades(today) if each.years == asked), None)
    if grade is None:
        return {"years": _("There is no such badge today.")}
    on = next_award_day(today)
    age = age_on(person.pk, on)
    return {} if age is not None and age >= needed(grade, why) else {"years": too_young(grade, why, age, on)}
