"""Forms: which there are and what holds for each; one with its values and templates; templates as files."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.components import Cell, Column, Link, Mark, Table
from chibo.core.formats import day
from chibo.core.spans import EVER, holding
from chibo.organizations.frame import common
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.papers import actions, making, shipped
from chibo.papers.forms import TemplateForm
from chibo.papers.models import Form, FormTemplate, Group
from chibo.papers.preview import blocks
from chibo.papers.receiving import DOCX, file_name, read
from chibo.papers.sending import file_answer

SHIPPED = "shipped"
MOST = 500  # forms; templates of one form
TO_COMPARE = "; to be verified"  # ends the source of forms that came with the program


def _rights(request: HttpRequest, today: date) -> Rights:
    """The user's rights, if they lay down templates; for others there is no such page."""
    rights = rights_of(request.user, today)
    if not rights.over_all(P.RULE_MANAGE):
        raise Http404
    return rights


def _find(pk: int) -> Form:
    if pk >= 2**63:
        raise Http404
    return get_object_or_404(Form, pk=pk)


@login_required
@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """Every form, by what it is for, with the template that holds today."""
    today = clock.today()
    rights = _rights(request, today)
    listed = list(Form.objects.order_by("place", "-from_on", "pk")[:MOST])
    own = {each.form_id: each for each in FormTemplate.objects.filter(holding(today)).defer("blob").order_by("pk")}
    coming = {
        each.form_id: each
        for each in FormTemplate.objects.filter(from_on__gt=today, to_on=None).defer("blob").order_by("pk")
    }
    tables = [
        Table(
            caption=Group(group).label,
            stacks=True,
            columns=[
                Column(label=_("Form"), nowrap=True),
                Column(label=pgettext("of a form", "Name")),
                Column(label=_("Template")),
            ],
            rows=[
                [
                    Cell(text=each.code, url=reverse("form", args=[each.pk]), lang="vi"),
                    Cell(text=each.label, note="" if each.holds_on(today) else _("does not hold today")),
                    _template_cell(own.get(each.pk), coming.get(each.pk)),
                ]
                for each in listed
                if each.group == group
            ],
        )
        for group in Group.values
    ]
    return render(request, "papers/forms.html", common(rights, "forms") | {"tables": tables})


def _template_cell(own: FormTemplate | None, coming: FormTemplate | None) -> Cell:
    note = _("another one from %(day)s") % {"day": day(coming.from_on)} if coming else ""
    if own is None:
        return Cell(text=_("as shipped"), note=note)
    return Cell(text=_("your own"), note=note or _("since %(day)s") % {"day": day(own.from_on)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, pk: int) -> HttpResponse:
    """A form: the values it may use, its templates from day to day; another one laid down, one ended."""
    now = clock.now()
    rights = _rights(request, now.date())
    found = _find(pk)
    bound = TemplateForm(initial={"from_on": now.date()})
    if request.method == "POST":
        if request.POST.get("act") == "end":
            return _end(request, found)
        bound = TemplateForm(request.POST, request.FILES)
        if bound.is_valid() and _lay_down(request, found, bound):
            return redirect(f"{reverse('form', args=[found.pk])}#main")
    templates = list(found.templates.select_related("by").order_by("-from_on", "-pk")[:MOST])
    holds = next((each for each in templates if each.holds_on(now.date())), None)
    context = common(rights, "forms") | {
        "form": found,
        "crumbs": [Link(label=_("Forms of papers"), url=reverse("forms"))],
        "facts": _facts(found, holds),
        "which": holds.pk if holds else SHIPPED,
        "blocks": blocks(_preview(found, holds)),
        "if_sign": "{% if name %}",
        "endif_sign": "{% endif %}",
        "values": _values(found),
        "templates": _templates(found, templates, now.date()),
        "can_end": [each for each in templates if _can_end(each, now.date())],
        "bound": bound,
    }
    return render(request, "papers/form.html", context, status=422 if bound.errors else 200)


def _lay_down(request: HttpRequest, found: Form, bound: TemplateForm) -> bool:
    """Lay down what was sent; what is wrong stands beside its field, each fault for itself."""
    file, from_on = bound.cleaned_data["file"], bound.cleaned_data["from_on"]
    by: Any = request.user
    try:
        made = actions.lay_down(form=found, content=read(file), name=file.name, from_on=from_on, by=by, at=clock.now())
    except Denied as denied:
        faults = getattr(denied, "faults", None)
        bound.add_error("file" if faults else "from_on", faults or str(denied))
        return False
    said = _("The template holds from %(day)s. Look at the preview before papers are made from it.")
    messages.success(request, said % {"day": day(made.from_on)})
    return True


def _end(request: HttpRequest, found: Form) -> HttpResponse:
    """End a template of the form, whichever was meant, if it is one of its."""
    told = request.POST.get("template", "")
    by: Any = request.user
    template = None
    if told.isascii() and told.isdigit() and len(told) < 19:
        template = found.templates.filter(pk=int(told)).first()
    try:
        if template is None:
            raise Denied(_("This template has ended already. Look at the page again."))
        actions.end_template(template=template, by=by, at=clock.now())
        messages.success(request, _("The template is ended: the shipped one holds again."))
    except Denied as denied:
        messages.warning(request, str(denied))
    return redirect("form", pk=found.pk)


def _can_end(template: FormTemplate, today: date) -> bool:
    return template.to_on is None or template.to_on > max(today, template.from_on)


def _facts(found: Form, holds: FormTemplate | None) -> list[tuple[str, str]]:
    facts = [(_("Laid down by"), _laid_down_by(found) or "–")]
    if found.from_on != EVER:
        facts.append((_("Holds from"), day(found.from_on)))
    if found.to_on:
        facts.append((_("Holds to, not included"), day(found.to_on)))
    facts.append((_("Template"), _("your own") if holds else _("as shipped")))
    return facts


def _laid_down_by(found: Form) -> str:
    """The regulation a form is from; of those that came with the program also that it is still to be compared."""
    source = found.source.removesuffix(TO_COMPARE)
    return _("%(source)s; to be verified") % {"source": source} if source != found.source else source


def _preview(found: Form, template: FormTemplate | None) -> bytes:
    return making.filled(found, making.ready(found, template), making.samples(found))


def _values(found: Form) -> Table:
    """What can stand in a template of the form, and what it says."""
    heads = (_("Write"), _("What stands there"), _("Example"))
    return Table(
        caption=_("Values this form may use"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head) for head in heads],
        rows=[
            [
                Cell(text=f"{{{{ {each.name} }}}}", lang="en"),
                Cell(text=each.label),
                Cell(text=sample, lang="vi"),
            ]
            for each, sample in zip(found.allowed, making.samples(found).values(), strict=True)
        ],
    )


