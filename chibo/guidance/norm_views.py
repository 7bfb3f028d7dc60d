"""The numbers asked of all cells: what they say, since when, from which rule; and another one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count, day
from chibo.guidance import actions
from chibo.guidance.forms import NormForm
from chibo.guidance.models import Norm, What
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

MOST = 1000
SEEDED = {  # where the norms that came with the program are from
    "12-HD/BTCTW 6/7/2018; to be verified": gettext_lazy("12-HD/BTCTW 6/7/2018; to be verified"),
    "Resolution of a province on cells; to be verified": gettext_lazy(
        "Resolution of a province on cells; to be verified"
    ),
    "Chosen for this program; to be decided": gettext_lazy("Chosen for this program; to be decided"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def norms(request: HttpRequest) -> HttpResponse:
    """What is asked of cells, with a number changed from a day on."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    if not rights.over_all(P.NORM_MANAGE):
        raise Http404
    form = NormForm(request.POST if request.method == "POST" else None, initial={"from_on": now.date()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_norm(**form.cleaned_data, by=request.user, at=now)
        except Denied as error:
            form.add_error("from_on", str(error))
        else:
            messages.success(request, _("The number holds from that day on."))
            return redirect("cell_norms")
    context = common(rights, "cell_norms") | {"form": form, "table": _table()}
    return render(request, "guidance/norms.html", context, status=422 if form.errors else 200)


def _table() -> Table:
    """Every number, the newest first. One query."""
    whats = [str(what) for what in What]
    found = sorted(Norm.objects.order_by("-from_on", "-pk")[:MOST], key=lambda norm: whats.index(norm.what))
    heads = (_("What"), _("Number"), _("From"), _("To, not included"), _("Taken from"))
    return Table(
        caption=_("Numbers asked of cells"),
        caption_hidden=True,
        columns=[Column(label=head, number=head == heads[1]) for head in heads],
        rows=[
            [
                Cell(text=norm.get_what_display()),
                Cell(text=count(norm.number)),
                Cell(text=day(norm.from_on)),
                Cell(text=day(norm.to_on) if norm.to_on else "–"),
                Cell(text=str(SEEDED.get(norm.source, norm.source)) or "–"),
            ]
            for norm in found
        ],
    )
