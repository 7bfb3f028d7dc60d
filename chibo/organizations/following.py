"""Who follows an act on units: each app says how its records go along, and what stands in the way of taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from django.utils.functional import Promise

from chibo.organizations.rows import Change

if TYPE_CHECKING:
    from chibo.organizations.overlay import Tree
    from chibo.organizations.planning import Counted, Matter, Plan
    from chibo.organizations.standing import Back


class Follower:
    """How the records of an app follow acts on units. What it does not say, it leaves as it is."""

    order: ClassVar[int]  # those it relies on come before it
    derived: ClassVar[frozenset[str]] = frozenset()  # tables it keeps in step by `derive`, and only plans with
    watched: ClassVar[frozenset[str]] = frozenset()  # tables of which `in_the_way` has to know what came later
    names: ClassVar[Mapping[str, tuple[str | Promise, str]]] = {}  # what its tables hold; SQL for names of rows `t`

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        """Have at hand what planning acts on these units takes, of those that close more. Few queries for many."""

    def follow(self, tree: Tree, plan: Plan) -> None:
        """Plan what becomes of its records, and tell what a person has to settle."""

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        """How much the act touches, for the preview."""
        return ()

    def derive(self, changes: Mapping[str, Sequence[Change]]) -> None:
        """Bring what is derived in step with what was just written."""

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """What was recorded since and needs what acts did; the tree is as it would be without them."""
        return ()


_followers: dict[str, Follower] = {}


def follower(declared: type[Follower]) -> type[Follower]:
    """Have the records of an app follow acts on units."""
    _followers[declared.__module__ + "." + declared.__qualname__] = declared()
    return declared


def every() -> list[Follower]:
    """All followers, each after those it relies on."""
    return sorted(_followers.values(), key=lambda each: each.order)


def derived() -> set[str]:
    """Tables that follow from others: plans lay them over what is there, and never write them."""
    return {name for each in every() for name in each.derived}


def watched() -> list[str]:
    """Tables of which it has to be known what came after an act."""
    return sorted({name for each in every() for name in each.watched})
