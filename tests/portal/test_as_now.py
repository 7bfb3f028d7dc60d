"""A past period on the tree of then or on today's: chosen on the page, kept in its ways, said on paper and in files."""

from __future__ import annotations

import html
import io
import re
from datetime import date

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.core.periods import Period
from chibo.indicators import folding, queries
from chibo.organizations.trees import Tree
from tests.organizations.acting import do
from tests.world import AT

HALF = "2023-H1"  # cell D stood in the north until it ended, and stands in the south since
RENAMED = "Huyện ủy Đông Hà Mới"


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def page(client, url, **query):
    answer = client.get(url, query)
    assert answer.status_code == 200, (url, answer.status_code)
    return html.unescape(answer.content.decode())


def inside_of(shown):
    return shown[shown.index("<main") : shown.index("</main>")]


def sheets(response):
    body = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    book = openpyxl.load_workbook(io.BytesIO(body))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.mark.parametrize("url", ["/units/{}/", "/units/{}/meetings/"])
def test_as_then_are_listed_those_who_stood_there_as_now_those_who_stand_there(world, url):
    flo = client_of(world.flo)
    d = world.cell_d.name
    for unit, tree, is_there in (
        ("north", "", True),
        ("north", "now", False),
        ("south", "", False),
        ("south", "now", True),
    ):
        shown = page(flo, url.format(getattr(world, unit).pk), period=HALF, tree=tree)
        assert (d in shown) is is_there, (unit, tree)


def test_the_figures_of_a_page_are_those_of_its_tree(world):
    flo = client_of(world.flo)
    then, now = (
        queries.figures([world.south.pk], Period.parse(HALF), ["meetings.attendance"], tree)[world.south.pk][
            "meetings.attendance"
        ]
        for tree in Tree
    )
    assert then.denominator != now.denominator
    for tree, figure in (("", then), ("now", now)):
        said = f"{figure.numerator} of {figure.denominator}"
        assert said in page(flo, f"/units/{world.south.pk}/", period=HALF, tree=tree)
        assert said in page(flo, f"/units/{world.south.pk}/figures/meetings.attendance/", period=HALF, tree=tree)


PAGES = [
    "/units/{south}/",
    "/units/{south}/meetings/",
    "/units/{south}/late/",
    "/units/{south}/targets/",
    "/?unit={south}",
]
PAGES += ["/units/{south}/figures/meetings.attendance/", "/units/{south}/reports/half-year/"]


@pytest.mark.parametrize("url", PAGES)
def test_every_page_of_a_past_period_offers_both_trees_says_its_own_and_keeps_it(world, url):
    dan = client_of(world.dan)
    path = url.format(south=world.south.pk).split("?")[0]
    shown = page(dan, path, period=HALF, tree="now")
    chosen = re.search(r'<a href="([^"]*)" title="[^"]*">As then</a>', shown)
    assert chosen and "tree=now" not in chosen[1]
    assert re.search(r'aria-current="true">As now</a>', shown)
    assert "tree of units as of today (10 January 2024)" in shown
    ways = [way for way in re.findall(r'href="([^"]*)"', inside_of(shown)) if "period=2023" in way and way != chosen[1]]
    assert ways
    assert [way for way in ways if "tree=now" not in way] == []
    then = page(dan, path, period=HALF)
    assert "tree of units as it stood then" in then
    assert "tree=now" in re.search(r'<a href="([^"]*)" title="[^"]*">As now</a>', then)[1]
    assert then.count("tree=now") == 1


@pytest.mark.parametrize("url", PAGES[:6])
def test_a_period_without_a_past_has_but_one_tree(world, url):
    path = url.format(south=world.south.pk).split("?")[0]
    shown = page(client_of(world.dan), path, period="2024-01", tree="now")
    assert "As now" not in shown
    assert "tree=now" not in inside_of(shown)


@pytest.mark.parametrize("tree", ["", "then", "never", "NOW", "\x00", "now" * 500])
def test_whatever_else_is_asked_for_is_the_tree_of_then(world, tree):
    assert world.cell_d.name in page(client_of(world.flo), f"/units/{world.north.pk}/", period=HALF, tree=tree)


def test_as_then_a_unit_has_the_name_it_had_and_says_that_of_today(world):
    do("rename", date(2024, 1, 8), unit="T-N", name=RENAMED)
    folding.fold_all(by=None, at=AT)
    flo, pk = client_of(world.flo), world.north.pk
    for url in (f"/units/{pk}/", f"/units/{pk}/meetings/", f"/units/{pk}/targets/"):
        then, now = page(flo, url, period="2023"), page(flo, url, period="2023", tree="now")
        assert f'<h1 lang="vi">{world.north.name}</h1>' in then
        assert f'called today <span lang="vi">{RENAMED}</span>' in then
        assert f'<h1 lang="vi">{RENAMED}</h1>' in now
        assert "called today" not in now
    above = f"/units/{world.province.pk}/"
    assert f">{world.north.name}</a>" in page(flo, above, period="2023")
    assert f">{RENAMED}</a>" in page(flo, above, period="2023", tree="now")
    assert f">{RENAMED}</a>" in page(flo, above, period="2024-01")
    evidence = f"/units/{world.province.pk}/figures/members.total/"
    do("rename", date(2024, 1, 9), unit="A", name="Chi bộ thôn Một")
    assert f">{world.cell_a.name}</a>" in page(flo, evidence, period="2023")
    assert ">Chi bộ thôn Một</a>" in page(flo, evidence, period="2023", tree="now")
    cells = f"/units/{world.upland.pk}/meetings/"
    assert f">{world.cell_a.name}</a>" in page(flo, cells, period="2023")
    assert ">Chi bộ thôn Một</a>" in page(flo, cells, period="2023", tree="now")


