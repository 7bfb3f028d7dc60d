"""The forms a report takes as a file: the one page, Word, PDF, Excel, and values for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from chibo.reports import pdf, word, workbook
from chibo.reports.printing import pictures
from chibo.reports.report import Report, as_json, below_table, sections

STYLES = ["base", "shell", "heading", "mark", "notice", "table", "facts", "report", "utilities", "print"]


@dataclass(frozen=True)
class Form:
    """How a report is written, and what browsers and mail call it."""

    write: Callable[[Report, str], bytes]
    content_type: str


def as_html(report: Report, address: str = "") -> bytes:
    """The report as one file that needs no other, its charts in it."""
    styles = [Path(str(finders.find(f"css/{name}.css"))).read_text(encoding="utf-8") for name in STYLES]
    today = report.day
    context = {
        "report": report,
        "unit": report.unit,
        "tables": sections(report, today),
        "below": below_table(report, today),
        "is_running": not report.period.is_over(today),
        "address": address,
        "qr": pdf.qr(address or report.code) if report.code else "",
        "drawings": pictures(report),
        "styles": "\n".join(styles),
    }
    return render_to_string("reports/file.html", context).encode()


def as_text(report: Report, address: str = "") -> bytes:
    """The report as JSON."""
    return (json.dumps(as_json(report, report.day), ensure_ascii=False, indent=1) + "\n").encode()


OFFICE = "application/vnd.openxmlformats-officedocument"
FORMS = {
    "html": Form(as_html, "text/html; charset=utf-8"),
    "docx": Form(word.as_docx, f"{OFFICE}.wordprocessingml.document"),
    "pdf": Form(pdf.as_pdf, "application/pdf"),
    "xlsx": Form(workbook.as_xlsx, f"{OFFICE}.spreadsheetml.sheet"),
    "json": Form(as_text, "application/json"),
}
