"""The evidence of a figure: the records it was computed from, as a page and as a workbook."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from chibo.classifications.queries import is_value, value_asked
from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key, period_asked
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day, period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.exchange.exporting import a_period, exportable, one_of
from chibo.exchange.writing import write_workbook
from chibo.indicators import queries, registry
from chibo.indicators.evidence import PAGE, Evidence, Filter, Row, Totals
from chibo.indicators.registry import Indicator, Records
from chibo.meetings.models import Kind, Meeting
from chibo.members.models import PostKind
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of
from chibo.organizations.trees import Tree, as_then, kept, line_then, picker_of, said, tree_asked
from chibo.portal import opening
from chibo.portal.boards import APART
from chibo.portal.matrix import meeting_url
from chibo.targets.queries import targets_of
from chibo.targets.tiles import tile_of

WHICH = ("", "counted", "missed")


def _indicator(code: str, period: Period) -> Indicator:
    """The indicator of a URL, if it is said of such a period."""
    if code not in registry.codes() or not registry.get(code).said_of(period):
        raise Http404
    return registry.get(code)


def _filter(request: HttpRequest) -> Filter:
    which = request.GET.get("which", "")
    value = value_asked(request.GET.get("value", ""))
    return Filter(which if which in WHICH else "", request.GET.get("q", "")[:100], value)


@login_required
@require_safe
def evidence(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The facts of one figure: filtered, page by key, and what they add up to beside the figure."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.EVIDENCE_VIEW)
    period, only = period_asked(request, today), _filter(request)
    indicator, tree = _indicator(code, period), tree_asked(request, period, today)
    unit, above = line_then(unit, above, period, tree, today)
    facts = Evidence(indicator, unit, period, rights.scope(P.EVIDENCE_VIEW), only, tree)
    after = after_asked(request, str, int, date, str)
    rows, totals = facts.page(after), facts.totals()
    years, origin = queries.kept_and_origin(pk, code, [period, period.before])
    found = queries.figures_in([pk], [period], [code], tree, years, beside=period.before)
    figure = found[period][pk].get(code)
    value = only.value.pk if only.value else ""
    base, workbook = (reverse(name, args=[pk, code]) for name in ("evidence", "evidence_workbook"))
    unit_url = address(reverse("unit", args=[pk]), period=period, tree=kept(tree))
    asked = {"period": period, "tree": kept(tree), "which": only.which, "q": only.words, "value": value}

    def url(**changes: Any) -> str:
        return address(base, **(asked | changes))

    target = targets_of([pk], period).get((pk, code))
    more, rows = rows[PAGE:], rows[:PAGE]
    links = [("", _("All")), ("counted", _("Counted"))]
    if indicator.has_denominator:
        links.append(("missed", _("Missed")))
    context = common(rights, "units") | {
        "unit": unit,
        "indicator": indicator,
        "period": period,
        "crumbs": [*crumbs_of(rights, above), Link(label=unit.name, url=unit_url)],
        "tree": kept(tree),
        "picker": picker_of(period, tree, url, today),
        "tile": tile_of(indicator, figure, found[period.before][pk].get(code), target, period, today, ""),
        "only": only,
        "which": [Link(label=label, url=url(which=which), current=which == only.which) for which, label in links],
        "origin": origin if figure and figure.at else None,
        "adds_up": adds_up(indicator, totals) if totals else "",
        "is_all": not (only.which or only.words or only.value),
        "of_value": f"{only.value.scheme}: {only.value}" if only.value else "",
        "value": value,
        "every_url": url(value=""),
        "export_url": address(workbook, **asked),
        "table": evidence_table(indicator, rows, _meeting_urls(rights, indicator, rows)),
        "pager": Pager(
            first_url=url() if after else "",
            next_url=url(after=after_key(rows[-1].key)) if more else "",
            note=said_rows(len(rows), totals),
        ),
    }  # fmt: skip
    return render(request, "portal/evidence.html", context)


def said_rows(shown: int, totals: Totals | None) -> str:
    """How many records a page shows, and of how many where they were counted."""
    if totals is None or totals.rows is None:
        return ngettext("%(n)s record on this page", "%(n)s records on this page", shown) % {"n": count(shown)}
    return _("%(n)s of %(all)s records on this page") % {"n": count(shown), "all": count(totals.rows)}


def adds_up(indicator: Indicator, totals: Totals) -> str:
    """What the facts shown add up to, in words."""
    n, d = indicator.told(totals.numerator), indicator.told(totals.denominator or 0)
    if totals.rows is None:
        said = (
            _("All records together: %(n)s of %(d)s") if indicator.has_denominator else _("All records together: %(n)s")
        )
        return said % {"n": n, "d": d}
    if indicator.has_denominator:
        said = ngettext(
            "%(rows)s record adds up to %(n)s of %(d)s", "%(rows)s records add up to %(n)s of %(d)s", totals.rows
        )
        return said % {"rows": count(totals.rows), "n": n, "d": d}
    said = ngettext("%(rows)s record adds up to %(n)s", "%(rows)s records add up to %(n)s", totals.rows)
    return said % {"rows": count(totals.rows), "n": n}


POSTS = ("village_heads.members", "committees.village_heads", "committees.agency_heads")  # their records are posts
TERMS = ("committees.seats", "committees.regulation")  # their records are terms
PEOPLE = (
    "committees.women",
    "committees.young",
    "committees.minority",
    "committees.first_time",
)  # and these are people
DUE = {  # their records are months and quarters of cells: which meetings they ask for
    "meetings.regular_held": Kind.REGULAR,
    "meetings.thematic_held": Kind.THEMATIC,
}


def _meeting_urls(rights: Rights, indicator: Indicator, rows: list[Row]) -> dict[str, str]:
    """The pages of the meetings among the records, by record, as far as the user may open them. One query.

    Of a month or quarter of a cell: its meeting, or the list of them where there are several.
    """
    scope = rights.scope(P.MEETING_VIEW)
    if indicator.records in opening.WAYS:
        return opening.urls_of(rights, indicator.records, rows)
    if not _of_meetings(indicator) or indicator.code == "cells.good" or not scope:
        return {}
    if indicator.code in DUE:
        return _urls_of_months(scope, DUE[indicator.code], rows)
    found = Meeting.objects.filter(scope.q(), code__in=[row.record for row in rows]).order_by("pk")
    return {code: meeting_url(unit, pk) for code, unit, pk in found.values_list("code", "unit_id", "pk")}


def _of_meetings(indicator: Indicator) -> bool:
    return indicator.subject == "meetings" or indicator.records is Records.MEETING


def _urls_of_months(scope: Scope, kind: Kind, rows: list[Row]) -> dict[str, str]:
    """Where months or quarters of cells open to their meetings, by record. One query."""
    spans = {row.record: (row.unit_id, span) for row in rows if row.unit_name is not None and (span := _span(row))}
    if not spans:
        return {}
    first, last = (
        min(span.first_day for _unit, span in spans.values()),
        max(span.last_day for _unit, span in spans.values()),
    )
    units = {unit for unit, _period in spans.values()}
    held = Meeting.objects.filter(scope.q(), unit__in=units, kind=kind, month__range=(first, last), withdrawal=None)
    found: dict[tuple[int, date], list[int]] = {}
    for unit, month, pk in held.order_by("held_on", "pk").values_list("unit_id", "month", "pk"):
        found.setdefault((unit, month), []).append(pk)
    urls = {}
    for record, (unit, span) in spans.items():
        meetings = [pk for month in span.months for pk in found.get((unit, month.first_day), [])]
        if len(meetings) == 1:
            urls[record] = meeting_url(unit, meetings[0])
        elif meetings:
            urls[record] = address(reverse("unit_meetings", args=[unit]), period=span)
    return urls


def _span(row: Row) -> Period | None:
    """The month or quarter a record of a cell is of."""
    with contextlib.suppress(NotAPeriod):
        return Period.parse(row.record.removeprefix(f"{row.unit_code}@"))
    return None


def record_cell(indicator: Indicator, row: Row, urls: dict[str, str]) -> Cell:
    """A record as people call it: a post by its name and place, a month by its name, all else by its code."""
    if indicator.records in opening.WAYS:
        return Cell(text=opening.said(indicator.records, row), url=urls.get(row.record, ""))
    if indicator.code in POSTS:
        post, _sign, place = row.record.removeprefix(f"{row.unit_code}/").partition("/")
        said = str(PostKind(post).label) if post in PostKind.values else post
        return Cell(text=_("%(post)s, %(place)s") % {"post": said, "place": place} if place else said)
    if indicator.code in TERMS:
        with contextlib.suppress(ValueError):
            begun = date.fromisoformat(row.record.removeprefix(f"{row.unit_code}@"))
            url = address(reverse("unit_committee", args=[row.unit_id]), on=begun) if row.unit_name is not None else ""
            return Cell(text=_("term since %(day)s") % {"day": day(begun)}, url=url)
    if indicator.code in PEOPLE and row.record.startswith("#"):
        return Cell(text=_("by name alone"))
    if indicator.code in DUE and (span := _span(row)):
        return Cell(text=period_name(span), url=urls.get(row.record, ""))
    return Cell(text=row.record, url=urls.get(row.record, ""))


def label_cell(indicator: Indicator, row: Row) -> Cell:
    """What a record is called; a meeting by its day, in the language of the page, and its topic."""
    if row.label is None:
        return Cell(text=_("outside your units"))
    if _of_meetings(indicator) and indicator.code not in DUE:
        held_on, _sign, topic = row.label.partition(" ")
        with contextlib.suppress(ValueError):
            return Cell(text=day(date.fromisoformat(held_on)), note=topic)
    return Cell(text=row.label, lang="vi")


def record_head(indicator: Indicator) -> str:
    """What the records of an indicator are."""
    if indicator.code in POSTS:
        return _("Post")
    if indicator.code in TERMS:
        return _("Term")
    if indicator.code in PEOPLE:
        return _("Member's code")
    if indicator.code in DUE:
        return _("Month") if indicator.grain == "month" else _("Quarter")
    if indicator.records in opening.WAYS:
        return str(opening.HEADS[indicator.records])
    heads = {"members": _("Member's code"), "meetings": _("Meeting's code"), APART: _("Meeting's code")}
    return heads.get("" if indicator.code == "cells.good" else indicator.subject, _("Unit's code"))


def evidence_table(indicator: Indicator, rows: list[Row], urls: dict[str, str]) -> Table:
    """Facts as a table: who or what, where, when, and whether it counted; what is called as its unit only once."""
    lines = []
    has_names = any(row.label is not None and row.label != row.unit_name for row in rows)
    for row in rows:
        if row.denominator is None:
            counted = Cell(text=count(row.numerator))
        elif row.denominator == 1:
            met = row.numerator == 1
            word = _("counted") if met else _("not counted")
            counted = Cell(text=word, mark=Mark.MET if met else Mark.NONE, mark_word=None)
        else:
            counted = Cell(
                text=_("%(n)s of %(d)s") % {"n": indicator.told(row.numerator), "d": indicator.told(row.denominator)}
            )
        lines.append(
            [
                record_cell(indicator, row, urls),
                *([label_cell(indicator, row)] if has_names else []),
                Cell(text=row.unit_code, note="" if has_names else _("outside your units"))
                if row.unit_name is None
                else Cell(text=row.unit_name, url=reverse("unit", args=[row.unit_id]), lang="vi"),
                Cell(text=day(row.day)),
                counted,
            ]
        )
    heads = [record_head(indicator), *([_("What")] if has_names else []), _("Unit"), _("Counts on")]
    return Table(
        caption=_("Records behind the figure"),
        caption_hidden=True,
        columns=[*(Column(label=head) for head in heads), Column(label=_("Adds"), number=True)],
        rows=lines,
        empty=_("No record counts here."),
    )


@exportable(
    gettext_lazy("Records behind the figure"),
    "evidence",
    needs={"code": lambda text: text in registry.codes()},
    asks={"period": a_period, "tree": one_of(Tree), "which": one_of(WHICH), "value": is_value},
)
@login_required
@require_safe
def evidence_workbook(request: HttpRequest, pk: int, code: str) -> FileResponse:
    """The facts of one figure as filtered, as an .xlsx workbook."""
    today = clock.today()
    rights = rights_of(request.user, today)
    unit, _above = find_unit(rights, pk, P.EVIDENCE_VIEW)
    period, only = period_asked(request, today), _filter(request)
    indicator, tree = _indicator(code, period), tree_asked(request, period, today)
    unit = as_then(unit, period, tree, today)
    rows = Evidence(indicator, unit, period, rights.scope(P.EVIDENCE_VIEW), only, tree).all()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    columns = ["record", "label", "unit", "unit_name", "day", "numerator", "denominator"]
    about = _about(indicator, unit, period, said(tree, today), only)
    write_workbook(file, {"evidence": (columns, _lines(rows, indicator)), "about": (["what", "is"], about)})
    file.seek(0)
    name = f"{code}_{unit.pk}_{period}.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, as_attachment=True, filename=name, content_type=kind)


def _lines(rows: Iterator[Row], indicator: Indicator) -> Iterator[list[str | int | float | date | None]]:
    for row in rows:
        told = (indicator.whole(row.numerator), indicator.whole(row.denominator))
        yield [row.record, row.label, row.unit_code, row.unit_name, row.day, *told]


def _about(
    indicator: Indicator, unit: Unit, period: Period, tree: str, only: Filter
) -> Iterator[list[str | int | date | None]]:
    for what, text in (
        (_("Figure"), indicator.label),
        (_("Definition"), indicator.definition),
        (_("Source"), indicator.source),
        (_("Unit"), f"{unit.code} {unit.name}"),
        (_("Period"), period),
        (_("Tree of units"), tree),
        (_("Only"), " ".join(str(part) for part in (only.which, only.words, only.value) if part) or _("all records")),
        (_("Made on"), clock.now().strftime("%Y-%m-%d %H:%M")),
    ):
        yield [str(what), str(text)]
