"""Loading in the browser, from the form to the verdicts; what is sent is never trusted and never left lying about."""

from __future__ import annotations

import io
import stat
from datetime import timedelta

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from chibo.exchange import actions, reading, sheets, tasks, uploads
from chibo.exchange.models import Load
from chibo.members.models import Person
from tests.exchange.small import put, roll, write
from tests.world import AT, PEOPLE

SHEET = {
    "members": [
        ["member_code", "full_name", "sex", "born_on", "cell_code", "joined_on"],
        *([code, *PEOPLE[code][:3], "A", PEOPLE[code][5]] for code in ("M1", "M2")),
    ]
}


@pytest.fixture
def eva(world):
    client = Client()
    client.force_login(world.eva)
    return client


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", tmp_path / "data")


def workbook(tmp_path, of=SHEET):
    return write(of, tmp_path / "roll.xlsx").read_bytes()


def send(client, content, name="roll.xlsx", **fields):
    return client.post("/loads/", {"file": SimpleUploadedFile(name, content), **fields})


def work(answer):
    """Do what the worker would, and show the load."""
    pk = int(answer.url.split("/")[-2])
    tasks.run_load(load=pk)
    return Load.objects.get(pk=pk)


def kept():
    return [path.name for path in uploads.folder().iterdir()]


def test_a_workbook_from_the_form_to_its_verdicts(world, eva, tmp_path):
    of = {"members": [row[:] for row in SHEET["members"]]}
    put(of, "members", 2, "full_name", "Nguyễn Thị Ân")
    answer = send(eva, workbook(tmp_path, of))
    (name,) = kept()
    assert stat.S_IMODE((uploads.folder() / name).stat().st_mode) == 0o600
    waiting = eva.get(answer.url).content.decode()
    assert "<progress" in waiting
    assert 'http-equiv="refresh"' in waiting
    uploads.tell(name, "Comparing", 0.42)
    assert 'value="42"' in eva.get(answer.url).content.decode()
    assert Person.objects.get(code="M1").full_name == "Nguyễn Thị An"

    load = work(answer)

    assert load.outcome == Load.Outcome.DONE, load.faults
    assert Person.objects.get(code="M1").full_name == "Nguyễn Thị Ân"
    assert kept() == []
    told = eva.get(answer.url).content.decode()
    assert "<progress" not in told
    assert "Written. members: 0 new, 1 changed." in told
    assert eva.get(answer.url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert (load.by, load.file_name) == (world.eva, "roll.xlsx")


def test_only_checked_nothing_is_written(world, eva, tmp_path):
    of = {"members": [row[:] for row in SHEET["members"]]}
    load = work(send(eva, workbook(tmp_path, put(of, "members", 2, "full_name", "X")), only_check="on"))
    assert load.outcome == Load.Outcome.REHEARSED, load.faults
    assert "It would be written. members: 0 new, 1 changed." in eva.get(f"/loads/{load.pk}/").content.decode()
    assert Person.objects.get(code="M1").full_name == "Nguyễn Thị An"
    assert kept() == []


def test_the_same_file_twice_changes_nothing(world, eva, tmp_path):
    for verdict in ("unchanged", "unchanged"):
        load = work(send(eva, workbook(tmp_path)))
        assert load.outcome == Load.Outcome.DONE, load.faults
        assert set(load.verdicts["members"]) == {verdict}
    assert "Nothing had to be written" in eva.get(f"/loads/{load.pk}/").content.decode()


def verdicts(client, load):
    answer = client.get(f"/loads/{load.pk}/verdict.xlsx")
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_verdicts_come_back_as_a_workbook_with_the_faults_marked(eva, tmp_path):
    of = {"members": [row[:] for row in SHEET["members"]]}
    put(of, "members", 2, "full_name", '=HYPERLINK("http://192.0.2.1")')
    put(of, "members", 3, "born_on", "31.02.1990")
    of["surprise"] = [["=1+1"], ["@x"]]
    load = work(send(eva, workbook(tmp_path, of)))
    assert load.outcome == Load.Outcome.REFUSED
    book = verdicts(eva, load)
    assert book.sheetnames == ["faults", "members", "surprise"]
    sheet = book["members"]
    head, good, bad = sheet.iter_rows()
    assert [cell.value for cell in head] == [*SHEET["members"][0], "verdict"]
    assert good[-1].value == "changed"
    assert "born_on" in bad[-1].value
    assert bad[3].comment is not None
    assert bad[3].fill.fgColor.rgb == "FFF6D3CC"
    assert good[3].comment is None
    assert good[3].value.date() == PEOPLE["M1"][2]
    assert {cell.data_type for each in book for row in each.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}
    listed = [[cell.value for cell in row] for row in book["faults"].iter_rows()]
    assert ["members", 3, "born_on", "31.02.1990"] in [row[:4] for row in listed]


def test_without_the_file_the_faults_are_a_list(world, eva):
    book = verdicts(eva, world.refused)
    assert book.sheetnames == ["faults"]
    assert book["faults"].max_row == 3


def test_sheets_of_any_name_come_back(eva, tmp_path):
    of = {"faults": [["a"], ["b"]], "Faults ": [["a"]], "members": SHEET["members"]}
    load = work(send(eva, workbook(tmp_path, of)))
    assert len(verdicts(eva, load).sheetnames) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x", "no .xlsx workbook"), (b"PK\x03\x04" + b"\0" * 500, "damaged"), (b"%PDF-1.4", "no .xlsx")],
)
def test_what_is_no_workbook_is_refused_in_words(eva, content, said):
    load = work(send(eva, content))
    assert load.outcome == Load.Outcome.REFUSED
    page = eva.get(f"/loads/{load.pk}/").content.decode()
    assert said in page
    assert "What is wrong stands below" in page and "verdict.xlsx" not in page
    assert verdicts(eva, load).sheetnames == ["faults"]


