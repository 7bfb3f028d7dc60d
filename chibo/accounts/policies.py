"""What nobody may do with their own account, nor with a code that is not good."""

from datetime import datetime

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from chibo.accounts.models import Invitation, User
from chibo.core.actions import Denied


def check_other(user: User, by: User | None) -> None:
    """Denied if someone would do to themself what only another may do to them."""
    if by is not None and by.pk == user.pk:
        raise Denied(_("This is your own account: another administrator has to do this."))


def check_code(user: User | None, invitation: Invitation | None, fingerprint: str, at: datetime) -> None:
    """Denied, whatever the reason in the same words, unless the code is the user's newest and still good."""
    known = constant_time_compare(invitation.fingerprint if invitation else "-" * 64, fingerprint)
    good = known and user is not None and user.is_active and invitation is not None
    if not good or invitation is None or invitation.used_at is not None or invitation.until <= at:
        raise Denied(
            _(
                "The user name or the code is wrong, or the code is no longer good: it works once, within seven days."
                " Check both; if it still doesn't work, ask your administrator for a new code."
            )
        )
