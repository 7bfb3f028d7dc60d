"""A paper as a download: for whoever the app above lets read it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from chibo.papers import queries
from chibo.papers.models import Paper


def as_download(request: HttpRequest, paper: Paper) -> HttpResponse:
    """The file of a paper, to be saved, never shown in the page nor kept on the way; a page in words if it is damaged.

    Who may read it was asked before: here nobody asks. Of one that is only registered there is no file: 404.
    """
    if not paper.has_file:
        raise Http404
    try:
        content = queries.bytes_of(paper)
    except queries.Damaged:
        return render(request, "papers/damaged.html", {"paper": paper}, status=410)
    return file_answer(content, paper.media_type, paper.file_name)


def file_answer(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Bytes as a file to be saved under a name: no browser guesses what it is, none keeps it, none runs it."""
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
