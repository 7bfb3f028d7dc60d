"""Pages of duplicates: the pairs, two records side by side with what is decided of them, a merge."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.formats import count, day, moment
from chibo.core.spans import holding
from chibo.duplicates import actions, showing
from chibo.duplicates.drafting import Draft, draft
from chibo.duplicates.forms import MergeForm, PairsForm, WhyForm
from chibo.duplicates.likeness import LIKELY, POSSIBLE, STRENGTHS, SURE
from chibo.duplicates.models import Merge, Stale
from chibo.duplicates.queries import PAGE, Known, known, listed, pair_of, requested, successor
from chibo.members.models import Stay
from chibo.organizations.frame import common
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, find_unit, rights_of

MARKS = {SURE: Mark.MISSED, LIKELY: Mark.NEAR, POSSIBLE: Mark.NONE}
LARGEST = 2**63


def rights_here(request: HttpRequest, today: date) -> Rights:
    """The user's rights, if they merge anywhere; elsewhere there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.scope(P.MEMBER_MERGE):
        raise Http404
    return rights


def record_cell(one: Known, url: str = "") -> Cell:
    """A record as its reader may know it."""
    if one.person is None:
        where = _("ask %(unit)s") % {"unit": one.ask.name} if one.ask else ""
        return Cell(text=_("A record outside your units"), note=where)
    cell = one.unit.name if one.unit else _("no cell")
    note = f"{one.person.code} · {day(one.person.born_on)} · {cell}"
    return Cell(text=one.person.full_name, note=note, url=url, lang="vi")


@login_required
@require_safe
def alike(request: HttpRequest) -> HttpResponse:
    """Records that may be of one person, in the reader's units; what was decided of others; what others ask."""
    today = clock.today()
    rights = rights_here(request, today)
    asked = request.GET.get("unit", "")
    unit: Unit | None = None
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        unit, _above = find_unit(rights, int(asked), P.MEMBER_MERGE)
    form = PairsForm({"least": request.GET.get("least") or str(LIKELY), "which": request.GET.get("which", "")})
    chosen = form.cleaned_data if form.is_valid() else {"least": LIKELY, "which": ""}
    kept = {"unit": unit.pk if unit else "", "least": chosen["least"], "which": chosen["which"]}
    if chosen["which"] == "merged":
        table, last = _merges(request, rights, unit, today)
        wanted: list[Any] = []
    else:
        table, last = _pairs(request, rights, unit, chosen, today)
        wanted = requested(rights, today) if not request.GET.get("after") and not chosen["which"] else []
    url = reverse("alike")
    pager = Pager(
        first_url=address(url, **kept) if request.GET.get("after") else "",
        next_url=address(url, **kept, after=after_key(last)) if last else "",
    )
    context = common(rights, "members") | {
        "unit": unit,
        "form": form,
        "table": table,
        "pager": pager,
        "is_waiting": Stale.objects.exists(),
        "requests": [
            {
                "said": f"{one.person} · {other.person}",
                "by": str(request_.by),
                "at": request_.at,
                "note": request_.note,
                "url": reverse("alike_pair", args=[one.pk, other.pk]),
            }
            for request_, one, other in wanted
        ],
    }
    return render(request, "duplicates/alike.html", context)


def _pairs(
    request: HttpRequest, rights: Rights, unit: Unit | None, chosen: dict[str, Any], today: date
) -> tuple[Table, list[Any]]:
    is_apart = chosen["which"] == "apart"
    after = after_asked(request, int, int)
    found = listed(rights, today, least=chosen["least"], apart=is_apart, below=unit, after=after)
    more, found = found[PAGE:], found[:PAGE]
    last = found[-1].key if more else []
    rows = []
    for each in found:
        if each.first.person is None and each.second.person is None:
            continue  # both left the reader's units since it was found
        one, other = (each.first, each.second) if each.first.person else (each.second, each.first)
        url = reverse("alike_pair", args=[one.pk, other.pk])
        rows.append(
            [
                record_cell(one, url),
                record_cell(other),
                Cell(text=STRENGTHS[each.strength], mark=MARKS[each.strength], mark_word=None),
                Cell(text=showing.why(each.reasons) if other.person else _("hidden")),
            ]
        )
    heads = (_("One record"), _("The other"), _("How sure"), _("Why"))
    table = Table(
        caption=_("Records alike"), caption_hidden=True, stacks=True, rows=rows,
        columns=[Column(label=head) for head in heads],
        empty=_("No records are alike in that way."),
    )  # fmt: skip
    return table, last


