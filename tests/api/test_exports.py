"""Exports of programs: asked for once, made with no more than the token may see, followed, fetched while it holds."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings as django_settings

from chibo.api.actions import revoke_token
from chibo.api.exports import ExportIn
from chibo.api.models import Token
from chibo.core import clock
from chibo.exchange import export_actions, exporting, tasks
from chibo.exchange.models import Export, Fetching
from chibo.organizations.actions import end_grant
from chibo.organizations.models import Grant
from tests.api.asking import Program
from tests.portal.test_exports import own_folder, signed_in  # noqa: F401 - a fixture
from tests.world import AT

ROOT = Path(__file__).parents[2]


def asked(program, of="members", key="k1", form="csv", unit=None, **said):
    body = {"list": of, "form": form, "asked": said} | ({} if unit is None else {"unit": unit.pk})
    return program.send("POST", "/exports", body, key)


def made(program, *args, **more):
    """An export asked for by a program, and made by the worker."""
    answer = asked(program, *args, **more)
    assert answer.status_code == 202, answer.content
    tasks.run_export(export=answer.json()["id"])
    return program.get(f"/exports/{answer.json()['id']}").json()


def fetch(program, export):
    return program.client.post(
        f"/api/v1/exports/{export['id']}/file", headers={"Authorization": f"Bearer {program.said}"}
    )  # fmt: skip


def rows(answer):
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def codes(answer):
    return {row[0] for row in rows(answer)}


def test_a_program_asks_follows_and_fetches(world):
    program = Program.of(world.ana)
    answer = asked(program)
    assert (answer.status_code, answer.json()["state"], answer.json()["kind"]) == (202, "waiting", "export")
    url = f"/exports/{answer.json()['id']}"
    assert fetch(program, answer.json()).status_code == 409
    tasks.run_export(export=answer.json()["id"])
    told = program.get(url).json()
    assert (told["state"], told["rows"], told["title"]) == ("done", 3, "Members")
    for _time in range(2):
        file = fetch(program, told)
        assert (file["Content-Type"], file["Cache-Control"]) == ("text/csv", "no-store")
        assert file["Content-Disposition"].startswith("attachment")
        assert codes(file) == {"M1", "M2", "M3"}
    assert list(Fetching.objects.values_list("by", flat=True)) == [world.ana.pk] * 2
    assert [each["id"] for each in program.all("/exports")] == [told["id"]]
    assert program.get(url)["ETag"]


LISTS = pytest.mark.parametrize(
    ("of", "said"),
    [
        ("members", {"sex": "f", "on": "2023-12-31", "tree": "now"}),
        ("register", {"period": "2023-Q4"}),
        ("cases", {"status": "open", "overdue": "yes"}),
        ("sources", {"state": "source"}),
        ("matrix", {"period": "2023", "show": "attendance"}),
        ("evidence", {"code": "meetings.attendance", "period": "2023-Q4"}),
        ("sheet", {"sheet": "roll"}),
        ("sheet", {"sheet": "members"}),
    ],
)


@LISTS
def test_each_list_of_the_pages_can_be_asked_for(world, of, said):
    program = Program.of(world.ana)
    told = made(program, of, unit=world.cell_a, form="xlsx", **said)
    assert told["state"] == "done", told
    assert told["title"].endswith(", Chi bộ thôn 1 Thượng Lâm")
    file = b"".join(fetch(program, told).streaming_content)
    assert openpyxl.load_workbook(io.BytesIO(file)).sheetnames


@LISTS
def test_each_list_takes_its_right_and_the_reach_of_the_token(world, of, said):
    below = Program.of(world.chi, unit=world.cell_b)
    assert asked(below, of, unit=world.cell_a, form="xlsx", **said).status_code == 404
    assert asked(below, of, unit=world.cell_b, form="xlsx", **said).status_code == 202
    alone = Program.of(world.chi, "unit.view")
    answer = asked(alone, of, unit=world.cell_a, form="xlsx", **said)
    if said.get("sheet") == "roll":  # of units and targets, which everyone sees who sees the unit
        file = b"".join(fetch(alone, made(alone, of, "k2", unit=world.cell_a, form="xlsx", **said)).streaming_content)
        assert set(openpyxl.load_workbook(io.BytesIO(file)).sheetnames) == {"units", "targets"}
    else:
        assert answer.status_code in (403, 404)


def test_there_is_one_list_of_lists():
    assert set(ExportIn.model_fields["list"].annotation.__args__) == set(exporting.listings())


def test_the_page_of_the_api_tells_what_each_list_can_be_asked_for():
    lines = (ROOT / "docs/api.md").read_text(encoding="utf-8").splitlines()
    for name, listing in exporting.listings().items():
        (line,) = [each for each in lines if each.startswith(f"| `{name}` |")]
        assert not [each for each in (*listing.needs, *listing.asks) if f"`{each}`" not in line], name


def test_what_it_holds_is_what_the_page_gives(world):
    program = Program.of(world.chi)
    direct = signed_in(world.chi).get("/members/members.xlsx", {"sex": "f"})
    sheets = openpyxl.load_workbook(io.BytesIO(b"".join(direct.streaming_content)))
    file = b"".join(fetch(program, made(program, form="xlsx", sex="f")).streaming_content)
    given = openpyxl.load_workbook(io.BytesIO(file))
    assert [list(each.values) for each in given] == [list(each.values) for each in sheets]


def test_a_secretary_has_no_other_cell(world):
    program = Program.of(world.ana)
    for n, of in enumerate(["members", "register", "sources", "matrix", "cases"]):
        assert asked(program, of, unit=world.cell_b, key=f"b{n}").status_code == 404
        assert asked(program, of, unit=world.upland, key=f"u{n}").status_code == 404
    assert asked(program, "sheet", unit=world.cell_b, sheet="roll").status_code == 404
    assert asked(Program.of(world.ben), unit=world.cell_a).status_code == 403
    assert asked(Program.of(world.ben), "sheet", unit=world.cell_a, sheet="members").status_code == 404
    assert not Export.objects.exists()


def test_a_file_holds_no_more_than_the_token_reaches(world):
    program = Program.of(world.flo, unit=world.upland)
    assert codes(fetch(program, made(program))) == {"M1", "M2", "M3", "M4"}
    assert asked(program, unit=world.north, key="k2").status_code == 404
    whole = made(program, "sheet", key="k3", unit=world.upland, sheet="members")
    assert codes(fetch(program, whole)) == {"M1", "M2", "M3", "M4"}
    without = Program.of(world.flo, "unit.view", "meeting.view")
    assert asked(without).status_code == 404  # as there is no unit at which it sees members
    assert asked(without, unit=world.cell_a).status_code == 403
    roll = made(without, "sheet", unit=world.cell_a, sheet="roll", form="xlsx")
    file = b"".join(fetch(without, roll).streaming_content)
    assert not {"members", "posts"} & set(openpyxl.load_workbook(io.BytesIO(file)).sheetnames)


def test_under_one_key_it_is_asked_for_once(world):
    program = Program.of(world.ana)
    first, again = asked(program), asked(program)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert Export.objects.count() == 1
    assert asked(program, form="xlsx").status_code == 422
    for n in range(export_actions.AT_ONCE - 1):
        assert asked(program, key=f"n{n}").status_code == 202
    assert asked(program, key="more").status_code == 409


def test_what_is_wrong_is_said_of_its_part(world):
    program = Program.of(world.ana)
    for body, where in (
        ({"list": "users"}, "body.list"),
        ({"form": "pdf"}, "body.form"),
        ({"unit": 0}, "body.unit"),
        ({"more": 1}, "body.more"),
        ({"list": "matrix"}, "body.unit"),
        ({"list": "evidence", "unit": world.cell_a.pk}, "body.asked.code"),
        ({"list": "sheet", "unit": world.cell_a.pk, "asked": {"sheet": "none"}}, "body.asked.sheet"),
        ({"asked": {"sex": "x"}}, "body.asked.sex"),
        ({"asked": {"on": "31.12.2023"}}, "body.asked.on"),
        ({"asked": {"q": "Nguyễn"}}, "body.asked"),  # nobody is asked for by name
        ({"asked": {"sort": "name"}}, "body.asked"),
    ):
        answer = program.send("POST", "/exports", {"list": "members", "form": "csv"} | body)
        assert answer.status_code == 422, body
        assert where in [each["where"] for each in answer.json()["faults"]], (body, answer.json())
        assert "Nguyễn" not in answer.content.decode()
    assert asked(program, joined_from="2023-01-01", joined_to="2022-01-01").status_code == 422
    assert asked(program, age_from="900").status_code == 422
    assert not Export.objects.exists()


def test_an_export_is_of_the_token_that_asked_and_of_its_owner(world):
    program = Program.of(world.ana)
    told = made(program)
    for other in (Program.of(world.ana), Program.of(world.ana, "unit.view"), Program.of(world.chi)):
        assert other.get(f"/exports/{told['id']}").status_code == 404
        assert fetch(other, told).status_code == 404
        assert other.all("/exports") == []
    page = signed_in(world.ana)
    assert "asked for by a program" in page.get("/exports/").content.decode()
    assert codes(page.post(f"/exports/{told['id']}/file/")) == {"M1", "M2", "M3"}
    page.post("/exports/", {"of": "/members/members.xlsx", "form": "csv"})
    assert [each["id"] for each in program.all("/exports")] == [told["id"]]  # what is asked for on pages is not its own
    revoke_token(token=Token.objects.earliest("pk"), by=world.ana, at=AT)
    assert fetch(program, told).status_code == 401


def test_who_lost_a_role_gets_neither_a_new_file_nor_the_old_one(world):
    program = Program.of(world.ana)
    old, new = made(program), asked(program, key="k2").json()
    for grant in Grant.objects.filter(user=world.ana):
        end_grant(grant=grant, on=clock.today(), by=world.eva, at=clock.now())
    tasks.run_export(export=new["id"])
    told = program.get(f"/exports/{new['id']}").json()
    assert told["state"] == "refused" and told["reason"]
    assert fetch(program, told).status_code == 404
    assert fetch(program, old).status_code == 403
    assert not Fetching.objects.exists()


def test_a_file_is_gone_after_its_days(world, settings):
    program = Program.of(world.ana)
    told = made(program)
    settings.CHIBO_TODAY = clock.today() + timedelta(8)
    assert fetch(program, told).status_code == 404  # also before anybody has tidied up
    export_actions.forget_old(at=clock.now())
    assert program.get(f"/exports/{told['id']}").json()["state"] == "deleted"
    assert not list((django_settings.DATA / "exports").iterdir())


def test_with_limits_that_nobody_understands_nothing_is_made(world, monkeypatch):
    monkeypatch.setattr(exporting, "_narrowing", [])
    with pytest.raises(ValueError, match="not enough values"):
        exporting.limited(world.ana, {"permissions": [], "unit": None})
    assert exporting.limited(world.ana, None) is world.ana
