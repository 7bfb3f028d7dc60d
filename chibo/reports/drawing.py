"""Charts of a report: lines of its months, bars of the units below; declared, drawn as SVG, as PNG for Word."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Table
from chibo.core.formats import percent, period_name
from chibo.indicators import registry
from chibo.reports.report import Report, of_what
from chibo.targets.tiles import goal_of, value_of

FONT = "Source Sans Pro"  # the one font of print, in the package font-source-sans-pro
INK, SOFT, HAIR, RED, WASH = "#1c1a17", "#57524a", "#e0dad0", "#a3111f", "#d9b3af"
WIDTH, NAMES, VALUES = 440, 200, 46  # of a chart; of the names and the values beside bars
PLOT = WIDTH - NAMES - VALUES - 8
LINES = {"attendance": "meetings.attendance", "held": "meetings.regular_held"}  # a chart of the months of each
BARS = {"below": "meetings.attendance"}  # a chart of the units below
ROOM = 18  # left of names: where the font is not installed, as in a browser, another is wider
MOST = 80  # bars that still make a chart


@dataclass(frozen=True)
class Drawing:
    """A chart: its title, what it says in a sentence, the table behind it, and how it is declared."""

    name: str
    title: str
    summary: str
    table: Table
    declare: Callable[[], Any]

    @property
    def svg(self) -> str:
        """The chart as an SVG picture."""
        from altair.utils.schemapi import debug_mode

        with debug_mode(False):  # what is declared here is valid; to see that again takes longer than to draw it
            declared = self.declare().to_dict(validate=False)
        return _svg(json.dumps(declared, sort_keys=True))

    @property
    def png(self) -> bytes:
        """The chart as a PNG picture, two and a half points of it to one of the page."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.svg, scale=2.5))


def _altair() -> Any:
    """The library charts are declared with, loaded when the first one is."""
    import altair

    return altair


@cache
def font_folder() -> str:
    """The folder of the font's files; from then on charts know it."""
    import font_source_sans_pro
    import vl_convert

    folder = str(font_source_sans_pro.font_directory)
    vl_convert.register_font_directory(folder)
    return folder


@lru_cache(maxsize=128)
def _svg(declared: str) -> str:
    import vl_convert

    font_folder()
    return str(vl_convert.vegalite_to_svg(declared))


def drawings(report: Report) -> list[Drawing]:
    """The charts there is something to draw for."""
    found = [_line(report, name, code) for name, code in LINES.items()]
    return [each for each in [*found, *(_bars(report, name, code) for name, code in BARS.items())] if each]


def _line(report: Report, name: str, code: str) -> Drawing | None:
    """A figure month by month, with the target of the whole period."""
    indicator = registry.get(code)
    points = [(month, report.months[month].get(code)) for month in report.period.months if month in report.months]
    known = [(month, figure) for month, figure in points if figure is not None and figure.exact is not None]
    if len(known) < 2:
        return None
    target = report.targets.get((report.unit.pk, code))
    goal = None if target is None else Fraction(target.value)
    said = [(period_name(month), value_of(indicator, figure)) for month, figure in (known[0], known[-1])]
    return Drawing(
        name,
        _("%(figure)s by month") % {"figure": indicator.label},
        "; ".join(f"{month}: {value}" for month, value in said),
        Table(
            caption=_("%(figure)s by month") % {"figure": indicator.label},
            columns=[
                Column(label=_("Month")),
                Column(label=_("Value"), number=True),
                Column(label=_("Of"), number=True),
            ],
            rows=[
                [
                    Cell(text=period_name(month)),
                    Cell(text=value_of(indicator, figure)),
                    Cell(text=of_what(figure) or "–"),
                ]
                for month, figure in points
            ],
        ),
        lambda: _line_chart(
            [(str(month.number), None if figure is None else figure.exact) for month, figure in points],
            goal,
            "" if target is None else _("Target: %(value)s") % {"value": goal_of(indicator, target)},
        ),
    )


def _bars(report: Report, name: str, code: str) -> Drawing | None:
    """A figure of each unit below, the highest first."""
    indicator = registry.get(code)
    rows = [(child, report.below[child.pk].get(code)) for child in report.children]
    known = [(child, figure) for child, figure in rows if figure is not None and figure.exact is not None]
    if not 2 <= len(known) <= MOST:
        return None
    title = _("%(figure)s by unit") % {"figure": indicator.label}
    target = report.targets.get((report.unit.pk, code))
    goal = None if target is None else Fraction(target.value)
    known.sort(key=lambda pair: pair[1].exact or 0, reverse=True)  # stable: equal ones stay as in the table
    return Drawing(
        name,
        title,
        "; ".join(f"{child.name}: {value_of(indicator, figure)}" for child, figure in (known[0], known[-1])),
        Table(
            caption=title,
            columns=[Column(label=_("Unit")), Column(label=_("Value"), number=True)],
            rows=[[Cell(text=c.name, lang="vi"), Cell(text=value_of(indicator, f))] for c, f in known],
        ),
        lambda: _bar_chart(
            [(child.name, figure.exact or Fraction(0), value_of(indicator, figure)) for child, figure in known],
            goal,
            "" if target is None else _("Target: %(value)s") % {"value": goal_of(indicator, target)},
        ),
    )