def test_an_empty_file_and_none_are_said_beside_the_field(eva):
    assert "The file is empty" in send(eva, b"").content.decode()
    assert "Choose a workbook first" in eva.post("/loads/", {}).content.decode()
    assert "Choose a workbook first" in eva.post("/loads/", {"file": "text"}).content.decode()
    assert kept() == []


@pytest.mark.parametrize("name", ["../../etc/passwd.xlsx", "a/b\\c.xlsx", "<b>x</b>.xlsx", "\u202exslx.xlsx", "ữ.xlsx"])
def test_a_name_is_only_a_name(eva, tmp_path, name):
    answer = send(eva, workbook(tmp_path), name)
    assert answer.status_code == 302
    (file,) = kept()
    assert ".." not in file
    page = eva.get(answer.url).content.decode()
    assert "<b>x" not in page
    assert "/etc" not in page


def test_a_name_of_any_length_is_answered(eva, tmp_path):
    assert send(eva, workbook(tmp_path), "a" * 3000 + ".xlsx").status_code in (200, 302)


def test_a_file_that_is_too_large_is_not_kept(eva, monkeypatch):
    monkeypatch.setattr(reading, "most_bytes", lambda: 1000)
    monkeypatch.setattr(uploads, "most_bytes", lambda: 1000)
    assert "larger than" in send(eva, b"x" * 1001).content.decode()
    assert kept() == []
    monkeypatch.setattr(settings, "CHIBO_MAX_WORKBOOK_MB", 0, raising=False)
    answer = send(eva, b"x" * (3 << 20))
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


def test_a_workbook_that_would_grow_huge_is_refused(eva, tmp_path):
    of = {"members": [["member_code"], *([["A" * 400] for _ in range(3)])]}
    content = workbook(tmp_path, of)
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for each in source.namelist():
            data = source.read(each)
            if each == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", b" " * (200 << 20) + b"</sheetData>")
            target.writestr(each, data)
    load = work(send(eva, path.read_bytes()))
    assert load.outcome == Load.Outcome.REFUSED
    assert "over the size limit" in str(load.faults)


def test_work_that_was_broken_off_is_taken_up_again_and_given_up_the_third_time(world, eva, tmp_path, monkeypatch):
    answer = send(eva, workbook(tmp_path))
    load = Load.objects.get(pk=int(answer.url.split("/")[-2]))
    ProcrastinateJob.objects.all()._raw_delete("default")
    actions.begin(load=load, by=None, at=AT)  # and then the worker was killed
    tasks.take_up_again()
    tasks.take_up_again()
    assert [job.args for job in ProcrastinateJob.objects.filter(status="todo")] == [{"load": load.pk}]
    assert work(answer).outcome == Load.Outcome.DONE

    answer = send(eva, workbook(tmp_path))
    load = Load.objects.get(pk=int(answer.url.split("/")[-2]))
    for _ in range(3):
        actions.begin(load=load, by=None, at=AT)
    assert work(answer).outcome == Load.Outcome.FAILED
    assert "broken off several times" in eva.get(answer.url).content.decode()
    assert kept() == []


