"""Pickers, tiles and charts say what they are given, nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django import forms
from django.utils.safestring import mark_safe

from chibo.core import formats, markup
from chibo.core.charts import line_chart
from chibo.core.components import Cell, Column, Table, Tile, period_picker
from chibo.core.periods import Period

TODAY = date(2024, 1, 10)


def picker(text):
    return period_picker(Period.parse(text), str, TODAY)


def test_a_year_leads_to_its_last_parts():
    assert [link.url for link in picker("2023").grains] == ["2023", "2023-H2", "2023-Q4", "2023-12"]


def test_a_month_leads_to_what_holds_it():
    assert [link.url for link in picker("2023-04").grains] == ["2023", "2023-H1", "2023-Q2", "2023-04"]


def test_a_running_year_leads_to_the_parts_of_today():
    assert [link.url for link in picker("2024").grains] == ["2024", "2024-H1", "2024-Q1", "2024-01"]


def test_what_has_not_begun_has_no_way_to_it():
    shown = picker("2024-01")
    assert shown.later.url == ""
    assert [link.url for link in shown.which] == ["2024-01"] + [""] * 11


@pytest.mark.parametrize(
    ("now", "earlier", "later"),
    [
        ("2023", "2022", "2024"),
        ("2023-01", "2022-12", "2023-02"),
        ("2022-12", "2022-11", "2023-01"),
        ("2023-Q4", "2023-Q3", "2024-Q1"),
        ("2023-H1", "2022-H2", "2023-H2"),
    ],
)
def test_a_picker_leads_to_the_periods_beside(now, earlier, later):
    assert (picker(now).earlier.url, picker(now).later.url) == (earlier, later)


def test_exactly_one_grain_and_one_part_are_current():
    shown = picker("2023-08")
    assert [link.label for link in shown.grains if link.current] == ["Month"]
    assert [link.label for link in shown.which if link.current] == ["8"]


def test_a_bar_stays_within_its_tile():
    assert Tile(label="", value="", share=Fraction(121, 130)).bar == "93.08%"
    assert Tile(label="", value="", share=Fraction(3, 2)).bar == "100.00%"
    assert Tile(label="", value="").bar == ""
    assert Tile(label="", value="", target=Fraction(1)).bar_target == ""


def test_a_row_has_as_many_cells_as_the_table_columns():
    table = Table(caption="", columns=[Column(label="a"), Column(label="b")], rows=[[Cell(text="1")]])
    with pytest.raises(ValueError, match="zip"):
        markup.rows(table.columns, table.rows)


HOSTILE = """<script>"x"&'y'</script>"""
HARMLESS = "&lt;script&gt;&quot;x&quot;&amp;&#x27;y&#x27;&lt;/script&gt;"


def test_no_text_of_a_component_does_harm():
    cell = Cell(text=HOSTILE, url=HOSTILE, note=HOSTILE, mark="met", mark_word=HOSTILE, lang=HOSTILE)
    column = Column(label=HOSTILE)
    told = dict.fromkeys(("label", "value", "of", "mark", "status", "note", "url", "definition", "source"), HOSTILE)
    widget = {"type": "radio", "name": HOSTILE, "value": HOSTILE, "attrs": {"id": HOSTILE, "checked": True}}
    for shown, times in (
        (markup.rows([column, column], [[cell, cell]], stacks=True), 11),
        (markup.cell(column, cell, False), 5),
        (markup.cells([column], [cell]), 5),
        (markup.tile(Tile(**told, share=Fraction(1, 2))), 10),
        (markup.control(widget), 3),
    ):
        assert "<script" not in shown
        assert shown.count(HARMLESS) == times


def test_what_is_safe_stays_as_it_is():
    assert "<td><b>1</b></td>" in markup.cells([Column(label="")], [Cell(text=mark_safe("<b>1</b>"))])


def test_an_option_is_as_its_widget_shows_it():
    class Form(forms.Form):
        which = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect(attrs={"data-x": "1"}))

    for shown in Form({"which": "b"})["which"]:
        assert markup.control(shown.data) == shown.tag()


def test_a_tile_is_brief_only_where_it_leads_to_how_it_is_counted():
    tile = Tile(label="", value="1", definition="Counted so", computed=datetime(2024, 1, 1, 12, tzinfo=UTC))
    assert "Counted so" in markup.tile(tile)
    assert '<time datetime="2024-01-01T19:00:00+07:00">1 January 2024, 19:00</time>' in markup.tile(tile)
    assert "Counted so" in markup.tile(tile, True)
    assert "Counted so" not in markup.tile(replace(tile, url="/"), True)


def ratios(*values, target=None):
    points = [(str(at), value) for at, value in enumerate(values, 1)]
    return line_chart(points, title="Held", format=formats.percent, ceiling=1, target=target)


def test_a_chart_leaves_a_gap_where_there_is_no_value():
    chart = ratios(Fraction(9, 10), None, Fraction(95, 100), 1)
    assert len(chart.dots) == 3
    assert len(chart.lines) == 1


@pytest.mark.parametrize(
    "values", [(), (None,), (1,), (0,), (0, 0), (1, 1, 1), (Fraction(1, 2), 1), (Fraction(1, 3),), (0, 1)]
)
def test_every_value_lies_on_the_scale(values):
    chart = ratios(*values, target=Fraction(9, 10))
    assert 2 <= len(chart.ticks) <= 7
    heights = [float(dot.y.rstrip("%")) for dot in chart.dots]
    assert all(0 <= height <= 100 for height in heights)
    assert chart.ticks[0].y == "100.00%"
    assert chart.ticks[-1].y == "0.00%"


@pytest.mark.parametrize("values", [(0,), (3, 4), (1, 1), (0, 7, 12), (185,), (6300, 6512)])
def test_counts_stand_beside_whole_numbers_only(values):
    chart = line_chart([("", value) for value in values], title="New", format=lambda v: str(Fraction(v)))
    assert all("/" not in tick.label for tick in chart.ticks)


def test_the_table_behind_a_chart_holds_every_point():
    chart = ratios(Fraction(1, 2), None)
    assert [[str(cell.text) for cell in row] for row in chart.table.rows] == [["1", "50.0\u00a0%"], ["2", "–"]]
