"""The matrix of a committee: its cells down, the months across, in each square how the month's meeting was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from chibo.core.asking import address
from chibo.core.components import Cell, Column, Mark
from chibo.core.formats import count, day, number, percent, period_name
from chibo.core.markup import escaped
from chibo.core.periods import Period
from chibo.meetings.indicators import FAIR, GOOD
from chibo.meetings.models import Kind, NoMeeting, Settled
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.organizations.trees import Tree, called, kept, name_on
from chibo.portal.monthly import Held, MonthHeld
from chibo.portal.queries import DEFAULT_LIMIT, CellYear, Limit

AVERAGE = 50  # points from which a meeting is average, below it poor (42-HD/BTCTW, 2025)
BANDS: dict[str, str | Promise] = {
    "good": gettext_lazy("good"),
    "fair": gettext_lazy("fair"),
    "average": gettext_lazy("average"),
    "poor": gettext_lazy("poor"),
}
SETTLED: dict[str, tuple[str, str, str | Promise]] = {  # how a square shows how far points are confirmed
    Settled.CONFIRMED: ("good", "✓", gettext_lazy("points confirmed")),
    Settled.WAITING: ("fair", "…", gettext_lazy("points wait to be confirmed")),
    Settled.RETURNED: ("poor", "↩", gettext_lazy("points returned")),
}
SHOWN = ("", "attendance", "day", "settled")  # in the squares: points, attendance, the day held, how far confirmed


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see in the squares: meetings of a kind, and what of each."""

    kind: str = str(Kind.REGULAR)
    show: str = ""

    @property
    def is_regular(self) -> bool:
        return self.kind == Kind.REGULAR


def band_of(points: Decimal) -> str:
    """How good a meeting with so many points of 100 is."""
    for band, least in (("good", GOOD), ("fair", FAIR), ("average", AVERAGE)):
        if points >= least:
            return band
    return "poor"


def said_points(points: Decimal) -> str:
    """Points as a page says them: 94, 94.5."""
    return number(points, 0 if points == points.to_integral_value() else 1)


@lru_cache(maxsize=20_000)  # a page has hundreds of these ways
def meeting_url(unit_pk: int, pk: int) -> str:
    """The page of a meeting."""
    return reverse("meeting", args=[unit_pk, pk])


@lru_cache(maxsize=20_000)
def _way(name: str, unit_pk: int) -> str:
    """A page of a unit, to which an address adds what is asked."""
    return reverse(name, args=[unit_pk])


@dataclass(frozen=True)
class Square:
    """A month of a cell: a number or a word, the state it stands for, and what it says in full."""

    state: str = ""  # a band, "held" without points, "none", "due", or nothing: not asked for
    text: str = ""
    words: str = ""
    url: str = ""
    note: str = ""

    @property
    def html(self) -> SafeString:
        """The square as the page has it; made here and not in the template, as a page has hundreds of them."""
        if not self.state:
            return SafeString("")
        words, note = escaped(self.words), f"<small>{escaped(self.note)}</small>" if self.note else ""
        begins, ends = (f'a href="{escaped(self.url)}"', "a") if self.url else ("span", "span")
        return SafeString(
            f'<{begins} class="square is-{self.state}" title="{words}">'
            f'<span aria-hidden="true">{escaped(self.text)}{note}</span>'
            f'<span class="visually-hidden">{words}</span></{ends}>'
        )


@lru_cache(maxsize=4_000)  # many meetings have the same points
def _scored(points: Decimal, language: str) -> tuple[str, str, str]:
    """Points as a square says them: the band, the number, and both in words of the language now spoken."""
    band, text = band_of(points), said_points(points)
    return band, text, _("%(points)s points, %(band)s") % {"points": text, "band": BANDS[band]}


@lru_cache(maxsize=10)
def _none(language: str) -> tuple[str, str]:
    """No meeting, in a word and in words of the language now spoken."""
    return _("none"), _("no meeting recorded")


