from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from chibo.core import clock


def tell_when(sender: Any, user: Any, **_more: Any) -> None:
    """Note when someone signed in, by the clock of all that is noted here."""
    user.last_login = clock.now()
    user.save(update_fields=["last_login"])


class AccountsConfig(AppConfig):
    name = "chibo.accounts"

    def ready(self) -> None:
        """Django's own note is by another clock, which a demonstration doesn't stand still for."""
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(tell_when, dispatch_uid="chibo.accounts.tell_when")
