"""allauth's forms in our own words, which are translated, and the one by which someone invited comes in."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.accounts.models import User

LABELS: dict[str, Promise] = {
    "login": gettext_lazy("User name"),
    "password": gettext_lazy("Password"),
    "oldpassword": gettext_lazy("Present password"),
    "password1": gettext_lazy("New password"),
    "password2": gettext_lazy("New password, once more"),
}


def _reword(form: Any) -> None:
    """Give the fields our labels."""
    for name, form_field in form.fields.items():
        form_field.label = LABELS[name]
        form_field.widget.attrs.pop("placeholder", None)


class LoginForm(allauth.LoginForm):
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self)
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class ChangePasswordForm(allauth.ChangePasswordForm):
    """The password one has, and twice the one to come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self)

    def add_error(self, field: str | None, error: Any) -> None:
        """Say in our words that the two differ: all that allauth itself finds wrong with the second."""
        if field == "password2" and isinstance(error, str | Promise):
            error = _("The two new passwords differ. Write the same one twice.")
        super().add_error(field, error)


class ReauthenticateForm(allauth.ReauthenticateForm):
    """The password again, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _reword(self)


class InvitationForm(forms.Form):
    """The user name and code one was given, and twice the password to come."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "username"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Four times four letters, as your administrator gave them to you."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    password1 = forms.CharField(
        label=gettext_lazy("New password"),
        help_text=gettext_lazy("At least ten characters; several words are easy to remember."),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )
    password2 = forms.CharField(
        label=gettext_lazy("New password, once more"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )

    def clean(self) -> dict[str, Any]:
        """Hold the two passwords against each other and against the rules."""
        given = self.cleaned_data
        if "password1" in given and "password2" in given and given["password1"] != given["password2"]:
            self.add_error("password2", _("The two new passwords differ. Write the same one twice."))
        elif "password1" in given:
            try:
                validate_password(given["password1"], User(username=given.get("username", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return given
