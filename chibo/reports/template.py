"""The Word template of reports as it was made first: styles, header and footer, places for what a report says.

Who wants another look changes `templates/reports/report.docx` in Word: every look is a style there.
"""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from chibo.reports.drawing import FONT

INSTEAD = "Segoe UI"  # where the font is not installed; like it, it has full Vietnamese
INK, SOFT, RED, HAIR = (RGBColor.from_string(c) for c in ("1C1A17", "57524A", "A3111F", "D8D1C5"))
STATES = {"met": ("Met", "1D6F42"), "near": ("Near", "855600"), "missed": ("Missed", "A3111F")}
ACROSS = Mm(174)  # between the margins

TABLE_STYLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ReportTable">
  <w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>
  <w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/></w:pPr>
  <w:tblPr>
    <w:tblBorders>
      <w:bottom w:val="single" w:sz="4" w:space="0" w:color="D8D1C5"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="D8D1C5"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="50" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>
      <w:bottom w:w="50" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:rPr><w:color w:val="57524A"/></w:rPr>
    <w:tcPr>
      <w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="1C1A17"/></w:tcBorders>
      <w:vAlign w:val="bottom"/>
    </w:tcPr>
  </w:tblStylePr>
</w:style>
"""


def template() -> bytes:
    """The template as a .docx file."""
    document = Document()
    _page(document)
    _styles(document)
    _fallback(document)
    _header_and_footer(document)
    _top(document)
    _results(document)
    _charts(document)
    _below(document)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(24), Mm(20)
    section.header_distance = section.footer_distance = Mm(11)


def _styles(document: Any) -> None:
    styles = document.styles
    looks = {
        "Normal": (10, False, INK, 0, 0),
        "Title": (24, True, INK, 0, 6),
        "Subtitle": (11, False, SOFT, 0, 2),
        "Heading 1": (15, True, INK, 20, 4),
        "Heading 2": (11, True, INK, 12, 4),
        "Header": (8, False, SOFT, 0, 0),
        "Footer": (8, False, SOFT, 0, 0),
        "Caption": (8, False, SOFT, 4, 4),
    }
    for name, (size, bold, colour, before, after) in looks.items():
        style = styles[name]
        _font(style, size, bold, colour)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    for name in ("Title", "Heading 1", "Heading 2"):
        styles[name].paragraph_format.keep_with_next = True
    for name, size, align in (("Table Text", 9, None), ("Table Number", 9, WD_ALIGN_PARAGRAPH.RIGHT)):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        style.font.size, style.paragraph_format.alignment = Pt(size), align
        style.paragraph_format.space_after = Pt(0)
    note = styles.add_style("Note", WD_STYLE_TYPE.PARAGRAPH)
    note.base_style, note.font.color.rgb = styles["Normal"], RGBColor.from_string("855600")
    note.paragraph_format.space_before = Pt(8)
    for name, shade in (*STATES.values(), ("Aside", "57524A")):
        styles.add_style(name, WD_STYLE_TYPE.CHARACTER).font.color.rgb = RGBColor.from_string(shade)
    styles.element.append(parse_xml(TABLE_STYLE))


def _font(style: Any, size: float, bold: bool, colour: RGBColor) -> None:
    style.font.name, style.font.size, style.font.bold, style.font.italic = FONT, Pt(size), bold, False
    style.font.color.rgb = colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)


def _fallback(document: Any) -> None:
    """Name the font to take where the one of print is not installed."""
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            table = parse_xml(part.blob)
            for font in list(table):
                table.remove(font)
            table.append(
                parse_xml(
                    f'<w:font {nsdecls("w")} w:name="{FONT}"><w:altName w:val="{INSTEAD}"/>'
                    '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font>'
                )
            )
            part._blob = serialize_part_xml(table)


def _field(paragraph: Any, instruction: str) -> None:
    """A field Word computes, such as the number of the page."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("shown", "1"), ("end", "")):
        run = paragraph.add_run()
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind == "shown":
            run.text = text
        else:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = text
            run._r.append(code)


def _header_and_footer(document: Any) -> None:
    section = document.sections[0]
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph in (header, footer):
        for stop in list(paragraph.style.paragraph_format.tab_stops):
            paragraph.style.paragraph_format.tab_stops.clear_all()
            del stop
            break
        paragraph.paragraph_format.tab_stops.add_tab_stop(ACROSS, WD_TAB_ALIGNMENT.RIGHT)
    header.add_run("{{ title }} · {{ unit }}\t{{ made }}")
    footer.add_run(
        "{{ unit_code }} · {{ period }} · {{ tree }}{% if code %} · {{ words.code }} {{ code }}{% endif %}"
        "\t{{ words.page }} "
    )
    _field(footer, "PAGE")
    footer.add_run(" {{ words.of }} ")
    _field(footer, "NUMPAGES")


