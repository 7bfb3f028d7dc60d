"""The embedded PostgreSQL: started by whoever comes first, shared, stopped by whoever leaves last.

Each sharer holds a kernel lock on a file, which dies with it however it dies; so the last one to leave, or the next to
come, always knows what is going on. Whether the server lives is asked of the server, never of a file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from chibo.project.cluster import ENVIRONMENT, Cluster, Trouble, binaries, home, last_words, socket_folder

__all__ = ["Trouble", "address", "discard", "revive", "share", "socket_folder", "stop_if_alone"]

NAME = "chibo"  # of the database and of its role
LEAST, MOST = 128, 1024  # megabytes the server keeps of its files, at most an eighth of the machine's memory
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": f"{min(max(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2**23, LEAST), MOST)}MB",
    "max_connections": "60",
    "checkpoint_timeout": "15min",  # after each one every page is written whole again when it is first changed
    "max_wal_size": "2GB",
    "max_slot_wal_keep_size": "16GB",  # what a standby that is gone for ever would have fetched fills no disk
    "hot_standby_feedback": "on",  # who reads a standby is not cut off by what is swept on its database
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_file_mode": "0600",
}
_held: list[tuple[Cluster, Sequence[str]]] = []  # by this process
_servers: dict[Path, subprocess.Popen[bytes]] = {}  # started by this process: their ends are awaited by it
LONGEST_END = 120.0  # seconds a server gets to write down what it holds and end
PATIENCE = 1.0  # seconds without an answer before the user is told what is waited for


def address(data: Path, name: str = NAME) -> str:
    """The URL of a database of the embedded server of a data folder."""
    return f"postgresql://{NAME}@/{name}?host={quote(str(socket_folder(data)))}"


@contextmanager
def share(data: Path, name: str = NAME, settings: Sequence[str] = ()) -> Iterator[str]:
    """Hold the embedded database of a data folder, started if need be, and yield its URL.

    `settings` (`"fsync=off"`) are for tests; they apply if it is this sharer who starts the server.
    """
    cluster = Cluster.of(data)
    with _locked(cluster, "start.lock"):
        held = _lock(cluster, "sharers.lock", fcntl.LOCK_SH)
        try:
            _start(cluster, settings)
            _make_database(cluster, name)
        except BaseException:
            _leave(cluster, held)
            raise
    _held.append((cluster, settings))
    try:
        yield address(data, name)
    finally:
        _held.remove((cluster, settings))
        with _locked(cluster, "start.lock"):
            _leave(cluster, held)


def revive() -> None:
    """Start again what this process shares, where its server died: a kill -9 is recovered from without a restart."""
    for cluster, settings in _held:
        if _postmaster(cluster) is None:
            _tell("The database ended and is started again.")
            with _locked(cluster, "start.lock"):
                _start(cluster, settings)


def stop_if_alone(data: Path) -> bool:
    """Stop a server that nobody holds, as one left behind by a killed command; False where someone holds it."""
    if not home(data).exists():
        return True
    cluster = Cluster.of(data)
    with _locked(cluster, "start.lock"):
        return _leave(cluster, _lock(cluster, "sharers.lock", fcntl.LOCK_SH))


def discard(data: Path) -> None:
    """Remove the embedded database of a data folder for good; Trouble while another command uses it."""
    if not stop_if_alone(data):
        raise Trouble(f"The database in {data} is in use by another command: stop that first.")
    shutil.rmtree(home(data), ignore_errors=True)
    (data / "postgres").unlink(missing_ok=True)


def _lock(cluster: Cluster, name: str, kind: int) -> int:
    file = os.open(cluster.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, kind)
    return file


@contextmanager
def _locked(cluster: Cluster, name: str) -> Iterator[None]:
    file = _lock(cluster, name, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


def _leave(cluster: Cluster, held: int) -> bool:
    """Give up the sharer's lock; stop the server if nobody else has one. Within `start.lock`."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        _stop(cluster)
        return True
    finally:
        os.close(held)


def _connect(cluster: Cluster, name: str = "postgres") -> psycopg.Connection:
    url = f"postgresql://{NAME}@/{name}?host={quote(str(cluster.socket))}"
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def _answers(cluster: Cluster) -> bool:
    try:
        _connect(cluster).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(cluster: Cluster, settings: Sequence[str]) -> None:
    """See that the server answers, however long its recovery takes; within `start.lock`."""
    cluster.make()
    begun, word_due, server = time.monotonic(), PATIENCE, None
    while not _answers(cluster):
        if server is not None and server.poll() is not None and _postmaster(cluster) is None:
            words = (cluster.home / "start.log").read_text(errors="replace")
            raise Trouble(f"The database does not start: {last_words(words)} (more in {cluster.home})")
        if server is None and _postmaster(cluster) is None:
            _clear(cluster)
            server = _servers[cluster.home] = _launch(cluster, settings)
        waited = time.monotonic() - begun
        if waited > word_due:
            word_due = waited + 5
            _tell(f"The database is recovering or starting; waiting ({waited:.0f} s) ...")
        time.sleep(0.03)


def _launch(cluster: Cluster, settings: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that a Ctrl-C meant for a command doesn't stop it."""
    chosen = [f"{key}={value}" for key, value in SETTINGS.items()]
    chosen += [f"unix_socket_directories={cluster.socket}", "unix_socket_permissions=0700", *settings]
    command = [str(binaries(cluster.owner) / "postgres"), "-D", str(cluster.files)]
    for setting in chosen:
        command += ["-c", setting]
    log = os.open(cluster.home / "start.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            command,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **cluster.owner.as_process,
        )
    finally:
        os.close(log)


def _stop(cluster: Cluster) -> None:
    """Stop the server and await its end; its sessions are closed, what they had not committed undone."""
    pid = _postmaster(cluster)
    if pid is None:
        _clear(cluster)
        return
    os.kill(pid, signal.SIGINT)
    asked, files = time.monotonic(), os.path.realpath(cluster.files)
    while _works_in(pid, files):  # its file goes before it does
        if time.monotonic() - asked > LONGEST_END:
            _tell("The database does not end; it is cut off, and recovers at the next start.")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _clear(cluster)
        time.sleep(0.02)
    if cluster.home in _servers:
        _servers.pop(cluster.home).wait()


def _postmaster(cluster: Cluster) -> int | None:
    """The process of this cluster's server, if it lives: not one that has its number by chance, nor a dead one."""
    try:
        pid = int((cluster.files / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if _works_in(pid, os.path.realpath(cluster.files)) else None


def _works_in(pid: int, folder: str) -> bool:
    """Whether a living process works in a folder; not so one that is dead but unreaped, or another user's."""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink()) == folder
    except OSError:
        return False


def _processes(cluster: Cluster) -> set[int]:
    """Living processes that work in the cluster's folder, as PostgreSQL's do."""
    numbers = {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()} - {os.getpid()}
    files = os.path.realpath(cluster.files)
    return {pid for pid in numbers if _works_in(pid, files)}


def _clear(cluster: Cluster) -> None:
    """Away with what a killed server left: its last processes, and files that claim it still runs."""
    asked = time.monotonic()
    while orphans := _processes(cluster):
        late = time.monotonic() - asked > 5
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGQUIT)
            except ProcessLookupError:
                continue
        time.sleep(0.05)
    if cluster.home in _servers:
        _servers.pop(cluster.home).wait()
    (cluster.files / "postmaster.pid").unlink(missing_ok=True)
    for left in cluster.socket.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201


def _make_database(cluster: Cluster, name: str) -> None:
    with _connect(cluster) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
