"""The small world of the tests: a province, two districts, four cells, and the people who work there by name.

It stands at 10 January 2024. Cell D stood in the north until July 2023 and stands in the south since.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from chibo.accounts.models import User
from chibo.committees.models import Charge, Term, Visit
from chibo.core.actions import action
from chibo.core.text import name_sort_key, search_key
from chibo.documents.models import Document
from chibo.exchange.models import Load
from chibo.indicators import folding
from chibo.meetings.models import Attendance, Kind, Meeting, Score, State
from chibo.members.actions import link_user, restay
from chibo.members.models import Departure, Membership, Person, Post, PostKind, Transfer, TransferKind
from chibo.organizations import actions as organizations
from chibo.organizations.kinds import Kind as UnitKind
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.targets.models import Target

TODAY = date(2024, 1, 10)
AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
PASSWORD = "a long pass-word 7"
FOUNDED = date(2000, 2, 3)
MOVED_ON = date(2023, 7, 1)

UNITS = {  # name in the tests: code, name, kind, parent, setting
    "province": ("T", "Tỉnh ủy Vĩnh Sơn", UnitKind.PROVINCE, "", ""),
    "north": ("T-N", "Huyện ủy Đông Hà", UnitKind.DISTRICT, "province", ""),
    "south": ("T-S", "Huyện ủy Tây Ninh Hạ", UnitKind.DISTRICT, "province", ""),
    "upland": ("T-N-1", "Đảng ủy xã Thượng Lâm", UnitKind.GRASSROOTS_COMMITTEE, "north", "commune"),
    "lowland": ("T-S-1", "Đảng ủy xã Hạ Lâm", UnitKind.GRASSROOTS_COMMITTEE, "south", "commune"),
    "cell_a": ("A", "Chi bộ thôn 1 Thượng Lâm", UnitKind.CELL, "upland", "village"),
    "cell_b": ("B", "Chi bộ thôn 10 Thượng Lâm", UnitKind.CELL, "upland", "village"),
    "cell_c": ("C", "Chi bộ thôn 2 Hạ Lâm", UnitKind.CELL, "lowland", "village"),
    "cell_d": ("D", "Chi bộ cơ sở Hợp tác xã Ánh Dương", UnitKind.GRASSROOTS_CELL, "north", "cooperative"),
}
USERS = {  # name in the tests: full name, role, unit
    "ana": ("Nguyễn Thị An", RoleCode.SECRETARY, "cell_a"),
    "ben": ("Trần Văn Bền", RoleCode.MEMBER, "cell_a"),
    "chi": ("Lê Thị Chi", RoleCode.OFFICER, "north"),
    "dan": ("Phạm Văn Đan", RoleCode.OFFICER, "south"),
    "eva": ("Đỗ Thị Ê", RoleCode.ADMINISTRATOR, "province"),
    "flo": ("Hoàng Thị Phượng", RoleCode.LEADER, "province"),
    "gus": ("Vũ Văn Gù", RoleCode.OFFICER, "north"),  # blocked: may not sign in any more
    "hoa": ("Bùi Thị Hoa", RoleCode.OFFICER, "north"),  # her role ended last year
}
PEOPLE = {  # code: name, sex, born on, ethnicity, cell, joined on
    "M1": ("Nguyễn Thị An", "f", date(1980, 5, 1), "Kinh", "cell_a", date(2010, 5, 19)),
    "M2": ("Trần Văn Bền", "m", date(1995, 2, 28), "Tày", "cell_a", date(2019, 2, 3)),
    "M3": ("Đặng Thị Đào", "f", date(2000, 2, 29), "Kinh", "cell_a", date(2023, 5, 19)),
    "M4": ("Lý Văn Ấm", "m", date(1971, 1, 1), "Dao", "cell_b", date(2001, 9, 2)),
    "M5": ("Ngô Thị Ước", "f", date(1988, 8, 8), "", "cell_b", date(2015, 9, 2)),
    "M6": ("Phan Văn Ổn", "m", date(1990, 10, 10), "Kinh", "cell_c", date(2016, 2, 3)),
    "M7": ("Võ Thị Yến", "f", date(1999, 12, 31), "Mường", "cell_c", date(2023, 9, 2)),
    "M8": ("Đinh Văn Quý", "m", date(1985, 6, 15), "Kinh", "cell_d", date(2012, 2, 3)),
    "M9": ("Hồ Thị Sáu", "f", date(1993, 3, 3), "Kinh", "cell_d", date(2018, 5, 19)),
}
FULL = (5, 5, 10, 30, 10, 5, 30, 5)
FAULTS = [
    {"sheet": "members", "row": 7, "column": "born_on", "value": "31.02.1990", "reason": "There is no such day."},
    {"sheet": "", "row": None, "column": "", "value": "", "reason": "The sheet units2 is unknown."},
]


@dataclass(frozen=True)
class World:
    """Units and users by their names; two loads, one done, one refused."""

    province: Unit
    north: Unit
    south: Unit
    upland: Unit
    lowland: Unit
    cell_a: Unit
    cell_b: Unit
    cell_c: Unit
    cell_d: Unit
    ana: User
    ben: User
    chi: User
    dan: User
    eva: User
    flo: User
    gus: User
    hoa: User
    done: Load
    refused: Load
    term: Term
    post: Post
    charge: Charge

    @classmethod
    def found(cls) -> World:
        """The world as it stands in the database."""
        units, users, loads = Unit.objects.in_bulk(field_name="code"), {}, {}
        users = User.objects.in_bulk(field_name="username")
        loads = {load.outcome: load for load in Load.objects.all()}
        by_name: dict[str, Any] = {name: units[code] for name, (code, *_) in UNITS.items()} | users | loads
        by_name["post"] = Post.objects.get(unit=units["T-N"], post=PostKind.SECRETARY, to_on=None)
        by_name |= {"term": Term.objects.get(), "charge": Charge.objects.get()}
        return cls(**{field.name: by_name[field.name] for field in fields(cls)})


def build(above: Unit | None = None) -> World:
    """Make the world in an empty database, by actions, and fold its figures; its province may stand under a root."""
    eva = _users()
    units = _tree(eva, above)
    for username, (_, role, unit) in USERS.items():
        user = User.objects.get(username=username)
        ended = date(2023, 12, 31) if username == "hoa" else None
        organizations.grant(
            user=user, role=role, unit=units[unit], from_on=date(2023, 1, 1), to_on=ended, by=None, at=AT
        )
    roll(units=units, by=eva, at=AT)
    organizations.move(unit=units["cell_d"], to=units["south"], on=MOVED_ON, decision="12-QĐ/TU", by=eva, at=AT)
    Load.objects.create(
        file_name="vinh-son-2023.xlsx", sha256="0" * 64, size=123456, by=eva, at=AT, outcome=Load.Outcome.DONE,
        verdicts={"units": {"new": [[2, 10]]}, "members": {"new": [[2, 5], [7, 11]], "unchanged": [[6, 6]]}},
    )  # fmt: skip
    Load.objects.create(
        file_name="<b>bad</b>.xlsx", sha256="f" * 64, size=99, by=None, at=AT, outcome=Load.Outcome.REFUSED,
        verdicts={}, faults=FAULTS,
    )  # fmt: skip
    folding.fold_all(by=None, at=AT)
    return World.found()


def _users() -> User:
    for username, (full_name, *_) in USERS.items():
        user = User(username=username, full_name=full_name, is_active=username != "gus")
        user.set_password(PASSWORD)
        user.save()
    return User.objects.get(username="eva")


def _tree(by: User, above: Unit | None) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for name, (code, label, kind, parent, setting) in UNITS.items():
        unit = Unit(code=code, name=label, kind=kind, setting=setting, founded_on=FOUNDED)
        units[name] = organizations.found(unit=unit, parent=units.get(parent, above), by=by, at=AT)
    return units


@action("tests.rolled")
def roll(*, units: dict[str, Unit], by: User, at: datetime) -> None:
    """Members, posts, meetings and targets, as a workbook would bring them."""
    people = {}
    for code, (name, sex, born_on, ethnicity, cell, joined_on) in PEOPLE.items():
        keys = {"sort_key": name_sort_key(name), "search_key": search_key(name)}
        people[code] = Person.objects.create(
            code=code, full_name=name, sex=sex, born_on=born_on, ethnicity=ethnicity, **keys
        )
        Membership.objects.create(person=people[code], cell=units[cell], joined_on=joined_on)
    spells = {m.person.code: m for m in Membership.objects.select_related("person")}
    Transfer.objects.create(
        membership=spells["M5"], to_cell=units["cell_c"], on=date(2023, 10, 1), kind=TransferKind.OFFICIAL
    )
    Transfer.objects.create(
        membership=spells["M2"], to_cell=units["cell_b"], on=date(2023, 11, 1), kind=TransferKind.TEMPORARY
    )
    Departure.objects.create(membership=spells["M9"], on=date(2023, 8, 20), reason="deceased")
    restay([spell.pk for spell in spells.values()])
    for code, username in (("M1", "ana"), ("M2", "ben")):
        link_user(person=people[code], user=User.objects.get(username=username), by=by, at=at)
    for cell, place, person, other in (
        ("cell_a", "Thôn 1", "M1", ""),
        ("cell_b", "Thôn 10", None, "Lò Văn Nhân"),
        ("cell_c", "Thôn 2", "M6", ""),
    ):
        Post.objects.create(
            unit=units[cell], post=PostKind.VILLAGE_HEAD, place=place, person=people.get(person or ""),
            holder_name=other, from_on=date(2022, 7, 1),
        )  # fmt: skip
    _committee(units["north"], units["cell_a"], people)
    for cell in ("cell_a", "cell_b", "cell_c", "cell_d"):
        _meetings(units[cell], [spells[code] for code, row in PEOPLE.items() if row[4] == cell])
    Document.objects.create(
        number="1188-QĐ/HU", kind="decision", issuer=units["north"], issued_on=date(2023, 3, 31), title="Giao chỉ tiêu"
    )
    for name, code, comparator, value in (
        ("province", "members.admitted", ">=", "2"),
        ("north", "meetings.attendance", ">", "0.85"),
        ("north", "village_heads.members", ">=", "0.9"),
        ("cell_a", "meetings.regular_held", ">=", "1"),
    ):
        Target.objects.create(
            unit=units[name], indicator=code, period="2023", comparator=comparator, value=value, decision="1188-QĐ/HU"
        )


def _committee(north: Unit, cell: Unit, people: dict[str, Person]) -> None:
    """The north's committee: three of five seats held, a deputy gone, the secretary looks after cell A."""
    Term.objects.create(
        unit=north, from_on=date(2020, 7, 1), to_on=date(2025, 7, 1), congress_on=date(2020, 6, 30),
        decision="7-QĐ/TU", seats=5, standing=3, deputies=1, women=40, young=20, young_age=40, first_time=33,
        regulation_number="1-QC/HU", regulation_on=date(2020, 9, 1),
    )  # fmt: skip
    for post, code, from_on, to_on in (
        (PostKind.COMMITTEE_MEMBER, "M4", date(2015, 7, 1), date(2020, 7, 1)),
        (PostKind.SECRETARY, "M4", date(2020, 7, 1), None),
        (PostKind.DEPUTY_SECRETARY, "M8", date(2020, 7, 1), date(2023, 7, 1)),
        (PostKind.STANDING_MEMBER, "M1", date(2020, 7, 1), None),
        (PostKind.COMMITTEE_MEMBER, "M2", date(2023, 9, 1), None),
    ):
        Post.objects.create(
            unit=north, post=post, person=people[code], from_on=from_on, to_on=to_on, decision="8-QĐ/TU"
        )
    charge = Charge.objects.create(
        unit=north, person=people["M4"], over_unit=cell, from_on=date(2021, 1, 1), decision="9-QĐ/HU"
    )
    Visit.objects.create(charge=charge, on=date(2023, 12, 3), note="Cùng dự họp chi bộ")


def _meetings(cell: Unit, spells: list[Membership]) -> None:
    """A regular meeting in each of four months, one thematic, all but the last scored."""
    for n, held_on in enumerate(
        (date(2023, 1, 3), date(2023, 2, 3), date(2023, 3, 5), date(2023, 9, 4), date(2024, 1, 3)), 1
    ):
        meeting = Meeting.objects.create(
            code=f"{cell.code}-{n}", unit=cell, kind=Kind.THEMATIC if n == 3 else Kind.REGULAR, held_on=held_on,
            month=held_on.replace(day=1), topic="Học tập",
        )  # fmt: skip
        present = [spell for spell in spells if spell.joined_on <= held_on and spell.person.code != "M9"]
        for m, spell in enumerate(present):
            state = State.EXCUSED if (m + n) % 3 == 0 else State.PRESENT
            Attendance.objects.create(meeting=meeting, person=spell.person, state=state)
        if n < 5:
            points = {f"c{g}": most for g, most in enumerate(FULL, 1)} | {"c4": 30 - 4 * n}
            Score.objects.create(meeting=meeting, scored_by="self", scored_on=held_on, **points)
