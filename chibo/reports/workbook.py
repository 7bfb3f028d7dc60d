"""A report as a workbook: numbers as numbers, names as text, one sheet for results, units below, months and moment."""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.formats import period_name
from chibo.exchange.writing import opened
from chibo.indicators import registry
from chibo.indicators.figures import Figure
from chibo.indicators.registry import Indicator
from chibo.reports.drawing import LINES
from chibo.reports.printing import facts, notes, plain
from chibo.reports.report import BELOW, FIELDS, Report
from chibo.targets.queries import judge
from chibo.targets.tiles import is_known, status_of

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
COUNT, PERCENT, MOST = "#,##0", "0.0%", 32_767  # the formats of numbers; the length of a text


def as_xlsx(report: Report, address: str = "") -> bytes:
    """The report as an .xlsx file; no text of it is ever a formula or a link."""
    target = io.BytesIO()
    with opened(target, OPTIONS) as book:
        book.set_properties(
            {"title": plain(report.title)[:255], "created": report.at.astimezone(UTC).replace(tzinfo=None)}
        )
        book.set_size(1600, 1000)
        writer = _Writer(book)
        _results(writer, report)
        if report.children:
            _below(writer, report)
        if report.months:
            _months(writer, report)
        _about(writer, report, address)
    return target.getvalue()


class _Writer:
    """A book with its few formats."""

    def __init__(self, book: Any) -> None:
        self.book = book
        font = {"font_name": "Source Sans Pro", "font_size": 11, "valign": "top"}
        self.text = book.add_format(font | {"text_wrap": True})
        self.head = book.add_format(font | {"bold": True, "text_wrap": True, "bottom": 1, "valign": "bottom"})
        self.numbers = {code: book.add_format(font | {"num_format": code}) for code in (COUNT, PERCENT)}

    def sheet(self, name: str, heads: list[str], widths: list[int]) -> Any:
        """A sheet with its column names, which stay in sight and are repeated in print."""
        sheet = self.book.add_worksheet(plain(name).translate(dict.fromkeys(map(ord, "[]:*?/\\"), " "))[:31])
        for at, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.write_string(0, at, plain(head), self.head)
            sheet.set_column(at, at, width)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def row(self, sheet: Any, line: int, values: list[Any]) -> None:
        """A row of texts, of (number, format) pairs and of nothing."""
        for at, value in enumerate(values):
            if isinstance(value, tuple):
                if value[0] is not None:
                    sheet.write_number(line, at, value[0], self.numbers[value[1]])
            elif value not in (None, ""):
                sheet.write_string(line, at, plain(value)[:MOST], self.text)


def _format(indicator: Indicator) -> str:
    return PERCENT if indicator.has_denominator else COUNT


def _value(figure: Figure | None, indicator: Indicator) -> tuple[float | int | None, str]:
    return (None if figure is None else figure.value), _format(indicator)


def _whole(number: float | int | None) -> tuple[float | int | None, str]:
    return number, COUNT


def _results(writer: _Writer, report: Report) -> None:
    before = period_name(report.period.before)
    heads = [
        _("Field"),
        _("Figure"),
        _("Value"),
        _("Counted"),
        _("Of"),
        before,
        _("Target"),
        _("State"),
        _("Decision"),
        _("Code"),
    ]
    sheet = writer.sheet(_("Report"), heads, [20, 40, 12, 12, 12, 12, 12, 30, 18, 28])
    line = 0
    for field, codes in FIELDS:
        for code in codes:
            indicator, figure, old = registry.get(code), report.figures.get(code), report.before.get(code)
            target = report.targets.get((report.unit.pk, code))
            if not indicator.said_of(report.period) or not (figure or target):
                continue
            line += 1
            judgement = judge(target, figure, report.period, report.day) if target else None
            known = old if old and is_known(old) else None
            writer.row(
                sheet,
                line,
                [
                    field,
                    indicator.label,
                    _value(figure, indicator) if figure else (None if indicator.has_denominator else (0, COUNT)),
                    _whole(indicator.whole(figure.numerator if figure else 0)),
                    _whole(indicator.whole(figure.denominator if figure else None)),
                    _value(known, indicator),
                    (float(target.value) if target else None, _format(indicator)),
                    status_of(indicator, judgement),
                    target.decision if target else "",
                    code,
                ],
            )


def _below(writer: _Writer, report: Report) -> None:
    indicators = [registry.get(code) for code in BELOW if registry.get(code).said_of(report.period)]
    heads, counted, of = [_("Unit"), _("Code")], _("counted"), _("of")
    for indicator in indicators:
        heads.append(str(indicator.label))
        if indicator.has_denominator:
            heads += [f"{indicator.label}: {counted}", f"{indicator.label}: {of}"]
    sheet = writer.sheet(_("Units below"), heads, [40, 14, *[14] * (len(heads) - 2)])
    for line, child in enumerate(report.children, 1):
        values: list[Any] = [child.name, child.code]
        for indicator in indicators:
            figure = report.below[child.pk].get(indicator.code)
            values.append(_value(figure, indicator) if figure or indicator.has_denominator else (0, COUNT))
            if indicator.has_denominator:
                numbers = (figure.numerator, figure.denominator) if figure else (None, None)
                values += [_whole(indicator.whole(each)) for each in numbers]
        writer.row(sheet, line, values)


def _months(writer: _Writer, report: Report) -> None:
    indicators = [registry.get(code) for code in LINES.values()]
    heads, counted, of = [_("Month")], _("counted"), _("of")
    for indicator in indicators:
        heads += [str(indicator.label), f"{indicator.label}: {counted}", f"{indicator.label}: {of}"]
    sheet = writer.sheet(_("Months"), heads, [20, *[16] * (len(heads) - 1)])
    for line, (month, figures) in enumerate(report.months.items(), 1):
        values: list[Any] = [period_name(month)]
        for indicator in indicators:
            figure = figures.get(indicator.code)
            numbers = (figure.numerator, figure.denominator) if figure else (None, None)
            values += [_value(figure, indicator), *map(_whole, map(indicator.whole, numbers))]
        writer.row(sheet, line, values)


def _about(writer: _Writer, report: Report, address: str) -> None:
    sheet = writer.sheet(_("About"), [_("What"), _("Is")], [28, 90])
    lines = [(_("Report"), report.title), *facts(report), (_("Page"), address)]
    lines += [(_("Note"), note) for note in notes(report, report.day)]
    lines += [(str(registry.get(code).label), str(registry.get(code).definition)) for code in report.figures]
    for line, pair in enumerate(lines, 1):
        writer.row(sheet, line, list(pair))
