"""Lines over time and bars as SVG made on the server: attributes only, no style, so that the page's policy holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Table, Text
from chibo.core.formats import Exact, count

STEPS = (1, 2, 5, 10)  # nice distances between grid lines, times a power of ten
EDGE = Fraction(3, 100)  # kept free before the first and after the last point


@dataclass(frozen=True)
class Tick:
    """A height with its label."""

    y: str
    label: str


@dataclass(frozen=True)
class Line:
    """One stretch between two points that follow each other."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class Dot:
    """One value."""

    x: str
    y: str
    label: str
    text: str


@dataclass(frozen=True)
class Place:
    """A label below the line."""

    x: str
    label: str


@dataclass(frozen=True)
class Chart:
    """All that `components/chart.html` shows."""

    title: Text
    note: Text
    summary: str
    ticks: list[Tick]
    lines: list[Line]
    dots: list[Dot]
    labels: list[Place]
    target: Tick | None
    table: Table


def line_chart(
    points: Sequence[tuple[str, Exact | None]],
    *,
    title: Text,
    format: Callable[[Exact], str],
    tick_format: Callable[[Exact], str] | None = None,
    names: Sequence[str] = (),
    target: Exact | None = None,
    target_label: str = "",
    ceiling: Exact | None = None,
    note: Text = "",
    label_head: Text = "",
) -> Chart:
    """A chart of (short label, value) in their order; a value of None leaves a gap.

    `names` are the labels in full, for the table; `ceiling` is a value the scale never passes (1 for a ratio).
    """
    full = list(names) or [label for label, _value in points]
    known = [(at, Fraction(value)) for at, (_short, value) in enumerate(points) if value is not None]
    levels = _levels([value for _at, value in known] + ([Fraction(target)] if target is not None else []), ceiling)
    low, high = levels[0], levels[-1]

    def y(value: Fraction) -> str:
        return _length(1 - (value - low) / (high - low))

    def x(at: int) -> str:
        return _length(EDGE + (1 - 2 * EDGE) * (Fraction(at, len(points) - 1) if len(points) > 1 else Fraction(1, 2)))

    show_tick = tick_format or format
    return Chart(
        title=title,
        note=note,
        summary=_summary([(full[at], format(value)) for at, value in known]),
        ticks=[Tick(y(level), show_tick(level)) for level in levels],
        lines=[Line(x(a), y(v), x(b), y(w)) for (a, v), (b, w) in pairwise(known) if b == a + 1],
        dots=[Dot(x(at), y(value), full[at], format(value)) for at, value in known],
        labels=[Place(x(at), label) for at, (label, _value) in enumerate(points)],
        target=None if target is None else Tick(y(Fraction(target)), target_label or _target(format(target))),
        table=Table(
            caption=title,
            caption_hidden=True,
            columns=[Column(label=label_head or _("Period")), Column(label=_("Value"), number=True)],
            rows=[
                [Cell(text=name), Cell(text="–" if value is None else format(value))]
                for name, (_short, value) in zip(full, points, strict=True)
            ],
        ),
    )


@dataclass(frozen=True)
class Bar:
    """How many there are of something, and how long its bar is."""

    label: str
    text: str
    length: str


@dataclass(frozen=True)
class Bars:
    """All that `components/bars.html` shows."""

    title: Text
    label_head: Text
    count_head: Text
    bars: list[Bar]


def bars(counted: Sequence[tuple[str, int]], *, title: Text, label_head: Text, count_head: Text) -> Bars:
    """Bars of (label, how many) in their order; the most has the longest."""
    most = max((n for _label, n in counted), default=0)
    return Bars(
        title,
        label_head,
        count_head,
        [Bar(label, count(n), _length(Fraction(n, most) if most else Fraction(0))) for label, n in counted],
    )


def _levels(values: list[Fraction], ceiling: Exact | None) -> list[Fraction]:
    """Three to six round heights that hold all values."""
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(1))
    if low == high:
        around = Fraction(1, 10) if ceiling is not None else abs(high) or Fraction(1)
        low, high = (high - around, high) if high >= around else (high, high + around)
    span = (high - low) / 4
    power = Fraction(1)
    while power * 10 <= span:
        power *= 10
    while power > span:
        power /= 10
    step = next(n * power for n in STEPS if n * power >= span)
    if all(value.denominator == 1 for value in values) and ceiling is None:
        step = max(step, Fraction(1))
    levels = [(low // step) * step]
    while levels[-1] < high:
        levels.append(levels[-1] + step)
    return [level for level in levels if ceiling is None or level <= Fraction(ceiling)]


def _length(share: Fraction) -> str:
    """A share of the box as an SVG length, whatever the language."""
    return f"{float(share) * 100:.2f}%"


def _target(value: str) -> str:
    return _("Target: %(value)s") % {"value": value}


def _summary(values: list[tuple[str, str]]) -> str:
    """The line in words: where it begins and ends."""
    if not values:
        return _("No values.")
    (first, start), (last, end) = values[0], values[-1]
    return _("%(first)s: %(start)s; %(last)s: %(end)s.") % {"first": first, "start": start, "last": last, "end": end}
