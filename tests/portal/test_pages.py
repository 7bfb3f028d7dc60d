"""What the pages say: the figures of the world, sorted, found, paged, exported."""

import html
import io
import re
from zlib import crc32

import openpyxl
import pytest
from django.test import Client

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.indicators import queries, registry
from chibo.members.models import Person
from tests.world import AT


@pytest.fixture
def ask(world):
    def get(person: str, url: str) -> str:
        client = Client()
        client.force_login(getattr(world, person))
        response = client.get(url.format(**{name: one.pk for name, one in vars(world).items()}))
        assert response.status_code == 200
        return html.unescape(response.content.decode())

    return get


@action("tests.renamed")
def rename(*, code, name, by, at):
    Person.objects.filter(code=code).update(full_name=name)


def names(page: str) -> list[str]:
    """The units in a page's table, in order."""
    return re.findall(r'lang="vi"[^>]*>\s*(?:<a[^>]*>)?\s*([^<]*(?:Chi bộ|Đảng ủy|Huyện ủy)[^<]*?)\s*<', page)


def test_the_desk_opens_on_the_last_complete_year_of_my_own_unit(ask):
    page = ask("chi", "/")
    assert "Huyện ủy Đông Hà" in page
    assert "Figures of 2023" in page
    assert "14 of 20" in page  # attendance
    assert "70.0\u00a0%" in page
    assert "target > 85\u00a0% missed" in page
    assert "Demonstration: this installation stands at 10 January 2024" in page


def test_the_desk_shows_the_month_so_far(ask):
    page = ask("chi", "/")
    assert "January 2024" in page
    assert "This period is not over" not in page
    assert "This period is not over" in ask("chi", "/?period=2024")


def test_a_figure_links_to_its_records_only_for_those_who_may_open_them(ask):
    assert "/figures/meetings.attendance/" in ask("ana", "/units/{cell_a}/")
    assert "/figures/" not in ask("ben", "/units/{cell_a}/")


@pytest.mark.parametrize("period", ["2023", "2023-H1", "2023-Q1", "2023-03", "2022", "2019-05", "2024-01", "1950"])
def test_evidence_adds_up_to_its_figure_for_every_unit(ask, world, period):
    parsed, turn = Period.parse(period), crc32(period.encode())
    for at, unit in enumerate((world.province, world.north, world.cell_a, world.cell_d)):
        figures = queries.figures([unit.pk], parsed)[unit.pk]
        for n, indicator in enumerate(registry.every()):
            if not indicator.said_of(parsed) or (n + at + turn) % 3:  # each of some units in some periods
                continue
            page = ask("flo", f"/units/{unit.pk}/figures/{indicator.code}/?period={period}")
            figure = figures.get(indicator.code)
            said = re.search(r"([\d,]+) records? adds? up to ([\d,]+)(?: of ([\d,]+))?", page)
            assert int(said[2]) == (figure.numerator if figure else 0)
            if indicator.has_denominator:
                assert int(said[3]) == (figure.denominator if figure else 0)


def test_evidence_is_found_without_accents(ask):
    page = ask("flo", "/units/{north}/figures/members.total/?period=2023&q=dang+thi+dao")
    assert "Đặng Thị Đào" in page
    assert "1 record adds up to 1" in page
    assert "Nguyễn Thị An" not in page


def test_what_did_not_count_can_be_looked_at_alone(ask):
    page = ask("flo", "/units/{north}/figures/village_heads.members/?period=2023&which=missed")
    assert "Village head, Thôn 10" in page
    assert not re.search(r"Village head, Thôn 1\b", page)


def test_units_below_are_sorted_either_way_round(ask):
    by_name = names(ask("chi", "/units/{upland}/"))[-2:]
    assert by_name == ["Chi bộ thôn 1 Thượng Lâm", "Chi bộ thôn 10 Thượng Lâm"]
    assert names(ask("chi", "/units/{upland}/?sort=-name"))[-2:] == by_name[::-1]
    assert names(ask("chi", "/units/{upland}/?sort=-members.total"))[-2:] == by_name
    assert names(ask("chi", "/units/{upland}/?sort=members.total"))[-2:] == by_name[::-1]


