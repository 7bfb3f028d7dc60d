"""Minutes as papers: a text with its looks, who signed when; a draft and a correction say what they are."""

from __future__ import annotations

import io

import pytest
from docx import Document

from chibo.papers import making
from chibo.papers.queries import form_on
from chibo.resolutions import printing, queries, word, writing
from tests.resolutions.saying import lock, newest, save

LOOKS = "<h2>Thảo luận</h2><p>Về <strong>thủy lợi</strong> và <em>chè</em> {{ x }} &lt;</p>"
LOOKS += "<ul><li>Mương</li><li>Đập</li></ul><ol><li>Một</li><li>Hai</li></ol>"


@pytest.fixture
def paper(world, held, minutes):
    """The newest text as a Word document, and as data of the PDF."""

    def make():
        standing = queries.standing_of(minutes)
        sheet = printing.of_minutes(held, standing, standing.newest, [world.upland])
        made = printing.made(sheet, "docx")
        assert made == printing.made(sheet, "docx")
        assert printing.made(sheet, "pdf").startswith(b"%PDF")
        return Document(io.BytesIO(made))

    return make


def lines(document):
    return [each.text for each in document.paragraphs]


def test_each_block_is_a_paragraph_that_looks_like_it(world, minutes, paper):
    save(minutes, LOOKS, by=world.ana)
    by_text = {each.text: each for each in paper().paragraphs}
    head, said = by_text["Thảo luận"], by_text["Về thủy lợi và chè {{ x }} <"]
    assert head.runs[0].bold
    assert head.paragraph_format.keep_with_next
    assert [run.text for run in said.runs if run.bold] == ["thủy lợi"]
    assert [run.text for run in said.runs if run.italic] == ["chè"]
    for line in ("–\tMương", "–\tĐập", "1.\tMột", "2.\tHai"):
        assert by_text[line].paragraph_format.first_line_indent.mm < 0
    assert not any(word.HERE in text for text in by_text)


def test_a_draft_says_so_and_what_two_signed_says_when(world, minutes, paper):
    assert printing.DRAFT in lines(paper())
    lock(world, minutes)
    document = paper()
    assert printing.DRAFT not in lines(document)
    signed = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for name in ("Nguyễn Thị An", "Trần Văn Bền"):
        assert f"{name}\n(đã ký ngày 10/1/2024)" in signed


def test_a_correction_says_which_one_it_is_and_why(world, held, minutes, paper):
    lock(world, minutes)
    before = lines(paper())
    for n, why in ((1, "Sai số liệu"), (2, "Thiếu một ý kiến")):
        save(minutes, f"<p>Nháp {n}</p>", reason="Chưa xong", by=world.ana)
        save(minutes, f"<p>Đã sửa {n}</p>", reason=why, by=world.ana)
        [said] = [each for each in lines(paper()) if why in each]
        assert str(n) in said
        assert printing.DRAFT in lines(paper())
        lock(world, minutes)
        assert said in lines(paper())
        assert printing.DRAFT not in lines(paper())
    standing = queries.standing_of(minutes)
    first = standing.revisions[-1]
    sheet = printing.of_minutes(held, standing, first, [world.upland])
    assert sheet.correction == ""
    assert lines(Document(io.BytesIO(printing.made(sheet, "docx")))) == before


def test_within_a_line_the_text_is_mere_text(world, held, minutes):
    blocks = writing.from_html(newest(minutes).body)
    form = form_on(printing.MINUTES, held.held_on)
    made = making.filled(form, making.ready(form, None), {"text": f"Nội dung: {word.HERE}"})
    document = Document(io.BytesIO(word.with_text(made, blocks, ["<Bản thảo>"])))
    [said] = [each for each in lines(document) if each.startswith("Nội dung: <Bản thảo>")]
    assert all(block.text in said for block in blocks)
