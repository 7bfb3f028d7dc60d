"""Work without a line: the installed program, the worker that keeps its pages, and what a device needs to send."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chibo.meetings import actions, versions
from chibo.meetings.models import DeviceKey

PAPER = "#faf8f4"  # as in base.css
SIZES = (192, 512)  # of the icons, drawn from img/chibo.svg
ICONS = {192: "img/chibo-192.png", 512: "img/chibo-512.png"}
SCRIPTS = ("meetings/outbox.js", "meetings/shelf.js", "meetings/worker.js")  # of the worker, in this order
SIGNING = ("account_login", "account_logout", "invitation")  # who goes this way may be someone else afterwards


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a browser installs: the name, the icons, and the desk as the page it begins with."""
    icons = [
        {"src": static(ICONS[size]), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    said = {
        "id": "/",
        "name": "Chibộ",
        "short_name": "Chibộ",
        "description": _("Organization work, from the cell upwards."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": reverse("desk"),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [{"src": static("img/chibo.svg"), "sizes": "any", "type": "image/svg+xml"}, *icons],
    }
    return HttpResponse(json.dumps(said, ensure_ascii=False), content_type="application/manifest+json")


@lru_cache(maxsize=1)
def version() -> str:
    """A word that differs as soon as one static file does."""
    named = sorted(getattr(staticfiles_storage, "hashed_files", {}).items())
    return hashlib.sha256(repr(named).encode()).hexdigest()[:12]


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: the same for everyone, another one with every version of the static files."""
    given = {
        "version": version(),
        "offline": reverse("offline"),
        "signing": [reverse(name) for name in SIGNING],
    }
    scripts = [static(name) for name in SCRIPTS]
    text = f"self.GIVEN = {json.dumps(given)};\nimportScripts({', '.join(map(json.dumps, scripts))});\n"
    return HttpResponse(text, content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page that stands in where there is no line: says what is kept on the device. It says nothing of anybody."""
    return render(request, "meetings/offline.html", {"csrf_token": ""})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def outbox(request: HttpRequest) -> HttpResponse:
    """What a device needs to keep and to send: who is signed in, the token of the session, the key of what is kept.

    A POST makes the key where there is none yet.
    """
    user: Any = request.user
    if request.method == "POST":
        key = actions.give_key(by=user).key
    else:
        key = DeviceKey.objects.filter(user=user).values_list("key", flat=True).first() or ""
    return JsonResponse({"user": user.pk, "token": get_token(request), "key": key, "form_version": versions.FORM})
