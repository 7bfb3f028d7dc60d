"""Posts begun, ended, handed over, corrected: a form, what follows from it, and one button that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chibo.committees import actions, preview
from chibo.committees.forms import EndPostForm, HandOverForm, PostForm
from chibo.committees.views import person_cells
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.members import actions as members
from chibo.members.models import Post, PostKind
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

BOTH = ["GET", "HEAD", "POST"]


def found_post(unit: Unit, pk: int) -> Post:
    """A post of a unit; 404 if there is none."""
    post = Post.objects.select_related("unit", "person").filter(unit=unit, pk=pk).first() if pk < 2**63 else None
    if post is None:
        raise Http404
    return post


class _Page:
    """One of these pages: what is asked, what follows, and what is done when the last button is pressed."""

    def __init__(self, request: HttpRequest, rights: Rights, unit: Unit, above: list[Unit]) -> None:
        self.request, self.rights, self.unit, self.above = request, rights, unit, above
        self.act = request.POST.get("act", "look") if request.method == "POST" else ""

    def answer(
        self,
        form: forms.Form,
        *,
        title: str,
        button: str,
        facts: Sequence[tuple[str, str]] = (),
        follows: Callable[[], list[preview.Line]],
        do: Callable[[], str],
    ) -> HttpResponse:
        """The form; what follows, once it is sound; done, and back to the committee, once that was confirmed."""
        lines: list[preview.Line] = []
        if self.act in ("look", "do") and form.is_valid():
            if self.act == "do":
                try:
                    messages.success(self.request, do())
                    return redirect("unit_committee", pk=self.unit.pk)
                except Denied as error:
                    form.add_error(None, str(error))
            else:
                lines = follows()
        wrong = form.is_bound and bool(form.errors)
        context = common(self.rights, "units") | {
            "unit": self.unit,
            "crumbs": crumbs_of(self.rights, [*self.above, self.unit]),
            "title": title,
            "button": button,
            "facts": list(facts),
            "form": form,
            "lines": lines,
            "typed": self._typed(form) if lines else [],
            "back": reverse("unit_committee", args=[self.unit.pk]),
        }
        return render(self.request, "committees/post.html", context, status=422 if wrong else 200)

    def _typed(self, form: forms.Form) -> list[tuple[str, str]]:
        """What was filled in, to be sent along once more."""
        return [(name, self.request.POST.get(name, "")) for name in form.fields]

    @property
    def data(self) -> Any:
        """What was sent; None to begin. To change something, the form is shown with what was filled in."""
        return self.request.POST if self.request.method == "POST" else None


def _begin(request: HttpRequest, pk: int) -> _Page:
    rights = rights_of(request.user, clock.today())
    unit, above = find_unit(rights, pk, P.POST_MANAGE)
    return _Page(request, rights, unit, above)


def _name(rights: Rights) -> preview.Name:
    """How the holder of a post is called: outside the reader's units by code. One query for each."""
    return lambda post: str(person_cells(rights, [post], clock.today())[post.pk].text)


def _facts(rights: Rights, post: Post) -> list[tuple[str, str]]:
    """What is recorded of a post. One query."""
    facts = [
        (_("Post"), post.title),
        (_("Holder"), _name(rights)(post)),
        (_("From"), day(post.from_on)),
        (_("To"), day(post.to_on) if post.to_on else ""),
        (_("Decision"), post.decision),
    ]
    return [(term, text) for term, text in facts if text]


@login_required
@require_http_methods(BOTH)
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    """Let someone hold a post at a unit: who, from when, by which decision."""
    page, today = _begin(request, pk), clock.today()
    asked = request.GET.get("post", "")
    begun = {"post": asked if asked in PostKind.values else PostKind.SECRETARY, "from_on": today}
    begun["place"] = request.GET.get("place", "")[:500].replace("\0", "")
    scope = page.rights.scope(P.MEMBER_VIEW)
    form = PostForm(page.data, page.unit, scope, today, fixed=asked, initial=begun)

    def do() -> str:
        post = form.made()
        made = members.appoint(
            unit=page.unit, post=post.post, place=post.place, person=post.person, holder_name=post.holder_name,
            from_on=post.from_on, to_on=post.to_on, decision=post.decision, by=request.user, at=clock.now(),
        )  # fmt: skip
        return _("%(name)s: %(post)s from %(day)s on.") % {
            "name": _name(page.rights)(made), "post": made.title, "day": day(made.from_on),
        }  # fmt: skip

    return page.answer(
        form,
        title=_("Fill a post"),
        button=_("Appoint"),
        follows=lambda: preview.of_appointment(form.made(), _name(page.rights), page.rights.scope(P.UNIT_VIEW)),
        do=do,
    )


