"""Templates: what may stand in one, what is refused and why, and that a value is never more than text."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from chibo.papers import making, shipped
from chibo.papers.filling import compiled
from chibo.papers.models import Form
from chibo.papers.opening import Refused
from tests.papers.words import changed, document, lines, part, replaced, saved, scattered, text

NAMES = ("full_name", "born_on", "official_on", "reason")
HOSTILE = [
    "A & B", "{{ 7*7 }}", "{% raw %}", "{_{ x }_}", "{# no #}", "<w:p>", "</w:t></w:r></w:p>", "]]>", "<?chibo 0?>",
    "&#123;&lt;", '"quoted" \'text\'', "\u200fעברית\u200f \u202eabc", "N" * 500, "Ngu\u0303ễn", "=1+1", "a\\b${c}",
]  # fmt: skip


def faults(data: bytes) -> list[str]:
    with pytest.raises(Refused) as refused:
        compiled(data, NAMES)
    return refused.value.faults


def filled(data: bytes, **values: str) -> list[str]:
    return lines(compiled(data, NAMES).filled(dict.fromkeys(NAMES, "") | values))


def test_values_stand_where_their_names_stood():
    assert filled(document("Tôi là {{ full_name }}, sinh {{born_on}}."), full_name="Lý Văn Ấm", born_on="1/1/1971") == [
        "Tôi là Lý Văn Ấm, sinh 1/1/1971."
    ]


def test_a_name_that_word_scattered_over_runs_is_found():
    made = compiled(scattered("Ông {", "{ full", "_na", "me }", "} và {{ reason }}", " hết"), NAMES)
    assert lines(made.filled({"full_name": "A", "reason": "B"})) == ["Ông A và B hết"]


def test_names_stand_in_headers_tables_and_capitals():
    import docx

    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "{{ full_name|upper }}"
    made.add_table(1, 1).rows[0].cells[0].text = "{{ reason }}"
    assert filled(saved(made), full_name="Đặng Thị Ê", reason="x") == ["x", "ĐẶNG THỊ Ê"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_text_whatever_it_holds(value):
    assert filled(document("[{{ full_name }}]"), full_name=value) == [f"[{value}]"]


def test_what_no_document_can_hold_is_left_out():
    assert filled(document("[{{ full_name }}]"), full_name="a\0b\x0bc\ufffe\ud800") == ["[abc]"]


def test_a_text_of_several_lines_keeps_them():
    assert filled(document("{{ reason }}"), reason="một\nhai\r\nba & bốn") == ["một\nhai\nba & bốn"]


def test_what_is_not_known_leaves_room_to_write():
    assert filled(document("Lý do: {{ reason }}")) == ["Lý do: " + "…" * 12]


def test_a_condition_within_a_paragraph():
    data = document("Vào Đảng{% if official_on %}, chính thức {{ official_on }}{% else %}, dự bị{% endif %}.")
    assert filled(data, official_on="1/2/2024") == ["Vào Đảng, chính thức 1/2/2024."]
    assert filled(data) == ["Vào Đảng, dự bị."]


@pytest.mark.parametrize("sign", ["{%% %s %%}", "{%%p %s %%}", "{%%- %s -%%}"])
def test_a_condition_around_whole_paragraphs_leaves_none_of_its_own(sign):
    said = [sign % "if reason", "Lý do: {{ reason }}", sign % "else", "Không.", sign % "endif", "Hết"]
    assert filled(document(*said), reason="ốm") == ["Lý do: ốm", "Hết"]
    assert filled(document(*said)) == ["Không.", "Hết"]


def test_a_cell_whose_text_falls_away_is_still_a_cell():
    data = document("x", cell=("{% if reason %}", "{{ reason }}", "{% endif %}"))
    made = compiled(data, NAMES).filled({"reason": ""})
    assert lines(made) == ["x"]
    assert b"<w:p/></w:tc>" in part(made)


def test_conditions_compare_with_a_text_and_join():
    data = document("{% if full_name == “A” and not reason or born_on != 'x' %}yes{% else %}no{% endif %}")
    assert filled(data, full_name="A", born_on="x") == ["yes"]
    assert filled(data, full_name="A & B", born_on="x") == ["no"]


def test_the_same_values_give_the_same_bytes():
    made = compiled(document("{{ full_name }}"), NAMES)
    assert made.filled({"full_name": "A"}) == made.filled({"full_name": "A"})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{{ fullname }}", "this form has no value of this name; perhaps full_name is meant"),
        ("{{ zzz }}", "this form has no value of this name."),
        ("{% if zzz %}x{% endif %}", "this form has no value of this name."),
        ("{{ ''.__class__ }}", "only the name of a value"),
        ("{{ full_name.__class__.__mro__ }}", "only the name of a value"),
        ("{{ full_name['x'] }}", "only the name of a value"),
        ("{{ full_name() }}", "only the name of a value"),
        ("{{ full_name|safe }}", "only the name of a value"),
        ("{{ full_name|upper|attr('x') }}", "only the name of a value"),
        ("{{ full_name * 1000000000 }}", "only the name of a value"),
        ("{{ 7*7 }}", "only the name of a value"),
        ("{{ }}", "only the name of a value"),
        ("{{ full_name reason }}", "only the name of a value"),
        ("{{ lipsum }}", "this form has no value of this name"),
        ("{{ full_name", "its end, }}, is missing"),
        ("{% if full_name", "its end, %}, is missing"),
        ("{% for x in full_name %}", "only if, elif, else and endif"),
        ("{% set x = 1 %}", "only if, elif, else and endif"),
        ("{% include 'x' %}", "only if, elif, else and endif"),
        ("{% if full_name.x %}a{% endif %}", "a condition asks only"),
        ("{% if full_name > 'a' %}a{% endif %}", "a condition asks only"),
        ("{% if range(9)|list %}a{% endif %}", "a condition asks only"),
        ("{% if full_name %}{% endif %}{% if %}a{% endif %}", "this is no condition"),
        ("{% if full_name %}a", "its {% endif %} is missing"),
        ("a{% endif %}", "no condition is open here"),
        ("{% if reason %}a{% else %}b{% else %}c{% endif %}", "had its {% else %} already"),
    ],
)
def test_what_can_not_be_filled_in_is_told_with_where_it_stands(said, told):
    found = faults(document("Kính gửi chi bộ", f"Xét đề nghị của {said} ngày nay"))
    assert len(found) == 1
    assert told in found[0]
    assert "Xét đề nghị" in found[0] or "“…" in found[0]


def test_every_fault_is_told_at_once():
    assert len(faults(document("{{ a }}", "{{ b }} {{ c }}", "{% for x in y %}", cell=("{{ d }}",)))) == 5


def test_a_condition_ends_where_it_began():
    assert "begins and ends in one paragraph" in faults(document("a {% if reason %} b", "c {% endif %} d"))[0]
    assert "begins and ends in one paragraph" in faults(document("{% if reason %}", cell=("{% endif %}",)))[0]


def test_a_template_of_nothing_but_braces_is_read_in_a_moment():
    begun = time.perf_counter()
    with pytest.raises(Refused):
        compiled(document("{{" * 200_000, "{% if x " * 50_000), NAMES)
    with pytest.raises(Refused, match="far more"):
        compiled(document("{{ full_name }}" * 3000), NAMES)
    assert time.perf_counter() - begun < 20


def test_a_paragraph_of_thousands_of_runs_is_read_in_a_moment():
    run = "<w:r><w:t>{{ full_name</w:t></w:r>" + "<w:r><w:t> </w:t></w:r>" * 40 + "<w:r><w:t>}} </w:t></w:r>"
    data = replaced(document("x"), "word/document.xml", "<w:r>", run * 1500 + "<w:r>")
    begun = time.perf_counter()
    made = compiled(data, NAMES).filled({"full_name": "A"})
    assert text(made) == "A " * 1500 + "x"
    assert time.perf_counter() - begun < 20


NO_WORD = "no Word document"
SETTINGS = "word/_rels/settings.xml.rels"
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"'
    ' Target="{}" TargetMode="External"/></Relationships>'
)
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def far(kind: str, target: str) -> bytes:
    return changed(document("x"), {SETTINGS: RELATIONS.format(kind, target).encode()})


def field(said: str) -> bytes:
    run = f"<w:r><w:instrText>{said[:2]}</w:instrText></w:r><w:r><w:instrText>{said[2:]}</w:instrText></w:r>"
    return replaced(document("x"), "word/document.xml", "<w:r>", f"{run}<w:r>")


def badly_packed() -> bytes:
    """A document packed in another way, in the midst of which something is wrong."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("[Content_Types].xml", bytes(range(256)) * 20)
    data = bytearray(target.getvalue())
    at = data.index(b"[Content_Types].xml") + 40
    data[at : at + 40] = b"\xff" * 40
    return bytes(data)


