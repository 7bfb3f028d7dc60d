"""A few cases of one cell of the sample, some further than others: admissions, a transfer, a late correction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.timezone import make_aware

from chibo.accounts.models import User
from chibo.admissions import actions as admissions
from chibo.admissions.models import Source
from chibo.admissions.queries import officials_of
from chibo.core.spans import holding
from chibo.lifecycle.actions import begin
from chibo.lifecycle.models import MemberCase
from chibo.members.models import Person, Stay
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.procedures import papering
from chibo.procedures.actions import decide
from chibo.procedures.models import Case
from chibo.procedures.queries import version_on

KEPT_AT = "Tủ hồ sơ số 1"
NAMES = (("Nguyễn Thị Thu Trang", "f", date(1998, 4, 12)), ("Trần Đức Mạnh", "m", date(1996, 9, 3)))


def cases(*, cell: str, day: date) -> None:
    """Let those of a cell and above it begin and go on with some cases, each by who acts there; once.

    Nothing where the users of the demonstration, their places or the procedures are not there.
    """
    unit = Unit.objects.filter(code=cell).first()
    who = User.objects.in_bulk(field_name="username")
    names = {"secretary", "commune", "district", "leader", "member"}
    if unit is None or MemberCase.objects.exists() or not names <= set(who):
        return
    _admission(unit, _listed(unit, 0, day - timedelta(400)), who, day, is_far=True)
    _admission(unit, _listed(unit, 1, day - timedelta(300)), who, day, is_far=False)
    _transfer(unit, who, day - timedelta(44))
    _correction(unit, who, day - timedelta(29))


def _listed(cell: Unit, n: int, day: date) -> Source:
    """Someone of no party on the list of the cell, with a helper, who went to the class and became a sympathiser."""
    name, sex, born_on = NAMES[n]
    person = Person(
        full_name=name, sex=sex, born_on=born_on, ethnicity="Kinh", occupation="Giáo viên", education="12/12"
    )  # fmt: skip
    at = _noon(day)
    source = admissions.list_source(
        person=person, cell=cell, on=day, introduced_by="Đoàn thanh niên xã", groups=[], by=None, at=at
    )
    for helper in officials_of(cell, day)[n : n + 1]:
        admissions.give_helper(source=source, person=helper, on=day, by=None, at=at)
    admissions.certify(
        source=source, number=f"{31 + n}/CN-NTVĐ", issued_on=day, class_at="Trung tâm chính trị huyện", by=None, at=at
    )
    admissions.make_sympathiser(source=source, on=day, by=None, at=at)
    return source


def _admission(cell: Unit, source: Source, who: Mapping[str, User], day: date, *, is_far: bool) -> None:
    """The way of a source: to the decision that waits to be signed, or to the background check."""
    secretary, commune, district = who["secretary"], who["commune"], who["district"]
    first = day - timedelta(100 if is_far else 23)
    case = _begun("admission", source.person, cell, secretary, first)
    case = _step(case, secretary, "send", first + timedelta(4))
    if not is_far:
        return
    case = _step(case, commune, "clear", first + timedelta(25))
    case = _step(case, secretary, "gathered", first + timedelta(45))
    case = _step(case, secretary, "adopt", first + timedelta(60), voters=len(officials_of(cell, day)))
    case = _step(case, commune, "adopt", first + timedelta(72), voters=9)
    received = first + timedelta(81)
    _step(case, district, "complete", received, told={"received_on": received.isoformat()})


def _transfer(cell: Unit, who: Mapping[str, User], day: date) -> None:
    """A member moves to a cell of another commune; the commune they leave has still to agree."""
    free = Stay.objects.filter(holding(day), cell=cell, membership__official_on__lt=day, membership__person__user=None)
    place = free.select_related("membership__person").order_by("-membership__person_id").first()
    others = Unit.objects.open_on(day).filter(kind__in=CELLS).exclude(path__startswith=cell.path[: _above(cell)])
    to_unit = others.order_by("path").first()
    if place is not None and to_unit is not None:
        case = _begun("transfer", place.membership.person, cell, who["secretary"], day, to_unit=to_unit)
        _step(case, who["secretary"], "agree", day + timedelta(1))


def _above(cell: Unit) -> int:
    """How much of the path of a cell is that of the unit above."""
    return cell.path.rstrip("/").rindex("/") + 1


def _correction(cell: Unit, who: Mapping[str, User], day: date) -> None:
    """The member asked for their occupation to be corrected; the secretary has not looked yet."""
    person = Person.objects.filter(user=who["member"]).first()
    if person is not None:
        told = {"what": "occupation", "value": "Giáo viên trường tiểu học", "why": "Quyết định tuyển dụng"}
        _begun("correction", person, cell, who["member"], day, told=told)


def _begun(code: str, person: Person, cell: Unit, by: User, day: date, **more: Any) -> Case:
    version = version_on(code, day)
    if version is None:
        raise ValueError(f"no procedure {code} holds on {day}")
    return begin(version=version, person=person, unit=cell, by=by, at=_noon(day), **more)


def _step(
    case: Case, by: User, outcome: str, day: date, *, voters: int = 0, told: Mapping[str, Any] | None = None
) -> Case:
    """A step is signed on a day: its papers lie in one folder, its vote was for it without exception."""
    stage = case.stages.latest("number")
    papers = [
        {"slot": slot.code, "paper_number": f"{n}-HS", "dated_on": day, "kept_at": KEPT_AT}
        for n, slot in enumerate(papering.missing(case, case.version.flow.step(stage.step)), 1)
    ]
    count = dict.fromkeys(("summoned", "present", "votes_for"), voters)
    vote = {"held_on": day, **count, "against": 0} if voters else None
    return decide(
        case=case, number=stage.number, outcome=outcome, reason="", told=told or {}, vote=vote, handed_in=papers, by=by,
        at=_noon(day),
    )  # fmt: skip


def _noon(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))
