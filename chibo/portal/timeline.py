"""The life of a member as one list, newest first: admission, transfers, posts, attendance, corrections, departure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import ExtractYear
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.committees.models import Charge
from chibo.core.components import Cell, Text
from chibo.core.formats import count, day, percent
from chibo.core.together import together
from chibo.exchange.models import Load
from chibo.files.groups import Group
from chibo.files.models import Entry as FileEntry
from chibo.files.queries import entries as entries_of_file
from chibo.files.sections import days_of, title_of
from chibo.meetings.models import SCORED, Attendance, State
from chibo.members.models import (
    Badge,
    Exemption,
    Person,
    Post,
    Reason,
    Sex,
    Stay,
    Suspension,
    Transfer,
    TransferKind,
)  # fmt: skip
from chibo.members.models import Way as BadgeWay
from chibo.organizations.held_roles import makers
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

UnitCell = Callable[[Unit], Cell]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened: when, what, where, and a note below. `when` stands for the day where it is no day."""

    on: date
    title: Text
    where: Cell | None = None
    note: Text = ""
    when: Text = ""
    kind: str = "act"  # act, post, sum, correction: how it is marked


class Year(NamedTuple):
    """How often someone was present at the regular and thematic meetings of a year."""

    year: int
    present: int
    all: int

    @property
    def said(self) -> str:
        words = _("Present at %(n)s of %(m)s meetings, %(share)s")
        share = percent(Fraction(self.present, self.all), 0)
        return words % {"n": count(self.present), "m": count(self.all), "share": share}


def attendance_by_year(person: Person) -> list[Year]:
    """The years with meetings that count, the newest first. One query."""
    of = Attendance.objects.filter(person=person, meeting__withdrawal=None, meeting__kind__in=SCORED)
    years = of.values(year=ExtractYear("meeting__month")).order_by("-year")
    present = Count("pk", filter=Q(state=State.PRESENT))
    return [Year(*each) for each in years.annotate(n=present, m=Count("pk")).values_list("year", "n", "m")]


def attended(person: Person, first: date, last: date) -> list[Attendance]:
    """At which meetings held in a span of days someone was noted, the newest first. One query."""
    of = Attendance.objects.filter(person=person, meeting__withdrawal=None, meeting__held_on__range=(first, last))
    return list(of.select_related("meeting__unit").order_by("-meeting__held_on", "-meeting_id"))


class Kept(NamedTuple):
    """What is kept of someone beside their stays, each with its unit, the first first."""

    transfers: list[Transfer]
    exemptions: list[Exemption]
    suspensions: list[Suspension]
    badges: list[Badge]
    posts: list[Post]
    file: list[FileEntry]


def kept_of(person: Person) -> Kept:
    """What is kept of a person for their timeline. Two queries."""
    kept = Kept(
        **together(
            {
                "transfers": Transfer.objects.filter(membership__person=person).order_by("on", "pk"),
                "exemptions": Exemption.objects.filter(membership__person=person).order_by("from_on", "pk"),
                "suspensions": Suspension.objects.filter(membership__person=person).order_by("from_on", "pk"),
                "badges": Badge.objects.filter(person=person).order_by("awarded_on", "years"),
                "posts": Post.objects.filter(person=person).order_by("from_on", "pk"),
                "file": entries_of_file(person),
            }
        )
    )
    units = Unit.objects.in_bulk({each.to_cell_id for each in kept.transfers} | {each.unit_id for each in kept.posts})
    for transfer in kept.transfers:
        transfer.to_cell = units[transfer.to_cell_id]
    for post in kept.posts:
        post.unit = units[post.unit_id]
    return kept


def timeline(
    stays: list[Stay], kept: Kept, years: Iterable[Year], charges: Iterable[Charge], cell: UnitCell, today: date
) -> list[Entry]:
    """What is known of someone's life in the Party until today, the newest first."""
    found = [entry for _pk, own in groupby(stays, lambda stay: stay.membership_id) for entry in _spell(list(own), cell)]
    for each in kept.transfers:
        title = (
            _("Transferred officially to another cell")
            if each.kind == TransferKind.OFFICIAL
            else _("Transferred for a time to another cell")
        )
        found.append(Entry(on=each.on, title=title, where=cell(each.to_cell), note=_of_transfer(each)))
    found += _for_a_time(kept)
    for post in kept.posts:
        span = {"first": day(post.from_on), "last": day(post.to_on) if post.to_on else ""}
        note = _("%(first)s to %(last)s") % span if post.to_on else _("since %(first)s") % span
        by = "; ".join(filter(None, [post.decision, post.end_decision]))
        note = f"{note} ({by})" if by else note
        found.append(Entry(on=post.from_on, title=post.title, where=cell(post.unit), note=note, kind="post"))
    found += [_charge(charge, cell) for charge in charges]
    found += [
        Entry(on=each.from_on, title=title_of(each), note=f"{Group(each.group).label}, {days_of(each)}", kind="post")
        for each in kept.file
        if each.from_on
    ]
    found += [
        Entry(on=min(date(y.year, 12, 31), today), when=str(y.year), title=y.said, kind="sum") for y in years if y.all
    ]
    return newest_first([entry for entry in found if entry.on <= today or entry.kind == "sum"])


