"""The page that shows every token and component, with invented content."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chibo.core import formats
from chibo.core.charts import bars, line_chart
from chibo.core.components import Cell, Column, Item, Link, Mark, Pager, Table, Tile, period_picker
from chibo.core.periods import Period

COLOURS = [
    *("paper", "raised", "sunken", "line", "edge", "ink", "ink-soft", "ink-faint"),
    *("red", "red-tint", "green", "green-tint", "amber", "amber-tint", "focus"),
]
SIZES = ["xs", "s", "m", "l", "xl", "figure"]
HELD = [Fraction(n, 130) for n in (130, 128, 129, 121, 126, 130, 117, 127)]


class SampleForm(forms.Form):
    """Fields in their states: with help, wrong, chosen from a list, optional."""

    name = forms.CharField(help_text="As it stands in the decision.")
    day = forms.DateField(label="Founded on")
    kind = forms.ChoiceField(choices=[("cell", "Cell"), ("committee", "Grassroots committee")])
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))


def _tile(label: str, value: str, mark: str, status: str = "", note: str = "", **shares: Fraction) -> Tile:
    return Tile(
        label=label,
        value=value,
        mark=mark,
        status=status,
        note=note,
        url="#",
        share=shares.get("share"),
        target=shares.get("target"),
        definition="People who joined within the period, credited to the cell they joined.",
        source="Members: day of joining, cell joined",
        computed=datetime(2024, 1, 10, 2, 15, tzinfo=UTC),
    )


def _tiles() -> list[Tile]:
    heads = Fraction(121, 130)
    return [
        replace(_tile("New members", "185", Mark.MET, "target met, 100 %", share=Fraction(1)), of="of 185"),
        _tile(
            "Village heads who are members",
            formats.percent(heads),
            Mark.MET,
            "121 of 130",
            "+8.5 points since 1 January",
            share=heads,
            target=Fraction(9, 10),
        ),
        _tile("Monthly meetings held", "98.6 %", Mark.NEAR, "42 missed, target 100 %", share=Fraction(986, 1000)),
        _tile(
            "Scored the same day",
            "61.4 %",
            Mark.MISSED,
            "target 80 %",
            share=Fraction(614, 1000),
            target=Fraction(8, 10),
        ),
        _tile("Party members", formats.count(6512), Mark.NONE, note="no target; +143 in the year"),
    ]


def _table() -> Table:
    names = [
        "Chi bộ thôn 7 xã Hoàng Lâu",
        "Chi bộ Trạm Y tế xã An Hòa",
        "Chi bộ cơ sở số 19",
        "Chi bộ thôn 2 xã Vân Hội",
    ]
    shares = [(742, Mark.MISSED), (780, Mark.MISSED), (849, Mark.NEAR), (911, Mark.MET)]
    return Table(
        caption="Weak below",
        columns=[
            Column(label="Unit", sort_url="#"),
            Column(label="Members", number=True, sort_url="#"),
            Column(label="Attendance", number=True, sort_url="#", sorted="ascending"),
            Column(label="Meetings missed", number=True, sort_url="#"),
        ],
        rows=[
            [
                Cell(text=name, url="#", lang="vi", note="closed on 1 July 2023" if at == 2 else ""),
                Cell(text=formats.count(27 + 11 * at)),
                Cell(text=formats.ratio_percent(share, 1000), mark=mark, url="#"),
                Cell(text=formats.count((3, 2, 4, 1)[at])),
            ]
            for at, (name, (share, mark)) in enumerate(zip(names, shares, strict=True))
        ],
        foot=[Cell(text="Together"), Cell(text="174"), Cell(text="82.1 %"), Cell(text="10")],
    )


@login_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every token and component there is."""
    period, today = Period.parse("2023-08"), datetime(2024, 1, 10, tzinfo=UTC).date()
    months = Period.parse("2023").months
    values = [*HELD[:4], None, *HELD[4:], Fraction(128, 130), Fraction(124, 130), Fraction(129, 130)]
    return render(
        request,
        "core/styleguide.html",
        {
            "colours": COLOURS,
            "sizes": SIZES,
            "marks": [(mark.value, word) for mark, word in zip(Mark, ("met", "near", "missed", "none"), strict=True)],
            "crumbs": [Link(label="Vĩnh Phúc", url="#"), Link(label="Tam Dương")],
            "tabs": [Link(label="Overview", url="#", current=True), Link(label="Units below", url="#")],
            "year_picker": period_picker(Period.parse("2023"), lambda p: f"?period={p}", today),
            "month_picker": period_picker(period, lambda p: f"?period={p}", today),
            "tiles": _tiles(),
            "table": _table(),
            "empty_table": Table(caption="Nothing", columns=[], rows=[], empty="No meeting was missed."),
            "items": [
                Item(
                    title="Confirm 14 meeting scores",
                    url="#",
                    when="3 days late",
                    late=True,
                    text="Hợp Hòa, Kim Long and 4 more. Two claim over 10 points above the evidence.",
                ),
                Item(
                    title="Half-year report to the province",
                    url="#",
                    when="due 10 October",
                    text="41 of 48 units have closed September.",
                ),
            ],
            "bars": bars(
                [("as the records say", 12), ("up to 5 more", 4), ("5 to 10 more", 0)],
                title="Bars",
                label_head="Difference",
                count_head="Meetings",
            ),
            "chart": line_chart(
                [(str(at), value) for at, value in enumerate(values, 1)],
                names=[formats.period_name(month) for month in months],
                title="Monthly meetings held",
                note="in percent of those due",
                format=formats.percent,
                tick_format=lambda value: formats.percent(value, 0),
                ceiling=1,
                target=Fraction(95, 100),
            ),
            "facts": [("Code", "TD-014"), ("Founded on", formats.day(today)), ("Decision", "112-QĐ/HU")],
            "pager": Pager(next_url="#", first_url="#", note="50 records on this page"),
            "form": SampleForm({"name": "", "day": "31 February", "kind": "cell"}),
        },
    )