@lru_cache(maxsize=10)
def _unscored(language: str) -> tuple[str, str]:
    """A meeting without points, likewise."""
    return _("held"), _("held, without points")


@lru_cache(maxsize=20)
def _settled(which: str, language: str) -> str:
    """How far points are confirmed, likewise."""
    return str(SETTLED[which][2])


@lru_cache(maxsize=1_000)
def _held(on: date, is_on_time: bool, language: str) -> str:
    """When a meeting was held, in words of the language now spoken."""
    if is_on_time:
        return _("held on %(day)s") % {"day": day(on)}
    return _("held on %(day)s, outside its month") % {"day": day(on)}


@lru_cache(maxsize=4_000)
def _present(n: int, of: int, language: str) -> str:
    """How many were there, in words of the language now spoken."""
    return _("%(n)s of %(m)s present") % {"n": count(n), "m": count(of)}


@dataclass(frozen=True)
class Line:
    """A cell with its squares."""

    name: Cell
    members: str
    squares: list[Square]
    attendance: Cell
    missed: str

    @property
    def months(self) -> SafeString:
        """Its squares in the cells of the table; as they are made here."""
        return SafeString("".join(f'<td class="month">{each.html}</td>' for each in self.squares))


def held_square(meetings: Sequence[MonthHeld], asked: Asked, limit: Limit, url: str) -> Square:
    """A month in which a cell met: what is asked of the best of its meetings; in words all that is known of it."""
    best = meetings[0]
    note = f"×{len(meetings)}" if len(meetings) > 1 else ""
    language = get_language() or ""
    if best.points is not None:
        band, text, words = _scored(best.points, language)
    else:
        band, (text, words) = "held", _unscored(language)
    words = f"{words}, {_held(best.held_on, best.is_on_time, language)}"
    if best.marked:
        words = f"{words}, {_present(best.present, best.marked, language)}"
    if best.settled:
        words = f"{words}, {_settled(best.settled, language)}"
    if asked.show == "settled":
        band, text, _words = SETTLED.get(best.settled, ("held", "–", ""))
    elif asked.show == "attendance":
        band, text = "held", "–"
        if best.attendance is not None:
            band = "good" if limit.is_met(best.present, best.marked) else "poor"
            text = str(int(best.attendance * 100))
    elif asked.show == "day":
        band = "good" if best.is_on_time else "average"
        text = str(best.held_on.day) if best.is_on_time else f"{best.held_on.day}.{best.held_on.month}."
    return Square(band, text, words, url, note)


def square_of(
    cell: CellYear,
    month: Period,
    held: Sequence[MonthHeld],
    said: NoMeeting | None,
    today: date,
    opens: bool,
    tree: Tree = Tree.THEN,
    asked: Asked = Asked(),
    limit: Limit = DEFAULT_LIMIT,
    records: bool = False,
) -> Square:
    """What a cell did in a month; `opens`: whether the reader may go on from there; `records`: to the form of it."""
    first = month.first_day
    if first not in cell.under:
        return Square()
    if held:
        return held_square(held, asked, limit, meeting_url(cell.unit_id, held[0].pk) if opens else "")
    if first not in cell.open or first > today or not asked.is_regular:
        return Square()
    form = f"{_way('meeting_record', cell.unit_id)}?month={month}" if records else ""
    if not month.is_over(today):
        return Square("due", _("due"), _("not recorded yet"), form)
    if form and said is None:
        return Square("none", *_none(get_language() or ""), form)
    late = f"{_way('unit_late', cell.unit_id)}?period={month}" if opens else ""
    late += f"&tree={kept(tree)}" if late and kept(tree) else ""
    if said is not None:
        return Square("none", _("none"), _("no meeting, because: %(why)s") % {"why": said.reason}, late, _("said why"))
    return Square("none", *_none(get_language() or ""), late)


