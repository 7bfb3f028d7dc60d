"""What follows acts on units by itself: the paths of the tree, and roles held at units that close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.core.wording import worded as _
from chibo.exchange.sheets import ask
from chibo.organizations import following, lineage
from chibo.organizations.kinds import MAY_STAND_UNDER
from chibo.organizations.models import Lineage, Source
from chibo.organizations.overlay import LINK, UNIT, Tree
from chibo.organizations.planning import MANY, Counted, Matter, Plan
from chibo.organizations.roles import ROLES, Reach
from chibo.organizations.rows import Change, Row
from chibo.organizations.standing import Back, names_of

GRANT = "organizations_grant"
BELOW = """
select count(*) from organizations_unit u
where (u.closed_on is null or u.closed_on > %(on)s) and not u.id = any(%(units)s)
  and exists (select from unnest(string_to_array(rtrim(u.path, '/'), '/')) above(id)
              where above.id::bigint = any(%(units)s))
"""


SIGHT = """
select count(distinct user_id) filter (where unit_id = any(%(new)s)),
       count(distinct user_id) filter (where unit_id = any(%(old)s))
from organizations_grant where role = any(%(roles)s) and from_on <= %(on)s and (to_on is null or to_on > %(on)s)
"""


def lines(tree: Tree, plan: Plan) -> tuple[set[int], set[int]]:
    """Units under which something stands by a plan that did not before, and those under which it stands no more."""
    new: set[int] = set()
    old: set[int] = set()
    for change in plan.changes:
        if change.table != LINK or change.after is None:
            continue
        row, before = tree.get(LINK, change.key), change.before
        if before is None or "parent_id" in before:
            new.add(row["parent_id"])
        if before is not None:
            old.add(before["parent_id"] if "parent_id" in before else row["parent_id"])
    new |= {above for pk in new for above in tree.above(pk, plan.on)}
    old |= {above for pk in old for above in tree.above(pk, plan.on)}
    return new - old, old - new


def moved(plan: Plan) -> list[int]:
    """Units that stand elsewhere by a plan, and close or not."""
    found = [
        change.after["unit_id"]
        for change in plan.changes
        if change.table == LINK and change.before is None and change.after
    ]
    return [pk for pk in found if pk > 0]


@following.follower
class Paths(following.Follower):
    """The dated paths of the tree, derived once whatever changed."""

    order = 0
    derived: ClassVar = frozenset({"organizations_lineage"})
    names: ClassVar = {
        UNIT: (gettext_lazy("Units"), "select t.name from organizations_unit t"),
        LINK: (
            gettext_lazy("Places of units"),
            "select u.name from organizations_parentlink t join organizations_unit u on u.id = t.unit_id",
        ),
        "organizations_unitname": (gettext_lazy("Names of units"), "select t.name from organizations_unitname t"),
        "organizations_unitkind": (
            gettext_lazy("Kinds of units"),
            "select u.name from organizations_unitkind t join organizations_unit u on u.id = t.unit_id",
        ),
    }

    def follow(self, tree: Tree, plan: Plan) -> None:
        """Tell units that have a name, or a parent, by which they are named like another one beside them."""
        new = set()
        for change in tree.since(plan.mark):
            if change.table == UNIT and "name" in (change.after or {}):
                new.add(change.key)
            elif change.table == LINK and "parent_id" in (change.after or {}):
                new.add(tree.get(LINK, change.key)["unit_id"])
        parents = [row["id"] for row in (tree.parent(pk) for pk in sorted(new)) if row is not None]
        alike: list[str] = []
        for parent in dict.fromkeys(parents):
            named: dict[str, list[Row]] = {}
            for unit in tree.children(parent, plan.on):
                named.setdefault(unit["search_key"].strip(), []).append(unit)
            of_one_name = [units for units in named.values() if len(units) > 1 and new & {u["id"] for u in units}]
            alike += [", ".join(f"{u['name']} ({u['code']})" for u in units) for units in of_one_name]
        if alike:
            said = _("Units beside each other bear one name from then on, or names that differ only by accents.")
            plan.settle("alike", said, alike, todo=_("Rename one of them, unless everybody can tell them apart."))

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        ((number,),) = ask(BELOW, units=moved(plan), on=plan.on)
        yield Counted("units", _("Units below that go along"), number)
        new, old = lines(tree, plan)
        yield Counted("figures", _("Units above whose figures change from that day on"), len(new | old))

    def derive(self, changes: Mapping[str, Sequence[Change]]) -> None:
        gone = [change.key for change in changes.get(UNIT, ()) if change.after is None]
        if gone:
            Lineage.objects.filter(unit__in=gone).delete()
        units = {change.key for change in changes.get(UNIT, ()) if change.before is None}
        for change in changes.get(LINK, ()):
            units |= {row["unit_id"] for row in (change.before, change.after) if row and "unit_id" in row}
        lasting = [c.key for c in changes.get(LINK, ()) if c.before is not None and c.after is not None]
        units |= {
            unit for (unit,) in ask("select unit_id from organizations_parentlink where id = any(%(ids)s)", ids=lasting)
        }
        if units - set(gone):
            lineage.relineage(units - set(gone))

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Units that would be open under one that is closed by now, or where their kind can't stand."""
        touched = {*back.opening, *(row["unit_id"] for row in back.made(LINK).values())}
        touched |= {tree.get(LINK, change.key)["unit_id"] for change in back.changed(LINK)}
        stray, left = [], []
        for pk in sorted(touched - set(back.made(UNIT))):
            unit, parent = tree.get(UNIT, pk), tree.parent(pk)
            if parent is None or unit["closed_on"] is not None:
                continue
            fits = parent["kind"] in MAY_STAND_UNDER[unit["kind"]] and pk not in tree.above(parent["id"], tree.today)
            if parent["closed_on"] is not None or not fits:
                stray.append(unit["name"])
        for pk, day in back.closing.items():
            left += [unit["name"] for unit in tree.children(pk, day)]
        if stray:
            text = _("The unit these stood under is closed by now, or of another kind: %(count)s.") % {
                "count": len(stray)
            }
            yield Matter("stray", text, len(stray), tuple(stray[:MANY]), _("Take back that act first."), blocks=True)
        if left:
            text = _("Units stand under a unit that would be closed: %(count)s.") % {"count": len(left)}
            yield Matter("left", text, len(left), tuple(left[:MANY]), _("Move them elsewhere first."), blocks=True)


@following.follower
class Grants(following.Follower):
    """Roles at a unit that closes end that day, or today if that day has gone by; nobody is given any."""

    order = 90
    watched: ClassVar = frozenset({GRANT})
    names: ClassVar = {
        GRANT: (
            gettext_lazy("Roles"),
            "select u.full_name from organizations_grant t join accounts_user u on u.id = t.user_id",
        )
    }

    def read(self, tree: Tree, units: Sequence[int], *, closing: Sequence[int]) -> None:
        tree.read(GRANT, "unit_id", closing)

    def count(self, tree: Tree, plan: Plan) -> Iterable[Counted]:
        new, old = lines(tree, plan)
        roles = [code for code, role in ROLES.items() if role.reach == Reach.SUBTREE]
        ((gain, lose),) = ask(SIGHT, new=list(new), old=list(old), roles=roles, on=max(plan.on, tree.today))
        yield Counted("gain", _("People above who see these units from then on"), gain)
        yield Counted("lose", _("People above who see them no more"), lose)

    def in_the_way(self, tree: Tree, back: Back) -> Iterable[Matter]:
        """Roles given since at a unit that would close again."""
        given = [
            row["id"] for pk in back.closing for row in tree.find(GRANT, "unit_id", pk) if row["to_on"] is None
        ]  # fmt: skip
        found = back.since(GRANT, given)
        if found:
            text = _("Roles given since at a unit that would be closed: %(count)s.") % {"count": len(found)}
            yield Matter("granted", text, len(found), tuple(names_of(GRANT, found)), _("End them first."), blocks=True)

    def follow(self, tree: Tree, plan: Plan) -> None:
        ends = max(plan.on, tree.today)
        ended = []
        for unit in plan.closing:
            for grant in tree.find(GRANT, "unit_id", unit):
                if grant["source"] == Source.POST:
                    continue  # it follows from the post, and ends with that
                if (grant["to_on"] is None or grant["to_on"] > ends) and grant["to_on"] != grant["from_on"]:
                    tree.change(GRANT, grant["id"], to_on=max(ends, grant["from_on"]))
                    ended.append(grant["user_id"])
        if ended:
            names = ask("select full_name from accounts_user where id = any(%(ids)s) order by id", ids=ended)
            plan.settle(
                "grants",
                _("Roles held at units that close end with them."),
                [name for (name,) in names],
                todo=_("Give roles anew at the units where the work goes on."),
            )
