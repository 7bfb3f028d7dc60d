"""A paper as a page shows it: its lines, where they stand and how heavy; not its exact look, which Word shows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from chibo.core.late import Late

docx = Late("docx")

SIDES = {"CENTER": "middle", "RIGHT": "end"}
MOST = 300  # lines


@dataclass(frozen=True)
class Line:
    """A paragraph: at which side it stands, whether it is heavy or slanted."""

    text: str
    side: str
    is_strong: bool
    is_slanted: bool


Block = list[list[Line]]  # what stands beside each other


def blocks(content: bytes) -> list[Block]:
    """A Word document from top to bottom: each paragraph for itself, the cells of a table's row beside each other."""
    found: list[Block] = []
    for each in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(each, docx.table.Table):
            found += [[_lines(cell.paragraphs) for cell in row.cells] for row in each.rows]
        else:
            found.append([_lines([each])])
        if len(found) >= MOST:
            break
    return [block for block in found if any(block)]


def _lines(paragraphs: list[Any]) -> list[Line]:
    return [
        Line(
            text=each.text,
            side=SIDES.get(each.alignment.name if each.alignment else "", "start"),
            is_strong=all(run.bold for run in each.runs if run.text.strip()),
            is_slanted=all(run.italic for run in each.runs if run.text.strip()),
        )
        for each in paragraphs
        if each.text.strip()
    ]
