"""Users made and changed by administrators."""

from datetime import datetime
from typing import Any

from chibo.accounts.models import User
from chibo.core.actions import action


@action("accounts.user_made")
def make_user(*, username: str, full_name: str, password: str, by: Any, at: datetime) -> User:
    """Make someone who can sign in, or give one who is there this name and password."""
    user = User.objects.filter(username=username).first() or User(username=username)
    user.full_name, user.is_active = full_name, True
    user.set_password(password)
    user.save()
    return user
