"""A shipped form as a Word template: laid out as papers of the Party are, from its short declaration."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from chibo.papers.filling import PACKED
from chibo.papers.shipped import Declared

FONT = "Times New Roman"
MIDDLE, LEFT, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
ACROSS = 165  # mm between the margins
ROOM = 60  # points, for a signature and a stamp
HEADS = {  # what stands at the top left; the second line is the one that issues the paper
    "party": ("{{ superior_name|upper }}", "{{ unit_name|upper }}"),
    "union": ("{{ union_superior|upper }}", "{{ union_name|upper }}"),
}
UNUSED = ("/stylesWithEffects", "/numbering", "/customXml", "/thumbnail", "/webSettings")
LOOKS = {  # how a line begins: side, bold, italic, indent of the first line, indent of all
    "##": (LEFT, True, False, 0, 0),
    "#": (MIDDLE, True, False, 0, 0),
    "~": (BOTH, False, True, 10, 0),
    "-": (LEFT, False, False, 10, 0),
    ">": (LEFT, False, False, 0, 10),
    "=": (MIDDLE, False, False, 0, 0),
    "": (BOTH, False, False, 10, 0),
}


def laid_out(form: Declared) -> bytes:
    """The template of a form as a .docx file, the same bytes every time."""
    document = Document()
    _page(document)
    _about(document, form)
    _head(document, form)
    for n, line in enumerate(form.title):
        _line(document, line, MIDDLE, size=16 if n == 0 else 14, bold=True, before=14 if n == 0 else 0)
    rule = _line(document, "", MIDDLE, size=6, after=8)
    _rule(rule)
    if form.head == "person":
        _line(document, "Kính gửi: {{ addressee }}", MIDDLE, italic=True, after=8)
    for line in form.body:
        _body(document, line)
    _signs(document, form)
    _unstretched(document)
    _slim(document)
    target = io.BytesIO()
    document.save(target)
    return _packed(target.getvalue())


def _packed(data: bytes) -> bytes:
    """The same file without the moment at which it was packed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in source.infolist():
            info = zipfile.ZipInfo(each.filename, PACKED)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, source.read(each))
    return target.getvalue()


def _unstretched(document: Any) -> None:
    """A line that ends by hand in the middle of a paragraph is not drawn out to the margin."""
    settings = document.settings.element
    compat = settings.find(qn("w:compat"))
    if compat is None:
        raise ValueError("The library's own document has settings.")
    compat.insert(0, OxmlElement("w:doNotExpandShiftReturn"))


def _slim(document: Any) -> None:
    """Leave out what Word brings along and no paper uses: thousands of papers are kept."""
    styles = document.styles.element
    for style in styles.findall(qn("w:style")):
        if style.get(qn("w:default")) != "1":
            styles.remove(style)
    for relations in (document.part.rels, document.part.package.rels):
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(UNUSED):
                del relations[key]


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.paragraph_format.space_after, style.paragraph_format.line_spacing = Pt(0), 1.15
    look = style.element.get_or_add_rPr()
    fonts = look.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)
    for old in look.findall(qn("w:lang")):
        look.remove(old)
    language = OxmlElement("w:lang")
    for kind in ("val", "eastAsia"):
        language.set(qn(f"w:{kind}"), "vi-VN")
    look.append(language)


def _about(document: Any, form: Declared) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = f"{form.code} {form.name['vi']}", "", ""
    properties.language = "vi-VN"
    properties.created = properties.modified = datetime(2021, 9, 28, tzinfo=UTC)


def _head(document: Any, form: Declared) -> None:
    """Who issues the paper at the left, the Party's name, place and day at the right; the form's code above."""
    code = _line(document, f"Mẫu {form.code}", WD_ALIGN_PARAGRAPH.RIGHT, size=10, italic=True)
    code.paragraph_format.space_after = Pt(4)
    left, right = _two(document, 75, 90)
    if form.head in HEADS:
        above, issuer = HEADS[form.head]
        _line(left, above, MIDDLE, size=13)
        _line(left, issuer, MIDDLE, size=13, bold=True)
        _line(left, "*", MIDDLE, size=13)
        _line(left, "Số {{ number }}", MIDDLE, size=13)
    if form.head != "union":
        _line(right, "ĐẢNG CỘNG SẢN VIỆT NAM", MIDDLE, size=14, bold=True, underline=True)
        _line(right, "", MIDDLE, size=8)
    _line(right, "{{ place }}, {{ signed_on }}", MIDDLE, size=13, italic=True)
    _drop_first(left, right)


def _two(document: Any, left: int, right: int) -> tuple[Any, Any]:
    """Two blocks beside each other."""
    table = document.add_table(1, 2)
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, cell, width in zip(table.columns, table.rows[0].cells, (left, right), strict=True):
        column.width = cell.width = Mm(width)
    row = table.rows[0]._tr.get_or_add_trPr()
    row.append(OxmlElement("w:cantSplit"))
    return table.rows[0].cells[0], table.rows[0].cells[1]


def _drop_first(*cells: Any) -> None:
    """A cell begins with an empty paragraph: away with it where others follow."""
    for cell in cells:
        if len(cell.paragraphs) > 1:
            cell._tc.remove(cell.paragraphs[0]._p)


def _line(
    where: Any,
    text: str,
    side: Any,
    *,
    size: float = 14,
    bold: bool = False,
    italic: bool = False,
    underline: bool = False,
    before: float = 0,
    after: float = 0,
) -> Any:
    paragraph = where.add_paragraph()
    paragraph.alignment = side
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic, run.underline = Pt(size), bold or None, italic or None, underline or None
    return paragraph


def _rule(paragraph: Any) -> None:
    """A short line below the title."""
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(60)
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def _body(document: Any, line: str) -> None:
    sign, _blank, text = line.partition(" ")
    if sign not in LOOKS or not sign:
        sign, text = "", line
    side, bold, italic, first, all_of_it = LOOKS[sign]
    if sign == "-":
        text = f"- {text}"
    if text.startswith("{%") and text.endswith("%}") and text.count("{%") == 1:
        document.add_paragraph(text)
        return
    paragraph = _line(document, text, side, bold=bold, italic=italic, before=6 if bold else 0, after=4)
    paragraph.paragraph_format.first_line_indent = Mm(first) if first else None
    paragraph.paragraph_format.left_indent = Mm(all_of_it) if all_of_it else None
    paragraph.paragraph_format.keep_with_next = bold or None


def _signs(document: Any, form: Declared) -> None:
    """At the right who signs, at the left to whom the paper goes, or who signs beside."""
    _line(document, "", LEFT, size=6)
    left, right = _two(document, ACROSS // 2, ACROSS - ACROSS // 2)
    if len(form.signs) > 1:
        _sign(left, form.signs[0])
    elif form.copies:
        note = _line(left, "Nơi nhận:", LEFT, size=12, bold=True, italic=True)
        note.paragraph_format.keep_with_next = True
        for each in form.copies:
            _line(left, f"- {each}", LEFT, size=11)
    _sign(right, form.signs[-1])
    _drop_first(left, right)


def _sign(cell: Any, lines: list[str]) -> None:
    """Who signs: by whose authority, as what, room for the signature, the name."""
    room = 0
    for at, line in enumerate(lines):
        if line:
            is_note = line.startswith("~ ")
            text = line.removeprefix("~ ")
            _line(cell, text, MIDDLE, size=13 if at else 14, bold=not is_note, italic=is_note, before=room)
        room = 0 if line else ROOM
