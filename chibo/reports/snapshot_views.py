"""The page behind a report's code: its numbers for ever, its files, its records, what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chibo.core import clock
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day, period_name
from chibo.indicators import registry
from chibo.indicators.evidence import PAGE, Row
from chibo.indicators.registry import Indicator
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope, find_unit, rights_of
from chibo.reports import proof
from chibo.reports.content import below_ids, report_of
from chibo.reports.files import FORMS
from chibo.reports.models import Snapshot, SnapshotEvidence
from chibo.reports.printing import pictures
from chibo.reports.proof import Change, Difference
from chibo.reports.queries import Changed, changed_since
from chibo.reports.report import Report, below_table, sections
from chibo.targets.tiles import value_of


class _Places(NamedTuple):
    """Where units that a report tells of are today; in neither place is one whose load was undone."""

    seen: set[int]  # in the reader's scope
    outside: set[int]


class _Opened:
    """A snapshot with its unit, and what its reader may see of it."""

    def __init__(self, request: HttpRequest, code: str, permission: P = P.REPORT_VIEW) -> None:
        self.rights: Rights = rights_of(request.user, clock.today())
        found = Snapshot.objects.filter(code=code).first() if code.isascii() and code.isprintable() else None
        if found is None:
            raise Http404
        self.snapshot: Snapshot = found
        self.unit, self.above = find_unit(self.rights, found.unit_id, permission)

    def report(self) -> Report:
        """The report, naming the units below but those that lie outside the reader's scope today. One query."""
        scope = self.rights.scope(P.UNIT_VIEW)
        return report_of(self.snapshot, self._places(below_ids(self.snapshot), scope).outside)

    def places(self, rows: Sequence[Row]) -> _Places:
        """Where the units of some facts are today, for the reader. One query."""
        return self._places({row.unit_id for row in rows}, self.rights.scope(P.EVIDENCE_VIEW))

    @staticmethod
    def _places(ids: Iterable[int], scope: Scope) -> _Places:
        here = list(Unit.objects.filter(pk__in=ids).only("path"))
        seen = {unit.pk for unit in here if scope.covers(unit)}
        return _Places(seen, {unit.pk for unit in here} - seen)

    def url(self, name: str = "snapshot", *arguments: str) -> str:
        return reverse(name, args=[self.snapshot.code, *arguments])

    def crumbs(self) -> list[Link]:
        """The units above, the unit, its reports."""
        reports = Link(label=_("Reports"), url=reverse("unit_reports", args=[self.unit.pk]))
        return [*crumbs_of(self.rights, [*self.above, self.unit]), reports]


@login_required
@require_safe
def snapshot(request: HttpRequest, code: str) -> HttpResponse:
    """A report as it was made, and which of its figures come to something else today."""
    opened = _Opened(request, code)
    report = opened.report()
    opens = opened.rights.scope(P.EVIDENCE_VIEW).covers(opened.unit)

    def way(of: Unit, indicator: str) -> str:
        return opened.url("snapshot_figure", indicator) if opens and of.pk == opened.unit.pk else ""

    made_on = report.day
    context = common(opened.rights, "reports") | {
        "report": report,
        "unit": report.unit,
        "snapshot": opened.snapshot,
        "crumbs": opened.crumbs(),
        "tables": sections(report, made_on, way),
        "below": below_table(report, made_on),
        "is_running": not report.period.is_over(made_on),
        "charts": [
            (each, address(opened.url("snapshot_chart", each.name), lang=get_language())) for each in pictures(report)
        ],
        "files": [
            Link(label=label, url=opened.url("snapshot_file", form))
            for label, form in ((_("Word"), "docx"), (_("PDF"), "pdf"), (_("Excel"), "xlsx"), ("JSON", "json"))
        ],
        "changes": changes_table(changed_since(report), opened, opens),
    }
    return render(request, "reports/snapshot.html", context)


