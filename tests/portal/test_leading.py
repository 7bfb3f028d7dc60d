"""What stands out on the desk: off target, changed most, best and worst, each with the way to its records."""

from __future__ import annotations

import html
import re
from datetime import date
from fractions import Fraction

import pytest
from django.test import Client

from chibo.core.periods import Period
from chibo.indicators import queries
from chibo.meetings.models import Attendance, Meeting
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.portal import leading, waits
from chibo.targets.queries import targets_of
from tests.world import TODAY

YEAR = Period.parse("2023")


@pytest.fixture
def below(world):
    def of(unit, period=YEAR):
        children = list(Unit.objects.under(unit, period.last_day).order_by("sort_key"))
        ids = [unit.pk, *(child.pk for child in children)]
        found = queries.figures_in(ids, [period, period.before])
        return leading.Below(
            unit, children, period, found[period], found[period.before], targets_of(ids, period), TODAY
        )

    return of


def texts(table):
    return [[str(cell.text) for cell in row] for row in table.rows]


def test_what_misses_its_target_is_listed_ones_own_first(world, below):
    table, how_many = leading.off_target(below(world.north), rights_of(world.chi, TODAY))
    assert how_many == len(table.rows) == 2
    assert {row[0].text for row in table.rows} == {"Huyện ủy Đông Hà"}
    assert {str(row[0].note) for row in table.rows} == {"Attendance at cell meetings", "Village heads who are members"}
    assert all(f"/units/{world.north.pk}/figures/" in row[1].url for row in table.rows)


def test_a_target_that_is_met_is_not_off_target(world, below):
    table, how_many = leading.off_target(below(world.province), rights_of(world.flo, TODAY))
    codes = {(row[0].text, str(row[0].note)) for row in table.rows}
    assert ("Tỉnh ủy Vĩnh Sơn", "New members") not in codes
    assert how_many == 2


def test_no_target_says_so(world, below):
    table, how_many = leading.off_target(below(world.north, Period.parse("2023-04")), rights_of(world.chi, TODAY))
    assert (table.rows, how_many) == ([], 0)
    assert str(table.empty) == "No target was set for this period."


def test_best_and_worst_are_in_order_and_no_unit_is_both(world, below):
    found = below(world.province)
    _tabs, tables = leading.ranks(found, rights_of(world.flo, TODAY), "meetings.attendance", lambda **_: "")
    named = [row[0].text for table in tables for row in table.rows]
    assert sorted(named) == sorted({child.name for child in found.children})
    exact = {child.name: found.figures[child.pk]["meetings.attendance"].exact for child in found.children}
    assert exact[named[0]] == max(exact.values())


def test_the_same_figure_has_the_same_place(world, below):
    found = below(world.upland)
    figure = found.figures[world.cell_a.pk]["meetings.regular_held"]
    assert found.figures[world.cell_b.pk]["meetings.regular_held"].exact == figure.exact
    tabs, (best,) = leading.ranks(found, rights_of(world.flo, TODAY), "meetings.regular_held", lambda by: f"/?by={by}")
    assert [row[1].text for row in best.rows] == ["1", "1"]
    assert tabs[1].url == "/?by=meetings.regular_held#ranks"


def test_what_changed_most_comes_first_and_is_counted_right(world, below):
    found = below(world.province, Period.parse("2023-02"))
    table = leading.changed_most(found, rights_of(world.flo, TODAY))
    assert table.rows
    changes = [float(row[-1].replace("\u2212", "-").removesuffix(" points")) for row in texts(table)]
    rises, falls = ([each for each in changes if (each > 0) is up] for up in (True, False))
    assert changes == sorted(rises, reverse=True) + sorted(falls)
    assert max(len(rises), len(falls)) <= leading.EACH_WAY
    for unit in (found.unit, *found.children):
        now, before = (side[unit.pk].get("meetings.attendance") for side in (found.figures, found.before))
        if now and before and now.exact != before.exact:
            said = [row for row in table.rows if row[0].text == unit.name and "Attendance" in str(row[0].note)]
            assert said or leading.EACH_WAY in (len(rises), len(falls))


def test_who_may_not_open_records_gets_no_way_to_them(world, below):
    table, _n = leading.off_target(below(world.north), rights_of(world.eva, TODAY))
    assert [row[1].url for row in table.rows] == ["", ""]


@pytest.mark.parametrize(("person", "there"), [("flo", True), ("chi", True), ("ana", False), ("ben", False)])
def test_only_who_has_units_below_sees_how_they_do(world, person, there):
    client = Client()
    client.force_login(getattr(world, person))
    page = html.unescape(client.get("/").content.decode())
    assert ("Changed most" in page) is there
    assert ("Best and worst below" in page) is (person == "flo")  # under Chi's stands one unit: it has no place


