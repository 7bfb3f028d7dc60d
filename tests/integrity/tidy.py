"""A world in which no check finds anything: a province, a district, a commune of three cells, a cell of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chibo.accounts.models import User
from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.documents.models import Document
from chibo.indicators import folding
from chibo.meetings.models import Attendance, Kind, Meeting, Score, State
from chibo.members.actions import restay
from chibo.members.models import Membership, Person, Post, PostKind
from chibo.organizations import actions as organizations
from chibo.organizations.kinds import Kind as UnitKind
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.targets.models import Target
from tests.world import AT, FULL

FOUNDED = date(2000, 2, 3)
JOINED = date(2015, 5, 19)
UNITS = {  # code: name, kind, parent, setting
    "P": ("Tỉnh ủy An Bình", UnitKind.PROVINCE, "", ""),
    "D": ("Huyện ủy Sơn Hạ", UnitKind.DISTRICT, "P", ""),
    "X": ("Đảng ủy xã Mai Lâm", UnitKind.GRASSROOTS_COMMITTEE, "D", "commune"),
    "X1": ("Chi bộ thôn Đông", UnitKind.CELL, "X", "village"),
    "X2": ("Chi bộ thôn Tây", UnitKind.CELL, "X", "village"),
    "X3": ("Chi bộ thôn Nam", UnitKind.CELL, "X", "village"),
    "G": ("Chi bộ cơ sở Trường Mai Lâm", UnitKind.GRASSROOTS_CELL, "D", "school"),
}
CELLS = ("X1", "X2", "X3", "G")


@dataclass(frozen=True)
class Tidy:
    """Units, people and meetings by code, and a user."""

    units: dict[str, Unit]
    people: dict[str, Person]
    meetings: dict[str, Meeting]
    user: User

    @classmethod
    def found(cls) -> Tidy:
        """The world as it stands in the database."""
        return cls(
            Unit.objects.in_bulk(field_name="code"),
            Person.objects.in_bulk(field_name="code"),
            Meeting.objects.in_bulk(field_name="code"),
            User.objects.get(username="lan"),
        )


def build() -> None:
    """Make the world in an empty database, by actions, and fold its figures."""
    user = User.objects.create(username="lan", full_name="Hà Thị Lan", last_login=AT)
    units: dict[str, Unit] = {}
    for code, (name, kind, parent, setting) in UNITS.items():
        unit = Unit(code=code, name=name, kind=kind, setting=setting, founded_on=FOUNDED)
        units[code] = organizations.found(unit=unit, parent=units.get(parent), by=None, at=AT)
    organizations.grant(user=user, role=RoleCode.OFFICER, unit=units["P"], from_on=FOUNDED, by=None, at=AT)
    enrol(units=units, by=None, at=AT)
    folding.fold_all(by=None, at=AT)


def person(code: str, name: str, born_on: date) -> Person:
    """Someone new, kept."""
    keys = {"sort_key": name_sort_key(name), "search_key": search_key(name)}
    return Person.objects.create(code=code, full_name=name, sex="f", born_on=born_on, ethnicity="Kinh", **keys)


def member(code: str, name: str, cell: Unit, *, born_on: date = date(1980, 1, 1), **more: Any) -> Membership:
    """Someone new, a member of a cell."""
    given = {"joined_on": JOINED, "official_on": JOINED.replace(year=2016)} | more
    spell = Membership.objects.create(person=person(code, name, born_on), cell=cell, **given)
    restay([spell.pk])
    return spell


@action("tests.enrolled")
def enrol(*, units: dict[str, Unit], by: Any, at: datetime) -> None:
    """Members, posts, meetings, targets, documents."""
    for n, cell in enumerate(CELLS):
        for m, name in enumerate(("Lê Văn Một", "Trần Thị Hai", "Phạm Văn Ba")):
            member(f"{cell}-{m}", f"{name} {cell}", units[cell], born_on=date(1970 + n, 1 + m, 7))
    for n, unit in enumerate(units.values()):
        holder = Person.objects.get(code=f"{unit.code if unit.code in CELLS else CELLS[n]}-0")
        Post.objects.create(unit=unit, post=PostKind.SECRETARY, person=holder, from_on=date(2020, 1, 1))
    for cell in CELLS:
        for month in (10, 11, 12):
            meet(f"{cell}-{month}", units[cell], date(2023, month, 3))
    Target.objects.create(
        unit=units["D"], indicator="meetings.attendance", period="2023", comparator=">", value="0.9"
    )  # fmt: skip
    first = Document.objects.create(
        number="1-NQ/TU", kind="resolution", issuer=units["P"], issued_on=date(2023, 1, 5), title="Một"
    )
    Document.objects.create(
        number="2-KH/HU", kind="plan", issuer=units["D"], issued_on=date(2023, 2, 5), title="Hai", implements=first
    )


def meet(code: str, cell: Unit, held_on: date, **more: Any) -> Meeting:
    """A regular meeting with everyone there, and its points."""
    given = {"kind": Kind.REGULAR, "month": held_on.replace(day=1), "topic": "Học tập"} | more
    meeting = Meeting.objects.create(code=code, unit=cell, held_on=held_on, **given)
    for each in Person.objects.filter(memberships__cell=cell).order_by("pk"):
        Attendance.objects.create(meeting=meeting, person=each, state=State.PRESENT)
    points = {f"c{g}": most for g, most in enumerate(FULL, 1)}
    Score.objects.create(meeting=meeting, scored_by="self", scored_on=held_on, **points)
    return meeting
