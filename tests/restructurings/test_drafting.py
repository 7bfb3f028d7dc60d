"""A restructuring put together on the page: begun, added to, mended beside its faults, and then like any other."""

from __future__ import annotations

import io
from itertools import cycle

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from chibo.core.actions import Denied
from chibo.organizations.models import Unit
from chibo.portal.row_forms import MANY, WAYS
from chibo.restructurings import actions, drafting
from chibo.restructurings.models import Place, Restructuring
from chibo.restructurings.workbook import NEEDS, read_rows
from tests.organizations.acting import records
from tests.permission_table import signed_in
from tests.restructurings.working import ON, done, faults, rehearsed, row, taken_back, work, workbook
from tests.test_nonsense import HOSTILE
from tests.world import AT

OWN = {f"restructurings_{name}" for name in ("restructuring", "line", "place", "unsettled", "part")}


def begun(world, *rows, unit=None, by=None):
    """A restructuring put together on the page, with rows."""
    found = drafting.begin_here(
        name="Sắp xếp năm 2024", unit=unit or world.province, on=ON, decision="15-NQ/TW", language="en",
        by=by or world.eva, at=AT,
    )  # fmt: skip
    if rows:
        drafting.add(restructuring=found, rows=rows, by=by or world.eva, at=AT)
    return Restructuring.objects.select_related("unit").get(pk=found.pk)


def judged(world, found):
    return work(actions.ask(restructuring=found, job="rehearse", by=world.eva, at=AT))


def values(found):
    return {line.number: line.values for line in found.lines.order_by("number")}


def add(client, found, act="merge", step="save", **cells):
    return client.post(f"/restructurings/{found.pk}/rows/", {"act": act, "step": step, **cells})


def test_a_restructuring_begun_on_the_page_is_kept_row_by_row_rehearsed_done_and_taken_back(world):
    eva = signed_in(world, "eva")
    about = {"name": "Sắp xếp", "unit": "T", "on": ON.isoformat(), "decision": "1-NQ", "how": "here"}
    answer = eva.post("/restructurings/", about)
    found = Restructuring.objects.get()
    assert answer.url == f"/restructurings/{found.pk}/rows/"
    assert add(eva, found, unit_code_words="A", into_code_words="B").url == f"{answer.url}?act=merge"
    assert add(eva, found, "rename", unit_code_words="T-N-1", name="Đảng ủy xã Lâm").status_code == 302
    assert values(found) == {
        2: {"act": "merge", "unit_code": "A", "into_code": "B"},
        3: {"act": "rename", "unit_code": "T-N-1", "name": "Đảng ủy xã Lâm"},
    }
    before = {name: rows for name, rows in records().items() if name not in OWN}
    assert eva.post(f"/restructurings/{found.pk}/", {"job": "rehearse"}).status_code == 302
    found = work(found)
    assert found.is_sound, found.faults
    found = done(world, found)
    assert found.status == "done"
    assert Unit.objects.get(code="A").closed_on == ON
    found = taken_back(world, found)
    assert found.status == "reversed"
    assert {name: rows for name, rows in records().items() if name not in OWN} == before


def test_without_a_workbook_and_without_saying_here_the_form_asks_for_one(world):
    eva = signed_in(world, "eva")
    answer = eva.post("/restructurings/", {"name": "Sắp xếp", "unit": "T", "on": ON.isoformat()})
    assert "field-error" in answer.content.decode()
    assert not Restructuring.objects.exists()


def test_rows_of_a_page_and_of_a_workbook_get_the_same_verdicts(world):
    rows = (
        row("merge", "A", into_code="nowhere"), row("rename", "B"), row("explode", "B"),
        row("found", "C", name="Chi bộ thôn 9", kind="cell", parent_code="T-N-1"),
        row("found", "T-9", name="Đảng ủy xã Lâm", kind="commune", parent_code="T-N"),
        row("move", "B", parent_code="T-9"), row("dissolve", "T-N"), row("move", "A", parent_code="T-N", name="x"),
    )  # fmt: skip
    read, typed = rehearsed(world, *rows), judged(world, begun(world, *rows))
    assert (typed.faults, typed.verdicts, typed.counts, typed.seal) == (
        read.faults, read.verdicts, read.counts, read.seal,
    )  # fmt: skip
    assert values(typed) == values(read)