@login_required
@require_http_methods(BOTH)
def end_post(request: HttpRequest, pk: int, post: int) -> HttpResponse:
    """End a post on a day, by a decision."""
    page = _begin(request, pk)
    found = found_post(page.unit, post)
    form = EndPostForm(page.data, found, clock.today())

    def do() -> str:
        given = form.cleaned_data
        ended = actions.end_post(
            post=found, on=given["on"], decision=given["decision"], by=request.user, at=clock.now()
        )  # fmt: skip
        words = {"name": _name(page.rights)(ended), "post": ended.title, "day": day(given["on"])}
        return _("%(name)s: no longer %(post)s from %(day)s on.") % words

    return page.answer(
        form,
        title=_("End a post"),
        button=_("End it"),
        facts=_facts(page.rights, found),
        follows=lambda: preview.of_end(found, form.cleaned_data["on"], _name(page.rights)),
        do=do,
    )


@login_required
@require_http_methods(BOTH)
def hand_over(request: HttpRequest, pk: int, post: int) -> HttpResponse:
    """Let someone else take a post over on a day."""
    page, today = _begin(request, pk), clock.today()
    found = found_post(page.unit, post)
    form = HandOverForm(page.data, found, page.rights.scope(P.MEMBER_VIEW), today)

    def given() -> dict[str, Any]:
        said = form.cleaned_data
        name = "" if said["person"] else said.get("holder_name", "")
        return {"person": said["person"], "holder_name": name, "decision": said["decision"]}

    def do() -> str:
        on = form.cleaned_data["on"]
        begun = actions.hand_over(post=found, on=on, **given(), by=request.user, at=clock.now())
        return _("%(name)s: %(post)s from %(day)s on.") % {
            "name": _name(page.rights)(begun),
            "post": begun.title,
            "day": day(on),
        }

    def follows() -> list[preview.Line]:
        begun = Post(unit=page.unit, post=found.post, place=found.place, from_on=form.cleaned_data["on"], **given())
        return preview.of_hand_over(found, begun, _name(page.rights), page.rights.scope(P.UNIT_VIEW))

    return page.answer(
        form,
        title=_("Hand a post over"),
        button=_("Hand it over"),
        facts=_facts(page.rights, found),
        follows=follows,
        do=do,
    )


@login_required
@require_http_methods(BOTH)
def correct_post(request: HttpRequest, pk: int, post: int) -> HttpResponse:
    """Put the record of a post right: what it is to say, as if it always had."""
    page, today = _begin(request, pk), clock.today()
    found = found_post(page.unit, post)
    begun = {
        "place": found.place, "who": found.person.code if found.person else "", "holder_name": found.holder_name,
        "from_on": found.from_on, "to_on": found.to_on, "decision": found.decision,
        "end_decision": found.end_decision,
    }  # fmt: skip
    form = PostForm(page.data, page.unit, page.rights.scope(P.MEMBER_VIEW), today, found, initial=begun)

    def do() -> str:
        after = form.made()
        actions.correct_post(
            post=found, person=after.person, holder_name=after.holder_name, place=after.place, from_on=after.from_on,
            to_on=after.to_on, decision=after.decision, end_decision=after.end_decision, by=request.user,
            at=clock.now(),
        )  # fmt: skip
        return _("The record of the post is put right.")

    return page.answer(
        form,
        title=_("Correct a post"),
        button=_("Correct it"),
        facts=_facts(page.rights, found),
        follows=lambda: preview.of_correction(found, form.made(), _name(page.rights), page.rights.scope(P.UNIT_VIEW)),
        do=do,
    )