def _top(document: Any) -> None:
    document.add_paragraph("{{ unit }}", style="Subtitle")
    document.add_paragraph("{{ title }}", style="Title")
    table = document.add_table(1, 2)
    table.autofit = False
    table.columns[0].width, table.columns[1].width = Mm(144), Mm(30)
    left, right = table.rows[0].cells
    left.width, right.width = Mm(144), Mm(30)
    left.paragraphs[0].text = "{%p for term, what in facts %}"
    fact = left.add_paragraph()
    fact.paragraph_format.tab_stops.add_tab_stop(Mm(28))
    fact.paragraph_format.left_indent, fact.paragraph_format.first_line_indent = Mm(28), Mm(-28)
    fact.add_run("{{ term }}", style="Aside")
    fact.add_run("\t{{ what }}")
    left.add_paragraph("{%p endfor %}")
    left.add_paragraph("{{ words.look }}", style="Caption")
    left.add_paragraph("{{ address }}", style="Caption")
    right.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    right.paragraphs[0].text = "{{ qr }}"
    document.add_paragraph("{%p for note in notes %}")
    document.add_paragraph("{{ note }}", style="Note")
    document.add_paragraph("{%p endfor %}")


def _table(document: Any, heads: list[str], widths: list[float], rows: str, cells: list[str]) -> Any:
    """A table whose head repeats on each page, and a row for each of what `rows` loops over."""
    table = document.add_table(4, len(heads), style="Report Table")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    head, begin, row, end = table.rows
    _set(head, "w:tblHeader")
    for each in (head, row):
        _set(each, "w:cantSplit")
    begin.cells[0].paragraphs[0].text, end.cells[0].paragraphs[0].text = f"{{%tr {rows} %}}", "{%tr endfor %}"
    for at, (label, text) in enumerate(zip(heads, cells, strict=True)):
        for line, said in ((head, label), (row, text)):
            paragraph = line.cells[at].paragraphs[0]
            paragraph.style = "Table Number" if at else "Table Text"
            if said.startswith("state:"):
                _state(paragraph, said.removeprefix("state:"))
            else:
                paragraph.add_run(said)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for line in table.rows:
        for cell, width in zip(line.cells, widths, strict=True):
            cell.width = Mm(width)
    return table


def _set(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _state(paragraph: Any, of: str) -> None:
    """A cell in the colour of its state, its mark before it: the mark says it too."""
    for n, (mark, (style, _colour)) in enumerate(STATES.items()):
        paragraph.add_run(f'{{% {"elif" if n else "if"} {of}.mark == "{mark}" %}}')
        paragraph.add_run(f"{{{{ {of}.sign }}}} {{{{ {of}.text }}}}", style=style)
    paragraph.add_run("{% else %}")
    paragraph.add_run(f"{{{{ {of}.text }}}}")
    paragraph.add_run("{% endif %}{% if " + of + ".note %} ")
    paragraph.add_run("{{ " + of + ".note }}", style="Aside")
    paragraph.add_run("{% endif %}")


def _results(document: Any) -> None:
    document.add_paragraph("{%p if tables %}")
    document.add_paragraph("{{ words.results }}", style="Heading 1")
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p for of in tables %}")
    document.add_paragraph("{{ of.caption }}", style="Heading 2")
    heads = [f"{{{{ of.heads[{n}] }}}}" for n in range(6)]
    cells = ["{{ row[0].text }}", *(f"{{{{ row[{n}].text }}}}" for n in range(1, 5)), "state:row[5]"]
    _table(document, heads, [50, 18, 29, 18, 21, 38], "for row in of.rows", cells)
    document.add_paragraph("{%p endfor %}")


def _charts(document: Any) -> None:
    document.add_paragraph("{%p if charts %}")
    document.add_paragraph("{{ words.charts }}", style="Heading 1")
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p for chart in charts %}")
    document.add_paragraph("{{ chart.title }}", style="Heading 2")
    picture = document.add_paragraph("{{ chart.picture }}")
    picture.paragraph_format.space_after = Pt(6)
    document.add_paragraph("{%p if chart.months %}")
    heads = [f"{{{{ chart.months.heads[{n}] }}}}" for n in range(3)]
    _table(
        document, heads, [48, 30, 36], "for row in chart.months.rows", [f"{{{{ row[{n}].text }}}}" for n in range(3)]
    )
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")


def _below(document: Any) -> None:
    document.add_paragraph("{%p if below %}")
    document.add_paragraph("{{ words.below }}", style="Heading 1")
    table = _table(
        document,
        ["{{ below.heads[0] }}", "{%tc for head in below.heads[1:] %}", "{{ head }}", "{%tc endfor %}"],
        [54, 20, 20, 20],
        "for row in below.rows",
        ["{{ row[0].text }}", "{%tc for cell in row[1:] %}", "state:cell", "{%tc endfor %}"],
    )
    table.autofit = True
    document.add_paragraph("{%p endif %}")
