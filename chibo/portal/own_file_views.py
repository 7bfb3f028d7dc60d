"""Everyone's own file: all of it, sensitive groups too, who looked, and a complete copy to take along."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chibo.core import clock
from chibo.core.components import Cell, Link
from chibo.core.formats import moment
from chibo.files import actions
from chibo.files.groups import Group
from chibo.files.models import CopyForm
from chibo.files.queries import copies_of
from chibo.files.sections import Reader, openings_table, sections
from chibo.files.views import openings_page
from chibo.members.queries import person_of
from chibo.organizations.frame import common, unit_cell
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.portal.own_copy import MADE
from chibo.procedures.queries import about


def own_tabs(current: str) -> list[Link]:
    """The pages of one's own record."""
    named = [("me", _("Life")), ("own_file", pgettext("of a member", "File"))]
    return [Link(label=label, url=reverse(name), current=name == current) for name, label in named]


def _cell(unit: Unit) -> Cell:
    """Where who looked had the right to: by name, wherever that is, as it is oneself they looked at."""
    return Cell(text=unit.name, lang="vi")


@login_required
@require_safe
@never_cache
def own_file(request: HttpRequest) -> HttpResponse:
    """My own file: every group, who opened what, the copies I took."""
    rights = rights_of(request.user, clock.today())
    person = person_of(request.user)
    if person is None:
        return render(request, "portal/no_record.html", common(rights, "me"))
    seen = rights.scope(P.UNIT_VIEW)
    reader = Reader(
        user=request.user, scope=seen, cell=lambda unit: unit_cell(seen, unit, None), cases=about(request.user)
    )
    openings, pager = openings_page(request, person)
    context: dict[str, Any] = common(rights, "me") | {
        "person": person,
        "tabs": own_tabs("own_file"),
        "sections": sections(person, reader, list(Group)),
        "openings": openings_table(openings, None, _cell),
        "pager": pager,
        "copies": [(moment(each.at), CopyForm(each.form).label) for each in copies_of(person)],
        "forms": CopyForm.choices,
    }
    return render(request, "portal/own_file.html", context)


@login_required
@require_POST
@never_cache
def own_copy(request: HttpRequest) -> HttpResponse:
    """A complete copy of what is recorded of me, as a file; that it was taken is kept."""
    rights = rights_of(request.user, clock.today())
    person = person_of(request.user)
    if person is None:
        return render(request, "portal/no_record.html", common(rights, "me"), status=404)
    form, at = request.POST.get("form", ""), clock.now()
    if form not in MADE:
        return HttpResponseBadRequest(_("Choose one of the list."))
    content_type, make = MADE[form]
    made = make(person, request.user, rights.scope(P.UNIT_VIEW), at)
    actions.take_copy(
        person=person, form=form, sha256=hashlib.sha256(made).hexdigest(), by=request.user, at=at
    )  # fmt: skip
    answer = HttpResponse(made, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="my-file-{at.date().isoformat()}.{form}"'
    return answer
