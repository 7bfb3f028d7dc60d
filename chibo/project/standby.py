"""A second PostgreSQL that has every write of the first: made by a base backup, following it, promoted when it is lost.

A standby is a data folder as every other one: once it is promoted, `chibo up` runs on it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chibo.project import embedded
from chibo.project.cluster import Cluster, Trouble, home

SAME_FOR_BOTH = ("secret_key", "stands_at")  # files by which sign-ins, links and the day go on on the standby
WHO_MAY = "local all all trust\nlocal replication all trust\nhost all all all reject\n"
PATIENCE = 60  # seconds the standby gets to become the database


def make(data: Path, of: str, after: Path | None = None) -> None:
    """Make a data folder a standby of the database at an address, whole or not at all; it is not started by this.

    The database keeps what the standby has not fetched yet (a replication slot). `after` is the data folder of the
    database, if it has one: its secret goes with it.
    """
    cluster, name = Cluster.of(data), name_of(data)
    if cluster.files.exists():
        raise Trouble(f"{cluster.home} holds a database already: give another folder.")
    half = cluster.home / "cluster.new"
    shutil.rmtree(half, ignore_errors=True)
    _forget(of, name)
    copy_of(cluster, of, half, name=name, more=("--write-recovery-conf", "--create-slot", f"--slot={name}"))
    let_in(half, cluster)
    half.rename(cluster.files)
    for each in SAME_FOR_BOTH:
        if after and (after / each).exists():
            shutil.copy2(after / each, data / each)


def copy_of(cluster: Cluster, of: str, target: Path, *, name: str, more: tuple[str, ...] = ()) -> None:
    """Copy all files of the server at an address into a folder, as they stand together when this ends."""
    given = conninfo_to_dict(of, application_name=name)
    given.pop("dbname", None)
    cluster.run(
        "pg_basebackup",
        f"--dbname={make_conninfo('', **given)}",
        f"--pgdata={target}",
        "--checkpoint=fast",
        "--wal-method=stream",
        *more,
    )


def name_of(data: Path) -> str:
    """Under which name a data folder's standby is known to the database it follows."""
    return "standby_" + hashlib.sha256(str(Cluster.of(data).home).encode()).hexdigest()[:12]


def confirm(of: str, name: str) -> None:
    """From now on the database answers no write as done before a standby that confirms has it on its disk."""
    _wait_for(of, {*confirming(of), name})


def release(of: str, name: str) -> None:
    """The database no longer waits for this standby, nor keeps anything for it."""
    _wait_for(of, {*confirming(of)} - {name})
    _forget(of, name)


def confirming(of: str) -> list[str]:
    """The standbys of which one must have a write before it is answered as done."""
    return re.findall(r'"([^"]+)"', str(_ask(of, "show synchronous_standby_names")))


def is_standby(url: str) -> bool:
    """Whether the server at an address follows another one, and takes no writes."""
    return bool(_ask(url, "select pg_is_in_recovery()"))


def follows(url: str) -> str:
    """The address of the database a standby follows."""
    return make_conninfo(str(_ask(url, "show primary_conninfo")), dbname="postgres")


def answers(url: str) -> bool:
    """Whether anybody answers at an address, and takes writes."""
    try:
        return not is_standby(make_conninfo(url, connect_timeout=3))
    except psycopg.Error:
        return False


def promote(url: str) -> None:
    """Make a standby the database: it has every write that was answered as done, and takes writes once this returns.

    It waits for no standby of its own until one is made that confirms.
    """
    if not is_standby(url):
        raise Trouble("This is no standby: it takes writes already.")
    if not _ask(url, f"select pg_promote(true, {PATIENCE})"):
        raise Trouble("The standby did not become the database in time: look at its log.")
    with _connect(url) as server:
        for setting in ("synchronous_standby_names", "primary_conninfo", "primary_slot_name"):
            server.execute(sql.SQL("alter system reset {}").format(sql.Identifier(setting)))
        server.execute("select pg_reload_conf()")


def is_made(data: Path) -> bool:
    """Whether there is a database in a data folder."""
    return (home(data) / "cluster").exists()


def serve(data: Path, name: str = embedded.NAME) -> AbstractContextManager[str]:
    """Hold the server of a standby's data folder, started if need be, and yield its address."""
    if not is_made(data):
        raise Trouble(f"There is no database in {data}.")
    return embedded.share(data, name)


def _wait_for(of: str, names: set[str]) -> None:
    said = f"ANY 1 ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in sorted(names))})" if names else ""
    with _connect(of) as server:
        server.execute(sql.SQL("alter system set synchronous_standby_names = {}").format(sql.Literal(said)))
        server.execute("select pg_reload_conf()")
    until = time.monotonic() + 10  # a reload is asked for, and comes a moment later
    while set(confirming(of)) != names and time.monotonic() < until:
        time.sleep(0.05)


def _forget(of: str, name: str) -> None:
    """Drop what the database keeps for a standby that does not follow it."""
    with _connect(of) as server:
        found = server.execute("select active from pg_replication_slots where slot_name = %s", [name]).fetchone()
        if found is None:
            return
        if found[0]:
            raise Trouble("The standby follows the database at this moment: stop it first.")
        server.execute("select pg_drop_replication_slot(%s)", [name])


def let_in(files: Path, cluster: Cluster) -> None:
    """Who reaches the copy: as of every embedded database, whoever may enter its socket's folder."""
    (files / "pg_hba.conf").write_text(WHO_MAY)
    if not (files / "postgresql.conf").exists():  # it lay elsewhere, as some systems have it
        (files / "postgresql.conf").touch(0o600)
        os.chown(files / "postgresql.conf", cluster.owner.uid, cluster.owner.gid)


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _ask(url: str, question: str) -> Any:
    with _connect(url) as server:
        row = server.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]
