"""Chibo as others run it: commands and servers in processes of their own, on a data folder of their own."""

from __future__ import annotations

import fcntl
import http.client
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from chibo.project import embedded
from chibo.project.cluster import Cluster
from tests import place
from tests.exchange import small


def wait_until(true, seconds=60.0, what="it did not come"):
    """Wait for a condition; fail if it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def lives(pid):
    """Whether a process is there and not dead but unreaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    """The living children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and lives(int(entry.name)):
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def free_port():
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """A data folder, the commands given on it, and what runs on it."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.data.mkdir(parents=True, exist_ok=True)
        drop = (
            "DATABASE_URL",
            "DJANGO_SETTINGS_MODULE",
            "CHIBO_DEBUG",
            "CHIBO_HTTPS",
            "CHIBO_HOSTS",
            "DISPLAY",
            "CHIBO_SECRET_KEY",
        )
        self.environment = {key: value for key, value in os.environ.items() if key not in drop}
        self.environment |= {"CHIBO_DATA": str(data), "CHIBO_TODAY": "2024-01-10", "PYTHONWARNINGS": "ignore"}
        self.log = data / "said"
        self.main: subprocess.Popen[bytes] | None = None

    def command(self, *arguments, **more):
        """Start `chibo ...`."""
        return subprocess.Popen(
            [sys.executable, "-m", "chibo", *map(str, arguments)],
            env=self.environment | more.pop("environment", {}),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,
        )

    def run(self, *arguments, **more):
        """Give `chibo ...` to its end: its exit code, what it said, and what it complained of."""
        process = self.command(*arguments, **more)
        out, err = process.communicate(timeout=180)
        return process.returncode, out, err

    def start(self, *arguments):
        """Start server and worker, and wait until they answer."""
        with self.log.open("ab") as log:
            self.main = subprocess.Popen(
                [sys.executable, "-m", "chibo", *arguments, "--port", str(self.port)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.await_answer()

    def await_answer(self, seconds=300.0):
        def answers():
            assert self.main.poll() is None, self.log.read_text()
            return Visitor(self.port).status("/accounts/login/") == 200

        wait_until(answers, seconds, "the server does not answer")

    def processes(self):
        """By what they are: who supervises, the server, those who serve pages, the worker, the database."""
        of_main = children(self.main.pid)
        command = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in of_main if lives(pid)}
        found = {"main": [self.main.pid]}
        found["server"] = [pid for pid, said in command.items() if "chibo.project.server" in said]
        found["worker"] = [pid for pid, said in command.items() if said.rstrip("\0").endswith("worker")]
        found["pages"] = [pid for server in found["server"] for pid in children(server)]
        found["database"] = self.database_processes()[:1]
        found["session"] = self.database_processes()[1:]
        return found

    def database_processes(self):
        """The database's own processes, the first of them first."""
        made = Cluster.of(self.data)
        first = embedded._postmaster(made)
        return [first, *sorted(embedded._processes(made) - {first})] if first else []

    def stop(self, number=signal.SIGINT):
        """Ask what runs to stop: its exit code."""
        self.main.send_signal(number)
        return self.main.wait(30)

    def end(self):
        """Away with whatever is left."""
        if self.main and self.main.poll() is None:
            self.stop()
        embedded.discard(self.data)
        folder = embedded.socket_folder(self.data)
        if folder.exists():
            folder.rmdir()


def prepared(name: str, prepare: Callable[[Installation], object]) -> Installation:
    """A copy of an installation that whoever comes first has prepared, once a run."""
    whole, mine = place.folder() / name, place.of_its_own(f"of-{name}")
    with (place.folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            half = Installation(place.folder() / f"half-{name}")
            prepare(half)
            half.data.rename(whole)
    subprocess.run(["cp", "-a", f"{whole}/.", mine], check=True)
    return Installation(mine)


def load_the_roll(made: Installation) -> None:
    """Load the small roll into an installation there is nothing of: tables and database are made on the way."""
    file = small.write(small.roll(), made.data / "roll.xlsx")
    code, said, complaint = made.run("load", file, "--json")
    assert code == 0, complaint
    assert json.loads(said)["outcome"] == "done"
    assert not made.database_processes()


class Visitor:
    """A browser, as far as needed."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path, form=None):
        """The page, and the path it came from in the end; None where no whole answer came."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self.opener.open(self.address + path, data, timeout=20) as answer:
                return answer.read().decode(), urllib.parse.urlsplit(answer.url).path
        except (OSError, http.client.HTTPException):
            return None

    def status(self, path):
        try:
            with self.opener.open(self.address + path, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, http.client.HTTPException):
            return 0

    def sign_in(self, username, password):
        """Whether the sign-in was answered with success."""
        page = self.open("/accounts/login/")
        token = page and re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page[0])
        if not token:
            return False
        form = {"csrfmiddlewaretoken": token[1], "login": username, "password": password}
        answer = self.open("/accounts/login/", form)
        return answer is not None and answer[1] == "/"
