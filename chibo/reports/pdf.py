"""A report as PDF, set by Typst from a template; what it says goes in as data, so that no text is ever obeyed."""

from __future__ import annotations

import io
import json
from datetime import UTC
from pathlib import Path

from chibo.core.typesetting import fonts, shaped
from chibo.reports.drawing import INK
from chibo.reports.printing import of_drawing, pictures, printed
from chibo.reports.report import Report

TEMPLATE = Path(__file__).parent / "templates" / "reports" / "report.typ"


def as_pdf(report: Report, address: str = "") -> bytes:
    """The report as a PDF document in the one font of print; `address` leads to the page behind its code."""
    import typst

    said = printed(report, address)
    said["charts"] = [of_drawing(each) | {"svg": each.svg} for each in pictures(report)]
    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": shaped(json.dumps(said, ensure_ascii=False)), "qr": qr(address or report.code or "-")},
        timestamp=report.at.astimezone(UTC),
    )
    return bytes(made)


def qr(text: str) -> str:
    """Text as a QR code, an SVG picture."""
    import segno

    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="svg", border=0, dark=INK, scale=4)
    return target.getvalue().decode()
