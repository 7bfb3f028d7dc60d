"""The text of minutes: gone on with, corrected; two texts beside each other."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.resolutions import actions, comparing, composing, following, forms, queries, writing
from chibo.resolutions.models import Part, Revision
from chibo.resolutions.views import Found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """The text of the minutes, to be gone on with; what another saved meanwhile is told, and nothing overwritten."""
    found = Found(request, pk, meeting)
    standing = found.standing
    if standing is None:
        return redirect(found.url)
    if not found.writes:
        raise PermissionDenied
    newest = standing.newest
    people = {
        each.pk: each
        for each in [*queries.present_at(found.meeting), standing.minutes.chair, standing.minutes.secretary]
    }
    text, anew = writing.from_html(newest.body), list[following.Pair]()
    if request.method != "POST" and queries.since(standing, found.meeting).said():
        held = composing.Held(found.meeting, found.unit, standing.minutes.chair, standing.minutes.secretary)
        composed, facts = [each.composed for each in standing.revisions], composing.facts(held)
        anew = [(was, new) for was, new in following.against(text, composed, facts) if new]
        text = following.renewed(text, composed, facts)
    form = forms.MinutesForm(
        request.POST if request.method == "POST" else None,
        people=list(people.values()),
        is_signed=bool(standing.locked),
        initial={
            "body": writing.as_typed(text),
            "seen": newest.number,
            "chair": standing.minutes.chair_id,
            "secretary": standing.minutes.secretary_id,
        },
    )
    stands: Revision | None = None
    if form.is_bound and form.is_valid():
        try:
            actions.save(
                minutes=standing.minutes, seen=form.cleaned_data["seen"], html=form.html, **form.parts(),
                reason=form.cleaned_data.get("reason", ""), by=request.user, at=clock.now(),
            )  # fmt: skip
        except actions.Conflict as conflict:
            stands = conflict.newest
            form.data = request.POST.copy()  # who sends it once more has seen what stands there
            form.data["seen"] = str(stands.number)
        except Denied as denied:
            form.add_error(denied.field if denied.field in form.fields else None, str(denied))
        else:
            messages.success(request, _("Saved."))
            return redirect(found.url)
    theirs = comparing.compare(_typed(form), writing.from_html(stands.body)) if stands else []
    context = found.context() | {
        "form": form,
        "stands": stands,
        "theirs": theirs,
        "take_url": reverse("minutes_edit", args=[found.unit.pk, found.meeting.pk]),
        "anew": anew,
        "is_corrected": bool(standing.locked),
        "kept_as": f"chibo:{found.user.pk}:minutes:{standing.minutes.pk}",
        "seen": newest.number,
        "is_mine": newest.by_id == found.user.pk,
    }
    status = 409 if stands else 422 if form.is_bound else 200
    return render(request, "resolutions/edit.html", context, status=status)


def _typed(form: forms.MinutesForm) -> list[writing.Block]:
    return writing.from_html(form.html)


@login_required
@require_safe
def compared(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """Two texts of the minutes beside each other."""
    found = Found(request, pk, meeting)
    if found.standing is None or not (found.whole or found.writes):
        raise PermissionDenied
    by_number = {str(each.number): each for each in found.standing.revisions}
    was, now = (by_number.get(request.GET.get(name, "")) for name in ("was", "now"))
    if was is None or now is None:
        return redirect(found.url)
    lines = comparing.compare(writing.from_html(was.body), writing.from_html(now.body))
    context = found.context() | {
        "was": was,
        "now": now,
        "lines": [line for line in lines if line.is_changed or "all" in request.GET],
        "is_all": "all" in request.GET,
        "all_url": address(request.path, was=was.number, now=now.number, all="1"),
        "signers": [
            (label, before, after)
            for label, before, after in (
                (Part.CHAIR.label, was.chair_name, now.chair_name),
                (Part.SECRETARY.label, was.secretary_name, now.secretary_name),
            )
            if before != after
        ],
    }
    return render(request, "resolutions/compare.html", context)
