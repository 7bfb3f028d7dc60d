"""The country before and after 1 July 2025, as workbooks: the old tree is generated, the new one is that of a package.

The 34 provinces and 3,321 communes of today are those of `vietnam_provinces`; which of the 63 provinces went into
which is as it was. No package has the districts and communes of before, so these are made up, the same every time:
one to four old communes for each new one, about sixteen a district; so are cells, members and all they did, in
such a way that the checks of the program find nothing wrong before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

REFORM = date(2025, 7, 1)
BEFORE = {  # code of a province of today: the provinces of 2024 it came from, the one that goes on first
    1: ("Hà Nội",), 4: ("Cao Bằng",), 8: ("Tuyên Quang", "Hà Giang"), 11: ("Điện Biên",), 12: ("Lai Châu",),
    14: ("Sơn La",), 15: ("Lào Cai", "Yên Bái"), 19: ("Thái Nguyên", "Bắc Kạn"), 20: ("Lạng Sơn",),
    22: ("Quảng Ninh",), 24: ("Bắc Ninh", "Bắc Giang"), 25: ("Phú Thọ", "Vĩnh Phúc", "Hòa Bình"),
    31: ("Hải Phòng", "Hải Dương"), 33: ("Hưng Yên", "Thái Bình"), 37: ("Ninh Bình", "Hà Nam", "Nam Định"),
    38: ("Thanh Hóa",), 40: ("Nghệ An",), 42: ("Hà Tĩnh",), 44: ("Quảng Trị", "Quảng Bình"),
    46: ("Thừa Thiên Huế",), 48: ("Đà Nẵng", "Quảng Nam"), 51: ("Quảng Ngãi", "Kon Tum"),
    52: ("Gia Lai", "Bình Định"), 56: ("Khánh Hòa", "Ninh Thuận"), 66: ("Đắk Lắk", "Phú Yên"),
    68: ("Lâm Đồng", "Đắk Nông", "Bình Thuận"), 75: ("Đồng Nai", "Bình Phước"),
    79: ("Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"), 80: ("Tây Ninh", "Long An"),
    82: ("Đồng Tháp", "Tiền Giang"), 86: ("Vĩnh Long", "Bến Tre", "Trà Vinh"), 91: ("An Giang", "Kiên Giang"),
    92: ("Cần Thơ", "Sóc Trăng", "Hậu Giang"), 96: ("Cà Mau", "Bạc Liêu"),
}  # fmt: skip
CITIES = {"Hà Nội", "Hải Phòng", "Đà Nẵng", "Hồ Chí Minh", "Cần Thơ"}  # ruled by the centre in 2024
OF_A_DISTRICT = 16  # communes
FOUNDED = date(1976, 2, 3)
DAYS = 9000  # days on which members are born, from 1950 on
MAXIMA = (5, 5, 10, 30, 10, 5, 30, 5)  # points of the eight parts of a score
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi")
GIVEN = ("An", "Bình", "Chi", "Dung", "Hà", "Lan", "Minh", "Nam", "Phương", "Quý", "Sơn", "Yến")
HEADS = {
    "units": ["code", "name", "kind", "parent_code", "setting", "founded_on"],
    "members": ["member_code", "full_name", "sex", "born_on", "ethnicity", "cell_code", "joined_on", "official_on"],
    "transfers": ["member_code", "to_cell_code", "on", "kind"],
    "departures": ["member_code", "on", "reason"],
    "posts": ["unit_code", "post", "place", "member_code", "holder_name", "from", "to"],
    "meetings": ["meeting_code", "unit_code", "kind", "held_on", "period", "topic", "mode", "duration_min"],
    "attendance": ["meeting_code", "member_code", "state"],
    "scores": ["meeting_code", "scored_on", "scored_by", *(f"c{n}" for n in range(1, 9))],
    "targets": ["unit_code", "indicator", "period", "comparator", "value", "decision"],
}
Row = dict[str, Any]


@dataclass
class Country:
    """The old tree with its records, the acts of the reform, and what goes where: new commune by old."""

    sheets: dict[str, list[list[Any]]] = field(default_factory=lambda: {name: [] for name in HEADS})
    acts: list[Row] = field(default_factory=list)
    becomes: dict[str, str] = field(default_factory=dict)  # code of an old commune: of the new one
    above: dict[str, str] = field(default_factory=dict)  # code of a new commune: of its province
    rich: list[str] = field(default_factory=list)  # old communes in which much is recorded
    names: dict[str, str] = field(default_factory=dict)  # of the new communes by code
    called: dict[tuple[str, str], int] = field(default_factory=dict)  # how many old communes of a province and a name


def committee(name: str) -> str:
    """The committee of a commune by the commune's name."""
    return f"Đảng ủy {name[0].lower()}{name[1:]}"


