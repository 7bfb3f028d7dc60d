"""What the components of a page are given: plain values, made by views, shown by `templates/components/`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.formats import period_name
from chibo.core.periods import GRAINS, Period

Text = str | Promise


class Mark(StrEnum):
    """How a figure stands to its target; each has a shape of its own."""

    MET = "met"
    NEAR = "near"
    MISSED = "missed"
    NONE = "none"


MARK_WORDS: dict[str, Text] = {
    Mark.MET: gettext_lazy("target met"),
    Mark.NEAR: gettext_lazy("close to target"),
    Mark.MISSED: gettext_lazy("target missed"),
    Mark.NONE: gettext_lazy("no target"),
}
NOTHING = gettext_lazy("Nothing here yet.")


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One figure, large, with what it is measured against and how it came about. Empty text shows nothing."""

    label: Text
    value: Text
    of: Text = ""  # "of 185"
    mark: str = Mark.NONE
    status: Text = ""  # "target met, 100 %"
    share: Fraction | None = None  # length of the bar, 0 to 1; None: no bar
    target: Fraction | None = None  # where on the bar the target stands
    note: Text = ""  # "+8.5 points since 1 January"
    url: str = ""  # its evidence
    definition: Text = ""
    source: Text = ""
    computed: datetime | None = None

    @property
    def bar(self) -> str:
        """The bar's length as an SVG attribute."""
        return svg_percent(self.share)

    @property
    def bar_target(self) -> str:
        """The target's place as an SVG attribute, none where it is the bar's own end."""
        return svg_percent(self.target) if self.target is not None and 0 < self.target < 1 else ""


def svg_percent(share: Fraction | None) -> str:
    """A share as an SVG length, whatever the language: `93.08%`; nothing for None."""
    return "" if share is None else f"{float(min(max(share, Fraction(0)), Fraction(1))) * 100:.2f}%"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table. With `sort_url` its head is a link; `sorted` says how it is sorted now."""

    label: Text
    number: bool = False
    nowrap: bool = False  # what stands here is short: days, kinds
    wide: bool = False  # what stands here is long: on a phone it gets room rather than many lines
    sort_url: str = ""
    sorted: str = ""  # "ascending", "descending"
    hint: Text = ""  # said to those who can't see, and on hover


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in one cell of a table."""

    text: Text
    url: str = ""
    note: Text = ""  # small, below
    mark: str = ""  # a Mark, shown before the text
    mark_word: Text | None = ""  # what the mark means, when not the words of its kind; None: the text says it
    lang: str = ""  # of names that are always Vietnamese, say

    @property
    def word(self) -> Text:
        return "" if self.mark_word is None else self.mark_word or MARK_WORDS.get(self.mark, "")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under columns; the first cell of each row is its head."""

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()
    caption_hidden: bool = False
    empty: Text = NOTHING
    stacks: bool = False  # on a phone the cells of a row stand below each other, each with its column's name


@dataclass(frozen=True, kw_only=True)
class Link:
    """A text that leads somewhere; without a URL it is where one stands, or can't go."""

    label: Text
    url: str = ""
    current: bool = False
    name: Text = ""  # the full name, where the label is short


@dataclass(frozen=True, kw_only=True)
class Picker:
    """Which period the page shows, and the ways to another one."""

    now: Text
    grains: Sequence[Link]
    earlier: Link
    later: Link
    which: Sequence[Link] = field(default_factory=list)
    trees: Sequence[Link] = ()  # ways to the same period on another tree
    tree: Text = ""  # the tree the page is on, as a print says it


@dataclass(frozen=True, kw_only=True)
class Pager:
    """Pages by key: on to the next, back to the first; no total is counted."""

    next_url: str = ""
    first_url: str = ""
    note: Text = ""  # "50 records on this page"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that waits."""

    title: Text
    url: str = ""
    text: Text = ""
    when: Text = ""
    late: bool = False
    act: Text = ""  # what the way leads to doing, as a button: "Record it"
    ways: Sequence[Link] = ()  # what else can be done about it
    sends: str = ""  # what the act sends by its name, where it does it at once rather than leads to a page


GRAIN_LABELS: dict[str, Text] = {
    "year": gettext_lazy("Year"),
    "half": gettext_lazy("Half-year"),
    "quarter": gettext_lazy("Quarter"),
    "month": gettext_lazy("Month"),
}


def period_picker(period: Period, url: Callable[[Period], str], today: date) -> Picker:
    """Ways from a period to those before, after, within and around it; none to one that has not begun."""

    def link(target: Period, label: Text, name: Text = "") -> Link:
        begun = target.first_day <= today
        return Link(label=label, url=url(target) if begun else "", current=target == period, name=name)

    end = min(period.last_month, max(period.first_day, today.replace(day=1))).month
    grains = []
    for grain, length in GRAINS.items():
        target = period if grain == period.grain else Period(period.year, grain, (end - 1) // length + 1)
        grains.append(link(target, GRAIN_LABELS[grain]))
    siblings = [Period(period.year, period.grain, n) for n in range(1, 12 // period.length + 1)]
    after = period.number * period.length >= 12
    following = (
        Period(period.year + 1, period.grain, 1) if after else Period(period.year, period.grain, period.number + 1)
    )
    return Picker(
        now=period_name(period),
        grains=grains,
        earlier=link(period.before, _("Earlier"), period_name(period.before)),
        later=link(following, _("Later"), period_name(following)),
        which=[link(p, str(p.number), period_name(p)) for p in siblings] if len(siblings) > 1 else [],
    )
