"""Papers made, kept, registered, and replaced by a later version; templates laid down for forms, and ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import action
from chibo.core.text import clean
from chibo.papers import making, policies, queries
from chibo.papers.filling import compiled
from chibo.papers.models import Blob, Form, FormTemplate, How, Paper, template_on
from chibo.papers.opening import Refused
from chibo.papers.receiving import DOCX, file_name, most_bytes, received


def _blob(content: bytes) -> Blob:
    return Blob.objects.create(bytes=content, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def _in_place_of(paper: Paper | None) -> dict[str, Any]:
    """The line and number of a version that follows a paper, held until the transaction ends; of none: a first one."""
    if paper is None:
        return {}
    first = Paper.objects.select_for_update(of=("self",), no_key=True).get(line=paper.line, version=1)
    policies.check_newest(paper)
    return {"line": first.line, "version": paper.version + 1}


@action("papers.made")
def make(
    *, form_code: str, values: Mapping[str, Any], on: date, by: Any, at: datetime, instead_of: Paper | None = None
) -> Paper:
    """Make the paper of a form by the template that holds on a day, and keep it.

    Values that the form doesn't know are left aside, those it knows and was not given leave room to write. Days and
    numbers come as such. With `instead_of` it is a later version of that paper. Denied: no form of this code that day;
    a newer version is there.
    """
    form = queries.form_on(form_code, on)
    place = _in_place_of(instead_of)
    template = template_on(form, on)
    ready = making.ready(form, template)
    texts = making.written(values, form.allowed)
    content = making.filled(form, ready, texts)
    blob = _blob(content)
    called = " ".join([form.code.replace("/", "-"), texts.get("full_name", "")])
    return Paper.objects.create(
        **place, how=How.MADE, title=form.name["vi"], blob=blob, sha256=blob.sha256, size=blob.size, media_type=DOCX,
        file_name=file_name(called, DOCX), form=form, template=template,
        template_sha256=making.sha256_of(form, template), values=texts, dated_on=on, by=by, at=at,
    )  # fmt: skip


@action("papers.kept")
def keep(
    *,
    content: bytes,
    name: str,
    title: str,
    by: Any,
    at: datetime,
    dated_on: date | None = None,
    instead_of: Paper | None = None,
) -> Paper:
    """Keep a file that was handed in: PDF, Word, JPEG or PNG by what is in it, whatever its name says.

    Refused, which is Denied with each reason: another kind of file, one too large, one that could do harm. Denied: a
    newer version of the paper it replaces is there, a day to come.
    """
    file = received(content, name)
    if dated_on is not None:
        policies.check_dated(dated_on, localdate(at))
    place = _in_place_of(instead_of)
    blob = _blob(file.content)
    return Paper.objects.create(
        **place, how=How.KEPT, title=clean(title)[:500] or file.file_name, blob=blob, sha256=blob.sha256,
        size=blob.size, media_type=file.media_type, file_name=file.file_name, dated_on=dated_on, by=by, at=at,
    )  # fmt: skip


@action("papers.registered")
def register(
    *, number: str, on: date, kept_at: str, title: str, by: Any, at: datetime, instead_of: Paper | None = None
) -> Paper:
    """Register a paper that stays where it lies, in a safe say: its number and day, and where it is. No byte of it."""
    policies.check_said(number, kept_at)
    policies.check_dated(on, localdate(at))
    return Paper.objects.create(
        **_in_place_of(instead_of), how=How.REGISTERED, title=clean(title)[:500], number=clean(number)[:500],
        dated_on=on, kept_at=clean(kept_at)[:500], by=by, at=at,
    )  # fmt: skip


@action("papers.template_laid_down")
def lay_down(*, form: Form, content: bytes, name: str, from_on: date, by: Any, at: datetime) -> FormTemplate:
    """Lay down a template for a form from a day on; what was laid down for that day and later gives way.

    Refused, with every fault: what is no Word document, could do harm, or can't be filled in for this form. Denied: to
    others than administrators; a day that is past, or on which the form holds no more.
    """
    today = localdate(at)
    policies.check_lays_down(by, today)
    policies.check_from(from_on, today)
    if len(content) > most_bytes():
        raise Refused(_("The file is larger than %(limit)s MB, the most that is kept.") % {"limit": most_bytes() >> 20})
    form = Form.objects.select_for_update(no_key=True).get(pk=form.pk)
    policies.check_holds(form, from_on)
    making.check_opens(form, compiled(content, {each.name for each in form.allowed}))
    for before in form.templates.exclude(to_on__lte=from_on).exclude(to_on=F("from_on")).order_by("pk"):
        _end(before, from_on)
    blob = _blob(content)
    return FormTemplate.objects.create(
        form=form, blob=blob, sha256=blob.sha256, file_name=file_name(name, DOCX), from_on=from_on, by=by, at=at
    )


@action("papers.template_ended")
def end_template(*, template: FormTemplate, by: Any, at: datetime) -> FormTemplate:
    """End a template today, or before it began; the shipped one comes back. Denied: it has ended; to others than
    administrators."""
    today = localdate(at)
    policies.check_lays_down(by, today)
    Form.objects.select_for_update(no_key=True).get(pk=template.form_id)
    template = FormTemplate.objects.get(pk=template.pk)
    policies.check_can_end(template, today)
    _end(template, today)
    return template


def _end(template: FormTemplate, on: date) -> None:
    """Let a template hold no longer than to a day; one that begins later never holds."""
    template.to_on = max(on, template.from_on)
    template.save(update_fields=["to_on"])
