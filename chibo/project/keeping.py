"""Backups: the whole database in one file, tried before it counts; and the way back.

The file is what pg_dump writes, readable by any pg_restore, and after it one line that says what must come out of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from chibo.project.cluster import Owner, binaries

SIGN = b"\nchibo-backup-1 "  # begins the last line
LONGEST_LINE = 1 << 20
ONE_AT_A_TIME = 7264001  # the number of the lock of whoever makes or restores a backup
TABLES = (  # one in partitions is looked at as a whole
    "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
    " and relnamespace = 'public'::regnamespace order by 1"
)
# A sum does not ask for an order; 60 bits of each row's digest leave room for it in a numeric.
FINGERPRINT = "select count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text from {} t"


class Trouble(Exception):
    """A backup or restore that can't be done; the message says why, nothing has changed."""


@dataclass(frozen=True)
class Contents:
    """What a database holds: of each table the number of its rows and a fingerprint of them all."""

    tables: dict[str, list[Any]]

    @property
    def said(self) -> str:
        rows = sum(count for count, _ in self.tables.values())
        sums = sum(self.tables[f"indicators_{name}"][0] for name in ("ownsum", "sum"))
        return f"{rows:,} rows in {len(self.tables)} tables, {sums:,} sums of figures"


def backup(file: Path) -> Contents:
    """Write the database to a file, restore that file into a scratch database and compare it, then put it in place.

    Trouble if the file can't be written or what comes back from it differs in any row or figure.
    """
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        half.touch(0o600)  # nobody else reads what it holds
        with _connect() as held:
            held.execute("begin isolation level repeatable read read only")
            row = held.execute("select pg_export_snapshot()").fetchone()
            assert row is not None
            _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={row[0]}", f"--file={half}", _url())
            original = _contents(held)
        with _scratch("trial") as name:
            _fill(name, half)
            with _connect(name) as trial:
                if _contents(trial) != original:
                    raise Trouble("The backup was tried and came back different; it was not kept.")
        _sign(half, original)
        half.replace(file)
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}.") from error
    finally:
        half.unlink(missing_ok=True)
    return original


def restore(file: Path) -> Contents:
    """Put what a backup holds in the place of the database; until the last moment nothing of the old one changes.

    Trouble if the file is no backup, is damaged, or others are connected to the database.
    """
    expected = _expected(file)
    target = str(settings.DATABASES["default"]["NAME"])
    connections.close_all()
    default: Any = connections["default"]
    default.close_pool()  # idle ones are connected too
    with _connect("postgres") as server:
        _refuse_others(server, target)
        with _scratch("restored") as name:
            _fill(name, file)
            with _connect(name) as restored:
                if _contents(restored) != expected:
                    raise Trouble(f"{file} was restored aside and came back different; nothing has changed.")
            _refuse_others(server, target)
            _swap(server, target, name)
    return expected


def address() -> str:
    """The address of the database as it is configured, for PostgreSQL's own programs; with its password."""
    password = str(settings.DATABASES["default"]["PASSWORD"])
    return make_conninfo(_url(), **({"password": password} if password else {}))


def _swap(server: psycopg.Connection[Any], target: str, restored: str) -> None:
    """Give the restored database the name of the present one, which goes away."""
    before = f"{target}_before"
    rename = "alter database {} rename to {}"
    server.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(before)))
    try:
        with server.transaction():
            server.execute(sql.SQL(rename).format(sql.Identifier(target), sql.Identifier(before)))
            server.execute(sql.SQL(rename).format(sql.Identifier(restored), sql.Identifier(target)))
    except psycopg.errors.ObjectInUse as error:
        raise Trouble(OTHERS) from error
    server.execute(sql.SQL("drop database {}").format(sql.Identifier(before)))


OTHERS = "Others are connected to the database: stop the server and the worker first."


def _refuse_others(server: psycopg.Connection[Any], target: str) -> None:
    others = "select from pg_stat_activity where datname = %s and backend_type = 'client backend'"
    if server.execute(others, [target]).fetchone() is not None:
        raise Trouble(OTHERS)


def _sign(file: Path, contents: Contents) -> None:
    """Append the line that says what is in the file, and have all of it on the disk."""
    line = {"size": file.stat().st_size, "sha256": _digest(file, file.stat().st_size), "tables": contents.tables}
    with file.open("ab") as target:
        target.write(SIGN + json.dumps(line).encode() + b"\n")
        target.flush()
        os.fsync(target.fileno())


def _expected(file: Path) -> Contents:
    """What must come out of a backup; Trouble if it is none, or not as it was written."""
    try:
        with file.open("rb") as source:
            source.seek(max(0, file.stat().st_size - LONGEST_LINE))
            _before, sign, line = source.read().rpartition(SIGN)
        if not sign:
            raise Trouble(f"{file} is no backup of Chibo, or its end is missing.")
        said = json.loads(line)
        whole = said["size"] + len(sign) + len(line) == file.stat().st_size
        if not whole or _digest(file, said["size"]) != said["sha256"]:
            raise Trouble(f"{file} is damaged: it is not as it was written.")
        return Contents(said["tables"])
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{file} is damaged: it is not as it was written.") from error


def _digest(file: Path, size: int) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while size > 0 and (block := source.read(min(size, 1 << 20))):
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()


def _contents(connection: psycopg.Connection[Any]) -> Contents:
    connection.execute("select set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false)")
    names = connection.execute(TABLES).fetchall()
    tables: dict[str, list[Any]] = {}
    for (name,) in names:
        row = connection.execute(sql.SQL(FINGERPRINT).format(sql.Identifier(name))).fetchone()
        assert row is not None
        tables[name] = list(row)
    return Contents(tables)


@contextmanager
def _scratch(purpose: str) -> Iterator[str]:
    """The name of an empty database that is gone afterwards, unless it was renamed; one at a time."""
    name = f"{settings.DATABASES['default']['NAME']}_{purpose}"
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with _connect("postgres") as server:
        server.execute("select pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        server.execute(drop)  # one that was killed left it
        server.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            server.execute(drop)


def _fill(name: str, file: Path) -> None:
    """Everything into the one place the new server has: what lay on another disk lies there, too."""
    one = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-tablespaces")
    _run("pg_restore", *one, f"--dbname={_url(name)}", str(file))


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs; Trouble with its last words if it fails."""
    folder = binaries(Owner(os.geteuid(), os.getegid()))
    done = subprocess.run(
        [str(folder / program), *arguments], capture_output=True, text=True, env=_environment(), check=False
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        raise Trouble(words[0])


def _environment() -> dict[str, str]:
    """The process's own, with the password where PostgreSQL's programs look for it and nobody else does."""
    return os.environ | {"PGPASSWORD": str(settings.DATABASES["default"]["PASSWORD"])}


def _url(name: str | None = None) -> str:
    """The address of a database of the configured server, without password."""
    chosen: dict[str, Any] = settings.DATABASES["default"]
    parts = {key: value for key, value in chosen.get("OPTIONS", {}).items() if key != "pool"}
    parts |= {"dbname": name or chosen["NAME"], "user": chosen["USER"], "host": chosen["HOST"], "port": chosen["PORT"]}
    return make_conninfo("", **{key: value for key, value in parts.items() if value})


def _connect(name: str | None = None) -> psycopg.Connection[Any]:
    password = str(settings.DATABASES["default"]["PASSWORD"]) or None
    return psycopg.connect(_url(name), password=password, autocommit=True)
