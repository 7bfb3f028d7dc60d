"""A member's file as it is shown: its groups and their entries, with days, source, history and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Cell, Column, Link, Table, Text
from chibo.core.formats import day, moment
from chibo.files.groups import FACTS, SENSITIVE, SPECS, Days, Group, facts_of
from chibo.files.models import Entry, Opening, Source
from chibo.files.queries import Version, entries_of, fact_histories, histories
from chibo.members.models import Person, Post, Sex
from chibo.organizations.held_roles import makers
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Scope
from chibo.procedures.models import Case

UnitCell = Callable[[Unit], Cell]


@dataclass(frozen=True)
class Past:
    """One line of a history: when, what was done, by whom, by which source."""

    at: Text
    what: Text
    notes: Sequence[Text]
    url: str = ""  # of the case that decided it, to which the last note leads


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry, or a fact of a person, as it is shown."""

    name: Text  # for those who can't see where it stands
    title: Text = ""
    term: Text = ""  # of a fact: what it is
    days: Text = ""
    lines: Sequence[tuple[Text, Text]] = ()
    source: Text = ""
    source_url: str = ""  # of the case it rests on
    past: Sequence[Past] = ()
    acts: Sequence[Link] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of a file, open or closed; of a closed one nothing is said, not even whether there is anything."""

    group: str
    label: Text
    help: Text = ""
    facts: Sequence[Item] = ()
    items: Sequence[Item] = ()
    posts: Table | None = None
    add_url: str = ""
    open_url: str = ""
    is_closed: bool = False
    is_sensitive: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.facts or self.items or self.posts)


@dataclass(frozen=True)
class Reader:
    """Who reads a file: whom they may know by name, where they may go, what they may do there."""

    user: Any
    scope: Scope
    cell: UnitCell
    keeps: bool = False
    opens: bool = False
    reason: str = ""  # by which a sensitive group stands open before them
    cases: QuerySet[Case] | None = None  # that they may open


def sections(person: Person, reader: Reader, opened: Collection[Group], groups: Sequence[Group] = ()) -> list[Section]:
    """The groups of a file in their order, those that are sensitive closed unless `opened`. Seven queries at most."""
    shown = [group for group in groups or list(Group) if group not in SENSITIVE or group in opened]
    found = entries_of(person, [group for group in shown if group in SPECS])
    past = histories(found) if found else {}
    facts = fact_histories(person, reader.cases) if any(facts_of(group) for group in shown) else {}
    users = {each.by for versions in [*past.values(), *facts.values()] for each in versions if each.by}
    named = makers(users, reader.scope, reader.user) if users else {}
    told = []
    for group in groups or list(Group):
        if group not in shown:
            url = reverse("file_group", args=[person.pk, group.value]) if reader.opens else ""
            told.append(Section(group=group, label=group.label, open_url=url, is_closed=True, is_sensitive=True))
            continue
        may_keep = reader.keeps and (group not in SENSITIVE or reader.opens)
        told.append(
            Section(
                group=group,
                label=group.label,
                help=SPECS[group].help if group in SPECS else "",
                facts=[_fact(person, name, facts.get(name, []), named, may_keep) for name in facts_of(group)],
                items=[_item(each, past.get(each.pk, []), named, may_keep) for each in found if each.group == group],
                posts=_posts(person, reader.cell) if group == Group.POSTS else None,
                add_url=reverse("entry_new", args=[person.pk, group.value]) if may_keep and group in SPECS else "",
                is_sensitive=group in SENSITIVE,
            )
        )
    return told


def _titled(entry: Entry) -> list[str]:
    """The fields that make its title: the first that say something."""
    return [field.name for field in entry.spec.fields if entry.said.get(field.name)][: entry.spec.titled]


def title_of(entry: Entry) -> str:
    """What an entry says in short; a group without titles says of what it is."""
    if entry.spec.titled:
        return ": ".join(entry.said[name] for name in _titled(entry))
    first = next(field for field in entry.spec.fields if entry.said.get(field.name))
    return f"{first.label}: {entry.said[first.name]}"


def days_of(entry: Entry) -> str:
    """The days of an entry, as far as they are known."""
    if entry.spec.days == Days.ONE and entry.from_on:
        return day(entry.from_on)
    span = {"first": day(entry.from_on) if entry.from_on else "", "last": day(entry.to_on) if entry.to_on else ""}
    if entry.from_on and entry.to_on:
        return _("%(first)s to %(last)s") % span
    if entry.from_on:
        return _("since %(first)s") % span
    return _("until %(last)s") % span if entry.to_on else ""


def lines_of(entry: Entry) -> list[tuple[Text, Text]]:
    """What an entry says beside its title, term by term."""
    title = _titled(entry)
    said: list[tuple[Text, Text]] = [
        (f.label, entry.said[f.name]) for f in entry.spec.fields if f.name not in title and entry.said.get(f.name)
    ]
    return [*said, (_("Ended by"), entry.end_paper)] if entry.end_paper else said


def source_said(source: str, paper: str, paper_on: date | None) -> str:
    """Where something is known from, in one line."""
    if not source:
        return ""
    words = [str(Source(source).label), paper] if source in (Source.DECLARED, Source.LOAD) or not paper else [paper]
    text = ": ".join(filter(None, words))
    return _("%(paper)s of %(day)s") % {"paper": text, "day": day(paper_on)} if paper_on else text


def fact_said(name: str, value: Any) -> str:
    """A fact of a person as it is read."""
    if value in (None, ""):
        return _("not known")
    if name == "sex":
        return str(Sex(value).label)
    return day(value) if isinstance(value, date) else str(value)


def past_of(versions: Iterable[Version], labels: dict[str, Text], named: dict[int, str]) -> list[Past]:
    """A history in words, the newest first."""
    acts = {
        "recorded": _("Recorded"),
        "corrected": _("Corrected"),
        "ended": _("Ended"),
        "struck": _("Taken out of the file"),
    }
    told = []
    for each in versions:
        notes: list[Text] = []
        for name, before, after in each.pairs:
            words = {
                "field": labels.get(name, name), "before": fact_said(name, before), "after": fact_said(name, after)
            }  # fmt: skip
            if each.act == "recorded":
                notes.append(f"{words['field']}: {words['after']}")
            else:
                notes.append(_("%(field)s: “%(before)s” became “%(after)s”") % words)
        if each.reason:
            notes.append(_("because: %(reason)s") % {"reason": each.reason})
        source = source_said(each.source, each.paper, each.paper_on)
        who = _("by %(who)s") % {"who": named[each.by] if each.by else _("the administrator")}
        told.append(
            Past(moment(each.at), f"{acts[each.act]}, {who}", [*notes, source] if source else notes, case_url(each))
        )
    return told[::-1]


def case_url(version: Version) -> str:
    """The page of the case that decided it; empty without one, or for who may not open it."""
    return reverse("case", args=[version.case]) if version.case else ""


def _fact(person: Person, name: str, versions: list[Version], named: dict[int, str], may_keep: bool) -> Item:
    label, value = FACTS[name][1], getattr(person, name)
    last = versions[-1] if versions else None
    acts = [Link(label=_("Correct"), url=reverse("fact_correct", args=[person.pk, name]))] if may_keep else []
    return Item(
        name=label,
        term=label,
        title=fact_said(name, value) if value else "–",
        source=source_said(last.source, last.paper, last.paper_on) if last and value else "",
        source_url=case_url(last) if last and value else "",
        past=past_of(versions, {name: label}, named),
        acts=acts,
    )


def entry_labels(entry: Entry) -> dict[str, Text]:
    """What the fields of an entry are called."""
    names: dict[str, Text] = {f.name: f.label for f in entry.spec.fields}
    on = _("Day") if entry.spec.days == Days.ONE else _("From")
    return names | {"from_on": on, "to_on": _("To"), "end_paper": _("Ended by")}


def _item(entry: Entry, versions: list[Version], named: dict[int, str], may_keep: bool) -> Item:
    acts = [("correct", _("Correct"))]
    if entry.spec.days == Days.SPAN and entry.to_on is None:
        acts.append(("end", _("End")))
    acts.append(("strike", _("Take out")))
    return Item(
        name=title_of(entry),
        title=title_of(entry) if entry.spec.titled else "",
        days=days_of(entry),
        lines=lines_of(entry),
        source=source_said(entry.source, entry.paper, entry.paper_on),
        past=past_of(versions, entry_labels(entry), named),
        acts=[Link(label=label, url=reverse("entry_act", args=[entry.person_id, entry.pk, act])) for act, label in acts]
        if may_keep
        else [],
    )


def _posts(person: Person, cell: UnitCell) -> Table | None:
    """The posts of a person, from where they are recorded, the newest first; None without any. One query."""
    rows = []
    for post in Post.objects.filter(person=person).select_related("unit").order_by("-from_on", "-pk"):
        by = "; ".join(filter(None, [post.decision, post.end_decision])) or "–"
        until = day(post.to_on) if post.to_on else _("still")
        rows.append(
            [Cell(text=post.title), cell(post.unit), Cell(text=day(post.from_on)), Cell(text=until), Cell(text=by)]
        )
    if not rows:
        return None
    heads = [_("Post"), _("Unit"), _("From"), _("To"), _("Decision")]
    return Table(
        caption=_("Posts"),
        caption_hidden=True,
        stacks=True,
        columns=[Column(label=head, nowrap=head in heads[2:4]) for head in heads],
        rows=rows,
    )


def openings_table(found: Sequence[Opening], names: dict[int, str] | None, cell: UnitCell) -> Table:
    """Who opened what when, why and by which role; without `names` everyone by name."""
    rows = []
    for each in found:
        who = str(each.by) if names is None else names[each.by_id]
        role = RoleCode(each.role).label if each.role in RoleCode.values else each.role
        rows.append(
            [
                Cell(text=moment(each.at)),
                Cell(text=Group(each.group).label),
                Cell(text=who, note=f"{role}, {cell(each.unit).text}"),
                Cell(text=each.reason),
            ]
        )
    return Table(
        caption=_("Who looked"),
        caption_hidden=True,
        stacks=True,
        columns=[
            Column(label=_("When"), nowrap=True),
            *(Column(label=head) for head in (_("What was opened"), _("By"), _("Why"))),
        ],
        rows=rows,
        empty=_("Nobody has opened a sensitive group of this file."),
    )
