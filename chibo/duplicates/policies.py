"""Who may decide of two records, and when: who sees both, and is neither of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.duplicates.models import Merge
from chibo.duplicates.queries import Known, known
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of


def check_two(one: int, other: int) -> None:
    """Denied unless there are two records, each of its own."""
    if one == other or Person.objects.filter(pk__in=[one, other]).count() < 2:
        raise Denied(_("One of the two records is no more. Look again."))


def check_decides(by: Any, people: Iterable[int], today: date) -> None:
    """Denied unless `by` may merge in the cells of all these records, and none is their own; the system may."""
    if by is None:
        return
    wanted = list(people)
    if Person.objects.filter(pk__in=wanted, user=by).exists():
        raise Denied(_("Nobody decides of their own record: ask another officer."))
    if any(each.person is None for each in known(rights_of(by, today), wanted, today).values()):
        raise Denied(_("One of the two records is outside your units. Ask those above to decide."))


def check_asks(rights: Rights, pair: Iterable[Known]) -> None:
    """Denied unless one of the two records is in the reader's units and the other is not."""
    seen = [each.person is not None for each in pair]
    if not any(seen):
        raise Denied(_("Neither of the two records is in your units."))
    if all(seen):
        raise Denied(_("Both records are in your units: decide yourself."))


def check_may_be_taken_apart(merge: Merge) -> None:
    """Denied if a merge is taken apart already."""
    if merge.apart_at is not None:
        raise Denied(_("These records are taken apart already."))


def may_merge(rights: Rights, unit: Unit) -> bool:
    """Whether records of people at a unit are the reader's to merge."""
    return rights.scope(P.MEMBER_MERGE).covers(unit)
