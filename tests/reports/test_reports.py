"""Reports: the figures of the store, against the period before and the targets, as page, file and plain values."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.core.management import CommandError, call_command

from chibo.core.periods import Period
from chibo.indicators import queries
from chibo.reports.report import WrongPeriod, as_json, make
from tests.world import AT, TODAY

YEAR = Period.parse("2023")


def written(tmp_path, **options) -> str:
    target = tmp_path / "report"
    call_command("report", "annual", unit="T-N", period="2023", output=str(target), **options)
    return target.read_text(encoding="utf-8")


def test_a_report_as_json_carries_the_figures_of_the_store(world, tmp_path):
    said = json.loads(written(tmp_path, format="json"))
    figures = queries.figures([world.north.pk], YEAR)[world.north.pk]
    assert {code: (f["numerator"], f["denominator"]) for code, f in said["figures"].items()} == {
        code: (figure.numerator, figure.denominator) for code, figure in figures.items()
    }
    assert (said["unit"], said["period"], said["before"]) == ("T-N", "2023", "2022")
    aim = said["figures"]["meetings.attendance"]["target"]
    assert aim == {"comparator": ">", "value": 0.85, "decision": "1188-QĐ/HU", "met": False}


def test_the_units_below_are_those_of_the_periods_last_day(world):
    def below(period):
        report = make(kind="half-year", unit=world.north, period=Period.parse(period), at=AT)
        return [each["unit"] for each in as_json(report, TODAY)["below"]]

    assert set(below("2023-H1")) == {"D", "T-N-1"}
    assert below("2023-H2") == ["T-N-1"]


class Needs(HTMLParser):
    """What a page asks for beside itself."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.found += [given[name] for name in ("src", "href", "action") if given.get(name)]
        self.found += ["script"] if tag == "script" else []


def test_a_report_as_html_is_one_file_that_needs_no_other(world, tmp_path):
    text = written(tmp_path, format="html")
    needs = Needs()
    needs.feed(text)
    assert needs.found == []
    assert "url(" not in text and "@import" not in text
    assert "Huyện ủy Đông Hà" in text
    assert "14 of 20" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("kind", "period"), [("annual", "2023-H1"), ("annual", "2023-05"), ("half-year", "2023")])
def test_a_report_is_not_made_of_a_period_of_another_length(world, kind, period):
    with pytest.raises(WrongPeriod, match=period):
        make(kind=kind, unit=world.north, period=Period.parse(period), at=AT)
    with pytest.raises(CommandError, match="has to be like"):
        call_command("report", kind, unit="T-N", period=period, format="json", output="/dev/null")


def test_what_there_is_not_is_said_in_a_line(world, tmp_path):
    for options in ({"unit": "nowhere"}, {"period": "2023-13"}, {"output": str(tmp_path / "no" / "folder")}):
        with pytest.raises(CommandError) as refused:
            call_command(
                "report", "annual", **{"unit": "T-N", "period": "2023", "format": "json", "output": "x"} | options
            )
        assert "\n" not in str(refused.value)
