"""Acts that touch several apps at once."""

from datetime import datetime
from typing import Any

from chibo.accounts import actions as accounts
from chibo.accounts.models import User, UserAct
from chibo.core.actions import action
from chibo.members.actions import link_user
from chibo.members.models import Person


@action("portal.member_linked")
def link_member(*, user: User, person: Person | None, by: Any, at: datetime) -> None:
    """Let a user see this member's own record and that of nobody else, or with None none at all.

    Denied: the record is another user's already.
    """
    before = Person.objects.select_for_update().filter(user=user).first()
    if before is not None and (person is None or before.pk != person.pk):
        link_user(person=before, user=None, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.UNLINKED, about=before.code, by=by, at=at)
    if person is not None and (before is None or before.pk != person.pk):
        link_user(person=person, user=user, by=by, at=at)
        accounts.note(user=user, act=UserAct.Act.LINKED, about=person.code, by=by, at=at)
