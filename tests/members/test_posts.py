"""Posts: who holds which from when to when, one holder at a time, by whatever way it is written."""

from chibo.committees.models import Norm


def test_norms(world):
    assert Norm.objects.count() > 20