def test_faults_stand_beside_their_fields_and_stay_until_each_row_is_mended(world):
    found = judged(world, begun(world, row("merge", "A", into_code="nowhere"), row("rename", "T-N-1", name="x" * 600)))
    assert {(number, column) for number, column, _reason in faults(found)} == {(2, "into_code"), (3, "name")}
    eva = signed_in(world, "eva")
    url = f"/restructurings/{found.pk}/rows/2/"
    form = eva.get(url).content.decode()
    assert 'id="row_into_code_error"' in form
    assert 'value="nowhere"' in form
    seal = found.lines.get(number=2).seal
    told = {"act": "merge", "unit_code": "A", "into_code": "B", "seal": seal, "step": "save"}
    assert eva.post(url, told).status_code == 302
    found.refresh_from_db()
    assert (found.status, [fault["row"] for fault in found.faults]) == ("draft", [3])
    assert found.lines.get(number=3).values["name"] == "x" * 600
    assert [fault["row"] for fault in judged(world, found).faults] == [3]


def test_a_change_after_the_rehearsal_lets_it_be_done_no_more(world):
    found = judged(world, begun(world, row("merge", "A", into_code="B")))
    assert Place.objects.filter(restructuring=found).exists()
    seen = found.seal
    drafting.add(restructuring=found, rows=[row("rename", "C", name="Chi bộ Mới")], by=world.eva, at=AT)
    with pytest.raises(Denied, match="only after a rehearsal"):
        actions.ask(restructuring=found, job="do", seen=seen, by=world.eva, at=AT)
    assert not Place.objects.filter(restructuring=found).exists()
    found = judged(world, Restructuring.objects.get(pk=found.pk))
    with pytest.raises(Denied, match="rehearsed anew since"):
        actions.ask(restructuring=found, job="do", seen=seen, by=world.eva, at=AT)


def test_who_saves_or_takes_out_a_row_second_is_told_and_keeps_what_was_typed(world):
    found = begun(world, row("rename", "A", name="Một"), row("rename", "B", name="Hai"))
    eva, url = signed_in(world, "eva"), f"/restructurings/{found.pk}/rows/2/"
    old = {"act": "rename", "unit_code": "A", "seal": found.lines.get(number=2).seal, "step": "save"}
    assert eva.post(url, old | {"name": "Của người thứ nhất"}).status_code == 302
    second = eva.post(url, old | {"name": "Của người thứ hai"})
    text = second.content.decode()
    assert "Somebody changed this row" in text
    assert "Của người thứ nhất" in text
    assert "Của người thứ hai" in text
    assert "Somebody changed this row" in eva.post(url, old | {"step": "remove"}).content.decode()
    now = found.lines.get(number=2)
    assert now.values["name"] == "Của người thứ nhất"
    assert f'value="{now.seal}"' in text
    assert eva.post(url, old | {"step": "remove", "seal": now.seal}).status_code == 302
    gone = eva.post(url, old | {"name": "Của người thứ ba", "seal": now.seal}).content.decode()
    assert "took this row out" in gone
    assert "Của người thứ ba" in gone
    assert values(found) == {3: {"act": "rename", "unit_code": "B", "name": "Hai"}}


def test_a_row_sent_twice_is_one(world):
    found = begun(world, row("merge", "A", into_code="B"))
    answer = add(signed_in(world, "eva"), found, unit_code="A", into_code="B")
    assert "Row 2 says this already" in answer.content.decode()
    assert len(values(found)) == 1


def test_several_units_are_several_rows_and_what_is_alike_stays_for_the_next(world):
    found = begun(world)
    eva = signed_in(world, "eva")
    assert add(eva, found, unit_code_words="A, C", into_code="B").status_code == 302
    assert [line["unit_code"] for line in values(found).values()] == ["A", "C"]
    new = {"name": "Đảng ủy xã Hạ", "unit_code": "T-9", "parent_code": "T-N", "kind": "grassroots_committee"}
    answer = add(eva, found, "found", **new)
    assert answer.url.endswith("?act=found&parent_code=T-N&kind=grassroots_committee")
    assert 'value="T-N" checked' in eva.get(answer.url).content.decode()
    assert add(eva, found, "move", unit_code="B", parent_code="T-9").status_code == 302
    assert values(found)[5] == {"act": "move", "unit_code": "B", "parent_code": "T-9"}


