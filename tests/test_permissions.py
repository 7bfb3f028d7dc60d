"""Every URL there is, asked by everyone there is. A URL that is missing from the table fails."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence, Set
from itertools import cycle, islice

import openpyxl
import pytest

from chibo.committees.models import Charge, Norm, Term, Visit
from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.meetings.models import Confirmation, Draft, Meeting, NoMeeting
from chibo.members.models import Post
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from chibo.procedures.actions import begin
from chibo.reports.actions import make_snapshot
from tests.permission_api import PATTERNS as API_PATTERNS
from tests.permission_api import TABLE as API_TABLE
from tests.permission_patterns import PATTERNS
from tests.permission_table import (
    HUGE,
    LOGIN,
    MINE,
    OF_A_CASE,
    OF_A_CELL,
    OF_A_CHANGE,
    OF_A_COMMITTEE,
    OF_A_HEAD,
    OF_A_LIST,
    OF_A_MEETING,
    OF_A_POST,
    OF_A_REPORT,
    OF_A_RESTRUCTURING,
    OF_A_UNIT,
    PEOPLE,
    POSTED,
    RECORDS,
    SEES,
    TABLE,
    UNITS,
    number,
    patterns,
    signed_in,
    status,
)
from tests.procedures.conftest import SMALL, lay_down, nothing  # noqa: F401 - a fixture
from tests.world import AT, TODAY
from tests.world import PEOPLE as WORLD_PEOPLE
from tests.world import UNITS as WORLD_UNITS


def test_every_url_is_in_the_table():
    assert set(patterns()) == set(PATTERNS) | set(API_PATTERNS)
    tables = (
        TABLE,
        API_TABLE,
        OF_A_UNIT,
        OF_A_CASE,
        OF_A_CELL,
        OF_A_CHANGE,
        OF_A_COMMITTEE,
        OF_A_HEAD,
        OF_A_LIST,
        OF_A_POST,
        OF_A_MEETING,
        OF_A_REPORT,
        OF_A_RESTRUCTURING,
        POSTED,
    )
    assert {url for urls in (PATTERNS | API_PATTERNS).values() for url in urls} == {
        url for table in tables for url in table
    }


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what(world, person):
    client = signed_in(world, person)
    wrong = {}
    for url, expected in (TABLE | API_TABLE).items():
        for name in ("done", "refused", "moved", "chi", "charge", "none", "huge", "region", *WORLD_PEOPLE):
            asked = url.replace(f"/{name}/", f"/{number(world, name)}/")
            if asked != url:
                break
        response = client.get(asked)
        if status(response) != expected[PEOPLE.index(person)]:
            wrong[url] = response.status_code
        if response.status_code == 302 and not asked.startswith(("/accounts/", "/i18n/")):
            assert response.url.startswith(LOGIN)
    assert not wrong


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what_of_which_unit(world, person):
    client = signed_in(world, person)
    wrong = {}
    unseen = cycle(unit for unit in UNITS if person in ("nobody", "gus") or unit not in SEES[person])
    numbers = {unit: number(world, unit) for unit in UNITS}
    seen = [] if person in ("nobody", "gus") else [unit for unit in UNITS if unit in SEES[person]]
    for turn, (url, opens) in enumerate((OF_A_UNIT | OF_A_CELL | OF_A_COMMITTEE | OF_A_CHANGE).items()):
        hidden = islice(unseen, 2)  # what one does not see is one to the program: two a page, in turn
        for unit in [*one_of_each(seen, person, opens, turn), *hidden]:
            expected = expected_of(person, unit, opens)
            got = status(client.get(url.format(numbers[unit])))
            if got != expected:
                wrong[url, unit] = (got, expected)
    assert not wrong


def one_of_each(units: Sequence[str], person: str, opens: Mapping[str, Set[str]], turn: int) -> list[str]:
    """Of the units that are of one kind, and of which someone gets the same, one: another a page, in turn."""
    alike: dict[tuple[str, int], list[str]] = {}
    for unit in units:
        alike.setdefault((WORLD_UNITS[unit][2], expected_of(person, unit, opens)), []).append(unit)
    return [each[turn % len(each)] for each in alike.values()]


def expected_of(person: str, unit: str, opens: Mapping[str, Set[str]]) -> int:
    """What someone gets of a unit: signed out, not found, refused or let in."""
    if person in ("nobody", "gus"):
        return 302
    if unit not in SEES[person]:
        return 404
    return 200 if unit in opens.get(person, ()) else 403


def test_who_gets_what_of_which_report(world):
    made = {}
    for unit in ("north", "upland", "cell_a", "cell_c"):
        made[unit] = make_snapshot(
            kind="annual", unit=getattr(world, unit), period=Period.parse("2023"), by=world.flo, at=AT
        ).code
    wrong = {}
    for person in PEOPLE:
        client = signed_in(world, person)
        for url, opens in OF_A_REPORT.items():
            for unit, code in made.items():
                got = status(client.get(url.format(code)))
                if got != (expected := expected_of(person, unit, opens)):
                    wrong[person, url, unit] = (got, expected)
                assert client.post(url.format(code)).status_code in (405, 302)
    assert not wrong


@pytest.mark.usefixtures("nothing")
def test_who_gets_what_of_which_case(world):
    version, cases = lay_down(SMALL), {}
    for unit in ("cell_a", "cell_b", "cell_c", "cell_d"):
        cases[unit] = begin(version=version, unit=getattr(world, unit), about="X", by=None, at=AT)
    wrong = {}
    for person in PEOPLE:
        client = signed_in(world, person)
        for url, opens in OF_A_CASE.items():
            for unit, case in cases.items():
                expected = expected_of(person, unit, opens)
                expected = 404 if expected == 403 else expected  # who sees the unit alone does not learn of its cases
                got = (status(client.get(url.format(case.pk))), client.post(url.format(case.pk), {}).status_code)
                if got != (expected, 422 if expected == 200 else expected):  # nothing was chosen
                    wrong[person, unit] = (got, expected)
            for none in ("987654321", HUGE):
                assert client.get(url.format(none)).status_code in (302, 404)
    assert not wrong


def test_who_may_do_what_to_which_unit(world):
    wrong = {}
    for person in PEOPLE:
        client = signed_in(world, person)
        for url, opens in POSTED.items():
            for unit in UNITS:
                asked = url.format(number(world, unit))
                answer = client.post(asked, {"period": "2023"})
                said = answer.status_code
                if said == 302 and not answer.url.startswith(LOGIN):
                    said = 200
                if said != (expected := expected_of(person, unit, opens)):
                    wrong[person, url, unit] = (said, expected)
                assert client.get(asked).status_code in (405, 302)
    assert not wrong


@action("tests.judged")
def judged(*, meeting, state, by, at):
    Confirmation.objects.create(meeting_id=meeting, state=state, since=TODAY, claimed=0, proposed=0, most=0)


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what_of_a_meeting(world, person):
    client, of_a = signed_in(world, person), Meeting.objects.get(code="A-1").pk
    judged(meeting=of_a, state="returned", by=None, at=AT)
    wrong = {}
    for url, opens in OF_A_MEETING.items():
        for unit in UNITS:
            if person in ("nobody", "gus"):
                expected = 302
            elif unit not in SEES[person]:
                expected = 404
            elif unit not in opens[person]:
                expected = 403
            else:
                expected = 200 if unit == "cell_a" else 404
            got = status(client.get(url.format(number(world, unit), of_a)))
            if got != expected:
                wrong[url, unit] = (got, expected)
    assert not wrong


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what_of_a_post(world, person):
    client, wrong = signed_in(world, person), {}
    for url, opens in OF_A_POST.items():
        for unit in UNITS:
            expected = expected_of(person, unit, opens)
            if expected == 200 and unit != "north":
                expected = 404
            got = status(client.get(url.format(number(world, unit), (world.term if "terms" in url else world.post).pk)))
            if got != expected:
                wrong[url, unit] = (got, expected)
    assert not wrong


CELLS = {"cell_a", "cell_b", "cell_c", "cell_d"}


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what_of_a_list_of_sources_and_of_a_head(world, person):
    client, wrong = signed_in(world, person), {}
    head = Post.objects.get(place="Thôn 10").pk
    for url, opens in (OF_A_LIST | OF_A_HEAD).items():
        found = CELLS if url in OF_A_LIST else {"cell_b"}
        for unit in UNITS:
            expected = expected_of(person, unit, opens)
            if expected == 200 and unit not in found:
                expected = 404
            got = status(client.get(url.format(number(world, unit), head)))
            if got != expected:
                wrong[url, unit] = (got, expected)
    assert not wrong


@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_not_appoint_may_not_send_either(world, person):
    if person in ("chi", "dan"):
        return
    client = signed_in(world, person)
    given = {"act": "do", "who": "M3", "post": "secretary", "from_on": "2024-01-09", "on": "2024-01-09", "over": "B"}

    def count():
        return [list(m.objects.order_by("pk").values()) for m in (Post, Term, Charge, Visit, Norm)]

    before = count()
    for url in [*OF_A_COMMITTEE, *OF_A_POST]:
        for unit in ("north", "cell_a"):
            asked = url.format(number(world, unit), (world.term if "terms" in url else world.post).pk)
            answer = client.post(asked, given)
            assert answer.status_code in (302, 403, 404)
            assert answer.status_code != 302 or answer.url.startswith(LOGIN)
    for act in ("visit", "end", "back"):
        answer = client.post(f"/charges/{world.charge.pk}/", {"act": act, "day": "2024-01-09", "on": "2024-01-09"})
        assert answer.status_code in (302, 403, 404)
    if person != "eva":
        assert client.post("/norms/", {"kind": "cell"}).status_code in (302, 404)
    assert count() == before


@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_not_record_may_not_send_either(world, person):
    if person == "ana":
        return
    client, of_a = signed_in(world, person), Meeting.objects.get(code="A-1")
    before = (of_a.version, Meeting.objects.count(), NoMeeting.objects.count(), Draft.objects.count())
    urls = [*OF_A_CELL, *(url for url, opens in OF_A_MEETING.items() if opens is RECORDS)]
    for url in urls:
        for unit in ("cell_a", "cell_c"):
            answer = client.post(url.format(number(world, unit), of_a.pk), {"reason": "x", "month": "2023-12"})
            assert answer.status_code in (302, 403, 404)
            assert answer.status_code != 302 or answer.url.startswith(LOGIN)
    of_a.refresh_from_db()
    assert before == (of_a.version, Meeting.objects.count(), NoMeeting.objects.count(), Draft.objects.count())


def test_someone_of_another_district_gets_404_whatever_is_asked(world):
    dan, chi = signed_in(world, "dan"), signed_in(world, "chi")
    page = chi.get(f"/units/{world.north.pk}/figures/members.total/?period=2023").content.decode()
    assert "Nguyễn Thị An" in page
    queries = ["", "?period=2023", "?period=2023-01", "?q=an", "?after=x", "?q=&which=counted&period=2023-H1"]
    turns = cycle(queries)
    for unit in ("north", "upland", "cell_a", "cell_b", "province"):
        for url in [*OF_A_UNIT, *OF_A_CELL, *OF_A_CHANGE]:
            for query in queries if unit == "north" else islice(turns, 1):
                assert dan.get(url.format(number(world, unit)) + query).status_code == 404


def test_names_outside_my_scope_show_neither_in_the_page_nor_the_workbook_nor_by_searching(world):
    """Cell D stood under the north until July: its facts add up there, but it is no longer Chi's to see."""
    chi = signed_in(world, "chi")
    base = f"/units/{world.north.pk}/figures/members.total/"
    page = chi.get(base + "?period=2023-03").content.decode()
    assert "outside your units" in page
    assert "Đinh Văn Quý" not in page
    assert "Ánh Dương" not in page
    assert ">M8<" in page  # its code, so that it still adds up
    for words in ("quy", "dinh van", "anh duong", "hop tac"):
        found = chi.get(base, {"period": "2023-03", "q": words}).content.decode()
        assert ">M8<" not in found
    workbook = chi.get(base + "evidence.xlsx?period=2023-03")
    texts = _texts(b"".join(workbook.streaming_content))
    assert "Quý" not in texts
    assert "M8" in texts


