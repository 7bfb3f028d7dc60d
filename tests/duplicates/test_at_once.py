"""Somebody decides or corrects a record while the program looks who is like whom: neither loses what the other did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from chibo.duplicates.actions import find, tell_apart
from chibo.duplicates.models import Pair, Stale
from tests.duplicates.people import change, record
from tests.organizations.test_two_at_once import meanwhile, told
from tests.world import AT

LOOK = {"by": None, "at": AT}


def test_who_is_told_apart_while_they_are_found_again_stays_apart(committed_world):
    first = record(code="H1", cell=committed_world.cell_a)
    second = record(code="H2", cell=committed_world.cell_b)
    find(**LOOK)
    Stale.objects.create(person_id=first.pk)
    decided = {"one": first.pk, "other": second.pk, "by": committed_world.chi, "at": AT}
    assert meanwhile(find, LOOK, decided, then=tell_apart) is None
    assert Pair.objects.get(first_id=first.pk).is_apart


def test_who_is_corrected_while_others_are_looked_at_is_looked_at_next(committed_world):
    first = record(code="H1", cell=committed_world.cell_a)
    find(**LOOK)
    second = record(code="H2", name="Phan Thị Mơ", cell=committed_world.cell_b)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        change(second, full_name=first.full_name)
        assert pool.submit(told, find, **LOOK).result(30) is None
    find(**LOOK)
    assert Pair.objects.get().second_id == second.pk
