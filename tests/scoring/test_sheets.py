"""Sheets as data against cases made by hand, at all boundaries: points, bands, conditions, what records propose."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from chibo.scoring import checking
from chibo.scoring.sheet import NOT_HELD, SCALE, Sheet, read
from chibo.scoring.shipped import load

NAMES = ["hundred", "hundred_strict", "four_groups"]
HUNDRED, STRICT, FOUR = (read(load(name)["definition"]) for name in NAMES)


def full(sheet: Sheet, **other: str) -> dict[str, str]:
    """The best answer to everything, but for some."""
    best = {each.code: each.best.code if each.best else each.most for each in sheet.criteria}
    return best | other


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_sheet_has_no_fault_and_adds_up_to_100(name: str) -> None:
    told = load(name)
    assert checking.faults(told["definition"]) == []
    assert set(told["name"]) == {"en", "vi"} and told["basis"]
    sheet = read(told["definition"])
    assert sum(group.full for group in sheet.groups) == 100


def test_the_groups_of_the_100_point_sheet_have_the_points_of_the_paper() -> None:
    assert [group.full for group in HUNDRED.groups] == [5, 5, 10, 30, 10, 5, 30, 5]
    assert [group.full for group in FOUR.groups] == [15, 20, 45, 20]


def test_full_answers_give_all_points_and_the_best_band() -> None:
    points = HUNDRED.points(full(HUNDRED))
    assert points.groups == (5, 5, 10, 30, 10, 5, 30, 5)
    assert (points.total, points.band, points.lacks) == (100, "good", ())


@pytest.mark.parametrize(
    ("total", "band"),
    [
        ("90", "good"),
        ("89.999999999", "fair"),
        ("70", "fair"),
        ("69.9", "average"),
        ("50", "average"),
        ("49.9", "poor"),
        ("0", "poor"),
    ],
)
def test_bands_begin_exactly_at_their_points(total: str, band: str) -> None:
    assert HUNDRED.band_of(Decimal(total)).code == band


def test_89_points_are_fair_and_90_good() -> None:
    ten_off = full(HUNDRED, regular="no")
    assert (HUNDRED.points(ten_off).total, HUNDRED.points(ten_off).band) == (90, "good")
    eleven_off = ten_off | {"excused": "no"}
    assert (HUNDRED.points(eleven_off).total, HUNDRED.points(eleven_off).band) == (89, "fair")


def test_without_a_thematic_meeting_its_points_stay_out_of_reach_or_the_rest_is_scaled() -> None:
    none = full(HUNDRED, thematic=NOT_HELD)
    points = HUNDRED.points(none)
    assert (points.total, points.reachable, points.groups[3]) == (95, 100, 25)
    scaled = read(load("hundred")["definition"] | {"without": SCALE})
    points = scaled.points(none)
    assert (points.total, points.reachable, points.groups[3]) == (100, 95, 25)
    assert scaled.points(none | {"result": "less"}).total == Decimal("78.947368421")
    assert scaled.points(full(scaled, thematic="no")).total == scaled.points(full(scaled)).total - 5 == 95
    with pytest.raises(ValueError, match=r"\Apraise\Z"):
        HUNDRED.points(full(HUNDRED, praise=NOT_HELD))


@pytest.mark.parametrize("missing", ["duration", "attendance", "speakers", "minutes"])
def test_the_strict_sheet_makes_a_good_meeting_fair_where_one_condition_lacks_full_marks(missing: str) -> None:
    criterion = STRICT.criterion(missing)
    assert criterion is not None
    for option in criterion.options:
        points = STRICT.points(full(STRICT, **{missing: option.code}))
        assert points.total >= 90
        is_full = option.worth == criterion.full
        assert (points.band, points.lacks) == (("good", ()) if is_full else ("fair", (missing,)))
        assert HUNDRED.points(full(HUNDRED, **{missing: option.code})).band == "good"


def test_a_condition_takes_nothing_from_a_lower_band() -> None:
    points = STRICT.points(full(STRICT, regular="no", guide="no", speakers="less"))
    assert (points.total, points.band, points.lacks) == (85, "fair", ())


def test_points_are_told_where_a_criterion_has_no_options() -> None:
    points = FOUR.points({"preparation": "15", "attendance": "17,5", "conduct": "40", "closing": "17.5"})
    assert (points.groups, points.total, points.band) == ((15, Decimal("17.5"), 40, Decimal("17.5")), 90, "good")


@pytest.mark.parametrize("wrong", ["", "15.1", "-1", "many", "NaN", "inf"])
def test_an_answer_that_is_none_names_its_criterion(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\Apreparation\Z"):
        FOUR.points({"preparation": wrong, "attendance": "1", "conduct": "1", "closing": "1"})
    with pytest.raises(ValueError, match=r"\Aduration\Z"):
        HUNDRED.points(full(HUNDRED, duration=wrong))


@pytest.mark.parametrize(
    ("members", "minutes", "option"),
    [
        (29, 90, "full"),
        (29, 89, "short"),
        (29, 75, "short"),
        (29, 74, "shorter"),
        (29, 60, "shorter"),
        (29, 59, "half"),
        (29, 45, "half"),
        (29, 44, "less"),
        (30, 120, "full"),
        (30, 119, "short"),
        (30, 105, "short"),
        (30, 104, "shorter"),
        (30, 90, "shorter"),
        (30, 89, "half"),
        (30, 60, "half"),
        (30, 59, "less"),
    ],
)
def test_records_propose_for_the_duration_by_the_size_of_the_cell(members: int, minutes: int, option: str) -> None:
    measures = {"members": Fraction(members), "minutes": Fraction(minutes)}
    assert HUNDRED.proposed(measures)["duration"] == option


@pytest.mark.parametrize(
    ("present", "absent", "option"),
    [
        ("0.9", 0, "from90"),
        ("0.89", 0, "from75"),
        ("0.85", 0, "from75"),
        ("0.84", 0, "from75"),
        ("0.75", 0, "from75"),
        ("0.74", 0, "from65"),
        ("0.65", 0, "from65"),
        ("0.64", 0, "less"),
        ("0.99", 1, "less"),
    ],
)
def test_records_propose_for_attendance_and_one_absent_without_excuse_gives_one_point(
    present: str, absent: int, option: str
) -> None:
    assert HUNDRED.proposed({"present": Fraction(present), "absent": Fraction(absent)})["attendance"] == option


@pytest.mark.parametrize(("times", "option"), [(0, "yes"), (3, "yes"), (4, "no")])
def test_records_propose_for_those_excused_more_than_three_times_running(times: int, option: str) -> None:
    assert HUNDRED.proposed({"excused_running": Fraction(times)}) == {"excused": option}


@pytest.mark.parametrize(
    ("share", "option"),
    [("0.51", "over50"), ("1/2", "from40"), ("0.4", "from40"), ("0.39", "from30"), ("0.3", "from30"), ("0.29", "less")],
)
def test_more_than_half_is_more_than_half(share: str, option: str) -> None:
    assert HUNDRED.proposed({"speakers": Fraction(share)})["speakers"] == option


@pytest.mark.parametrize(
    ("share", "points"),
    [
        ("1", 30),
        ("0.9", 30),
        ("0.899", 27),
        ("0.8", 27),
        ("0.79", 24),
        ("0.7", 24),
        ("0.6", 20),
        ("0.59", 15),
        ("0.5", 15),
        ("0.49", 10),
        ("0", 10),
    ],
)
def test_records_propose_for_the_last_resolution_by_the_tasks_done(share: str, points: int) -> None:
    option = HUNDRED.proposed({"tasks_done": Fraction(share)})["result"]
    criterion = HUNDRED.criterion("result")
    assert criterion is not None and criterion.worth(option) == points


def test_records_say_whether_there_was_thematic_content() -> None:
    assert HUNDRED.proposed({"thematic": Fraction(1)}) == {"thematic": "yes"}
    assert HUNDRED.proposed({"thematic": Fraction(0)}) == {"thematic": NOT_HELD}


def test_what_records_do_not_answer_is_not_proposed() -> None:
    assert HUNDRED.proposed({"minutes": Fraction(90)}) == {}
    assert HUNDRED.proposed({}) == {}


@pytest.mark.parametrize(
    ("bands", "band"),
    [
        (["good"] * 7 + ["fair"] * 5, "good"),
        (["good"] * 6 + ["fair"] * 6, "fair"),
        (["good"] * 11 + ["average"], "fair"),
        (["good"] * 11 + ["poor"], "poor"),
        (["good"] * 11 + [""], "poor"),
        ([], "poor"),
    ],
)
def test_the_band_of_a_year_goes_by_its_meetings(bands: list[str], band: str) -> None:
    assert HUNDRED.year_of(bands)[0] == band


def changed(**definition: Any) -> dict[str, Any]:
    told: dict[str, Any] = load("hundred")["definition"]
    return told | definition


CRITERION = {
    "code": "x",
    "name": {"en": "X"},
    "options": [{"code": "a", "name": {"en": "A"}, "points": "100"}, {"code": "b", "name": {"en": "B"}, "points": "0"}],
}


def one(**criterion: Any) -> dict[str, Any]:
    return changed(groups=[{"code": "g", "name": {"en": "G"}, "criteria": [CRITERION | criterion]}])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "This is not a scoring sheet"),
        ({"groups": 3, "bands": []}, "This is not a scoring sheet"),
        (changed(groups=[]), "at least one group"),
        (changed(groups=[{"code": f"g{n}", "name": {"en": "G"}, "criteria": []} for n in range(9)]), "at most 8"),
        (changed(without="guess"), "Unknown rule"),
        (changed(bands=[]), "needs bands"),
        (changed(bands=[{"code": "good", "name": {"en": "Good"}, "least": "10"}]), "down to 0"),
        (changed(bands=[{"code": "good", "name": {"en": "Good"}, "least": "x"}]), "from 0 to 100"),
        (changed(bands=[{"code": "best", "name": {"en": "Best"}, "least": "0"}]), "Bands are called good, fair"),
        (changed(year=[{"band": "best", "all": "fair"}]), "a band that is not there"),
        (changed(year=[{"band": "good", "all": "fair", "many": 13, "best": "good"}]), "from 1 to 12"),
        (
            one(
                options=[
                    {"code": "a", "name": {"en": "A"}, "points": "99"},
                    {"code": "b", "name": {"en": "B"}, "points": "0"},
                ]
            ),
            "it has to be 100",
        ),
        (one(options=[{"code": "a", "name": {"en": "A"}, "points": "100"}]), "two options at least"),
        (one(options=[{"code": "a", "name": {"en": "A"}, "points": "NaN"}] * 2), "This is not a scoring sheet"),
        (one(most="100"), "not both"),
        (one(only="congress"), "unknown content"),
        (one(shows=["mood"]), "unknown measure"),
        (one(evidence=[{"option": "c", "when": [{"of": "minutes", "least": "1"}]}]), "an option that is not there"),
        (one(evidence=[{"option": "a"}]), "on what the records propose"),
        (one(evidence=[{"option": "a", "when": [{"of": "minutes", "least": "1/0"}]}]), "this is no number"),
        (one(evidence=[{"option": "a", "when": [{"of": "mood", "least": "1"}]}]), "unknown measure"),
        (one(code="Two Words"), "small letters"),
        (one(options=[], most="x"), "how many points"),
    ],
)
def test_every_fault_of_a_sheet_is_named(told: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in checking.faults(told)), checking.faults(told)


def test_a_band_with_conditions_falls_to_a_lower_one() -> None:
    bands: list[dict[str, Any]] = [dict(each) for each in load("hundred_strict")["definition"]["bands"]]
    bands[0]["instead"] = "good"
    assert any("name a lower band" in fault for fault in checking.faults(changed(bands=bands)))
    bands[0] |= {"instead": "fair", "needs": ["mood"]}
    assert any("not there: mood" in fault for fault in checking.faults(changed(bands=bands)))
