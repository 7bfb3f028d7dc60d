"""How one is told of meetings beside the desk: the address of one's calendar, e-mail; and the calendar itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.agendas import calendars
from chibo.agendas.models import Calendar
from chibo.core import clock
from chibo.members.queries import person_of
from chibo.organizations.frame import common
from chibo.organizations.scope import rights_of


class MailForm(forms.Form):
    """Where one's e-mails go, and whether there are any."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False, max_length=254)
    is_mailed = forms.BooleanField(label=gettext_lazy("Send me the notices of meetings"), required=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """The address of one's own calendar, made or renewed; one's e-mail."""
    user: Any = request.user
    now = clock.now()
    calendar = Calendar.objects.filter(user=user).first()
    begun = {"email": user.email, "is_mailed": calendar is None or calendar.is_mailed}
    form = MailForm(request.POST if "mail" in request.POST else None, initial=begun)
    if "renew" in request.POST:
        calendars.renew(user=user, language=get_language() or "", by=user, at=now)
        messages.success(request, _("Your calendar has a new address. Any other leads nowhere now."))
        return redirect("own_calendar")
    if "mail" in request.POST and form.is_valid():
        calendars.switch_mail(user=user, **form.cleaned_data, by=user, at=now)
        messages.success(request, _("Saved."))
        return redirect("own_calendar")
    url = ""
    if calendar is not None and calendar.key:
        url = request.build_absolute_uri(reverse("calendar_feed", args=[calendars.secret_of(calendar)]))
    context = common(rights_of(user, now.date()), "me") | {
        "form": form, "feed_url": url, "is_member": person_of(user) is not None, "mails": settings.CHIBO_MAILS,
    }  # fmt: skip
    return render(request, "agendas/calendar.html", context, status=422 if form.errors else 200)


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The meetings someone is called to, for the calendar on their phone: who knows the address reads it."""
    calendar = calendars.by_secret(secret)
    person = person_of(calendar.user) if calendar else None
    if calendar is None or person is None:
        raise Http404
    with translation.override(calendar.language or settings.LANGUAGE_CODE):
        text = calendars.feed(person.pk, clock.today())
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'inline; filename="chibo.ics"'
    return answer
