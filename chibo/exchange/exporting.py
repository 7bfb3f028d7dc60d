"""Lists as files in the form asked for: the worker asks the very view that gives a list as a workbook, as who asked.

So the rights, filters and rows are those of the page; only where the rows are written differs.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.exchange import tables, writing
from chibo.exchange.models import Export

View = TypeVar("View", bound=Callable[..., Any])
Told = Callable[[int], None]
_roles: list[Callable[[Any, date], list[str]]] = []


def exportable(label: Any) -> Callable[[View], View]:
    """Make a view that gives a list as a workbook one that the worker may ask, too; `label` is what the list is called.

    It stands above all other decorators of the view.
    """

    def mark(view: View) -> View:
        view.exported_as = label  # type: ignore[attr-defined]
        return view

    return mark


def roles(function: Callable[[Any, date], list[str]]) -> Callable[[Any, date], list[str]]:
    """Have the roles that someone holds on a day told by this: a file is given out only while those are held."""
    _roles.append(function)
    return function


def roles_of(user: Any, on: date) -> list[str]:
    """What someone holds on a day, each in a text of its own."""
    return sorted({each for told in _roles for each in told(user, on)})


@dataclass
class Made:
    """A file that was made: its name for who fetches it, how many rows it holds."""

    name: str
    rows: int


def found(of: str) -> tuple[ResolverMatch, QueryDict]:
    """The view an address leads to, and what is asked of it; Denied unless it gives a list."""
    parts = urlsplit(of)
    try:
        match = resolve(parts.path)
    except Resolver404:
        match = None
    if match is None or not hasattr(match.func, "exported_as"):
        raise Denied(_("There is no list at this address that could be exported."))
    return match, QueryDict(parts.query)


def check(*, of: str, user: Any) -> ResolverMatch:
    """The view of a list, if its address can be asked by someone now; else Denied. Writes nothing, reads no row."""
    match, _asked = found(of)
    begun: list[writing.Sheets] = []
    _ask(of, user, begun.append)
    if begun:
        return match
    raise Denied(_("The list can't be asked for so: open it again, and export it from there."))


def make(*, of: str, form: str, user: Any, target: Path, tell: Told) -> Made:
    """Write a list, as of one moment, into a file in a form; Denied where the user may not see it, or no longer.

    Rows go by as they come: however many there are, few are held at a time.
    """
    folder = target.with_suffix(".parts")
    rows = 0

    def count(n: int) -> None:
        nonlocal rows
        rows += n
        tell(rows)

    def write(sheets: writing.Sheets) -> None:
        tables.write(form, folder, sheets, count)

    folder.mkdir(mode=0o700)
    try:
        with _one_moment():
            name = _ask(of, user, write)
        stem, parts = Path(name).stem, sorted(folder.iterdir())
        if not parts:
            raise Denied(_("The list can't be asked for so: open it again, and export it from there."))
        if len(parts) == 1:
            parts[0].replace(target)
            return Made(f"{stem}.{form}", rows)
        pressed = zipfile.ZIP_DEFLATED if form == Export.Form.CSV else zipfile.ZIP_STORED
        with zipfile.ZipFile(target, "w", pressed, compresslevel=3) as archive:
            for part in parts:
                archive.write(part, f"{stem}/{part.name}")
        return Made(f"{stem}.zip", rows)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read the database as it stands now, and write nothing to it."""
    with transaction.atomic():
        if connection.in_atomic_block and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def _ask(of: str, user: Any, write: Callable[[writing.Sheets], None]) -> str:
    """Ask the view of a list as a browser would; the name it gives its file."""
    match, asked = found(of)
    request = HttpRequest()
    request.method, request.user = "GET", user
    request.GET = asked  # type: ignore[assignment]
    request.path = request.path_info = urlsplit(of).path
    request.resolver_match = match
    try:
        with writing.elsewhere(write):
            answer = match.func(request, *match.args, **match.kwargs)
    except (Http404, PermissionDenied):
        raise Denied(_("This list is not, or is no longer, one you may see.")) from None
    for close in answer._resource_closers:
        close()
    return str(getattr(answer, "filename", "") or "export")


def folder() -> Path:
    """The folder of the exports, made on first use for the program alone."""
    path: Path = settings.DATA / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
