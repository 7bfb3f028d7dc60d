"""The database as it stood at any moment: restored from a base backup and what came after, all compared."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.utils.timezone import localtime

from chibo.project import archive, embedded, keeping
from tests import place
from tests.project.own_database import AS_ASKED, database_of_its_own, name, throw_away
from tests.project.processes import Installation, wait_until

YEAR = ["--below", "T", "--period", "2023", "--period", "2023-10", "--json"]
WRITE = """
from datetime import date
from uuid import uuid4
from chibo.accounts.models import User
from chibo.core import clock
from chibo.indicators import folding
from chibo.meetings.actions import record
from chibo.meetings.content import Content
from chibo.members.models import Person
from chibo.organizations.models import Unit
came = {person.pk: ("present", "") for person in Person.objects.filter(code__in=["M1", "M3"])}
said = Content(kind="thematic", held_on=date(2023, 10, 3), month=date(2023, 10, 1), attendance=came)
ana = User.objects.get(username="ana")
record(unit=Unit.objects.get(code="A"), uid=uuid4(), content=said, by=ana, at=clock.now())
folding.fold(by=None, at=clock.now())
"""


@pytest.fixture
def first(committed_world):
    """The address of a database of its own."""
    with database_of_its_own() as folder, embedded.share(folder, name(), AS_ASKED) as url:
        yield url


@pytest.fixture
def commands(first):
    """Chibo's commands on it."""
    made = Installation(place.of_its_own("commands"))
    made.environment["DATABASE_URL"] = first
    return made


@pytest.fixture
def kept(first, commands):
    """The folder of an archive that keeps up with it."""
    folder = place.of_its_own("archive")
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "chibo", "archive", str(folder)],
            env=commands.environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        wait_until(lambda: archive.bases(folder) or process.poll() is not None, 60)
        assert process.poll() is None, (folder / "said").read_text()
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def stands(url, commands):
    """All there is: every table as a number of rows and a fingerprint, and the figures as they are told."""
    with psycopg.connect(url, autocommit=True) as reader:
        tables = keeping._contents(reader).tables
    code, said, complaint = commands.run("figures", *YEAR, environment={"DATABASE_URL": url})
    assert code == 0, complaint
    return tables, said


def written(url, commands):
    """Record a meeting and fold: how all stands then, and the moment."""
    assert commands.run("shell", "-c", WRITE)[0] == 0
    with psycopg.connect(url, autocommit=True) as reader:
        (moment,) = reader.execute("select clock_timestamp()").fetchone()
    return stands(url, commands), moment


def caught_up(url):
    """The archive has what is written by now."""
    with psycopg.connect(url, autocommit=True) as reader:
        asked = "select flush_lsn >= %s from pg_stat_replication where application_name = %s"
        (now,) = reader.execute("select pg_current_wal_flush_lsn()").fetchone()
        wait_until(lambda: reader.execute(asked, [now, archive.SLOT]).fetchone() == (True,), 60)


def restored(commands, folder, to=None):
    """What is restored by the command as it stood at a moment, and what the command said."""
    into = place.of_its_own("restored")
    more = [] if to is None else ["--to", localtime(to).replace(tzinfo=None).isoformat(sep=" ")]
    code, said, complaint = commands.run("restore", folder, "--into", into, *more)
    assert code == 0, complaint
    with embedded.share(into, name(), AS_ASKED) as url:
        found = stands(url, commands)
        assert commands.run("shell", "-c", WRITE, environment={"DATABASE_URL": url})[0] == 0  # it takes writes
    throw_away(into)
    return found, said


def test_a_moment_between_two_writes_is_restored_with_every_row_and_figure(first, commands, kept):
    before, _moment = written(first, commands)
    after, moment = written(first, commands)
    last, end = written(first, commands)
    assert before != after != last
    caught_up(first)
    assert restored(commands, kept, moment)[0] == after
    assert restored(commands, kept)[0] == last
    later, said = restored(commands, kept, end + timedelta(hours=1))  # nothing was written after it
    assert later == last
    assert "the last change is of" in said


def test_what_can_not_be_restored_is_said_in_one_line(first, commands, kept):
    into = place.of_its_own("into")
    (into / "postgres" / "cluster").mkdir(parents=True)
    fresh = into / "fresh"
    for arguments, words in {
        ("--into", fresh, "--to", "2001-01-01 10:00"): "no base backup",
        ("--into", fresh, "--to", "yesterday"): "2026-11-23 10:00",
        ("--into", fresh, "--to", "2026-13-45 10:00"): "2026-11-23 10:00",
        ("--into", into): "already",
        ("--to", "2001-01-01 10:00"): "--into",
    }.items():
        code, _said, complaint = commands.run("restore", kept, *arguments)
        assert code == 2, complaint
        assert words in complaint
        assert "Traceback" not in complaint
    assert not (fresh / "postgres" / "cluster").exists()


def test_a_damaged_base_is_refused(first, commands, kept):
    ((_moment, base),) = archive.bases(kept)
    some = max((base / "base").rglob("*"), key=lambda path: path.stat().st_size)
    content = bytearray(some.read_bytes())
    content[len(content) // 2] ^= 0x20
    some.write_bytes(content)
    code, _said, complaint = commands.run("restore", kept, "--into", place.of_its_own("into") / "fresh")
    assert code == 2
    assert "damaged" in complaint


def test_a_new_base_lets_older_ones_go_with_what_only_they_need(first, commands, kept):
    (old,) = [base for _moment, base in archive.bases(kept)]
    with psycopg.connect(first, autocommit=True) as writer:
        for _turn in range(3):
            writer.execute("select pg_logical_emit_message(true, 'a', 'b'), pg_switch_wal()")
    caught_up(first)
    segments = set(archive.wal(kept).iterdir())
    code, said, complaint = commands.run("backup", kept, "--keep", "1")
    assert code == 0, complaint
    assert "1 older removed" in said
    assert not old.exists()
    assert segments - set(archive.wal(kept).iterdir())
    now, _moment = written(first, commands)
    caught_up(first)
    assert restored(commands, kept)[0] == now


def test_no_base_is_taken_where_nothing_keeps_up(first, commands):
    code, _said, complaint = commands.run("backup", place.of_its_own("empty"))
    assert code == 2
    assert "chibo archive" in complaint
