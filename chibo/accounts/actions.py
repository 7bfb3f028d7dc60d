"""Users made and changed by administrators."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext as _

from chibo.accounts import policies
from chibo.accounts.models import Invitation, User, UserAct
from chibo.core.actions import Denied, action

GOOD_FOR = timedelta(days=7)
LETTERS = "bcdfghkmnpqrstvxz"  # no vowels: no words; none that sounds or looks like another
Act = UserAct.Act


@action("accounts.user_made")
def make_user(*, username: str, full_name: str, password: str, by: Any, at: datetime) -> User:
    """Make someone who can sign in, or give one who is there this name and password."""
    user = User.objects.filter(username__iexact=username).first() or User(username=username)
    user.full_name, user.is_active = full_name, True
    user.set_password(password)
    user.save()
    UserAct.objects.create(user=user, act=Act.MADE, by=by, at=at)
    return user


@action("accounts.invited")
def invite(*, username: str, full_name: str, by: Any, at: datetime) -> tuple[User, str]:
    """Make a user who has no password yet, and the code to choose one with.

    Denied: the user name is taken.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Denied(_("This user name is taken. Choose another one."))
    user = User(username=username, full_name=full_name)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # taken by another at this moment
        raise Denied(_("This user name is taken. Choose another one.")) from None
    UserAct.objects.create(user=user, act=Act.INVITED, by=by, at=at)
    return user, _new_code(user, by, at)


@action("accounts.code_made")
def make_code(*, user: User, by: Any, at: datetime) -> str:
    """Make a new code for a user; earlier ones are void. The password they have works until the code is used.

    Denied: for oneself, for someone blocked.
    """
    policies.check_other(user, by)
    if not user.is_active:
        raise Denied(_("This user is blocked. Let them in again first."))
    UserAct.objects.create(user=user, act=Act.CODE_MADE, by=by, at=at)
    return _new_code(user, by, at)


def _new_code(user: User, by: Any, at: datetime) -> str:
    letters = get_random_string(16, LETTERS)
    Invitation.objects.create(user=user, fingerprint=_fingerprint(user.pk, letters), by=by, at=at, until=at + GOOD_FOR)
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def _fingerprint(user: int, code: str) -> str:
    """What is kept of a code: however it was typed, its letters count."""
    letters = "".join(c for c in code.lower() if c in LETTERS)
    return salted_hmac("chibo.accounts.invitation", f"{user}:{letters}", algorithm="sha256").hexdigest()


def invited(username: str, code: str, at: datetime, *, lock: bool = False) -> tuple[User, Invitation]:
    """Whom a code lets in; Denied if it is not good."""
    user = User.objects.filter(username__iexact=username).first()
    codes = Invitation.objects.select_for_update() if lock else Invitation.objects
    invitation = codes.filter(user=user).order_by("-pk").first() if user else None
    policies.check_code(user, invitation, _fingerprint(user.pk if user else 0, code), at)
    assert user
    assert invitation
    return user, invitation


@action("accounts.joined")
def join(*, username: str, code: str, password: str, by: Any, at: datetime) -> User:
    """Take the password someone chose with their code; what they were signed in with elsewhere ends.

    Denied: the code is not good (any more).
    """
    user, invitation = invited(username, code, at, lock=True)
    invitation.used_at = at
    invitation.save(update_fields=["used_at"])
    user.set_password(password)
    user.save(update_fields=["password"])
    UserAct.objects.create(user=user, act=Act.JOINED, by=user, at=at)
    return user


@action("accounts.blocked")
def block(*, user: User, by: Any, at: datetime) -> User:
    """Let a user in no more; where they are signed in, that ends at once.

    Denied: for oneself.
    """
    policies.check_other(user, by)
    return _let(user, False, by, at)


@action("accounts.unblocked")
def unblock(*, user: User, by: Any, at: datetime) -> User:
    """Let a user in again."""
    return _let(user, True, by, at)


def _let(user: User, active: bool, by: Any, at: datetime) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        UserAct.objects.create(user=user, act=Act.UNBLOCKED if active else Act.BLOCKED, by=by, at=at)
    return user


@action("accounts.noted")
def note(*, user: User, act: str, about: str = "", by: Any, at: datetime) -> UserAct:
    """Keep for ever that something was done with a user elsewhere in the program."""
    return UserAct.objects.create(user=user, act=act, about=about, by=by, at=at)
