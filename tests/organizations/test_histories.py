"""What units were: called, of what kind, where; what they came from and became; and figures by what they were then."""

from datetime import date, timedelta

from chibo.core.periods import Period
from chibo.core.spans import EVER
from chibo.exchange.loading import load
from chibo.indicators import folding
from chibo.indicators import queries as figures
from chibo.organizations import queries
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import scope_of
from chibo.portal.descent import descent_of
from chibo.portal.spells import spells_of
from tests import rolls
from tests.organizations.acting import do, on
from tests.world import AT, MOVED_ON, TODAY

DAY = timedelta(days=1)
ON = date(2024, 1, 8)


def test_the_spells_of_a_unit_are_told_with_their_decisions(world):
    do("rename", ON, unit="D", name="Chi bộ cơ sở Ánh Dương")
    told = [(each.sort, each.what, each.from_on, each.decision) for each in spells_of(Unit.objects.get(code="D"))]
    assert told == [
        (1, "Chi bộ cơ sở Ánh Dương", ON, "7-QĐ/TU"), (1, "Chi bộ cơ sở Hợp tác xã Ánh Dương", EVER, ""),
        (2, "grassroots_cell", EVER, ""),
        (3, world.south.name, MOVED_ON, "12-QĐ/TU"), (3, world.north.name, EVER, ""),
    ]  # fmt: skip


def test_a_descent_goes_back_and_forth_over_many_acts(world):
    do("merge", date(2024, 1, 5), units=["A"], into="B")
    do("split", date(2024, 1, 8), unit="B", closes=True, parts=[
        {"code": "B1", "name": "Một"}, {"code": "B2", "name": "Hai"}])  # fmt: skip
    do("merge", TODAY, units=["B2"], into="C")
    a, b, c = (world.cell_a.name, world.cell_b.name, world.cell_c.name)
    every = scope_of(world.flo, P.UNIT_VIEW, TODAY)
    for unit in (Unit.objects.get(code="B2"), world.cell_a):
        rows = descent_of(unit, every).rows
        steps = [([name for name, *_ in row.froms], [name for name, *_ in row.intos]) for row in rows]
        assert steps == [([a], [b]), ([b], ["Một", "Hai"]), (["Hai"], [c])]


def test_the_tree_of_a_past_day_has_the_units_names_kinds_and_places_of_that_day(world, django_assert_num_queries):
    do("rename", ON, unit="T-N-1", name="Đảng ủy xã Mới")
    do("change_kind", ON, unit="D", kind="grassroots_committee", cells=[{"code": "D1", "name": "Chi bộ 1"}])
    with django_assert_num_queries(2):
        tree = queries.tree_on(world.province, ON - DAY)
    then = {each.code: (each.name, each.kind, each.parent) for each in tree}
    now = {each.code: (each.name, each.kind, each.parent) for each in queries.tree_on(world.province, ON)}
    assert then["T-N-1"][0] == world.upland.name
    assert then["D"][1:] == ("grassroots_cell", world.south.pk)
    assert now["T-N-1"][0] == "Đảng ủy xã Mới"
    assert now["D"][1] == "grassroots_committee"
    assert set(now) - set(then) == {"D1"}
    before = {each.code: each.parent for each in queries.tree_on(world.province, MOVED_ON - DAY)}
    assert before["D"] == world.north.pk


def due(unit, period):
    folding.fold_all(by=None, at=AT)
    figure = figures.figures([unit.pk], Period.parse(period))[unit.pk].get("meetings.regular_held")
    return (figure.numerator, figure.denominator) if figure else None


def grassroots(unit, period):
    return figures.figures([unit.pk], Period.parse(period))[unit.pk]["units.grassroots"].numerator


def test_a_cell_that_became_a_committee_was_due_as_a_cell_until_then(world):
    before = [due(world.cell_d, period) for period in ("2023-09", "2023-H1", "2023-11")]
    do("change_kind", ON, unit="D", kind="grassroots_committee", cells=[{"code": "D1", "name": "Chi bộ 1"}])
    d1 = Unit.objects.get(code="D1")
    assert [due(world.cell_d, period) for period in ("2023-09", "2023-H1", "2023-11")] == before
    assert due(world.cell_d, "2024-01") is None  # it was a cell only until the 8th, and the new one not yet there
    assert (due(d1, "2024-01"), due(d1, "2024-02")) == (None, (0, 1))
    assert due(world.cell_d, "2024-02") == (0, 1)


def test_nothing_is_due_while_a_unit_is_closed_for_a_time(world):
    later = on(date(2024, 5, 1))
    do("dissolve", date(2024, 2, 1), unit="D", members_to="C", at=later)
    do("reopen", date(2024, 4, 1), unit="D", to="T-S", at=later)
    assert [due(world.cell_d, f"2024-{month}") for month in ("01", "02", "03", "04")] == [(1, 1), None, None, (0, 1)]
    assert [grassroots(world.south, f"2024-{month}") for month in ("01", "02", "03", "04")] == [2, 1, 1, 2]


def test_a_workbook_corrects_the_name_that_holds_and_leaves_acts_to_acts(world, tmp_path):
    do("rename", ON, unit="A", name="Chi bộ Một")
    do("change_kind", ON, unit="D", kind="grassroots_committee", cells=[{"code": "D1", "name": "Chi bộ 1"}])
    heads = ["code", "name", "kind", "parent_code", "setting", "founded_on"]
    row = dict(zip(heads, ["A", "Chi bộ Mốt", "cell", "T-N-1", "village", date(2000, 2, 3)], strict=True))
    file = rolls.write({"units": [row]}, tmp_path / "a.xlsx")
    assert load(path=file, file_name="a", by=None, at=on(TODAY)).faults == []
    assert [each.what for each in spells_of(world.cell_a) if each.sort == 1] == ["Chi bộ Mốt", world.cell_a.name]
    file = rolls.write(
        {"units": [row | {"code": "D", "kind": "grassroots_cell", "parent_code": "T-S"}]}, tmp_path / "d.xlsx"
    )
    (fault,) = load(path=file, file_name="d", by=None, at=on(TODAY)).faults
    assert fault["column"] == "kind"
    member = {
        "member_code": "M8",
        "full_name": "Đinh Văn Quý",
        "sex": "m",
        "born_on": date(1985, 6, 15),
        "ethnicity": "Kinh",
    }
    member |= {"cell_code": "D", "joined_on": date(2012, 2, 3)}
    file = rolls.write({"members": [member]}, tmp_path / "m.xlsx")
    assert load(path=file, file_name="m", by=None, at=on(TODAY)).verdicts["members"] == {"unchanged": [[2, 2]]}
    file = rolls.write({"members": [member | {"member_code": "M99", "joined_on": TODAY}]}, tmp_path / "n.xlsx")
    (fault,) = load(path=file, file_name="n", by=None, at=on(TODAY)).faults
    assert "not open" in fault["reason"]
