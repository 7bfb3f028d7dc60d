"""Committees for the sample roll, which brings secretaries and village heads only: terms, seats, charges, visits.

Invented, and the same on every run: who sits where follows from the order of the roll. Some seats stay empty, some
committees without a working regulation, some cells without anyone in charge, as it is in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from chibo.committees.models import Charge, Term, Visit, What, norms_of
from chibo.core.actions import action
from chibo.core.spans import holding
from chibo.members.models import Person, Post, PostKind, Stay
from chibo.organizations.kinds import CELLS, Kind
from chibo.organizations.models import Unit
from chibo.registers.actions import set_days
from chibo.registers.models import Deadline

BEGAN = {Kind.PROVINCE: date(2020, 10, 15), Kind.DISTRICT: date(2020, 7, 20)}
COMMITTEE, CELL = date(2020, 5, 15), date(2022, 6, 1)  # when their terms began
ENDS = {Kind.CELL: date(2025, 1, 1)}
END = date(2025, 6, 1)
LEFT = date(2023, 8, 15)
BRINGING = (PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY)  # what lets its holder see a unit
NUMBER = 500  # the first decision's number


@action("project.registers_sampled")
def registers(*, by: Any, at: datetime) -> None:
    """Ask for registers within ten days from the fourth quarter of 2023 on; once."""
    if not Deadline.objects.exists():
        set_days(days=10, from_on=date(2023, 10, 1), source="", by=by, at=at)


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
