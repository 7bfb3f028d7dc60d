"""Records that stand in the way of an act, or wait to be settled after it: by name, with the way to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from chibo.core.components import Link
from chibo.core.wording import shown
from chibo.exchange.sheets import ask
from chibo.organizations.models import Act
from chibo.organizations.planning import Matter
from chibo.organizations.standing import later_rows

OF_PERSON = "join members_membership m on m.id = t.membership_id"
WAYS: dict[str, tuple[str, str]] = {  # table: the URL's name, what it takes
    "organizations_unit": ("unit", "select t.id, t.id from organizations_unit t"),
    "organizations_parentlink": ("unit_history", "select t.id, t.unit_id from organizations_parentlink t"),
    "organizations_unitname": ("unit_history", "select t.id, t.unit_id from organizations_unitname t"),
    "organizations_unitkind": ("unit_history", "select t.id, t.unit_id from organizations_unitkind t"),
    "members_post": ("unit_history", "select t.id, t.unit_id from members_post t"),
    "members_person": ("member", "select t.id, t.id from members_person t"),
    "members_membership": ("member", "select t.id, t.person_id from members_membership t"),
    "members_transfer": ("member", f"select t.id, m.person_id from members_transfer t {OF_PERSON}"),
    "members_departure": ("member", f"select t.id, m.person_id from members_departure t {OF_PERSON}"),
    "meetings_meeting": ("meeting", "select t.id, t.unit_id, t.id from meetings_meeting t"),
    "targets_target": ("unit_targets", "select t.id, t.unit_id from targets_target t"),
}


@dataclass(frozen=True)
class Told:
    """A matter as a page shows it."""

    text: str
    count: int
    records: list[Link]
    todo: str


def told(matters: Iterable[Matter | Mapping[str, Any]], *, names: bool = True) -> list[Told]:
    """Matters with their records, and the ways to those there is a page of; one query for each that has ways."""
    found = []
    for each in matters:
        if isinstance(each, Matter):
            said = _records(each.records, each.table, each.keys) if names else []
            found.append(Told(each.text, each.count, said, each.todo))
        else:
            records = [shown(name) for name in each["records"]]
            said = _records(records, each.get("table", ""), each.get("keys", ())) if names else []
            found.append(Told(shown(each["text"]), each["count"], said, shown(each["todo"])))
    return found


def _records(records: Sequence[str], table: str, keys: Sequence[int]) -> list[Link]:
    """The records of a matter; the way to a record is left out where its page can't be told."""
    if table not in WAYS or len(keys) != len(records):
        return [Link(label=name) for name in records]
    name, query = WAYS[table]
    way = {key: args for key, *args in ask(f"{query} where t.id = any(%(keys)s)", keys=list(keys))}
    return [
        Link(label=label, url=reverse(name, args=way[key]) if key in way else "")
        for key, label in zip(keys, records, strict=True)
    ]


def later_acts(act: Act, matters: Iterable[Matter]) -> list[Act]:
    """Acts done since that changed the records of these matters, the newest first. Two queries for each table."""
    done: dict[int, int] = {}  # by act the last of its rows: they are written in the order of what was done
    for matter in matters:
        if matter.code == "changed" and matter.keys:
            rows = later_rows([act], matter.table, matter.keys).order_by("pk")
            done |= {pk: max(row, done.get(pk, 0)) for pk, row in rows.values_list("act_id", "pk")}
    return sorted(Act.objects.filter(pk__in=done), key=lambda each: -done[each.pk]) if done else []
