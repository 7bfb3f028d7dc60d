"""What the sample roll does not bring: committees with terms, seats, charges, visits; sources; the files of one cell.

Invented, and the same on every run: who sits where follows from the order of the roll. Some seats stay empty, some
committees without a working regulation, some cells without anyone in charge, as it is in life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chibo.admissions import actions as admissions
from chibo.admissions import heads, screening
from chibo.admissions.models import Group, Source
from chibo.admissions.queries import heads as heads_of
from chibo.admissions.queries import officials_of
from chibo.admissions.screening import Found
from chibo.committees.models import Charge, Term, Visit, What, norms_of
from chibo.core.actions import action
from chibo.core.spans import holding
from chibo.files.actions import record
from chibo.files.groups import Group as FileGroup
from chibo.files.models import Entry
from chibo.files.models import Source as FileSource
from chibo.members.models import Person, Post, PostKind, Stay
from chibo.organizations.kinds import CELLS, Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.registers.actions import set_days
from chibo.registers.models import Deadline
from chibo.targets.models import Comparator, Target

BEGAN = {Kind.PROVINCE: date(2020, 10, 15), Kind.DISTRICT: date(2020, 7, 20)}
COMMITTEE, CELL = date(2020, 5, 15), date(2022, 6, 1)  # when their terms began
ENDS = {Kind.CELL: date(2025, 1, 1)}
END = date(2025, 6, 1)
LEFT = date(2023, 8, 15)
BRINGING = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)  # what lets its holder see a unit
NUMBER = 500  # the first decision's number
LISTED = 60  # people on lists of sources
ASKED_BY = "1188-QĐ/HU"
ASKED: list[tuple[str, str, Decimal]] = [  # of the meetings of cells, by the resolution
    *((code, Comparator.AT_LEAST, Decimal(1)) for code in (
        "meetings.regular_held", "meetings.thematic_held", "meetings.prepared", "meetings.scored",
        "committees.trained", "committees.regulation",
    )),
    ("meetings.attendance", Comparator.OVER, Decimal("0.85")),
    ("cells.good", Comparator.OVER, Decimal("0.8")),
]  # fmt: skip
FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đỗ", "Vũ", "Bùi")
MIDDLE = {"f": ("Thị Thu", "Thị Minh", "Thị Hồng", "Thị Ngọc"), "m": ("Văn", "Đức", "Quang", "Xuân")}
GIVEN = ("An", "Bình", "Chi", "Duy", "Giang", "Hà", "Khánh", "Lâm", "My", "Nam", "Oanh", "Phúc", "Quân", "Sơn", "Tú")


@action("project.registers_sampled")
def registers(*, by: Any, at: datetime) -> None:
    """Ask for registers within ten days from the fourth quarter of 2023 on; once."""
    if not Deadline.objects.exists():
        set_days(days=10, from_on=date(2023, 10, 1), source="", by=by, at=at)


@action("project.targets_sampled")
def targets(*, unit: str, years: Iterable[int], by: Any, at: datetime) -> None:
    """What the resolution on the cells' meetings asks for, as targets of a unit; one that is laid down stays."""
    found = Unit.objects.filter(code=unit).first()
    if found is None:
        return
    laid_down = set(Target.objects.filter(unit=found).values_list("indicator", "period"))
    Target.objects.bulk_create(
        Target(unit=found, indicator=code, period=str(year), comparator=how, value=value, decision=ASKED_BY)
        for year in years
        for code, how, value in ASKED
        if (code, str(year)) not in laid_down
    )


@action("project.sampled")
def committees(*, day: date, by: Any, at: datetime) -> None:
    """Give every unit of the sample under a province its term and most of its seats; once."""
    if Term.objects.exists():
        return
    units = list(Unit.objects.open_on(day).exclude(kind=Kind.CENTRAL).order_by("path"))
    norms = {kind: norms_of(kind, day) for kind in {unit.kind for unit in units}}
    roll = list(Stay.objects.filter(holding(day)).select_related("membership__person", "cell").order_by("pk"))
    held = {(p.unit_id, p.person_id): p.post for p in Post.objects.filter(holding(day))}
    secretaries = {unit for (unit, _person), post in held.items() if post == PostKind.SECRETARY}
    leading = {person for (_unit, person), post in held.items() if post in BRINGING}  # one role each, by posts
    terms: list[Term] = []
    posts: list[Post] = []
    for n, unit in enumerate(units):
        people = [s.membership.person for s in roll if s.cell.path.startswith(unit.path)]
        people = [p for p in people if (unit.pk, p.pk) not in held and p.born_on < date(1994, 1, 1)]
        people = [p for p in people if p.pk not in leading]
        term = _term(unit, norms[unit.kind], len(people), n)
        terms.append(term)
        made = list(_posts(term, people, n, unit.pk in secretaries))
        leading |= {post.person_id for post in made if post.post in BRINGING}
        posts += made
    Term.objects.bulk_create(terms)
    Post.objects.bulk_create(posts)
    _charges(units, day)


