"""Backups hold everything, are tried before they count, and come back whole or not at all."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from chibo.accounts.actions import make_user
from chibo.accounts.models import User
from chibo.indicators.models import OwnSum, Sum
from chibo.project import embedded, keeping
from chibo.project.cluster import Owner, binaries
from tests import place
from tests.world import AT


@pytest.fixture(autouse=True)
def lets_go_after(committed_world):
    yield
    connections.close_all()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "chibo.backup"


@cache
def whole():
    """What a backup of the world as it is made holds, whichever test asks first."""
    with tempfile.TemporaryDirectory() as folder:
        keeping.backup(Path(folder) / "chibo.backup")
        return (Path(folder) / "chibo.backup").read_bytes()


def backed_up(file):
    """A backup of the world, for what is done to it or to the file after: made once, as it is tried each time."""
    file.write_bytes(whole())


def databases():
    """The names of the test's own database and of those made beside it."""
    own = str(connection.settings_dict["NAME"])
    with psycopg.connect(embedded.address(place.folder(), "postgres")) as server:
        names = {name for (name,) in server.execute("select datname from pg_database")}
    return {name for name in names if name == own or name.startswith(own + "_")}


def rename_ana(name):
    make_user(username="ana", full_name=name, password="a long pass-word 8", by=None, at=AT)


def test_what_is_restored_is_what_was_backed_up(file):
    figures = [list(table.objects.order_by("pk").values_list()) for table in (OwnSum, Sum)]
    assert all(figures)
    said = keeping.backup(file).said
    assert f"{sum(map(len, figures)):,} sums of figures" in said
    rename_ana("Someone Else")
    before = databases()
    keeping.restore(file)
    assert User.objects.get(username="ana").full_name == "Nguyễn Thị An"
    assert [list(table.objects.order_by("pk").values_list()) for table in (OwnSum, Sum)] == figures
    assert databases() == before


def test_after_a_restore_history_is_still_kept(file):
    keeping.backup(file)
    keeping.restore(file)
    with connection.cursor() as cursor, pytest.raises(Exception, match=r"null value|no action"):
        cursor.execute("update organizations_unit set name = name || '.'")


def test_a_backup_is_closed_to_others_and_readable_by_pg_restore(file):
    keeping.backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    listed = subprocess.run(
        [binaries(Owner.chosen()) / "pg_restore", "--list", file], capture_output=True, text=True, check=True
    )
    assert "indicators_sum" in listed.stdout


def test_a_new_backup_takes_the_place_of_an_old_one_only_when_it_is_whole(file, monkeypatch):
    keeping.backup(file)
    old = file.read_bytes()
    contents = iter([keeping.Contents({"a": [1, "2"]}), keeping.Contents({"a": [1, "3"]})])
    monkeypatch.setattr(keeping, "_contents", lambda connection: next(contents))
    with pytest.raises(keeping.Trouble, match="came back different"):
        keeping.backup(file)
    assert file.read_bytes() == old
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("part", [0.001, 0.3, 0.6, 0.97, 0.9999])
def test_a_damaged_byte_anywhere_is_refused(file, part):
    backed_up(file)
    content = bytearray(file.read_bytes())
    content[int(len(content) * part)] ^= 0x20
    file.write_bytes(content)
    rename_ana("Someone Else")
    with pytest.raises(keeping.Trouble, match=r"damaged|no backup"):
        keeping.restore(file)
    assert User.objects.get(username="ana").full_name == "Someone Else"


@pytest.mark.parametrize("left", [0, 10, 100_000])
def test_a_truncated_file_is_refused(file, left):
    backed_up(file)
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(keeping.Trouble, match="no backup"):
        keeping.restore(file)


def test_a_foreign_file_and_none_are_refused(file):
    with pytest.raises(keeping.Trouble, match="No such file"):
        keeping.restore(file)
    file.write_bytes(b"%PDF-1.7 " * 1000)
    with pytest.raises(keeping.Trouble, match="no backup"):
        keeping.restore(file)


def test_a_restore_waits_for_nobody_who_is_connected_and_changes_nothing_under_them(file):
    backed_up(file)
    rename_ana("Someone Else")
    with psycopg.connect(keeping._url()), pytest.raises(keeping.Trouble, match="stop the server"):
        keeping.restore(file)
    assert User.objects.get(username="ana").full_name == "Someone Else"


def test_a_restore_that_fails_half_way_changes_nothing_and_leaves_nothing(file, monkeypatch):
    backed_up(file)
    rename_ana("Someone Else")
    before, fill = databases(), keeping._fill

    def fill_and_fail(name, file):
        fill(name, file)
        raise keeping.Trouble("the disk is full")

    monkeypatch.setattr(keeping, "_fill", fill_and_fail)
    with pytest.raises(keeping.Trouble, match="disk"):
        keeping.restore(file)
    assert databases() == before
    assert User.objects.get(username="ana").full_name == "Someone Else"


def test_the_command_asks_before_it_replaces_units(file):
    call_command("backup", str(file))
    with pytest.raises(CommandError, match="--yes") as caught:
        call_command("restore", str(file))
    assert caught.value.returncode == 2
    call_command("restore", str(file), "--yes")


def test_a_folder_that_is_not_there_is_said_in_one_line(file):
    with pytest.raises(keeping.Trouble, match="No such file"):
        keeping.backup(file.parent / "nowhere" / "x")
