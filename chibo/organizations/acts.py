"""Acts on units: previewed, done or kept for their day, and taken back while nothing has been built on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core import states
from chibo.core.actions import Denied, action, context_now
from chibo.organizations import following, lineage, rows, standing
from chibo.organizations.models import Act, ActRow, ActUnit, Unit
from chibo.organizations.overlay import Tree
from chibo.organizations.planning import Asked, Plan, Progress, net, plan, plan_all, seal_of, silent
from chibo.organizations.rows import Change

Keys = Mapping[tuple[str, int], int]
Check = Callable[[Sequence[Plan], Tree], None]
_kept: list[Callable[[date], Iterable[Asked]]] = []


def anything(plans: Sequence[Plan], tree: Tree) -> None:
    """Let acts do whatever they come to."""


def also_kept(asked: Callable[[date], Iterable[Asked]]) -> None:
    """Count what a function gives for a day among the acts kept until then."""
    _kept.append(asked)


def preview(asked: Asked, today: date) -> Plan:
    """What an act would do, on the tree as it would stand on its day; with how much it touches."""
    return plan(asked, tree_on(asked.on, today), count=True)


def asked_of(act: Act) -> Asked:
    """What was asked for with an act."""
    return Asked(act.kind, act.on, act.decision, act.given)


@action("organizations.act_done")
def do(*, asked: Asked, seal: str = "", by: Any, at: datetime) -> Act:
    """Do an act on units whole; one of a day to come is kept and done on its day.

    Denied: something has to be settled before; with a `seal`, it would no longer do what its preview showed.
    """
    _hold([asked])
    today = localdate(at)
    planned = plan(asked, tree_on(asked.on, today))
    if planned.is_blocked:
        raise Denied(" ".join(planned.reasons))
    if seal and seal != planned.seal:
        raise Denied(_("Something changed meanwhile. Look at what the act would do now."))
    if asked.on > today:
        return _keep(planned, Act(status=Act.Status.PLANNED), by=by, at=at)
    return _apply([planned], [Act(status=Act.Status.DONE)], by=by, at=at)[0]


@action("organizations.acts_done")
def do_all(
    *, asked: Sequence[Asked], seal: str = "", check: Check = anything, say: Progress = silent, by: Any, at: datetime
) -> list[Act]:
    """Do many acts, each on what those before it leave, and all of them or none.

    Denied: the first that can't be done, with its reasons; a day to come; with a `seal`, they would no longer do what
    was rehearsed; what `check` denies of the plans.
    """
    today = localdate(at)
    if any(each.on > today for each in asked):
        raise Denied(_("The day of this act is still to come."))
    _hold(asked)
    tree = Tree(today)
    plans = plan_all(asked, tree, say)
    for number, each in enumerate(plans, 1):
        if each.is_blocked:
            raise Denied(_("Act %(number)s: %(reasons)s") % {"number": number, "reasons": " ".join(each.reasons)})
    if seal and seal != seal_of(plans):
        raise Denied(_("Something changed since the rehearsal. Rehearse it again and look at what it would do now."))
    check(plans, tree)
    say(0.6)
    return _apply(plans, [Act(status=Act.Status.DONE) for _each in plans], by=by, at=at)


@action("organizations.act_of_day_done")
def do_kept(*, act: Act, by: Any, at: datetime) -> Act:
    """Do an act that was kept for its day, now that it has come; if it can't be done, say why and leave it waiting."""
    asked = asked_of(act)
    _hold([asked])
    act = Act.objects.select_for_update().get(pk=act.pk)
    if act.status not in (Act.Status.PLANNED, Act.Status.FAILED):
        return act
    if act.on > localdate(at):
        raise Denied(_("The day of this act is still to come."))
    planned = plan(asked, Tree(localdate(at)))
    if planned.is_blocked:
        act.reasons = [matter.as_json() for matter in planned.matters if matter.blocks]
        act.save(update_fields=["reasons"])
        states.move(act, Act.Status.FAILED)
        return act
    states.move(act, Act.Status.DONE)
    return _apply([planned], [act], by=by, at=at)[0]


def do_due(*, at: datetime) -> list[Act]:
    """Do the acts whose day has come, the oldest first, each for itself."""
    due = Act.objects.filter(status=Act.Status.PLANNED, on__lte=localdate(at)).order_by("on", "pk")
    return [do_kept(act=act, by=None, at=at) for act in due]


@action("organizations.act_reversed")
def reverse(*, act: Act, by: Any, at: datetime) -> Act:
    """Take an act back as if it had never been; one that is still to come is done no more.

    Denied: it is taken back already, or something was built on it; `standing.in_the_way` says what.
    """
    return reverse_all(acts=[act], by=by, at=at)[0]