HARM = {
    "packed badly": (badly_packed(), "damaged"),
    "nothing": (b"", NO_WORD),
    "text": (b"hello", NO_WORD),
    "old Word": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "protected by a password"),
    "cut off": (document("x")[:-400], "damaged"),
    "another zip": (changed(b"PK\5\6" + b"\0" * 18, {"a.txt": b"x"}), NO_WORD),
    "a workbook": (replaced(document("x"), "[Content_Types].xml", MAIN, "application/x"), NO_WORD),
    "macros": (
        replaced(document("x"), "[Content_Types].xml", MAIN, "application/vnd.ms-word.document.macroEnabled.main+xml"),
        "macros",
    ),
    "hidden macros": (changed(document("x"), {"word/vbaProject.bin": b"x"}), "macros"),
    "a bomb": (changed(document("x"), {"word/media/a.bin": b"\0" * (61 << 20)}), "unpacks to far more"),
    "long XML": (changed(document("x"), {"word/a.xml": b" " * (9 << 20)}), "unpacks to far more"),
    "many parts": (changed(document("x"), {f"a/{n}": b"" for n in range(600)}), "unpacks to far more"),
    "entities": (
        changed(document("x"), {"word/a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "not as Word writes it",
    ),
    "broken XML": (changed(document("x"), {"word/a.xml": b"<a>"}), "damaged: word/a.xml"),
    "a template elsewhere": (far("attachedTemplate", "https://example.org/a.dotm"), "from elsewhere"),
    "a template on a share": (far("attachedTemplate", r"\\server\a.dotm"), "from elsewhere"),
    "a picture elsewhere": (far("image", "http://example.org/a.png"), "from elsewhere: http://example.org/a.png"),
    "another file": (far("oleObject", "a.bin"), "Another file is hidden"),
    "HTML": (far("aFChunk", "a.html"), "Another file is hidden"),
    "a field that starts something": (field("DDEAUTO c:\\\\x.exe"), "DDEAUTO"),
    "a field that fetches": (field(" INCLUDETEXT a"), "INCLUDETEXT"),
}


@pytest.mark.parametrize("kind", HARM)
def test_a_file_that_could_do_harm_is_refused(kind):
    data, told = HARM[kind]
    assert told in " ".join(faults(data))


def test_what_every_office_leaves_in_its_files_is_no_harm():
    for target in ("Normal.dotm", "file:///C:\\Users\\an\\Mau%20don.dotx", "C:/a.dotm"):
        compiled(far("attachedTemplate", target), NAMES)
    compiled(far("hyperlink", "https://example.org/"), NAMES)
    compiled(field(" PAGE \\* MERGEFORMAT"), NAMES)


def test_the_strict_kind_of_word_files_is_refused_rather_than_left_unfilled():
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    strict = replaced(document("{{ full_name }}"), "word/document.xml", word, "http://purl.oclc.org/ooxml/w/main")
    assert "not as Strict" in faults(strict)[0]


# What is shipped


def form_of(code: str) -> Form:
    return Form(**next(row for row in shipped.rows() if row["code"] == code))


@pytest.mark.parametrize("code", shipped.forms())
def test_a_shipped_form_opens_with_sample_values_with_hostile_ones_and_with_none(code):
    form = form_of(code)
    ready = making.ready(form, None)
    said = text(making.filled(form, ready, making.samples(form)))
    assert "{" not in said
    assert "…" not in said.replace("…………………………………………………………………………………………", "")
    for name in shipped.forms()[code].uses:
        sample = making.samples(form)[name]
        assert sample in said or sample.upper() in said, name
    for value in HOSTILE:
        made = text(making.filled(form, ready, {each.name: value for each in form.allowed}))
        assert value in made
    assert "…" in text(making.filled(form, ready, {}))


@pytest.mark.parametrize("code", shipped.forms())
def test_a_shipped_form_uses_what_it_declares_and_is_laid_out_as_papers_are(code):
    form, declared = form_of(code), shipped.forms()[code]
    said = text(shipped.template(code))
    for name in declared.uses:
        assert f"{{{{ {name}" in said, name
    assert f"Mẫu {code}" in said
    assert ("ĐẢNG CỘNG SẢN VIỆT NAM" in said) == (declared.head != "union")
    assert ("Kính gửi" in said) == ("addressee" in {each.name for each in form.allowed}) or "to_unit" in declared.uses
    assert declared.name["en"]
    assert declared.name["vi"]


def test_days_and_numbers_are_written_as_in_vietnamese_papers():
    from datetime import date
    from fractions import Fraction

    form = form_of("9-KNĐ")
    assert making.written({"signed_on": date(2024, 1, 5), "born_on": date(1998, 3, 6)}, form.allowed) == {
        "signed_on": "ngày 05 tháng 01 năm 2024",
        "born_on": "06/03/1998",
    }
    votes = form_of("6-KNĐ")
    assert making.written({"members": 1234, "votes_against": 0, "nonsense": 5}, votes.allowed) == {
        "members": "1.234",
        "votes_against": "0",
    }
    assert making.written({"members": Fraction(5)}, votes.allowed) == {"members": "5"}
    assert making.written({"year": 2023}, form_of("3-HSĐV").allowed) == {"year": "2023"}


def test_a_paper_is_made_quickly_once_its_template_was_read():
    form = form_of("2-KNĐ")
    ready, samples = making.ready(form, None), making.samples(form)
    best = min(_seconds(lambda: making.filled(form, making.ready(form, None), samples)) for _ in range(5))
    assert making.ready(form, None) is ready
    assert best < 0.1


def _seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