def _texts(workbook: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return "\n".join(str(cell.value) for sheet in book for row in sheet for cell in row)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read_but_those_with_forms(world, method):
    flo, eva = signed_in(world, "flo"), signed_in(world, "eva")
    with_forms = [f"/units/{{}}/{name}/" for name in ("classifications", "register/quarter", "register/differences")]
    with_forms.append("/units/{}/dues/")
    hers = ("/units/{}/year/", "/units/{}/guides/")  # Flo may hand topics down and choose guide cells
    read = [url for url in OF_A_UNIT if url not in (*with_forms, *hers)]
    pages = [url.format(world.north.pk) for url in read] + [*MINE, "/members/members.xlsx"]
    pages.remove("/acting/")
    for page in pages:
        assert getattr(flo, method)(page).status_code == 405, page
    for page in with_forms:
        assert getattr(flo, method)(page.format(world.north.pk)).status_code == (403 if method == "post" else 405)
    for page in ("/users/", f"/loads/{world.done.pk}/", f"/loads/{world.done.pk}/verdict.xlsx"):
        assert getattr(eva, method)(page).status_code == 405, page
    for page in ("/loads/", f"/loads/{world.done.pk}/undo/", "/users/new/", f"/users/{world.chi.pk}/"):
        assert getattr(eva, method)(page).status_code == (200 if method == "post" else 405), page


def test_a_head_is_answered_as_a_get_is(world):
    flo = signed_in(world, "flo")
    for url in [*OF_A_UNIT, *MINE, "/members/members.xlsx"]:
        assert status(flo.head(url.format(world.north.pk))) == 200


def test_who_is_blocked_is_signed_out_at_once(world):
    chi = signed_in(world, "chi")
    assert chi.get("/").status_code == 200
    world.chi.is_active = False
    world.chi.save()
    assert chi.get("/").status_code == 302


def test_an_administrator_of_a_district_does_not_see_the_loads_of_the_whole_tree(world):
    grant(user=world.hoa, role=RoleCode.ADMINISTRATOR, unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    hoa = signed_in(world, "hoa")
    assert hoa.get(f"/units/{world.north.pk}/").status_code == 200
    assert "/loads/" not in hoa.get("/").content.decode()
    for url in ("/loads/", *(f"/loads/{world.done.pk}/{page}" for page in ("", "undo/", "verdict.xlsx"))):
        assert hoa.get(url).status_code == 404
        assert hoa.post(url).status_code in (404, 405)
