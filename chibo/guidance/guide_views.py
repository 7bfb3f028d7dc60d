"""Guide cells of a year: chosen by a committee within the shares asked for, and who went there to learn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.formats import count, percent
from chibo.core.periods import Period
from chibo.guidance import actions, policies, queries
from chibo.guidance.forms import GuidesForm, VisitForm
from chibo.guidance.models import CrossVisit, GuideCell, Of, norms_on
from chibo.guidance.queries import Share
from chibo.organizations.frame import of_unit
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

MOST = 500  # guide cells of a year that are shown


def year_asked(request: HttpRequest, today: date) -> int:
    """The year a URL names, from three years ago to two ahead; the running one if it names none."""
    years = {str(year): year for year in range(today.year - 3, today.year + 3)}
    return years.get(request.GET.get("year", ""), today.year)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit_guides(request: HttpRequest, pk: int) -> HttpResponse:
    """The guide cells of a committee in a year, the shares asked for, and the visits made to each."""
    now = clock.now()
    today = now.date()
    rights = rights_of(request.user, today)
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    year, base = year_asked(request, today), reverse("unit_guides", args=[pk])
    may = not unit.is_cell and rights.scope(P.CELL_GUIDE).covers(unit)
    page = _Page(request, rights, unit, year, now)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if page.do(request.POST.get("act", "")):
            return redirect(address(base, year=year))
    last = min(today, date(year, 12, 31)) if year <= today.year else today
    years = [
        Link(label=str(each), url=address(base, year=each), current=each == year)
        for each in range(today.year - 1, today.year + 2)
    ]
    context = of_unit(rights, unit, above, "unit_meetings", Period(year, "year", 1), is_chosen=False) | {
        "ways": ways_of(rights, unit, "unit_guides"),
        "years": years,
        "year": str(year),
        "shares": [] if unit.is_cell else _shares(unit, year, last),
        "guides": page.lines(),
        "may": may,
        "may_choose": may and today.year <= year <= today.year + policies.FARTHEST,
        "choose_form": page.choose,
        "pick_url": address(reverse("pick_cells", args=[pk]), to="guides", year=year),
        "visit_form": page.visit if may and page.guides and year <= today.year else None,
    }
    return render(request, "guidance/guides.html", context, status=422 if page.is_wrong else 200)


def _shares(unit: Unit, year: int, last: date) -> list[tuple[str, str, str, bool]]:
    return [_told(share) for share in queries.shares_of(unit, year, norms_on(last), last)]


def _told(share: Share) -> tuple[str, str, str, bool]:
    """For which meetings, how many of how many, what is asked, and whether it is within that."""
    said = _("%(n)s of %(all)s cells") % {"n": count(share.chosen), "all": count(share.cells)}
    if share.share is not None:
        said += f" ({percent(share.share)})"
    asked = ""
    if share.least is not None and share.most is not None:
        low, high = share.asked
        given = {"least": share.least, "most": share.most, "low": count(low), "high": count(high)}
        asked = _("asked: %(least)s to %(most)s %%, that is %(low)s to %(high)s cells") % given
        if low == high:
            asked = ngettext(
                "asked: %(least)s to %(most)s %%, that is %(n)s cell",
                "asked: %(least)s to %(most)s %%, that is %(n)s cells",
                low,
            ) % (given | {"n": count(low)})
    if asked and (share.is_few or share.is_many):
        asked += " · " + (_("too few are chosen") if share.is_few else _("too many are chosen"))
    return str(share.of.label), said, asked, not (share.is_few or share.is_many)


class _Page:
    """The guide cells of a year with the forms beside them."""

    def __init__(self, request: HttpRequest, rights: Rights, unit: Unit, year: int, now: datetime) -> None:
        self.request, self.rights, self.unit, self.year, self.now = request, rights, unit, year, now
        found = GuideCell.objects.filter(guide_year__unit=unit, guide_year__year=year)
        found = found.select_related("cell", "guide_year").prefetch_related("cross_visits__cell")
        self.guides = list(found.order_by("guide_year__of", "cell__sort_key", "pk")[:MOST])
        named = [(each.pk, f"{each.cell.name} · {Of(each.guide_year.of).label}") for each in self.guides]
        post, act = (request.POST if request.method == "POST" else None), request.POST.get("act", "")
        ticked = "\n".join(request.GET.getlist("code"))  # in the list of cells
        self.choose = GuidesForm(post if act == "choose" else None, initial={"codes": ticked})
        self.visit = VisitForm(post if act == "visit" else None, named, initial={"on": now.date()})

    @property
    def is_wrong(self) -> bool:
        return bool(self.choose.errors or self.visit.errors)

    def do(self, act: str) -> bool:
        """Do what was asked; whether it is done, or can't be, and the page is to be shown anew."""
        try:
            if act == "choose":
                return self.choose.is_valid() and self._chosen()
            if act == "visit":
                return self.visit.is_valid() and self._visited()
            return self._back(act)
        except Denied as denied:
            form: Any = {"choose": self.choose, "visit": self.visit}.get(act)
            if form is None:
                messages.error(self.request, str(denied))
                return True
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
            return False

    def _cells(self, codes: list[str]) -> dict[str, Unit]:
        found = Unit.objects.cells().filter(path__startswith=self.unit.path, code__in=codes)
        return {cell.code: cell for cell in found.order_by("sort_key", "pk")}

    def _chosen(self) -> bool:
        said = self.choose.cleaned_data
        cells = self._cells(said["codes"])
        unknown = [code for code in said["codes"] if code not in cells]
        if unknown:
            text = _("No cell below this committee has the code %(codes)s.") % {"codes": ", ".join(unknown[:10])}
            raise Denied(text, "codes")
        actions.choose_guides(
            unit=self.unit, year=self.year, of=said["of"], cells=list(cells.values()), decision=said["decision"],
            by=self.request.user, at=self.now,
        )  # fmt: skip
        messages.success(self.request, _("The guide cells are chosen."))
        return True

    def _visited(self) -> bool:
        said = self.visit.cleaned_data
        guide = next(each for each in self.guides if str(each.pk) == said["guide"])
        cell = self._cells([said["cell"]]).get(said["cell"])
        if cell is None:
            raise Denied(_("No cell below this committee has the code %(codes)s.") % {"codes": said["cell"]}, "cell")
        actions.record_visit(
            guide=guide, cell=cell, on=said["on"], note=said["note"], by=self.request.user, at=self.now
        )
        messages.success(self.request, _("The visit is recorded."))
        return True

    def _back(self, act: str) -> bool:
        asked = self.request.POST.get("key", "")
        for guide in self.guides:
            if act == "drop" and asked == str(guide.pk):
                actions.drop_guide(guide=guide, by=self.request.user, at=self.now)
                messages.success(self.request, _("The cell is no guide cell of this year."))
            for visit in guide.cross_visits.all() if act == "unvisit" else ():
                if asked == str(visit.pk):
                    visit.guide = guide
                    actions.take_back_visit(visit=visit, by=self.request.user, at=self.now)
                    messages.success(self.request, _("The visit is taken back."))
        return True

    def lines(self) -> list[tuple[GuideCell, str, str, list[CrossVisit]]]:
        """Each guide cell with what it is for, the way to its meetings, and who went there."""
        return [
            (
                each,
                str(Of(each.guide_year.of).label),
                reverse("unit_meetings", args=[each.cell_id]),
                sorted(each.cross_visits.all(), key=lambda visit: (visit.on, visit.pk), reverse=True),
            )
            for each in self.guides
        ]
