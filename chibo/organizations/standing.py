"""What stands in the way of taking acts back: rows changed since, rows that refer to what they made, and the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pghistory.models
from django.db import models
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from chibo.exchange.sheets import ask
from chibo.organizations import following, rows
from chibo.organizations.models import Act, ActRow, ActUnit
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import MANY, Matter
from chibo.organizations.rows import Change, Row

OWN = {ActRow._meta.db_table, ActUnit._meta.db_table}


def changes_of(acts: Sequence[Act]) -> list[Change]:
    """What acts did, in the order they did it: an act kept for its day is older than those done before it."""
    found = ActRow.objects.filter(act__in=acts).order_by("pk")  # written when it was done, one act at a time
    return [
        Change(row.table, row.row, rows.table(row.table).typed(row.before), rows.table(row.table).typed(row.after))
        for row in found.iterator(5000)
    ]


@dataclass
class Back:
    """Acts about to be taken back: what they did, by table, and the units that would close or open with that."""

    did: dict[str, list[Change]]
    known: dict[str, int]  # the highest key of watched tables when the first of them was done
    closing: dict[int, date] = field(default_factory=dict)
    opening: list[int] = field(default_factory=list)

    def made(self, name: str) -> dict[int, Row]:
        """Rows of a table that the acts made."""
        return {c.key: c.after for c in self.did.get(name, ()) if c.before is None and c.after is not None}

    def changed(self, name: str) -> list[Change]:
        """Rows of a table that the acts changed."""
        return [c for c in self.did.get(name, ()) if c.before is not None and c.after is not None]

    def since(self, name: str, keys: Iterable[int]) -> list[int]:
        """Of these keys those that came after the acts."""
        own = self.made(name)
        return [key for key in keys if key > self.known.get(name, 0) and key not in own]


def in_the_way(acts: Sequence[Act], today: date, *, hold: bool = False) -> list[Matter]:
    """What was built on acts that were done: all of it must go before they can be taken back together."""
    did = rows.joined(changes_of(acts))
    inverse = [change.inverse for change in did]
    found = [*_changed(inverse, acts, hold=hold), *_referring(did)]
    if found:
        return found
    by_table: dict[str, list[Change]] = defaultdict(list)
    for change in did:
        by_table[change.table].append(change)
    known = {name: min(act.known.get(name, 0) for act in acts) for name in following.watched()} if acts else {}
    back = Back(by_table, known)
    for change in back.changed(UNIT):
        before, after = change.before or {}, change.after or {}
        if "closed_on" in after:
            then, now = before["closed_on"], after["closed_on"]
            if then is not None and (now is None or now > then):
                back.closing[change.key] = then
            else:
                back.opening.append(change.key)
    tree = Tree(today)
    tree.lay(inverse)
    return [matter for each in following.every() for matter in each.in_the_way(tree, back)]


def _changed(back: Sequence[Change], acts: Sequence[Act], *, hold: bool) -> Iterator[Matter]:
    """Rows that are no longer as the acts left them, with the acts that changed them since."""
    differing: dict[str, list[int]] = defaultdict(list)
    for change in rows.differing(back, hold=hold):
        differing[change.table].append(change.key)
    for name, keys in differing.items():
        text = _("%(what)s changed since by this act: %(count)s.") % {"what": label_of(name), "count": len(keys)}
        todo, told = _after(later_rows(acts, name, keys).exists()), tuple(names_of(name, keys))
        yield Matter("changed", text, len(keys), told, todo, blocks=True, table=name, keys=tuple(sorted(keys)[:MANY]))


def later_rows(acts: Sequence[Act], table: str, keys: Iterable[int]) -> QuerySet[ActRow]:
    """What acts that hold did to these rows of a table after the last of others."""
    last = ActRow.objects.filter(act__in=acts).aggregate(last=Max("pk"))["last"] or 0
    return ActRow.objects.filter(table=table, row__in=keys, act__status=Act.Status.DONE, pk__gt=last)


def _after(later: bool) -> str:
    if not later:
        return _("Put these records back as the act left them.")
    return _("Take back the later acts on them first.")


def _referring(did: Sequence[Change]) -> Iterator[Matter]:
    """Rows recorded since that refer to what the acts made."""
    made: dict[str, set[int]] = defaultdict(set)
    for change in did:
        if change.before is None:
            made[change.table].add(change.key)
    for name, keys in made.items():
        for relation in rows.table(name).model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
                continue
            other: Any = relation.related_model
            field: Any = relation.field  # type: ignore[union-attr]
            if not field.db_constraint or issubclass(other, pghistory.models.Event):
                continue
            table = other._meta.db_table
            if table in following.derived() or table in OWN:
                continue
            found = _rows_of(other, field, keys, made.get(table, set()))
            if found:
                text = _("%(what)s recorded since: %(count)s.") % {"what": label_of(table), "count": len(found)}
                todo = _("They belong to what the act made. Take them away first.")
                told, first = tuple(names_of(table, found)), tuple(sorted(found)[:MANY])
                yield Matter("recorded", text, len(found), told, todo, blocks=True, table=table, keys=first)


def _rows_of(model: type[models.Model], field: Any, keys: Iterable[int], own: set[int]) -> list[int]:
    found = model._base_manager.filter(**{f"{field.attname}__in": list(keys)}).order_by("pk")
    return [pk for pk in found.values_list("pk", flat=True) if pk not in own]


def label_of(table: str) -> str:
    """What the records of a table are called."""
    for each in following.every():
        if table in each.names:
            return str(each.names[table][0])
    return _("Records")


def names_of(table: str, keys: Sequence[int]) -> list[str]:
    """The first of these records by name."""
    for each in following.every():
        if table in each.names:
            query = f"{each.names[table][1]} where t.id = any(%(keys)s) order by t.id"
            return [str(name) for (name,) in ask(query, keys=list(keys)[:MANY])]
    return [str(key) for key in list(keys)[:MANY]]
