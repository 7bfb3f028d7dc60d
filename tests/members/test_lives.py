"""What befalls a member: each act with its decision, in its order, at one's own units, and what follows from it."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import Denied
from chibo.lifecycle.actions import come_back, go_abroad
from chibo.meetings.queries import roll_on
from chibo.members import lives, queries
from chibo.members.models import Exemption, Membership, Person, Stay, TemporaryStay
from chibo.organizations.scope import Scope
from tests.organizations.test_followers import recorded
from tests.organizations.test_two_at_once import meanwhile
from tests.world import AT, TODAY

D = date
NOV = D(2023, 11, 5)


def of(code, number=1):
    return Membership.objects.get(person__code=code, number=number)


def denied(said, act, **given):
    with pytest.raises(Denied, match=said):
        act(**({"by": None, "at": AT} | given))


@pytest.fixture
def someone(world):
    return recorded(lambda: Person.objects.create(code="X", full_name="Lý Thị Xuân", sex="f", born_on=D(1990, 1, 1)))


def test_a_person_is_admitted_recognised_leaves_and_is_admitted_again(world, someone):
    spell = lives.admit(
        person=someone, cell=world.cell_a, joined_on=D(2021, 5, 19), decided_on=D(2021, 5, 3), decision="5-QĐ/HU",
        by=world.chi, at=AT,
    )  # fmt: skip
    lives.recognise(membership=spell, official_on=D(2022, 5, 19), decision="9-QĐ/HU", by=world.chi, at=AT)
    denied("since 19 May 2022", lives.recognise, membership=spell, official_on=D(2022, 6, 1))
    denied("a member since", lives.admit, person=someone, cell=world.cell_b, joined_on=NOV)
    lives.depart(membership=spell, on=D(2023, 3, 1), reason="name_removed", decision="1-QĐ/HU", by=world.chi, at=AT)
    denied("no longer a member", lives.transfer, membership=spell, to_cell=world.cell_b, on=NOV, kind="official")
    denied("until 1 March 2023", lives.admit, person=someone, cell=world.cell_b, joined_on=D(2023, 2, 1))
    again = lives.admit(person=someone, cell=world.cell_b, joined_on=D(2023, 3, 1), by=world.chi, at=AT)
    assert (again.number, again.official_on) == (2, None)
    cells = Stay.objects.filter(membership__person=someone).order_by("from_on").values_list("cell__code", "to_on")
    assert list(cells) == [("A", D(2023, 3, 1)), ("B", None)]


@pytest.mark.parametrize(
    ("cell", "more", "said"),
    [
        ("upland", {}, "is no cell"),
        ("cell_a", {"joined_on": D(1980, 1, 1)}, "born|open"),
        ("cell_a", {"joined_on": D(2024, 5, 1)}, "still to come"),
        ("cell_a", {"decided_on": D(2023, 12, 1)}, "before the admission"),
        ("cell_c", {"by": "chi"}, "only in your own units"),
        ("cell_a", {"by": "ben"}, "only in your own units"),
    ],
)
def test_nobody_is_admitted_where_or_when_it_cannot_be(world, someone, cell, more, said):
    more = more | ({"by": getattr(world, more["by"])} if "by" in more else {})
    denied(said, lives.admit, **({"person": someone, "cell": getattr(world, cell), "joined_on": NOV} | more))


def test_a_member_for_a_time_elsewhere_is_counted_at_home_and_comes_back(world):
    spell = of("M1")
    lives.transfer(
        membership=spell, to_cell=world.cell_b, on=NOV, kind="temporary", until=D(2024, 2, 5), by=world.chi, at=AT
    )
    assert Stay.objects.get(membership=spell).cell == world.cell_a
    assert next(each for each in roll_on(world.cell_a, TODAY) if each.code == "M1").away
    denied("after the one before", lives.extend_temporary, membership=spell, until=D(2024, 2, 5))
    lives.extend_temporary(membership=spell, until=D(2024, 6, 5), decision="2-QĐ", by=world.chi, at=AT)
    denied("ends after that", lives.end_temporary, membership=spell, on=NOV)
    ended = lives.end_temporary(membership=spell, on=D(2024, 1, 5), by=world.chi, at=AT)
    assert (ended.until, ended.ended_on) == (D(2024, 6, 5), D(2024, 1, 5))
    assert TemporaryStay.objects.get(membership=spell).to_on == D(2024, 1, 5)
    assert not next(each for each in roll_on(world.cell_a, TODAY) if each.code == "M1").away
    denied("no other cell", lives.end_temporary, membership=spell, on=TODAY)


def test_a_transfer_is_recorded_in_order_to_a_cell_that_takes_members(world):
    spell = of("M1")
    denied("belongs to this cell", lives.transfer, membership=spell, to_cell=world.cell_a, on=NOV, kind="official")
    denied("no cell", lives.transfer, membership=spell, to_cell=world.upland, on=NOV, kind="official")
    denied("Only a temporary", lives.transfer, membership=spell, to_cell=world.cell_b, on=NOV, kind="official",
           until=TODAY)  # fmt: skip
    lives.transfer(membership=spell, to_cell=world.cell_b, on=NOV, kind="official", decision="7", by=world.chi, at=AT)
    assert Stay.objects.get(membership=spell, to_on=None).cell == world.cell_b
    denied("comes after it", lives.transfer, membership=spell, to_cell=world.cell_a, on=NOV, kind="official")
    denied("comes after it", lives.depart, membership=spell, on=D(2023, 11, 1), reason="resigned")


def test_who_was_exempt_stays_so_for_the_days_that_are_over(world):
    spell = of("M1")
    lives.exempt(membership=spell, from_on=D(2023, 2, 1), decision="3-NQ/CB", by=world.ana, at=AT)
    denied("already", lives.exempt, membership=spell, from_on=NOV)
    denied("not exempt before", lives.return_from_exemption, membership=spell, on=D(2023, 2, 1))
    over = lives.return_from_exemption(membership=spell, on=NOV, decision="8-NQ/CB", by=world.ana, at=AT)
    assert (over.decision, over.end_decision) == ("3-NQ/CB", "8-NQ/CB")

    def exempt(day):
        stays = queries.present(Scope(subtrees=("",)), day).filter(membership=spell)
        row = queries.rows(queries.cells_called(stays, None, day), 1)[0]
        on_roll = next(each for each in roll_on(world.cell_a, day) if each.code == "M1")
        said = (on_roll.exempt, stays.filter(queries.exempt_on(day)).exists(), row.exempt_from is not None)
        assert stays.filter(queries.not_exempt_on(day)).exists() is not said[0]
        assert len(set(said)) == 1, (day, said)
        return said[0]

    assert [exempt(day) for day in (D(2023, 1, 31), D(2023, 2, 1), D(2023, 11, 4), NOV)] == [False, True, True, False]
    denied("returned later", lives.exempt, membership=spell, from_on=D(2023, 5, 1))
    lives.exempt(membership=spell, from_on=NOV, by=world.ana, at=AT)
    assert exempt(TODAY) and Exemption.objects.count() == 1


def test_a_suspension_runs_until_it_is_ended(world):
    spell = of("M1")
    lives.suspend(membership=spell, from_on=D(2023, 2, 1), decision="1-QĐ", by=world.chi, at=AT)
    denied("suspended on that day already", lives.suspend, membership=spell, from_on=NOV)
    denied("not suspended before", lives.end_suspension, membership=spell, on=D(2023, 2, 1))
    assert lives.end_suspension(membership=spell, on=NOV, decision="2-QĐ", by=world.chi, at=AT).to_on == NOV
    lives.suspend(membership=spell, from_on=NOV, by=world.chi, at=AT)


def test_nobody_comes_back_from_anywhere_after_they_left(world):
    """But before that day it may be recorded late."""
    spell, left = of("M1"), "no longer a member since 1 December 2023"
    lives.exempt(membership=spell, from_on=D(2023, 2, 1), by=None, at=AT)
    lives.suspend(membership=spell, from_on=D(2023, 2, 1), by=None, at=AT)
    go_abroad(membership=spell, from_on=D(2023, 2, 1), country="Lào", by=None, at=AT)
    lives.transfer(membership=spell, to_cell=world.cell_b, on=NOV, kind="temporary", by=None, at=AT)
    lives.depart(membership=spell, on=D(2023, 12, 1), reason="resigned", by=None, at=AT)
    for act in (lives.return_from_exemption, lives.end_suspension, lives.end_temporary, come_back):
        denied(left, act, membership=spell, on=D(2023, 12, 1))
    denied(left, lives.extend_temporary, membership=spell, until=D(2024, 6, 5))
    denied(left, go_abroad, membership=spell, from_on=D(2023, 12, 1), country="Lào")
    for act in (lives.return_from_exemption, lives.end_suspension, come_back):
        act(membership=spell, on=D(2023, 11, 30), by=None, at=AT)


def test_of_two_who_admit_the_same_person_at_once_the_second_is_told(committed_world):
    given = {"person": Person.objects.get(code="M9"), "joined_on": NOV, "by": None, "at": AT}
    cells = committed_world.cell_a, committed_world.cell_b
    error = meanwhile(lives.admit, *(given | {"cell": cell} for cell in cells))
    assert isinstance(error, Denied), error
    assert of("M9", 2).cell == committed_world.cell_a
