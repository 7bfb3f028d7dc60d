"""How sources follow acts on units: they go to the list of the cell to which most members of theirs go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded as _
from chibo.members import identity
from chibo.members.followers import PERSON, STAY, cells_no_more, holds
from chibo.organizations import following
from chibo.organizations.kinds import CELLS
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Counted, Matter, Plan
from chibo.organizations.rows import Row
from chibo.organizations.standing import Back, names_of

SOURCE, PLACE = "admissions_source", "admissions_place"


@following.follower
class Sources(following.Follower):
    """Who is on the list of a cell that closes is on that of another one from that day on."""

    order = 27
    names: ClassVar = {
        SOURCE: (gettext_lazy("Sources"), f"select p.code from {SOURCE} t join {PERSON} p on p.id = t.person_id"),
        PLACE: (
            gettext_lazy("Sources"),
            f"select p.code from {PLACE} t join {SOURCE} s on s.id = t.source_id join {PERSON} p on p.id = s.person_id",
        ),
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(PLACE, "cell_id", closing)
        rows = [row for unit in closing for row in tree.find(PLACE, "cell_id", unit)]
        tree.read(SOURCE, "id", [row["source_id"] for row in rows])
        tree.read(PERSON, "id", [tree.get(SOURCE, row["source_id"])["person_id"] for row in rows])

    def follow(self, tree: Tree, plan: Plan) -> None:
        late, lost, gone = [], [], []
        for cell in dict.fromkeys([*plan.closing, *cells_no_more(tree, plan)]):
            found = [row for row in tree.find(PLACE, "cell_id", cell) if holds(row, plan.on)]
            to = self._to(tree, plan, cell) if found else None
            for row in found:
                if row["from_on"] >= plan.on or row["to_on"] is not None:
                    late.append(row)
                elif to is None:
                    lost.append(row)
                else:
                    gone.append(row)
                    tree.change(PLACE, row["id"], to_on=plan.on)
                    tree.add(PLACE, source_id=row["source_id"], cell_id=to, from_on=plan.on, to_on=None)
        if late:
            said = _("Something is recorded on that day or after it of people on the list of sources.")
            plan.settle("sources_late", said, self._named(tree, late), todo=_("Choose a later day."), blocks=True)
        if lost:
            said = _("People on the list of sources would be left without a cell.")
            todo = _("Let another cell have them on its list first, or take them off.")
            plan.settle("sources_left", said, self._named(tree, lost), todo=todo, blocks=True)
        if gone:
            said = _("People on the list of sources go where most members of their cell go.")
            todo = _("See that their helpers are of the same cell.")
            plan.settle("sources", said, self._named(tree, gone), todo=todo)

    def _to(self, tree: Tree, plan: Plan, cell: int) -> int | None:
        """The cell to which most members go; that into which it closes, if none went."""
        went: Counter[int] = Counter()
        for row in tree.find(STAY, "cell_id", cell):
            if row["to_on"] == plan.on:
                tree.read(STAY, "membership_id", [row["membership_id"]])
                next_ones = tree.find(STAY, "membership_id", row["membership_id"])
                went.update(each["cell_id"] for each in next_ones if each["from_on"] == plan.on)
        if went:
            return min(went, key=lambda pk: (-went[pk], pk))
        into = plan.closing.get(cell)
        return into if into is not None and tree.get(UNIT, into)["kind"] in CELLS else None

    def _named(self, tree: Tree, rows: Iterable[Row]) -> list[str]:
        """By code: they may belong to units that the reader does not see."""
        return [tree.get(PERSON, tree.get(SOURCE, row["source_id"])["person_id"])["code"] for row in rows]

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        number = sum(change.table == PLACE and change.before is None for change in plan.changes)
        yield Counted("sources", _("Sources who go over"), number)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Sources of a cell that would close again."""
        found = [
            row["id"]
            for pk, on in back.closing.items()
            for row in self._of(tree, pk)
            if holds(row, on)
        ]  # fmt: skip
        if found:
            text = _("People are on the list of sources of a cell that would be closed: %(count)s.") % {
                "count": len(found)
            }  # fmt: skip
            todo = _("Let another cell have them on its list first, or take them off.")
            yield Matter("sources_left", text, len(found), tuple(names_of(PLACE, found)), todo, blocks=True)

    def _of(self, tree: Tree, cell: int) -> list[Row]:
        tree.read(PLACE, "cell_id", [cell])
        return list(tree.find(PLACE, "cell_id", cell))


DAYS = ("from_on", "to_on")
PLACES = f"""
select s.person_id, p.cell_id from {SOURCE} s join {PLACE} p on p.source_id = s.id
where s.person_id = any(%(people)s) order by p.from_on desc, p.id desc
"""
identity.stand_at(PLACES)
identity.follow(SOURCE, "person_id", gettext_lazy("Sources"), once=("to_on",))
identity.follow(SOURCE, "membership_id", gettext_lazy("Sources"), once=())
identity.follow(PLACE, "source_id", gettext_lazy("Lists of sources"), once=(), span=DAYS)
identity.follow("admissions_sourcegroup", "source_id", gettext_lazy("Priority groups"), once=("group_id",))
identity.follow("admissions_helper", "source_id", gettext_lazy("Helpers"), once=(), span=DAYS)
identity.follow("admissions_helper", "person_id", gettext_lazy("Sources they help"))
identity.follow("admissions_certificate", "person_id", gettext_lazy("Certificates"), once=("issued_on",))
identity.follow("admissions_remark", "source_id", gettext_lazy("Remarks"), once=("on",))
identity.follow("admissions_reviewed", "source_id", gettext_lazy("Reviews of the list"), once=("review_id",))
identity.follow("admissions_headreview", "post_id", gettext_lazy("Reviews of heads"), once=("on",))
identity.follow("admissions_headreview", "source_id", gettext_lazy("Reviews of heads"))
identity.follow("admissions_screened", "person_id", gettext_lazy("Screenings"), once=("screening_id",))
identity.follow("admissions_screened", "helper_id", gettext_lazy("Members they help"))
