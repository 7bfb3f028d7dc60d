"""The Party groups of a cell: who is in which, who leads it; laid down anew from today on."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.modes import actions, queries
from chibo.modes.forms import GroupsForm
from chibo.modes.models import PartyGroup
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.meeting_ways import ways_of
from chibo.organizations.permissions import P
from chibo.organizations.scope import find_unit, rights_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def groups(request: HttpRequest, pk: int) -> HttpResponse:
    """The Party groups of a cell today, with the form in which its secretary lays them down."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    unit, above = find_unit(rights, pk, P.MEETING_VIEW)
    if not unit.is_cell:
        raise Http404
    may = rights.scope(P.MEETING_RECORD).covers(unit)
    if request.method == "POST" and not may:
        raise PermissionDenied
    named = rights.scope(P.MEMBER_VIEW).covers(unit)
    found = queries.groups_on(unit, now.date())
    form = None
    if may:
        people = queries.counted_on(unit, now.date())
        form = GroupsForm(
            request.POST if request.method == "POST" else None, people, named, found, queries.seal_of(found)
        )
        if request.method == "POST" and form.is_valid():
            try:
                actions.divide(unit=unit, groups=form.said(), seen=form.cleaned_data["seen"], by=request.user, at=now)
            except Denied as denied:
                form.add_error(None, str(denied))
            else:
                messages.success(request, _("The Party groups are laid down from today on."))
                return redirect("unit_groups", pk=pk)
    context = common(rights, "units") | {
        "unit": unit,
        "crumbs": crumbs_of(rights, [*above, unit]),
        "ways": ways_of(rights, unit, "unit_groups"),
        "groups": [_told(group, named) for group in found],
        "form": form,
    }
    return render(request, "modes/groups.html", context, status=422 if form is not None and form.errors else 200)


def _told(group: PartyGroup, named: bool) -> tuple[str, str, list[tuple[str, bool]]]:
    """A group by name, since when, and who is in it: whether they lead it."""
    here = [(each.person.full_name if named else each.person.code, each.is_leader) for each in group.here]  # type: ignore[attr-defined]
    return group.name, day(group.from_on), here
