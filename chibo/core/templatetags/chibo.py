"""Tags and filters every template has: numbers and days in the language of the page."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chibo.core import formats
from chibo.core.components import Cell, Column

register = template.Library()


def _filter(function: Callable[..., str]) -> None:
    """Register a format under its own name; nothing in gives nothing out."""

    def shown(value: Any, *args: Any) -> str:
        return "" if value is None or value == "" else function(value, *args)

    register.filter(function.__name__, shown)


for each in (
    formats.count,
    formats.day,
    formats.moment,
    formats.number,
    formats.percent,
    formats.period_name,
    formats.points,
    formats.signed,
):
    _filter(each)


@register.filter
def ratio_percent(numerator: formats.Exact, denominator: formats.Exact | None) -> str:
    """`121|ratio_percent:130` is 93.1 %; of nothing, a dash."""
    return formats.ratio_percent(numerator, denominator)


@cache
def _mark(mark: str) -> str:
    """The shape of a mark, the same on every page."""
    return render_to_string("components/mark.html", {"mark": mark}).strip()


@register.simple_tag
@cache
def stylesheets() -> SafeString:
    """The links to every style sheet: the same on every page, so they are written out once."""
    return SafeString(render_to_string("core/stylesheets.html").strip())


@register.simple_tag
def table_cell(column: Column, cell: Cell, head: bool, stacks: bool = False) -> SafeString:
    """One cell of components/table.html; made here and not in a template, as a page has hundreds of them."""
    name = "th" if head else "td"
    attributes = SafeString(' scope="row"' if head else "")
    is_empty = stacks and cell.text == "–" and not cell.note
    if column.number or column.nowrap or column.wide or is_empty:
        names = (("number", column.number), ("nowrap", column.nowrap), ("wide", column.wide), ("none", is_empty))
        attributes += format_html(' class="{}"', " ".join(name for name, is_so in names if is_so))
    if stacks and not head:
        attributes += format_html(' data-label="{}"', column.label)
    if cell.lang:
        attributes += format_html(' lang="{}"', cell.lang)
    said = format_html('<span class="visually-hidden">{} </span>', cell.word) if cell.word else ""
    mark = format_html("{}{}", SafeString(_mark(cell.mark)), said) if cell.mark else ""
    text = format_html('<a href="{}">{}</a>', cell.url, cell.text) if cell.url else cell.text
    note = format_html(' <span class="cell-note">{}</span>', cell.note) if cell.note else ""
    return format_html("<{0}{1}>{2}{3}{4}</{0}>", SafeString(name), attributes, mark, text, note)