def test_the_figure_compared_is_chosen_in_the_url(world):
    client = Client()
    client.force_login(world.flo)
    page = html.unescape(client.get("/?by=meetings.good").content.decode())
    assert re.search(r'aria-current="[a-z]+"[^>]*>Meetings rated good', page)
    assert client.get("/?by=%00nonsense").status_code == 200


def test_part_of_a_year_is_not_held_against_a_whole_one(world, below):
    table = leading.changed_most(below(world.province, Period.parse("2024")), rights_of(world.flo, TODAY))
    flows = {"Attendance at cell meetings", "Monthly meetings held", "Meetings rated good", "Cells rated good"}
    assert not [row for row in table.rows if str(row[0].note) in flows]


def test_no_figure_crowds_the_others_out_of_what_changed_most():
    changes = [(Fraction(9 - n), None, "a" if n < 4 else "b") for n in range(6)]
    assert [code for _size, _unit, code in leading._varied(changes)] == ["a", "a", "b", "b", "a", "a"]


def test_what_waits_for_a_secretary_can_be_done_from_the_desk(world):
    client = Client()
    client.force_login(world.ana)
    page = html.unescape(client.get("/").content.decode())
    assert "The meeting of December 2023 is not recorded" in page
    for way in ("record", "none", "sheet"):
        assert f"/units/{world.cell_a.pk}/meetings/{way}/?month=2023-12" in page
    client.force_login(world.ben)
    assert "is not recorded" not in client.get("/").content.decode()


def test_what_is_done_stays_on_the_desk_with_the_ways_to_change_it(world):
    client = Client()
    client.force_login(world.ana)
    page = html.unescape(client.get("/").content.decode())
    meeting = Meeting.objects.get(code="A-5")
    assert "January 2024: recorded, 2 of 3 present" in page
    assert f"/units/{world.cell_a.pk}/meetings/{meeting.pk}/correct/" in page
    none = f"/units/{world.cell_a.pk}/meetings/none/?month=2023-12"
    assert "January 2024" not in client.get("/").content.decode().split("Done")[0].split("Waits for you")[1]
    client.post(none, {"month": "2023-12", "reason": "Flood"})
    waits, done = html.unescape(client.get("/").content.decode()).split('id="done"')
    assert "December 2023 is not recorded" not in waits
    assert "December 2023: no meeting was held" in done and "Because: Flood" in done
    assert f'href="{none}">Change the reason' in done
    assert f'href="/units/{world.cell_a.pk}/meetings/record/?month=2023-12">Record it after all' in done


def test_a_member_finds_the_own_meetings_on_the_desk(world):
    client = Client()
    client.force_login(world.ben)
    page = html.unescape(client.get("/").content.decode())
    own = page.split('id="own"')[1].split("</section>")[0]
    assert "The last meeting of your cell: 3 January 2024" in own
    mine = Attendance.objects.get(meeting__code="A-5", person__code="M2")
    assert f"You: {mine.get_state_display()}" in own
    assert "Present at" in own and 'href="/me/?year=2023"' in own
    assert "next meeting" not in own
    client.force_login(world.ana)
    assert 'id="own"' not in client.get("/").content.decode()


def test_a_month_to_come_is_not_told_to_who_is_called_to_its_meeting(world):
    rights, later = rights_of(world.ben, TODAY), date(2024, 2, 10)
    found = [waits.of_member(rights, world.ben, world.cell_a, later, is_called=called) for called in (False, True)]
    told = [any("next meeting of your cell" in item.title for item in items) for items in found]
    assert told == [True, False]


def test_late_and_weak_cells_open_to_their_records(world):
    client = Client()
    client.force_login(world.chi)
    page = html.unescape(client.get("/").content.decode()).split('id="late"')[1].split("</section>")[0]
    for way in ("figures/meetings.attendance/", "late/", "meetings/"):
        assert f'href="/units/{world.cell_b.pk}/{way}?period=2023"' in page


def test_what_waits_for_an_officer_leads_to_the_cells_that_are_late(world):
    client = Client()
    client.force_login(world.chi)
    page = html.unescape(client.get("/").content.decode())
    assert "have not recorded their meeting of December 2023" in page
    assert f"/units/{world.north.pk}/late/?period=2023-12" in page


def test_what_waits_is_the_same_whatever_period_is_looked_at(world):
    client = Client()
    client.force_login(world.chi)
    for period in ("", "?period=2023", "?period=2023-H1", "?period=2022"):
        page = html.unescape(client.get(f"/{period}").content.decode())
        said = re.findall(r"\d+ cells have not recorded their meeting of December 2023", page)
        assert said == ["2 cells have not recorded their meeting of December 2023"], (period, said)


def test_the_desk_of_a_cell_asks_nothing_about_trees(world):
    for person, offered in ((world.ana, False), (world.chi, True)):
        client = Client()
        client.force_login(person)
        page = client.get("/?period=2023-H1&tree=now").content.decode()
        assert ("As then" in page) is offered
