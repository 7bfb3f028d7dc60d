"""Who votes in a cell on a day: its official members, but the exempt and the suspended of that day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chibo.core.actions import action
from chibo.lifecycle.voters import every_official, official_members
from chibo.members import lives
from chibo.members.actions import restay
from chibo.members.models import Membership
from tests.world import AT

DAY = timedelta(days=1)
FROM, TO = date(2023, 3, 1), date(2023, 9, 1)


@pytest.fixture
def spell(world):
    """One of the three of cell A, all official since long."""

    @action("tests.official")
    def recognise(*, by, at):
        spells = Membership.objects.filter(cell=world.cell_a)
        spells.update(joined_on=date(2010, 1, 1), official_on=date(2011, 1, 1))
        restay([each.pk for each in spells])

    recognise(by=None, at=AT)
    return Membership.objects.filter(cell=world.cell_a).order_by("pk").first()


def voters(world, ask=official_members):
    """How many voted before the first day, on it, on the last day but one, and from the last on, fewer than before."""
    days = (FROM - DAY, FROM, TO - DAY, TO)
    most = ask(world.cell_a, FROM - DAY)
    return [most - ask(world.cell_a, day) for day in days]


def test_who_was_exempt_on_a_day_gone_by_did_not_vote_then_but_votes_since(world, spell):
    lives.exempt(membership=spell, from_on=FROM, by=None, at=AT)
    assert voters(world) == [0, 1, 1, 1]
    assert voters(world, every_official) == [0, 0, 0, 0], "the exempt may come and vote"
    lives.return_from_exemption(membership=spell, on=TO, by=None, at=AT)
    assert voters(world) == [0, 1, 1, 0]


def test_who_is_suspended_does_not_vote_until_the_suspension_ends(world, spell):
    lives.suspend(membership=spell, from_on=FROM, by=None, at=AT)
    assert voters(world) == voters(world, every_official) == [0, 1, 1, 1]
    lives.end_suspension(membership=spell, on=TO, by=None, at=AT)
    assert voters(world) == [0, 1, 1, 0]
