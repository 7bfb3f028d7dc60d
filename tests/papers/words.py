"""Word documents for tests: small ones, hostile ones, and what they say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import docx

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def document(*paragraphs: str, cell: tuple[str, ...] = ()) -> bytes:
    """A .docx of paragraphs, and of a table of one cell."""
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    if cell:
        only = made.add_table(1, 1).rows[0].cells[0]
        only.paragraphs[0].text = cell[0]
        for text in cell[1:]:
            only.add_paragraph(text)
    return saved(made)


def saved(made) -> bytes:
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def scattered(*runs: str) -> bytes:
    """A .docx of one paragraph whose text lies in several runs, as Word scatters it."""
    made = docx.Document()
    paragraph = made.add_paragraph()
    for at, text in enumerate(runs):
        paragraph.add_run(text).bold = bool(at % 2)
    return saved(made)


def changed(data: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """A .docx with other parts: added, replaced, left out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in source.infolist():
            if each.filename not in parts:
                packed.writestr(each.filename, source.read(each))
        for name, part in parts.items():
            if part is not None:
                packed.writestr(name, part)
    return target.getvalue()


def part(data: bytes, name: str = "word/document.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return source.read(name)


def replaced(data: bytes, name: str, old: str, new: str) -> bytes:
    """A .docx one of whose parts says something else."""
    text = part(data, name).decode()
    assert old in text
    return changed(data, {name: text.replace(old, new).encode()})


def lines(data: bytes) -> list[str]:
    """The text of every paragraph, in tables and headers too, line breaks as such."""
    opened = docx.Document(io.BytesIO(data))
    section = opened.sections[0]
    found = []
    for part_of in (opened.element.body, section.header._element, section.footer._element):
        for paragraph in part_of.iter(f"{WORD}p"):
            text = "".join(
                "\n" if each.tag == f"{WORD}br" else each.text or "" for each in paragraph.iter(f"{WORD}t", f"{WORD}br")
            )
            found.append(text)
    return [line for line in found if line]


def text(data: bytes) -> str:
    return "\n".join(lines(data))
