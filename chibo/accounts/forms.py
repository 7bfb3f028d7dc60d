"""allauth's forms in our own words, which are translated: labels, and no placeholders that repeat them."""

from typing import Any

from allauth.account import forms as allauth
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
