"""Comparing by night: a figure that is not what its records say is found, kept, shown and told of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core import mail
from django.db.models import F

from chibo.core.periods import Period
from chibo.indicators import comparing, queries, registry
from chibo.indicators.models import Comparison, Difference, Fold, Mark, OwnSum, Sum
from chibo.integrity.models import CheckRun
from chibo.organizations.models import Unit
from tests.indicators.comparing import undone

pytestmark = pytest.mark.usefixtures("sample")
AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)


@pytest.fixture
def all_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw is of the district and its cells in one month, of three indicators."""
    codes = ["members.total", "meetings.attendance", "cells.good"]
    units = list(Unit.objects.order_by("pk").values_list("pk", flat=True))
    drawn = {code: {(unit, date(2023, 12, 1)) for unit in units} for code in codes}
    monkeypatch.setattr(comparing, "draw", lambda seed, today: drawn)


def test_what_is_kept_is_what_the_records_say() -> None:
    with undone():
        for seed in range(2):
            night = comparing.compare(seed=seed, by=None, at=AT)
            assert night.differing == 0 and night.compared == night.drawn > 50


def test_a_figure_made_wrong_is_found(all_drawn: None) -> None:
    unit = Unit.objects.get(code="DU-01-T01")
    with undone():
        kept = OwnSum.objects.filter(unit=unit, year=2023)
        right = kept.get(indicator__code="members.total").n12
        assert kept.filter(indicator__code="members.total").update(n12=F("n12") + 1) == 1
        assert kept.filter(indicator__code="meetings.attendance").delete()[0] == 1  # what is missing differs as well
        night = comparing.compare(seed=1, by=None, at=AT)
        assert night.differing == 2 and night.compared == night.drawn
        found = Difference.objects.get(comparison=night, indicator="members.total")
        assert (found.unit, found.month, found.numerator, found.new_numerator) == (
            unit, date(2023, 12, 1), right + 1, right,
        )  # fmt: skip


def test_what_is_just_being_folded_is_not_compared(all_drawn: None) -> None:
    unit = Unit.objects.get(code="DU-01-T01")
    with undone():
        OwnSum.objects.filter(unit=unit).delete()
        Mark.objects.create(unit=unit, from_on=date(2023, 12, 1), subject="")
        night = comparing.compare(seed=1, by=None, at=AT)
        above = len(unit.path.split("/")) - 1
        assert night.differing == 0 and night.compared == night.drawn - 3 * above


def test_a_difference_alarms(all_drawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from chibo.indicators import tasks

    deferred: list[Any] = []
    monkeypatch.setattr(tasks.tell_administrators, "defer", lambda **given: deferred.append(given))
    monkeypatch.setattr(tasks, "administrators", lambda today: ["eva@example.org"])
    with undone():
        tasks.compare_by_night(timestamp=1)
        assert not deferred and not CheckRun.objects.exists()
        Sum.objects.filter(indicator__code="members.total").update(n12=0)
        tasks.compare_by_night(timestamp=1)
        assert CheckRun.objects.exists()  # so the desk tells it
        (given,) = deferred
        tasks.tell_administrators(**given)
        (sent,) = mail.outbox
        assert sent.to == ["eva@example.org"] and "HU-TD" not in sent.body


def test_draws_are_of_years_kept_and_by_chance() -> None:
    drawn = comparing.draw(1, date(2024, 1, 10))
    assert drawn == comparing.draw(1, date(2024, 1, 10)) != comparing.draw(2, date(2024, 1, 10))
    assert set(drawn) <= set(registry.codes())
    assert {month.year for figures in drawn.values() for _unit, month in figures} <= {2022, 2023, 2024}


def test_a_figure_says_when_and_from_what_it_was_computed() -> None:
    kept = Sum.objects.filter(indicator__code="members.total", year=2023).latest("at")
    years, origin = queries.kept_and_origin(kept.unit_id, "members.total", [Period.parse("2023-12")])
    assert years == {2023} and origin is not None
    assert (origin.at, origin.way) == (kept.at, Fold.Way.WORKER) and origin.marks > 0
    assert queries.kept_and_origin(kept.unit_id, "nothing", [Period.parse("1950")]) == (set(), None)
    assert not Comparison.objects.exists()
