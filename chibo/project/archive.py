"""Base backups and every change after them, in a folder: the database as it stood at any moment since the first.

In the folder lies `base-MOMENT` for each base backup, and in `wal` what was written since, as it is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chibo.project import embedded, standby
from chibo.project.cluster import ENVIRONMENT, Cluster, Owner, Trouble, binaries, last_words

SLOT = "chibo_archive"  # by which the database keeps what was not fetched yet
BASE = re.compile(r"base-(\d{8}T\d{6}Z)")
WHEN = "%Y%m%dT%H%M%SZ"
SEGMENT = re.compile(r"[0-9A-F]{24}")
PATIENCE = 3600.0  # seconds going through what was written may take


def wal(folder: Path) -> Path:
    """Where in an archive the changes lie."""
    return folder / "wal"


def bases(folder: Path) -> list[tuple[datetime, Path]]:
    """The base backups of an archive and when each was whole, oldest first."""
    found = [(BASE.fullmatch(entry.name), entry) for entry in folder.iterdir()] if folder.is_dir() else []
    moments = [(datetime.strptime(name[1], WHEN).replace(tzinfo=UTC), entry) for name, entry in found if name]
    return sorted(moments)


def keep_up(folder: Path, of: str) -> subprocess.Popen[bytes]:
    """Start what writes every change of the database at an address to the archive, a moment after it is made.

    It goes on from where the archive ends; the database keeps what was not fetched meanwhile.
    """
    wal(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    command = ["pg_receivewal", f"--dbname={_server(of)}", f"--directory={wal(folder)}", f"--slot={SLOT}"]
    _run(of, *command, "--create-slot", "--if-not-exists")
    return subprocess.Popen(
        [_program(command[0]), *command[1:], "--synchronous", "--no-loop"],
        env=_environment(of),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o077,
    )


def take(folder: Path, of: str) -> Path:
    """Copy the database at an address whole into the archive, compare the copy with what was read, and put it in place.

    Trouble where nothing keeps up with its changes: a base alone leads to no moment after it.
    """
    if not _is_kept_up(of):
        raise Trouble(f"Nothing fetches what is written: start `chibo archive {folder}` first.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = folder / f".base.{os.getpid()}"
    shutil.rmtree(half, ignore_errors=True)
    try:
        how = ("--checkpoint=fast", "--manifest-checksums=SHA256")
        _run(of, "pg_basebackup", f"--dbname={_server(of)}", f"--pgdata={half}", *how)
        compare(half)
        ended = datetime.fromtimestamp(
            (half / "backup_manifest").stat().st_mtime + 1, UTC
        )  # its name has no parts of one
        whole = folder / f"base-{ended.strftime(WHEN)}"
        half.rename(whole)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return whole


def begin(folder: Path, of: str) -> Path:
    """Take the first base backup, once what fetches the changes has come to work."""
    until = time.monotonic() + 30
    while not _is_kept_up(of) and time.monotonic() < until:
        time.sleep(0.1)
    return take(folder, of)


def compare(base: Path) -> None:
    """See that every file of a base backup is as it was read; Trouble with the first that is not."""
    try:
        files = json.loads((base / "backup_manifest").read_bytes())["Files"]
        for each in files:
            path = each["Path"] if "Path" in each else os.fsdecode(bytes.fromhex(each["Encoded-Path"]))
            with (base / path).open("rb") as source:
                if hashlib.file_digest(source, "sha256").hexdigest() != each["Checksum"]:
                    raise Trouble(f"{base} is damaged: {path} is not as it was written.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{base} is damaged: {error}") from error


def thin(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest base backups, and the changes that none of those left needs; what was removed."""
    gone = [base for _moment, base in bases(folder)[:-keep]]
    for base in gone:
        shutil.rmtree(base)
    first = _first(bases(folder)[0][1])
    for entry in wal(folder).iterdir():
        if SEGMENT.fullmatch(entry.name) and entry.name[8:] < first:
            entry.unlink()
    return gone


