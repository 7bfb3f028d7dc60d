"""A report as it is printed: the words, tables and pictures that Word and PDF share, as plain values."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from chibo.core.components import Cell, Table
from chibo.core.formats import count, moment, period_name
from chibo.reports.drawing import Drawing, drawings
from chibo.reports.report import Report, below_table, sections

ILL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")  # what no file of XML may hold
Plain = dict[str, Any]


def plain(text: object) -> str:
    """Text as a line of a file: without control characters, breaks as spaces."""
    return re.sub(r"[\t\n\r\u2028\u2029]+", " ", ILL.sub("", str(text)))


def printed(report: Report, address: str = "") -> Plain:
    """Everything a printed report says, in the language of the page, but the pictures themselves."""
    today = report.day
    tables = [_table(table) for table in sections(report, today)]
    for table in tables:
        for row in table["rows"]:
            row[-1] |= {"text": row[-1]["word"] or row[-1]["text"]}
    below = below_table(report, today)
    return {
        "lang": (get_language() or "en").split("-")[0],
        "title": plain(report.title),
        "unit": plain(report.unit.name),
        "unit_code": plain(report.unit.code),
        "period": plain(period_name(report.period)),
        "tree": plain(_("tree of units %(tree)s") % {"tree": report.tree_said}),
        "made": plain(moment(report.at)),
        "code": report.code,
        "address": plain(address),
        "facts": facts(report),
        "notes": notes(report, today),
        "tables": tables,
        "below": _table(below) if below.rows else None,
        "words": {
            "results": _("Results"),
            "charts": _("Charts"),
            "below": _("Units below"),
            "page": _("Page"),
            "of": pgettext("page of pages", "of"),
            "code": _("Code"),
            "look": _("The page behind this code shows the same numbers for ever, and what has changed since."),
        },
    }


def facts(report: Report) -> list[tuple[str, str]]:
    """What a report is of, in terms and texts."""
    return [
        (_("Unit"), f"{plain(report.unit.name)} ({plain(report.unit.code)})"),
        (_("Period"), plain(period_name(report.period))),
        (_("Tree of units"), plain(report.tree_said)),
        (_("Units below"), count(len(report.children))),
        (_("Made"), plain(moment(report.at))),
        (_("Code"), report.code),
    ]


def notes(report: Report, today: date) -> list[str]:
    """What has to be known before the figures are read."""
    found = []
    if not report.period.is_over(today):
        found.append(
            _("This period is not over: its figures count what is recorded so far, and what is due until its end.")
        )
    if not report.figures:
        found.append(_("Nothing was recorded that counts in this period."))
    return found


def pictures(report: Report) -> list[Drawing]:
    """The charts of a report in their order."""
    return drawings(report)


def _table(table: Table) -> Plain:
    return {
        "caption": plain(table.caption),
        "heads": [plain(column.label) for column in table.columns],
        "numbers": [column.number for column in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
    }


def _cell(cell: Cell) -> Plain:
    return {
        "text": plain(cell.text),
        "note": plain(cell.note),
        "mark": str(cell.mark),
        "word": plain(cell.word) if cell.mark else "",
    }


def of_drawing(drawing: Drawing) -> Plain:
    """A chart's words and the table behind it."""
    return {
        "name": drawing.name,
        "title": plain(drawing.title),
        "summary": plain(drawing.summary),
        "table": _table(drawing.table),
    }
