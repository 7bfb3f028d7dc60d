"""Acts in the life of a member that other apps and sheets call."""

from collections.abc import Iterable

from chibo.members import stays


def restay(membership_ids: Iterable[int]) -> None:
    """Derive the stays of these memberships from admission, transfers and departure; part of an action."""
    stays.restay(membership_ids)
