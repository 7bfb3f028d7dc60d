"""Lists as files that the worker makes: asked for, fetched, refused, deleted; and sheets that load again unchanged."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import timedelta

import openpyxl
import pyarrow.parquet
import pytest
from django.conf import settings
from django.test import Client

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.exchange import export_actions, exporting, tables, tasks
from chibo.exchange.loading import load
from chibo.exchange.models import Export, Fetching, Load
from chibo.organizations.actions import end_grant
from chibo.organizations.models import Grant
from chibo.portal import export_views
from tests.world import AT

OFFICE = shutil.which("soffice")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", tmp_path / "data")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def asked(client, of, form="xlsx"):
    """An export asked for on the page and made by the worker."""
    answer = client.post("/exports/", {"of": of, "form": form})
    assert answer.status_code == 302, answer.content.decode()
    export = Export.objects.latest("pk")
    tasks.run_export(export=export.pk)
    export.refresh_from_db()
    return export


def fetched(client, export):
    return b"".join(client.post(f"/exports/{export.pk}/file/").streaming_content)


def test_a_list_becomes_a_file_that_is_fetched_again_and_again(world):
    ana = signed_in(world.ana)
    page = ana.get("/members/").content.decode()
    assert "/exports/?of=%2Fmembers%2Fmembers.xlsx" in page
    assert "Excel" in ana.get("/exports/", {"of": "/members/members.xlsx"}).content.decode()

    export = asked(ana, "/members/members.xlsx")

    assert (export.outcome, export.title) == (Export.Outcome.DONE, "Members")
    assert f"/exports/{export.pk}/file/" in ana.get("/exports/").content.decode()
    direct = b"".join(ana.get("/members/members.xlsx").streaming_content)
    rows = [list(sheet.values) for sheet in openpyxl.load_workbook(io.BytesIO(direct))]
    for _time in range(2):
        made = openpyxl.load_workbook(io.BytesIO(fetched(ana, export)))
        assert [list(sheet.values) for sheet in made] == rows
    assert list(Fetching.objects.values_list("by", flat=True)) == [world.ana.pk] * 2


def test_the_same_as_text_and_for_statistics(world):
    ana = signed_in(world.ana)
    text = fetched(ana, asked(ana, "/members/members.xlsx", "csv")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    table = pyarrow.parquet.read_table(io.BytesIO(fetched(ana, asked(ana, "/members/members.xlsx", "parquet"))))
    assert table.column_names == rows[0]
    assert [str(each) for each in table.column(0).to_pylist()] == [row[0] for row in rows[1:]]


def test_nobody_has_what_is_anothers(world):
    export = asked(signed_in(world.ana), "/members/members.xlsx")
    assert signed_in(world.chi).post(f"/exports/{export.pk}/file/").status_code == 404
    assert "Members" not in signed_in(world.ben).get("/exports/").content.decode().split("<main", 1)[1]


@pytest.mark.parametrize(
    "of", ["/members/", "/nowhere/", "http://x.example/members/members.xlsx/", "/members/members.xlsx"]
)
def test_what_one_may_not_see_is_refused_when_it_is_asked(world, of):
    answer = signed_in(world.ben).post("/exports/", {"of": of, "form": "csv"})
    assert answer.status_code == 400
    assert not Export.objects.exists()


def test_who_lost_a_role_gets_neither_a_new_file_nor_the_old_one(world):
    ana = signed_in(world.ana)
    old = asked(ana, "/members/members.xlsx")
    ana.post("/exports/", {"of": "/members/members.xlsx", "form": "csv"})
    new = Export.objects.latest("pk")
    for grant in Grant.objects.filter(user=world.ana):
        end_grant(grant=grant, on=clock.today(), by=world.eva, at=clock.now())

    tasks.run_export(export=new.pk)

    new.refresh_from_db()
    assert new.outcome == Export.Outcome.REFUSED and new.reason
    assert ana.post(f"/exports/{old.pk}/file/").status_code == 302
    assert not Fetching.objects.exists()


def test_a_file_is_deleted_after_seven_days(world):
    export = asked(signed_in(world.ana), "/members/members.xlsx")
    path = export.kept_file
    export_actions.forget_old(at=export.made_at + timedelta(6))
    assert path.exists()
    export_actions.forget_old(at=export.made_at + timedelta(8))
    assert not path.exists()
    with pytest.raises(Denied):
        export_actions.fetch(export=export, by=world.ana, at=export.made_at + timedelta(8))


def test_what_is_broken_off_is_made_again_and_given_up_the_third_time(world, monkeypatch):
    signed_in(world.ana).post("/exports/", {"of": "/members/members.xlsx", "form": "csv"})
    export = Export.objects.get()
    for _time in range(3):
        export_actions.begin(export=export, by=world.ana, at=AT)
        (exporting.folder() / export.kept_as).with_suffix(".parts").mkdir()
    tasks.run_export(export=export.pk)
    export.refresh_from_db()
    assert export.outcome == Export.Outcome.FAILED
    assert not list(exporting.folder().iterdir())


def test_only_some_files_at_a_time(world):
    ana = signed_in(world.ana)
    for _time in range(export_actions.AT_ONCE):
        assert ana.post("/exports/", {"of": "/members/members.xlsx", "form": "csv"}).status_code == 302
    assert ana.post("/exports/", {"of": "/members/members.xlsx", "form": "csv"}).status_code == 400


def test_sheets_in_parts_load_again_unchanged(world, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_A_FILE", 3)
    monkeypatch.setattr(tables, "AT_ONCE", 2)
    flo = signed_in(world.eva)
    export = asked(flo, f"/units/{world.province.pk}/sheets/roll.xlsx")
    assert export.file_name.endswith(".zip"), export.reason
    with zipfile.ZipFile(io.BytesIO(fetched(flo, export))) as archive:
        archive.extractall(tmp_path)
        for name in sorted(archive.namelist()):
            done = load(path=tmp_path / name, file_name=name, by=None, at=AT)
            assert (done.outcome, done.faults) == (Load.Outcome.DONE, [])
            assert {verdict for runs in done.verdicts.values() for verdict in runs} == {"unchanged"}, done.verdicts


def test_sheets_of_many_units_are_made_by_the_worker(world, monkeypatch):
    monkeypatch.setattr(export_views, "AT_ONCE", 2)
    flo, of = signed_in(world.eva), f"/units/{world.province.pk}/sheets/units.xlsx"
    answer = flo.get(of)
    assert answer.status_code == 302 and answer["Location"].startswith("/exports/?of=")
    assert flo.get(answer["Location"]).status_code == 200
    export = asked(flo, of)
    assert export.outcome == Export.Outcome.DONE, export.reason
    monkeypatch.setattr(export_views, "AT_ONCE", 200)
    answer = flo.get(of)
    assert b"".join(answer).startswith(b"PK")
    answer.close()


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_sheets_saved_by_libreoffice_load_again_unchanged(world, tmp_path):
    flo = signed_in(world.eva)
    given = tmp_path / "roll.xlsx"
    given.write_bytes(fetched(flo, asked(flo, f"/units/{world.province.pk}/sheets/roll.xlsx", "xlsx")))
    own = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [OFFICE, own, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path / "saved",
         given],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    done = load(path=tmp_path / "saved" / "roll.xlsx", file_name="roll.xlsx", by=None, at=AT)
    assert (done.outcome, done.faults) == (Load.Outcome.DONE, [])
    assert {verdict for runs in done.verdicts.values() for verdict in runs} == {"unchanged"}, done.verdicts
