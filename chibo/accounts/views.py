"""Coming in with the code an administrator gave: the one page of ours beside allauth's."""

from __future__ import annotations

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chibo.accounts.actions import invited, join
from chibo.accounts.forms import InvitationForm
from chibo.core import clock
from chibo.core.actions import Denied


@sensitive_post_parameters("code", "password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Choose a password with a code, and be signed in."""
    form = InvitationForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        username, code, at = given["username"], given["code"], clock.now()
        key = username.lower()
        if not ratelimit.consume(request, action="invitation", key=key, dry_run=True):
            form.add_error(None, _("Too many attempts have failed. Wait five minutes, then try again."))
            status = 429
        else:
            try:
                user, _code = invited(username, code, at)
                validate_password(given["password1"], user)
                user = join(username=username, code=code, password=given["password1"], by=None, at=at)
            except Denied as error:
                ratelimit.consume(request, action="invitation", key=key)
                form.add_error(None, str(error))
            except ValidationError as error:
                form.add_error("password1", error)
            else:
                login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
                messages.success(request, _("Your password is set and you are signed in."))
                return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "account/invitation.html", {"form": form}, status=status)