def test_the_units_below_are_those_of_the_period(ask):
    first, second = ask("flo", "/units/{north}/?period=2023-H1"), ask("flo", "/units/{north}/?period=2023-H2")
    assert "Ánh Dương" in first
    assert "Ánh Dương" not in second


def test_the_export_carries_every_record_and_no_formula(world):
    rename(code="M1", name='=HYPERLINK("http://192.0.2.1","x")', by=None, at=AT)
    client = Client()
    client.force_login(world.flo)
    answer = client.get(f"/units/{world.north.pk}/figures/members.total/evidence.xlsx?period=2023")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    head, *rows = book["evidence"].iter_rows()
    assert [cell.value for cell in head][:3] == ["record", "label", "unit"]
    assert len(rows) == 4
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert any("HYPERLINK" in str(cell.value) for row in rows for cell in row)
    assert "attachment" in answer["Content-Disposition"]


def test_names_are_text_wherever_they_stand(ask, world):
    rename(code="M1", name="<script>alert(1)</script>", by=None, at=AT)
    client = Client()
    client.force_login(world.flo)
    page = client.get(f"/units/{world.north.pk}/figures/members.total/").content.decode()
    assert "<script>alert" not in page
    client.force_login(world.eva)
    assert "<b>bad</b>" not in client.get("/loads/").content.decode()
    assert "<b>bad</b>" not in client.get(f"/loads/{world.refused.pk}/").content.decode()


def test_a_load_shows_its_verdicts_and_its_faults(ask):
    listed = ask("eva", "/loads/")
    assert "vinh-son-2023.xlsx" in listed
    done = ask("eva", "/loads/{done}/")
    assert "members" in done
    assert "Written. units: 9 new, 0 changed; members: 9 new, 0 changed." in re.sub(r"\d+ new", "9 new", done)
    refused = ask("eva", "/loads/{refused}/")
    assert "2 faults in 1 row" in refused
    assert "There is no such day." in refused
    assert "31.02.1990" in refused
    assert "The sheet units2 is unknown." in refused


def test_a_report_is_of_its_own_period(ask):
    page = ask("chi", "/units/{north}/reports/annual/?period=2022")
    assert "Annual report 2022" in page
    assert "Annual report 2023" in ask("chi", "/units/{north}/reports/annual/?period=2022-H1")
    assert "first half of 2023" in ask("chi", "/units/{north}/reports/half-year/?period=2023-H1")


def test_pages_are_not_kept_by_anyone(world):
    client = Client()
    client.force_login(world.flo)
    for url in ("/", f"/units/{world.north.pk}/", f"/units/{world.north.pk}/figures/members.total/"):
        answer = client.get(url)
        assert "Cookie" in answer["Vary"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_who_holds_no_role_is_told_whom_to_ask(ask):
    assert "Ask your administrator" in ask("hoa", "/")


def test_a_unit_that_left_my_units_shows_by_its_code_alone(ask):
    """Cell D stood under the north until July: its figures stay, its name is no longer Chi's to see."""
    for page in (
        ask("chi", "/units/{north}/?period=2023-03"),
        ask("chi", "/units/{north}/reports/half-year/?period=2023-H1"),
    ):
        assert "Ánh Dương" not in page
    assert "outside your units" in ask("chi", "/units/{north}/?period=2023-03")
    assert "Ánh Dương" in ask("flo", "/units/{north}/?period=2023-03")


def test_a_report_opens_to_the_records_of_its_figures(ask, world):
    page = ask("chi", "/units/{north}/reports/annual/?period=2023")
    assert f"/units/{world.north.pk}/figures/members.total/?period=2023" in page


def test_part_of_a_year_is_not_held_against_a_whole_one(ask):
    assert "points on 2023" not in ask("chi", "/units/{north}/?period=2024")
