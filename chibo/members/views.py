"""The list of members, of all my units or of one, and its export."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, is_period_chosen, period_asked
from chibo.core.components import Cell, Column, Pager
from chibo.core.formats import count, day
from chibo.core.markup import cells
from chibo.core.spans import holding
from chibo.exchange.exporting import a_day, exportable, one_of
from chibo.exchange.writing import Value, write_workbook
from chibo.members import queries
from chibo.members.forms import MemberFilter, ids_of
from chibo.members.models import Reason, Sex, Stay
from chibo.members.queries import Away, Row
from chibo.organizations.frame import common, crumbs_of, gone_of, tabs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of
from chibo.organizations.trees import Tree, named_on, said, tree_asked

PAGE = 50
AWAY = "away"  # marks the key of a row that is shown by code alone; those come after all others
EVERYWHERE = Scope(subtrees=("",))
OFFERED = 300  # units to choose from
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Asked:
    """What a URL of the list asks for: the unit, the filters, the order."""

    def __init__(self, request: HttpRequest, pk: int | None) -> None:
        self.today = clock.today()
        self.rights: Rights = rights_of(request.user, self.today)
        self.scope = self.rights.scope(P.MEMBER_VIEW)
        self.unit: Unit | None = None
        self.above: list[Unit] = []
        tops = ids_of(self.scope.subtrees)
        if pk is not None:
            self.unit, self.above = find_unit(self.rights, pk, P.MEMBER_VIEW)
            tops = [pk]
        elif not self.scope:
            raise Http404
        asked = request.GET.get("sort", "")
        self.sort = asked if asked.removeprefix("-") in queries.ORDERS and not asked.startswith("--") else "name"
        units = self._units(tops, request.GET.get("unit", ""), self._day(request))
        self.filter = MemberFilter(request.GET, self.scope, self.unit, units, self.today)
        self.filter.is_by_name = self.sort.removeprefix("-") == "name"
        self.kept = {name: request.GET.get(name, "") for name in self.filter.filters}

    def _day(self, request: HttpRequest) -> date:
        """The day whose units are offered: that of the list, if it is past and shown as then."""
        with contextlib.suppress(ValueError):
            day = date.fromisoformat(request.GET.get("on", ""))
            return self.today if request.GET.get("tree") == Tree.NOW else min(day, self.today)
        return self.today

    def _units(self, tops: list[int], chosen: str, on: date) -> list[Unit]:
        """The units directly below, in order of name, and the one chosen. One query, two if it lies further down."""
        below = Q(parent_links__parent__in=tops) & holding(on, "parent_links__")
        mine = Unit.objects.filter(self.scope.q(""))
        offered = list(mine.filter(below).order_by("sort_key", "pk")[:OFFERED])
        if chosen.isascii() and chosen.isdecimal() and len(chosen) < 19 and int(chosen) not in {u.pk for u in offered}:
            offered += mine.filter(pk=int(chosen))
        return offered

    def url(self, name: str = "", **changes: Any) -> str:
        """The URL of the list, or of another page of it, with what was asked and these changes."""
        args = [self.unit.pk] if self.unit else []
        base = reverse(("unit_members" if self.unit else "members") + name, args=args)
        sort = self.sort if self.sort != "name" else ""
        return address(base, **({**self.kept, "sort": sort} | changes))

    def after(self, request: HttpRequest) -> list[Any] | None:
        """The key to go on after, if it is one of this order."""
        key = after_asked(request, str, *queries.KINDS[self.sort.removeprefix("-")])
        if key is None or key[0] != self.sort:
            return None
        return key[1:]

    @cached_property
    def number(self) -> int | None:
        """How many members were found, up to COUNTED and one more; None where that takes long. One query."""
        return queries.counted(self.filter.found.stays) if self.filter.found.is_soon_counted else None

    def page(self, request: HttpRequest) -> tuple[list[Row], list[Away], str, bool]:
        """The rows of the page, those of it by code alone, the key after it if there are more, whether it is the first.

        Three queries, one less where all are as of today, and in a cell.
        """
        key, after = after_asked(request, str, str), self.after(request)
        past = key[1] if key is not None and key[0] == AWAY else ""
        found: list[Row] = []
        if not past:
            is_wide = self.unit is None or not self.unit.is_cell
            are_near = is_wide and self.number is not None and self.number <= queries.NEAR
            stays = queries.in_order(self.filter.found.stays, self.sort, after, are_near=are_near)
            stays = queries.first_of(stays, PAGE + 1) if is_wide else stays
            found = queries.rows(stays, PAGE + 1)
        shown, left = found[:PAGE], PAGE + 1 - len(found)
        others = queries.away_rows(self.filter.away(), left, past) if left else []
        away = others[: PAGE - len(shown)]
        more = ""
        if len(found) + len(others) > PAGE:
            more = after_key([AWAY, away[-1].code] if away else [self.sort, *queries.key_of(shown[-1], self.sort)])
        return shown, away, more, not (after or past)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def members(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Members in all my units, or in one, as of a day: filtered, sorted, page by key."""
    asked = _Asked(request, pk)
    shown, away, key, is_first = asked.page(request)
    n, is_all = _counted(asked, len(shown) + len(away), is_whole=is_first and not key)
    form = asked.filter.form
    context = {
        "unit": asked.unit,
        "alike_url": _alike(asked),
        "form": form,
        "first_fields": [form[name] for name in ("q", "unit", "sex", "standing") if _of_use(asked, name)],
        "more_fields": [form[name] for name in asked.filter.LESS_USED],
        "is_more": asked.filter.more,
        "sort": asked.sort if asked.sort != "name" else "",
        "day": asked.filter.day,
        "is_filtered": any(asked.kept.values()),
        "is_left": "left" in asked.filter.said,
        "columns": (columns := _columns(asked)),
        "tree": said(asked.filter.shown_on, asked.today) if asked.filter.shown_on else "",
        "lines": [(row, reverse("member", args=[row.pk]), cells(columns[1:], _told(row, asked))) for row in shown],
        "total": _total(n, is_all),
        "export_all": _("Export all %(n)s") % {"n": count(n)} if is_all else _("Export all of them"),
        "away": [
            (row, cells(columns[1:], [Cell(text=row.code), _cell(row, asked.scope), *[Cell(text="–")] * 5]))
            for row in away
        ],
        "none_picked": request.GET.get("picked") == "none",
        "list_url": asked.url(),
        "clear_url": address(asked.url().split("?")[0], sort=asked.sort if asked.sort != "name" else ""),
        "export_url": asked.url("_workbook"),
        "kept": [(name, value) for name, value in {**asked.kept, "sort": asked.sort}.items() if value],
        "pager": Pager(
            first_url="" if is_first else asked.url(),
            next_url=asked.url(after=key) if key else "",
            note=_("%(n)s on this page") % {"n": len(shown) + len(away)},
        ),
    }
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        answer = render(request, "members/found.html", context)
        answer["HX-Push-Url"] = asked.url()
        if not form.is_valid():  # the whole page says what is wrong, beside the field
            answer["HX-Redirect"] = asked.url()
        return answer
    context |= common(asked.rights, "units" if asked.unit else "members")
    if asked.unit:
        period = period_asked(request, asked.today)
        tree = tree_asked(request, period, asked.today)
        chosen = period if is_period_chosen(request) else None
        above = asked.above
        if asked.filter.shown_on is Tree.THEN:
            context["unit"] = named_on(asked.unit, asked.filter.day)
            above = [named_on(each, asked.filter.day) for each in above]
        context["crumbs"] = crumbs_of(asked.rights, above)
        context["gone"] = gone_of(asked.rights, asked.unit, asked.above)
        context["tabs"] = tabs_of(asked.rights, asked.unit, "unit_members", chosen, tree)
    return render(request, "members/list.html", context)


