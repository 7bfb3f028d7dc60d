"""Acts on the same units at the same moment: it comes out as if one had followed the other, whichever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from chibo.committees.actions import put_in_charge
from chibo.committees.models import Charge
from chibo.core.actions import Denied
from chibo.meetings.actions import say_none
from chibo.members.models import Person, Stay
from chibo.organizations import acts
from chibo.organizations.models import Act, ParentLink, Unit
from tests.organizations.acting import asked
from tests.organizations.test_two_at_once import meanwhile, told
from tests.world import AT, TODAY

ON = date(2024, 1, 8)
PAIRS = {
    "one into the other and that into a third": (
        asked("merge", ON, units=["A"], into="B"),
        asked("merge", ON, units=["B"], into="C"),
    ),
    "into each other": (asked("merge", ON, units=["A"], into="B"), asked("merge", ON, units=["B"], into="A")),
    "moved to two places": (asked("move", ON, unit="A", to="T-S-1"), asked("move", TODAY, unit="T-N-1", to="T-S")),
    "a name for two": (
        asked("found", ON, code="N", name="Một", kind="cell", parent="T-N-1"),
        asked("found", ON, code="N", name="Hai", kind="cell", parent="T-S-1"),
    ),
    "its committee dissolved while a cell comes": (
        asked("merge", ON, units=["T-N-1"], into="T-S-1"),
        asked("found", ON, code="N", name="Một", kind="cell", parent="T-N-1"),
    ),
}


def standing():
    """What units and people came to."""
    units = Unit.objects.order_by("code").values_list("code", "name", "closed_on", "kind")
    links = ParentLink.objects.filter(to_on=None).order_by("unit__code").values_list("unit__code", "parent__code")
    people = (
        Stay.objects.filter(to_on=None).order_by("membership").values_list("membership__person__code", "cell__code")
    )
    return [*units], [*links], [*people]


def done(each):
    return told(acts.do, asked=each, by=None, at=AT)


def one_after_the_other(first, second):
    """What comes of doing one, then the other; all of it taken back again."""
    answers = [done(first) is None, done(second) is None]
    found = standing()
    for act in Act.objects.filter(status="done").order_by("-pk")[: sum(answers)]:
        acts.reverse(act=act, by=None, at=AT)
    return found, answers


@pytest.mark.parametrize("pair", PAIRS)
def test_two_acts_at_once_end_as_one_after_the_other(committed_world, pair):
    first, second = PAIRS[pair]
    before = standing()
    orders = [one_after_the_other(first, second), one_after_the_other(second, first)]
    assert standing() == before
    both = Barrier(2, timeout=60)

    def go(each):
        both.wait()
        return done(each)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, [first, second]))
    assert all(answer is None or isinstance(answer, Denied) for answer in answers)
    assert standing() in [found for found, _answers in orders]


def test_who_waits_for_an_act_sees_what_it_did(committed_world):
    given = {"by": None, "at": AT}
    first, second = PAIRS["into each other"]
    answer = meanwhile(acts.do, given | {"asked": first}, given | {"asked": second})
    assert isinstance(answer, Denied)
    assert "is not open" in str(answer)


def test_a_cell_that_is_told_of_while_it_closes_waits_for_the_act(committed_world):
    world = committed_world
    month = {"unit": world.cell_a, "month": date(2023, 12, 1), "reason": "Lũ", "by": world.ana, "at": AT}
    assert meanwhile(_do_or_say, {"asked": PAIRS["into each other"][0]}, month) is None
    assert Unit.objects.get(code="A").no_meetings.count() == 1


def test_who_puts_someone_in_charge_of_a_unit_while_it_closes_waits_and_is_told_no(committed_world):
    world = committed_world
    charge = Charge(
        unit=world.north, person=Person.objects.get(code="M1"), over_unit=world.cell_a, from_on=TODAY
    )  # fmt: skip
    answer = meanwhile(
        acts.do, {"asked": PAIRS["into each other"][0], "by": None, "at": AT},
        {"charge": charge, "by": None, "at": AT}, put_in_charge,
    )  # fmt: skip
    assert isinstance(answer, Denied)
    assert not Charge.objects.filter(over_unit=world.cell_a, to_on=None).exists()


def _do_or_say(**given):
    if "asked" in given:
        return acts.do(by=None, at=AT, **given)
    return say_none(**given)