def province(name: str, cities: Collection[str] = CITIES) -> str:
    """The committee of a province by its name."""
    plain = name.removeprefix("Thành phố ")
    return f"Thành ủy {plain}" if name != plain or name in cities else f"Tỉnh ủy {name}"


def olds_of(at: int) -> int:
    """From how many old communes the new one at a place in the list came."""
    return 1 if at % 25 == 7 else 4 if at % 4 == 0 else 3


def country(only: Collection[int] = (), one_in: int = 1, members: bool = True, rich_one_in: int = 150) -> Country:
    """The reform of all provinces or of some, of every commune or one in so many; with records or the tree alone."""
    import vietnam_provinces

    made = Country()
    add(made, "units", "TW", "Ban Chấp hành Trung ương", "central", None, None, date(1930, 2, 3))
    wards: dict[int, list[Any]] = {}
    for at, ward in enumerate(vietnam_provinces.Ward.iter_all()):
        if at % one_in == 0:
            wards.setdefault(int(ward.province_code), []).append(ward)
    ticket = count()
    for each in vietnam_provinces.Province.iter_all():
        code = int(each.code)
        if not only or code in only:
            _province(made, code, each.name, wards.get(code, []), ticket)
    if members:
        for at, old in enumerate(list(made.becomes)):
            _records(made, old, at, rich=at % rich_one_in == 1)
        _of_units_above(made)
    return made


def add(made: Country, sheet: str, *cells: Any) -> None:
    """A row of a sheet, filled up with nothing."""
    made.sheets[sheet].append([*cells, *[None] * (len(HEADS[sheet]) - len(cells))])


def act(made: Country, what: str, unit_code: str, **cells: Any) -> None:
    """A row of the workbook of the reform."""
    made.acts.append({"act": what, "unit_code": unit_code, **cells})


