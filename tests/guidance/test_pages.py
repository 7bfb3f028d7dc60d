"""Weak cells, support plans, guide cells, members often absent, and the objectives, as their readers see them."""

from __future__ import annotations

import html
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chibo.core.actions import Denied, action
from chibo.guidance import actions, queries
from chibo.guidance.models import CrossVisit, GuideCell, Norm, SupportPlan, norms_on
from chibo.indicators import folding
from chibo.meetings.models import Attendance, Meeting, Score
from chibo.members.models import Person
from chibo.organizations.actions import move
from chibo.organizations.models import Grant
from chibo.organizations.scope import Scope
from chibo.targets.models import Target
from tests.world import AT, TODAY


@action("tests.wrote_down")
def write_down(*, what, by, at):
    what()


def did(what):
    write_down(what=what, by=None, at=AT)


@pytest.fixture
def of(world):
    def signed_in(name):
        client = Client()
        client.force_login(getattr(world, name))
        return client

    return signed_in


def text(answer):
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def plan(world, cell="cell_a", **more):
    said = {"why": "x", "measures": "Cử tổ công tác", "who": "Tổ 1", "until": date(2024, 6, 30)} | more
    return actions.name_weak(
        plan=SupportPlan(unit=world.upland, cell=getattr(world, cell), **said), by=world.chi, at=AT
    )


# Weak cells and their plans


def test_the_records_propose_weak_cells_by_the_numbers_asked(world, of):
    page = text(of("chi").get(f"/units/{world.upland.pk}/weak/"))
    assert "9 months missed" in page
    assert "Chi bộ thôn 10" in page
    did(lambda: Norm.objects.filter(what="weak_missed").update(number=10))
    did(lambda: Norm.objects.filter(what="weak_attendance").update(number=0))
    page = text(of("chi").get(f"/units/{world.upland.pk}/weak/"))
    assert "The records propose no cell as weak." in page
    for code in ("A-1", "A-2"):
        did(lambda code=code: Score.objects.filter(meeting__code=code).update(c7=0, c4=0, c5=0))
    page = text(of("chi").get(f"/units/{world.upland.pk}/weak/"))
    assert "2 meetings scored poor" in page
    assert "Chi bộ thôn 10" not in page


def whole(world):
    return Scope(subtrees=(world.province.path,))


def test_whose_role_reaches_a_committee_alone_is_shown_no_cell_below_it(world, of):
    did(lambda: Norm.objects.filter(what="weak_missed").update(number=0))
    own = Scope(units=(world.north.path,))
    assert queries.weak_cells(world.north, norms_on(TODAY), TODAY, whole(world), size=10)
    assert queries.weak_cells(world.north, norms_on(TODAY), TODAY, own, size=10) == []
    did(lambda: Grant.objects.filter(user=world.chi).update(reach="unit"))
    for page in ("weak/", "absent/", "cells/"):
        answer = of("chi").get(f"/units/{world.north.pk}/{page}")
        assert answer.status_code == 200
        assert world.cell_a.name not in answer.content.decode(), page


def test_attendance_that_is_too_low_makes_a_cell_weak(world):
    did(lambda: Norm.objects.filter(what="weak_missed").update(number=99))
    did(lambda: Attendance.objects.filter(meeting__code="B-1").update(state="absent"))
    folding.fold_all(by=None, at=AT)
    found = queries.weak_cells(world.north, norms_on(TODAY), TODAY, whole(world), size=10)
    assert [(each.code, each.present < each.marked) for each in found if each.code == "B"] == [("B", True)]