@action("organizations.acts_reversed")
def reverse_all(*, acts: Sequence[Act], by: Any, at: datetime) -> list[Act]:
    """Take acts back together, the last first: all of them or none. Denied as `reverse`."""
    lineage.hold_tree()
    held = list(Act.objects.select_for_update().filter(pk__in=[act.pk for act in acts]).order_by("pk"))
    if any(act.status == Act.Status.REVERSED for act in held):
        raise Denied(_("This act is taken back already."))
    done = [act for act in held if act.status == Act.Status.DONE]
    changes = standing.changes_of(done)
    _hold_units(changes)
    matters = standing.in_the_way(done, localdate(at), hold=True)
    if matters:
        raise Denied(" ".join(matter.text for matter in matters))
    back = rows.joined(change.inverse for change in reversed(changes))
    rows.write(back)
    _derive(back)
    Act.objects.filter(pk__in=[act.pk for act in held]).update(
        status=Act.Status.REVERSED, reversed_by=by, reversed_at=at, reversed_context=context_now()
    )
    return list(Act.objects.filter(pk__in=[act.pk for act in held]).order_by("pk"))


def tree_on(on: date, today: date) -> Tree:
    """The tree as it would stand on a day: with the acts kept until then, as far as they can be done."""
    tree = Tree(today)
    if on > today:
        kept = Act.objects.filter(status=Act.Status.PLANNED, on__lte=on).order_by("on", "pk")
        asked = [*map(asked_of, kept), *(each for of in _kept for each in of(on))]
        plan_all(sorted(asked, key=lambda each: each.on), tree)
    return tree


def _hold(asked: Iterable[Asked]) -> None:
    """Let no one else change the tree, nor these units, until this transaction ends."""
    lineage.hold_tree()
    codes = {code for each in asked for code in each.codes}
    list(Unit.objects.select_for_update().filter(code__in=codes).order_by("pk").values_list("pk"))


def _hold_units(changes: Iterable[Change]) -> None:
    """Let no one else write at units that are about to be changed back."""
    pks = {change.key for change in changes if change.table == Unit._meta.db_table}
    list(Unit.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))


def _apply(plans: Sequence[Plan], acts: Sequence[Act], *, by: Any, at: datetime) -> list[Act]:
    """Write what plans come to, a table at a time, and the acts with what each of them did."""
    changes, keys = rows.numbered(net(plans))
    if rows.differing(changes):
        raise Denied(_("Something changed meanwhile. Look at what the act would do now."))
    rows.write(changes)
    _derive(changes)
    context, known = context_now(), rows.highest(following.watched())
    for each, act in zip(plans, acts, strict=True):
        act.context, act.done_at, act.known = context, at, known
        act.reasons = [matter.as_json() for matter in each.matters]  # what was left to settle
        _tell(each, act, by=by, at=at)
    kept = [act for act in acts if act.pk is not None]
    Act.objects.bulk_create([act for act in acts if act.pk is None], batch_size=1000)
    Act.objects.bulk_update(kept, ["context", "done_at", "known", "reasons"], batch_size=1000)
    _write_rows(plans, acts, keys)
    return list(acts)


def _keep(planned: Plan, act: Act, *, by: Any, at: datetime) -> Act:
    """Keep an act for its day, with the units that are there already."""
    _tell(planned, act, by=by, at=at)
    act.save()
    ActUnit.objects.bulk_create(_parts(planned, act, {}))
    return act


def _tell(planned: Plan, act: Act, *, by: Any, at: datetime) -> None:
    if act.pk is None:
        asked = planned.asked
        act.kind, act.on, act.decision, act.given = asked.kind, asked.on, asked.decision, dict(asked.given)
        act.by, act.at = by, at


def _write_rows(plans: Sequence[Plan], acts: Sequence[Act], keys: Keys) -> None:
    """Keep what each act did and which units took part: what reversing it gives back."""
    ActUnit.objects.filter(act__in=acts).delete()
    parts: list[ActUnit] = []
    did: list[ActRow] = []
    for each, act in zip(plans, acts, strict=True):
        parts += _parts(each, act, keys)
        for change in each.changes:
            real = rows.renumbered(change, keys)
            before, after = rows.plain(real.before), rows.plain(real.after)
            did.append(ActRow(act=act, table=real.table, row=real.key, before=before, after=after))
    ActUnit.objects.bulk_create(parts, batch_size=5000)
    ActRow.objects.bulk_create(did, batch_size=5000)


def _parts(planned: Plan, act: Act, keys: Keys) -> list[ActUnit]:
    return [
        ActUnit(act=act, part=part, code=code, name=name, unit_id=_there(keys.get((Unit._meta.db_table, pk), pk)))
        for (part, code), (pk, name) in planned.parts.items()
    ]


def _there(pk: int) -> int | None:
    return pk if pk > 0 else None


def _derive(changes: Iterable[Change]) -> None:
    by_table: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    for each in following.every():
        each.derive(by_table)