def test_what_one_word_finds_is_picked_and_words_by_which_nothing_is_ticked_are_told(world):
    found = begun(world)
    eva = signed_in(world, "eva")
    shown = {"into_code_words": "B", "into_code_asked": "B"}  # the list was there already, and nothing in it was ticked
    unsure = add(eva, found, unit_code="A", unit_code_words="dang uy", unit_code_asked="dang uy", **shown)
    assert "Several units have these words" in unsure.content.decode()
    lost = add(eva, found, unit_code="A", unit_code_words="zzz", unit_code_asked="zzz", **shown)
    assert "No unit that fits" in lost.content.decode()
    assert add(eva, found, unit_code="A", unit_code_words="C", unit_code_asked="C", **shown).status_code == 302
    assert [line["unit_code"] for line in values(found).values()][-2:] == ["A", "C"]


def test_what_was_typed_stays_when_something_is_missing_or_another_act_is_chosen(world):
    found = begun(world)
    eva = signed_in(world, "eva")
    missing = add(eva, found, "rename", unit_code_words="nowhere", name="Chi bộ Mới").content.decode()
    assert "field-error" in missing
    assert "Chi bộ Mới" in missing
    turned = eva.post(
        f"/restructurings/{found.pk}/rows/", {"act": "rename", "turn": "split", "unit_code": "A", "name": "Chi bộ Mới"}
    ).content.decode()
    assert "Chi bộ Mới" in turned
    assert 'value="A" checked' in turned
    assert "field-error" not in turned
    assert not values(found)


def test_a_workbook_is_mended_row_by_row_on_the_page_and_comes_back_as_one(world, tmp_path):
    found = rehearsed(world, row("merge", "A", into_code="B9"), row("rename", "T-N-1", name="Đảng ủy xã Lâm"))
    line = found.lines.get(number=2)
    drafting.change(
        restructuring=found, number=2, seen=line.seal, values=row("merge", "A", into_code="B"), by=world.eva, at=AT
    )
    drafting.add(restructuring=found, rows=[row("rename", "C", name="Chi bộ Mới")], by=world.eva, at=AT)
    drafting.remove(restructuring=found, number=3, seen=found.lines.get(number=3).seal, by=world.eva, at=AT)
    found = judged(world, Restructuring.objects.get(pk=found.pk))
    assert (found.is_sound, found.kept_as, sorted(values(found))) == (True, "", [2, 4])
    answer = signed_in(world, "eva").get(f"/restructurings/{found.pk}/verdicts.xlsx")
    content = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["acts"]
    assert [sheet.cell(n, 11).value for n in (2, 3, 4)] == ["can be done", None, "can be done"]
    path = tmp_path / "again.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["acts"].delete_cols(11)
    del book["faults"]
    book.save(path)
    assert [one.values["unit_code"] for one in read_rows(path).rows["acts"]] == ["A", "C"]


def test_what_is_wrong_with_a_workbook_as_a_whole_is_not_mended_away_on_the_page(world):
    heads = ("act", "unit_code", "name", "membrs")
    taken = actions.take(
        chunks=[workbook(row("rename", "A", name="Chi bộ Mới", membrs="M1"), heads=heads)], file_name="x.xlsx",
        name="x", unit=world.province, on=ON, decision="", language="en", by=world.eva, at=AT,
    )  # fmt: skip
    found = work(taken)
    eva = signed_in(world, "eva")
    assert eva.get(f"/restructurings/{found.pk}/rows/2/").status_code == 403
    assert 'name="step"' not in eva.get(f"/restructurings/{found.pk}/rows/").content.decode()
    with pytest.raises(Denied, match="lies in no single row"):
        drafting.add(restructuring=found, rows=[row("rename", "B", name="x")], by=world.eva, at=AT)


@pytest.mark.parametrize("stage", ["running", "done"])
def test_while_the_worker_is_at_it_and_once_it_is_done_no_row_changes(world, stage):
    found = begun(world, row("merge", "A", into_code="B"))
    if stage == "running":
        actions.ask(restructuring=found, job="rehearse", by=world.eva, at=AT)
    else:
        found = done(world, judged(world, found))
    eva, url = signed_in(world, "eva"), f"/restructurings/{found.pk}/rows/"
    answer = add(eva, found, "rename", unit_code="B", name="Chi bộ Mới")
    assert answer.status_code == 200
    assert "notice-error" in answer.content.decode()
    assert "Chi bộ Mới" in answer.content.decode()
    seal = found.lines.get(number=2).seal
    assert "notice-error" in eva.post(f"{url}2/", {"step": "remove", "seal": seal}).content.decode()
    assert eva.get(f"{url}2/").status_code == 403
    assert 'name="step"' not in eva.get(url).content.decode()
    assert len(values(found)) == 1


