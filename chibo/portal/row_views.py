"""The rows of a restructuring: all with their verdicts, put together here one by one, mended beside their faults."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address, after_asked, after_key
from chibo.core.components import Cell, Column, Link, Mark, Pager, Table
from chibo.organizations.frame import common
from chibo.organizations.kinds import Kind, Setting
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.portal.row_forms import STAYS, WAYS, RowForm
from chibo.portal.row_picking import Ground
from chibo.restructurings import drafting, policies, queries
from chibo.restructurings.models import Line, Restructuring
from chibo.restructurings.views import state_of
from chibo.restructurings.workbook import LABELS, SHOWN

LISTED = 100
CELLS = SHOWN[:-1]  # all but the note
UNITS = ("unit_code", "into_code", "parent_code")
WORDS = {
    "act": {act: way.label for act, way in WAYS.items()},
    "kind": dict(Kind.choices),
    "setting": dict(Setting.choices),
}


def _key(request: HttpRequest) -> int:
    after = after_asked(request, int)
    return after[0] if after is not None and 0 <= after[0] < 2**31 else 0


def _act(request: HttpRequest, otherwise: str) -> str:
    """What happens by the row that is asked for."""
    sent = request.POST.get("turn") or request.POST.get("act") or request.GET.get("act", "")
    return sent if sent in WAYS else otherwise


def _form(request: HttpRequest, ground: Ground, act: str, *, one: bool, values: Any) -> RowForm:
    """The form as it was sent, or as it begins."""
    if request.method != "POST":
        return RowForm(None, act=act, ground=ground, one=one, values=values)
    data = request.POST.copy()
    form = RowForm(data, act=act, ground=ground, one=one, values=values)
    if "turn" in data:  # a code ticked before isn't a new code
        for name in ("unit_code", "into_code"):
            if name in form.fields and form.fields[name].part == "components/field.html":  # type: ignore[attr-defined]
                data.pop(name, None)
    return form


def _is_look(request: HttpRequest) -> bool:
    return "turn" in request.POST or request.POST.get("step") == "look"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rows(request: HttpRequest, pk: int) -> HttpResponse:
    """Every row with its verdict, faults beside their cells; while it is a draft, the form for the next row."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    found = queries.find(rights, pk)
    ground = Ground(found, rights, now.date())
    mendable = policies.has_mendable_rows(found)
    act, form, url = _act(request, "merge"), None, reverse("restructuring_rows", args=[pk])
    if mendable or request.method == "POST":
        stays = {name: request.GET.get(name, "")[:500].replace("\0", "") for name in STAYS.get(act, ())}
        form = _form(request, ground, act, one=False, values=stays)
    if form is not None and form.is_bound:
        if _is_look(request):
            form.calm()
        elif form.is_valid():
            try:
                made = drafting.add(restructuring=found, rows=form.rows(), by=request.user, at=now)
            except Denied as error:
                form.add_error(None, str(error))
            else:
                told = ngettext("%(n)s row added.", "%(n)s rows added.", len(made)) % {"n": len(made)}
                messages.success(request, told)
                after = after_key([made[0] - 1 - LISTED // 2]) if made[0] > LISTED else ""
                return redirect(address(url, act=act, **form.stays(), after=after))
    which = request.GET.get("which", "")
    which = which if which in Line.Verdict.values else ""
    key = _key(request)
    listed = queries.lines(found, which, key, LISTED + 1)
    more, listed = listed[LISTED:], listed[:LISTED]
    choices = [("", _("All rows")), *((v.value, str(v.label)) for v in Line.Verdict)]
    context = common(rights, "restructurings") | {
        "found": found, "state": state_of(found), "table": _table(found, listed, mendable=mendable), "form": form,
        "url": url, "act": act, "turns": list(WAYS.items()), "way": WAYS[act],
        "is_empty": not listed and not which and not key,
        "is_draft": found.status == Restructuring.Status.DRAFT, "is_mendable": mendable,
        "ways": [Link(label=label, url=address(url, which=value), current=value == which) for value, label in choices],
        "pager": Pager(
            first_url=address(url, which=which) if key else "",
            next_url=address(url, which=which, after=after_key([listed[-1].number])) if more else "",
        ),
    }  # fmt: skip
    return render(request, "portal/rows.html", context)


def _table(found: Restructuring, listed: list[Line], *, mendable: bool) -> Table:
    """Rows with the cells that are used, units by name, faults beside their cells. One query."""
    reasons: dict[tuple[Any, Any], str] = {(f["row"], f["column"]): f["reason"] for f in found.faults}
    used = [name for name in CELLS[1:] if name == "unit_code" or any(name in line.values for line in listed)]
    used += [name for name in CELLS[1:] if name not in used and any((line.number, name) in reasons for line in listed)]
    wrong = {name for name in used for line in listed if (line.number, name) in reasons}
    names = _names(found, listed)
    heads = [Column(label=LABELS[name], wide=name in wrong, hint=name if found.file_name else "") for name in used]
    return Table(
        caption=_("The rows"),
        caption_hidden=True,
        columns=[Column(label=_("Row")), *heads, Column(label=_("Verdict"), nowrap=True)],
        rows=[
            [
                _first(found, line, reasons.get((line.number, "act"), ""), mendable=mendable),
                *(_cell(line, name, reasons.get((line.number, name), ""), names) for name in used),
                _verdict(line),
            ]
            for line in listed
        ],
        empty=_("No row has this verdict."),
    )


def _first(found: Restructuring, line: Line, reason: str, *, mendable: bool) -> Cell:
    """The number of a row and what happens by it; the way to change it."""
    said = line.values.get("act", "")
    act = WAYS[said].label if said in WAYS else said or "–"
    url = reverse("restructuring_row", args=[found.pk, line.number]) if mendable else ""
    mark = Mark.MISSED if reason else ""
    text = _("%(row)s. %(act)s") % {"row": line.number, "act": act}
    return Cell(text=text, url=url, note=reason, mark=mark, mark_word=_("fault") if reason else "")


def _names(found: Restructuring, listed: list[Line]) -> dict[str, str]:
    """The names of the units that rows speak of, by code. One query."""
    codes = {line.values[name] for line in listed for name in UNITS if line.values.get(name)}
    units = Unit.objects.filter(code__in=codes, path__startswith=found.unit.path)
    return dict(units.order_by("pk").values_list("code", "name"))


def _cell(line: Line, name: str, reason: str, names: dict[str, str]) -> Cell:
    said = line.values.get(name) or ""
    text = str(WORDS.get(name, {}).get(said, said)) or "–"
    text = text if len(text) <= 120 else text[:119] + "…"
    note, lang = "", "vi" if name == "name" else ""
    if name in UNITS and said in names:
        text, note, lang = names[said], said, "vi"
    if reason:
        return Cell(text=f"{text} ({note})" if note else text, note=reason, mark=Mark.MISSED, mark_word=_("fault"))
    return Cell(text=text, note=note, lang=lang)


def _verdict(line: Line) -> Cell:
    marks = {
        Line.Verdict.SOUND: Mark.MET, Line.Verdict.FAULT: Mark.MISSED, Line.Verdict.WAITING: Mark.NEAR,
    }  # fmt: skip
    verdict = Line.Verdict(line.verdict)
    return Cell(text=verdict.label, mark=marks.get(verdict, Mark.NONE), mark_word=None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Change a row, what is wrong with it beside its fields, or take it out; who comes second is told."""
    now = clock.now()
    rights = rights_of(request.user, now.date())
    found = queries.find(rights, pk)
    line = found.lines.filter(number=number).first() if number < 2**31 else None
    sent = request.method == "POST"
    if line is None and not sent:
        raise Http404
    try:
        policies.check_rows_mendable(found)
    except Denied as error:
        if not sent:
            raise PermissionDenied(str(error)) from None
    values = line.values if line is not None else {}
    said = values.get("act")
    act = _act(request, said if said in WAYS else "rename")
    form = _form(request, Ground(found, rights, now.date()), act, one=True, values=values)
    seal = request.POST.get("seal", "") if sent else line.seal if line is not None else ""
    now_says: list[tuple[Any, str]] = []
    if not sent:
        form.tell([fault for fault in found.faults if fault["row"] == number])
    elif _is_look(request):
        form.calm()
    elif request.POST.get("step") == "remove" or form.is_valid():
        try:
            return _write(request, found, number, seal, form)
        except drafting.Changed as error:
            form.add_error(None, str(error))
            names = _names(found, [error.line])
            cells = [(name, _cell(error.line, name, "", names)) for name in CELLS if name in error.line.values]
            now_says = [(LABELS[name], f"{c.text} ({c.note})" if c.note else str(c.text)) for name, c in cells]
            seal = error.line.seal
        except Denied as error:
            form.add_error(None, str(error))
    context = common(rights, "restructurings") | {
        "found": found, "state": state_of(found), "number": number, "form": form, "seal": seal, "act": act,
        "turns": list(WAYS.items()), "way": WAYS[act], "now_says": now_says,
    }  # fmt: skip
    return render(request, "portal/row.html", context)


def _write(request: HttpRequest, found: Restructuring, number: int, seal: str, form: RowForm) -> HttpResponse:
    """Take the row out or let it say what was sent; lead back to the rows."""
    about: dict[str, Any] = {"restructuring": found, "number": number, "seen": seal, "by": request.user}
    if request.POST.get("step") == "remove":
        drafting.remove(**about, at=clock.now())
        messages.success(request, _("Row %(row)s taken out.") % {"row": number})
    else:
        (values,) = form.rows()
        drafting.change(**about, values=values, at=clock.now())
        messages.success(request, _("Row %(row)s saved.") % {"row": number})
    url = reverse("restructuring_rows", args=[found.pk])
    after = after_key([number - 1 - LISTED // 2]) if number > LISTED else ""
    return redirect(address(url, after=after))
