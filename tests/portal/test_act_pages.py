"""Pages of acts on units: asked for, shown before, done, told, taken back; who decides on what; what is typed stays."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import action
from chibo.meetings.models import Meeting
from chibo.organizations import acts as core
from chibo.organizations.actions import grant
from chibo.organizations.models import Act, Unit
from chibo.organizations.roles import RoleCode
from tests.organizations.acting import asked
from tests.permission_table import signed_in
from tests.world import AT, TODAY

SENT = {"on": "2024-01-05", "decision": "3-QĐ/HU"}
MERGE = SENT | {"units": ["B"], "into": "this"}


def send(client, unit, kind, step, **fields):
    return client.post(f"/units/{unit.pk}/change/{kind}/", {"step": step} | fields)


def seal_in(page) -> str:
    return page.content.decode().split('name="seal" value="')[1].split('"')[0]


def do(client, unit, kind, **fields):
    """Ask for an act, look at it, do it; the act."""
    shown = send(client, unit, kind, "show", **fields)
    answer = send(client, unit, kind, "do", seal=seal_in(shown), **fields)
    assert answer.status_code == 302, answer.content.decode()
    return Act.objects.get(pk=answer.url.split("/")[-2])


@action("tests.failed")
def fail(act, *, by, at):
    """An act whose day came, and which could not be done."""
    reason = {"code": "x", "text": "Something stood in the way.", "count": 1, "records": ["Lý Văn Ấm"], "todo": ""}
    Act.objects.filter(pk=act.pk).update(status=Act.Status.FAILED, on=date(2024, 1, 9), reasons=[reason])


def test_a_preview_writes_nothing_and_says_what_it_touches(world):
    chi = signed_in(world, "chi")
    before = Act.objects.count()
    page = send(chi, world.cell_a, "merge", "show", **MERGE).content.decode()
    assert Act.objects.count() == before
    assert "Chi bộ thôn 10 Thượng Lâm goes into Chi bộ thôn 1 Thượng Lâm" in page
    assert "Members who go over" in page
    assert "Merge these units" in page
    world.cell_b.refresh_from_db()
    assert world.cell_b.closed_on is None


def test_two_cells_merge_and_the_act_tells_it_and_is_taken_back(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "merge", **MERGE)
    world.cell_b.refresh_from_db()
    assert world.cell_b.closed_on == date(2024, 1, 5)
    page = chi.get(f"/acts/{act.pk}/").content.decode()
    assert "3-QĐ/HU" in page
    assert "Transfers" in page
    closed = chi.get(f"/units/{world.cell_b.pk}/").content.decode()
    assert "Closed since 5 January 2024." in closed
    assert f'It went into <a href="/units/{world.cell_a.pk}/"' in closed
    history = chi.get(f"/units/{world.cell_b.pk}/history/").content.decode()
    assert "What it came from, what became of it" in history
    assert f'href="/acts/{act.pk}/"' in history
    assert chi.post(f"/acts/{act.pk}/back/").status_code == 302
    world.cell_b.refresh_from_db()
    act.refresh_from_db()
    assert (world.cell_b.closed_on, act.status) == (None, Act.Status.REVERSED)
    assert "This is taken back already." in chi.get(f"/acts/{act.pk}/back/").content.decode()


def test_what_was_built_on_an_act_stands_in_the_way_and_is_named(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.upland, "found", **SENT, name="Chi bộ thôn 11", code="A11", kind_of="cell", members=["M1"])
    do(chi, Unit.objects.get(code="A11"), "rename", on="2024-01-08", decision="4-QĐ/HU", name="Chi bộ thôn 11 mới")
    page = chi.get(f"/acts/{act.pk}/back/").content.decode()
    assert "stands in the way" in page
    assert "Chi bộ thôn 11 mới" in page
    assert "Take it back</button>" not in page
    answer = chi.post(f"/acts/{act.pk}/back/")
    assert answer.status_code == 200
    act.refresh_from_db()
    assert act.status == Act.Status.DONE


def test_what_changed_since_the_preview_is_shown_anew_and_not_done(world):
    chi = signed_in(world, "chi")
    seal = seal_in(send(chi, world.cell_a, "merge", "show", **MERGE))
    core.do(asked=asked("rename", date(2024, 1, 4), unit="B", name="Chi bộ thôn 10 mới"), by=None, at=AT)
    core.do(asked=asked("found", date(2024, 1, 4), code="A9", name="Chi bộ thôn 9", kind="cell", setting="",
                        parent="T-N-1", members=["M4"]), by=None, at=AT)  # fmt: skip
    answer = send(chi, world.cell_a, "merge", "do", seal=seal, **MERGE)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Something changed meanwhile" in page
    assert seal_in(answer) != seal
    world.cell_b.refresh_from_db()
    assert world.cell_b.closed_on is None


def test_the_committee_directly_above_decides_and_no_unit_on_itself(world):
    chi, dan = signed_in(world, "chi"), signed_in(world, "dan")
    north = world.north.pk
    assert chi.get(f"/units/{north}/change/found/").status_code == 200
    refused = chi.get(f"/units/{north}/change/dissolve/")
    assert refused.status_code == 403
    assert send(chi, world.north, "rename", "do", **SENT, name="X").status_code == 403
    assert "The committee directly above" not in chi.get(f"/units/{world.upland.pk}/change/").content.decode()
    offered = chi.get(f"/units/{north}/change/").content.decode()
    assert f"/units/{north}/change/found/" in offered
    assert f"/units/{north}/change/rename/" not in offered
    assert dan.get(f"/units/{world.upland.pk}/change/merge/").status_code == 404


def test_a_unit_or_member_of_others_can_neither_be_found_nor_named(world):
    chi = signed_in(world, "chi")
    for code in ("C", "T-S", "nonsense", "\0"):
        page = send(chi, world.cell_a, "merge", "show", **(MERGE | {"units": [code]})).content.decode()
        assert "Say which unit." in page
    page = send(chi, world.cell_a, "move", "show", **SENT, to="T-S-1").content.decode()
    assert "Say which unit." in page
    page = send(chi, world.cell_a, "merge", "show", **SENT, into="this", units_words="Hạ Lâm").content.decode()
    assert "No unit that fits has this code or these words." in page
    assert "Chi bộ thôn 2 Hạ Lâm" not in page
    found = SENT | {"name": "Chi bộ mới", "code": "N1", "kind_of": "cell"}
    page = send(chi, world.upland, "found", "show", **found, members_words="Yến").content.decode()
    assert "No member of your units has this code or these words." in page


def test_a_commune_may_change_its_cells_and_not_the_cells_of_others(world):
    grant(user=world.hoa, role=RoleCode.OFFICER, unit=world.upland, from_on=TODAY, by=world.eva, at=AT)
    hoa = signed_in(world, "hoa")
    assert hoa.get(f"/units/{world.upland.pk}/change/dissolve/").status_code == 403
    act = do(hoa, world.cell_a, "merge", **MERGE)
    assert hoa.get(f"/acts/{act.pk}/back/").status_code == 200
    grant(user=world.flo, role=RoleCode.OFFICER, unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    ana = signed_in(world, "ana")
    assert ana.post(f"/acts/{act.pk}/back/").status_code == 403
    assert signed_in(world, "dan").get(f"/acts/{act.pk}/").status_code == 404


@pytest.mark.parametrize("step", ["change", "look", "show"])
def test_what_was_typed_stays(world, step):
    chi = signed_in(world, "chi")
    sent = {"on": "2024-13-77", "decision": "<3>-QĐ/HU", "name": 'Chi bộ "mới"', "code": "N&1", "kind_of": "cell"}
    page = send(chi, world.upland, "found", step, **sent, members=["M1"]).content.decode()
    for typed in ("2024-13-77", "&lt;3&gt;-QĐ/HU", "Chi bộ &#34;mới&#34;", "N&amp;1", 'value="M1" checked'):
        assert typed in page
    assert ("Enter a valid date." in page) == (step == "show")


def test_a_preview_carries_everything_on_and_back(world):
    chi = signed_in(world, "chi")
    page = send(chi, world.cell_a, "merge", "show", **MERGE).content.decode()
    for name, value in (("on", "2024-01-05"), ("decision", "3-QĐ/HU"), ("units", "B"), ("into", "this")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    back = send(chi, world.cell_a, "merge", "change", **MERGE).content.decode()
    assert 'value="B" checked' in back
    assert 'value="3-QĐ/HU"' in back


def test_words_that_find_one_unit_pick_it_and_of_several_one_is_asked_for(world):
    chi = signed_in(world, "chi")
    page = send(chi, world.cell_a, "merge", "show", **SENT, into="this", units_words="thon 10").content.decode()
    assert "What it would do" in page
    page = send(chi, world.upland, "found", "show", **SENT, name="X", code="X", kind_of="cell", members_words="thi")
    assert "Several members have these words" in page.content.decode()
    assert "Nguyễn Thị An" in page.content.decode()


def test_a_cell_is_split_among_those_who_go_where_it_was_said(world):
    chi = signed_in(world, "chi")
    person = {stay.membership.person.code: stay.membership.person_id for stay in world.cell_a.stays.all()}
    parts = {"parts_n": "2", "closes": "no", "part_0_name": "Chi bộ thôn 1A", "part_0_code": "A1"}
    page = send(chi, world.cell_a, "split", "more", **SENT, **parts).content.decode()
    assert "New unit 3" in page
    assert 'value="Chi bộ thôn 1A"' in page
    act = do(chi, world.cell_a, "split", **SENT, **parts, **{f"goes_{person['M3']}": "0"})
    assert act.given["parts"][0]["members"] == ["M3"]
    new = Unit.objects.get(code="A1")
    assert [stay.membership.person.code for stay in new.stays.all()] == ["M3"]
    wrong = send(chi, world.cell_a, "split", "show", **SENT, **parts, **{f"goes_{person['M2']}": "7"})
    assert "Choose for each of them one of the new units." in wrong.content.decode()


def test_an_act_of_a_day_to_come_is_kept_and_called_off(world):
    chi = signed_in(world, "chi")
    fields = {"on": "2024-03-01", "decision": "5-QĐ/HU", "name": "Chi bộ thôn 1 mới"}
    assert "Nothing changes today" in send(chi, world.cell_a, "rename", "show", **fields).content.decode()
    act = do(chi, world.cell_a, "rename", **fields)
    assert act.status == Act.Status.PLANNED
    assert "1 act on units is to come" in chi.get("/").content.decode()
    listed = chi.get(f"/units/{world.north.pk}/acts/").content.decode()
    assert f'href="/acts/{act.pk}/"' in listed
    assert "Call it off" in chi.get(f"/acts/{act.pk}/").content.decode()
    assert chi.post(f"/acts/{act.pk}/").status_code == 200  # it is tried again only once it failed
    assert chi.post(f"/acts/{act.pk}/back/").status_code == 302
    act.refresh_from_db()
    assert act.status == Act.Status.REVERSED
    assert "Not to be done any more" in chi.get(f"/acts/{act.pk}/").content.decode()
    assert "is to come" not in chi.get("/").content.decode()


def test_an_act_that_failed_waits_on_the_desk_and_is_tried_again(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "merge", **(MERGE | {"on": "2024-03-01"}))
    fail(act, by=None, at=AT)
    assert "could not be done on its day" in chi.get("/").content.decode()
    page = chi.get(f"/acts/{act.pk}/").content.decode()
    assert "Something stood in the way." in page
    assert "Lý Văn Ấm" in page
    assert "Lý Văn Ấm" not in signed_in(world, "eva").get(f"/acts/{act.pk}/").content.decode()
    assert chi.post(f"/acts/{act.pk}/").status_code == 302
    act.refresh_from_db()
    assert act.status == Act.Status.DONE


def test_the_list_goes_on_by_key_and_what_waits_comes_first(world, monkeypatch):
    monkeypatch.setattr("chibo.portal.act_views.LISTED", 2)
    chi = signed_in(world, "chi")
    for n, day in enumerate(("2024-01-03", "2024-01-05", "2024-01-06", "2024-04-01")):
        do(chi, world.cell_a, "rename", on=day, decision=f"{n}-QĐ", name=f"Chi bộ thôn {n} Thượng Lâm")
    seen, url = [], f"/units/{world.north.pk}/acts/"
    while url:
        page = chi.get(url).content.decode()
        seen += [f"{n}-QĐ" for n in (3, 2, 1, 0) if f"{n}-QĐ" in page]
        url = page.split('href="')[0] and next(
            (part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:] if "acts/?after=" in part),
            "",
        )
    assert seen == ["3-QĐ", "2-QĐ", "1-QĐ", "0-QĐ"]


def test_a_closed_unit_is_in_the_tree_only_on_demand(world):
    chi = signed_in(world, "chi")
    do(chi, world.cell_a, "merge", **MERGE)
    core.do(asked=asked("found", date(2024, 1, 6), code="A9", name="Chi bộ thôn 9", kind="cell", setting="",
                        parent="T-N-1"), by=None, at=AT)  # fmt: skip
    core.do(asked=asked("dissolve", date(2024, 1, 8), unit="A9"), by=None, at=AT)
    page = chi.get(f"/units/{world.upland.pk}/below/").content.decode()
    assert "Chi bộ thôn 9" not in page
    assert "Show the closed ones" in page
    more = page.split('branch-more"><a class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Chi bộ thôn 9" in chi.get(more).content.decode()


def test_records_of_a_merge_are_those_of_the_meeting_book(world):
    chi = signed_in(world, "chi")
    held = Meeting.objects.filter(unit=world.cell_b).count()
    do(chi, world.cell_a, "merge", **MERGE)
    assert Meeting.objects.filter(unit=world.cell_b).count() == held


HOSTILE = [
    "\0",
    "9" * 40,
    "-1",
    "<script>",
    "A" * 3000,
    "2024-02-30",
    "0001-01-01",
    "9999-12-31",
    "%00",
    "\u202e",
    "[]",
]


@pytest.mark.parametrize("kind", ["found", "rename", "move", "merge", "split", "change_kind", "dissolve", "nonsense"])
def test_nonsense_in_a_form_is_no_failure(world, kind):
    chi = signed_in(world, "chi")
    names = (
        "on", "decision", "name", "code", "kind_of", "setting", "to", "to_words", "to_asked", "units", "units_words",
        "into", "which", "new_name", "new_code", "new_setting", "members", "members_words", "members_to", "parts_n",
        "part_0_name", "part_0_code", "part_0_setting", "closes", "kind_to", "seal", "goes_1",
    )  # fmt: skip
    for value in HOSTILE:
        sent = dict.fromkeys(names, value)
        assert send(chi, world.upland, kind, "look", **sent).status_code in (200, 404)
        for step in ("do", "more", value):
            fits = sent | SENT | {"name": "X", "code": "X", "kind_of": "cell", "closes": "no", "into": "new"}
            assert send(chi, world.cell_a, kind, step, **fits).status_code in (200, 403, 404)
    assert Act.objects.count() == 1


@pytest.mark.parametrize("step", ["", "look", "show"])
def test_the_steps_of_an_act_ask_a_bounded_number_of_questions(world, step):
    chi = signed_in(world, "chi")
    with CaptureQueriesContext(connection) as queries:
        if step:
            assert send(chi, world.cell_a, "merge", step, **MERGE).status_code == 200
        else:
            assert chi.get(f"/units/{world.cell_a.pk}/change/merge/").status_code == 200
    assert len(queries) <= (60 if step == "show" else 12)


def test_a_closed_unit_opens_again_where_it_stood(world):
    chi = signed_in(world, "chi")
    do(chi, world.cell_a, "merge", **MERGE)
    assert "Open it again" in chi.get(f"/units/{world.cell_b.pk}/change/").content.decode()
    form = chi.get(f"/units/{world.cell_b.pk}/change/reopen/").content.decode()
    assert 'value="T-N-1" checked' in form
    do(chi, world.cell_b, "reopen", on="2024-01-09", decision="9-QĐ/HU", to=["T-N-1"])
    world.cell_b.refresh_from_db()
    assert world.cell_b.closed_on is None
    history = chi.get(f"/units/{world.cell_b.pk}/history/").content.decode()
    assert "closed for a time" in history
    assert "9-QĐ/HU" in history


def test_a_cell_that_becomes_a_committee_founds_cells_for_its_members(world):
    dan = signed_in(world, "dan")
    fields = {
        "kind_to": "grassroots_committee", "parts_n": "2", "part_0_name": "Chi bộ xưởng 1", "part_0_code": "D1",
        "part_1_name": "Chi bộ xưởng 2", "part_1_code": "D2", "on": "2024-01-09", "decision": "9-QĐ/HU",
    }  # fmt: skip
    do(dan, world.cell_d, "change_kind", **fields)
    world.cell_d.refresh_from_db()
    assert world.cell_d.kind == "grassroots_committee"
    assert [stay.membership.person.code for stay in Unit.objects.get(code="D1").stays.all()] == ["M8"]
    assert "Grassroots committee" in dan.get(f"/units/{world.cell_d.pk}/history/").content.decode()
