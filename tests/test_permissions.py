"""Every URL there is, asked by everyone there is: one table. A URL that is missing from it fails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from urllib.parse import quote

import openpyxl
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from chibo.core.asking import after_key
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.world import AT, TODAY

PEOPLE = ("nobody", "ana", "ben", "chi", "dan", "eva", "flo", "gus", "hoa")
UNITS = ("province", "north", "south", "upland", "lowland", "cell_a", "cell_b", "cell_c", "cell_d", "none", "huge")
LOGIN = "/accounts/login/?next="

# For each URL: what everyone gets, in the order of PEOPLE. 302 leads to the sign-in page. Gus is blocked: he is nobody.
TABLE: dict[str, tuple[int, ...]] = {
    #                      nobody ana  ben  chi  dan  eva  flo  gus  hoa
    "/":                     (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/units/":               (302, 200, 200, 200, 200, 200, 200, 302, 404),
    "/loads/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/done/":          (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/":       (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/loads/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/loads/done/verdict.xlsx":    (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/verdict.xlsx": (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/verdict.xlsx":    (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/loads/done/undo/":     (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/undo/":  (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/undo/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/new/":           (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/chi/":           (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/styleguide/":          (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/login/":      (200, 302, 302, 302, 302, 302, 302, 200, 302),
    "/accounts/invitation/": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/accounts/logout/":     (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/inactive/":   (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/accounts/reauthenticate/": (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/password/change/": (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/i18n/setlang/":        (302, 302, 302, 302, 302, 302, 302, 302, 302),
}  # fmt: skip

# Where someone sees a unit at all, and where with its records and reports. Everywhere else: 404; seen without: 403.
EVERYWHERE = frozenset(UNITS) - {"none", "huge"}
NORTH = frozenset({"north", "upland", "cell_a", "cell_b"})
SOUTH = frozenset({"south", "lowland", "cell_c", "cell_d"})
SEES = {
    "ana": {"cell_a"},
    "ben": {"cell_a"},
    "chi": NORTH,
    "dan": SOUTH,
    "eva": EVERYWHERE,
    "flo": EVERYWHERE,
    "hoa": frozenset[str](),
}
OPENS = SEES | {"ben": set(), "eva": set()}
OF_A_UNIT = {  # the URL of a unit: who gets in
    "/units/{}/": SEES,
    "/units/{}/figures/members.total/": OPENS,
    "/units/{}/figures/members.total/evidence.xlsx": OPENS,
    "/units/{}/reports/annual/": OPENS,
    "/units/{}/reports/half-year/": OPENS,
}
PATTERNS = {  # every pattern of the program, and the URLs above that stand for it
    "": ["/"],
    "units/": ["/units/"],
    "units/<int:pk>/": ["/units/{}/"],
    "units/<int:pk>/figures/<str:code>/": ["/units/{}/figures/members.total/"],
    "units/<int:pk>/figures/<str:code>/evidence.xlsx": ["/units/{}/figures/members.total/evidence.xlsx"],
    "units/<int:pk>/reports/<str:kind>/": ["/units/{}/reports/annual/", "/units/{}/reports/half-year/"],
    "loads/": ["/loads/"],
    "loads/<int:pk>/": ["/loads/done/", "/loads/refused/", "/loads/none/", "/loads/huge/"],
    "loads/<int:pk>/verdict.xlsx": [
        "/loads/done/verdict.xlsx",
        "/loads/refused/verdict.xlsx",
        "/loads/none/verdict.xlsx",
    ],
    "loads/<int:pk>/undo/": ["/loads/done/undo/", "/loads/refused/undo/", "/loads/none/undo/"],
    "users/": ["/users/"],
    "users/new/": ["/users/new/"],
    "users/<int:pk>/": ["/users/chi/", "/users/none/", "/users/huge/"],
    "styleguide/": ["/styleguide/"],
    "accounts/login/": ["/accounts/login/"],
    "accounts/invitation/": ["/accounts/invitation/"],
    "accounts/logout/": ["/accounts/logout/"],
    "accounts/inactive/": ["/accounts/inactive/"],
    "accounts/reauthenticate/": ["/accounts/reauthenticate/"],
    "accounts/password/change/": ["/accounts/password/change/"],
    "i18n/setlang/": ["/i18n/setlang/"],
}
HUGE = "9" * 30
HOSTILE = [
    "\x00", "%00", "%ff%fe", "%C0%80", "9" * 40, "-1", "1e9", "2023-13", "2023-Q9", "0000", "2023 ", "٢٠٢٣", "null",
    "'", '"', "%25", "_", "\\", "{}", "[]", '["a"]', "../..", "<script>", "%F0%9F%92%A9", "a" * 3000, "--", "$$", "%s",
    "-members.total", "sort", "2199", "1900-01", "\u202e", "%ED%A0%80",
]  # fmt: skip
PARAMETERS = ("period", "after", "q", "which", "sort", "page", "line", "next", "nonsense")


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every URL pattern of the program."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from patterns(each, route)


def signed_in(world, name: str) -> Client:
    """A browser in which someone has signed in, or nobody."""
    client = Client(raise_request_exception=True)
    if name != "nobody":
        client.force_login(getattr(world, name))
    return client


def status(response) -> int:
    """How an answer came out; the file it would stream is closed."""
    for close in response._resource_closers:
        close()
    return response.status_code


def number(world, name: str) -> str:
    """What stands for a unit or load in a URL."""
    if name in ("none", "huge"):
        return {"none": "987654321", "huge": HUGE}[name]
    return str(getattr(world, name).pk)


def test_every_url_is_in_the_table():
    assert set(patterns()) == set(PATTERNS)
    assert {url for urls in PATTERNS.values() for url in urls} == set(TABLE) | set(OF_A_UNIT)


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what(world, person):
    client = signed_in(world, person)
    wrong = {}
    for url, expected in TABLE.items():
        for name in ("done", "refused", "chi", "none", "huge"):
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
    for url, opens in OF_A_UNIT.items():
        for unit in UNITS:
            if person in ("nobody", "gus"):
                expected = 302
            elif unit not in SEES[person]:
                expected = 404
            else:
                expected = 200 if unit in opens[person] else 403
            got = status(client.get(url.format(number(world, unit))))
            if got != expected:
                wrong[url, unit] = (got, expected)
    assert not wrong


def test_someone_of_another_district_gets_404_whatever_is_asked(world):
    dan, chi = signed_in(world, "dan"), signed_in(world, "chi")
    page = chi.get(f"/units/{world.north.pk}/figures/members.total/?period=2023").content.decode()
    assert "Nguyễn Thị An" in page
    queries = ["", "?period=2023", "?period=2023-01", "?q=an", "?after=x", "?q=&which=counted&period=2023-H1"]
    for unit in ("north", "upland", "cell_a", "cell_b", "province"):
        for url in OF_A_UNIT:
            for query in queries:
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


def test_a_key_to_go_on_after_leads_nowhere_else(world):
    """A signed key of one page, taken to another: rows are still only those of the scope."""
    dan = signed_in(world, "dan")
    key = after_key(["", 0, "0001-01-01", ""])
    page = dan.get(f"/units/{world.south.pk}/figures/members.total/", {"after": key, "period": "2023"})
    assert page.status_code == 200
    assert "Nguyễn Thị An" not in page.content.decode()
    page = dan.get("/units/", {"after": after_key(["", 0])}).content.decode()
    assert "Hạ Lâm" in page
    assert "Thượng Lâm" not in page


KEYS = (["Chi bộ", 3], [5], ["Chi bộ", 3, "2023-01-01", "M1"], [], {}, 7)  # of units, of loads, of evidence; of none


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_another_page_is_no_failure(world, key):
    flo, eva = signed_in(world, "flo"), signed_in(world, "eva")
    after = {"after": after_key(key)}
    assert flo.get("/units/", after).status_code == 200
    assert flo.get(f"/units/{world.north.pk}/figures/members.total/", after).status_code == 200
    assert eva.get("/loads/", after).status_code == 200
    assert eva.get("/users/", after).status_code == 200


@pytest.mark.parametrize("page", [*OF_A_UNIT, "/", "/units/", "/loads/", "/users/", "/accounts/login/", "/styleguide/"])
def test_nonsense_in_a_query_is_no_failure(world, page):
    client = signed_in(world, {"/loads/": "eva", "/users/": "eva", "/accounts/login/": "nobody"}.get(page, "flo"))
    for value in HOSTILE:
        query = "&".join(f"{name}={quote(value, safe='%')}" for name in PARAMETERS)
        assert status(client.get(f"{page.format(world.north.pk)}?{query}")) == 200, value
        query = query.replace("period=", "period=2023&was=")
        assert status(client.get(f"{page.format(world.north.pk)}?{query}")) == 200, value


@pytest.mark.parametrize("code", ["none", "members", "%00", "%ff", "a" * 500, "..", "members.total%0a"])
def test_an_unknown_figure_or_report_is_not_found(world, code):
    flo = signed_in(world, "flo")
    for url in ("/units/{}/figures/{}/", "/units/{}/figures/{}/evidence.xlsx", "/units/{}/reports/{}/"):
        assert flo.get(url.format(world.north.pk, code)).status_code == 404


def test_a_figure_that_is_not_said_of_so_short_a_period_is_not_found(world):
    flo = signed_in(world, "flo")
    assert flo.get(f"/units/{world.north.pk}/figures/cells.good/?period=2023-01").status_code == 404
    assert flo.get(f"/units/{world.north.pk}/figures/cells.good/?period=2023").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read_but_those_with_forms(world, method):
    flo, eva = signed_in(world, "flo"), signed_in(world, "eva")
    pages = [url.format(world.north.pk) for url in OF_A_UNIT] + ["/", "/units/", "/styleguide/"]
    for page in pages:
        assert getattr(flo, method)(page).status_code == 405, page
    for page in ("/users/", f"/loads/{world.done.pk}/", f"/loads/{world.done.pk}/verdict.xlsx"):
        assert getattr(eva, method)(page).status_code == 405, page
    for page in ("/loads/", f"/loads/{world.done.pk}/undo/", "/users/new/", f"/users/{world.chi.pk}/"):
        assert getattr(eva, method)(page).status_code == (200 if method == "post" else 405), page


def test_a_head_is_answered_as_a_get_is(world):
    flo = signed_in(world, "flo")
    for url in [*OF_A_UNIT, "/", "/units/"]:
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
