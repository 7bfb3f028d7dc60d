"""With which year pages about meetings begin where nobody chose one."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.indicators import folding
from chibo.meetings.models import Meeting
from tests.permission_table import signed_in
from tests.portal.test_meetings_below import did
from tests.world import AT


@pytest.mark.parametrize("page", ["meetings/", "scores/", "objectives/"])
def test_a_page_begins_with_the_running_year_or_the_last_of_which_something_is_recorded(world, page):
    url, chi = f"/units/{world.north.pk}/{page}", signed_in(world, "chi")

    def begins() -> str:
        folding.fold_all(by=None, at=AT)
        return str(chi.get(url).context["period"])

    did(lambda: Meeting.objects.filter(month__gte=date(2024, 1, 1)).update(month=date(2023, 12, 1), kind="thematic"))
    assert begins() == "2023"
    cells = Meeting.objects.filter(unit__path__startswith=world.north.path)
    later = Meeting.objects.filter(month__gte=date(2023, 1, 1))  # also of cells that stood below it then
    did(lambda: later.update(month=date(2022, 12, 1), kind="thematic"))
    assert begins() == "2022"
    did(lambda: Meeting.objects.filter(pk=cells.latest("pk").pk).update(month=date(2024, 1, 1)))
    assert begins() == "2024"
    assert str(chi.get(f"{url}?period=2021").context["period"]) == "2021"
