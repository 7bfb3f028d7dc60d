"""What every page says of itself, and the page for what is too large to be taken."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from chibo.core import clock


def standing(request: HttpRequest) -> dict[str, Any]:
    """The day it is, and whether the installation stands at a day of its own."""
    return {"today": clock.today(), "stands_still": settings.CHIBO_TODAY is not None}


def refuse_too_large(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer what is larger than any file that is taken at once, before a byte of it is kept anywhere."""

    def answer(request: HttpRequest) -> HttpResponse:
        most = getattr(settings, "CHIBO_MAX_WORKBOOK_MB", 64)
        try:
            size = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            size = 0
        if size > (most + 1) << 20:
            if request.path.startswith(settings.CHIBO_API):
                told = {"type": "about:blank", "title": "This is too large.", "status": 413}
                return JsonResponse(told, status=413, content_type="application/problem+json")
            return render(request, "413.html", {"most": most}, status=413)
        return get_response(request)

    return answer
