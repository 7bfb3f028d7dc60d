"""Two records side by side, as a page shows them: facts, spells, what else belongs to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.accounts.models import User
from chibo.core.formats import count, day
from chibo.duplicates.drafting import APART, FIRST, PERSON, SECOND, Draft, Reading, references
from chibo.duplicates.forms import MergeForm
from chibo.duplicates.joining import Spell
from chibo.duplicates.likeness import Reason
from chibo.members import identity
from chibo.members.identity import Way
from chibo.members.models import PostKind, Sex, TransferKind
from chibo.members.models import Reason as Leaving
from chibo.organizations import rows
from chibo.organizations.models import Unit
from chibo.organizations.rows import Row
from chibo.organizations.scope import Scope

FACTS: dict[str, Any] = {
    "full_name": gettext_lazy("Name"),
    "sex": gettext_lazy("Sex"),
    "born_on": gettext_lazy("Born"),
    "ethnicity": gettext_lazy("Ethnicity"),
    "religion": gettext_lazy("Religion"),
    "occupation": gettext_lazy("Occupation"),
    "education": gettext_lazy("Education"),
    "theory": gettext_lazy("Political theory"),
}


@dataclass(frozen=True)
class Line:
    """A fact of both records; where they differ, the two buttons that choose."""

    label: str
    first: str
    second: str
    differs: bool
    radios: tuple[Any, ...] = ()
    lang: str = ""
    stays: str = ""  # whose value stays, once that is chosen


@dataclass(frozen=True)
class Side:
    """What belongs to one of the records beside its facts."""

    spells: list[list[str]]
    posts: list[str]
    others: list[str]
    user: str


def said_of(column: str, value: Any) -> str:
    """A fact in words."""
    if value in (None, ""):
        return ""
    if column == "sex":
        return str(Sex(value).label)
    return day(value) if isinstance(value, date) else str(value)


def lines(draft: Draft, form: MergeForm, choices: Mapping[str, Any] | None = None) -> list[Line]:
    """Every fact of which one record at least says something; with the choices made also whose value stays."""
    chosen = {each.column: (choices or {}).get(each.name, FIRST) for each in draft.differing}
    choosing = {each.column: form[each.name] for each in draft.differing}
    found = []
    columns = [*FACTS, *(name for name in draft.first if name not in FACTS and name not in APART)]
    for column in (name for name in columns if name in draft.first):
        first, second = said_of(column, draft.first[column]), said_of(column, draft.second[column])
        if first or second:
            label = str(FACTS.get(column) or rows.table(PERSON).fields[column].verbose_name)
            bound: BoundField | None = choosing.get(column)
            lang = "vi" if column not in ("sex", "born_on") else ""
            stays = chosen.get(column, FIRST if first else SECOND) if choices is not None and first != second else ""
            found.append(Line(label, first, second, first != second, tuple(bound) if bound else (), lang, stays))
    return found


def sides(draft: Draft, scope: Scope) -> tuple[Side, Side]:
    """What belongs to each record: spells, posts, how many of the rest, the user. Two queries.

    Units outside the scope stand by their code.
    """
    reading = draft.reading
    assert reading is not None
    people = (draft.first, draft.second)
    posts = [reading.of("members_post", "person_id", row["id"]) for row in people]
    spells = (draft.of_first, draft.of_second)
    units = {cell for several in spells for spell in several for cell in _cells(spell)}
    units |= {row["unit_id"] for several in posts for row in several}
    found_units = Unit.objects.filter(pk__in=units).order_by("pk")
    named = {unit.pk: unit.name if scope.covers(unit) else unit.code for unit in found_units}
    users = {row["user_id"] for row in people if row["user_id"]}
    known = {user.pk: str(user) for user in User.objects.filter(pk__in=users).order_by("pk")} if users else {}
    found = [
        Side(
            [told(spell, named) for spell in of],
            [_post(post, named) for post in held],
            rest(reading, row),
            known.get(row["user_id"], ""),
        )
        for row, of, held in zip(people, spells, posts, strict=True)
    ]
    return found[0], found[1]


def _cells(spell: Spell) -> list[int]:
    return [spell.row["cell_id"], *(each["to_cell_id"] for each in spell.transfers)]


def told(spell: Spell, named: dict[int, str]) -> list[str]:
    """A spell in lines: joining, each transfer, leaving."""
    begun = _("%(day)s: joined, %(cell)s") % {"day": day(spell.begins), "cell": named.get(spell.row["cell_id"], "")}
    found = [begun]
    for each in spell.transfers:
        kind = TransferKind(each["kind"]).label
        where = named.get(each["to_cell_id"], "")
        found.append(f"{day(each['on'])}: {kind}, {where}")
    if spell.departure:
        found.append(f"{day(spell.departure['on'])}: {Leaving(spell.departure['reason']).label}")
    return found


def _post(row: Row, named: dict[int, str]) -> str:
    until = day(row["to_on"]) if row["to_on"] else ""
    title = f"{PostKind(row['post']).label} {row['place']}".strip()
    return f"{title}, {named.get(row['unit_id'], '')}: {day(row['from_on'])} – {until}"


def rest(reading: Reading, person: Row) -> list[str]:
    """How many rows of each other kind refer to a record."""
    found: Counter[str] = Counter()
    for table, column in references(PERSON):
        rule = identity.rule_of(table, column)
        if rule is not None and rule.way is Way.MOVES and table != "members_post":
            found[str(rule.label)] += len(reading.of(table, column, person["id"]))
    return [f"{label}: {count(n)}" for label, n in found.items() if n]


def follows(draft: Draft) -> list[str]:
    """What merging would do, in sentences with numbers."""
    moved = [f"{label}: {count(n)}" for label, n in draft.moved.items() if n]
    aside = [f"{label}: {count(n)}" for label, n in draft.aside.items() if n]
    found = [
        _("The code %(gone)s is no more; whoever looks for it finds %(kept)s.")
        % {"gone": draft.second["code"], "kept": draft.first["code"]}
    ]
    if moved:
        told = _("These go over to %(kept)s: %(what)s.")
        found.append(told % {"kept": draft.first["code"], "what": "; ".join(moved)})
    if aside:
        told = _("These are set aside, because the other record has them already or says it better: %(what)s.")
        found.append(told % {"what": "; ".join(aside)})
    found.append(_("Nothing is lost: the two records can be taken apart again as they are now."))
    return found


def why(reasons: list[str]) -> str:
    """The reasons of a pair in words."""
    labels: dict[str, Any] = dict(Reason.choices) | {each.code: each.label for each in identity.identifiers()}
    return ", ".join(str(labels.get(reason, reason)) for reason in reasons)