def test_the_way_to_a_unit_has_the_names_of_the_day_that_is_shown(world):
    do("rename", date(2024, 1, 8), unit="T-N", name=RENAMED)
    folding.fold_all(by=None, at=AT)
    flo, pk, was = client_of(world.flo), world.upland.pk, world.north.name

    def way(url, **query):
        shown = page(flo, url, **query)
        return shown[shown.index('<ol class="crumbs"') :].split("</ol>")[0]

    for url in ("", "meetings/", "targets/", "late/", "figures/members.total/"):
        for asked, name in (({"period": "2023"}, was), ({"period": "2023", "tree": "now"}, RENAMED)):
            assert f">{name}</a>" in way(f"/units/{pk}/{url}", **asked), (url, asked)
        assert f">{RENAMED}</a>" in way(f"/units/{pk}/{url}", period="2024-01"), url
    for url in ("members/", "committee/"):
        assert f">{was}</a>" in way(f"/units/{pk}/{url}", on="2024-01-07"), url
        assert f">{RENAMED}</a>" in way(f"/units/{pk}/{url}", on="2024-01-08"), url
    assert f">{RENAMED}</a>" in way(f"/units/{pk}/members/", on="2024-01-07", tree="now")


def test_what_became_of_a_closed_unit_is_told_by_todays_names(world):
    do("merge", date(2024, 1, 4), units=["A"], into="B")
    do("rename", date(2024, 1, 8), unit="B", name="Chi bộ thôn Mười")
    folding.fold_all(by=None, at=AT)
    shown = page(client_of(world.flo), f"/units/{world.cell_a.pk}/", period="2023")
    assert 'It went into <a href="' in shown
    assert "Chi bộ thôn Mười</a>" in inside_of(shown)


def test_exports_say_their_tree(world):
    flo, pk = client_of(world.flo), world.north.pk
    for tree, said, units in (("", "as it stood then", 3), ("now", "as of today (10 January 2024)", 2)):
        asked = {"period": HALF, "tree": tree}
        matrix = sheets(flo.get(f"/units/{pk}/meetings/matrix.xlsx", asked))
        assert ("Tree of units", said) in matrix["about"]
        assert len(matrix["meetings"]) == 1 + units
        records = sheets(flo.get(f"/units/{pk}/figures/members.total/evidence.xlsx", asked))
        assert ("Tree of units", said) in records["about"]
        assert len({row[2] for row in records["evidence"][1:]}) == units
        people = sheets(flo.get(f"/units/{pk}/members/members.xlsx", {"on": "2023-06-30", "tree": tree}))
        assert ("Tree of units", said) in people["About"]
        assert len({row[10] for row in people["Members"][1:]}) == units
    (today,) = sheets(flo.get(f"/units/{pk}/members/members.xlsx"))
    assert today == "Members"


def test_a_list_of_a_past_day_is_of_the_units_of_then_and_hides_who_is_elsewhere_now(world):
    flo, chi = client_of(world.flo), client_of(world.chi)
    url, asked = f"/units/{world.north.pk}/members/", {"on": "2023-06-30"}
    assert "Đinh Văn Quý" in page(flo, url, **asked)
    assert "tree of units as it stood then" in page(flo, url, **asked)
    assert "Đinh Văn Quý" not in page(flo, url, **asked, tree="now")
    assert "tree of units as of today (10 January 2024)" in page(flo, url, **asked, tree="now")
    hers = page(chi, url, **asked)  # cell D has left her units
    assert ">M8<" in hers
    assert "Đinh Văn Quý" not in hers
    assert world.cell_d.name not in hers
    assert ">M8<" not in page(chi, url, **asked, tree="now")
    assert "tree of units" not in page(flo, url)


def test_reminding_from_a_list_as_now_leads_back_to_it(world):
    answer = client_of(world.dan).post(
        f"/units/{world.south.pk}/remind/", {"period": HALF, "tree": "now", "one": world.cell_d.pk}
    )
    assert answer.url == f"/units/{world.south.pk}/late/?period={HALF}&tree=now"


def test_the_commands_count_on_the_tree_asked_for(world, capsys):
    def told(*arguments):
        call_command(*arguments)
        return capsys.readouterr().out

    asked = (
        "figures",
        "--below",
        "T-S",
        "--period",
        HALF,
        "--indicator",
        "members.admitted",
        "meetings.regular_held",
        "--json",
    )
    assert told(*asked) == told(*asked, "--tree", "then")
    assert told(*asked) != told(*asked, "--tree", "now")
    asked = ("evidence", "--unit", "T-S", "--period", HALF, "--indicator", "members.total", "--json")
    assert told(*asked) == told(*asked, "--tree", "then")
    assert '"unit": "D"' not in told(*asked)
    assert '"unit": "D"' in told(*asked, "--tree", "now")


@pytest.mark.parametrize("url", [*PAGES, "/units/{south}/meetings/?which=weak&sort=-missed"])
def test_as_now_costs_no_question_more_than_as_then(world, url):
    dan = client_of(world.dan)
    path = url.format(south=world.south.pk)

    def asked(tree):
        with CaptureQueriesContext(connection) as captured:
            page(dan, path + ("&" if "?" in path else "?") + f"period={HALF}&tree={tree}")
        return len(captured)

    assert asked("now") <= asked("") <= 12
