"""One fault for each check, planted in the tidy world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from chibo.accounts.models import User
from chibo.classifications.models import Classified, Value
from chibo.core.spans import EVER
from chibo.documents.models import Document
from chibo.duplicates import finding
from chibo.indicators.models import Comparison, Difference, Mark, Numbered, OwnSum, Sum
from chibo.meetings.models import Attendance, Draft, Meeting, Score, State
from chibo.members.actions import restay
from chibo.members.models import Departure, Membership, Person, Post, PostKind, Stay, TemporaryStay
from chibo.organizations.lineage import relineage
from chibo.organizations.models import Grant, Lineage, ParentLink, Unit
from chibo.organizations.roles import Reach, RoleCode
from chibo.targets.models import Target
from tests.integrity.tidy import FOUNDED, Tidy, meet, member

CLOSED = date(2023, 11, 1)
PLANTS: dict[str, Callable[[Tidy], Any]] = {}


def plants(code: str) -> Callable[[Callable[[Tidy], Any]], Callable[[Tidy], Any]]:
    """Name the check whose fault a function plants."""

    def name(function: Callable[[Tidy], Any]) -> Callable[[Tidy], Any]:
        PLANTS[code] = function
        return function

    return name


def add_unit(code: str, name: str, kind: str, parent: Unit, **more: Any) -> Unit:
    """A unit more, under a parent, with no rule held."""
    unit = Unit(code=code, name=name, kind=kind, founded_on=FOUNDED, **{"setting": "village"} | more)
    unit.save()
    ParentLink.objects.create(unit=unit, parent=parent, from_on=EVER)
    relineage([unit.pk])
    return unit


def close(unit: Unit) -> Unit:
    """Close a unit, and leave all there is of it."""
    unit.closed_on = CLOSED
    unit.save(update_fields=["closed_on"])
    return unit


def extra(tidy: Tidy, cell: str = "X1", **more: Any) -> Membership:
    """A member more."""
    return member("NEW", "Đỗ Thị Mới", tidy.units[cell], **more)


def leave(spell: Membership, on: date, reason: str = "resigned") -> None:
    Departure.objects.create(membership=spell, on=on, reason=reason)
    restay([spell.pk])


def of(tidy: Tidy, code: str) -> Membership:
    return Membership.objects.get(person=tidy.people[code])


def post(tidy: Tidy, unit: str, kind: str, **more: Any) -> Post:
    """A post more."""
    return Post.objects.create(unit=tidy.units[unit], post=kind, **{"from_on": date(2021, 1, 1)} | more)


plants("units.open_under_closed")(lambda t: add_unit("N", "Chi bộ Bắc", "cell", close(t.units["X1"])))
plants("units.kind_misplaced")(lambda t: add_unit("N", "Huyện ủy Bắc", "district", t.units["X"]))


@plants("units.loose")
def loose(tidy: Tidy) -> None:
    unit = Unit(code="N", name="Chi bộ Bắc", kind="cell", founded_on=FOUNDED)
    unit.save()
    relineage([unit.pk])


plants("units.path_differs")(lambda t: Unit.objects.filter(code="X1").update(path=t.units["X2"].path))
plants("units.lineage_differs")(lambda t: Lineage.objects.filter(unit=t.units["X1"]).update(path="1/2/"))
plants("units.same_name")(lambda t: add_unit("N", "chi bộ thôn Đông", "cell", t.units["X"]))
plants("units.same_name_but_accents")(lambda t: add_unit("N", "Chi bộ thôn Dông", "cell", t.units["X"]))
plants("units.committee_without_cells")(
    lambda t: add_unit("N", "Đảng ủy xã Bắc", "grassroots_committee", t.units["D"], setting="commune")
)
plants("units.committee_of_few_cells")(lambda t: close(t.units["X1"]))
plants("units.without_setting")(lambda t: Unit.objects.filter(code="X1").update(setting=""))
plants("cells.few_official")(lambda t: leave(of(t, "X1-2"), date(2023, 12, 1)))
plants("units.closed_with_members")(lambda t: close(t.units["X1"]))


def _many(tidy: Tidy, cell: str, how_many: int) -> None:
    for n in range(how_many):
        member(f"N{n}", f"Đỗ Thị {n}", tidy.units[cell], born_on=date(1960 + n % 30, 1 + n % 12, 1 + n // 12))


plants("cells.many_official")(lambda t: _many(t, "X1", 48))
plants("cells.committee_due")(lambda t: _many(t, "G", 27))
plants("cells.without_deputy")(lambda t: _many(t, "G", 6))


@plants("classifications.setting_differs")
def setting_differs(tidy: Tidy) -> None:
    school = Value.objects.get(scheme__code="setting", code="school")
    Classified.objects.filter(unit=tidy.units["X1"]).update(value=school)


def _region(tidy: Tidy, from_on: date, **more: Any) -> None:
    delta = Value.objects.get(scheme__code="region", code="delta")
    Value.objects.filter(pk=delta.pk).update(**more)
    Classified.objects.create(unit=tidy.units["X"], scheme=delta.scheme, value=delta, from_on=from_on)


plants("classifications.before_founding")(lambda t: _region(t, date(1999, 1, 1), is_offered=True))
plants("classifications.not_offered")(lambda t: _region(t, date(2020, 1, 1), is_offered=False))
plants("units.without_secretary")(lambda t: Post.objects.filter(unit=t.units["X1"]).update(to_on=date(2023, 12, 1)))
plants("cells.secretary_not_of_the_roll")(
    lambda t: Post.objects.filter(unit=t.units["X1"]).update(person=None, holder_name="Lò Văn Nhân")
)
plants("posts.at_closed")(lambda t: close(t.units["X1"]))
plants("posts.of_those_who_left")(lambda t: leave(of(t, "G-0"), date(2023, 12, 1)))


plants("posts.before_founding")(
    lambda t: post(t, "X1", PostKind.VILLAGE_HEAD, holder_name="Lò Văn Nhân", from_on=date(1999, 1, 1))
)
plants("members.long_probation")(lambda t: extra(t, joined_on=date(2022, 5, 1), official_on=None))
plants("members.too_young")(lambda t: extra(t, born_on=date(1998, 1, 1)))
plants("members.too_old")(lambda t: extra(t, born_on=date(1905, 1, 1)))
plants("members.in_no_cell")(lambda t: Stay.objects.filter(membership=of(t, "X1-2")).update(to_on=date(2023, 12, 1)))
plants("members.stays_differ")(lambda t: Stay.objects.filter(membership=of(t, "X1-2")).update(cell=t.units["X2"]))
plants("members.before_the_cell")(lambda t: extra(t, joined_on=date(1999, 6, 1)))


@plants("members.overlapping_spells")
def overlapping_spells(tidy: Tidy) -> None:
    for cell, from_on in (("X2", date(2023, 1, 1)), ("X3", date(2023, 5, 1))):
        TemporaryStay.objects.create(membership=of(tidy, "X1-2"), cell=tidy.units[cell], from_on=from_on)


@plants("members.doubles")
def doubles(tidy: Tidy) -> None:
    member("NEW", tidy.people["X1-0"].full_name, tidy.units["X2"], born_on=tidy.people["X1-0"].born_on)
    finding.find(date(2024, 1, 10))


def _user(**more: Any) -> User:
    return User.objects.create(
        **{"username": "minh", "full_name": "Vũ Minh", "last_login": datetime(2024, 1, 9, tzinfo=UTC)} | more
    )


def _grant(user: User, unit: Unit) -> None:
    Grant.objects.create(user=user, role=RoleCode.OFFICER, reach=Reach.SUBTREE, unit=unit, from_on=date(2022, 1, 1))


plants("grants.at_closed")(lambda t: _grant(_user(), close(t.units["X1"])))
plants("grants.of_blocked")(lambda t: _grant(_user(is_active=False), t.units["X1"]))
plants("users.not_seen")(lambda t: _grant(_user(last_login=None), t.units["X1"]))


@plants("users.of_departed")
def of_departed(tidy: Tidy) -> None:
    Person.objects.filter(code="X1-2").update(user=_user())
    leave(of(tidy, "X1-2"), date(2023, 12, 1))


@plants("cells.no_meeting_for_long")
def no_meeting_for_long(tidy: Tidy) -> None:
    Meeting.objects.filter(unit=tidy.units["X1"]).update(kind="extraordinary")
    meet("N", tidy.units["X1"], date(2023, 6, 3))


plants("meetings.without_attendance")(lambda t: Attendance.objects.filter(meeting=t.meetings["X1-11"]).delete())
plants("meetings.unscored")(lambda t: Score.objects.filter(meeting=t.meetings["X1-11"]).delete())
plants("meetings.of_a_far_month")(lambda t: meet("N", t.units["X1"], date(2023, 9, 3), month=date(2023, 6, 1)))
plants("meetings.unit_not_open")(
    lambda t: Unit.objects.filter(code="X1").update(closed_on=t.meetings["X1-12"].held_on)
)  # fmt: skip
plants("meetings.online_unapproved")(lambda t: Meeting.objects.filter(pk=t.meetings["X1-11"].pk).update(mode="online"))
plants("meetings.to_come")(lambda t: meet("N", t.units["X1"], date(2024, 1, 30)))
plants("meetings.scored_before")(
    lambda t: Score.objects.filter(meeting=t.meetings["X1-11"]).update(scored_on=date(2023, 11, 1))
)
plants("meetings.twice")(lambda t: meet("N", t.units["X1"], date(2023, 11, 3)))
plants("meetings.of_strangers")(
    lambda t: Attendance.objects.create(
        meeting=t.meetings["X1-11"], person=t.people["X2-0"], state=State.PRESENT
    )
)  # fmt: skip


@plants("members.exempt_but_there")
def exempt_but_there(tidy: Tidy) -> None:
    Membership.objects.filter(person=tidy.people["X1-2"]).update(exempt_from=date(2023, 1, 1))
    for month in (6, 7, 8):
        meet(f"N{month}", tidy.units["X1"], date(2023, month, 3))


@plants("meetings.forgotten_drafts")
def forgotten_drafts(tidy: Tidy) -> None:
    uid = "6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a01"
    Draft.objects.create(uid=uid, unit=tidy.units["X1"], by=tidy.user, saved_at=datetime(2023, 11, 1, tzinfo=UTC))


def _target(unit: Unit, **more: Any) -> None:
    given = {"indicator": "members.admitted", "period": "2023", "comparator": ">=", "value": "1"} | more
    Target.objects.create(unit=unit, **given)


plants("targets.of_closed")(lambda t: _target(close(t.units["X1"]), period="2023-12"))
plants("targets.before_founding")(lambda t: _target(t.units["X1"], period="1999-H2"))
plants("targets.unknown_figure")(lambda t: _target(t.units["X1"], indicator="members.happy"))
plants("targets.share_over_all")(lambda t: _target(t.units["X1"], indicator="members.women", value="90"))


def _document(tidy: Tidy, **more: Any) -> None:
    given = {"number": "9-KH/HU", "kind": "decision", "issuer": tidy.units["D"], "title": "Chín"}
    Document.objects.create(**given | {"issued_on": date(2023, 5, 5)} | more)


plants("documents.carry_out_nothing")(lambda t: _document(t, kind="Kế hoạch"))
plants("documents.before_what_they_carry_out")(
    lambda t: _document(t, issued_on=date(2022, 1, 1), implements=Document.objects.get(number="1-NQ/TU"))
)
plants("documents.issuer_closed")(lambda t: _document(t, issued_on=date(1999, 1, 1)))
plants("figures.waiting")(lambda t: Mark.objects.create(unit=t.units["X1"], from_on=EVER, subject=""))


@plants("figures.differ")
def figures_differ(tidy: Tidy) -> None:
    of = {"unit": tidy.units["D"], "place": 0, "year": 2023, "at": datetime(2024, 1, 10, tzinfo=UTC)}
    OwnSum.objects.create(indicator=Numbered.objects.get(code="members.total"), n12=1, **of)


plants("figures.not_added_up")(
    lambda t: Sum.objects.filter(
        unit=t.units["D"], year=2023, indicator__code="members.total"
    ).update(n12=99)
)  # fmt: skip


@plants("figures.compared")
def figures_compared(tidy: Tidy) -> None:
    at = datetime(2024, 1, 10, tzinfo=UTC)
    night = Comparison.objects.create(at=at, drawn=1, compared=1, differing=1, seconds=0.1)
    figure = {"unit": tidy.units["D"], "month": date(2023, 12, 1), "indicator": "members.total"}
    Difference.objects.create(
        comparison=night, numerator=1, denominator=0, new_numerator=2, new_denominator=0, **figure
    )


def forget_marks() -> None:
    """Figures that wait are a finding of their own: what was planted is taken for folded."""
    with connection.cursor() as cursor:
        cursor.execute("delete from indicators_mark")