def _merges(request: HttpRequest, rights: Rights, unit: Unit | None, today: date) -> tuple[Table, list[Any]]:
    """Merges whose kept record is in scope, the newest first."""
    here = Q(holding(today)) | Q(to_on__lte=today)
    of_kept = Stay.objects.filter(here, rights.scope(P.MEMBER_MERGE).q("cell"), membership__person=OuterRef("kept_id"))
    if unit is not None:
        of_kept = of_kept.filter(cell__path__startswith=unit.path)
    found = Merge.objects.select_related("by").order_by("-pk")
    found = found.filter(Exists(of_kept)) if unit or not rights.over_all(P.MEMBER_MERGE) else found
    after = after_asked(request, int)
    if after:
        found = found.filter(pk__lt=after[0])
    merges = list(found[: PAGE + 1])
    more, merges = merges[PAGE:], merges[:PAGE]
    people = known(rights, [each.kept_id for each in merges], today)
    rows = []
    for each in merges:
        if people[each.kept_id].person is None:
            continue
        state = _("taken apart on %(day)s") % {"day": moment(each.apart_at)} if each.apart_at else _("one record")
        rows.append(
            [
                Cell(text=f"{each.gone_code} → {each.kept_code}", url=reverse("merge", args=[each.pk])),
                record_cell(people[each.kept_id]),
                Cell(text=moment(each.at), note=str(each.by or "")),
                Cell(text=state),
            ]
        )
    heads = (_("Codes"), _("Record"), _("Merged"), _("How it stands"))
    table = Table(
        caption=_("Merged records"), caption_hidden=True, stacks=True, rows=rows,
        columns=[Column(label=head) for head in heads], empty=_("No records were merged here."),
    )  # fmt: skip
    return table, [merges[-1].pk] if more else []


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, kept: int, gone: int) -> HttpResponse:
    """Two records side by side; one person, two people, or a request to those who see both."""
    today = clock.today()
    rights = rights_here(request, today)
    if kept == gone or max(kept, gone) >= LARGEST:
        raise Http404
    people = known(rights, (kept, gone), today)
    if not any(each.person for each in people.values()):
        raise Http404
    found = pair_of(kept, gone)
    context = common(rights, "members") | {
        "crumbs": _crumbs(),
        "pair": found,
        "strength": STRENGTHS[found.strength] if found else "",
        "why": showing.why(found.reasons) if found else "",
        "swap_url": reverse("alike_pair", args=[gone, kept]),
        "back": reverse("alike"),
        "apart": bool(found and found.is_apart),
    }
    if not all(each.person for each in people.values()):
        if found is None:
            raise Http404
        return _one_hidden(request, people, context)
    act = request.POST.get("act", "")
    if act in ("two", "again"):
        try:
            done = actions.tell_apart if act == "two" else actions.ask_again
            done(one=kept, other=gone, by=request.user, at=clock.now())
        except Denied as error:
            context["refused"] = str(error)
        else:
            said = _("Kept as two people.") if act == "two" else _("They are shown again.")
            messages.success(request, said)
            return redirect("alike")
    return _deciding(request, rights, kept, gone, context, act)


def _deciding(
    request: HttpRequest, rights: Rights, kept: int, gone: int, context: dict[str, Any], act: str
) -> HttpResponse:
    """The two records with the form that merges them; once all is chosen, what follows; then it is done."""
    sent = act in ("look", "merge", "change")
    made = draft(kept, gone, {})
    form = MergeForm(request.POST if sent else None, made)
    looked: Draft | None = None
    if sent and form.is_valid():
        looked = draft(kept, gone, form.choices)
        if {each.name for each in looked.unsettled} - set(form.fields):
            form = MergeForm(request.POST, looked)
            form.is_valid()
            looked = draft(kept, gone, form.choices)
        form.told(looked)
        if act == "merge" and not form.errors:
            try:
                done = actions.merge(
                    kept=kept, gone=gone, choices=form.choices, reason=form.cleaned_data["reason"],
                    by=request.user, at=clock.now(),
                )  # fmt: skip
            except Denied as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The two records are one now."))
                return redirect("merge", pk=done.pk)
    first, second = showing.sides(made, rights.scope(P.UNIT_VIEW))
    is_looked = looked is not None and not form.errors and act == "look"
    typed = [(name, request.POST.get(name, "")) for name in form.fields] if is_looked else []
    context |= {
        "first": made.first,
        "second": made.second,
        "lines": showing.lines(made, form, form.choices if is_looked else None),
        "of_first": first,
        "of_second": second,
        "form": form,
        "settling": [form[name] for name in form.fields if not name.startswith("fact_")],
        "typed": typed,
        "follows": showing.follows(looked) if is_looked and looked else [],
    }
    return render(request, "duplicates/pair.html", context)


def _one_hidden(request: HttpRequest, people: dict[int, Known], context: dict[str, Any]) -> HttpResponse:
    """One record is outside the reader's units: nothing of it, but whom to ask, and the way to ask."""
    form = WhyForm(request.POST if request.method == "POST" else None)
    one, other = sorted(people.values(), key=lambda each: each.person is None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask(one=one.pk, other=other.pk, note=form.cleaned_data["reason"], by=request.user, at=clock.now())
        except Denied as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked. Those who see both records decide."))
            return redirect("alike")
    context |= {"mine": one.person, "cell": one.unit, "ask": other.ask, "form": form}
    context["why"] = ""  # why they are alike would say what the other record says
    return render(request, "duplicates/hidden.html", context)


def _crumbs() -> list[Link]:
    return [
        Link(label=_("Members"), url=reverse("members")),
        Link(label=_("Records alike"), url=reverse("alike")),
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """A merge: what went where, by whom and why; and the way to take it apart."""
    today = clock.today()
    rights = rights_here(request, today)
    found = Merge.objects.select_related("by", "apart_by").filter(pk=pk).first() if pk < LARGEST else None
    if found is None:
        raise Http404
    now = successor(found.kept_id) or found.kept_id
    people = known(rights, [now], today)
    person = people[now].person
    if person is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.take_apart(merge=found, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
        except Denied as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("They are two records again."))
            return redirect("merge", pk=found.pk)
    facts = [
        (_("Merged"), f"{moment(found.at)} · {found.by or ''}"),
        (_("Why"), found.reason),
        (_("The code that stays"), found.kept_code),
        (_("The code that went"), f"{found.gone_code} · {found.gone_name}"),
        (_("Records written"), count(found.rows.count())),
        (_("Taken apart"), f"{moment(found.apart_at)} · {found.apart_by or ''}" if found.apart_at else ""),
        (_("Why taken apart"), found.apart_reason),
    ]
    context = common(rights, "members") | {
        "crumbs": _crumbs(),
        "person": person,
        "facts": [(term, text) for term, text in facts if text],
        "form": form,
        "is_one": found.apart_at is None,
        "member_url": reverse("member", args=[person.pk]),
    }
    return render(request, "duplicates/merge.html", context)