def _counted(asked: _Asked, on_page: int, *, is_whole: bool) -> tuple[int, bool]:
    """How many members were found, and whether that is all of them; of more only that they are more than so many."""
    if asked.number is None:
        return (on_page, True) if is_whole else (PAGE, False)
    n = asked.number + queries.counted(asked.filter.away())
    return (n, True) if n <= queries.COUNTED else (queries.COUNTED, False)


def _total(n: int, is_all: bool) -> str:
    """So many members, or more, as `_counted` counted them."""
    if not is_all:
        return _("more than %(n)s members") % {"n": count(n)}
    return ngettext("%(n)s member", "%(n)s members", n) % {"n": count(n)}


def _of_use(asked: _Asked, name: str) -> bool:
    return name != "unit" or bool(asked.filter.units) or bool(asked.kept["unit"])


def _columns(asked: _Asked) -> list[Column]:
    """The heads of the list; those it can be sorted by lead to that order, or turn it."""

    def column(label: str, sort: str = "", number: bool = False) -> Column:
        if not sort:
            return Column(label=label, number=number)
        order = {sort: "ascending", f"-{sort}": "descending"}.get(asked.sort, "")
        turned = f"-{sort}" if order == "ascending" else sort
        url = asked.url(sort="" if turned == "name" else turned)
        return Column(label=label, number=number, sort_url=url, sorted=order)

    return [
        column(_("Name"), "name"),
        column(_("Code")),
        column(_("Cell"), "cell"),
        column(_("Sex")),
        column(_("Age"), "age", number=True),
        column(_("Ethnicity")),
        replace(column(_("Joined"), "joined"), nowrap=True),
        column(_("Left") if "left" in asked.filter.said else _("Standing")),
    ]


def _told(row: Row, asked: _Asked) -> list[Cell]:
    """What the list tells of a member after the name."""
    return [
        Cell(text=row.code),
        _cell(row, asked.scope),
        Cell(text=_("Woman") if row.sex == "f" else _("Man")),
        Cell(text=str(queries.age_on(asked.filter.day, row.born_on))),
        Cell(text=row.ethnicity, lang="vi") if row.ethnicity else Cell(text="–"),
        Cell(text=day(row.joined_on)),
        Cell(text=_standing(row, asked)),
    ]


