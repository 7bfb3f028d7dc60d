"""The list of sources: of a cell as cards with what comes next, of a committee as a long list; as a workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from chibo.admissions import queries
from chibo.admissions.models import LISTED, GroupCode, SourceGroup, State
from chibo.admissions.queries import NEEDS, ORDERS, Next, Row
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day
from chibo.exchange.exporting import exportable, one_of
from chibo.exchange.writing import Value, write_workbook
from chibo.members.models import Sex
from chibo.members.queries import age_on
from chibo.organizations.frame import of_unit, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGES = [  # of the work with admissions at a unit: URL name, label, of cells alone, of committees alone
    ("unit_sources", gettext_lazy("Sources"), True, True),
    ("unit_plan", gettext_lazy("Against target"), False, True),
    ("unit_without", gettext_lazy("Cells without admission"), False, True),
    ("unit_heads", gettext_lazy("Village heads"), True, True),
    ("unit_screening", gettext_lazy("Screening"), True, True),
]
SAID = {
    "helper": gettext_lazy("Without a helper"),
    "class": gettext_lazy("Without a valid certificate"),
    "expiring": gettext_lazy("Certificate expires within half a year"),
}


def pages_of(unit: Unit, current: str) -> list[Link]:
    """The pages of the work with admissions at a unit, the one its reader is on marked."""
    return [
        Link(label=label, url=reverse(name, args=[unit.pk]), current=name == current)
        for name, label, of_cells, of_committees in PAGES
        if (of_cells if unit.is_cell else of_committees)
    ]


@dataclass(frozen=True)
class Asked:
    """What a URL of the list asks for; what is not known falls back."""

    group: str
    state: str
    need: str
    words: str
    sort: str

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        """As the URL says."""
        get = request.GET.get
        sort = get("sort", "")
        is_order = sort.removeprefix("-") in ORDERS and not sort.startswith("--")
        return cls(
            get("group", "") if get("group", "") in GroupCode.values else "",
            get("state", "") if get("state", "") in LISTED else "",
            get("need", "") if get("need", "") in NEEDS else "",
            get("q", "")[:100].replace("\0", ""),
            sort if is_order else "name",
        )

    @property
    def kept(self) -> dict[str, str]:
        """The same for a URL."""
        sort = "" if self.sort == "name" else self.sort
        return {"q": self.words, "group": self.group, "state": self.state, "need": self.need, "sort": sort}

    def found(self, scope: Scope, unit: Unit, since: date, today: date) -> Any:
        """Who is on the list, as asked for."""
        found = queries.listed(scope, unit, today)
        if self.group:
            belong = SourceGroup.objects.filter(source=OuterRef("source"), group__code=self.group)
            found = found.filter(Exists(belong))  # once, also of who belongs to an older group of that name
        if self.state:
            found = found.filter(source__state=self.state)
        if self.words:
            found = queries.with_words(found, self.words)
        return queries.needing(found, self.need, since)


@login_required
@require_safe
def unit_sources(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of sources of a cell, with what comes next for each; of a committee all lists below."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEMBER_VIEW)
    context = of_unit(rights, unit, above, "unit_sources", period_asked(request, today))
    context |= {
        "pages": pages_of(unit, "unit_sources"),
        "may_manage": rights.scope(P.SOURCE_MANAGE).covers(unit) and unit.closed_on is None,
    }
    if unit.is_cell:
        return render(request, "admissions/cell.html", context | _of_cell(rights, unit, today))
    return render(request, "admissions/list.html", context | _of_committee(request, rights, unit, today))


def _of_cell(rights: Rights, unit: Unit, today: date) -> dict[str, Any]:
    """The cards of a cell's list: first who waits for something, then by name. Three queries."""
    since = queries.valid_since(today)
    scope = rights.scope(P.MEMBER_VIEW)
    found = queries.rows(queries.in_order(queries.listed(scope, unit, today), "name"))
    cards = [(row, queries.next_of(row, since), card_facts(row, since, today)) for row in found]
    cards.sort(key=lambda card: not card[1].urgent)
    last = queries.last_review(unit)
    return {
        "cards": [
            {"row": row, "next": step, "facts": facts, "url": f"{reverse('source', args=[row.source])}#next"}
            for row, step, facts in cards
        ],
        "reviewed_on": last.on if last else None,
        "is_reviewed": last is not None and last.month == today.replace(day=1),
    }


def card_facts(row: Row, since: date, today: date) -> str:
    """A source in one line: state, age, helper, certificate."""
    said = [str(State(row.state).label), _("%(n)s years old") % {"n": age_on(today, row.born_on)}]
    if row.helper and row.helper_is_here:
        said.append(_("helped by %(name)s") % {"name": row.helper})
    if row.issued_on is not None:
        valid = row.issued_on > since
        text = _("certificate of %(day)s") if valid else _("certificate of %(day)s, expired")
        said.append(text % {"day": day(row.issued_on)})
    return " · ".join(said)


