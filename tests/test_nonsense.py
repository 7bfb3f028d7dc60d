"""What no page offers but a client can send: every page answers it calmly."""

from __future__ import annotations

from urllib.parse import quote
from zlib import crc32

import pytest

from chibo.core.asking import after_key
from tests.permission_table import ASKED_BY, MINE, OF_A_CELL, OF_A_CHANGE, OF_A_COMMITTEE, OF_A_UNIT, signed_in, status

HOSTILE = [
    "\x00", "%00", "%ff%fe", "%C0%80", "9" * 40, "-1", "1e9", "2023-13", "2023-Q9", "0000", "2023 ", "٢٠٢٣", "null",
    "'", '"', "%25", "_", "\\", "{}", "[]", '["a"]', "../..", "<script>", "%F0%9F%92%A9", "a" * 3000, "--", "$$", "%s",
    "-members.total", "sort", "2199", "1900-01", "\u202e", "%ED%A0%80",
]  # fmt: skip
PARAMETERS = (
    "kind", "period", "tree", "after", "q", "which", "sort", "page", "line", "next", "nonsense", "unit", "sex",
    "standing",
    "ethnicity", "age_from", "age_to", "joined_from", "joined_to", "exempt", "left", "on", "pick", "picked", "year",
    "month", "draft", "value", "now", "scheme", "spell", "post", "place", "over",
    "against", "print", "amounts",
    "procedure", "status", "step", "overdue",
)  # fmt: skip


def test_a_key_to_go_on_after_leads_nowhere_else(world):
    """A signed key of one page, taken to another: rows are still only those of the scope."""
    dan = signed_in(world, "dan")
    key = after_key(["", 0, "0001-01-01", ""])
    page = dan.get(f"/units/{world.south.pk}/figures/members.total/", {"after": key, "period": "2023"})
    assert page.status_code == 200
    assert "Nguyễn Thị An" not in page.content.decode()
    page = dan.get("/units/", {"after": after_key([0, "", 0]), "q": "lam"}).content.decode()
    assert "Hạ Lâm" in page
    assert "Thượng Lâm" not in page


OFFICERS = (
    "/checks/?unit={}", "/checks/units.without_secretary/?unit={}", "/classifications/", "/classifications/3/",
    "/classifications/3/units/",
)  # fmt: skip
KEYS = (  # of loads, of evidence, of a cell, of a unit found, of an act, of a unit below; of none
    [5], ["Chi bộ", 3, "2023-01-01", "M1"], ["-1.5", "Chi bộ", 3], [2, "Chi bộ", 3], ["2023-01-01", "took", 3],
    ["Chi bộ", 3], ["x", "Chi bộ", 3], ["1", 2, "x"], [], {}, 7, ["2023-01-01", 3, "secretary"], ["9", 3, "secretary"],
    ["name", 3, "Chi bộ"], ["name", "\0", 3], ["away", 3], ["away", "\0"], ["2023-01-01T00:00:00", 3], ["\0", 3],
    ["Chi bộ", 3, "x", "M1"], ["\0", 3, "2023-01-01", "\0"], [3, 3, 3, 3], ["Chi bộ", 2**70], [2**70], ["x"],
)  # fmt: skip
BOARDS = ("vacancies", "several-posts", "in-charge", "committee")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_another_page_is_no_failure(world, key):
    flo, eva = signed_in(world, "flo"), signed_in(world, "eva")
    after = {"after": after_key(key)}
    assert flo.get("/units/", after).status_code == 200
    assert flo.get("/units/?q=thon", after).status_code == 200
    for page in (
        "figures/members.total",
        "figures/meetings.regular_held",
        "members",
        "access",
        "below",
        "classifications",
        "by/1",
        "meetings",
        "late",
        "targets",
        "history",
        "acts",
        "reports",
        "cases",
        *BOARDS,
    ):
        assert flo.get(f"/units/{world.north.pk}/{page}/", after).status_code == 200
    assert flo.get("/checks/units.without_secretary/", after).status_code == 200
    assert signed_in(world, "chi").get("/classifications/3/units/", after).status_code == 200
    assert eva.get("/loads/", after).status_code == 200
    assert eva.get("/users/", after).status_code == 200
    assert eva.get("/users/review/", after).status_code == 200
    assert flo.get("/members/", after | {"sort": "-joined"}).status_code == 200
    assert flo.get("/cases/", after).status_code == 200
    assert flo.get("/members/", after | {"sort": "cell"}).status_code == 200


@pytest.mark.parametrize(
    "page",
    [*OF_A_UNIT, *OF_A_CELL, *OF_A_CHANGE, *OF_A_COMMITTEE, *MINE, *OFFICERS, "/loads/", "/users/", "/accounts/login/"],
)
def test_nonsense_in_a_query_is_no_failure(world, page):
    client = signed_in(world, "chi" if page in OFFICERS else ASKED_BY.get(page, "flo"))
    unit = world.cell_a if page in OF_A_CELL or page in OF_A_CHANGE else world.north
    joint = "&" if "?" in page else "?"
    fine = (200, 404) if "unit={}" in page else (200,)  # a unit that is none, or somebody else's
    fine = (200, 302) if page.endswith("members.xlsx") else fine  # back to the list, which says what is wrong
    fine = (200, 302) if "notices/new" in page else fine  # to the next month, where none is named
    for n in range(crc32(page.encode()) % 3, len(HOSTILE), 3):  # each parameter gets a third of the values, on a page
        values = [HOSTILE[(n + at) % len(HOSTILE)] for at in range(len(PARAMETERS))]
        query = "&".join(f"{name}={quote(value, safe='%')}" for name, value in zip(PARAMETERS, values, strict=True))
        if n // 3 % 2:  # every second time in a year
            query = query.replace("period=", "period=2023&was=")
        assert status(client.get(f"{page.format(unit.pk)}{joint}{query}")) in fine, query


@pytest.mark.parametrize("code", ["none", "members", "%00", "%ff", "a" * 500, "..", "members.total%0a"])
def test_an_unknown_figure_or_report_is_not_found(world, code):
    flo = signed_in(world, "flo")
    for url in ("/units/{}/figures/{}/", "/units/{}/figures/{}/evidence.xlsx", "/units/{}/reports/{}/"):
        assert flo.get(url.format(world.north.pk, code)).status_code == 404


def test_a_figure_that_is_not_said_of_so_short_a_period_is_not_found(world):
    flo = signed_in(world, "flo")
    assert flo.get(f"/units/{world.north.pk}/figures/cells.good/?period=2023-01").status_code == 404
    assert flo.get(f"/units/{world.north.pk}/figures/cells.good/?period=2023").status_code == 200