def _levels(values: list[Fraction]) -> list[Fraction]:
    """Round heights up to all, from below the lowest value."""
    low = min(values, default=Fraction(0))
    if low < Fraction(1, 2):
        return [Fraction(n, 4) for n in range(5)]
    first = min(int(low * 10), 8)
    return [Fraction(n, 10) for n in range(first, 11)]


def _axis(levels: list[Fraction], **settings: Any) -> Any:
    """An axis whose labels are in the language of the page."""
    alt = _altair()

    said = {f"{float(level):.2f}": percent(level, 0) for level in levels}
    return alt.Axis(
        values=[float(level) for level in levels],
        labelExpr=f"({json.dumps(said, ensure_ascii=False)})[format(datum.value, '.2f')]",
        title=None,
        domain=False,
        ticks=False,
        labelPadding=6,
        **settings,
    )


def _line_chart(points: list[tuple[str, Fraction | None]], goal: Fraction | None, said: str) -> Any:
    alt = _altair()

    values = [value for _label, value in points if value is not None]
    levels = _levels(values + ([goal] if goal is not None else []))
    data = alt.Data(values=[{"at": at, "y": None if y is None else float(y)} for at, y in points])
    scale = alt.Scale(domain=[float(levels[0]), float(levels[-1])], nice=False, zero=False)
    x = alt.X("at:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False, domainColor=HAIR, labelPadding=8))
    y = alt.Y("y:Q", scale=scale, axis=_axis(levels, gridColor=HAIR))
    base = alt.Chart(data).encode(x=x, y=y)
    layers: list[Any] = []
    if goal is not None:
        above = not values or goal >= max(values)
        at_goal = alt.Chart(alt.Data(values=[{"y": float(goal), "said": said}])).encode(y=alt.Y("y:Q", scale=scale))
        layers += [
            at_goal.mark_rule(color=SOFT, strokeDash=[4, 3], strokeWidth=1.2),
            at_goal.mark_text(
                align="right", baseline="bottom" if above else "top", dy=-5 if above else 5, color=SOFT, fontSize=12
            ).encode(text="said:N", x=alt.value(WIDTH - 50)),
        ]
    layers += [
        base.mark_line(color=RED, strokeWidth=2.2, strokeCap="round", interpolate="linear"),
        base.transform_filter("isValid(datum.y)").mark_point(
            shape="circle", filled=True, size=34, color="#ffffff", opacity=1, stroke=RED, strokeWidth=2
        ),
    ]
    return _in_house(alt.layer(*layers).properties(width=WIDTH - 50, height=170))


def _bar_chart(bars: list[tuple[str, Fraction, str]], goal: Fraction | None, said: str) -> Any:
    alt = _altair()

    values = [
        {"n": n, "name": name, "x": float(x), "said": text, "short": goal is not None and x < goal}
        for n, (name, x, text) in enumerate(bars)
    ]
    names = {str(n): name for n, (name, _x, _text) in enumerate(bars)}
    labels = f"({json.dumps(names, ensure_ascii=False)})[datum.value]"
    axis = alt.Axis(
        title=None, domain=False, ticks=False, labelLimit=NAMES - 24, labelPadding=6, labelExpr=labels, labelColor=INK
    )
    scale = alt.Scale(domain=[0, 1], nice=False)
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y("n:N", sort=None, scale=alt.Scale(paddingInner=0.34, paddingOuter=0.2), axis=axis),
        x=alt.X("x:Q", scale=scale, axis=None),
    )
    layers: list[Any] = [
        base.mark_bar().encode(
            color=alt.Color("short:N", scale=alt.Scale(domain=[False, True], range=[WASH, RED]), legend=None)
        ),
        base.mark_text(align="right", color=INK, fontSize=12).encode(text="said:N", x=alt.value(PLOT + VALUES)),
    ]
    if goal is not None and 0 < goal <= 1:
        rule = alt.Chart(alt.Data(values=[{"x": float(goal), "said": said}])).encode(x=alt.X("x:Q", scale=scale))
        layers += [
            rule.mark_rule(color=SOFT, strokeWidth=1.2, strokeDash=[4, 3]),
            rule.mark_text(align="right", baseline="bottom", dy=-4, color=SOFT, fontSize=12).encode(
                text="said:N", y=alt.value(0)
            ),
        ]
    return _in_house(alt.layer(*layers).properties(width=PLOT, height=alt.Step(18)))


def _in_house(chart: Any) -> Any:
    """The look of every chart: ink on whatever paper, hairlines, no frame."""
    return chart.properties(
        background="transparent",
        padding={"left": ROOM, "right": 4, "top": 4, "bottom": 4},
        config={
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelColor": SOFT, "labelFontSize": 12, "labelFont": FONT},
            "text": {"font": FONT},
        },
    )