def _templates(found: Form, listed: list[FormTemplate], today: date) -> Table:
    """The templates of a form from day to day, the shipped one last: it holds where no other does."""
    heads = (_("From"), _("To, not included"), _("By"), _("Today"), _("Template"), _("Preview"))
    rows = []
    for each in listed:
        rows.append(
            [
                Cell(text=day(each.from_on)),
                Cell(text=day(each.to_on) if each.to_on else "–"),
                Cell(text=str(each.by) if each.by else "–"),
                _state(each, today),
                Cell(text=each.file_name, url=reverse("form_template", args=[found.pk, each.pk])),
                Cell(text=_("Download"), url=reverse("form_preview", args=[found.pk, each.pk])),
            ]
        )
    if shipped.has(found):
        holds = not any(each.holds_on(today) for each in listed)
        state = Cell(text=_("holds today") if holds else "–", mark=Mark.MET if holds else "", mark_word=None)
        rows.append(
            [
                Cell(text=_("as shipped")),
                Cell(text="–"),
                Cell(text="–"),
                state,
                Cell(text=_("Download"), url=reverse("form_template", args=[found.pk, SHIPPED])),
                Cell(text=_("Download"), url=reverse("form_preview", args=[found.pk, SHIPPED])),
            ]
        )
    columns = [Column(label=head) for head in heads]
    return Table(caption=_("Templates"), caption_hidden=True, stacks=True, columns=columns, rows=rows)


def _state(template: FormTemplate, today: date) -> Cell:
    if template.holds_on(today):
        return Cell(text=_("holds today"), mark=Mark.MET, mark_word=None)
    if template.to_on == template.from_on:
        return Cell(text=_("never held"), mark=Mark.NONE, mark_word=None)
    if template.from_on > today:
        return Cell(text=_("to come"), mark=Mark.NEAR, mark_word=None)
    return Cell(text=_("ended"), mark=Mark.NONE, mark_word=None)


def _which(request: HttpRequest, pk: int, which: str) -> tuple[Form, FormTemplate | None]:
    """A form and one of its templates, None for the shipped one; not found where there is none such."""
    _rights(request, clock.today())
    found = _find(pk)
    if which == SHIPPED and shipped.has(found):
        return found, None
    if not (which.isascii() and which.isdigit() and len(which) < 19):
        raise Http404
    return found, get_object_or_404(FormTemplate.objects.select_related("blob"), pk=int(which), form=found)


@login_required
@require_safe
def template_file(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """A template, to be changed in Word."""
    found, template = _which(request, pk, which)
    if template is None:
        return file_answer(shipped.template(found.code), DOCX, file_name(found.code, DOCX))
    return file_answer(bytes(template.blob.bytes), DOCX, template.file_name)


@login_required
@require_safe
def preview_file(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """The paper that a template makes of invented values."""
    found, template = _which(request, pk, which)
    made = _preview(found, template)
    return file_answer(made, DOCX, file_name(_("%(form)s preview") % {"form": found.code}, DOCX))