def _spell(stays: list[Stay], cell: UnitCell) -> Iterable[Entry]:
    """How a spell of membership began, went on and ended; by the stays of it."""
    spell = stays[0].membership
    admitted = _("Admitted to the Party") if spell.number == 1 else _("Admitted to the Party again")
    yield Entry(on=spell.joined_on, title=admitted, where=cell(stays[0].cell), note=spell.decision)
    if spell.official_on:
        yield Entry(on=spell.official_on, title=_("Became an official member"), note=spell.official_decision)
    if spell.exempt_from:
        yield Entry(on=spell.exempt_from, title=_("Exempt from meetings since then"), note=spell.exempt_decision)
    departure = getattr(spell, "departure", None)
    if departure:
        words = _("No longer a member: %(reason)s") % {"reason": Reason(departure.reason).label}
        yield Entry(on=departure.on, title=words, where=cell(stays[-1].cell), note=departure.decision)


def _of_transfer(transfer: Transfer) -> str:
    """Until when a temporary transfer lasted or is to last, and by which decision."""
    ends = _("ended on %(day)s") % {"day": day(transfer.ended_on)} if transfer.ended_on else ""
    if transfer.until and not ends:
        ends = _("expected to end on %(day)s") % {"day": day(transfer.until)}
    return "; ".join(filter(None, [ends, transfer.decision]))


def _for_a_time(kept: Kept) -> Iterable[Entry]:
    """When someone was exempt or suspended for a time, and which badges they were awarded."""
    for over in kept.exemptions:
        yield Entry(on=over.from_on, title=_("Exempt from meetings"), note=_span(over))
    for each in kept.suspensions:
        yield Entry(on=each.from_on, title=_("Activities in the Party suspended"), note=_span(each))
    for badge in kept.badges:
        number = _("number %(number)s") % {"number": badge.number} if badge.number else ""
        way = "" if badge.way == BadgeWay.IN_TIME else str(badge.get_way_display())
        note = "; ".join(filter(None, [way, number, badge.decision]))
        title = _("Badge of %(years)s years of Party membership") % {"years": badge.years}
        yield Entry(on=badge.awarded_on, title=title, note=note)


def _span(of: Exemption | Suspension) -> str:
    """From when to when, by which decisions."""
    span = {"first": day(of.from_on), "last": day(of.to_on) if of.to_on else ""}
    note = _("%(first)s to %(last)s") % span if of.to_on else _("since %(first)s") % span
    by = "; ".join(filter(None, [of.decision, of.end_decision]))
    return f"{note} ({by})" if by else note


def _charge(charge: Charge, cell: UnitCell) -> Entry:
    """Whom someone was put in charge of by a committee; a member they look after is not named."""
    span = {"first": day(charge.from_on), "last": day(charge.to_on) if charge.to_on else ""}
    note = _("%(first)s to %(last)s") % span if charge.to_on else _("since %(first)s") % span
    if charge.over_unit is not None:
        title = _("In charge of a unit")
        return Entry(on=charge.from_on, title=title, where=cell(charge.over_unit), note=note, kind="post")
    title = _("In charge of a member and their family")
    return Entry(on=charge.from_on, title=title, where=cell(charge.unit), note=note, kind="post")


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """In the order they are read; of one day what was said first stands last."""
    return sorted(entries, key=lambda entry: entry.on)[::-1]


# Corrections

EVENTS = " union all ".join(
    f"select '{name}', e.pgh_obj_id, e.pgh_label, c.metadata, to_jsonb(e), e.pgh_created_at, e.pgh_id"
    f" from members_{name}event e join pghistory_context c on c.id = e.pgh_context_id where e.{key}"
    for name, key in (
        ("person", "pgh_obj_id = %(person)s"),
        ("membership", "person_id = %(person)s"),
        ("transfer", "membership_id = any(%(memberships)s)"),
        ("departure", "membership_id = any(%(memberships)s)"),
    )
)


class _Event(NamedTuple):
    of: str
    pk: int
    label: str
    metadata: dict[str, Any]
    now: dict[str, Any]


def _labels() -> dict[tuple[str, str], str]:
    """What the fields of a record are called."""
    return {
        ("person", "code"): _("Member code"),
        ("person", "full_name"): _("Name"),
        ("person", "sex"): _("Sex"),
        ("person", "born_on"): _("Born on"),
        ("person", "ethnicity"): _("Ethnicity"),
        ("person", "religion"): _("Religion"),
        ("person", "occupation"): _("Occupation"),
        ("person", "education"): _("Education"),
        ("person", "theory"): _("Political theory"),
        ("membership", "cell_id"): _("Cell joined"),
        ("membership", "decided_on"): _("Admission decided on"),
        ("membership", "joined_on"): _("Joined on"),
        ("membership", "official_on"): _("Official on"),
        ("membership", "exempt_from"): _("Exempt from meetings since"),
        ("transfer", "to_cell_id"): _("Cell of a transfer"),
        ("transfer", "on"): _("Day of a transfer"),
        ("transfer", "kind"): _("Kind of a transfer"),
        ("departure", "on"): _("Day of leaving"),
        ("departure", "reason"): _("Reason for leaving"),
    }


def corrections(person: Person, stays: Iterable[Stay], cell: UnitCell, scope: Scope | None, reader: Any) -> list[Entry]:
    """What was corrected in the record: from what to what, when, by whom; names of makers only of users in scope.

    Without a scope nobody is named. Four queries at most.
    """
    memberships = sorted({stay.membership_id for stay in stays})
    with connection.cursor() as cursor:
        cursor.execute(f"{EVENTS} order by 6, 1, 7", {"person": person.pk, "memberships": memberships})
        rows = cursor.fetchall()
    events = [_Event(of, pk, label, json.loads(said), json.loads(now)) for of, pk, label, said, now, *_order in rows]
    changed = list(_changed(events))
    if not changed:
        return []
    unit_ids = {each for *_rest, pair in changed for label, *pk in pair if label[1].endswith("cell_id") for each in pk}
    units = Unit.objects.in_bulk([pk for pk in unit_ids if pk]) if unit_ids else {}
    made_by = _makers(changed, scope, reader) if scope is not None else {}
    labels = _labels()

    def said(label: tuple[str, str], value: Any) -> str:
        if value in (None, ""):
            return _("not known")
        if label[1].endswith("cell_id"):
            return str(cell(units[value]).text)
        if label[1] in ("on", "decided_on", "joined_on", "born_on", "official_on", "exempt_from"):
            return day(date.fromisoformat(value))
        choices: dict[tuple[str, str], Any] = {
            ("person", "sex"): Sex,
            ("transfer", "kind"): TransferKind,
            ("departure", "reason"): Reason,
        }
        return str(choices[label](value).label) if label in choices else str(value)

    entries = []
    for event, taken_back, pairs in changed:
        notes = [
            _("%(field)s: “%(before)s” became “%(after)s”")
            % {"field": labels[label], "before": said(label, before), "after": said(label, after)}
            for label, before, after in pairs
        ]
        title = {"transfer": _("A transfer was taken back"), "departure": _("A departure was taken back")}
        at = timezone.localtime(datetime.fromisoformat(event.metadata["at"])).date()
        maker = made_by.get((event.metadata.get("user"), event.metadata["at"]), "")
        words = title[event.of] if taken_back else _("The record was corrected")
        note = "; ".join([*notes, maker] if maker else notes)
        entries.append(Entry(on=at, title=words, note=note, kind="correction"))
    return entries


def _changed(events: list[_Event]) -> Iterable[tuple[_Event, bool, list[tuple[tuple[str, str], Any, Any]]]]:
    """The events that changed or took back something that had been there, with the fields before and after."""
    before: dict[tuple[str, int], dict[str, Any]] = {}
    fields: dict[str, list[str]] = defaultdict(list)
    for of, field in _labels():
        fields[of].append(field)
    for event in events:
        known = before.get((event.of, event.pk))
        if event.label == "delete" and event.of in ("transfer", "departure"):
            yield event, True, []
        elif event.label == "update" and known is not None:
            pairs = [
                ((event.of, field), known[field], event.now[field])
                for field in fields[event.of]
                if known[field] != event.now[field]
            ]
            if pairs:
                yield event, False, pairs
        before[event.of, event.pk] = event.now


def _makers(changed: Iterable[Any], scope: Scope, reader: Any) -> dict[tuple[int | None, str], str]:
    """Who made each change, in words: a user whose work lies in scope by name, and the workbook it came with."""
    made = {(event.metadata.get("user"), event.metadata["at"], event.metadata.get("action")) for event, *_r in changed}
    users = {user for user, *_rest in made if user}
    named = makers(users, scope, reader)
    moments = [datetime.fromisoformat(at) for _user, at, action in made if action == "exchange.loaded"]
    loads: set[tuple[int | None, datetime]] = set()
    if moments:
        loads = set(Load.objects.filter(at__in=moments, outcome=Load.Outcome.DONE).values_list("by_id", "at"))
    said = {}
    for user, at, _action in made:
        who = {"who": named[user] if user else _("the administrator")}
        loaded = (user, datetime.fromisoformat(at)) in loads
        said[user, at] = (_("with a workbook loaded by %(who)s") if loaded else _("by %(who)s")) % who
    return said