def test_a_weak_cell_is_named_followed_and_its_plan_closed(world, of):
    chi, new = of("chi"), f"/units/{world.upland.pk}/weak/new/?cell={world.cell_a.pk}"
    assert "9 months missed" in text(chi.get(new))
    for wrong in ({"until": "2024-01-10"}, {"until": "2029-01-10"}, {"who": ""}, {"measures": ""}):
        said = {"why": "x", "measures": "y", "who": "Tổ 1", "until": "2024-06-30"} | wrong
        assert chi.post(new, said).status_code == 422
    answer = chi.post(new, {"why": "x", "measures": "Cử tổ công tác", "who": "Tổ 1", "until": "2024-06-30"})
    made = SupportPlan.objects.get()
    assert (answer.url, made.named_on, made.closed_on) == (f"/support/{made.pk}/", TODAY, None)
    assert chi.post(new, {"why": "x", "measures": "y", "who": "z", "until": "2024-06-30"}).status_code == 422
    assert "Chi bộ thôn 1 " not in text(chi.get(f"/units/{world.upland.pk}/weak/"))
    assert "Tổ 1" in text(chi.get(f"/units/{world.upland.pk}/weak/?which=open"))
    page = text(chi.post(answer.url, {"act": "note", "text": "Đã họp với chi ủy"}, follow=True))
    assert "Đã họp với chi ủy" in page
    assert chi.post(answer.url, {"act": "close", "outcome": "mended"}).status_code == 422
    page = text(chi.post(answer.url, {"act": "close", "outcome": "mended", "closing": "Họp đều"}, follow=True))
    assert "The cell is weak no more" in page
    assert chi.post(answer.url, {"act": "note", "text": "x"}).status_code == 403
    assert "The cell is weak no more" in text(chi.get(f"/units/{world.upland.pk}/weak/?which=closed"))
    made.refresh_from_db()
    assert (made.closed_on, made.outcome) == (TODAY, "mended")


def test_a_plan_is_read_where_meetings_are_seen_and_followed_by_who_supports_the_cell(world, of):
    ben = Person.objects.get(code="M2")
    made = plan(world, person=ben, who=ben.full_name)
    url = f"/support/{made.pk}/"
    seen = {name: of(name).get(url).status_code for name in ("ana", "ben", "chi", "dan", "eva", "flo")}
    assert seen == {"ana": 200, "ben": 200, "chi": 200, "dan": 404, "eva": 404, "flo": 200}
    assert of("ana").post(url, {"act": "note", "text": "x"}).status_code == 403
    assert of("ben").post(url, {"act": "note", "text": "Đã đến"}).status_code == 302
    assert of("ben").post(url, {"act": "close", "outcome": "mended", "closing": "x"}).status_code == 403
    assert made.notes.get().by == world.ben
    new = f"/units/{world.upland.pk}/weak/new/?cell="
    assert [of("chi").get(new + each).status_code for each in ("", "x", "0", str(2**70), str(world.cell_c.pk))] == [
        404
    ] * 5


def test_who_supports_a_cell_and_its_own_secretary_find_the_plan(world, of):
    ben = Person.objects.get(code="M2")
    made = plan(world, person=ben, who=ben.full_name)
    url = f"/support/{made.pk}/"
    page = text(of("ben").get("/"))
    assert "You support Chi bộ thôn 1" in page
    assert url in page
    weak = f"/units/{world.cell_a.pk}/weak/"
    assert f'href="{weak}"' in text(of("ana").get(f"/units/{world.cell_a.pk}/meetings/"))
    assert url in text(of("ana").get(weak + "?which=open"))
    actions.close_plan(plan=made, outcome="mended", closing="x", by=world.chi, at=AT)
    assert url not in text(of("ben").get("/"))


@pytest.mark.parametrize("page", ["meetings", "year", "online", "groups"])
def test_from_each_page_of_a_cells_meetings_its_secretary_reaches_the_others(world, of, page):
    told = text(of("ana").get(f"/units/{world.cell_a.pk}/{page}/"))
    for other in ("meetings", "objectives", "scores", "weak", "absent", "year", "online", "groups"):
        assert f'href="/units/{world.cell_a.pk}/{other}/' in told, other


def test_cells_are_ticked_page_by_page_and_taken_into_the_form(world, of, monkeypatch):
    monkeypatch.setattr("chibo.guidance.pick_views.ROWS", 1)
    chi, url = of("chi"), f"/units/{world.upland.pk}/cells/"
    first = chi.get(url, {"to": "topic"})
    assert first.context["to_url"] == f"/units/{world.upland.pk}/year/"
    (cell, _ticked), key = first.context["cells"][0], first.context["next_key"]
    second = chi.get(url, {"to": "guides", "code": cell.code, "after": key})
    assert (second.context["elsewhere"], second.context["to_url"]) == ([cell.code], f"/units/{world.upland.pk}/guides/")
    assert second.context["cells"][0][0].code != cell.code
    for page, form in (("guides", "choose_form"), ("year", "form")):
        asked = chi.get(f"/units/{world.upland.pk}/{page}/", {"code": ["A", "B"]})
        assert asked.context[form]["codes"].value() == "A\nB"
        assert "/cells/?to=" in text(asked)
    for wrong in ({"after": "x"}, {"code": "\0"}, {"to": "x", "year": "\0"}, {"code": ["a"] * 900}):
        assert chi.get(url, wrong).status_code == 200


