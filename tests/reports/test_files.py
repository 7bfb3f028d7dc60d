"""Reports as files: hostile names arrive as text, numbers as numbers, in one font that has every sign."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.core.management import call_command
from django.utils import translation
from lxml import etree

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.core.text import ALPHABET, TONES
from chibo.organizations.models import Unit
from chibo.reports.drawing import FONT, drawings
from chibo.reports.files import FORMS
from chibo.reports.printing import of_drawing, printed
from chibo.reports.report import make
from chibo.reports.template import template
from chibo.reports.word import SIGNS, TEMPLATE
from tests.reports.opening import docx_tables, docx_texts, glyphs, pdf_fonts, pdf_texts, xlsx_rows
from tests.world import AT

HOSTILE = [
    "<b>Đảng bộ</b>",
    "{{ 7*7 }}",
    "{% raise %}",
    "{_{ x }_} {_% y %_}",
    "{{ ''.__class__.__mro__ }}",
    "{%tr for x in y %}",
    "& &amp; &#60;",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1)",
    "-2",
    "\"'`",
    '#eval("1+1") $x$ @a <a> *b* _c_ \\u{41} #{1+1} //',
    "C:\\new\\table \\n",
    "https://example.org/",
    "]]> <!-- --> <?xml?>",
]
MARKS = ["\u202eab\u202c", "\u200fab\u200e"]


@action("tests.renamed")
def rename(*, unit: Unit, name: str, by, at) -> None:
    unit.name = name
    unit.save()


def report_of(unit, period="2023", kind="annual"):
    return make(kind=kind, unit=unit, period=Period.parse(period), at=AT)


def flat(text: str) -> str:
    """The text without breaks and spaces: where lines are broken says nothing."""
    return re.sub(r"\s+", "", text)


def xlsx_texts(written: bytes) -> list[str]:
    cells = [cell for rows in xlsx_rows(written).values() for row in rows for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}, "a formula"
    return [str(cell.value) for cell in cells]


@pytest.mark.parametrize("name", HOSTILE + MARKS)
@pytest.mark.parametrize("below", [False, True])
def test_a_hostile_name_arrives_as_text_in_every_form(world, name, below):
    rename(unit=world.upland if below else world.north, name=name, by=None, at=AT)
    world.north.refresh_from_db()
    report = report_of(world.north)
    said = {form: each.write(report, "/reports/X/") for form, each in FORMS.items()}
    assert flat(name) in flat(docx_texts(said["docx"]))
    assert any(name in text for text in xlsx_texts(said["xlsx"]))
    html = said["html"].decode()
    text = "".join(etree.HTML(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)).itertext())
    assert flat(name) in flat(text)
    if name not in MARKS:  # marks without a shape are not set
        assert flat(name) in flat(pdf_texts(said["pdf"]))
    else:
        assert "ab" in pdf_texts(said["pdf"])


def test_signs_no_file_may_hold_are_left_out(world):
    world.north.name = "Huyện\x01\x0b ủy\ud800\ufffe\nĐông\tHà"
    report = report_of(world.north)
    for form, each in FORMS.items():
        if form not in ("html", "json"):
            assert len(each.write(report, "")) > 1000, form
    assert "Huyện ủy Đông Hà" in docx_texts(FORMS["docx"].write(report, ""))


def test_numbers_in_a_workbook_are_numbers(world):
    rows = xlsx_rows(FORMS["xlsx"].write(report_of(world.north), ""))
    report, below, months, about = rows.values()
    line = next(row for row in report if row[-1].value == "meetings.attendance")
    assert [cell.value for cell in line[2:5]] == [0.7, 14, 20]
    assert line[2].number_format == "0.0%"
    assert [row[1].value for row in below[1:]] == ["T-N-1"]
    assert len(months) == 13
    assert any(row[1].value == "Huyện ủy Đông Hà (T-N)" for row in about)


def test_a_word_report_has_headings_a_head_on_each_page_numbers_of_pages_and_a_language(world):
    with translation.override("vi"):
        written = FORMS["docx"].write(report_of(world.north), "/reports/X/")
    with zipfile.ZipFile(io.BytesIO(written)) as file:
        parts = {name: file.read(name).decode() for name in file.namelist() if name.endswith(".xml")}
    body = parts["word/document.xml"]
    assert body.count("<w:tblHeader/>") >= 3
    assert 'w:val="Heading1"' in body
    assert re.search(r'<w:lang[^>]*w:val="vi-VN"', parts["word/styles.xml"])
    assert f'w:ascii="{FONT}"' in parts["word/styles.xml"]
    assert "altName" in parts["word/fontTable.xml"]
    foot = next(text for name, text in parts.items() if "footer" in name)
    assert " PAGE" in foot.replace(">PAGE", "> PAGE") and "NUMPAGES" in foot
    assert "T-N" in foot
    assert not re.search(r"\{\{|\{%|\}\}", "".join(parts.values()))


def test_the_word_template_in_use_holds_the_places_of_the_first_one():
    places = re.compile(r"\{[{%].*?[}%]\}")
    assert set(places.findall(docx_texts(TEMPLATE.read_bytes()))) == set(places.findall(docx_texts(template())))


def test_the_font_of_print_has_every_sign_a_report_is_set_in(world):
    letters = set(ALPHABET + ALPHABET.upper() + "wzjfWZJF0123456789")
    toned = {translation_of(letter, tone) for letter in "aăâeêioôơuưy" for tone in TONES}
    signs = letters | toned | {each.upper() for each in toned} | set("≥≤><=–−±·…“”’ %,.:;/()\u00a0")
    signs |= {sign for mark, sign in SIGNS.items()}
    for language in ("en", "vi"):
        with translation.override(language):
            for unit in (world.province, world.north, world.cell_a):
                for period, kind in (("2023", "annual"), ("2023-H2", "half-year")):
                    report = report_of(unit, period, kind)
                    signs |= set(str(printed(report, "https://x/")) + str([of_drawing(d) for d in drawings(report)]))
    for file in ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf", "SourceSansPro-Bold.ttf"):
        assert not {sign for sign in signs if sign not in glyphs(file)} - {"\u200b"}


def translation_of(letter: str, tone: str) -> str:
    """A letter with a tone, as one sign."""
    import unicodedata

    return unicodedata.normalize("NFC", letter + tone)


def test_a_pdf_and_its_charts_are_set_in_the_one_font(world):
    report = report_of(world.province)
    assert {name.split("-")[0] for name in pdf_fonts(FORMS["pdf"].write(report, "/x/"))} == {"SourceSansPro"}
    charts = drawings(report)
    assert {each.name for each in charts} == {"attendance", "held", "below"}
    for each in charts:
        assert set(re.findall(r'font-family="([^"]*)"', each.svg)) == {FONT}
        assert "style=" not in each.svg
        assert each.png.startswith(b"\x89PNG")


def test_a_report_of_nothing_is_a_file_too(world):
    report = report_of(world.cell_a, "1990")
    for form, each in FORMS.items():
        written = each.write(report, "")
        assert len(written) > 200, form
    assert "Nothing was recorded" in pdf_texts(FORMS["pdf"].write(report, ""))


@pytest.mark.parametrize("form", FORMS)
def test_the_command_keeps_what_it_writes_and_says_its_code(world, tmp_path, form):
    said = io.StringIO()
    target = tmp_path / "report"
    call_command("report", "annual", unit="T-N", period="2023", format=form, output=str(target), stderr=said)
    code = re.fullmatch(r"Report ([\w-]+)\n", said.getvalue())[1]
    written = target.read_bytes()
    texts = {
        "docx": lambda: docx_texts(written),
        "pdf": lambda: pdf_texts(written),
        "xlsx": lambda: "\n".join(xlsx_texts(written)),
    }
    assert code in texts.get(form, written.decode if form in ("html", "json") else str)()
    if form == "docx":
        assert len(docx_tables(written)) >= 4
