"""A report as a Word document, from a template anyone can change in Word."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from chibo.core.word import fill
from chibo.reports.printing import of_drawing, pictures, printed
from chibo.reports.report import Report

TEMPLATE = Path(__file__).parent / "templates" / "reports" / "report.docx"
SIGNS = {"met": "✓", "near": "▲", "missed": "■", "none": "◊"}  # those the font of print has
ACROSS, NAME = 9864, 2.5  # between the margins, in twentieths of a point; how many other columns a name takes
LANGUAGES = {"vi": "vi-VN", "en": "en-GB"}


def as_docx(report: Report, address: str = "") -> bytes:
    """The report as a .docx file; text is text, whatever signs of templates or of XML it holds."""
    import segno
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage

    document = DocxTemplate(TEMPLATE)
    said = printed(report, address)
    below = said["below"]
    for table in [*said["tables"], *([below] if below else [])]:
        for row in table["rows"]:
            for cell in row:
                cell["sign"] = SIGNS.get(cell["mark"], "")
    qr = io.BytesIO()
    segno.make(address or report.code or "-", error="m", micro=False).save(qr, kind="png", border=0, scale=8)
    said["qr"] = InlineImage(document, qr, width=Mm(25)) if report.code else ""
    said["charts"] = []
    for each in pictures(report):
        plain = of_drawing(each)
        png = each.png
        width, height = _size(png)
        across = min(116.0, 225.0 * width / height)
        plain["picture"] = InlineImage(document, io.BytesIO(png), width=Mm(across))
        plain["months"] = plain["table"] if len(plain["table"]["heads"]) == 3 else None
        said["charts"].append(plain)
    fill(document, said)
    if below:
        _wide_names(document.docx.tables[-1])
    _about(document, said, report)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _wide_names(table: Any) -> None:
    """Give the column of names twice the width of the others: how many those are, the template can't know."""
    from docx.oxml.ns import qn

    grid = table._tbl.tblGrid.findall(qn("w:gridCol"))
    other = ACROSS / (len(grid) - 1 + NAME)
    widths = [ACROSS - other * (len(grid) - 1), *[other] * (len(grid) - 1)]
    for column, width in zip(grid, widths, strict=True):
        column.set(qn("w:w"), str(round(width)))
    for row in table._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, widths, strict=True):
            size = cell.get_or_add_tcPr().get_or_add_tcW()
            size.set(qn("w:w"), str(round(width)))
            size.set(qn("w:type"), "dxa")


def _about(document: Any, said: dict[str, Any], report: Report) -> None:
    """The language of the text, for spelling and for reading aloud; title and moment of the file."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = document.docx.core_properties
    properties.title, properties.author = f"{said['title']} · {said['unit']}"[:255], said["unit"][:255]
    properties.created = properties.modified = report.at
    properties.language = LANGUAGES.get(said["lang"], said["lang"])
    properties.comments, properties.subject = "", said["code"]
    style = document.docx.styles["Normal"].element.get_or_add_rPr()
    for old in style.findall(qn("w:lang")):
        style.remove(old)
    language = OxmlElement("w:lang")
    for kind in ("val", "eastAsia"):
        language.set(qn(f"w:{kind}"), LANGUAGES.get(said["lang"], said["lang"]))
    style.append(language)