def test_only_its_own_committee_names_a_cell_that_is_below_it(world):
    with pytest.raises(Denied, match="below your own"):
        actions.name_weak(
            plan=SupportPlan(
                unit=world.upland, cell=world.cell_a, why="x", measures="x", who="x", until=date(2024, 6, 1)
            ),
            by=world.dan,
            at=AT,
        )
    with pytest.raises(Denied, match="no cell below"):
        plan(world, "cell_c")
    with pytest.raises(Denied, match="no cell below"):
        plan(world, "north")


def test_the_desk_names_a_plan_that_ends(world, of):
    made = plan(world)
    url, desk = f"/support/{made.pk}/", f"/?unit={world.upland.pk}"
    did(lambda: SupportPlan.objects.update(unit=world.north))
    assert url not in text(of("chi").get(desk))
    did(lambda: SupportPlan.objects.update(until=TODAY + timedelta(3)))
    assert "ends" in text(of("chi").get("/"))
    assert url in text(of("chi").get("/"))
    did(lambda: SupportPlan.objects.update(named_on=date(2023, 1, 1), until=date(2023, 12, 1)))
    page = text(of("chi").get("/"))
    assert "has ended" in page
    assert url in page
    actions.close_plan(plan=made, outcome="not", closing="x", by=world.chi, at=AT)
    assert url not in text(of("chi").get("/"))


def test_a_plan_goes_with_its_cell_to_who_guides_it_now(world, of):
    made = plan(world, until=TODAY + timedelta(3))
    did(lambda: SupportPlan.objects.update(unit=world.north))
    url = f"/support/{made.pk}/"
    assert url in text(of("chi").get("/"))
    assert of("dan").get(url).status_code == 404
    move(unit=world.cell_a, to=world.lowland, on=date(2024, 1, 8), decision="1-QĐ/TU", by=world.eva, at=AT)
    for name, status in (("chi", 404), ("dan", 200)):
        assert of(name).get(url).status_code == status, name
        assert of(name).post(url, {"act": "note", "text": "Đã đến"}).status_code == (302 if status == 200 else 404)
    assert url not in text(of("chi").get("/"))
    assert url in text(of("dan").get("/"))
    assert world.north.name not in text(of("dan").get(url)).partition("<h1")[0]
    for write in (
        lambda by: actions.note_plan(plan=made, text="x", by=by, at=AT),
        lambda by: actions.close_plan(plan=made, outcome="mended", closing="x", by=by, at=AT),
    ):
        with pytest.raises(Denied):
            write(world.chi)
    page = text(of("dan").post(url, {"act": "close", "outcome": "mended", "closing": "Họp đều"}, follow=True))
    assert "The cell is weak no more" in page
    assert made.notes.get().by == world.dan


# Guide cells and cross-visits


def test_guide_cells_are_chosen_within_the_shares_asked_or_warned_of(world, of):
    url = f"/units/{world.north.pk}/guides/"
    chi = of("chi")
    page = text(chi.get(url))
    assert "0 of 2 cells" in page
    assert "too few are chosen" in page
    assert chi.post(url, {"act": "choose", "of": "regular", "codes": "C"}).status_code == 422  # of the south
    assert chi.post(url, {"act": "choose", "of": "regular", "codes": " "}).status_code == 422
    assert chi.post(url, {"act": "choose", "of": "regular", "codes": "A A", "decision": "3-QĐ"}).status_code == 302
    assert "1 of 2 cells (50.0 %)" in text(chi.get(url)).replace("\xa0", " ")
    assert of("flo").post(url, {"act": "choose", "of": "regular", "codes": "B"}).status_code == 302
    assert of("ana").get(f"/units/{world.cell_a.pk}/guides/").status_code == 200
    assert of("ana").post(f"/units/{world.cell_a.pk}/guides/", {"act": "choose"}).status_code == 403
    assert [each.cell.code for each in GuideCell.objects.order_by("cell__code")] == ["A", "B"]
    did(lambda: Norm.objects.filter(what="guide_regular_most").update(number=100))
    assert "asked: 5 to 100 %, that is 1 to 2 cells" in text(chi.get(url)).replace("\xa0", " ")
    did(lambda: Norm.objects.filter(what="guide_regular_most").update(number=10))
    page = text(chi.get(url)).replace("\xa0", " ")
    assert "asked: 5 to 10 %, that is 1 cell" in page


