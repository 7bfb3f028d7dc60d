"""A text with its looks in a Word document: each block a paragraph where the template has room for the text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from chibo.core.word import NO_TEXT, in_xml
from chibo.papers.filling import BREAK, PACKED
from chibo.resolutions.writing import BULLET, HEADING, NUMBERED, Block, Run, plain

HERE = "\ue000\ue001\ue000"  # stands for the text until its paragraphs are there; nobody can write it
BODY = "word/document.xml"
MORE = ("drawing", "pict", "sectPr")  # a paragraph with one of these stays
HANG, INDENT = 7, 17  # mm: a line of a list and its sign


def with_text(document: bytes, blocks: Sequence[Block], notes: Sequence[str]) -> bytes:
    """The document with the text where `HERE` stands, always the same bytes for the same text.

    Notes go before it, in italics. Where `HERE` stands within a line or beside the body, it is mere text.
    """
    told = BREAK.join(in_xml("\n".join([*notes, plain(list(blocks))])).split("\n")).encode()
    target, mark = io.BytesIO(), HERE.encode()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for each in source.infolist():
            part = source.read(each)
            if mark in part:
                part = (_laid_out(part, blocks, notes) if each.filename == BODY else part).replace(mark, told)
            info = zipfile.ZipInfo(each.filename, PACKED)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, part)
    return target.getvalue()


def _laid_out(part: bytes, blocks: Sequence[Block], notes: Sequence[str]) -> bytes:
    """The body, with paragraphs for those that said nothing but `HERE`."""
    from docx.oxml import parse_xml  # heavy, and wanted only where a paper is made
    from docx.oxml.ns import qn
    from lxml import etree

    tree: Any = parse_xml(part)
    for paragraph in list(tree.iter(qn("w:p"))):
        texts = [each for each in paragraph.iter(qn("w:t")) if (each.text or "").strip()]
        holds_more = any(next(paragraph.iter(qn(f"w:{tag}")), None) is not None for tag in MORE)
        if holds_more or [each.text.strip() for each in texts] != [HERE]:
            continue
        base = _Base(paragraph, texts[0].getparent().find(qn("w:rPr")))
        made = [base.note(each) for each in notes]
        before, number = "", 0
        for block in blocks:
            number = number + 1 if block.kind == before else 1
            made.append(base.block(block, number))
            before = block.kind
        for each in made:
            paragraph.addprevious(each)
        if made:
            paragraph.getparent().remove(paragraph)
    return bytes(etree.tostring(tree, encoding="UTF-8", standalone=True))


class _Base:
    """The paragraph of a template in whose place others stand: they look as it does, but for what they are."""

    def __init__(self, paragraph: Any, look: Any) -> None:
        self.paragraph, self.look = paragraph, look

    def note(self, text: str) -> Any:
        """A line in italics, in the middle."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        made = self._begun()
        made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        made.paragraph_format.first_line_indent = None
        self._run(made, Run(text, italic=True))
        return made._p

    def block(self, block: Block, number: int) -> Any:
        """A heading, a paragraph, or a line of a list with its sign."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Mm, Pt

        made = self._begun()
        room = made.paragraph_format
        if block.kind == HEADING:
            made.alignment = WD_ALIGN_PARAGRAPH.LEFT
            room.first_line_indent, room.space_before, room.keep_with_next = None, Pt(6), True
        elif block.kind in (BULLET, NUMBERED):
            room.left_indent, room.first_line_indent = Mm(INDENT), Mm(-HANG)
            self._run(made, Run("–\t" if block.kind == BULLET else f"{number}.\t"))
        for run in block.runs:
            self._run(made, run if block.kind != HEADING else Run(run.text, True, run.italic))
        return made._p

    def _begun(self) -> Any:
        """A paragraph like this one, that says nothing yet."""
        from docx.oxml.ns import qn
        from docx.text.paragraph import Paragraph

        made: Any = deepcopy(self.paragraph)
        for child in list(made):
            if child.tag != qn("w:pPr"):
                made.remove(child)
        made.tail = None
        return Paragraph(made, None)  # type: ignore[arg-type]

    def _run(self, paragraph: Any, run: Run) -> None:
        made = paragraph.add_run(NO_TEXT.sub("", run.text))
        if self.look is not None:
            made._r.insert(0, deepcopy(self.look))
        if run.bold:
            made.bold = True
        if run.italic:
            made.italic = True
