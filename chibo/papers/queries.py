"""The form of a day, the versions of a paper, and the bytes of one, if they are still those that were kept."""

from __future__ import annotations

import hashlib
from datetime import date

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.papers.models import Blob, Form, Paper


class Damaged(Exception):
    """The bytes of a paper are not those that were kept."""


def form_on(code: str, on: date) -> Form:
    """The form of a code that holds on a day. Denied if there is none. One query."""
    form = Form.objects.filter(holding(on), code=code).order_by("-from_on").first()
    if form is None:
        raise Denied(_("The form %(form)s does not hold on %(day)s.") % {"form": code, "day": day(on)})
    return form


def versions_of(paper: Paper) -> list[Paper]:
    """Every version of a paper, the newest first. One query."""
    return list(Paper.objects.filter(line=paper.line).select_related("by", "form").order_by("-version"))


def newest_of(paper: Paper) -> Paper:
    """The version that stands now in the place of a paper. One query."""
    return Paper.objects.filter(line=paper.line).order_by("-version")[0]


def bytes_of(paper: Paper) -> bytes:
    """The bytes of a paper; Damaged if they are not those that were kept. ValueError of one that is only registered."""
    if paper.blob_id is None:
        raise ValueError("Nothing of a registered paper is kept here.")
    content = bytes(Blob.objects.values_list("bytes", flat=True).get(pk=paper.blob_id))
    if hashlib.sha256(content).hexdigest() != paper.sha256 or len(content) != paper.size:
        raise Damaged(paper.sha256)
    return content
