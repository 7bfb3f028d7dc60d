"""Processes that end with the one that started them, however that one ends."""

import multiprocessing
import os
import threading
import time

LOOK = 0.3  # seconds between two looks
PARENT = "CHIBO_PARENT"  # the variable by which a process tells its number to those it starts


def end_with_parent() -> None:
    """From now on this process ends by itself soon after its parent is gone, even one killed hard or long ago.

    The parent's number comes from the parent: asked for here, it could already be that of whoever adopts orphans.
    """
    spawned_by = multiprocessing.parent_process()
    parent = spawned_by.pid if spawned_by else int(os.environ.get(PARENT) or os.getppid())
    threading.Thread(target=_watch, args=[parent], name="parent", daemon=True).start()


def _watch(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)
