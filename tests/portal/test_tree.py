"""The tree level by level, and units found: without accents, the nearest first, each once."""

import html
import re
from datetime import date

import pytest
from django.test import Client

from chibo.core.actions import action
from chibo.organizations import actions as organizations
from chibo.organizations.actions import relineage
from chibo.organizations.models import ParentLink, Unit
from tests.world import AT, FOUNDED

LINE = re.compile(r'class="branch-name" href="/units/(\d+)/" lang="vi">([^<]*)<')


@pytest.fixture
def ask(world):
    def get(person: str, url: str, **headers: str) -> str:
        client = Client()
        client.force_login(getattr(world, person))
        answer = client.get(url.format(**{name: one.pk for name, one in vars(world).items()}), headers=headers)
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return get


def names(page: str) -> list[str]:
    return [name for _pk, name in LINE.findall(page)]


def every(ask, person: str, url: str) -> list[str]:
    """The keys of units on a page and on all that follow."""
    seen = []
    while url:
        page = ask(person, url)
        seen += [pk for pk, _name in LINE.findall(page)]
        following = re.search(r'href="([^"]*[?&]after=[^"]*)"', page)
        url = following[1] if following else ""
    return seen


@action("tests.grown")
def grow(*, under, many, by, at):
    """More cells under a commune, seven names among them."""
    cells = [Unit(code=f"X{n:03}", name=f"Chi bộ {n % 7}", kind="cell", founded_on=FOUNDED) for n in range(many)]
    for n, cell in enumerate(cells):
        cell.sort_key, cell.search_key = f"{n % 7}", f"chi bo {n % 7}"
    Unit.objects.bulk_create(cells)
    ParentLink.objects.bulk_create(ParentLink(unit=cell, parent=under, from_on=date(1, 1, 1)) for cell in cells)
    relineage([cell.pk for cell in cells])


@action("tests.closed")
def close(*, unit, by, at):
    unit.closed_on = date(2023, 12, 1)
    unit.save()


def test_the_tree_begins_with_my_own_units_and_the_first_level_below(ask):
    assert names(ask("chi", "/units/")) == ["Huyện ủy Đông Hà", "Đảng ủy xã Thượng Lâm"]
    assert names(ask("ana", "/units/")) == ["Chi bộ thôn 1 Thượng Lâm"]


def test_several_units_of_mine_stand_side_by_side_none_of_them_twice(ask, world):
    for name in ("lowland", "upland"):
        organizations.grant(user=world.chi, role="officer", unit=getattr(world, name), from_on=FOUNDED, by=None, at=AT)
    assert names(ask("chi", "/units/")) == ["Đảng ủy xã Hạ Lâm", "Huyện ủy Đông Hà"]


def test_a_level_is_a_piece_for_the_tree_and_a_page_without_javascript(ask):
    page, piece = ask("chi", "/units/{upland}/below/"), ask("chi", "/units/{upland}/below/", **{"HX-Request": "true"})
    assert names(page) == names(piece) == ["Chi bộ thôn 1 Thượng Lâm", "Chi bộ thôn 10 Thượng Lâm"]
    assert "<html" in page
    assert "<html" not in piece


def test_who_sees_a_unit_alone_sees_nothing_below_it(ask, world):
    organizations.grant(user=world.hoa, role="member", unit=world.upland, from_on=FOUNDED, by=None, at=AT)
    assert names(ask("hoa", "/units/")) == ["Đảng ủy xã Thượng Lâm"]
    assert names(ask("hoa", "/units/{upland}/below/")) == []


def test_a_closed_unit_shows_on_demand_after_the_open_ones_and_says_so(ask, world):
    close(unit=world.cell_a, by=None, at=AT)
    page = ask("chi", "/units/{upland}/below/")
    assert names(page) == ["Chi bộ thôn 10 Thượng Lâm"]
    assert "· closed" not in page
    more = re.search(r'<li class="branch-more"><a class="button" href="([^"]+)"', page)[1].replace("&amp;", "&")
    page = ask("chi", more)
    assert names(page) == ["Chi bộ thôn 1 Thượng Lâm"]
    assert page.count("· closed") == 1


def test_a_level_comes_page_by_page_each_unit_once(ask, world):
    grow(under=world.upland, many=230, by=None, at=AT)
    seen = every(ask, "chi", "/units/{upland}/below/")
    assert len(seen) == len(set(seen)) == 232


def test_units_found_come_page_by_page_each_once(ask, world):
    grow(under=world.upland, many=120, by=None, at=AT)
    seen = every(ask, "flo", "/units/?q=chi+bo")
    assert len(seen) == len(set(seen)) == 124


def test_units_are_found_without_accents_and_sorted_by_number(ask):
    assert names(ask("flo", "/units/?q=thuong+lam")) == [
        "Đảng ủy xã Thượng Lâm",  # committees before cells
        "Chi bộ thôn 1 Thượng Lâm",
        "Chi bộ thôn 10 Thượng Lâm",
    ]
    assert "No unit has these words" in ask("flo", "/units/?q=khong+co")
    assert names(ask("dan", "/units/?q=thuong")) == []


def test_a_code_comes_first_then_names_that_begin_so_then_whole_words(ask):
    assert names(ask("flo", "/units/?q=t-n"))[0] == "Huyện ủy Đông Hà"
    assert names(ask("flo", "/units/?q=D"))[0] == "Chi bộ cơ sở Hợp tác xã Ánh Dương"
    assert names(ask("flo", "/units/?q=thon+1"))[:2] == ["Chi bộ thôn 1 Thượng Lâm", "Chi bộ thôn 10 Thượng Lâm"]


def test_units_found_show_the_path_above_as_far_as_it_is_mine(ask):
    assert "Tỉnh ủy Vĩnh Sơn / Huyện ủy Đông Hà / Đảng ủy xã Thượng Lâm" in ask("flo", "/units/?q=thon+10")
    page = ask("chi", "/units/?q=thon+10")
    assert "Huyện ủy Đông Hà / Đảng ủy xã Thượng Lâm" in page
    assert "Vĩnh Sơn" not in page


def test_units_are_listed_by_kind(ask):
    assert names(ask("flo", "/units/?kind=district")) == ["Huyện ủy Đông Hà", "Huyện ủy Tây Ninh Hạ"]
    assert names(ask("flo", "/units/?kind=district&q=dong")) == ["Huyện ủy Đông Hà"]
    assert names(ask("chi", "/units/?kind=nonsense")) == names(ask("chi", "/units/"))
