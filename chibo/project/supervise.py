"""Server and worker side by side: started, restarted when they die, stopped together."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chibo.project import embedded
from chibo.project.parents import PARENT

GRACE = 15.0  # seconds a process has to end by itself
LONGEST_PAUSE = 30.0  # seconds between two tries to restart


@dataclass
class Child:
    """A process to keep running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = 0.5
    next_try: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C is for the one who supervises."""
        environment = os.environ | {PARENT: str(os.getpid())}
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, start_new_session=True, env=environment)
        self.next_try = time.monotonic() + self.pause

    def keep(self) -> None:
        """Start it again if it died, the later the more often it did."""
        if self.process is None or self.process.poll() is None:
            return
        if time.monotonic() >= self.next_try:
            print(f"The {self.name} ended and is started again.", file=sys.stderr, flush=True)  # noqa: T201
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            self.start()


def server_and_worker(host: str, port: int, workers: int = 2) -> list[Child]:
    """What serves the pages, and what folds and runs tasks beside them; what keeps an archive, if one is named."""
    python = [sys.executable, "-P", "-m"]
    archive = os.environ.get("CHIBO_ARCHIVE")
    return [
        Child("server", [*python, "chibo.project.server", host, str(port), str(workers)]),
        Child("worker", [*python, "chibo", "worker"]),
        *([Child("archive", [*python, "chibo", "archive", archive])] if archive else []),
    ]


def run(children: list[Child], ready: Callable[[], Any]) -> None:
    """Keep the children and the embedded database they use running until a signal says stop.

    `ready` is called once they were started.
    """
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: stopping.append(number))
    try:
        for child in children:
            child.start()
        ready()
        while not stopping:
            embedded.revive()
            for child in children:
                child.keep()
            time.sleep(0.2)
    finally:
        stop(children)


def stop(children: list[Child]) -> None:
    """End the children, softly first; none is left."""
    living = [child.process for child in children if child.process and child.process.poll() is None]
    for process in living:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in living:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def is_free(host: str, port: int, patience: float = 3.0) -> bool:
    """Whether nobody listens there; who was orphaned a moment ago is given the time to end."""
    deadline = time.monotonic() + patience
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return True
            except OSError:
                if time.monotonic() > deadline:
                    return False
        time.sleep(0.2)


def await_answer(host: str, port: int, patience: float = 60.0) -> bool:
    """Wait until the server answers; False if it does not in that time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(host, port, timeout=5)
            connection.request("GET", "/accounts/login/", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False