def restore(folder: Path, into: Path, to: datetime | None) -> datetime:
    """Make a data folder whose database stands as it did at a moment, or as late as the archive knows.

    The moment its last change was made is returned; the archive and every other database stay as they are. Trouble if
    no base backup is older, or the archive does not reach that far.
    """
    cluster = Cluster.of(into)
    if cluster.files.exists():
        raise Trouble(f"{into} holds a database already: give a new folder.")
    fitting = [each for each in bases(folder) if to is None or each[0] <= to]
    if not fitting:
        raise Trouble(f"{folder} has no base backup of that moment or before it.")
    moment, base = fitting[-1]
    compare(base)
    half, changes = cluster.home / "cluster.new", cluster.home / "wal"
    for each in (half, changes):
        shutil.rmtree(each, ignore_errors=True)
    shutil.copytree(base, half)
    _copy_changes(wal(folder), changes, _first(half))
    standby.let_in(half, cluster)
    (half / "recovery.signal").touch(0o600)
    _give(cluster.home, cluster.owner)
    half.rename(cluster.files)
    try:
        reached = _recover_or_to_the_end(into, changes, to)
    except BaseException:
        embedded.discard(into)
        raise
    shutil.rmtree(changes)
    return reached or moment


def _recover_or_to_the_end(into: Path, changes: Path, to: datetime | None) -> datetime | None:
    """Where nothing was written after the moment, the end of the archive is how the database stood then."""
    try:
        return _recover(into, changes, to)
    except (Trouble, psycopg.OperationalError) as trouble:  # it ends before it answers, or a moment after
        said = (Cluster.of(into).home / "start.log").read_text(errors="replace")
        if "before configured recovery target" not in said:  # its last words may be to one who asks meanwhile
            raise Trouble(last_words(said)) from trouble
    return _recover(into, changes, None)


def _recover(into: Path, changes: Path, to: datetime | None) -> datetime | None:
    """Go through the changes up to a moment, and take writes from then on."""
    settings = [f"restore_command=cp {shlex.quote(str(changes))}/%f %p", "logging_collector=off"]  # why not is said
    settings += ["recovery_target_timeline=latest", "synchronous_standby_names=", "primary_conninfo="]
    if to is not None:
        settings += [f"recovery_target_time={to.isoformat()}", "recovery_target_action=promote"]
    with embedded.share(into, "postgres", settings) as url:
        until = time.monotonic() + PATIENCE
        while standby.is_standby(url):
            if time.monotonic() > until:
                raise Trouble("Going through the changes takes too long; the archive stays as it is.")
            time.sleep(0.1)
        with psycopg.connect(url, autocommit=True) as server:
            row = server.execute("select pg_last_xact_replay_timestamp()").fetchone()
            for setting in ("synchronous_standby_names", "primary_conninfo", "primary_slot_name"):
                server.execute(sql.SQL("alter system reset {}").format(sql.Identifier(setting)))
    return row[0] if row else None


def _first(base: Path) -> str:
    """The first change that a base backup needs, by its place."""
    found = re.search(r"\(file [0-9A-F]{8}([0-9A-F]{16})\)", (base / "backup_label").read_text())
    if found is None:
        raise Trouble(f"{base} is no base backup: it does not say where it begins.")
    return found[1]


def _copy_changes(source: Path, target: Path, first: str) -> None:
    """The changes from a place on, with what is still being written under the name by which it is looked for."""
    target.mkdir(mode=0o700)
    for entry in sorted(source.iterdir()) if source.is_dir() else []:
        named = entry.name.removesuffix(".partial")
        if SEGMENT.fullmatch(named) and named[8:] < first:
            continue
        with suppress(FileNotFoundError):  # it became whole at this moment, and is found under that name next
            shutil.copy2(entry, target / named)


def _give(home: Path, owner: Owner) -> None:
    """All below a folder to the user the server runs as."""
    if os.geteuid() != 0:
        return
    for folder, _folders, files in os.walk(home):
        for each in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118
            os.chown(each, owner.uid, owner.gid, follow_symlinks=False)


def _is_kept_up(of: str) -> bool:
    with psycopg.connect(of, connect_timeout=10) as server:
        active = "select from pg_replication_slots where slot_name = %s and active"
        return server.execute(active, [SLOT]).fetchone() is not None


def _server(of: str) -> str:
    """The address of the server, for programs that ask for no database; its password goes another way."""
    given: dict[str, Any] = conninfo_to_dict(of, application_name=SLOT)
    return make_conninfo("", **{key: value for key, value in given.items() if key not in ("dbname", "password")})


def _program(name: str) -> str:
    return str(binaries(Owner(os.geteuid(), os.getegid())) / name)


def _environment(of: str) -> dict[str, str]:
    """The process's own, with the password where PostgreSQL's programs look for it and nobody else does."""
    password = conninfo_to_dict(of).get("password")
    return os.environ | ENVIRONMENT | ({"PGPASSWORD": str(password)} if password else {})


def _run(of: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs to its end; Trouble with its last words if it fails."""
    done = subprocess.run(
        [_program(program), *arguments],
        env=_environment(of),
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"{program}: {last_words(done.stderr)}")