def changes_table(found: list[Changed], opened: _Opened, opens: bool) -> Table:
    """Figures that differ today: was and is, with the way to the records that make the difference."""
    rows = []
    for each in found:
        indicator = registry.get(each.code)
        own = each.unit.pk == opened.unit.pk and each.period == opened.snapshot.period
        url = opened.url("snapshot_changes", each.code) if own and opens else ""
        of = each.unit.name if each.unit.pk != opened.unit.pk else period_name(each.period)
        rows.append(
            [
                Cell(text=indicator.label, url=url, note="" if own else of),
                Cell(text=value_of(indicator, each.was), note=_counted(each.was)),
                Cell(text=value_of(indicator, each.now), note=_counted(each.now)),
            ]
        )
    return Table(
        caption=_("What has changed since"),
        caption_hidden=True,
        columns=[
            Column(label=_("Figure")),
            Column(label=_("Was"), number=True),
            Column(label=_("Is today"), number=True),
        ],
        rows=rows,
        empty=_("Nothing: every figure is today what it was when the report was made."),
    )


def _counted(figure: Any) -> str:
    if figure is None or figure.denominator is None:
        return ""
    told = figure.indicator.told
    return _("%(n)s of %(d)s") % {"n": told(figure.numerator), "d": told(figure.denominator)}


@login_required
@require_safe
def snapshot_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """A report as a file, made of nothing but what was kept."""
    if form not in FORMS or form == "html":
        raise Http404
    opened = _Opened(request, code)
    report = opened.report()
    written = FORMS[form].write(report, request.build_absolute_uri(opened.url()))
    answer = HttpResponse(written, content_type=FORMS[form].content_type)
    answer["Content-Disposition"] = (
        f'attachment; filename="{report.kind}-{report.period}-{opened.snapshot.code}.{form}"'
    )
    return answer


