"""Entries of a member's file recorded, corrected, ended, taken out; facts of a person put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Text
from chibo.files import actions, policies
from chibo.files.forms import EndForm, EntryForm, FactForm, ReasonForm
from chibo.files.groups import FACTS, SENSITIVE, SPECS, Days, Group, group_named
from chibo.files.models import Entry, Source
from chibo.files.queries import last_event
from chibo.files.sections import days_of, fact_said, title_of
from chibo.files.views import BOTH, closed, find_person, frame, opened
from chibo.members.models import Person
from chibo.organizations.permissions import P


class _Page:
    """One of these pages: whose file it is, and what is done when its button is pressed."""

    def __init__(self, request: HttpRequest, pk: int, group: str) -> None:
        self.request, self.today = request, clock.today()
        self.rights, self.person, self.cell = find_person(request, pk, P.FILE_KEEP)
        self.group = group

    @property
    def data(self) -> Any:
        """What was sent to be recorded; None to begin."""
        return self.request.POST if self.request.method == "POST" and "open" not in self.request.POST else None

    def check(self) -> None:
        """403 with its reason unless this is theirs to record."""
        try:
            policies.check_keeps(self.request.user, self.person, self.group, self.today)
        except Denied as error:
            raise PermissionDenied(str(error)) from None

    @property
    def context(self) -> dict[str, Any]:
        return frame(self.rights, self.person, self.cell)

    def answer(
        self,
        form: forms.Form,
        *,
        title: str,
        button: str,
        do: Callable[[], str],
        note: Text = "",
        about: Text = "",
    ) -> HttpResponse:
        """The form; done, and back to the file, once it is sound."""
        if form.is_bound and form.is_valid():
            try:
                messages.success(self.request, do())
                return redirect("member_file", pk=self.person.pk)
            except Denied as error:
                form.add_error(None, str(error))
        wrong = form.is_bound and bool(form.errors)
        context = self.context | {
            "title": title,
            "button": button,
            "form": form,
            "note": note,
            "about": about,
            "back": reverse("member_file", args=[self.person.pk]),
        }
        return render(self.request, "files/entry.html", context, status=422 if wrong else 200)


@login_required
@require_http_methods(BOTH)
@never_cache
def entry_new(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    """A new entry of a group."""
    named = group_named(group)
    page = _Page(request, pk, group)
    if named is None or named not in SPECS:
        raise Http404
    page.check()
    begun: dict[str, str] = {"source": Source.DECLARED if named in SENSITIVE else Source.DOCUMENT}
    if named == Group.SUPPLEMENTS:
        begun = {"source": Source.FORM, "paper": "3-HSĐV"}
    form = EntryForm(page.data, named, page.today, initial=begun)

    def do() -> str:
        actions.record(person=page.person, group=named, **form.given(), by=request.user, at=clock.now())
        return _("Recorded.")

    return page.answer(form, title=str(named.label), button=_("Record it"), note=SPECS[named].help, do=do)


@login_required
@require_http_methods(BOTH)
@never_cache
def entry_act(request: HttpRequest, pk: int, entry: int, act: str) -> HttpResponse:
    """An entry corrected, ended or taken out; one of a sensitive group shows only to who sends a reason."""
    page = _Page(request, pk, "")
    found = Entry.objects.filter(person=page.person, struck_because="", pk=entry).first() if entry < 2**63 else None
    may_open = page.rights.scope(P.FILE_OPEN).covers(page.cell)
    if found is None or act not in ACTS or (found.is_sensitive and not may_open):
        raise Http404  # not even that there is such an entry is told
    if act == "end" and found.spec.days != Days.SPAN:
        raise Http404
    page.group = found.group
    page.check()
    if found.is_sensitive and page.data is None:
        if request.method != "POST":
            return closed(request, page.context, Group(found.group))
        form = opened(request, page.person, Group(found.group))
        if form.errors:
            return closed(request, page.context, Group(found.group), form)
    found.person = page.person
    return ACTS[act](page, found)


def _about(page: _Page, entry: Entry) -> str:
    """Which entry it is; of a sensitive one only in the answer to its opening."""
    if entry.is_sensitive and page.data is not None:
        return ""
    return " · ".join(filter(None, [title_of(entry), days_of(entry)]))


def _correct(page: _Page, entry: Entry) -> HttpResponse:
    group = Group(entry.group)
    begun = EntryForm.begun(entry, last_event(entry)) if page.data is None else {}
    form = EntryForm(page.data, group, page.today, initial=begun)

    def do() -> str:
        seen = form.cleaned_data["seen"]
        actions.correct(entry=entry, **form.given(), seen=seen, by=page.request.user, at=clock.now())
        return _("Corrected. What it said before stays in its history.")

    return page.answer(form, title=_("Correct: %(group)s") % {"group": group.label}, button=_("Correct it"), do=do)


def _end(page: _Page, entry: Entry) -> HttpResponse:
    form = EndForm(page.data, entry, page.today)

    def do() -> str:
        given = form.cleaned_data
        actions.end(entry=entry, on=given["on"], paper=given["paper"], by=page.request.user, at=clock.now())
        return _("Ended. It stays in the file.")

    title = _("End: %(group)s") % {"group": Group(entry.group).label}
    return page.answer(form, title=title, button=_("End it"), about=_about(page, entry), do=do)


def _strike(page: _Page, entry: Entry) -> HttpResponse:
    form = ReasonForm(
        page.data, _("Of what was recorded by mistake. What was so once, and is no longer, is ended instead.")
    )

    def do() -> str:
        actions.strike(
            entry=entry, reason=form.cleaned_data["reason"], by=page.request.user, at=clock.now()
        )  # fmt: skip
        return _("Taken out of the file.")

    title = _("Take out: %(group)s") % {"group": Group(entry.group).label}
    return page.answer(form, title=title, button=_("Take it out"), about=_about(page, entry), do=do)


ACTS: dict[str, Callable[[_Page, Entry], HttpResponse]] = {"correct": _correct, "end": _end, "strike": _strike}


@login_required
@require_http_methods(BOTH)
@never_cache
def fact_correct(request: HttpRequest, pk: int, fact: str) -> HttpResponse:
    """What is known of a person in one field, put right."""
    page = _Page(request, pk, FACTS[fact][0] if fact in FACTS else "")
    if fact not in FACTS:
        raise Http404
    page.check()
    person: Person = page.person
    value = getattr(person, fact)
    begun = {"value": value, "was": str(value), "source": Source.DOCUMENT}
    form = FactForm(page.data, person, fact, page.today, initial=begun)

    def do() -> str:
        given = form.cleaned_data
        actions.correct_fact(
            person=person, fact=fact, value=given["value"], source=given["source"], paper=given["paper"],
            paper_on=given["paper_on"], was=given["was"], by=request.user, at=clock.now(),
        )  # fmt: skip
        return _("Corrected. What it said before stays in its history.")

    label = FACTS[fact][1]
    about = _("Now: %(value)s") % {"value": fact_said(fact, value)}
    return page.answer(
        form, title=_("Correct: %(group)s") % {"group": label}, button=_("Correct it"), about=about, do=do
    )
