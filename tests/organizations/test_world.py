"""The small world itself: what it counts up to, told apart from how it is built."""

from chibo.core.periods import Period
from chibo.indicators import queries
from chibo.organizations.models import Unit
from tests.world import World


def counted(unit: Unit, code: str, period: str = "2023") -> tuple[int, int | None]:
    figure = queries.figures([unit.pk], Period.parse(period))[unit.pk][code]
    return figure.numerator, figure.denominator


def test_the_world_stands_as_told(world):
    assert Unit.objects.count() == 9
    assert world.cell_d.path == f"{world.province.pk}/{world.south.pk}/{world.cell_d.pk}/"
    assert counted(world.province, "members.total") == (8, None)
    assert counted(world.north, "members.total") == (4, None)
    assert counted(world.north, "members.total", "2023-06") == (7, None)  # cell D still stood there
    assert counted(world.north, "meetings.attendance") == (14, 20)
    assert counted(world.province, "village_heads.members") == (2, 3)
    assert counted(world.south, "members.departed") == (1, None)


def test_what_a_test_does_to_the_world_is_gone_after_it(world):
    assert not world.ana.email
    world.ana.email = "ana@example.org"
    world.ana.save()


def test_it_is_gone_indeed(world):
    test_what_a_test_does_to_the_world_is_gone_after_it(world)


def test_the_world_is_found_again_as_it_was_built(world):
    assert World.found() == world
