"""The rules of badges: changed from a day on by administrators, and what was before stays."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import Denied, action
from chibo.members import badge_rules, badges
from chibo.members.models import AwardDay, Badge, BadgeGrade, Person
from tests.permission_table import signed_in
from tests.world import AT, TODAY

D = date


def said(response):
    return response.content.decode()


def months_of(years, day):
    found = {each.years: (each.early_months, each.posthumous_months) for each in badges.grades(day)}
    return found.get(years)


def set_grade(world, on, years=30, early=6, by="eva"):
    return badge_rules.set_grade(
        years=years, early_months=early, posthumous_months=18, from_on=on, by=getattr(world, by), at=AT
    )


def test_another_rule_holds_from_its_day_until_the_next_one(world):
    set_grade(world, D(2025, 1, 1))
    set_grade(world, D(2024, 6, 1), early=9)
    assert months_of(30, D(2024, 5, 31)) == (12, 12)
    assert months_of(30, D(2024, 6, 1)) == months_of(30, D(2024, 12, 31)) == (9, 18)
    assert months_of(30, D(2025, 1, 1)) == (6, 18)
    assert BadgeGrade.objects.filter(years=30, valid_to=None).count() == 1
    with pytest.raises(Denied, match="begins on 1 June 2024 already"):
        set_grade(world, D(2024, 6, 1))
    with pytest.raises(Denied, match="Only an administrator"):
        set_grade(world, D(2026, 1, 1), by="chi")


def test_a_badge_is_no_longer_awarded_and_later_again(world):
    def end(on, years=45):
        return badge_rules.end_grade(years=years, on=on, by=world.eva, at=AT)

    end(D(2024, 6, 1))
    assert months_of(45, D(2024, 5, 31)) == (12, 12)
    assert months_of(45, D(2024, 6, 1)) is None
    for years in (45, 31):
        with pytest.raises(Denied, match="know nothing"):
            end(D(2024, 7, 1), years)
    set_grade(world, D(2026, 1, 1), years=45)
    assert months_of(45, D(2025, 12, 31)) is None
    assert months_of(45, D(2026, 1, 1)) == (6, 18)
    with pytest.raises(Denied, match="from a later day"):
        end(D(2024, 3, 1))


@action("tests.awarded")
def award(*, years, on, by, at):
    Badge.objects.create(person=Person.objects.get(code="M1"), years=years, awarded_on=on)


def test_what_was_mistyped_is_put_right_or_taken_back_on_its_own_day_until_a_badge_is_awarded_by_it(world):
    day, given = D(2023, 6, 1), {"by": world.eva, "at": AT}
    set_grade(world, day, early=60)
    months = {"years": 30, "early_months": 6, "posthumous_months": 12}
    badge_rules.correct_grade(**months, from_on=day, source="9-HD", **given)
    assert months_of(30, D(2023, 5, 31)) == (12, 12)
    assert months_of(30, day) == (6, 12)
    with pytest.raises(Denied, match="Nothing of this begins on 2 June 2023"):
        badge_rules.correct_grade(**months, from_on=D(2023, 6, 2), **given)
    with pytest.raises(Denied, match="Only an administrator"):
        badge_rules.correct_grade(**months, from_on=day, by=world.chi, at=AT)
    award(years=30, on=D(2023, 5, 19), by=None, at=AT)  # by the rule before
    assert badge_rules.end_grade(years=30, on=day, **given) is None
    assert months_of(30, day) == (12, 12)
    set_grade(world, D(2023, 5, 1))
    for act in (
        lambda: badge_rules.correct_grade(**months, from_on=D(2023, 5, 1), **given),
        lambda: badge_rules.end_grade(years=30, on=D(2023, 5, 1), **given),
        lambda: badge_rules.end_award_day(month=5, day=19, on=AwardDay.objects.get(month=5).valid_from, **given),
    ):
        with pytest.raises(Denied, match="were awarded by it already"):
            act()
    assert BadgeGrade.objects.filter(years=30, valid_to=None).count() == 1


def test_the_days_of_awards_change_from_a_day_on(world):
    given = {"month": 11, "day": 7, "by": world.eva, "at": AT}
    with pytest.raises(Denied, match="on this day already"):
        badge_rules.set_award_day(**given, from_on=D(2024, 1, 1))
    badge_rules.end_award_day(**given, on=D(2024, 7, 1))
    badge_rules.set_award_day(**given | {"month": 12, "day": 22}, from_on=D(2024, 7, 1))
    assert badges.award_days(D(2024, 6, 1)) == [D(2024, 9, 2), D(2024, 12, 22), D(2025, 2, 3), D(2025, 5, 19)]
    with pytest.raises(Denied, match="Only an administrator"):
        badge_rules.end_award_day(**given | {"by": world.chi}, on=D(2024, 7, 2))


def test_an_administrator_lays_down_other_rules_on_one_page(world):
    eva, url = signed_in(world, "eva"), "/badges/rules/"
    grade = {"act": "grade", "grade-years": "30", "grade-what": "is", "grade-early_months": "6",
             "grade-posthumous_months": "18", "grade-from_on": "2025-01-01", "grade-source": "9-HD/TW"}  # fmt: skip
    assert "Laid down from 1 January 2025" in said(eva.post(url, grade, follow=True))
    assert "9-HD/TW" in said(eva.get(url))
    assert "W33" not in said(eva.get(url))
    assert eva.post(url, grade).status_code == 422  # that day is taken
    for name, wrong in (("early_months", ""), ("early_months", "61"), ("years", "0"), ("years", "9" * 30),
                        ("what", "x"), ("from_on", "2025-02-30"), ("source", "a\u202eb")):  # fmt: skip
        assert eva.post(url, grade | {"grade-from_on": "2026-01-01", f"grade-{name}": wrong}).status_code == 422
    end = {"act": "grade", "grade-years": "90", "grade-what": "ends", "grade-from_on": "2025-01-01"}
    assert eva.post(url, end).status_code == 302
    assert months_of(90, D(2025, 1, 1)) is None
    on = {"act": "day", "day-day": "29", "day-month": "2", "day-what": "is", "day-from_on": "2025-01-01"}
    assert "Not every year has this day" in said(eva.post(url, on))
    assert eva.post(url, on | {"day-day": "28"}).status_code == 302
    taken_back = eva.post(url, on | {"day-day": "28", "day-what": "ends"}, follow=True)
    assert "It is taken back: it never was." in said(taken_back)
    assert eva.post(url, on | {"day-day": "28", "day-what": "right"}).status_code == 422  # there is nothing of it
    right = grade | {"grade-what": "right", "grade-early_months": "7"}
    assert "It is put right." in said(eva.post(url, right, follow=True))
    assert months_of(30, D(2025, 1, 1)) == (7, 18)
    assert eva.post(url, {"act": "x"}).status_code == 200
    assert signed_in(world, "chi").post(url, grade).status_code == 404
    assert months_of(30, TODAY) == (12, 12)
