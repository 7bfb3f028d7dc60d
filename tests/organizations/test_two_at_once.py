"""Two who move one unit at the same moment: one of them is told no."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import Error, connection

from chibo.core.actions import Denied
from chibo.core.spans import holding
from chibo.organizations.actions import move
from chibo.organizations.models import Lineage, ParentLink
from tests.world import AT, TODAY


def test_two_moves_of_one_unit_at_once_leave_it_one_parent(committed_world):
    world, both = committed_world, Barrier(2)

    def go(to):
        try:
            both.wait()
            move(unit=world.cell_d, to=to, on=TODAY, decision="", by=None, at=AT)
        except (Denied, Error) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, [world.north, world.province]))
    assert sum(answer is None for answer in answers) == 1
    assert ParentLink.objects.filter(holding(TODAY), unit=world.cell_d).count() == 1
    assert Lineage.objects.filter(holding(TODAY), unit=world.cell_d).count() == 1