def test_cross_visits_are_recorded_once_and_taken_back(world, of):
    url, chi = f"/units/{world.north.pk}/guides/", of("chi")
    [guide] = actions.choose_guides(
        unit=world.north, year=2024, of="thematic", cells=[world.cell_a], decision="", by=world.chi, at=AT
    )
    visit = {"act": "visit", "guide": str(guide.pk), "cell": "B", "on": "2024-01-05", "note": "Cách chấm điểm"}
    for wrong in ({"cell": "A"}, {"cell": "C"}, {"on": "2024-01-11"}, {"on": "2023-12-31"}, {"guide": "0"}):
        assert chi.post(url, visit | wrong).status_code == 422
    assert chi.post(url, visit).status_code == 302
    assert chi.post(url, visit).status_code == 422
    assert "Cách chấm điểm" in text(chi.get(url))
    assert "stays a guide" in text(chi.post(url, {"act": "drop", "key": guide.pk}, follow=True))
    made = CrossVisit.objects.get()
    chi.post(url, {"act": "unvisit", "key": made.pk})
    assert not CrossVisit.objects.exists()
    chi.post(url, {"act": "drop", "key": guide.pk})
    assert not GuideCell.objects.exists()


# Members often absent


def test_members_often_absent_are_listed_with_the_way_to_each(world, of):
    url = f"/units/{world.upland.pk}/absent/?year=2023"
    assert "No member was absent that often" in text(of("chi").get(url))
    an = Person.objects.get(code="M1")
    did(lambda: Attendance.objects.filter(person=an, meeting__month__year=2023).update(state="absent"))
    page = text(of("chi").get(url))
    assert f'href="/members/{an.pk}/"' in page
    assert "Nguyễn Thị An" in page
    [found] = queries.often_absent(world.upland, 2023, norms_on(TODAY), whole(world), size=5)
    assert (found.times, found.running, found.months) == (4, 4, 4)
    did(lambda: Attendance.objects.filter(person=an, meeting__code="A-2").update(state="present"))
    [found] = queries.often_absent(world.upland, 2023, norms_on(TODAY), whole(world), size=5)
    assert (found.times, found.running, found.months) == (3, 2, 3)
    did(lambda: Meeting.objects.filter(code="A-4").update(month=date(2023, 3, 1)))
    assert queries.often_absent(world.upland, 2023, norms_on(TODAY), whole(world), size=5) == []
    assert queries.often_absent(world.upland, 2023, norms_on(TODAY), whole(world), after=found.key, size=5) == []


def test_the_worst_of_those_often_absent_stand_first_page_by_page(world, of):
    one, other = (Person.objects.get(code=code) for code in ("M1", "M3"))
    did(lambda: Attendance.objects.filter(person__in=[one, other], meeting__month__year=2023).update(state="absent"))
    did(lambda: Attendance.objects.filter(person=one, meeting__code="A-2").update(state="present"))
    norms = {"running": 1, "months": 1}
    every = queries.often_absent(world.upland, 2023, norms, whole(world), size=9)
    assert [each.running for each in every] == sorted((each.running for each in every), reverse=True)
    assert len({each.running for each in every}) > 1
    paged, after = [], None
    while found := queries.often_absent(world.upland, 2023, norms, whole(world), after=after, size=1):
        paged += found
        after = found[-1].key
    assert paged == every


def test_who_moved_away_stands_by_code_alone_among_those_often_absent(world, of):
    """M5 was absent in a cell of the north, and is in the south since: the north does not learn the name."""
    gone = Person.objects.get(code="M5")
    did(lambda: Attendance.objects.filter(person=gone, meeting__month__year=2023).update(state="absent"))
    url = f"/units/{world.north.pk}/absent/?year=2023"
    page = text(of("chi").get(url))
    assert ">M5<" in page.replace(" ", "").replace("\n", "")
    assert gone.full_name not in page
    assert f"/members/{gone.pk}/" not in page
    page = text(of("flo").get(url))
    assert gone.full_name in page
    assert f'href="/members/{gone.pk}/"' in page


