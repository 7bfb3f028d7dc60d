"""The database as it stood at any moment: restored from a base backup and what came after, all compared."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localtime

from chibo.accounts.models import User
from chibo.core import clock
from chibo.indicators import folding
from chibo.meetings.actions import record
from chibo.meetings.content import Content
from chibo.meetings.models import Kind
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.project import archive, embedded, keeping
from tests import place
from tests.project.own_database import AS_ASKED, at, database_of_its_own, figures, name, throw_away
from tests.project.processes import wait_until


@pytest.fixture
def first(committed_world):
    """The address of a database of its own."""
    with database_of_its_own() as folder, embedded.share(folder, name(), AS_ASKED) as url, at(url):
        yield url


@pytest.fixture
def kept(first):
    """The folder of an archive that keeps up with it."""
    folder = place.of_its_own("archive")
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "chibo", "archive", str(folder)],
            env=os.environ | {"DATABASE_URL": first, "DJANGO_SETTINGS_MODULE": "chibo.project.settings"},
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        wait_until(lambda: archive.bases(folder) or process.poll() is not None, 120)
        assert process.poll() is None, (folder / "said").read_text()
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def write():
    """Record a meeting, and fold."""
    came = {person.pk: ("present", "") for person in Person.objects.filter(code__in=["M1", "M3"]).order_by("pk")}
    said = Content(kind=Kind.THEMATIC, held_on=date(2023, 10, 3), month=date(2023, 10, 1), attendance=came)
    ana = User.objects.get(username="ana")
    record(unit=Unit.objects.get(code="A"), uid=uuid4(), content=said, by=ana, at=clock.now())
    folding.fold(by=None, at=clock.now())


def stands(url):
    """All there is: every table as a number of rows and a fingerprint, and the figures as they are told."""
    with psycopg.connect(url, autocommit=True) as reader:
        tables = keeping._contents(reader).tables
    return tables, figures(url)


def written(url):
    """Record a meeting and fold: how all stands then, and the moment."""
    write()
    with psycopg.connect(url, autocommit=True) as reader:
        (moment,) = reader.execute("select clock_timestamp()").fetchone()
    return stands(url), moment


def caught_up(url):
    """The archive has what is written by now."""
    with psycopg.connect(url, autocommit=True) as reader:
        asked = "select flush_lsn >= %s from pg_stat_replication where application_name = %s"
        (now,) = reader.execute("select pg_current_wal_flush_lsn()").fetchone()
        wait_until(lambda: reader.execute(asked, [now, archive.SLOT]).fetchone() == (True,), 60)


def restored(folder, to=None):
    """What is restored by the command as it stood at a moment, and what the command said."""
    into, said = place.of_its_own("restored"), io.StringIO()
    told = None if to is None else localtime(to).replace(tzinfo=None).isoformat(sep=" ")
    call_command("restore", str(folder), into=into, to=told, stdout=said)
    with embedded.share(into, name(), AS_ASKED) as url:
        found = stands(url)
        with at(url):
            write()  # it is a database like every other
    throw_away(into)
    return found, said.getvalue()


def test_a_moment_between_two_writes_is_restored_with_every_row_and_figure(first, kept):
    before, _moment = written(first)
    after, moment = written(first)
    last, end = written(first)
    assert before[1] != after[1] != last[1]
    caught_up(first)
    assert restored(kept, moment)[0] == after
    assert restored(kept)[0] == last
    later, said = restored(kept, end + timedelta(hours=1))  # nothing was written after it
    assert later == last
    assert "the last change is of" in said


def test_what_can_not_be_restored_is_said_in_one_line_and_a_damaged_base_is_refused(first, kept):
    into = place.of_its_own("into")
    (into / "postgres" / "cluster").mkdir(parents=True)
    fresh = into / "fresh"
    cases = [
        ({"into": fresh, "to": "2001-01-01 10:00"}, "no base backup"),
        ({"into": fresh, "to": "yesterday"}, "2026-11-23 10:00"),
        ({"into": fresh, "to": "2026-13-45 10:00"}, "2026-11-23 10:00"),
        ({"into": into}, "already"),
        ({"to": "2001-01-01 10:00"}, "--into"),
    ]
    for options, words in cases:
        with pytest.raises(CommandError, match=words) as caught:
            call_command("restore", str(kept), **options)
        assert caught.value.returncode == 2
    ((_moment, base),) = archive.bases(kept)
    some = max((base / "base").rglob("*"), key=lambda path: path.stat().st_size)
    content = bytearray(some.read_bytes())
    content[len(content) // 2] ^= 0x20
    some.write_bytes(content)
    with pytest.raises(CommandError, match="damaged"):
        call_command("restore", str(kept), into=fresh)
    assert not (fresh / "postgres" / "cluster").exists()


def test_a_new_base_lets_older_ones_go_with_what_only_they_need(first, kept):
    (old,) = [base for _moment, base in archive.bases(kept)]
    with psycopg.connect(first, autocommit=True) as writer:
        for _turn in range(3):
            writer.execute("select pg_logical_emit_message(true, 'a', 'b')")
            writer.execute("select pg_switch_wal()")
    caught_up(first)
    segments, said = set(archive.wal(kept).iterdir()), io.StringIO()
    call_command("backup", str(kept), keep=1, stdout=said)
    assert "1 older removed" in said.getvalue()
    assert not old.exists()
    assert segments - set(archive.wal(kept).iterdir())
    now, _moment = written(first)
    caught_up(first)
    assert restored(kept)[0] == now


def test_no_base_is_taken_where_nothing_keeps_up(first):
    with pytest.raises(CommandError, match="chibo archive"):
        call_command("backup", str(place.of_its_own("empty")))
