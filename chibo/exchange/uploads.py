"""Workbooks sent by a browser: kept in a folder nobody else reads, and how far the work on each is."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.exchange.reading import MB, most_bytes


@dataclass(frozen=True)
class Progress:
    """What is being done, and how much of all is behind it, in percent."""

    what: str
    percent: int


def folder() -> Path:
    """The folder of the uploads, made on first use for the program alone."""
    path: Path = settings.DATA / "uploads"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep what comes under a name of its own; the name and the size. Denied if it is more than is read."""
    name, size = f"{uuid.uuid4()}.xlsx", 0
    path = folder() / name
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in chunks:
                size += len(chunk)
                if size > most_bytes():
                    told = _("The file is larger than %(limit)s MB, the most that is read.")
                    raise Denied(told % {"limit": most_bytes() // MB})
                target.write(chunk)
    except BaseException:
        forget(name)
        raise
    return name, size


def forget(name: str) -> None:
    """Delete a file that was kept, and what was told of its progress."""
    for path in (folder() / name, _progress(name)):
        with suppress(OSError):
            path.unlink()


def forget_told(name: str) -> None:
    """Delete what was told of the progress of work on a file."""
    with suppress(OSError):
        _progress(name).unlink()


def tell(name: str, what: str, share: float) -> None:
    """Say how far the work on a file is; a transaction that goes on can't tell it through the database."""
    half = _progress(name).with_suffix(".half")
    with suppress(OSError):  # no room to tell of it is no reason to stop
        half.write_text(f"{round(share * 100)} {what}", encoding="utf-8")
        half.replace(_progress(name))


def told(name: str) -> Progress:
    """How far the work on a file was said to be."""
    try:
        percent, _blank, what = _progress(name).read_text(encoding="utf-8").partition(" ")
        return Progress(what, min(100, int(percent)))
    except (OSError, ValueError):
        return Progress("", 0)


def _progress(name: str) -> Path:
    return folder() / f"{Path(name).stem}.progress"