def _province(made: Country, code: int, name: str, wards: list[Any], ticket: Iterator[int]) -> None:
    """The provinces of before with their districts and communes, and how they become the one of today."""
    olds = BEFORE[code]
    first = f"P{code:02d}"
    codes = [first, *(f"P{code:02d}-{n}" for n in range(1, len(olds)))]
    for old, old_code in zip(olds, codes, strict=True):
        add(made, "units", old_code, province(old), "province", "TW", None, FOUNDED)
    if province(name, ()) != province(olds[0]):
        act(made, "rename", first, name=province(name, ()))
    shares = [wards[len(wards) * n // len(olds) : len(wards) * (n + 1) // len(olds)] for n in range(len(olds))]
    for old_code, share in zip(codes, shares, strict=True):
        communes = [commune for ward in share for commune in _ward(made, ward, next(ticket), first)]
        for at, (commune, label) in enumerate(communes):
            district = f"{old_code}.{at // OF_A_DISTRICT + 1:02d}"
            if at % OF_A_DISTRICT == 0:
                title = f"Huyện ủy {label.removeprefix('Đảng ủy xã ')}"
                add(made, "units", district, title, "district", old_code, None, FOUNDED)
                act(made, "dissolve", district)
            add(made, "units", commune, label, "grassroots_committee", district, "commune", FOUNDED)
        if old_code != first:
            act(made, "merge", old_code, into_code=first)


def _ward(made: Country, ward: Any, at: int, above: str) -> list[tuple[str, str]]:
    """The old communes a new one came from: one of them goes on, or all go into one that is founded."""
    from chibo.core.text import search_key

    new = f"W{int(ward.code):05d}"
    plain = ward.name.removeprefix("Phường ").removeprefix("Xã ").removeprefix("Đặc khu ")
    before = made.called.setdefault((above, search_key(plain)), 0)  # two communes may differ by accents alone
    made.called[above, search_key(plain)] += olds_of(at)
    olds = [(f"{new}.{n}", f"Đảng ủy xã {plain} {before + n}") for n in range(1, olds_of(at) + 1)]
    goes_on = len(olds) == 1 or at % 5 == 1
    to = olds[0][0] if goes_on else new
    if goes_on:
        act(made, "move", to, parent_code=above)
        act(made, "rename", to, name=committee(ward.name))
    else:
        setting = {"setting": "commune"}
        act(made, "found", new, name=committee(ward.name), kind="grassroots_committee", parent_code=above, **setting)
    for code, _label in olds:
        made.becomes[code] = to
        if code != to:
            act(made, "merge", code, into_code=to)
    made.above[to] = above
    made.names[to] = committee(ward.name)
    return olds


def _records(made: Country, old: str, at: int, *, rich: bool) -> None:
    """Cells of an old commune, a thin layer of records everywhere and a thick one in some."""
    place = 10 * int(old.rpartition(".")[2])  # villages keep their names when communes merge, so all differ
    for n in range(1, (4 if rich else 1) + 1):
        cell = f"{old}-{n}"
        add(made, "units", cell, f"Chi bộ thôn {place + n}", "cell", old, "village", FOUNDED)
        people = [f"{cell}-{m}" for m in range(1, (13 if rich else 3) + 1)]
        for m, person in enumerate(people):
            _person(made, person, cell, at, m)
        add(made, "posts", cell, "secretary", None, people[0], None, date(2022, 6, 1))
        months = [(y, m) for y in (2023, 2024) for m in range(1, 13)] if rich else [(2023, 3), (2024, 3)]
        for year, month in [*months, (2025, 5)]:
            _meeting(made, cell, people[:10], date(year, month, 3 + at % 3), at)
    add(made, "posts", old, "secretary", None, f"{old}-1-1", None, date(2022, 7, 1))
    if rich:
        made.rich.append(old)
        add(made, "transfers", f"{old}-1-11", f"{old}-2", date(2024, 5, 6), "official")
        add(made, "departures", f"{old}-3-11", date(2024, 9, 1), "transferred_out")
        add(made, "targets", old, "members.admitted", "2025", ">=", 4, "1-QĐ")
        add(made, "targets", old, "meetings.attendance", "2024", ">=", 0.9, "1-QĐ")
        act(made, "merge", f"{old}-4", into_code=f"{old}-1")


def _person(made: Country, code: str, cell: str, at: int, m: int) -> None:
    """A member: no two of one name and day of birth."""
    number = len(made.sheets["members"])
    name = f"{FAMILY[(at + m) % 8]} {'Thị' if m % 2 else 'Văn'} {GIVEN[number // DAYS % 12]}"
    born = date(1950, 1, 1) + timedelta(days=number * 37 % DAYS)
    joined = date(2023 + m % 2, 1 + m % 12, 19) if m > 9 else date(1995 + (at + m) % 27, 5, 19)
    official = joined.replace(year=joined.year + 1)
    ethnicity = "Tày" if at % 5 == 2 else "Kinh"
    add(made, "members", code, name, "f" if m % 2 else "m", born, ethnicity, cell, joined,
        official if official < REFORM else None)  # fmt: skip


def _meeting(made: Country, cell: str, people: list[str], held: date, at: int) -> None:
    """A regular meeting with who was there, and its points."""
    month = f"{held:%Y-%m}"
    meeting = f"{cell}-{month}"
    add(made, "meetings", meeting, cell, "regular", held, month, None, "in_person", 90)
    for m, person in enumerate(people):
        add(made, "attendance", meeting, person, "excused" if m and (m + held.month + at) % 9 == 0 else "present")
    lost = (at + held.month) % 13 * 3  # of a hundred points
    add(made, "scores", meeting, held + timedelta(days=at % 2), "self", *points(lost))


def points(lost: int) -> list[int]:
    """The eight parts of a score that has lost so many of its hundred points."""
    found = []
    for most in MAXIMA:
        found.append(most - min(lost, most))
        lost -= min(lost, most)
    return found


def _of_units_above(made: Country) -> None:
    """Targets and posts of districts and provinces."""
    members = iter([row[0] for row in made.sheets["members"] if row[0].endswith("-1")])  # the first of each cell stays
    for row in list(made.sheets["units"]):
        if row[2] in ("district", "province", "central"):
            add(made, "posts", row[0], "secretary", None, next(members), None, date(2021, 1, 1))
        if row[2] == "district":
            add(made, "targets", row[0], "members.admitted", "2025", ">=", 20, "2-QĐ")
            add(made, "targets", row[0], "meetings.attendance", "2025-H2", ">=", 0.9, "2-QĐ")
        if row[2] == "province":
            add(made, "targets", row[0], "members.admitted", "2024", ">=", 200, "3-QĐ")
