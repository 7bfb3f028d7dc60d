"""What the pages of registers and dues tell before somebody acts: of ticks, of those below, of a quarter that runs."""

from __future__ import annotations

from chibo.registers.actions import confirm
from chibo.registers.models import Payment
from tests.permission_table import signed_in
from tests.registers.test_confirming import LATER, Q4, D
from tests.registers.test_dues import record
from tests.registers.test_pages import key, said


def test_amounts_are_asked_for_without_losing_what_was_ticked(world):
    ana = signed_in(world, "ana")
    url, people = f"/units/{world.cell_a.pk}/dues/", [str(key(code)) for code in ("M1", "M2", "M3")]
    assert f'name="a_{people[0]}"' not in said(ana.get(url, {"month": "2023-12"}))
    given = {"month": "2023-12", "p": people, "seen": "0", f"u_{people[1]}": "1", f"r_{people[1]}": "đi xa"}
    page = said(ana.post(url, given | {"amounts": "1"}))
    assert f'name="a_{people[0]}"' in page
    assert f'name="u_{people[1]}" value="1" checked' in page
    assert f'name="u_{people[0]}" value="1" checked' not in page
    assert 'value="đi xa"' in page
    assert 'data-warns="typed"' in page
    assert not Payment.objects.exists()
    assert signed_in(world, "chi").post(url, given | {"amounts": "1"}).status_code == 403


def test_each_box_of_the_dues_says_what_a_tick_in_it_means(world):
    record(world, D(2023, 11, 1), unpaid=["M2"])
    page = said(signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/dues/", {"month": "2023-12"}))
    assert page.count('<span class="visually-hidden"> has not paid</span>') == 3
    assert page.count("<span>paid</span><b>has not paid</b>") == 3  # the one or the other is seen
    assert "2023: paid now" in page


def test_who_confirms_before_those_below_is_told_how_many_are_missing_and_may(world):
    chi, url = signed_in(world, "chi"), f"/units/{world.north.pk}/register/quarter/"
    told = "1 unit below has not confirmed this quarter yet."
    assert told in said(chi.get(url, {"period": "2023-Q4"}))
    confirm(unit=world.upland, quarter=Q4, seen=0, by=None, at=LATER)
    assert told not in said(chi.get(url, {"period": "2023-Q4"}))


def test_nothing_is_said_of_the_end_of_a_quarter_that_runs(world):
    url = f"/units/{world.cell_a.pk}/register/quarter/"
    running = said(signed_in(world, "ana").get(url, {"period": "2024-Q1"}))
    assert "Members so far" in running
    assert "Members when the quarter ended" not in running
    assert "Members when the quarter ended" in said(signed_in(world, "ana").get(url, {"period": "2023-Q4"}))