def _of_committee(request: HttpRequest, rights: Rights, unit: Unit, today: date) -> dict[str, Any]:
    """All lists below, filtered, in an order, page by page. Two queries."""
    asked, since = Asked.of(request), queries.valid_since(today)
    scope, base = rights.scope(P.MEMBER_VIEW), reverse("unit_sources", args=[unit.pk])

    def url(**changes: Any) -> str:
        return address(base, **(asked.kept | changes))

    key = after_asked(request, str, *ORDERS[asked.sort.removeprefix("-")][1])
    after = key[1:] if key and key[0] == asked.sort else None
    found = asked.found(scope, unit, since, today)
    page = queries.rows(queries.in_order(found, asked.sort, after), PAGE + 1)
    more, page = page[PAGE:], page[:PAGE]
    columns = [
        _column(asked, url, label, sort, is_day=n in (4, 5))
        for n, (label, sort) in enumerate((
            (_("Name"), "name"), (_("Cell"), "cell"), (_("State"), ""), (_("Helper"), ""), (_("Certificate"), ""),
            (_("Listed on"), "since"), (_("What comes next"), ""),
        ))
    ]  # fmt: skip
    return {
        "choices": [
            ("group", pgettext("of priority", "Group"), _("All groups"), asked.group, GroupCode.choices),
            ("state", _("State"), _("All"), asked.state, [(each.value, each.label) for each in LISTED]),
            ("need", _("What is missing"), _("All"), asked.need, list(SAID.items())),
        ],
        "words": asked.words,
        "sort": asked.kept["sort"],
        "is_filtered": any((asked.words, asked.group, asked.state, asked.need)),
        "clear_url": base,
        "table": Table(
            caption=_("Sources"), caption_hidden=True, stacks=True, columns=columns,
            rows=[_line(rights, row, since) for row in page],
            empty=_("Nobody on the lists is so."),
        ),
        "workbook_url": address(reverse("unit_sources_workbook", args=[unit.pk]), **asked.kept),
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key([asked.sort, *queries.key_of(page[-1], asked.sort)])) if more else "",
            note=_("%(n)s on this page") % {"n": count(len(page))},
        ),
    }  # fmt: skip


def _column(asked: Asked, url: Any, label: str, sort: str, *, is_day: bool) -> Column:
    """A head of the list; those it can be sorted by lead to that order, or turn it."""
    if not sort:
        return Column(label=label, nowrap=is_day)
    order = {sort: "ascending", f"-{sort}": "descending"}.get(asked.sort, "")
    turned = f"-{sort}" if order == "ascending" else sort
    return Column(label=label, sort_url=url(sort="" if turned == "name" else turned), sorted=order, nowrap=is_day)


def _line(rights: Rights, row: Row, since: date) -> list[Cell]:
    step: Next = queries.next_of(row, since)
    place = Unit(pk=row.cell, path=row.cell_path, name=row.cell_name, code=row.cell_code)
    here = unit_cell(rights.scope(P.UNIT_VIEW), place, None)
    helper = Cell(text=row.helper, lang="vi") if row.helper and row.helper_is_here else Cell(text="–")
    expired = row.issued_on is not None and row.issued_on <= since
    return [
        Cell(text=row.name, url=reverse("source", args=[row.source]), lang="vi", note=row.code),
        Cell(text=here.text, lang=here.lang, note=here.note, url=reverse("unit_sources", args=[row.cell])),
        Cell(text=State(row.state).label),
        helper,
        Cell(text=day(row.issued_on) if row.issued_on else "–", note=_("expired") if expired else ""),
        Cell(text=day(row.from_on)),
        Cell(text=step.said, mark=Mark.NEAR if step.urgent else "", mark_word=None),
    ]


@exportable(
    gettext_lazy("Sources"),
    "sources",
    asks={"group": one_of(GroupCode.values), "state": one_of(LISTED), "need": one_of(NEEDS)},
)
@login_required
@require_safe
def unit_sources_workbook(request: HttpRequest, pk: int) -> FileResponse:
    """The sources asked for as an .xlsx workbook."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, _above = find_unit(rights, pk, P.MEMBER_VIEW)
    asked, since = Asked.of(request), queries.valid_since(today)
    found = queries.in_order(asked.found(rights.scope(P.MEMBER_VIEW), unit, since, today), asked.sort)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    rows = map(Row._make, found.values_list(*queries.COLUMNS).iterator(chunk_size=2000))
    write_workbook(file, {_("Sources"): (_heads(), _lines(rows, since, today))})
    file.seek(0)
    name = f"sources_{unit.pk}_{today}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _heads() -> list[str]:
    return [
        *(_("Code"), _("Name"), _("Sex"), _("Born on"), _("Age"), _("Code of the cell"), _("Cell"), _("State")),
        *(_("Listed on"), _("Introduced by"), _("Priority groups"), _("Helper"), _("Certificate"), _("Valid")),
        _("What comes next"),
    ]


def _lines(rows: Iterable[Row], since: date, today: date) -> Iterable[Sequence[Value]]:
    sexes = {value: str(label) for value, label in Sex.choices}
    groups = {value: str(label) for value, label in GroupCode.choices}
    for row in rows:
        valid = "" if row.issued_on is None else _("yes") if row.issued_on > since else _("no")
        yield [
            *(row.code, row.name, sexes[row.sex], row.born_on, age_on(today, row.born_on)),
            *(row.cell_code, row.cell_name, str(State(row.state).label), row.from_on, row.introduced_by or None),
            "; ".join(groups[code] for code in row.groups) or None,
            (row.helper if row.helper_is_here else None) or None,
            *(row.issued_on, valid or None, queries.next_of(row, since).said),
        ]
