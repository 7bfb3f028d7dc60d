"""A real Spark cluster on loopback: a master and workers, processes of their own, ended by their ids."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

MEMORY = "512m"
SMALL = {  # of a job that is small: one plan after the other, nothing compiled for a few rows
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": MEMORY,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
}


def missing() -> str:
    """What a cluster lacks on this machine, in a line; empty where it can be started."""
    if not os.environ.get("CHIBO_CLUSTER"):
        return "a cluster takes minutes of both cores: set CHIBO_CLUSTER=1"
    if find_spec("pyspark") is None:
        return "no pyspark: pip install 'chibo[spark]'"
    return "" if shutil.which("java") else "no Java, which Spark runs on"


@dataclass
class Cluster:
    master: str
    workers: list[subprocess.Popen[bytes]]

    def lose(self, n: int) -> None:
        """Kill a worker at once, and its executor, as when a machine loses its power."""
        worker = self.workers[n]
        for pid in [*_children(worker.pid), worker.pid]:
            os.kill(pid, signal.SIGKILL)
        worker.wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A master and so many workers of one core each, gone at the end."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        log = folder / "master.log"
        started.append(_start(log, "master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"))
        master = _said(log, r"Starting Spark master at (spark://\S+)")
        for n in range(workers):
            work = ["--cores", "1", "--memory", MEMORY, "--work-dir", str(folder / f"work-{n}")]
            started.append(_start(folder / f"worker-{n}.log", "worker.Worker", "--host", "127.0.0.1", *work, master))
        for n in range(workers):
            _said(folder / f"worker-{n}.log", r"(Successfully registered with master)")
        yield Cluster(master, started[1:])
    finally:
        for process in reversed(started):
            if process.poll() is None:
                for pid in [*_children(process.pid), process.pid]:
                    os.kill(pid, signal.SIGKILL)
                process.wait()


def _start(log: Path, what: str, *given: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}", *given]
    env = {"PATH": os.environ["PATH"], "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "128m", "LANG": "C.UTF-8"}
    env |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_WEBUI_PORT": "0"}
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=env, cwd=log.parent)


def _said(log: Path, pattern: str) -> str:
    """What a process says of itself, once it does."""
    for _try in range(1200):
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-2000:])


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []
