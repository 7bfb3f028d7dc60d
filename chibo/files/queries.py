"""Questions about members' files: what they say today, how each came to say it, who opened what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from chibo.core.formats import day
from chibo.exchange.models import Load
from chibo.files.groups import FACTS, SENSITIVE, SPECS, Group
from chibo.files.models import Basis, Copy, Entry, Opening, Source
from chibo.members import identity
from chibo.members.models import Person
from chibo.procedures.flow import said
from chibo.procedures.models import Case


@dataclass(frozen=True, kw_only=True)
class Version:
    """What an entry or a fact came to say at a moment, by whose act, and by which source."""

    at: datetime
    act: str  # recorded, corrected, ended, struck
    by: int | None
    pairs: tuple[tuple[str, Any, Any], ...]  # field, before, after
    source: str = ""
    paper: str = ""
    paper_on: date | None = None
    reason: str = ""  # of taking out
    case: int | None = None  # that decided it


def entries_of(person: Person, groups: Collection[str]) -> list[Entry]:
    """What someone's file says in these groups, the newest first; without what was taken out. One query."""
    found = Entry.objects.filter(person=person, group__in=list(groups), struck_because="").order_by("pk")
    return sorted(found, key=lambda entry: (entry.from_on or date.min, entry.pk), reverse=True)


def entries(person: Person) -> QuerySet[Entry]:
    """The dated entries of someone's file that are not sensitive, for the timeline of their life."""
    found = Entry.objects.filter(person=person, struck_because="").exclude(Q(from_on=None) | Q(group__in=SENSITIVE))
    return found.order_by("from_on", "pk")


def openings_of(person: Person, most: int | None = None, after: Sequence[int] | None = None) -> list[Opening]:
    """Who opened sensitive groups of someone's file, the newest first: so many, after a key, or all. One query."""
    found = Opening.objects.filter(identity.named(person.pk)).select_related("by", "unit")
    if after is not None:
        found = found.filter(pk__lt=after[0])
    return list(found.order_by("-pk")[:most])


def copies_of(person: Person) -> list[Copy]:
    """The copies that someone took of their file, the newest first. One query."""
    return list(Copy.objects.filter(identity.named(person.pk)).order_by("-pk"))


def last_event(entry: Entry) -> int:
    """The number of the last change of an entry. One query."""
    event: Any = apps.get_model("files", "EntryEvent")
    found: int = event.objects.filter(pgh_obj_id=entry.pk).order_by("-pgh_id").values_list("pgh_id", flat=True)[0]
    return found


def _moment(event: Any) -> datetime:
    return parse_datetime(str(event.pgh_context.metadata.get("at", ""))) or event.pgh_created_at


def _in_order(group: str, names: Collection[str]) -> list[str]:
    """Fields of a group in the order of its form; what it once had and has no longer, last."""
    order = [field.name for field in SPECS[Group(group)].fields]
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


ENTRY_FIELDS = ("from_on", "to_on", "end_paper")


def histories(found: Iterable[Entry]) -> dict[int, list[Version]]:
    """How each of these entries came to say what it says, the first first. One query."""
    event: Any = apps.get_model("files", "EntryEvent")
    events = event.objects.filter(pgh_obj_id__in=[entry.pk for entry in found]).select_related("pgh_context")
    told: dict[int, list[Version]] = defaultdict(list)
    before: dict[int, Any] = {}
    for each in events.order_by("pgh_id"):
        was = before.get(each.pgh_obj_id)
        if was is not None and was.person_id != each.person_id:  # its record went into another one, or came back
            before[each.pgh_obj_id] = each
            continue
        pairs = [
            (name, was.said.get(name, "") if was else "", each.said.get(name, ""))
            for name in _in_order(each.group, {*(was.said if was else {}), *each.said})
        ]
        pairs += [(name, getattr(was, name) if was else None, getattr(each, name)) for name in ENTRY_FIELDS]
        act = "recorded"
        if was is not None:
            act = "ended" if was.to_on is None and each.to_on and was.said == each.said else "corrected"
            act = "struck" if each.struck_because and not was.struck_because else act
        told[each.pgh_obj_id].append(
            Version(
                at=_moment(each),
                act=act,
                by=each.pgh_context.metadata.get("user"),
                pairs=tuple((name, old, new) for name, old, new in pairs if (old or None) != (new or None)),
                source=each.source if act in ("recorded", "corrected") else "",
                paper=each.paper if act in ("recorded", "corrected") else "",
                paper_on=each.paper_on if act in ("recorded", "corrected") else None,
                reason=each.struck_because if act == "struck" else "",
            )
        )
        before[each.pgh_obj_id] = each
    return told


def rests_said(told: Mapping[str, Any]) -> str:
    """The case a fact rests on, its decision and its papers, in the language of the reader."""
    case = _("%(procedure)s, case %(number)s") % {"procedure": said(told["procedure"]), "number": told["case"]}
    parts = [case, *filter(None, [told.get("decision", "")])]
    for paper in told.get("papers", ()):
        named = f"{said(paper['name'])} {paper['number']}".strip()
        on = date.fromisoformat(paper["on"]) if paper["on"] else None
        parts.append(_("%(paper)s of %(day)s") % {"paper": named, "day": day(on)} if on else named)
    return "; ".join(parts)


def _paper(basis: Basis) -> str:
    return rests_said(basis.rests_on) if basis.rests_on else basis.paper


def fact_histories(person: Person, cases: QuerySet[Case] | None = None) -> dict[str, list[Version]]:
    """How each fact of a person came to be known, the first first: by which load, act, or of `cases`. Three queries."""
    event: Any = apps.get_model("members", "PersonEvent")
    events = list(event.objects.filter(pgh_obj_id=person.pk).select_related("pgh_context").order_by("pgh_id"))
    ended: Any = apps.get_model("procedures", "CaseEvent").objects.filter(pgh_context_id=OuterRef("context"))
    ended = ended.filter(
        status=Case.Status.ENDED, pgh_obj_id__in=(Case.objects.none() if cases is None else cases).values("pk")
    )
    based = Basis.objects.filter(person=person).annotate(case=Subquery(ended.values("pgh_obj_id")[:1]))
    bases = {(each.context, each.fact): each for each in based.order_by("pk")}
    loaded = {each.pgh_context_id for each in events if each.pgh_context.metadata.get("action") == "exchange.loaded"}
    loads = dict(Load.objects.filter(context__in=loaded).order_by("pk").values_list("context", "file_name"))
    told: dict[str, list[Version]] = defaultdict(list)
    was: Any = None
    for each in events:
        for fact in FACTS:
            old, new = (getattr(was, fact) if was else None), getattr(each, fact)
            if (old or None) == (new or None):
                continue
            basis = bases.get((each.pgh_context_id, fact))
            is_load = each.pgh_context_id in loaded
            told[fact].append(
                Version(
                    at=_moment(each),
                    act="recorded" if not old else "corrected",
                    by=each.pgh_context.metadata.get("user"),
                    pairs=((fact, old, new),),
                    source=basis.source if basis else Source.LOAD if is_load else "",
                    paper=_paper(basis) if basis else loads.get(each.pgh_context_id, ""),
                    paper_on=basis.paper_on if basis else None,
                    case=basis.case if basis else None,
                )
            )
        was = each
    return told
