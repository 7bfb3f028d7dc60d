"""What cells claim beyond the records as figures, by cell and as a distribution; the band of a year line by line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.exchange.undoing import Undoing, undo
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.meetings import actions, confirming
from chibo.meetings.models import Confirmation, Deed, Meeting, Score, Scorer, Settled
from chibo.meetings.yearly import told
from chibo.organizations.trees import Tree
from chibo.portal.scoring import cells_by_claim, distribution
from chibo.scoring.models import SheetVersion
from tests.exchange.small import load_roll
from tests.meetings.judging import BARE, browser, by_sheet, confirm, deeds, give_back, record, state
from tests.meetings.saying import seal
from tests.world import AT

Y2023 = Period.parse("2023")
CODES = ["meetings.confirmed", "meetings.confirmed_in_time", "meetings.returned", "meetings.waiting"]


@pytest.fixture
def three(world):
    """Three meetings of cell A in the fourth quarter.

    Of each the records answer for 95 minutes (5 of 5), one of two absent (1 of 4), nobody excused too often (1 of 1),
    no committee that had to meet (2 of 2), that nothing thematic was held, with 5 points that nobody reaches, and of
    no notice and no minutes (0 of 3).
    """
    return [
        record(world, 10, attendance="less", thematic="none", **BARE),  # 9 claimed, 9 by the records, of 15
        record(world, 11, **BARE),  # all of the others claimed: 17; by the records 9, of 20
        record(world, 12, attendance="from65", thematic="none", prepared="no", **BARE),  # 8, 9 by the records, of 15
    ]


def figures(unit, *codes):
    folding.fold_all(by=None, at=AT)
    found = queries.figures([unit.pk], Y2023, list(codes))[unit.pk]
    return {code: (figure.numerator, figure.denominator) for code, figure in found.items()}


def test_points_claimed_beyond_the_records_are_those_counted_by_hand(world, three):
    by_hand = {("9", "9", "15"), ("17", "9", "20"), ("8", "9", "15")}
    kept = Confirmation.objects.values_list("claimed", "proposed", "most")
    assert {tuple(format(each.normalize(), "f") for each in row) for row in kept} == by_hand
    beyond, most = 100 * (0 + 8 - 1), 100 * (15 + 20 + 15)
    for unit in (world.cell_a, world.upland, world.province):
        assert figures(unit, "meetings.claimed_beyond") == {"meetings.claimed_beyond": (beyond, most)}
    assert figures(world.south, "meetings.claimed_beyond") == {}
    indicator = registry.get("meetings.claimed_beyond")
    assert (indicator.told(beyond), indicator.told(most), indicator.told(50)) == ("7", "50", "0.5")
    rows = list(Evidence(indicator, world.north, Y2023).all())
    assert {row.record: (row.numerator, row.denominator) for row in rows} == {
        three[0].code: (0, 1500), three[1].code: (800, 2000), three[2].code: (-100, 1500),
    }  # fmt: skip


def test_scores_are_confirmed_returned_or_waiting_and_figures_follow(world, three):
    nothing = dict.fromkeys(CODES, (0, 3))
    assert figures(world.north, *CODES) == nothing | {"meetings.waiting": (3, 3)}
    confirm(three[0], world.chi)
    give_back(three[1], world.chi)
    assert figures(world.north, *CODES) == dict.fromkeys(CODES, (1, 3))
    actions.correct(
        meeting=three[0], seen=seal(three[0]), content=replace(by_sheet(), held_on=three[0].held_on,
        month=three[0].month, scored_on=three[0].held_on), reason="Points", by=world.ana, at=AT,
    )  # fmt: skip
    actions.withdraw(meeting=three[1], reason="Never held", by=world.ana, at=AT)
    assert figures(world.north, *CODES) == dict.fromkeys(CODES, (0, 2)) | {"meetings.waiting": (2, 2)}
    # now 20 claimed of 20 with 9 by the records, and 8 of 15 with 9
    assert figures(world.north, "meetings.claimed_beyond") == {"meetings.claimed_beyond": (1000, 3500)}
    found = {row.record for row in Evidence(registry.get("meetings.waiting"), world.north, Y2023).all()}
    assert found == {three[0].code, three[2].code}


def test_cells_stand_in_the_order_of_what_they_claim_beyond_the_records(world, three):
    (cell,) = cells_by_claim(world.province, Y2023, Tree.THEN, None, 10)
    assert (cell.unit.pk, cell.meetings, cell.exact) == (world.cell_a.pk, 3, Fraction(7, 50))
    assert cells_by_claim(world.province, Y2023, Tree.THEN, cell.key, 10) == []
    assert cells_by_claim(world.south, Y2023, Tree.THEN, None, 10) == []
    assert distribution(world.province, Y2023, Tree.NOW) == [0, 1, 1, 0, 0, 0, 1]  # -6.7, none, 40.0 of each hundred
    page = browser(world.chi).get(f"/units/{world.north.pk}/scores/?period=2023")
    said = page.content.decode()
    assert "Chi bộ thôn 1 Thượng Lâm" in said and "7 of 50" in said and ">14.0</a>" in said
    assert [bar.text for bar in page.context["bars"].bars] == ["0", "1", "1", "0", "0", "0", "1"]
    rows = browser(world.chi).get(f"/units/{world.north.pk}/figures/meetings.claimed_beyond/?period=2023")
    assert "8 of 20" in rows.content.decode() and "\u22121 of 15" in rows.content.decode()
    assert f"/meetings/{three[1].pk}/" in rows.content.decode()
    empty = browser(world.dan).get(f"/units/{world.south.pk}/scores/?period=2023-Q4&tree=now")
    assert empty.context["bars"] is None and "No cell has scored a meeting" in empty.content.decode()


# Workbooks


def test_a_workbook_that_changes_a_meeting_makes_its_confirmation_fall_and_so_does_its_undoing(world, three, tmp_path):
    confirm(three[1], world.chi)
    confirm(three[0], world.chi)
    sheet = {"attendance": [["meeting_code", "member_code", "state"], [three[1].code, "M3", "present"]]}
    load = load_roll(sheet, tmp_path)
    assert load.faults == []
    now = Confirmation.objects.get(meeting=three[1])
    assert (now.state, now.claimed, now.proposed) == (Settled.WAITING, 17, 12)  # both present: 4 of 4
    assert deeds(three[1]) == [Deed.CONFIRMED, Deed.FELL]
    assert state(three[0]) == Settled.CONFIRMED, "what it says nothing of stays"
    assert load_roll(sheet, tmp_path).faults == []
    confirm(three[1], world.chi)
    undo(load=load, reason="Wrong", by=None, at=AT)
    again = Confirmation.objects.get(meeting=three[1])
    assert (again.state, again.proposed) == (Settled.WAITING, 9)


def test_who_loads_what_a_score_rests_on_does_not_confirm_it(world, three, tmp_path):
    confirm(three[1], world.chi)
    sheet = {"attendance": [["meeting_code", "member_code", "state"], [three[1].code, "M3", "present"]]}
    assert load_roll(sheet, tmp_path, by=world.chi).faults == []
    with pytest.raises(Denied, match="another person has to confirm"):
        confirm(three[1], world.chi)
    assert state(three[1]) == Settled.WAITING


SCORES = ["meeting_code", "scored_on", "scored_by", *(f"c{n}" for n in range(1, 9))]


def test_points_that_a_workbook_brought_from_above_stay_as_they_are(world, three, tmp_path):
    own = confirming.OwnPoints(answers=by_sheet(attendance="less").answers)
    assert confirm(three[1], world.chi, own=own).own_points
    sheet = {"scores": [SCORES, [three[1].code, date(2024, 1, 5), "superior", 4, 4, 9, 20, 9, 4, 20, 4]]}
    assert load_roll(sheet, tmp_path).faults == []
    assert state(three[1]) == Settled.WAITING
    assert Score.objects.get(meeting=three[1], scored_by=Scorer.SUPERIOR).total == 74
    with pytest.raises(Denied, match="came with a workbook"):
        confirm(three[1], world.chi, own=own)
    assert not confirm(three[1], world.chi).own_points
    assert Score.objects.get(meeting=three[1], scored_by=Scorer.SUPERIOR).total == 74


def test_a_load_whose_meeting_was_confirmed_since_can_not_be_undone(world, tmp_path):
    load = load_roll(
        {
            "meetings": [
                ["meeting_code", "unit_code", "kind", "held_on", "period"],
                ["X", "A", "regular", date(2023, 5, 4), "2023-05"],
            ],
            "scores": [
                SCORES,
                ["X", date(2023, 5, 4), "self", 5, 5, 10, 30, 10, 5, 30, 5],
            ],
        },
        tmp_path,
    )
    assert load.faults == [] and Undoing(load).built() == []
    confirm(Meeting.objects.select_related("unit").get(code="X"), world.chi)
    assert {each.table for each in Undoing(load).built()} == {"meetings_scoredeed"}


# The band of a year


def year(*points, superior=()):
    """The year of meetings with so many points by their cells; None without any. `superior`: others, by number."""
    held = [SimpleNamespace(pk=n, held_on=date(2023, n, 3)) for n in range(1, len(points) + 1)]
    scores = [
        SimpleNamespace(meeting_id=n, scored_by=Scorer.SELF, band="", total=Decimal(each))
        for n, each in enumerate(points, 1)
        if each is not None
    ]
    for n, each in superior:
        scores.insert(0, SimpleNamespace(meeting_id=n, scored_by=Scorer.SUPERIOR, band="", total=Decimal(each)))
    return told(SheetVersion.objects.get(code="hundred"), held, scores)


@pytest.mark.parametrize(
    ("points", "superior", "band"),
    [
        ([90] * 7 + [70] * 5, [], "Good"),
        ([90] * 6 + ["89.999"] + [70] * 5, [], "Fair"),
        ([90] * 11 + ["69.999"], [], "Fair"),
        ([90] * 11 + [50], [], "Fair"),
        ([90] * 11 + ["49.999"], [], "Poor"),
        ([90] * 11 + [None], [], "Poor"),
        ([90] * 7, [(7, 89)], "Fair"),
        ([90] * 6 + [60], [(7, 95)], "Good"),
    ],
)
def test_the_band_of_a_year_at_its_boundaries_the_superiors_points_first(world, points, superior, band):
    assert year(*points, superior=superior).band == band


def test_each_line_says_what_is_asked_what_was_and_by_which_meetings(world):
    found = year(*[90] * 6, 60, 40)
    assert (found.band, found.held) == ("Poor", 8)
    good, fair = found.lines
    assert (good.band, good.is_met, fair.band, fair.is_met) == ("Good", False, "Fair", False)
    every, many = good.asks
    assert (every.text, every.is_met, every.was) == ("Every regular meeting at least Fair", False, "6 of 8")
    assert [(each.pk, each.word) for each in every.meetings] == [(7, "Average"), (8, "Poor")]
    assert (many.text, many.is_met, many.was, len(many.meetings)) == ("At least 7 of them Good", False, "6", 6)
    assert [each.pk for each in fair.asks[0].meetings] == [8]


def test_the_page_of_a_cell_explains_its_year(world):
    ana = browser(world.ana)
    page = ana.get(f"/units/{world.cell_a.pk}/meetings/?period=2023")
    said = page.content.decode()
    assert "The year: Fair" in said and "At least 7 of them Good: <strong>2</strong>" in said
    assert f"/meetings/{Meeting.objects.get(code='A-1').pk}/" in said
    assert page.context["year"].held == 3
    assert "The year" not in ana.get(f"/units/{world.cell_a.pk}/meetings/?period=2023-01").content.decode()