def lines_of(
    cells: Sequence[CellYear],
    period: Period,
    tree: Tree,
    held: Held,
    said: dict[tuple[int, date], NoMeeting],
    parents: dict[int, Unit],
    rights: Rights,
    unit: Unit,
    limit: Limit,
    today: date,
    asked: Asked = Asked(),
) -> list[Line]:
    """The rows of the matrix; a cell that has left the reader's units by its code alone."""
    lines = []
    scope, recorded = rights.scope(P.MEETING_VIEW), rights.scope(P.MEETING_RECORD)
    for cell in cells:
        place = Unit(path=cell.path)
        opens, records = scope.covers(place), recorded.covers(place)
        squares = [
            square_of(
                cell,
                month,
                held.get((cell.unit_id, month.first_day), []),
                said.get((cell.unit_id, month.first_day)) if opens else None,
                today,
                opens,
                tree,
                asked,
                limit,
                records,
            )
            for month in period.months
        ]
        lines.append(
            Line(
                name_of(cell, parents, unit, opens, period, tree),
                count(cell.members),
                squares,
                attendance_of(cell, limit),
                count(len(cell.missed)),
            )
        )
    return lines


def name_of(cell: CellYear, parents: dict[int, Unit], unit: Unit, opens: bool, period: Period, tree: Tree) -> Cell:
    """A cell by name, with the unit above it where that is not the page's own."""
    if not opens:
        return Cell(text=cell.code, note=_("outside your units"))
    above = parents.get(cell.above or 0)
    note = above.name if above is not None and above.pk != unit.pk else ""
    url = address(reverse("unit_meetings", args=[cell.unit_id]), period=period, tree=kept(tree))
    return Cell(text=cell.name, url=url, note=note, lang="vi")


def parents_of(cells: Sequence[CellYear], period: Period, tree: Tree, today: date) -> dict[int, Unit]:
    """The units directly above these cells. One query."""
    found = Unit.objects.filter(pk__in={cell.above for cell in cells if cell.above}).order_by("pk")
    if tree is Tree.THEN:
        found = found.annotate(called=name_on(min(period.last_day, today)))
    return {unit.pk: unit for unit in called(found)}


def attendance_of(cell: CellYear, limit: Limit) -> Cell:
    """The attendance of a cell, marked where it is under the limit."""
    if cell.attendance is None:
        return Cell(text="–")
    weak = not limit.is_met(cell.present, cell.marked)
    return Cell(
        text=percent(cell.attendance), mark=Mark.MISSED if weak else "", mark_word=_("too low:") if weak else ""
    )


def columns_of(period: Period, sort: str, url: Callable[..., str]) -> list[Column]:
    """The heads of the matrix; name, attendance and months missed can be sorted by."""
    months = [Column(label=str(m.number), hint=period_name(m)) for m in period.months]
    return [
        Column(label=_("Cell"), sort_url=url(sort=""), sorted="" if sort else "ascending"),
        Column(label=_("Members"), number=True),
        *months,
        sorted_column(_("Attendance"), "attendance", sort, url, "attendance"),
        sorted_column(pgettext("months", "Missed"), "missed", sort, url, "-missed"),
    ]


def sorted_column(label: str, name: str, sort: str, url: Callable[..., str], first: str) -> Column:
    """A number's head whose link sorts by it, the worst first, and then the other way round."""
    other = f"-{name}" if first == name else name
    turned = {first: other, other: first}.get(sort, first)
    now = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    return Column(label=label, number=True, sort_url=url(sort=turned), sorted=now)


def _number(text: str) -> float | str:
    """What a square says as a number; a day outside its month as text."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def sheet_rows(lines: Iterator[tuple[CellYear, Line]]) -> Iterator[list[str | int | float | None]]:
    """The matrix as rows of a sheet: numbers as numbers, words as words."""
    for cell, line in lines:
        squares = [_number(s.text) if s.state in BANDS else s.text or None for s in line.squares]
        above = str(line.name.note)
        yield [
            cell.code, str(line.name.text), above, cell.members, *squares, cell.present, cell.marked,
            float(round(cell.attendance, 4)) if cell.attendance is not None else None, len(cell.missed),
        ]  # fmt: skip
