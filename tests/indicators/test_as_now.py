"""Figures of the past on today's tree, whatever was moved and folded in between; those as then untouched."""

import os
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.indicators import folding
from chibo.indicators.models import Shift
from chibo.organizations.actions import move
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from tests.indicators.comparing import differences, engine_figures, figures_from_facts, kept, undone
from tests.indicators.writing import changes, put
from tests.reference import Reference, Roll, periods_of
from tests.rolls import rolls, years_of

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CHIBO_EXAMPLES", "5"))
AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
LATER = date(2026, 2, 1)  # after every fact of the rolls
BACK_AT = AT + timedelta(days=200)  # after every unit was moved home again
Move = dict[str, object]


def move_about(random: Random, number: int) -> list[Move]:
    """Move units chosen by chance, each on a day after all facts; fold between some of the moves."""
    units, done = list(Unit.objects.order_by("code")), []
    for n in range(number):
        unit, to = random.choice(units), random.choice(units)
        on = LATER + timedelta(days=n)
        try:
            move(unit=Unit.objects.get(pk=unit.pk), to=to, on=on, decision="1-QĐ", by=None, at=AT)
        except Denied:
            continue
        done.append({"unit_code": unit.code, "to_code": to.code, "on": on})
        if random.random() < 0.4:
            folding.fold(by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    return done


@settings(max_examples=EXAMPLES)
@given(roll=rolls(), seed=st.integers(0, 2**32), batch=st.sampled_from([3, 20_000]), few=st.sampled_from([0, 5_000]))
def test_whatever_moves_the_past_stays_as_then_and_is_counted_anew_as_now(
    roll: Roll, seed: int, batch: int, few: int
) -> None:
    random = Random(seed)
    periods = [period for year in years_of(roll) for period in periods_of(year)]
    with undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "BATCH", batch)
        patch.setattr(folding, "FEW", few)  # with 0, whenever most units are marked all is compared
        put(rows=changes(roll), by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        before = [(p, f) for p, f in engine_figures(periods).items() if Period.parse(p).last_day < LATER]
        moved = move_about(random, 25)
        after = engine_figures(periods)
        for period, figures in before:
            assert differences(after[period], figures) == [], period
        reference = Reference(roll | {"moves": [*roll["moves"], *moved]})
        for found in (engine_figures(periods, Tree.NOW), figures_from_facts(periods, Tree.NOW)):
            for period, figures in found.items():
                assert differences(figures, reference.figures(period, date.max)) == [], period
        as_folded = kept()
        folding.rebuild(by=None, at=AT)
        assert kept() == as_folded


@settings(max_examples=EXAMPLES)
@given(roll=rolls(moves=False))
def test_where_all_stand_again_where_they_stood_nothing_is_kept_beside(roll: Roll) -> None:
    with undone():
        put(rows=changes(roll), by=None, at=AT)
        folding.fold_all(by=None, at=AT)
        assert not Shift.objects.exists()
        parents = {unit["code"]: unit.get("parent_code") for unit in roll["units"]}
        for n, row in enumerate(move_about(Random(7), 15)):
            code = str(row["unit_code"])
            unit, home = Unit.objects.get(code=code), Unit.objects.get(code=parents[code])
            try:
                move(unit=unit, to=home, on=LATER + timedelta(days=100 + n), decision="2-QĐ", by=None, at=BACK_AT)
            except Denied:
                assert unit.path.startswith(home.path)  # it is there again already
        folding.fold_all(by=None, at=BACK_AT)
        months = {f"{month:%Y-%m}" for _unit, month, *_rest in kept()[2]}
        assert months <= {f"{LATER + timedelta(days=n):%Y-%m}" for n in range(200)}  # while they stood elsewhere