def _cell(row: Row | Away, scope: Scope) -> Cell:
    """The cell of a member; one that has left the reader's units by its code alone."""
    if not scope.covers(Unit(path=row.cell_path)):
        return Cell(text=row.cell_code)
    return Cell(text=row.cell_name, url=reverse("unit_members", args=[row.cell_pk]), lang="vi")


def _standing(row: Row, asked: _Asked) -> str:
    """Official, probationary, exempt; or why and when someone left."""
    on = asked.filter.day
    if "left" in asked.filter.said and row.left_on and row.reason:
        return f"{Reason(row.reason).label}, {day(row.left_on)}"
    official = row.official_on is not None and row.official_on <= on
    said = _("Official") if official else _("Probationary")
    exempt = row.exempt_from is not None and row.exempt_from <= on
    return f"{said}, {_('exempt')}" if exempt else said


@exportable(
    gettext_lazy("Members"),
    "members",
    asks={
        "sex": one_of(Sex.values),
        "standing": one_of(["official", "probationary"]),
        "ethnicity": one_of(["minority", "kinh"]),
        "age_from": str.isdecimal,
        "age_to": str.isdecimal,
        "joined_from": a_day,
        "joined_to": a_day,
        "exempt": one_of(["yes", "no"]),
        "left": one_of(["yes"]),
        "on": a_day,
        "tree": one_of(Tree),
    },
)
@login_required
@require_safe
def members_workbook(request: HttpRequest, pk: int | None = None) -> HttpResponse | FileResponse:
    """The members asked for, or those picked of them, as an .xlsx workbook."""
    asked = _Asked(request, pk)
    found, away = asked.filter.found.stays, asked.filter.away()
    if request.GET.get("which") == "picked":
        picked = [int(value) for value in request.GET.getlist("pick")[:PAGE] if _is_key(value)]
        if not picked:
            return redirect(_short(asked.url(picked="none")))
        found, away = (each.filter(membership__person__in=picked) for each in (found, away))
    if not asked.filter.form.is_valid():
        return redirect(_short(asked.url()))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    tree = said(asked.filter.shown_on, asked.today) if asked.filter.shown_on else ""
    rows = queries.in_order(found, asked.sort)
    write_members(file, rows, asked.filter.day, queries.away_rows(away), scope=asked.scope, tree=tree)
    file.seek(0)
    name = f"members_{asked.unit.pk if asked.unit else 'all'}_{asked.filter.day}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _short(url: str) -> str:
    """A URL that can be led to: of an endless one the list as it is without filters."""
    return url if len(url) < 2000 else url.split("?")[0]


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def write_members(
    file: Any,
    found: QuerySet[Stay],
    on: date,
    away: Sequence[Away] = (),
    *,
    scope: Scope = EVERYWHERE,
    tree: str = "",
) -> None:
    """Write members as they come to a workbook, a few thousand in memory at a time; last those by code alone.

    Cells outside the scope are without a name. Of a past day a second sheet says which tree of units it is on.
    """
    heads = [
        *(_("Code"), _("Name"), _("Sex"), _("Born on"), _("Age"), _("Ethnicity"), _("Religion"), _("Occupation")),
        *(_("Education"), _("Political theory"), _("Code of the cell"), _("Cell"), _("Joined on"), _("Official on")),
        *(_("Exempt from meetings since"), _("Left on"), _("Reason for leaving")),
    ]
    lines = chain(_lines(queries.all_rows(found), on, scope), (_line(row, scope) for row in away))
    sheets: dict[str, tuple[Sequence[str], Iterable[Sequence[Value]]]] = {_("Members"): (heads, lines)}
    if tree:
        sheets[_("About")] = ([_("What"), _("Is")], [[_("As of"), on], [_("Tree of units"), tree]])
    write_workbook(file, sheets)


def _named(row: Row | Away, scope: Scope) -> str | None:
    return row.cell_name if scope.covers(Unit(path=row.cell_path)) else None


def _alike(asked: _Asked) -> str:
    """The way to records that may be of one person, for who may merge them here."""
    scope = asked.rights.scope(P.MEMBER_MERGE)
    if asked.unit is not None and not scope.covers(asked.unit):
        return ""
    return address(reverse("alike"), unit=asked.unit.pk if asked.unit else "") if scope else ""


def _line(row: Away, scope: Scope) -> list[Value]:
    return [row.code, *[None] * 9, row.cell_code, _named(row, scope), *[None] * 5]


def _lines(rows: Iterator[Row], on: date, scope: Scope) -> Iterator[list[Value]]:
    sexes = {value: str(label) for value, label in Sex.choices}
    reasons: dict[str | None, str | None] = {value: str(label) for value, label in Reason.choices}
    for r in rows:
        gone = r.left_on is not None and r.left_on <= on
        yield [
            *(r.code, r.full_name, sexes[r.sex], r.born_on, queries.age_on(on, r.born_on)),
            *(r.ethnicity or None, r.religion or None, r.occupation or None, r.education or None, r.theory or None),
            *(r.cell_code, _named(r, scope), r.joined_on, r.official_on, r.exempt_from),
            *((r.left_on, reasons[r.reason]) if gone else (None, None)),
        ]
