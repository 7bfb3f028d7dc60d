"""No write that was answered as done is lost: the database is killed under load, and its standby has them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Thread

import psycopg
import pytest

from chibo.core import clock
from chibo.indicators import folding
from chibo.project import embedded, standby
from chibo.project.cluster import Cluster
from tests import place
from tests.project.own_database import AS_ASKED, at, database_of_its_own, figures, name, throw_away
from tests.project.processes import lives, wait_until


@pytest.fixture
def folders(committed_world):
    """Two data folders, and in the first a database of its own that has the small world."""
    with database_of_its_own() as first:
        second = place.of_its_own("second")
        yield first, second
        throw_away(second)


def writers(url):
    """Start what records meetings, and let it come to work."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.project.writing"],
        env=os.environ | {"DATABASE_URL": url, "CHIBO_TODAY": "2024-01-10"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("A") or process.poll() is None
    return process


def kill(data):
    """Kill all processes of a server at once, as a machine that is gone would."""
    made = Cluster.of(data)
    first = embedded._postmaster(made)
    for pid in [first, *sorted(embedded._processes(made) - {first})]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_until(lambda: not any(lives(pid) for pid in embedded._processes(made)))


def recorded(url):
    with psycopg.connect(url) as reader:
        return {code for (code,) in reader.execute("select code from meetings_meeting")}


def test_a_database_killed_under_load_is_followed_by_its_standby_with_every_write_answered(folders, capsys):
    first, second = folders
    with embedded.share(first, name(), AS_ASKED) as url:
        standby.make(second, url)
        with embedded.share(second, name(), AS_ASKED) as other:
            standby.confirm(url, standby.name_of(second))
            assert standby.is_standby(other) and standby.answers(standby.follows(other))
            before, load = recorded(url), writers(url)
            time.sleep(3)
            kill(first)
            out, complaint = load.communicate(timeout=60)
            assert "Traceback" not in complaint, complaint
            answered = set(out.split())
            assert len(answered) > 20
            assert not standby.answers(standby.follows(other))
            standby.promote(other)
            found = recorded(other)
            assert not answered - found
            assert before <= found
            assert_figures_go_on(other)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(answered)} meetings answered, {len(found - before - answered)} more were on their way\n"
        )


def assert_figures_go_on(url):
    """What is folded on the new database is what comes of its records alone."""
    with at(url):
        while folding.fold(by=None, at=clock.now()):
            pass
    folded = figures(url)
    assert "meetings.attendance" in folded
    with at(url):
        folding.fold_all(by=None, at=clock.now())
    assert figures(url) == folded


def test_without_its_standby_a_database_that_waits_for_it_answers_nothing_as_done(folders):
    first, second = folders
    with embedded.share(first, name(), AS_ASKED) as url:
        standby.make(second, url)
        standby.confirm(url, standby.name_of(second))  # and it does not run
        waits = "select pid from pg_stat_activity where wait_event = 'SyncRep'"
        with psycopg.connect(url, autocommit=True) as reader:
            writing = Thread(target=write_once, args=[url, said := []])
            writing.start()
            (pid,) = wait_until(lambda: reader.execute(waits).fetchone())
            reader.execute("select pg_terminate_backend(%s)", [pid])
            writing.join()
        assert isinstance(said[0], psycopg.OperationalError)
        assert standby.confirming(url) == [standby.name_of(second)]
        standby.release(url, standby.name_of(second))
        assert standby.confirming(url) == []
        write_once(url, said)
        assert said[1] == "done"


def write_once(url, said):
    try:
        with psycopg.connect(url, autocommit=True) as writer:
            writer.execute("select pg_logical_emit_message(true, 'a', 'b')")
            said.append("done")
    except psycopg.Error as error:
        said.append(error)
