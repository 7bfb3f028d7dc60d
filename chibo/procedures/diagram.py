"""The diagram of a procedure, drawn from its data as SVG: steps from the top down, arrows with the outcomes' names.

With the stages of a case its own way is marked, by words and line, never by colour alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.procedures import describing
from chibo.procedures.flow import BEGIN, Flow, Step, said

WIDTH, EDGE, LANE = 336, 4, 11  # units of the drawing; what is kept free at its sides, between lanes
TRUNK, ROW = 22, 40  # where the line down runs, where what stands beside it begins
PAD, LINE, SMALL = 10, 17, 15  # within a box; from line to line
LETTER, BOLD = 6.9, 7.5  # of 13 units height, on the average of Vietnamese and English, a little wide


class Stood(Protocol):
    """A stage of a case, kept or invented."""

    @property
    def step(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def done_on(self) -> date | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def is_skipped(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Words:
    """A line of text at its place."""

    x: float
    y: float
    text: str
    kind: str  # name, soft, state, label, end


@dataclass(frozen=True, kw_only=True)
class Box:
    """A step or an end: its frame."""

    x: float
    y: float
    width: float
    height: float
    kind: str  # step, end; with done, now, out where a case has been

    @property
    def round(self) -> int:
        return 12 if self.kind.startswith("end") else 5


@dataclass(frozen=True, kw_only=True)
class Way:
    """A line from somewhere to somewhere, with a head where it arrives."""

    d: str
    kind: str  # way; with back, out, taken
    head: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """What the template draws, and the same told line by line."""

    title: str
    height: int
    boxes: Sequence[Box]
    ways: Sequence[Way]
    words: Sequence[Words]
    told: Sequence[str]
    width: int = WIDTH


@dataclass
class _Row:
    """An outcome below its step, or that it is left out."""

    label: str
    to: str = ""
    ends: str = ""
    code: str = ""
    is_out: bool = False


@dataclass
class _Sheet:
    """The drawing while it grows."""

    flow: Flow
    stages: Sequence[Stood]
    boxes: list[Box] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    tops: dict[str, tuple[float, float]] = field(default_factory=dict)  # of each step: its top, its middle
    open: list[tuple[str, float, str, str]] = field(default_factory=list)  # to, from where down, kind, from step
    y: float = EDGE
    inner: float = 0  # how wide boxes are


def drawn(flow: Flow, stages: Iterable[Stood] = ()) -> Diagram:
    """The diagram of a procedure; with the stages of a case, in order, its own way is marked."""
    sheet = _Sheet(flow, [stage for stage in stages if stage.step != BEGIN])
    order = {step.code: n for n, step in reversed(list(enumerate(flow.steps)))}
    lanes = _lanes(flow, order)
    sheet.inner = WIDTH - 2 * EDGE - LANE * len(lanes) - (6 if lanes else 0)
    for n, step in enumerate(flow.steps):
        _step(sheet, n, step, order)
    _join(sheet, lanes)
    title = _("How it goes, step by step")
    return Diagram(
        title=title, height=round(sheet.y + EDGE), boxes=sheet.boxes, ways=sheet.ways, words=sheet.words,
        told=sheet.told,
    )  # fmt: skip


def _rows(flow: Flow, step: Step) -> list[_Row]:
    rows = [
        _Row(said(each.name) or each.code, to=each.to, ends="" if each.to else each.ends or "–", code=each.code)
        for each in step.outcomes
    ]
    if step.skip is not None:
        label = _("left out if %(condition)s") % {"condition": describing.guard(step.skip.when)}
        rows.append(_Row(label, to=step.skip.to, is_out=True))
    return rows


def _follows(row: _Row, n: int, order: dict[str, int]) -> bool:
    return bool(row.to) and order.get(row.to) == n + 1


def _lanes(flow: Flow, order: dict[str, int]) -> dict[str, int]:
    """Beside the boxes a lane for each step that is led to from elsewhere than the one before it, the nearest first."""
    ends: dict[str, list[int]] = {}
    for n, step in enumerate(flow.steps):
        for row in _rows(flow, step):
            if row.to in order and not _follows(row, n, order):
                ends.setdefault(row.to, [order[row.to]]).append(n)
    spans = sorted(ends, key=lambda code: (max(ends[code]) - min(ends[code]), order[code]))
    lanes: dict[str, int] = {}
    for code in spans:
        taken = {
            lane
            for other, lane in lanes.items()
            if min(ends[other]) <= max(ends[code]) and min(ends[code]) <= max(ends[other])
        }
        lanes[code] = next(lane for lane in range(len(spans)) if lane not in taken)
    return lanes


def _step(sheet: _Sheet, n: int, step: Step, order: dict[str, int]) -> None:
    """Draw a step: its box, then its outcomes below it, those that lead to the next step last."""
    rows = sorted(_rows(sheet.flow, step), key=lambda row: _follows(row, n, order))
    state, kind, taken = _state(sheet.stages, step)
    top = sheet.y
    who = describing.parties(step.who) or _("nobody acts")
    need = describing.need(step)
    lines = [("name", text) for text in wrapped(f"{n + 1}. {describing.called(step)}", sheet.inner - 2 * PAD, 1.1)]
    lines += [("soft", text) for text in wrapped(f"{who} ({need})" if need else who, sheet.inner - 2 * PAD, 0.93)]
    limit = describing.limit(sheet.flow, step)
    lines += [("soft", text) for text in wrapped(limit, sheet.inner - 2 * PAD, 0.93)]
    lines += [("state", text) for text in wrapped(state, sheet.inner - 2 * PAD, 1.1)]
    y = top + PAD - 4
    for what, text in lines:
        y += LINE if what != "soft" else SMALL
        sheet.words.append(Words(x=EDGE + PAD, y=y, text=text, kind=what))
    bottom = y + PAD - 2
    sheet.boxes.append(
        Box(x=EDGE, y=top, width=sheet.inner, height=bottom - top, kind=f"step {kind}".strip())
    )  # fmt: skip
    sheet.tops.setdefault(step.code, (top, top + (bottom - top) / 2))
    sheet.y = bottom
    sheet.told.append(_told(sheet.flow, n, step, state))
    last = bottom
    for row in rows:
        last = _row(sheet, row, n, order, taken, step)
    follows = [row for row in rows if _follows(row, n, order)]
    if follows:
        kind = "way taken" if any(row.code in taken for row in follows) else "way"
        kind = "way out" if all(row.is_out for row in follows) else kind
        sheet.y += 12
        sheet.ways.append(
            Way(d=f"M{TRUNK} {bottom:g}V{sheet.y - 5:g}", kind=kind, head=_head(TRUNK, sheet.y, "down"))
        )  # fmt: skip
    else:
        if rows:
            sheet.ways.append(Way(d=f"M{TRUNK} {bottom:g}V{last:g}", kind="way"))
        sheet.y += 16


def _row(sheet: _Sheet, row: _Row, n: int, order: dict[str, int], taken: set[str], step: Step) -> float:
    """Draw an outcome below its step; where its line leaves the line down."""
    is_taken = (row.code or "-") in taken
    width = sheet.inner - ROW
    sheet.y += 7
    label = f"✓ {row.label}" if is_taken else row.label
    if row.to in order and not _follows(row, n, order):
        label += f" {'↓' if order[row.to] > n else '↑'} {order[row.to] + 1}"
    for text in wrapped(label, width):
        sheet.y += SMALL
        sheet.words.append(Words(x=ROW, y=sheet.y, text=text, kind="taken" if is_taken else "label"))
    kind = "way out" if row.is_out else "way"
    kind += " taken" if is_taken else ""
    if _follows(row, n, order):
        return sheet.y
    if row.ends or row.to not in order:
        lines = wrapped(describing.result(sheet.flow, row.ends) if row.ends else row.to, width - 30)
        top = sheet.y + 7
        height = 10 + SMALL * len(lines)
        middle = top + height / 2
        widest = max([len(line) for line in lines] or [1]) * BOLD + 26
        sheet.boxes.append(
            Box(x=ROW + 8, y=top, width=min(widest, width - 8), height=height, kind="end done" if is_taken else "end")
        )  # fmt: skip
        for k, text in enumerate(lines):
            sheet.words.append(Words(x=ROW + 20, y=top + SMALL * (k + 1) + 1, text=text, kind="end"))
        sheet.ways.append(
            Way(d=f"M{TRUNK} {middle:g}H{ROW + 3:g}", kind=kind, head=_head(ROW + 8, middle, "right"))
        )  # fmt: skip
        sheet.y = top + height
        return middle
    sheet.y += 6
    sheet.open.append((row.to, sheet.y, kind, step.code))
    return sheet.y


def _join(sheet: _Sheet, lanes: dict[str, int]) -> None:
    """Draw the lines that run beside the boxes: from an outcome out, up or down, and into the step it leads to."""
    for to, y, kind, _from in sheet.open:
        top, middle = sheet.tops[to]
        x = EDGE + sheet.inner + 6 + LANE * (lanes[to] + 0.5)
        into = middle if middle - top < 24 else top + 18
        back = " back" if y > into else ""
        right = EDGE + sheet.inner
        d = f"M{TRUNK} {y:g}H{x:g}V{into:g}H{right + 5:g}"
        sheet.ways.append(Way(d=d, kind=kind + back, head=_head(right, into, "left")))


def _head(x: float, y: float, way: str) -> str:
    """The head of an arrow whose point is there."""
    if way == "down":
        return f"M{x:g} {y:g}l-4 -7h8z"
    if way == "right":
        return f"M{x:g} {y:g}l-7 -4v8z"
    return f"M{x:g} {y:g}l7 -4v8z"


def _state(stages: Sequence[Stood], step: Step) -> tuple[str, str, set[str]]:
    """What a case did at a step: in words, as a kind of box, by which outcomes it left ("-": left out)."""
    mine = [stage for stage in stages if stage.step == step.code]
    if not mine:
        return "", "", set()
    last = mine[-1]
    taken = {"-" if stage.is_skipped else stage.outcome for stage in mine if stage.done_on}
    again = _(" (%(n)s times)") % {"n": len(mine)} if len(mine) > 1 else ""
    if last.done_on is None:
        due = _("● Stands here, until %(day)s") % {"day": day(last.due_on)} if last.due_on else _("● Stands here")
        return due + again, "now", taken
    if last.is_skipped:
        return _("○ Left out") + again, "out", taken
    return _("✓ Done on %(day)s") % {"day": day(last.done_on)} + again, "done", taken


def _told(flow: Flow, n: int, step: Step, state: str) -> str:
    """A step and its outcomes in words, for who can't see the drawing."""
    parts = [f"{n + 1}. {describing.called(step)}: {describing.parties(step.who)}", describing.limit(flow, step), state]
    parts += [describing.outcome(flow, each) for each in step.outcomes]
    return ". ".join(part for part in [*parts, describing.skipped(flow, step)] if part) + "."


def wrapped(text: str, width: float, size: float = 1) -> list[str]:
    """A text in lines no wider than a width; a word that is longer is cut."""
    most = max(int(width / (LETTER * size)), 4)
    lines, line = list[str](), ""
    for word in unicodedata.normalize("NFC", text).split():
        while len(word) > most:
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:most])
            word = word[most:]
        if line and len(line) + 1 + len(word) > most:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines
