"""The pages of restructurings: who gets in, what they say, what nonsense does to them, how much they ask."""

from __future__ import annotations

import io
from datetime import date
from urllib.parse import quote

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core.asking import after_key
from chibo.organizations import acts as core
from chibo.organizations.models import Unit
from chibo.restructurings.models import Place, Restructuring
from tests.organizations.acting import asked
from tests.permission_table import OF_A_RESTRUCTURING, PEOPLE, SEES, signed_in, status
from tests.restructurings.working import ON, done, faults, rehearsed, row, take, work, workbook
from tests.test_nonsense import HOSTILE, KEYS
from tests.world import AT

CELLS = (row("merge", "A", into_code="B"), row("rename", "T-N-1", name="Đảng ủy xã Lâm Thượng"))
BAD = (
    row("merge", "A", into_code="nowhere"),
    row("rename", "B"),
    row("explode", "B"),
    row("found", "C", name="Chi bộ thôn 9", kind="cell", parent_code="T-N-1"),
    row("found", "T-9", name="Đảng ủy xã Lâm", kind="commune", parent_code="T-N"),
    row("move", "B", parent_code="T-9"),
    row("dissolve", "T-N"),
    row("move", "A", parent_code="T-N", name="x"),
)


def page(client, url, **query):
    answer = client.get(url, query)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def sent(world, client, *rows, unit="T", name="Sắp xếp", on=ON):
    """The answer to the form of a new restructuring."""
    file = SimpleUploadedFile("reform.xlsx", workbook(*rows))
    return client.post(
        "/restructurings/", {"name": name, "unit": unit, "on": on.isoformat(), "decision": "1-NQ", "file": file}
    )


def test_who_gets_what_of_which_restructuring(world):
    made = {
        "north": rehearsed(world, *CELLS, unit=world.north, by=world.chi),
        "province": rehearsed(world, *CELLS, unit=world.province),
    }
    wrong = {}
    for person in PEOPLE:
        client = signed_in(world, person)
        for url, opens in OF_A_RESTRUCTURING.items():
            for unit, found in made.items():
                expected = 404 if unit not in SEES.get(person, ()) else 200 if unit in opens.get(person, ()) else 403
                expected = 302 if person in ("nobody", "gus") else expected
                if (got := status(client.get(url.format(found.pk)))) != expected:
                    wrong[person, url, unit] = (got, expected)
                if expected != 200:
                    assert client.post(url.format(found.pk), {"job": "do"}).status_code in (302, 403, 404, 405)
    assert not wrong
    assert {each.status for each in Restructuring.objects.all()} == {"rehearsed"}


def test_one_restructures_only_where_one_holds_the_right(world):
    chi = signed_in(world, "chi")
    for unit in ("T", "T-S", "nowhere", "\0"):
        answer = sent(world, chi, *CELLS, unit=unit)
        assert answer.status_code == 200
        assert "field-error" in answer.content.decode()
    assert not Restructuring.objects.exists()
    answer = sent(world, chi, row("merge", "C", into_code="A"), row("move", "B", parent_code="T-S-1"), unit="T-N")
    found = work(Restructuring.objects.get())
    assert answer.url == f"/restructurings/{found.pk}/"
    assert [(number, column) for number, column, _reason in faults(found)] == [(2, "unit_code"), (3, "parent_code")]


def test_the_unit_above_all_that_take_part_is_not_changed_itself(world):
    found = rehearsed(
        world, row("rename", "T-N", name="Huyện ủy Mới"), row("split_off", "T-N", into_code="T-X", name="Huyện ủy X"),
        unit=world.north, by=world.chi,
    )  # fmt: skip
    assert {(number, column) for number, column, _reason in faults(found)} >= {(2, "unit_code"), (3, "unit_code")}


def test_a_fault_names_nobody(world):
    found = rehearsed(world, row("dissolve", "A"), unit=world.north, by=world.chi)
    ((_number, _column, reason),) = faults(found)
    assert "Nguyễn" not in reason


def test_who_comes_from_elsewhere_is_not_theirs_to_move(world):
    found = rehearsed(
        world, row("found", "A-2", name="Chi bộ thôn 3", kind="cell", parent_code="T-N-1", members="M1, M6"),
        unit=world.north, by=world.chi,
    )  # fmt: skip
    ((number, column, reason),) = faults(found)
    assert (number, column) == (2, "members")
    assert "not under" in reason


def test_the_list_shows_only_restructurings_of_ones_own_units(world):
    rehearsed(world, *CELLS, unit=world.north, by=world.chi)
    assert "Sắp xếp" in page(signed_in(world, "chi"), "/restructurings/")
    assert "Sắp xếp" not in page(signed_in(world, "dan"), "/restructurings/")


def test_every_fault_stands_beside_its_cell_on_the_page_and_in_the_workbook(world):
    eva = signed_in(world, "eva")
    sent(world, eva, *BAD)
    found = Restructuring.objects.get()
    assert "<progress" in page(eva, f"/restructurings/{found.pk}/")
    found = work(found)
    assert [(number, column) for number, column, _reason in faults(found)] == [
        (2, "into_code"), (3, "name"), (4, "act"), (5, "unit_code"), (6, "kind"), (9, "name"),
    ]  # fmt: skip
    assert found.verdicts["acts"]["waiting"] == [[7, 8]]
    whole = page(eva, f"/restructurings/{found.pk}/")
    assert "nowhere" in whole
    assert "Do it whole" not in whole
    rows = page(eva, f"/restructurings/{found.pk}/rows/", which="fault")
    assert rows.count("has the code nowhere") == 1
    assert "required for this act, but empty" in rows
    waiting = page(eva, f"/restructurings/{found.pk}/rows/", which="waiting")
    assert "waiting for another row" in waiting
    assert "nowhere" not in waiting
    answer = eva.get(f"/restructurings/{found.pk}/verdicts.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))["acts"]
    assert sheet.cell(2, 3).comment is not None
    assert sheet.cell(2, 3).fill.fgColor.rgb == "FFF6D3CC"
    assert "nowhere" in sheet.cell(2, 11).value
    assert eva.post(f"/restructurings/{found.pk}/", {"job": "do"}).status_code == 200
    assert not Restructuring.objects.get().job


def test_a_mended_workbook_takes_the_place_of_the_first(world):
    eva = signed_in(world, "eva")
    sent(world, eva, *BAD)
    found = work(Restructuring.objects.get())
    file = SimpleUploadedFile("mended.xlsx", workbook(*CELLS))
    assert eva.post(f"/restructurings/{found.pk}/", {"file": file}).status_code == 302
    found = work(Restructuring.objects.get())
    assert (found.file_name, found.is_sound, found.lines.count()) == ("mended.xlsx", True, 2)
    assert "Do it whole" in page(eva, f"/restructurings/{found.pk}/")
    assert eva.post(f"/restructurings/{found.pk}/", {"job": "do", "seal": found.seal}).status_code == 302
    found = work(Restructuring.objects.get())
    assert found.status == "done"
    assert Unit.objects.get(code="A").closed_on == ON
    assert eva.post(f"/restructurings/{found.pk}/", {"job": "reverse"}).status_code == 302
    found = work(Restructuring.objects.get())
    assert found.status == "reversed"
    assert Unit.objects.get(code="A").closed_on is None


@pytest.mark.parametrize(
    "content", [b"", b"x" * 1000, workbook(*CELLS, sheet="other"), workbook(), workbook(heads=("act", "nonsense"))]
)
def test_a_file_that_is_no_such_workbook_says_why(world, content):
    eva = signed_in(world, "eva")
    file = SimpleUploadedFile("x.xlsx", content)
    eva.post("/restructurings/", {"name": "x", "unit": "T", "on": "2024-01-02", "decision": "1-NQ", "file": file})
    found = work(Restructuring.objects.get())
    assert found.status == "rehearsed"
    assert found.faults
    assert not found.is_sound
    page(eva, f"/restructurings/{found.pk}/")
    assert status(eva.get(f"/restructurings/{found.pk}/verdicts.xlsx")) == 200


def test_the_template_names_every_column_and_can_be_sent_back(world):
    eva = signed_in(world, "eva")
    content = b"".join(eva.get("/restructurings/template.xlsx").streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["acts", "guide"]
    book["acts"].append(["rename", "A", None, "Chi bộ thôn Trung"])
    target = io.BytesIO()
    book.save(target)
    file = SimpleUploadedFile("filled.xlsx", target.getvalue())
    eva.post("/restructurings/", {"name": "x", "unit": "T", "on": "2024-01-02", "decision": "1-NQ", "file": file})
    assert work(Restructuring.objects.get()).is_sound


def test_names_in_what_is_to_settle_are_only_for_who_may_see_members(world):
    found = rehearsed(world, *CELLS, unit=world.north, by=world.chi)
    url = f"/restructurings/{found.pk}/settle/grants/"
    assert "Nguyễn Thị An" in page(signed_in(world, "chi"), url)
    assert "Nguyễn Thị An" not in page(signed_in(world, "eva"), url)


def test_the_trees_open_to_what_changed_and_then_a_level_at_a_time_with_and_without_javascript(world, monkeypatch):
    found = rehearsed(world, *CELLS)
    eva = signed_in(world, "eva")
    whole = page(eva, f"/restructurings/{found.pk}/tree/")
    assert "Huyện ủy Đông Hà" in whole
    assert "goes into Chi bộ thôn 10 Thượng Lâm (B)" in whole
    assert '<span class="shape-note">closes</span>' in whole
    monkeypatch.setattr("chibo.restructurings.result_views.UNFOLDED", 1)
    assert "Chi bộ thôn 1 Thượng Lâm" not in page(eva, f"/restructurings/{found.pk}/tree/")
    url = f"/restructurings/{found.pk}/tree/before/"
    assert "goes into Chi bộ thôn 10 Thượng Lâm (B)" in page(eva, url, below="T-N-1")
    assert "from Chi bộ thôn 1 Thượng Lâm (A)" in page(eva, url.replace("before", "after"), below="T-N-1")
    piece = eva.get(url, {"below": "T-N-1"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert eva.get(url.replace("before", "beside")).status_code == 404


@pytest.mark.parametrize("which", ["", "rows/", "tree/", "tree/before/", "settle/grants/"])
def test_nonsense_is_no_failure(world, which):
    found = rehearsed(world, *CELLS)
    eva = signed_in(world, "eva")
    url = f"/restructurings/{found.pk}/{which}"
    for value in HOSTILE:
        query = "&".join(f"{name}={quote(value, safe='%')}" for name in ("which", "below", "after", "page"))
        assert eva.get(f"{url}?{query}").status_code == 200, value
        if not which:
            assert eva.post(url, {"job": value, "file": value}).status_code == 200
            form = {"name": value, "unit": value, "on": value, "decision": value, "file": value}
            assert eva.post("/restructurings/", form).status_code == 200
    for key in KEYS:
        assert eva.get(url, {"after": after_key(key)}).status_code == 200
        assert eva.get("/restructurings/", {"after": after_key(key)}).status_code == 200
    for pk in ("0", "9" * 30):
        assert eva.get(f"/restructurings/{pk}/{which}").status_code == 404


def test_no_page_asks_more_than_a_dozen_questions(world):
    found = done(world, rehearsed(world, *CELLS))
    chi = signed_in(world, "eva")
    for which in ("", "rows/", "tree/", "tree/before/?below=T", "settle/grants/", "verdicts.xlsx"):
        with CaptureQueriesContext(connection) as queries:
            assert status(chi.get(f"/restructurings/{found.pk}/{which}")) == 200
        assert len(queries) <= 12, which


def test_pages_go_on_by_key(world, monkeypatch):
    monkeypatch.setattr("chibo.restructurings.result_views.LISTED", 1)
    monkeypatch.setattr("chibo.portal.row_views.LISTED", 1)
    found = rehearsed(world, *CELLS)
    eva = signed_in(world, "eva")
    first = page(eva, f"/restructurings/{found.pk}/rows/")
    assert 'rel="next"' in first
    after = after_key([2])
    assert "Đảng ủy xã Lâm Thượng" in page(eva, f"/restructurings/{found.pk}/rows/", after=after)
    place = Place.objects.filter(restructuring=found, side="before", parent_code="T-N-1").order_by("sort_key", "pk")
    key = after_key([place[0].sort_key, place[0].pk])
    below = page(eva, f"/restructurings/{found.pk}/tree/before/", below="T-N-1", after=key)
    assert place[1].name in below
    assert place[0].name not in below


def test_while_the_worker_is_at_it_nothing_else_is_asked_of_it(world):
    found = take(world, *CELLS)
    eva = signed_in(world, "eva")
    answer = eva.post(f"/restructurings/{found.pk}/", {"job": "do"})
    assert "still goes on" in answer.content.decode()
    assert eva.get(f"/restructurings/{found.pk}/verdicts.xlsx").status_code == 404


def test_before_it_is_taken_back_a_page_says_what_comes_back_and_what_stands_in_the_way(world):
    eva, found = signed_in(world, "eva"), rehearsed(world, *CELLS)
    url = f"/restructurings/{found.pk}/back/"
    assert "There is nothing to take back." in page(eva, url)
    done(world, found)
    assert f'href="{url}"' in page(eva, f"/restructurings/{found.pk}/")
    assert 'name="job" value="reverse"' in page(eva, url)
    core.do(asked=asked("rename", date(2024, 1, 9), unit="T-N-1", name="Đảng ủy xã Thượng"), by=None, at=AT)
    assert 'value="reverse"' not in page(eva, url)
    assert "stands in the way" in page(eva, url)


def test_what_is_left_to_settle_is_told_in_the_language_of_the_page(world):
    eva, found = signed_in(world, "eva"), rehearsed(world, *CELLS)
    said = "Roles held at units that close end with them."
    for url in (f"/restructurings/{found.pk}/", f"/restructurings/{found.pk}/settle/grants/"):
        assert said in page(eva, url)
        assert said not in eva.get(url, headers={"accept-language": "vi"}).content.decode()