def test_verdicts_are_told_in_the_language_of_who_asks_for_them(world):
    found = begun(world, row("merge", "A", into_code="nowhere"))
    eva = signed_in(world, "eva")
    with translation.override("en"):  # a request leaves its language behind
        eva.post(f"/restructurings/{found.pk}/", {"job": "rehearse"}, headers={"Accept-Language": "vi"})
    (fault,) = work(found).faults
    assert "no unit under" not in fault["reason"]


def test_nothing_is_rehearsed_while_there_is_no_row(world):
    with pytest.raises(Denied, match="add one first"):
        actions.ask(restructuring=begun(world), job="rehearse", by=world.eva, at=AT)


def test_one_begins_and_changes_only_where_one_holds_the_right(world):
    found = begun(world, row("rename", "C", name="Chi bộ Mới"))
    with pytest.raises(Denied):
        begun(world, by=world.chi)
    with pytest.raises(Denied):
        drafting.add(restructuring=found, rows=[row("rename", "A", name="x")], by=world.chi, at=AT)
    with pytest.raises(Denied):
        drafting.remove(restructuring=found, number=2, seen=found.lines.get(number=2).seal, by=world.chi, at=AT)


def test_only_units_under_the_restructurings_own_are_found_or_named(world):
    found = begun(world, row("rename", "C", name="Chi bộ Mới"), unit=world.north, by=world.chi)
    chi, url = signed_in(world, "chi"), f"/restructurings/{found.pk}/rows/"
    name = Unit.objects.get(code="C").name
    assert name not in chi.get(url).content.decode()
    assert name not in chi.get(f"{url}2/").content.decode()
    assert name not in add(chi, found, "rename", "look", unit_code_words="C").content.decode()
    own = add(chi, found, "rename", "look", unit_code_words="thon").content.decode()
    assert Unit.objects.get(code="A").name in own


def test_members_are_picked_by_name_only_by_who_may_see_them(world):
    found = begun(world, unit=world.north, by=world.chi)
    new = {"name": "Chi bộ thôn 3", "unit_code": "A-2", "parent_code": "T-N-1", "kind": "cell", "members_words": "An"}
    assert "Nguyễn Thị An" in add(signed_in(world, "chi"), found, "found", "look", **new).content.decode()
    eva = signed_in(world, "eva")
    assert "Nguyễn Thị An" not in add(eva, found, "found", "look", **new).content.decode()
    assert add(eva, found, "found", **new | {"members": "M1;M2"}).status_code == 302
    assert values(found)[2]["members"] == "M1; M2"


def test_the_form_of_each_act_asks_for_what_the_act_needs_and_may_have(world):
    for act, (needs, may) in NEEDS.items():
        assert set(WAYS[act].cells) == {"unit_code", *needs, *may}, act
    assert set(MANY) <= set(WAYS)
    found = begun(world)
    eva = signed_in(world, "eva")
    for act in WAYS:
        assert eva.get(f"/restructurings/{found.pk}/rows/?act={act}").status_code == 200


def test_nonsense_in_a_row_is_no_failure(world):
    found = begun(world, row("merge", "A", into_code="B"))
    eva, url = signed_in(world, "eva"), f"/restructurings/{found.pk}/rows/"
    names = ("unit_code", "into_code", "name", "kind", "setting", "parent_code", "units", "members", "seal")
    for value, act in zip(HOSTILE, cycle([*WAYS, "nonsense"]), strict=False):
        cells = dict.fromkeys(names, value) | {f"{name}_words": value for name in names}
        for at, step in ((url, "save"), (url, "look"), (f"{url}2/", "save"), (f"{url}{'9' * 9}/", "remove")):
            assert eva.post(at, {"act": act, "step": step, **cells}).status_code in (200, 302), (value, act)
        assert eva.get(url, {"act": value, **cells}).status_code == 200
    for number in ("0", "9" * 30):
        assert eva.get(f"{url}{number}/").status_code == 404


def test_no_page_of_rows_asks_more_than_a_dozen_questions(world):
    found = begun(
        world,
        row("split", "T-N-1", into_code="T-9", name="Đảng ủy xã Hạ", parent_code="T-N", units="A; B"),
        row("found", "T-8", name="Đảng ủy xã Trung", kind="grassroots_committee", parent_code="T-N"),
        row("merge", "C", into_code="T-8"), unit=world.north, by=world.chi,
    )  # fmt: skip
    chi = signed_in(world, "chi")
    for which in ("", "?act=found&parent_code=T-N", "2/", "3/", "4/"):
        with CaptureQueriesContext(connection) as queries:
            assert chi.get(f"/restructurings/{found.pk}/rows/{which}").status_code == 200
        assert len(queries) <= 12, which