@login_required
@require_safe
def snapshot_chart(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """A chart of a report as an SVG picture; it never changes."""
    drawn = next((each for each in pictures(_Opened(request, code).report()) if each.name == name), None)
    if drawn is None:
        raise Http404
    return HttpResponse(
        drawn.svg, content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400, immutable"}
    )


def _kept(opened: _Opened, code: str) -> tuple[Indicator, list[Row]]:
    """The records behind one figure as they were kept."""
    if code not in registry.codes() or not registry.get(code).said_of(opened.snapshot.period):
        raise Http404
    found = SnapshotEvidence.objects.filter(snapshot=opened.snapshot, indicator=code).first()
    return registry.get(code), [] if found is None else proof.unpacked(bytes(found.rows))


def _offset(request: HttpRequest) -> int:
    """How many rows came before this page; what was kept never changes, so that a number is a key."""
    key = after_asked(request, int)
    return max(key[0], 0) if key else 0


def _pager(base: str, begin: int, shown: int, total: int, note: str) -> Pager:
    end = begin + shown
    return Pager(
        first_url=base if begin else "",
        next_url=address(base, after=after_key([end])) if end < total else "",
        note=note % {"n": count(shown), "all": count(total)},
    )


def _views(opened: _Opened, indicator: Indicator, current: str) -> list[Link]:
    labels = {"snapshot_figure": _("Records then"), "snapshot_changes": _("Changed since")}
    return [
        Link(label=label, url=opened.url(name, indicator.code), current=name == current)
        for name, label in labels.items()
    ]


def _page(opened: _Opened, indicator: Indicator, name: str, table: Table, pager: Pager, note: str) -> dict[str, Any]:
    report = report_of(opened.snapshot)
    return common(opened.rights, "reports") | {
        "indicator": indicator,
        "report": report,
        "crumbs": [*opened.crumbs(), Link(label=report.title, url=opened.url())],
        "value": value_of(indicator, report.figures.get(indicator.code)),
        "of": _counted(report.figures.get(indicator.code)),
        "tabs": _views(opened, indicator, name),
        "table": table,
        "pager": pager,
        "note": note,
    }


@login_required
@require_safe
def figure(request: HttpRequest, code: str, indicator: str) -> HttpResponse:
    """The records behind a figure as they stood when the report was made."""
    opened = _Opened(request, code, P.EVIDENCE_VIEW)
    about, rows = _kept(opened, indicator)
    begin = _offset(request)
    shown = rows[begin : begin + PAGE]
    places = opened.places(shown)
    heads = [_("Record"), _("What"), _("Unit"), _("Counts on"), _("Adds")]
    table = Table(
        caption=_("Records behind the figure"),
        caption_hidden=True,
        columns=[*(Column(label=head) for head in heads[:4]), Column(label=heads[4], number=True)],
        rows=[
            [Cell(text=row.record), *_where(row, places), Cell(text=day(row.day)), _adds(about, row)] for row in shown
        ],
        empty=_("No record counts here."),
    )
    pager = _pager(
        opened.url("snapshot_figure", indicator),
        begin,
        len(shown),
        len(rows),
        _("%(n)s of %(all)s records on this page"),
    )
    note = _("As they stood when the report was made.")
    return render(request, "reports/figure.html", _page(opened, about, "snapshot_figure", table, pager, note))


@login_required
@require_safe
def changes(request: HttpRequest, code: str, indicator: str) -> HttpResponse:
    """The records behind a figure that came, went or count otherwise since the report was made."""
    opened = _Opened(request, code, P.EVIDENCE_VIEW)
    about, rows = _kept(opened, indicator)
    found = proof.differences(
        rows, proof.rows_now(opened.unit, indicator, opened.snapshot.period, opened.snapshot.tree)
    )
    begin = _offset(request)
    shown = found[begin : begin + PAGE]
    places = opened.places([row for each in shown for row in (*each.was, *each.now)])
    heads = [_("Record"), _("What"), _("Unit"), _("Since"), _("Was"), _("Is today")]
    table = Table(
        caption=_("Records that changed"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads],
        rows=[_difference(about, each, places) for each in shown],
        empty=_("Nothing: every record counts today as it did when the report was made."),
    )
    pager = _pager(
        opened.url("snapshot_changes", indicator),
        begin,
        len(shown),
        len(found),
        _("%(n)s of %(all)s records on this page"),
    )
    note = _("Compared with the records of today.")
    return render(request, "reports/figure.html", _page(opened, about, "snapshot_changes", table, pager, note))


def _where(row: Row, places: _Places) -> list[Cell]:
    """Who or what, and the unit it counts in; outside the reader's units the code alone."""
    if row.unit_id in places.outside:
        return [Cell(text=_("outside your units")), Cell(text=row.unit_code)]
    url = reverse("unit", args=[row.unit_id]) if row.unit_id in places.seen else ""
    return [Cell(text=row.label or "", lang="vi"), Cell(text=row.unit_name or "", url=url, lang="vi")]


def _adds(indicator: Indicator, row: Row) -> Cell:
    if row.denominator is None:
        return Cell(text=count(row.numerator))
    if row.denominator == 1:
        met = row.numerator == 1
        word = _("counted") if met else _("not counted")
        return Cell(text=word, mark=Mark.MET if met else Mark.NONE, mark_word=None)
    return Cell(text=_("%(n)s of %(d)s") % {"n": indicator.told(row.numerator), "d": indicator.told(row.denominator)})


def _difference(indicator: Indicator, each: Difference, places: _Places) -> list[Cell]:
    words = {Change.CAME: _("came"), Change.WENT: _("went"), Change.CHANGED: _("changed")}
    return [
        Cell(text=each.record),
        *_where((each.now or each.was)[-1], places),
        Cell(text=words[each.change]),
        Cell(text=_facts(indicator, each.was)),
        Cell(text=_facts(indicator, each.now)),
    ]


def _facts(indicator: Indicator, rows: list[Row]) -> str:
    return "; ".join(f"{_adds(indicator, row).text} ({day(row.day)}, {row.unit_code})" for row in rows) or "–"
