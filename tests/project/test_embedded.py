"""The embedded database: wherever its folder lies, whoever shares it, whatever is killed."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from chibo.project import cluster, embedded
from tests import place
from tests.project.processes import lives, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder the server's user can't reach")


@pytest.fixture
def data():
    """A data folder the server's user can reach, with a space and more in its name."""
    folder = place.of_its_own("data") / "a folder, 'quoted' và dài"
    folder.mkdir(parents=True)
    yield folder
    if (folder / "postgres").exists():
        embedded.discard(folder)
        shutil.rmtree(embedded.socket_folder(folder), ignore_errors=True)


def one(url, question, *parameters):
    with psycopg.connect(url) as connection:
        return connection.execute(question, parameters).fetchone()[0]


def server_of(url):
    """The process that serves a database."""
    with psycopg.connect(url) as connection:
        files = connection.execute("show data_directory").fetchone()[0]
    return int((Path(files) / "postmaster.pid").read_text().split()[0])


@contextmanager
def sharer(data, then="sys.stdin.read()"):
    """Another process that shares the database until it is told to end."""
    code = (
        "import sys; from pathlib import Path; from chibo.project import embedded\n"
        "with embedded.share(Path(sys.argv[1])) as url:\n"
        f" print(url, flush=True); {then}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("postgresql://")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.communicate(timeout=60)


def test_it_starts_in_a_folder_with_a_space_and_stops_with_its_only_sharer(data):
    with embedded.share(data) as url:
        assert one(url, "select current_database()") == "chibo"
        assert one(url, "show server_encoding") == "UTF8"
        assert one(url, "show listen_addresses") == ""
        server = server_of(url)
    assert not lives(server)


def test_what_was_written_is_there_at_the_next_start(data):
    with embedded.share(data) as url, psycopg.connect(url) as connection:
        connection.execute("create table kept as select 'ở đây'::text as word")
    with embedded.share(data) as url:
        assert one(url, "select word from kept") == "ở đây"


def test_a_long_path_has_a_short_socket(data):
    deep = data / ("d" * 120) / ("e" * 120)
    with embedded.share(deep) as url:
        assert one(url, "select 1") == 1
        assert len(os.fsencode(embedded.socket_folder(deep) / ".s.PGSQL.5432")) < 60
    embedded.discard(deep)


def test_only_the_servers_user_can_enter_the_folder_of_the_socket(data):
    with embedded.share(data):
        found = embedded.socket_folder(data).stat()
        assert found.st_mode & 0o777 == 0o700
        assert found.st_uid == (data / "postgres").stat().st_uid


def test_no_folder_it_did_not_make_changes_its_mode(data):
    data.chmod(0o751)
    with embedded.share(data):
        pass
    assert data.stat().st_mode & 0o777 == 0o751


def test_a_socket_folder_somebody_else_made_is_refused(data):
    embedded.socket_folder(data).mkdir(mode=0o777)
    embedded.socket_folder(data).chmod(0o777)
    with pytest.raises(embedded.Trouble, match="somebody else"), embedded.share(data):
        pass
    embedded.socket_folder(data).rmdir()


def test_two_share_one_server_and_the_last_stops_it(data):
    with sharer(data) as other:
        with embedded.share(data) as url:
            server = server_of(url)
        other.communicate(timeout=60)
    assert not lives(server)
    with embedded.share(data) as url:
        server = server_of(url)
        with sharer(data):
            assert server_of(url) == server
        assert lives(server)


def test_many_start_at_once_and_find_one_server(data):
    code = (
        "import sys, psycopg; from pathlib import Path; from chibo.project import embedded\n"
        "with embedded.share(Path(sys.argv[1])) as url, psycopg.connect(url) as c:\n"
        " print(c.execute('select pg_postmaster_start_time() is not null').fetchone()[0])"
    )
    several = [
        subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True) for _ in range(5)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in several] == ["True"] * 5
    assert embedded.stop_if_alone(data)
    assert not embedded._processes(cluster.Cluster.of(data))


def test_a_killed_sharer_leaves_a_server_that_the_next_one_adopts_and_stops(data):
    with sharer(data) as other:
        other.kill()
        other.wait(60)
    with embedded.share(data) as url:
        server = server_of(url)
    assert not lives(server)


def test_a_server_that_does_not_end_is_cut_off_and_recovers(data, monkeypatch, capfd):
    monkeypatch.setattr(embedded, "LONGEST_END", 0.5)
    with embedded.share(data) as url:
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 1 as n")
        server = server_of(url)
        os.kill(server, signal.SIGSTOP)
    assert not lives(server)
    assert "cut off" in capfd.readouterr().err
    with embedded.share(data) as url:
        assert one(url, "select n from kept") == 1


