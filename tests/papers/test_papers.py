"""Papers made, kept and registered: what is kept of each, that it stays so, and who may lay down templates."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from chibo.core.actions import Denied, action
from chibo.papers import actions, making, queries, sending, shipped
from chibo.papers.models import Blob, Form, FormTemplate, How, Paper, template_on
from chibo.papers.opening import Refused
from chibo.papers.receiving import DOCX, file_name, received
from tests.papers.words import changed, document, text
from tests.permission_table import signed_in
from tests.world import AT, TODAY

PDF = b"%PDF-1.7\nx\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 20 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * 20 + b"IEND\xaeB`\x82"
VALUES = {"full_name": "Lê Văn Tám & <b>", "born_on": date(1998, 3, 26), "unit_name": "Đảng ủy xã Thượng Lâm"}


def made(world, **more) -> Paper:
    given = {"form_code": "9-KNĐ", "values": VALUES, "on": TODAY, "by": world.chi, "at": AT}
    return actions.make(**given | more)


def kept(world, **more) -> Paper:
    given = {"content": PDF, "name": "Đơn.pdf", "title": "Đơn xin vào Đảng", "by": world.ana, "at": AT}
    return actions.keep(**given | more)


def registered(world, **more) -> Paper:
    given = {"number": "07/BM", "on": TODAY, "kept_at": "Két Văn phòng Huyện ủy", "title": "Kết luận", "at": AT}
    return actions.register(by=world.chi, **given | more)


def laid_down(world, data: bytes, from_on: date = TODAY, code: str = "9-KNĐ") -> FormTemplate:
    form = Form.objects.get(code=code)
    return actions.lay_down(form=form, content=data, name="mẫu của ta.docx", from_on=from_on, by=world.eva, at=AT)


def test_a_paper_is_made_from_its_form_and_says_from_what(world):
    paper = made(world)
    content = queries.bytes_of(paper)
    assert paper.how == How.MADE
    assert "Kết nạp Lê Văn Tám & <b>, sinh ngày 26/03/1998" in text(content)
    assert (paper.title, paper.file_name) == ("Quyết định kết nạp đảng viên", "9-KNĐ Lê Văn Tám & _b_.docx")
    assert (paper.media_type, paper.version, paper.template) == (DOCX, 1, None)
    assert paper.values == {
        "unit_name": "Đảng ủy xã Thượng Lâm",
        "full_name": "Lê Văn Tám & <b>",
        "born_on": "26/03/1998",
    }
    assert paper.sha256 == hashlib.sha256(content).hexdigest()
    assert paper.template_sha256 == hashlib.sha256(shipped.template("9-KNĐ")).hexdigest()
    assert made(world).sha256 == paper.sha256


def test_a_paper_speaks_vietnamese_whoever_makes_it(world):
    from django.utils import translation

    with translation.override("en"):
        paper = made(world, form_code="6-KNĐ", values={"members": 1234, "signed_on": date(2024, 1, 5)})
    assert "Tổng số đảng viên: 1.234" in text(queries.bytes_of(paper))
    assert "ngày 05 tháng 01 năm 2024" in text(queries.bytes_of(paper))


@action("tests.decided")
def decided(*, world, by, at):
    made(world)
    raise RuntimeError


def test_a_decision_that_breaks_off_leaves_no_paper(world):
    with pytest.raises(RuntimeError):
        decided(world=world, by=None, at=AT)
    assert not Paper.objects.exists()
    assert not Blob.objects.exists()


def test_an_unknown_form_or_one_of_another_time_is_refused(world):
    with pytest.raises(Denied, match="99-KNĐ does not hold"):
        made(world, form_code="99-KNĐ")

    @action("tests.form_ended")
    def end(*, by, at):
        Form.objects.filter(code="9-KNĐ").update(from_on=date(2020, 1, 1), to_on=TODAY)

    end(by=None, at=AT)
    with pytest.raises(Denied, match="9-KNĐ does not hold on 10 January 2024"):
        made(world)
    assert made(world, on=TODAY - timedelta(1)).form.code == "9-KNĐ"


@pytest.mark.parametrize(
    ("content", "name", "kind", "called"),
    [
        (PDF, "quét.PDF", "application/pdf", "quét.pdf"),
        (PDF, "virus.exe", "application/pdf", "virus.exe.pdf"),
        (JPEG, "ảnh.jpeg", "image/jpeg", "ảnh.jpg"),
        (PNG, "../../etc/passwd", "image/png", "passwd.png"),
        (PNG, "C:\\Users\\an\\a<b>.png", "image/png", "a_b_.png"),
        (document("x"), "con.docx", DOCX, "_con.docx"),
        (PDF, "", "application/pdf", "_.pdf"),
        (PDF, "a\u202egpj.pdf", "application/pdf", "agpj.pdf"),
        (PDF, "x" * 400 + ".pdf", "application/pdf", "x" * 120 + ".pdf"),
        (PDF, 'a"\r\nSet-Cookie: b.pdf', "application/pdf", "a_Set-Cookie_ b.pdf"),
    ],
)
def test_a_file_is_what_is_in_it_and_its_name_does_no_harm(world, content, name, kind, called):
    paper = kept(world, content=content, name=name)
    assert (paper.media_type, paper.file_name, paper.how) == (kind, called, How.KEPT)
    assert queries.bytes_of(paper) == content


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"MZ\x90", "Only PDF"),
        (b"<html>", "Only PDF"),
        (b"%PDF-1.7 cut", "Only PDF"),
        (b"\xff\xd8\xff cut", "Only PDF"),
        (b"<svg onload=x>", "Only PDF"),
        (b"PK\x03\x04 cut", "damaged"),
        (changed(document("x"), {"word/vbaProject.bin": b"x"}), "macros"),
        (PDF.replace(b"x", b"x" * (10 << 20)), "larger than 10 MB"),
    ],
)
def test_another_file_is_refused_and_nothing_is_kept(world, content, told):
    with pytest.raises(Refused, match=told):
        kept(world, content=content, name="đơn.pdf")
    assert not Blob.objects.exists()


def test_the_largest_file_is_a_setting(world, settings):
    settings.CHIBO_MAX_PAPER_MB = 11
    assert received(PDF.replace(b"x", b"x" * (10 << 20)), "a").media_type == "application/pdf"


def test_of_a_registered_paper_no_byte_is_kept(world):
    paper = registered(world)
    assert (paper.number, paper.dated_on, paper.kept_at) == ("07/BM", TODAY, "Két Văn phòng Huyện ủy")
    assert not paper.has_file
    with pytest.raises(ValueError, match="registered"):
        queries.bytes_of(paper)
    for wrong in ({"number": " "}, {"kept_at": ""}, {"on": TODAY + timedelta(1)}):
        with pytest.raises(Denied):
            registered(world, **wrong)

    @action("tests.smuggled")
    def smuggle(*, by, at):
        blob = Blob.objects.create(bytes=PDF, sha256=hashlib.sha256(PDF).hexdigest(), size=len(PDF))
        Paper.objects.create(
            how=How.REGISTERED, title="x", blob=blob, number="1", dated_on=TODAY, kept_at="x", at=AT
        )  # fmt: skip

    with pytest.raises(DatabaseError, match="paper_how"), transaction.atomic():
        smuggle(by=None, at=AT)


def test_a_later_version_leaves_the_earlier_one_as_it_is(world):
    first = made(world)
    second = kept(world, instead_of=first, name="đã ký.pdf")
    third = registered(world, instead_of=second)
    assert [paper.version for paper in queries.versions_of(first)] == [3, 2, 1]
    assert queries.newest_of(first) == third
    assert first.line == third.line
    assert "Kết nạp" in text(queries.bytes_of(Paper.objects.get(pk=first.pk)))
    with pytest.raises(Denied, match="newer version"):
        kept(world, instead_of=first)
    assert queries.newest_of(made(world)).version == 1


def test_papers_are_never_changed_nor_deleted_nor_written_beside_an_action(world):
    paper = made(world)
    statements = [
        "update papers_paper set title = 'x'",
        "delete from papers_paper",
        "truncate papers_paper cascade",
        "update papers_blob set bytes = 'x'",
        "delete from papers_blob",
        "insert into papers_blob (bytes, sha256, size) values ('x', encode(sha256('x'), 'hex'), 1)",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    @action("tests.changed")
    def change(*, by, at):
        Paper.objects.filter(pk=paper.pk).update(title="x")

    with pytest.raises(DatabaseError), transaction.atomic():
        change(by=None, at=AT)


@action("tests.miswritten")
def miswritten(*, sha256, size, by, at):
    Blob.objects.create(bytes=PDF, sha256=sha256, size=size)


def test_bytes_come_only_with_their_own_hash_and_size(world):
    right = hashlib.sha256(PDF).hexdigest()
    for sha256, size in (("0" * 64, len(PDF)), (right, 1)):
        with pytest.raises(DatabaseError), transaction.atomic():
            miswritten(sha256=sha256, size=size, by=None, at=AT)
    miswritten(sha256=right, size=len(PDF), by=None, at=AT)


def test_a_download_is_saved_and_never_shown(world):
    answer = sending.as_download(RequestFactory().get("/"), kept(world, name="Đơn xin.pdf"))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%C4%90%C6%A1n%20xin.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_damaged_file_is_not_handed_out(world):
    paper = kept(world)
    paper.sha256 = "0" * 64
    with pytest.raises(queries.Damaged):
        queries.bytes_of(paper)
    answer = sending.as_download(RequestFactory().get("/"), paper)
    assert answer.status_code == 410
    assert "no longer what was kept" in answer.content.decode()
    assert PDF not in answer.content


# Templates


def test_another_template_holds_from_its_day_until_it_is_ended(world):
    form = Form.objects.get(code="9-KNĐ")
    first = laid_down(world, document("Của ta: {{ full_name }}"))
    later = laid_down(world, document("Mới: {{ full_name }}"), TODAY + timedelta(10))
    first.refresh_from_db()
    assert first.to_on == later.from_on
    paper = made(world)
    assert text(queries.bytes_of(paper)) == "Của ta: Lê Văn Tám & <b>"
    assert (paper.template, paper.template_sha256) == (first, first.sha256)
    assert text(queries.bytes_of(made(world, on=TODAY + timedelta(10)))).startswith("Mới")
    assert made(world, on=TODAY - timedelta(1)).template is None
    actions.end_template(template=later, by=world.eva, at=AT)
    actions.end_template(template=first, by=world.eva, at=AT)
    assert template_on(form, TODAY) is None
    assert template_on(form, TODAY + timedelta(10)) is None
    assert "Điều 1" in text(queries.bytes_of(made(world)))
    with pytest.raises(Denied, match="ended already"):
        actions.end_template(template=first, by=world.eva, at=AT)


def test_what_was_laid_down_for_later_gives_way_to_what_comes_before_it(world):
    later = laid_down(world, document("Mới"), TODAY + timedelta(10))
    laid_down(world, document("Nay"), TODAY)
    later.refresh_from_db()
    assert later.to_on == later.from_on
    assert template_on(later.form, TODAY + timedelta(30)).from_on == TODAY


def test_two_templates_never_hold_on_one_day(world):
    first = laid_down(world, document("x"))

    @action("tests.doubled")
    def double(*, by, at):
        FormTemplate.objects.create(
            form=first.form, blob=first.blob, sha256="x", file_name="x", from_on=TODAY + timedelta(3), at=AT
        )

    with pytest.raises(DatabaseError, match="template_one_a_day"), transaction.atomic():
        double(by=None, at=AT)


@pytest.mark.parametrize("data", [document("{{ fulname }}"), b"x", document("{{ ''.__class__ }}")])
def test_a_template_that_is_refused_changes_nothing(world, data):
    with pytest.raises(Refused):
        laid_down(world, data)
    assert not FormTemplate.objects.exists()
    assert made(world).template is None


def test_a_template_holds_from_no_past_day_and_is_an_administrators(world):
    with pytest.raises(Denied, match="from today or from a day to come"):
        laid_down(world, document("x"), TODAY - timedelta(1))
    form = Form.objects.get(code="9-KNĐ")
    for person in (world.chi, world.flo, world.ana):
        with pytest.raises(Denied, match="Only an administrator"):
            actions.lay_down(form=form, content=document("x"), name="x", from_on=TODAY, by=person, at=AT)


def test_making_a_paper_asks_little(world, django_assert_max_num_queries):
    made(world)
    with django_assert_max_num_queries(9):  # four of them the action's own
        made(world)


def test_the_forms_in_the_database_are_those_declared(world):
    assert list(Form.objects.order_by("place").values_list("code", flat=True)) == list(shipped.forms())
    for form in Form.objects.order_by("place"):
        assert making.samples(form)
    assert file_name("a.docx", DOCX) == "a.docx"


# Pages


def page(world, code: str = "9-KNĐ") -> str:
    return f"/forms/{Form.objects.get(code=code).pk}/"


def send(world, client, data: bytes, from_on: str = "2024-01-10"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return client.post(page(world), {"file": SimpleUploadedFile("mẫu.docx", data), "from_on": from_on})


def test_an_administrator_lays_down_a_template_looks_at_it_and_ends_it(world):
    eva = signed_in(world, "eva")
    answer = send(world, eva, document("Của ta: {{ full_name }}"))
    assert answer.status_code == 302
    shown = eva.get(page(world)).content.decode()
    assert "Của ta: Trần Thị Mây" in shown
    assert "Look at the preview" in shown
    template = FormTemplate.objects.get()
    preview = eva.get(f"{page(world)}{template.pk}/preview.docx")
    assert text(preview.content) == "Của ta: Trần Thị Mây"
    assert "attachment" in preview["Content-Disposition"]
    assert text(eva.get(f"{page(world)}{template.pk}/template.docx").content) == "Của ta: {{ full_name }}"
    assert "your own" in eva.get("/forms/").content.decode()
    other = page(world, "8-KNĐ")
    assert eva.get(f"{other}{template.pk}/template.docx").status_code == 404
    assert eva.post(other, {"act": "end", "template": template.pk}).status_code == 302
    assert template_on(template.form, TODAY) == template
    assert eva.post(page(world), {"act": "end", "template": template.pk}).status_code == 302
    assert template_on(template.form, TODAY) is None
    assert "the shipped one holds again" in eva.get(page(world)).content.decode()


def test_every_fault_of_a_template_stands_beside_the_file_and_the_day_stays(world):
    answer = send(world, signed_in(world, "eva"), document("{{ fulname }}", "{% for %}"), "2024-02-01")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "perhaps full_name is meant" in shown
    assert "only if, elif, else and endif can stand here" in shown
    assert 'value="2024-02-01"' in shown


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"from_on": "2024-01-10"},
        {"from_on": "1e9", "file": "x"},
        {"from_on": "\0"},
        {"act": "end"},
        {"act": "end", "template": "9" * 40},
        {"act": "end", "template": "\0"},
        {"act": "end", "template": "٣"},
        {"act": "nonsense"},
    ],
)
def test_nonsense_that_is_sent_is_no_failure(world, sent):
    assert signed_in(world, "eva").post(page(world), sent).status_code in (302, 422)
    assert not FormTemplate.objects.exists()


@pytest.mark.parametrize("which", ["none", "0", "9" * 18, "9" * 40, "%00", "٣", "Shipped", "-1"])
def test_a_template_that_is_none_is_not_found(world, which):
    eva = signed_in(world, "eva")
    for name in ("template", "preview"):
        assert eva.get(f"{page(world)}{which}/{name}.docx").status_code == 404


def test_others_change_nothing(world):
    for person in ("chi", "flo", "ana"):
        assert send(world, signed_in(world, person), document("x")).status_code == 404
    assert not FormTemplate.objects.exists()


def test_pages_ask_little(world, django_assert_max_num_queries):
    eva = signed_in(world, "eva")
    for n in range(3):
        laid_down(world, document("{{ full_name }}"), TODAY + timedelta(n))
    eva.get("/forms/")
    for url in ("/forms/", page(world)):
        with django_assert_max_num_queries(12):
            assert eva.get(url).status_code == 200
