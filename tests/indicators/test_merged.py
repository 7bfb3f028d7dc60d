"""Units merged and moved in the world: what they did counts where they went as now, and where it was done as then."""

from datetime import UTC, date, datetime

import pytest

from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.indicators.models import Mark
from chibo.organizations.actions import move
from chibo.organizations.models import Unit
from chibo.organizations.trees import Tree
from tests.indicators.comparing import kept
from tests.organizations.acting import do
from tests.reference import INDICATORS

AT = datetime(2024, 1, 10, 2, 15, tzinfo=UTC)
YEAR = Period.parse("2023")
MERGED_ON = date(2024, 1, 8)


def of(unit: Unit, tree: Tree) -> dict[str, tuple[int, int | None]]:
    found = queries.figures([unit.pk], YEAR, tree=tree)[unit.pk]
    return {code: (figure.numerator, figure.denominator) for code, figure in found.items()}


def added(*many: dict[str, tuple[int, int | None]]) -> dict[str, tuple[int, int | None]]:
    """Figures of several units together."""
    together: dict[str, tuple[int, int | None]] = {}
    for figures in many:
        for code, (n, d) in figures.items():
            m, e = together.get(code, (0, None))
            together[code] = n + m, None if d is None else d + (e or 0)
    return together


def test_a_cell_merged_into_another_counts_there_as_now_and_in_its_own_past_as_then(world):
    a, b, upland = world.cell_a, world.cell_b, world.upland
    then = {unit: of(unit, Tree.THEN) for unit in (a, b, upland)}
    assert then[a] == of(a, Tree.NOW)
    do("merge", MERGED_ON, units=["A"], into="B")
    folding.fold_all(by=None, at=AT)
    assert {unit: of(unit, Tree.THEN) for unit in (a, b, upland)} == then
    assert of(b, Tree.NOW) == added(then[a], then[b])
    assert of(upland, Tree.NOW) == then[upland]
    as_folded = kept()
    folding.rebuild(by=None, at=AT)
    assert kept() == as_folded


@pytest.mark.parametrize("code", [code for code in INDICATORS if code != "members.departed"])
def test_the_evidence_adds_up_on_either_tree_also_of_a_cell_with_one_merged_into_it(world, code):
    do("merge", MERGED_ON, units=["A"], into="B")
    folding.fold_all(by=None, at=AT)
    units = [Unit.objects.get(pk=unit.pk) for unit in (world.cell_a, world.cell_b, world.upland, world.south)]
    for unit in units:
        for tree in Tree:
            for period in (YEAR, Period.parse("2024-01")):
                if not registry.get(code).said_of(period):
                    continue
                rows = Evidence(registry.get(code), unit, period, tree=tree).page(size=1000)
                figure = queries.figures([unit.pk], period, [code], tree)[unit.pk].get(code)
                sums = sum(row.numerator for row in rows), sum(row.denominator or 0 for row in rows)
                assert sums == ((figure.numerator, figure.denominator or 0) if figure else (0, 0)), (unit, tree)


def test_a_moved_unit_is_marked_and_its_figures_as_now_follow(world):
    before = of(world.lowland, Tree.NOW)
    move(unit=world.cell_b, to=world.lowland, on=MERGED_ON, decision="3-QĐ", by=None, at=AT)
    assert Mark.objects.filter(unit=world.cell_b).exists()
    folding.fold_all(by=None, at=AT)
    assert of(world.lowland, Tree.NOW) == added(before, of(world.cell_b, Tree.THEN))
    assert of(world.lowland, Tree.THEN) == before
