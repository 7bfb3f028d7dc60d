"""Lists as files in the form asked for: the worker asks the very view that gives a list as a workbook, as who asked.

So the rights, filters and rows are those of the page; only where the rows are written differs.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, QueryDict
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.periods import NotAPeriod, Period
from chibo.exchange import tables, writing
from chibo.exchange.models import Export

View = TypeVar("View", bound=Callable[..., Any])
Told = Callable[[int], None]
Check = Callable[[str], bool]
Narrowing = Callable[[Any, Mapping[str, Any]], Any]
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_roles: list[Callable[[Any, date], list[str]]] = []
_narrowing: list[Narrowing] = []
_listings: dict[str, Listing] = {}  # by name


class NotSeen(Denied):
    """There is no such list for who asks; or there is, but the right to it is missing (`is_there`)."""

    is_there = False


@dataclass(frozen=True)
class Listing:
    """A list that is given as a file: its name for programs, what it is called, what its address can say.

    `needs` stands in its path beside the unit, `asks` behind it; each with whether a text is one it understands.
    """

    name: str
    label: Any
    view: Callable[..., Any]
    needs: Mapping[str, Check] = field(default_factory=dict)
    asks: Mapping[str, Check] = field(default_factory=dict)

    def called(self, said: Mapping[str, Any]) -> str:
        """What it is called, with this in its path."""
        return str(self.label(**said) if callable(self.label) else self.label)

    def address(self, unit: int | None, said: Mapping[str, str]) -> str | None:
        """The address that asks for it so; None where it takes a unit and none is named, or the other way round."""
        path = {name: said[name] for name in self.needs} | ({} if unit is None else {"pk": unit})
        try:
            asked = reverse(self.view, kwargs=path)
        except NoReverseMatch:
            return None
        return address(asked, **{name: said[name] for name in self.asks if name in said})


def exportable(
    label: Any, name: str, *, needs: Mapping[str, Check] | None = None, asks: Mapping[str, Check] | None = None
) -> Callable[[View], View]:
    """Make a view that gives a list as a workbook one that the worker may ask, too, and programs by the list's name.

    `label` is what the list is called, or tells that of what stands in the path. It stands above all other decorators.
    """

    def mark(view: View) -> View:
        _listings[name] = view.listing = Listing(name, label, view, needs or {}, asks or {})  # type: ignore[attr-defined]
        return view

    return mark


def listings() -> dict[str, Listing]:
    """All lists that are given as files, by their names."""
    return dict(_listings)


def one_of(values: Iterable[str]) -> Check:
    """Whether a text is one of these."""
    known = {str(each) for each in values if each}
    return lambda text: text in known


def a_day(text: str) -> bool:
    """Whether a text is a day: 2023-12-31."""
    try:
        return bool(DAY.fullmatch(text)) and date.fromisoformat(text).year >= 1900
    except ValueError:
        return False


def a_period(text: str) -> bool:
    """Whether a text is a period: 2023, 2023-H1, 2023-Q3 or 2023-04."""
    try:
        return bool(Period.parse(text))
    except NotAPeriod:
        return False


def narrowing(function: Narrowing) -> Narrowing:
    """Have this give the user whose rights are those of a user as far as something else limits them."""
    _narrowing.append(function)
    return function


def limited(user: Any, limits: Mapping[str, Any] | None) -> Any:
    """The user as whom a list is asked for: all they hold, or what a program came in with of it."""
    if limits is None:
        return user
    (narrow,) = _narrowing  # where nobody can say what is less, nothing is given
    return narrow(user, limits)


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
    if match is None or not isinstance(getattr(match.func, "listing", None), Listing):
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
    except (Http404, PermissionDenied) as error:
        hidden = NotSeen(_("This list is not, or is no longer, one you may see."))
        hidden.is_there = isinstance(error, PermissionDenied)
        raise hidden from None
    for close in answer._resource_closers:
        close()
    return str(getattr(answer, "filename", "") or "export")


def folder() -> Path:
    """The folder of the exports, made on first use for the program alone."""
    path: Path = settings.DATA / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
