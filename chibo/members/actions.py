"""Acts in the life of a member that other apps and sheets call."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.members import stays
from chibo.members.models import Person


def restay(membership_ids: Iterable[int]) -> None:
    """Derive the stays of these memberships from admission, transfers and departure; part of an action."""
    stays.restay(membership_ids)


@action("members.user_linked")
def link_user(*, person: Person, user: Any, by: Any, at: datetime) -> Person:
    """Let a user see this person's own record, or with None nobody any more.

    Denied: the user is linked to someone else already, or someone else to this person.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    elsewhere = Denied(_("This user is linked to the record of another member."))
    if user is not None and Person.objects.filter(user=user).exclude(pk=person.pk).exists():
        raise elsewhere
    if user is not None and person.user_id not in (None, user.pk):
        raise Denied(_("The record of this member is linked to another user."))
    person.user = user
    try:
        with transaction.atomic():
            person.save(update_fields=["user"])
    except IntegrityError:  # linked to another at this moment
        raise elsewhere from None
    return person
