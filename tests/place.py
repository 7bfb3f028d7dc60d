"""The folder of one run of the tests, shared by its workers; what earlier runs left behind is cleared away."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "chibo-tests-"
_held: list[int] = []  # the lock that says the run is alive


def folder() -> Path:
    """The folder of this run: made by the process that runs the tests, found by its workers."""
    if "CHIBO_TEST_FOLDER" not in os.environ:
        _sweep()
        made = Path(tempfile.mkdtemp(prefix=PREFIX))
        made.chmod(0o755)  # for root, whose server runs as another user
        _held.append(os.open(made / "alive", os.O_RDWR | os.O_CREAT, 0o600))
        fcntl.flock(_held[0], fcntl.LOCK_EX)
        os.environ["CHIBO_TEST_FOLDER"] = str(made)
    return Path(os.environ["CHIBO_TEST_FOLDER"])


def of_its_own(what: str) -> Path:
    """A new folder within it, no other worker's, that the server's user can reach."""
    made = Path(tempfile.mkdtemp(prefix=f"{what}-", dir=folder()))
    made.chmod(0o755)
    return made


def leave() -> None:
    """Stop the run's database and remove its folder, in the process that made it."""
    if _held:
        _remove(folder())
        os.close(_held.pop())


def _remove(run: Path) -> None:
    from chibo.project import embedded

    with contextlib.suppress(embedded.Trouble):
        embedded.discard(run)
        shutil.rmtree(embedded.socket_folder(run), ignore_errors=True)
    shutil.rmtree(run, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders of runs that were killed."""
    for run in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            file = os.open(run / "alive", os.O_RDWR)
        except OSError:
            continue
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(run)
        os.close(file)
