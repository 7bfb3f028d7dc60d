"""How posts follow acts on units: those of a committee end with its unit; heads of places and agencies go along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded
from chibo.core.wording import worded as _
from chibo.members.followers import PERSON, cells_no_more, holds
from chibo.members.models import ONE_AT_A_PLACE, ONE_AT_A_UNIT, PostKind
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Counted, Matter, Plan
from chibo.organizations.rows import Row
from chibo.organizations.standing import Back, names_of

POST = "members_post"
OF_PLACES = (*ONE_AT_A_PLACE, PostKind.AGENCY_HEAD)  # not the Party's: whoever heads a village still does


@following.follower
class Posts(following.Follower):
    """Posts at a unit that closes end that day; heads of places and agencies are kept where the unit goes."""

    order = 20
    names: ClassVar = {
        POST: (
            gettext_lazy("Posts"),
            "select coalesce(nullif(t.holder_name, ''), p.code) from members_post t"
            " left join members_person p on p.id = t.person_id",
        )
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(POST, "unit_id", units)
        tree.read(PERSON, "id", [row["person_id"] for unit in closing for row in tree.find(POST, "unit_id", unit)])

    def follow(self, tree: Tree, plan: Plan) -> None:
        ended, late, homeless = [], [], []
        for unit, into in plan.closing.items():
            for row in tree.find(POST, "unit_id", unit):
                if not holds(row, plan.on):
                    continue
                goes = row["post"] in OF_PLACES and into is not None and not self._is_taken(tree, row, into, plan)
                if row["from_on"] == plan.on and goes:
                    tree.change(POST, row["id"], unit_id=into)
                    continue
                if row["from_on"] >= plan.on:
                    late.append(row)
                    continue
                tree.change(POST, row["id"], to_on=plan.on)
                if row["post"] not in OF_PLACES:
                    ended.append(row)
                elif not goes:
                    homeless.append(row)
                else:
                    kept = {column: value for column, value in row.items() if column != "id"}
                    tree.add(POST, **(kept | {"unit_id": into, "from_on": plan.on}))
        self._tell(tree, plan, ended, late, homeless)
        stays = [
            row for pk in cells_no_more(tree, plan) for row in tree.find(POST, "unit_id", pk) if holds(row, plan.on)
        ]
        if stays:
            said = _("Posts of the cell stay as they are when it becomes a committee.")
            plan.settle("posts_stay", said, self._named(tree, stays), todo=_("End those that are held no more."))

    def _is_taken(self, tree: Tree, row: Row, unit: int, plan: Plan) -> bool:
        """Whether someone else holds the same post where it would go."""
        return any(
            other["post"] == row["post"]
            and (row["post"] in ONE_AT_A_UNIT or other["place"] == row["place"])
            and (other["to_on"] is None or other["to_on"] > plan.on)
            for other in tree.find(POST, "unit_id", unit)
        )

    def _tell(self, tree: Tree, plan: Plan, ended: list[Row], late: list[Row], homeless: list[Row]) -> None:
        if late:
            said = _("These posts begin on that day or after it at a unit that closes.")
            todo = _("Choose a later day, or take these posts back first.")
            plan.settle("posts_late", said, self._named(tree, late), todo=todo, blocks=True)
        if homeless:
            said = _("Heads of villages, residential groups or agencies whose unit closes: their posts end here.")
            todo = _("Enter them anew at the unit to which their place belongs.")
            plan.settle("heads", said, self._named(tree, homeless), todo=todo)
        if ended:
            said = _("Posts at units that close end with them.")
            todo = _("Enter who holds which post where the work goes on.")
            plan.settle("posts", said, self._named(tree, ended), todo=todo)

    def _named(self, tree: Tree, posts: Sequence[Row]) -> list[str]:
        """Who holds what; members by code, as they may belong to units that the reader does not see."""
        tree.read(PERSON, "id", [row["person_id"] for row in posts])
        found: list[str] = []
        for row in posts:
            who = row["holder_name"] or tree.get(PERSON, row["person_id"])["code"]
            unit = tree.get(UNIT, row["unit_id"])["name"]
            found.append(
                worded("%(who)s, %(post)s, %(unit)s") % {"who": who, "post": PostKind(row["post"]).label, "unit": unit}
            )
        return found

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        number = sum(change.table == POST and change.before is not None for change in plan.changes)
        yield Counted("posts", _("Posts that end or go along"), number)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Posts at a unit that would close again."""
        found = [
            row["id"] for pk, day in back.closing.items() for row in tree.find(POST, "unit_id", pk) if holds(row, day)
        ]  # fmt: skip
        if found:
            text = _("Posts are held at a unit that would be closed: %(count)s.") % {"count": len(found)}
            yield Matter("held", text, len(found), tuple(names_of(POST, found)), _("End them first."), blocks=True)
