"""Acts on the rules of badges: for how many years there is one, how much earlier it may come, on which days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.formats import day as shown
from chibo.members import policies
from chibo.members.life_models import valid
from chibo.members.models import AwardDay, BadgeGrade


@action("members.badge_grade_set")
def set_grade(
    *, years: int, early_months: int, posthumous_months: int, from_on: date, source: str = "", by: Any, at: datetime
) -> BadgeGrade:
    """Let there be a badge for so many years from a day on, until what is known to follow; before, it stays as it was.

    Denied: to others than administrators of the whole tree, a day on which something of these years begins already.
    """
    policies.check_badge_rules(by, localdate(at))
    until = _make_room(BadgeGrade, from_on, years=years)
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
    _hold(BadgeGrade)
    grade = BadgeGrade.objects.filter(years=years, valid_from=from_on).first()
    if grade is None:
        raise Denied(_("Nothing of this begins on %(day)s.") % {"day": shown(from_on)})
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
    ended: BadgeGrade | None = _end(BadgeGrade, on, years=years)
    return ended


@action("members.award_day_set")
def set_award_day(
    *, month: int, day: int, from_on: date, source: str = "", by: Any, at: datetime
) -> AwardDay:  # fmt: skip
    """Let badges be awarded on a day of every year, from a day on.

    Denied: to others than administrators of the whole tree, what is a day of awards then already.
    """
    policies.check_badge_rules(by, localdate(at))
    _hold(AwardDay)
    if AwardDay.objects.filter(valid(from_on), month=month, day=day).exists():
        raise Denied(_("Badges are awarded on this day already."))
    until = _make_room(AwardDay, from_on, month=month, day=day)
    return AwardDay.objects.create(month=month, day=day, valid_from=from_on, valid_to=until, source=source)


@action("members.award_day_ended")
def end_award_day(*, month: int, day: int, on: date, by: Any, at: datetime) -> AwardDay | None:
    """Let badges be awarded on a day of the year no more, from a day on.

    What would end as it begins is taken back: None. Denied: to others than administrators of the whole tree, what is no
    day of awards then, a day by which later rules are known, a badge awarded on a day that is to be taken back.
    """
    policies.check_badge_rules(by, localdate(at))
    ended: AwardDay | None = _end(AwardDay, on, month=month, day=day)
    return ended


def _hold(model: Any) -> None:
    """Who else changes these rules waits until this act is done."""
    list(model.objects.select_for_update().order_by("pk").values_list("pk"))


def _make_room(model: Any, from_on: date, **which: int) -> date | None:
    """End the rule that is replaced from a day on; the day on which what is known to follow begins."""
    _hold(model)
    found = model.objects.filter(**which)
    following = found.filter(valid_from__gte=from_on).order_by("valid_from").first()
    if following is not None and following.valid_from == from_on:
        raise Denied(
            _("Something begins on %(day)s already: choose another day, or put it right.") % {"day": shown(from_on)}
        )
    found.filter(valid(from_on)).update(valid_to=from_on)
    return following.valid_from if following is not None else None


def _end(model: Any, on: date, **which: int) -> Any:
    """End a rule on a day, or take it back on its first; what was known of later days is not touched."""
    _hold(model)
    found = model.objects.filter(**which)
    rule = found.filter(valid(on)).first()
    if rule is None:
        raise Denied(_("The rules know nothing of this on %(day)s.") % {"day": shown(on)})
    if rule.valid_from == on:
        policies.check_unawarded(rule)
        rule.delete()
        found.filter(valid_to=on).update(valid_to=rule.valid_to)
        return None
    if found.filter(valid_from__gt=on).exists():
        raise Denied(_("Something is laid down from a later day already: choose a day after it."))
    rule.valid_to = on
    rule.save()
    return rule