def test_work_that_fails_is_told(eva, tmp_path, monkeypatch):
    answer = send(eva, workbook(tmp_path))

    def fail(**_given):
        raise RuntimeError("disk")

    monkeypatch.setattr(tasks.loading, "load", fail)
    assert work(answer).outcome == Load.Outcome.FAILED
    assert kept() == []


def test_a_finished_load_is_not_loaded_again(eva, tmp_path):
    answer = send(eva, workbook(tmp_path))
    load = work(answer)
    assert work(answer).at == load.at


def test_files_of_refused_loads_go_after_thirty_days(world, eva, tmp_path):
    load = work(send(eva, workbook(tmp_path, roll("members"))))
    assert load.outcome == Load.Outcome.REFUSED
    actions.forget_old(at=load.at + timedelta(days=29))
    assert len(kept()) == 2  # the file, and how far it came
    actions.forget_old(at=load.at + timedelta(days=31))
    assert kept() == []
    assert verdicts(eva, load).sheetnames == ["faults"]


def test_faults_are_told_in_the_language_of_who_sent_the_file(world, eva, tmp_path):
    eva.cookies["django_language"] = "vi"
    assert work(send(eva, b"x")).language == "vi"


def test_a_load_is_undone_from_its_page_with_a_reason(world, eva, tmp_path):
    of = {"members": [row[:] for row in SHEET["members"]]}
    load = work(send(eva, workbook(tmp_path, put(of, "members", 2, "full_name", "Nguyễn Thị Ân"))))
    page = f"/loads/{load.pk}/undo/"
    assert "required" in eva.post(page, {"reason": " "}).content.decode()
    assert eva.post(page, {"reason": "Wrong <b>file</b>"}).status_code == 302
    assert Person.objects.get(code="M1").full_name == "Nguyễn Thị An"
    told = eva.get(f"/loads/{load.pk}/").content.decode()
    assert "Đỗ Thị Ê" in told
    assert "Wrong &lt;b&gt;file" in told
    assert "undone already" in eva.post(page, {"reason": "again"}).content.decode()


def test_what_was_built_on_a_load_is_named(world, eva, tmp_path):
    of = {"members": [row[:] for row in SHEET["members"]]}
    first = work(send(eva, workbook(tmp_path, put(of, "members", 2, "full_name", "Nguyễn Thị Ân"))))
    second = work(send(eva, workbook(tmp_path, put(of, "members", 2, "full_name", "Nguyễn Thị Anh")), "b.xlsx"))
    told = eva.post(f"/loads/{first.pk}/undo/", {"reason": "x"}).content.decode()
    assert "b.xlsx" in told
    assert "1 of people" in told
    assert Person.objects.get(code="M1").full_name == "Nguyễn Thị Anh"
    assert second.undone_at is None


@pytest.mark.parametrize(
    "body", [b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\nPK']
)
def test_an_upload_that_broke_off_is_answered(eva, body):
    answer = eva.generic("POST", "/loads/", body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code in (200, 302, 400)
    assert "<h1>" in answer.content.decode() or answer.status_code == 302


def test_the_page_says_what_a_workbook_has_to_look_like_and_gives_an_empty_one(eva):
    page = eva.get("/loads/").content.decode()
    answer = eva.get("/loads/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == [sheet.name for sheet in sheets.every()]
    for sheet in sheets.every():
        rows = list(book[sheet.name].values)
        assert rows == [tuple(column.name for column in sheet.columns)]
        assert all(column.name in page for column in sheet.columns)


def test_an_empty_workbook_comes_back_without_a_fault(eva):
    content = b"".join(eva.get("/loads/template.xlsx").streaming_content)
    found = work(send(eva, content))
    assert (found.outcome, found.faults) == (Load.Outcome.DONE, [])