# The numbers, the objectives


def test_an_administrator_changes_what_is_asked_from_a_day_on(world, of):
    eva = of("eva")
    assert "85" in text(eva.get("/norms/cells/"))
    said = {"what": "attendance", "number": "80", "from_on": "2024-02-01", "source": "1-NQ/TU"}
    assert eva.post("/norms/cells/", said).status_code == 302
    assert eva.post("/norms/cells/", said).status_code == 422
    assert norms_on(date(2024, 1, 31))["attendance"] == 85
    assert norms_on(date(2024, 2, 1))["attendance"] == 80
    with pytest.raises(Denied, match="Only an administrator"):
        actions.set_norm(what="months", number=1, from_on=date(2024, 2, 1), source="x", by=world.chi, at=AT)


SHARE: dict[str, Any] = {"indicator": "meetings.regular_held", "period": "2023", "comparator": ">=", "value": 1}
NUMBER: dict[str, Any] = {"indicator": "meetings.absent", "period": "2023", "comparator": ">=", "value": 7}


def test_the_objectives_stand_on_one_page_and_open_to_their_records(world, of):
    month = date(2023, 6, 1)
    did(
        lambda: Meeting.objects.create(
            code="X", unit=world.cell_a, kind="regular", month=month, held_on=month, recorded_at=AT, duration_min=95
        )
    )
    folding.fold_all(by=None, at=AT)
    for name in ("chi", "ana"):
        unit = world.upland if name == "chi" else world.cell_a
        page = text(of(name).get(f"/units/{unit.pk}/objectives/?period=2023"))
        for said in ("Monthly meetings held", "Meetings long enough", "Notice given in time"):
            assert said in page
        way = f"/units/{unit.pk}/figures/meetings.duration/"
        assert way in page
        meeting = Meeting.objects.get(code="X")
        assert f"/meetings/{meeting.pk}/" in text(of(name).get(f"{way}?period=2023"))
    assert "Notice given in time" not in text(of("chi").get(f"/units/{world.upland.pk}/?period=2023"))
    did(lambda: [Target.objects.create(unit=world.north, **each) for each in (SHARE, NUMBER)])
    page = text(of("chi").get(f"/units/{world.upland.pk}/objectives/?period=2023")).replace("\xa0", " ")
    assert f"target ≥ 100 % missed (that of {world.north})" in page
    assert "objectives have no records in this period" in page and "target ≥ 7" not in page
    own = text(of("chi").get(f"/units/{world.north.pk}/objectives/?period=2023")).replace("\xa0", " ")
    assert "that of" not in own and "target ≥ 100 % missed" in own


@pytest.mark.parametrize(
    ("record", "code", "way"),
    [
        (lambda w: plan(w), "cells.supported", "/support/"),
        (lambda w: actions.choose_guides(
            unit=w.north, year=2024, of="regular", cells=[w.cell_a], decision="", by=w.chi, at=AT
        ), "cells.guide_regular", "/units/"),
        (lambda w: None, "committees.visits", "/charges/"),
    ],
)  # fmt: skip
def test_a_figure_opens_to_the_page_of_its_record(world, of, record, code, way):
    record(world)
    folding.fold_all(by=None, at=AT)
    period = "2023" if code == "committees.visits" else "2024"
    page = text(of("flo").get(f"/units/{world.north.pk}/figures/{code}/?period={period}"))
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert f'href="{way}' in table.partition("</tr>")[0]


@pytest.mark.parametrize("name", ["unit_weak", "unit_guides", "unit_absent", "unit_objectives"])
def test_a_page_asks_as_many_questions_of_one_row_as_of_two(world, of, name):
    client, url = of("chi"), reverse(name, args=[world.north.pk])
    asked = []
    for cell in ([world.cell_a], [world.cell_a, world.cell_b]):
        actions.choose_guides(unit=world.north, year=2024, of="regular", cells=cell, decision="", by=world.chi, at=AT)
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1] <= 12
