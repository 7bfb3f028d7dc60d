"""A unit that is not on the tree of a period says so, and where to look instead; it is judged by no target."""

from datetime import date

import pytest
from django.test import Client

from chibo.organizations import acts
from chibo.organizations.models import Unit
from chibo.organizations.planning import Asked
from tests.world import AT


@pytest.fixture
def chi(world):
    new = {"code": "N", "name": "Chi bộ thôn Hợp Nhất", "kind": "cell", "setting": "village", "parent": "T-N-1"}
    asked = Asked("merge", date(2024, 1, 5), "3-QĐ/HU", {"units": ["A", "B"], "new": new})
    acts.do(asked=asked, by=None, at=AT)
    client = Client()
    client.force_login(world.chi)
    return client


def test_a_closed_unit_as_now_leads_to_the_one_its_past_is_counted_in(chi, world):
    new = Unit.objects.get(code="N")
    page = chi.get(f"/units/{world.cell_a.pk}/?period=2023&tree=now").content.decode()
    assert "Its past is counted in" in page
    assert f'href="/units/{new.pk}/?period=2023&amp;tree=now"' in page
    assert f'href="/units/{world.cell_a.pk}/?period=2023"' in page
    assert "missed" not in page
    assert "Month by month" not in page
    as_then = chi.get(f"/units/{world.cell_a.pk}/?period=2023").content.decode()
    assert "Its past is counted in" not in as_then
    assert "Month by month" in as_then


def test_a_unit_founded_later_leads_to_the_tree_it_is_on(chi):
    new = Unit.objects.get(code="N")
    page = chi.get(f"/units/{new.pk}/?period=2023").content.decode()
    assert "Founded on 5 January 2024, after this period." in page
    assert f'href="/units/{new.pk}/?period=2023&amp;tree=now">See it as now' in page
    assert "Month by month" not in page
    assert "Founded on 5 January" not in chi.get(f"/units/{new.pk}/?period=2023&tree=now").content.decode()


@pytest.mark.parametrize(
    "tab", ["", "members/", "committee/", "meetings/", "targets/", "reports/", "history/", "access/"]
)
def test_every_tab_of_a_closed_unit_says_what_became_of_it(chi, world, tab):
    assert "It went into" in chi.get(f"/units/{world.cell_b.pk}/{tab}").content.decode()
