"""Acts on the rules of badges: for how many years there is one, how much earlier it may come, on which days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.members import policies
from chibo.members.models import AwardDay, BadgeGrade


@action("members.badge_grade_set")
def set_grade(
    *, years: int, early_months: int, posthumous_months: int, from_on: date, source: str = "", by: Any, at: datetime
) -> BadgeGrade:
    """Let there be a badge for so many years from a day on, until what is known to follow; before, it stays as it was.

    Denied: to others than administrators of the whole tree, a day on which something of these years begins already.
    """
    policies.check_badge_rules(by, localdate(at))
    until = _laid_down(BadgeGrade, years=years).make_room(from_on)
    return BadgeGrade.objects.create(
        years=years, early_months=early_months, posthumous_months=posthumous_months, valid_from=from_on,
        valid_to=until, source=source,
    )  # fmt: skip


@action("members.badge_grade_corrected")
def correct_grade(
    *, years: int, early_months: int, posthumous_months: int, from_on: date, source: str = "", by: Any, at: datetime
) -> BadgeGrade:
    """Put right what holds of the badge for so many years from a day on, as long as none was awarded by it.

    Denied: to others than administrators of the whole tree, a day on which nothing begins, a badge awarded by it.
    """
    policies.check_badge_rules(by, localdate(at))
    grade: BadgeGrade = _laid_down(BadgeGrade, years=years).begun(from_on)
    policies.check_unawarded(grade)
    grade.early_months, grade.posthumous_months, grade.source = early_months, posthumous_months, source
    grade.save()
    return grade


@action("members.badge_grade_ended")
def end_grade(*, years: int, on: date, by: Any, at: datetime) -> BadgeGrade | None:
    """Let there be no badge for so many years from a day on; those awarded stay.

    What would end as it begins is taken back: None, and what it took the place of holds on. Denied: to others than
    administrators of the whole tree, years without a badge that day, a day by which later rules are known, a badge
    awarded by what is to be taken back.
    """
    policies.check_badge_rules(by, localdate(at))
    ended: BadgeGrade | None = _laid_down(BadgeGrade, years=years).finish(on, policies.check_unawarded)
    return ended


@action("members.award_day_set")
def set_award_day(
    *, month: int, day: int, from_on: date, source: str = "", by: Any, at: datetime
) -> AwardDay:  # fmt: skip
    """Let badges be awarded on a day of every year, from a day on.

    Denied: to others than administrators of the whole tree, what is a day of awards then already.
    """
    policies.check_badge_rules(by, localdate(at))
    days = _laid_down(AwardDay, month=month, day=day)
    if days.on(from_on) is not None:
        raise Denied(_("Badges are awarded on this day already."))
    until = days.make_room(from_on)
    return AwardDay.objects.create(month=month, day=day, valid_from=from_on, valid_to=until, source=source)


@action("members.award_day_ended")
def end_award_day(*, month: int, day: int, on: date, by: Any, at: datetime) -> AwardDay | None:
    """Let badges be awarded on a day of the year no more, from a day on.

    What would end as it begins is taken back: None. Denied: to others than administrators of the whole tree, what is no
    day of awards then, a day by which later rules are known, a badge awarded on a day that is to be taken back.
    """
    policies.check_badge_rules(by, localdate(at))
    ended: AwardDay | None = _laid_down(AwardDay, month=month, day=day).finish(on, policies.check_unawarded)
    return ended


def _laid_down(model: Any, **which: int) -> LaidDown:
    """The rules of a table on one thing; who else changes that table waits until this act is done."""
    list(model.objects.select_for_update().order_by("pk").values_list("pk"))
    return LaidDown(model.objects.filter(**which), "valid_from", "valid_to")
