"""Tags and filters every template has: numbers and days in the language of the page."""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.safestring import SafeString

from chibo.core import formats, markup
from chibo.core.components import Table

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


@register.simple_tag
def table_rows(table: Table) -> SafeString:
    """The rows of a table."""
    return markup.rows(table.columns, table.rows, table.stacks)


@register.simple_tag
def table_foot(table: Table) -> SafeString:
    """The last row of a table, of all the others together."""
    return markup.rows(table.columns, [table.foot], table.stacks)


register.simple_tag(markup.stylesheets)
register.simple_tag(markup.cell, name="table_cell")
register.simple_tag(markup.tile)