@pytest.mark.parametrize("both", [False, True])
def test_a_killed_server_recovers_at_the_next_start(data, both):
    with sharer(data) as other:
        url = embedded.address(data)
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 1 as n")
        os.kill(server_of(url), signal.SIGKILL)
        if both:
            other.kill()
            other.wait(60)
        with embedded.share(data) as url:
            assert one(url, "select n from kept") == 1


def test_a_server_killed_under_a_busy_session_recovers(data):
    with sharer(data):
        url = embedded.address(data)
        busy = psycopg.connect(url, autocommit=True)
        busy.pgconn.send_query(b"select sum(a) from generate_series(1, 100000000) a")
        os.kill(server_of(url), signal.SIGKILL)
        with embedded.share(data) as url:
            assert one(url, "select 1") == 1
        busy.close()


def test_who_holds_it_starts_it_again_when_it_was_killed(data, capfd):
    with embedded.share(data) as url:
        first = server_of(url)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not lives(first))
        embedded.revive()
        assert server_of(url) != first
    assert "started again" in capfd.readouterr().err


@pytest.mark.parametrize("number", ["1", str(os.getpid())], ids=["of another", "of these tests"])
def test_a_stale_file_that_names_another_living_process_does_not_deceive(data, number):
    with embedded.share(data) as url:
        files = Path(one(url, "show data_directory"))
        lines = (files / "postmaster.pid").read_text().splitlines()
    (files / "postmaster.pid").write_text("\n".join([number, *lines[1:]]))
    with embedded.share(data) as url:
        assert one(url, "select 1") == 1


def test_a_making_that_was_killed_is_begun_anew(data):
    made = cluster.Cluster.of(data)
    (made.home / "cluster.new").mkdir()
    (made.home / "cluster.new" / "half").touch()
    with embedded.share(data) as url:
        assert one(url, "select 1") == 1


def test_a_server_that_can_not_start_says_why_in_one_line(data):
    with embedded.share(data):
        pass
    with (cluster.Cluster.of(data).files / "postgresql.conf").open("a") as conf:
        conf.write("nonsense = 1\n")
    with pytest.raises(embedded.Trouble, match="contains errors") as caught, embedded.share(data):
        pass
    assert "\n" not in str(caught.value)


def test_a_database_whose_place_is_gone_is_not_silently_a_new_one(data):
    (data / "postgres").symlink_to(data / "elsewhere")
    with pytest.raises(embedded.Trouble, match="gone"), embedded.share(data):
        pass
    (data / "postgres").unlink()


def test_what_is_in_use_is_not_discarded(data):
    with sharer(data), pytest.raises(embedded.Trouble, match="in use"):
        embedded.discard(data)


@as_root
def test_root_in_a_closed_home_has_it_where_the_servers_user_can_reach_it(data, monkeypatch):
    monkeypatch.setattr(cluster, "MACHINE", data / "var lib")
    closed = data / "root"
    closed.mkdir(mode=0o700)
    inside = closed / "chibo" / "data"
    with embedded.share(inside) as url:
        assert one(url, "select 1") == 1
        assert (inside / "postgres").resolve().parent == data / "var lib"
    with embedded.share(inside) as url:
        assert one(url, "select 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    embedded.discard(inside)
    assert not (inside / "postgres").is_symlink()


@as_root
def test_binaries_the_servers_user_can_not_reach_are_copied_once(data, monkeypatch):
    monkeypatch.setattr(cluster, "MACHINE", data / "machine")
    may = cluster.Owner.may
    monkeypatch.setattr(cluster.Owner, "may", lambda self, t, path: path.name != "postgres" and may(self, t, path))
    with embedded.share(data) as url:
        assert one(url, "select 1") == 1
    assert [entry.name for entry in (data / "machine").iterdir()] == [
        "postgresql-" + cluster.importlib.metadata.version(cluster.WHEEL)
    ]


@as_root
def test_the_server_never_runs_as_root(data):
    with embedded.share(data) as url:
        assert Path(f"/proc/{server_of(url)}").stat().st_uid != 0


def test_recovery_is_awaited_and_shown(data, capfd, monkeypatch):
    monkeypatch.setattr(embedded, "PATIENCE", 0.0)
    answers, asked = embedded._answers, []
    monkeypatch.setattr(embedded, "_answers", lambda made: asked.append(1) or (len(asked) > 5 and answers(made)))
    with embedded.share(data):
        pass
    assert "waiting" in capfd.readouterr().err