def _term(unit: Unit, norms: dict[str, int], people: int, n: int) -> Term:
    """The term of a unit; the smaller ones elect no committee."""
    is_cell = unit.kind in CELLS
    begun = max(BEGAN.get(Kind(unit.kind), CELL if is_cell else COMMITTEE), unit.founded_on)
    usual = {str(what): norms.get(what) for what in (
        What.SEATS, What.STANDING, What.DEPUTIES, What.WOMEN, What.YOUNG, What.YOUNG_AGE, What.FIRST_TIME)}  # fmt: skip
    if is_cell and people < (norms.get(What.SEATS_FROM) or 0):
        usual |= {"seats": None, "deputies": None}
    issued = n % 9 != 4
    return Term(
        unit=unit, from_on=begun, to_on=ENDS.get(Kind(unit.kind), END), congress_on=begun - timedelta(days=1),
        decision=f"{NUMBER + n}-QĐ/{'HU' if is_cell else 'TU'}",
        regulation_on=begun + timedelta(days=40) if issued else None, regulation_number="01-QC" if issued else "",
        **usual,
    )  # fmt: skip


def _posts(term: Term, people: list[Person], n: int, has_secretary: bool) -> Iterator[Post]:
    """Most of the seats of a term, each somebody else's; here and there one that was left, or none."""
    seats, standing, deputies = term.seats or 0, term.standing or 0, term.deputies or 0
    kinds = [] if has_secretary else [PostKind.SECRETARY]
    kinds += [PostKind.DEPUTY_SECRETARY] * deputies
    kinds += [PostKind.STANDING_MEMBER] * max(0, standing - 1 - deputies)
    kinds += [PostKind.COMMITTEE_MEMBER] * max(0, seats - 1 - deputies - max(0, standing - 1 - deputies))
    step = max(1, len(people) // (len(kinds) + 1))
    for at, (kind, person) in enumerate(zip(kinds, people[n % 3 :: step], strict=False)):
        if (n + at) % 29 == 11:
            continue
        left = LEFT + timedelta(days=n % 90) if (n + at) % 17 == 5 else None
        if at % 2 and (n + at) % 3 and term.unit.kind not in CELLS:  # sat there in the term before too
            yield Post(
                unit=term.unit, post=PostKind.COMMITTEE_MEMBER, person=person, from_on=date(2015, 6, 20),
                to_on=term.from_on, decision="88-QĐ/TU", end_decision=term.decision,
            )  # fmt: skip
        yield Post(
            unit=term.unit, post=kind, person=person, from_on=term.from_on, to_on=left,
            decision=term.decision, end_decision=f"{NUMBER * 2 + n}-QĐ/HU" if left else "",
        )  # fmt: skip


def _charges(units: list[Unit], day: date) -> None:
    """Members of a district's committee look after its cells, with a visit now and then."""
    for unit in (each for each in units if each.kind == Kind.DISTRICT):
        seats = Post.objects.filter(holding(day), unit=unit).exclude(person=None).order_by("pk")
        people = list(dict.fromkeys(post.person_id for post in seats if post.person_id))
        cells = [each for each in units if each.kind in CELLS and each.path.startswith(unit.path)]
        charges = [
            Charge(
                unit=unit, person_id=people[n % len(people)], over_unit=cell, decision="61-QĐ/HU",
                from_on=max(date(2023, 7, 1), cell.founded_on),
            )
            for n, cell in enumerate(cells) if people and n % 8 != 3
        ]  # fmt: skip
        made = Charge.objects.bulk_create(charges)
        visits = [
            Visit(charge=charge, on=charge.from_on + timedelta(days=30 * month + n % 20))
            for n, charge in enumerate(made)
            for month in range(n % 4)
        ]
        Visit.objects.bulk_create(visit for visit in visits if visit.on <= day)


@action("project.sources_sampled")
def sources(*, day: date, by: Any, at: datetime) -> None:
    """Put some people on the lists of cells, some further than others; review some heads; screen one cell; once."""
    if Source.objects.exists():
        return
    cells = list(Unit.objects.open_on(day).filter(kind__in=CELLS).order_by("path"))
    groups = list(Group.objects.filter(holding(day)).order_by("pk"))
    for n, cell in enumerate(cells[:: max(1, len(cells) // LISTED)][:LISTED]):
        _source(cell, n, groups, day, at)
    root = Unit.objects.filter(path__regex=r"^[^/]+/$").order_by("pk").first()
    if root is None:
        return
    for n, post in enumerate(heads_of(root, Scope(subtrees=("",)), day).order_by("pk")[:6]):
        heads.review_head(
            post=post, on=day - timedelta(days=60 + n), conditions=True, standards=True, health=n % 3 != 2,
            reviewed_by="Ban Thường vụ", work="Tổ hòa giải thôn" if n % 3 == 2 else "", by=None, at=at,
        )  # fmt: skip
    for cell in cells[5:8]:
        helpers = officials_of(cell, day)
        others = Stay.objects.filter(holding(day), cell=cell).order_by("-membership__person_id")
        weak = others.values_list("membership__person_id", flat=True).first()
        if len(helpers) > 1 and weak is not None and helpers[0].pk != weak:
            on = day.replace(month=1, day=5) if day.month == 1 and day.day >= 5 else day
            found = {weak: Found("help", "Nhiều lần vắng họp", helpers[0], on + timedelta(days=180))}
            screening.screen(cell=cell, year=on.year, on=on, found=found, by=None, at=at)


def _source(cell: Unit, n: int, groups: list[Group], day: date, at: datetime) -> None:
    """Someone on the list of a cell, as far as the number says."""
    sex = "f" if n % 2 else "m"
    name = f"{FAMILIES[n % 8]} {MIDDLE[sex][n % 4]} {GIVEN[n % 15]}"
    person = Person(
        full_name=name, sex=sex, born_on=date(1988 + n % 16, 1 + n % 12, 1 + n % 28), ethnicity="Kinh",
        occupation="", education="12/12",
    )  # fmt: skip
    begun = max(day - timedelta(days=400 - 5 * n), cell.founded_on)
    source = admissions.list_source(
        person=person, cell=cell, on=begun, introduced_by="Đoàn thanh niên xã" if n % 3 else "Công đoàn cơ sở",
        groups=[groups[n % len(groups)]] if n % 4 and groups else [], by=None, at=at,
    )  # fmt: skip
    helpers = officials_of(cell, begun)
    if n % 5 == 4 or not helpers:
        return
    admissions.give_helper(source=source, person=helpers[n % len(helpers)], on=begun, by=None, at=at)
    if n % 3 == 0:
        return
    held = begun if n % 7 else begun - timedelta(days=1700)
    admissions.certify(
        source=source, number=f"{100 + n}/CN-NTVĐ", issued_on=held, class_at="Trung tâm chính trị huyện", by=None, at=at
    )
    if n % 3 == 2:
        admissions.make_sympathiser(source=source, on=begun, by=None, at=at)


@action("project.files_sampled")
def files(*, cell: str, day: date, by: Any, at: datetime) -> None:
    """Let the files of the members of a cell say something, sensitive groups too; once."""
    if Entry.objects.exists():
        return
    stays = Stay.objects.filter(holding(day), cell__code=cell).select_related("membership__person", "cell")
    for n, stay in enumerate(stays.order_by("pk")):
        person = stay.membership.person
        for group, said, from_on, paper in _said(n, stay, ("Vợ", "Chồng")[person.sex == "f"]):
            if from_on is None or from_on <= day:
                record(
                    person=person, group=group, said=said, from_on=from_on, source=FileSource.FORM, paper=paper, by=by,
                    at=at,
                )  # fmt: skip


def _said(n: int, stay: Stay, relation: str) -> Iterator[tuple[FileGroup, dict[str, str], date | None, str]]:
    """What the file of a member says: group, fields, day, by which form."""
    joined = stay.membership.joined_on
    yield FileGroup.IDENTITY, {"home": f"Thôn {n % 9 + 1}, {stay.cell.name}"}, None, "1-HSĐV"
    yield FileGroup.PARTY, {"card": f"27.{41000 + 7 * n:06}", "number": f"{400 + n:04}"}, joined, "2-HSĐV"
    course = {"course": "Lớp bồi dưỡng đảng viên mới", "place": "Trung tâm chính trị huyện"}
    yield FileGroup.TRAINING, course, joined + timedelta(days=90), "1-HSĐV"
    yield FileGroup.SUPPLEMENTS, {"year": "2023"}, date(2023, 12, 20), "3-HSĐV"
    if n % 3 == 0:
        reward = {"reward": "Giấy khen của Ban Thường vụ Huyện ủy", "giver": "Huyện ủy"}
        yield FileGroup.REWARDS, reward, date(2023, 2, 3), "3-HSĐV"
    family = {"relation": relation, "name": "Lò Thị Mây" if relation == "Vợ" else "Hà Văn Sơn"}
    yield FileGroup.FAMILY, family, None, "2-KNĐ"
    yield FileGroup.CONTACT, {"card": f"0260{n:02}{654321 - 991 * n:06}"}, None, "1-HSĐV"
