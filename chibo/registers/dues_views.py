"""The dues of a unit: a cell's month on one page, who has not paid ticked; of a committee the cells that owe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.core.fields import LineField
from chibo.core.formats import count, day, period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.trees import Tree, in_order, units_under
from chibo.registers import dues
from chibo.registers.models import DuesMonth, Paid, Payment
from chibo.registers.owing import Owing, Payer, list_day, owed_below, owed_in, owing, payers_of, recorded
from chibo.registers.sections import Section

MOST = 10**12  # đồng; more is a slip
SHOWN = 6  # months side by side
NAMED = 50  # who owes for long, by name, on a page


@dataclass(frozen=True)
class Row:
    """One of the list: what is typed of them, what is wrong with it."""

    payer: Payer
    is_unpaid: bool
    reason: str
    amount: str
    error: str = ""
    elsewhere: bool = False


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit_dues(request: HttpRequest, pk: int) -> HttpResponse:
    """A cell's dues of a month, or the units below with what is owed there.

    Asked for amounts too, the page comes again as it was filled in: nothing is saved yet.
    """
    section = Section(request, pk)
    if request.method == "POST" and not (section.unit.is_cell and section.may(P.DUES_RECORD)):
        raise PermissionDenied
    if section.unit.is_cell:
        return _cell(section)
    return render(request, "registers/dues_below.html", _committee(section))


def _month(section: Section) -> date:
    """The month asked for, if it has begun; the running one otherwise."""
    running = Period.month_of(section.today)
    source = section.request.POST if section.request.method == "POST" else section.request.GET
    try:
        asked = Period.parse(source.get("month", ""))
    except NotAPeriod:
        return running.first_day
    return asked.last_month if asked.first_day <= section.today and asked.grain == "month" else running.first_day


def _cell(section: Section) -> HttpResponse:
    request, cell, month = section.request, section.unit, _month(section)
    errors: dict[int, str] = {}
    refused = ""
    if request.method == "POST":
        try:
            if "debts" in request.POST:
                _pay_debts(section)
                return redirect(section.url("unit_dues", month=Period.month_of(month)))
            marks, errors = _marks(request.POST)
            if not errors and "amounts" not in request.POST:
                seen = request.POST.get("seen", "")
                dues.record_dues(
                    cell=cell, month=month, marks=marks, seen=_whole(seen) or 0, by=request.user, at=section.now
                )
                unpaid = sum(not mark.is_paid for mark in marks.values())
                said = _("Recorded. Paid: %(paid)s, not paid: %(unpaid)s.")
                messages.success(request, said % {"paid": count(len(marks) - unpaid), "unpaid": count(unpaid)})
                return redirect(section.url("unit_dues", month=Period.month_of(month)))
        except Denied as denied:
            refused = str(denied)
    context = _cell_page(section, month, errors, refused)
    return render(request, "registers/dues.html", context, status=422 if errors or refused else 200)


def _cell_page(section: Section, month: date, errors: dict[int, str], refused: str) -> dict[str, Any]:
    cell, today = section.unit, section.today
    shown = _months_shown(month, today)
    done = recorded(cell, shown)
    payers = payers_of(cell, month, today)
    may = section.may(P.DUES_RECORD)
    post = section.request.POST if section.request.method == "POST" and "debts" not in section.request.POST else None
    found = done.get(month)
    seen = found.version if found else 0
    if post is not None and refused and _whole(post.get("seen", "")) != seen:
        post = None  # somebody else recorded it meanwhile: what stands there is shown, as the refusal says
    rows = [_row(payer, cell, post, errors) for payer in payers if not payer.exempt]
    is_asked = post is not None and "amounts" in post
    with_amounts = is_asked or any(row.amount for row in rows) or bool(errors)
    return section.context("unit_dues") | {
        "month": Period.month_of(month),
        "months": [
            Link(
                label=period_name(Period.month_of(each)),
                url=section.url("unit_dues", month=Period.month_of(each)),
                current=each == month,
            )
            for each in shown
        ],
        "recorded": found,
        "recorded_said": _recorded(found) if found else "",
        "seen": post.get("seen", "0") if post is not None and not refused else seen,
        "rows": rows,
        "exempt": [payer for payer in payers if payer.exempt],
        "as_of": list_day(month, today),
        "may": may,
        "is_open": cell.founded_on <= Period.month_of(month).last_day
        and (cell.closed_on is None or cell.closed_on > month),
        "with_amounts": with_amounts,
        "is_typed": post is not None,
        "debts": _by_person(owed_in(cell, today)),
        "refused": refused,
        "errors": errors,
    }


def _recorded(found: DuesMonth) -> str:
    said = {"who": found.by or _("the system"), "day": day(timezone.localdate(found.at))}
    return _("Recorded by %(who)s on %(day)s.") % said


def _row(payer: Payer, cell: Unit, post: Any, errors: dict[int, str]) -> Row:
    """As typed, else as noted, else as paid."""
    noted = payer.noted
    if post is not None and str(payer.person) in post.getlist("p"):
        return Row(
            payer, f"u_{payer.person}" in post, post.get(f"r_{payer.person}", "")[:500],
            post.get(f"a_{payer.person}", "")[:40], errors.get(payer.person, ""), _elsewhere(noted, cell),
        )  # fmt: skip
    return Row(
        payer,
        noted is not None and noted.state == Paid.UNPAID,
        noted.reason if noted else "",
        str(noted.amount) if noted and noted.amount is not None else "",
        elsewhere=_elsewhere(noted, cell),
    )


def _elsewhere(noted: Payment | None, cell: Unit) -> bool:
    return noted is not None and noted.cell_id != cell.pk


def _marks(post: Any) -> tuple[Mapping[int, dues.Mark], dict[int, str]]:
    """What was ticked and typed of each on the list that was shown, and what is wrong with it."""
    marks, errors = {}, {}
    for text in post.getlist("p")[:5000]:
        pk = _whole(text)
        if pk is None or pk >= 2**63:
            continue
        is_paid = f"u_{pk}" not in post
        amount, reason = None, ""
        typed = "".join(post.get(f"a_{pk}", "").split()).replace(".", "").replace(",", "")
        if is_paid and typed:
            amount = _whole(typed)
            if amount is None or amount > MOST:
                errors[pk] = _("Write the amount in whole đồng, such as 25000.")
        try:
            reason = "" if is_paid else LineField(required=False).clean(post.get(f"r_{pk}", "").replace("\0", ""))
        except ValidationError as error:
            errors[pk] = " ".join(error.messages)
        marks[pk] = dues.Mark(is_paid, amount if pk not in errors else None, reason)
    return marks, errors


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _pay_debts(section: Section) -> None:
    picked = [pk for text in section.request.POST.getlist("d")[:1000] if (pk := _whole(text)) is not None]
    if not picked:
        raise Denied(_("Tick the months that are paid now."))
    paid = dues.pay_debts(cell=section.unit, payments=picked, by=section.request.user, at=section.now)
    n = len(paid)
    messages.success(
        section.request,
        ngettext("%(n)s month is noted as paid.", "%(n)s months are noted as paid.", n) % {"n": count(n)},
    )


def _by_person(found: list[Payment]) -> list[tuple[Any, list[tuple[Payment, str]]]]:
    """The months owed, member by member."""
    people: dict[int, tuple[Any, list[tuple[Payment, str]]]] = {}
    for payment in found:
        said = period_name(Period.month_of(payment.month))
        people.setdefault(payment.person_id, (payment.person, []))[1].append((payment, said))
    return list(people.values())


def _months_shown(month: date, today: date) -> list[date]:
    """Some months side by side, the newest first, the one shown among them."""
    last = min(_shifted(month, 1).first_day, today.replace(day=1))
    return [_shifted(last, -n).first_day for n in range(SHOWN)]


def _shifted(month: date, by: int) -> Period:
    number = month.year * 12 + month.month - 1 + by
    return Period(number // 12, "month", number % 12 + 1)


def _committee(section: Section) -> dict[str, Any]:
    """The units directly below with what their members owe, and who owes for long."""
    unit, today = section.unit, section.today
    month = Period.month_of(today)
    below = in_order(units_under(unit, month, Tree.THEN, today).open_on(today))
    debts = owed_below(unit, today)
    scope = section.rights.scope(P.MEMBER_VIEW)
    long, pager = list[Owing](), Pager()
    if unit.path.startswith(scope.subtrees):  # names only where all members below are the reader's to see
        long, pager = _long(section)
    rows = []
    for each in below:
        people, months = debts.get(each.pk, (0, 0))
        url = reverse("unit_dues", args=[each.pk]) if scope.covers(each) else ""
        rows.append(
            [
                Cell(text=each.name if url else each.code, url=url, lang="vi" if url else ""),
                Cell(text=count(people), mark=Mark.MISSED if people else "", mark_word=_("owing")),
                Cell(text=count(months)),
            ]
        )
    return section.context("unit_dues") | {
        "table": Table(
            caption=_("Dues owed below"),
            caption_hidden=True,
            columns=[
                Column(label=_("Unit")),
                Column(label=_("Members who owe"), number=True),
                Column(label=_("Months owed"), number=True),
            ],
            rows=rows,
        ),
        "long": [(each, reverse("member_dues", args=[each.person])) for each in long],
        "pager": pager,
        "rules_url": address(reverse("dues_rules")) if section.rights.over_all(P.RULE_MANAGE) else "",
    }


def _long(section: Section) -> tuple[list[Owing], Pager]:
    """Who owes for long at a unit and below, this year and in January the last: a page of them."""
    today, after = section.today, after_asked(section.request, str, int, int)
    years = [today.year, *([today.year - 1] if today.month == 1 else [])]
    found = owing(section.unit, years, today, after=after, most=NAMED + 1)
    shown = found[:NAMED]
    more = section.url("unit_dues", after=after_key(shown[-1].key)) if len(found) > NAMED else ""
    first = section.url("unit_dues") if after else ""
    return shown, Pager(first_url=first, next_url=more, note=_("%(n)s on this page") % {"n": count(len(shown))})
