"""Cases at steps without a last day: how long they wait is said, and the oldest stand on their own."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.procedures.conftest import changed, lay_down, on
from tests.procedures.test_case_pages import browser, text
from tests.world import TODAY


def test_cases_without_a_last_day_say_how_long_they_wait_and_the_oldest_five_stand_on_their_own(
    world, people, a_case, django_assert_max_num_queries
):
    told = changed()
    for step in told["steps"]:
        step.pop("limit", None)
    version = lay_down(told, code="endless")
    for n in range(7):
        a_case(world.cell_a, version=version, about=f"Slow {n}", at=on(TODAY - timedelta(43 + n)))
    chi, url = browser(world.chi), f"/units/{world.north.pk}/cases/"
    chi.get(url)
    with django_assert_max_num_queries(12):
        page = text(chi.get(url))
    oldest = page.partition("Waiting longest")[2].split("Ended in 20")[0]
    assert re.findall(r"Slow \d", oldest) == ["Slow 6", "Slow 5", "Slow 4", "Slow 3", "Slow 2"]
    assert "waits 49 days" in oldest
    assert "waits 43 days" in page.split("All cases")[1]
    assert "waits 43 days" in text(browser(world.ana).get("/cases/")).split("In all your units")[0]
