"""Components that a page has by the hundred, written out here: as templates they took most of a page's time.

What is shown is what `core.components` says; every text passes through `escaped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chibo.core import formats
from chibo.core.components import Cell, Column, Tile

NOTHING = "–"


def escaped(text: Any) -> str:
    """A text as it stands in a page: what is not marked safe does no harm there."""
    return escape(text) if type(text) is str else conditional_escape(text)


@cache
def mark(which: str) -> str:
    """The shape of a mark, the same on every page."""
    return render_to_string("components/mark.html", {"mark": which}).strip()


@cache
def stylesheets() -> SafeString:
    """The links to every style sheet: the same on every page, so they are written out once."""
    return SafeString(render_to_string("core/stylesheets.html").strip())


def cell(column: Column, cell: Cell, head: bool, stacks: bool = False) -> SafeString:
    """One cell of a table."""
    is_empty = stacks and cell.text == NOTHING and not cell.note
    return SafeString(_cell(_opening(column, head, stacks, is_empty), cell, "th" if head else "td"))


def cells(columns: Sequence[Column], line: Sequence[Cell]) -> SafeString:
    """The cells of a row after its head, which is shown apart; as many as the columns given."""
    each = zip(columns, line, strict=True)
    return SafeString("".join(_cell(_opening(column, False, False, False), cell, "td") for column, cell in each))


def rows(columns: Sequence[Column], lines: Iterable[Sequence[Cell]], stacks: bool = False) -> SafeString:
    """The rows of components/table.html: of each line the first cell is its head."""
    openings = [
        [_opening(column, not place, stacks, is_empty) for is_empty in (False, True)]
        for place, column in enumerate(columns)
    ]
    pieces: list[str] = []
    for line in lines:
        pieces.append("<tr>")
        name = "th"
        for opening, each in zip(openings, line, strict=True):
            is_empty = stacks and each.text == NOTHING and not each.note
            pieces.append(_cell(opening[is_empty], each, name))
            name = "td"
        pieces.append("</tr>\n")
    return SafeString("".join(pieces))


def _opening(column: Column, head: bool, stacks: bool, is_empty: bool) -> str:
    """How the cells of a column begin, up to what differs from one to the next."""
    named = (("number", column.number), ("nowrap", column.nowrap), ("wide", column.wide), ("none", is_empty))
    names = " ".join(name for name, is_so in named if is_so)
    opening = '<th scope="row"' if head else "<td"
    opening += f' class="{names}"' if names else ""
    return opening + (f' data-label="{escaped(column.label)}"' if stacks and not head else "")


def _cell(opening: str, cell: Cell, name: str) -> str:
    text = escaped(cell.text)
    if cell.url:
        text = f'<a href="{escaped(cell.url)}">{text}</a>'
    if cell.mark:
        word = cell.word
        said = f'<span class="visually-hidden">{escaped(word)} </span>' if word else ""
        text = f"{mark(cell.mark)}{said}{text}"
    if cell.note:
        text += f' <span class="cell-note">{escaped(cell.note)}</span>'
    lang = f' lang="{escaped(cell.lang)}"' if cell.lang else ""
    return f"{opening}{lang}>{text}</{name}>"


GO = '<svg class="tile-go" viewBox="0 0 8 8" aria-hidden="true"><path d="m2 .5 4 3.5-4 3.5"></path></svg>'


def tile(tile: Tile, is_brief: bool = False) -> SafeString:
    """One figure of components/tiles.html, under a heading of the second level; brief, without how it is counted."""
    said = [f'<span class="tile-label">{escaped(tile.label)}</span>', GO if tile.url else ""]
    of = f' <span class="tile-of">{escaped(tile.of)}</span>' if tile.of else ""
    said.append(f'<span class="tile-number"><span class="tile-value">{escaped(tile.value)}</span>{of}</span>')
    inside = "\n".join(filter(None, said))
    whole = f'<a href="{escaped(tile.url)}">{inside}</a>' if tile.url else f"<span>{inside}</span>"
    pieces = [f'<li class="tile"><h3 class="tile-head">{whole}</h3>']
    if bar := tile.bar:
        goal = tile.bar_target
        line = f'<line class="bar-target" x1="{goal}" x2="{goal}" y1="0" y2="100%"></line>' if goal else ""
        pieces.append(
            f'<svg class="bar is-{escaped(tile.mark)}" aria-hidden="true" focusable="false">'
            f'<rect class="bar-fill" width="{bar}" height="100%"></rect>{line}</svg>'
        )
    if tile.status:
        pieces.append(f'<p class="tile-status">{mark(tile.mark)}<span>{escaped(tile.status)}</span></p>')
    if tile.note:
        pieces.append(f'<p class="tile-note">{escaped(tile.note)}</p>')
    if tile.definition and not (is_brief and tile.url):
        pieces.append(_counted(tile))
    pieces.append("</li>")
    return SafeString("\n".join(pieces))


def _counted(tile: Tile) -> str:
    """How a figure is counted, folded away."""
    told = [(_("Definition"), escaped(tile.definition))]
    if tile.source:
        told.append((_("Source"), escaped(tile.source)))
    if at := tile.computed:
        told.append((_("Computed"), f'<time datetime="{_local(at).isoformat()}">{escaped(formats.moment(at))}</time>'))
    lines = "\n".join(f"<dt>{escaped(name)}</dt>\n<dd>{what}</dd>" for name, what in told)
    how = escaped(_("How it is counted"))
    return f'<details class="tile-more"><summary>{how}</summary>\n<dl>\n{lines}\n</dl></details>'


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def control(widget: Mapping[str, Any]) -> str:
    """The button of one option of a choice, as the widget's own template would show it."""
    said = [("type", widget["type"]), ("name", widget["name"]), ("value", widget["value"]), *widget["attrs"].items()]
    attributes = (name if value is True else f'{name}="{escaped(value)}"' for name, value in said if value is not False)
    return f"<input {' '.join(attributes)}>"
