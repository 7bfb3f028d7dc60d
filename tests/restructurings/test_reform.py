"""The reform of 2025 on a part of the country; `python -m bench reform` runs the same on all of it."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.conf import settings
from django.db.models import F

from bench import proof, reform
from bench.provinces import country
from chibo.indicators.models import Sum


@pytest.fixture(autouse=True)
def after_the_reform(monkeypatch):
    monkeypatch.setattr(settings, "CHIBO_TODAY", reform.TODAY)


def test_the_reform_of_some_provinces_is_done_whole_and_taken_back_whole(transactional_db):
    made = country(only={4, 8, 25}, one_in=12, rich_one_in=12)
    found = reform.run(made, lambda name: nullcontext(), lambda line: None)
    assert found.counts["kinds"]["merge"] > 10
    assert found.counts["settle"] > 0
    wrong = Sum.objects.filter(indicator__code="members.total", year=2024).order_by("pk")[0]
    assert Sum.objects.filter(pk=wrong.pk).update(n5=F("n5") + 1)
    with pytest.raises(AssertionError, match=r"members\.total"):
        proof.as_now()  # what it compares would not pass with one figure more by one


def test_the_whole_country_has_the_provinces_and_communes_of_today():
    made = country(members=False)
    kinds = [row[2] for row in made.sheets["units"]]
    assert kinds.count("province") == 63
    assert 690 <= kinds.count("district") <= 720
    assert 10_400 <= kinds.count("grassroots_committee") <= 10_600
    assert len(set(made.above.values())) == 34
    assert len(set(made.becomes.values())) == 3321
