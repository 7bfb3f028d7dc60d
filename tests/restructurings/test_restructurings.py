"""A restructuring from its workbook to its reversal: rehearsed row by row, done whole, taken back whole."""

from __future__ import annotations

from chibo.organizations.models import Act, Unit
from chibo.restructurings.models import Place, Restructuring
from tests.organizations.acting import records
from tests.restructurings.working import done, faults, rehearsed, row, taken_back

Status = Restructuring.Status
OWN = {f"restructurings_{name}" for name in ("restructuring", "line", "place", "unsettled", "part")}
MERGED = (
    row("dissolve", "T-S"),
    row("merge", "T-N-1", into_code="T-1"),
    row("merge", "T-S-1", into_code="T-1"),
    row("found", "T-1", name="Đảng ủy xã Lâm Hà", kind="grassroots_committee", setting="commune", parent_code="T"),
    row("move", "D", parent_code="T"),
    row("dissolve", "T-N"),
    row("rename", "A", name="Chi bộ thôn Trung"),
)


def tables():
    return {name: rows for name, rows in records().items() if name not in OWN}


def test_rows_in_any_order_are_rehearsed_done_whole_and_taken_back(world):
    before = tables()
    found = rehearsed(world, *MERGED)
    assert (found.status, found.job, faults(found), found.reasons) == (Status.REHEARSED, "", [], [])
    assert found.verdicts == {"acts": {"sound": [[2, 8]]}}
    assert found.counts["acts"] == 6
    assert tables() == before

    found = done(world, found)

    assert (found.status, found.reasons) == (Status.DONE, [])
    assert set(Unit.objects.filter(closed_on=None).values_list("code", flat=True)) == {"T", "T-1", "A", "B", "C", "D"}
    assert Unit.objects.get(code="A").name == "Chi bộ thôn Trung"
    assert Act.objects.filter(restructured__restructuring=found, status="done").count() == 6
    root, commune = world.province.path, Unit.objects.get(code="T-1").path
    assert all(Unit.objects.get(code=code).path.startswith(commune) for code in ("A", "B", "C", "T-N-1", "T-S-1"))
    assert commune.startswith(root)

    found = taken_back(world, found)

    assert (found.status, found.reasons) == (Status.REVERSED, [])
    assert tables() == before


def test_the_tree_before_and_after_holds_what_changes_and_what_is_above(world):
    found = rehearsed(world, *MERGED)

    def below(side, code):
        return [
            (place.code, place.fates)
            for place in Place.objects.filter(restructuring=found, side=side, parent_code=code).order_by(
                "sort_key", "pk"
            )
        ]

    assert below("before", "") == [("T", [])]
    assert below("after", "") == [("T", [])]
    assert {code for code, _fates in below("before", "T")} == {"T-N", "T-S"}
    into = ["into", "T-1", "Đảng ủy xã Lâm Hà"]
    assert below("before", "T-S") == [("D", [["move", "", ""]]), ("T-S-1", [into])]
    assert {code for code, _fates in below("after", "T")} == {"T-1", "D"}
    (fates,) = [fates for code, fates in below("after", "T") if code == "T-1"]
    assert fates == [
        ["founded", "", ""],
        ["from", "T-N-1", "Đảng ủy xã Thượng Lâm"],
        ["from", "T-S-1", "Đảng ủy xã Hạ Lâm"],
    ]
    assert {code for code, _fates in below("after", "T-1")} == {"A", "B", "C"}
