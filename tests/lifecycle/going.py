"""Cases of members gone through as their people would: who signs what, when, with which votes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.timezone import make_aware

from chibo.accounts.models import User
from chibo.admissions import actions as admissions
from chibo.core.actions import action
from chibo.core.spans import holding
from chibo.lifecycle.actions import begin
from chibo.meetings.models import Attendance, Kind, Meeting, State
from chibo.members.models import Membership, Person, Stay
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from chibo.procedures import papering
from chibo.procedures.actions import decide
from chibo.procedures.models import Case
from chibo.procedures.places import Lines
from chibo.procedures.queries import version_on
from chibo.procedures.voting import Voters
from tests.world import AT

SINCE = date(2015, 1, 1)
COUNT = {"summoned": 9, "present": 9, "votes_for": 9, "against": 0}


def on(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))


def user(name: str) -> User:
    return User.objects.get_or_create(username=name, defaults={"full_name": name.title(), "sort_key": name})[0]


@dataclass(frozen=True)
class Office:
    """Who acts for a cell and those above it: each has one place, as people do."""

    secretary: User
    officer: User
    appraiser: User
    leader: User

    @classmethod
    def at(cls, cell: Unit) -> Office:
        """Those of a cell, who hold their roles there from now on."""
        line = list(Unit.objects.filter(pk__in=cell.ancestor_ids).order_by("path"))
        above = line[-1]
        top = above if cell.kind == "grassroots_cell" else line[-2]
        places = {"secretary": cell, "officer": above, "appraiser": top, "leader": top}
        people = cls(**{name: user(f"{name}-{unit.pk}") for name, unit in places.items()})
        for who, role, unit in (
            (people.secretary, "secretary", cell),
            (people.officer, "officer", above),
            (people.appraiser, "officer", top),
            (people.leader, "leader", top),
        ):
            if not who.grants.filter(unit=unit, role=role).exists():
                organizations.grant(user=who, role=role, unit=unit, from_on=SINCE, by=None, at=AT)
        return people


def step(case: Case, by: User, outcome: str, day: date, *, vote: dict[str, Any] | None = None, **told: Any) -> Case:
    """One step of a case, as its page does it: what it asks is told, its vote recorded, an outcome signed."""
    stage = case.stages.latest("number")
    number, at = stage.number, on(day)
    days = {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}
    if vote is not None:
        every = Voters.of(case.version.flow.step(stage.step), Lines(case, day))
        all_of = every.on(day) if every is not None and every.electorate.most else None
        count = dict.fromkeys(("summoned", "present", "votes_for"), all_of) if all_of else COUNT
        vote = {"held_on": day, "against": 0, **count, **vote}
    papers = [
        {"slot": slot.code, "paper_number": "1", "dated_on": day, "kept_at": "the file"}
        for slot in papering.missing(case, case.version.flow.step(stage.step))
    ]
    return decide(
        case=case, number=number, outcome=outcome, reason="as decided", told=days, vote=vote, handed_in=papers, by=by,
        at=at,
    )  # fmt: skip


def begun(code: str, person: Person, cell: Unit, by: User, day: date, **more: Any) -> Case:
    version = version_on(code, day)
    assert version is not None
    return begin(version=version, person=person, unit=cell, by=by, at=on(day), **more)


def listed(person: Person, cell: Unit, day: date) -> None:
    """Someone is a source of a cell, with the certificate of the class."""
    source = admissions.list_source(person=person, cell=cell, on=day, by=None, at=on(day))
    admissions.certify(source=source, number="7-CN", issued_on=day, by=None, at=on(day))
    official = Stay.objects.filter(holding(day), cell=cell, membership__official_on__lte=day).order_by("pk").first()
    assert official is not None
    admissions.give_helper(source=source, person=official.membership.person, on=day, by=None, at=on(day))
    admissions.make_sympathiser(source=source, on=day, by=None, at=on(day))


def admitted(person: Person, cell: Unit, joined_on: date, office: Office) -> Case:
    """The whole way of someone from the file to the ceremony, which is held on a day."""

    def before(days: int) -> date:
        return joined_on - timedelta(days)

    case = begun("admission", person, cell, office.secretary, before(90))
    case = step(case, office.secretary, "send", before(88))
    case = step(case, office.officer, "clear", before(70))
    case = step(case, office.secretary, "gathered", before(60))
    case = step(case, office.secretary, "adopt", before(50), vote={})
    if cell.kind != "grassroots_cell":
        case = step(case, office.officer, "adopt", before(40), vote={})
    case = step(case, office.appraiser, "complete", before(30), received_on=before(30))
    case = step(case, office.leader, "grant", before(10), decision="15-QĐ/HU", decided_on=before(10))
    return step(case, office.secretary, "held", joined_on, joined_on=joined_on)


@action("tests.joined_on")
def joined(*, code: str, day: date, by: Any, at: datetime) -> None:
    """Someone on probation joined on a day."""
    Membership.objects.filter(person__code=code).update(official_on=None, joined_on=day)


@action("tests.missed")
def miss(
    *, code: str, cell: Unit, months: list[date], state: str = State.ABSENT, kind: str = Kind.REGULAR, by: Any,
    at: datetime,
) -> None:  # fmt: skip
    """A meeting of a cell in each of these months at which someone was absent."""
    for month in months:
        meeting = Meeting.objects.create(
            code=f"X-{code}-{month}-{kind}-{state}", unit=cell, kind=kind, held_on=month.replace(day=9), month=month
        )
        Attendance.objects.create(meeting=meeting, person=Person.objects.get(code=code), state=state)
