"""The complete copy of what is recorded of a member, for themselves: one content, as JSON and as PDF.

Set by Typst from a template; what it says goes in as data, so that no text is ever obeyed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from chibo.committees.queries import charges_of_person
from chibo.core.components import Cell
from chibo.core.formats import day, moment
from chibo.files.groups import FACTS, SPECS, Group
from chibo.files.models import CopyForm, Entry
from chibo.files.queries import Version, copies_of, fact_histories, histories, openings_of
from chibo.files.sections import Item, Reader, sections
from chibo.meetings.models import Attendance, State
from chibo.members.models import Departure, Membership, Person, Post, Reason, Transfer, TransferKind
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import Scope
from chibo.reports.pdf import fonts, shaped
from chibo.reports.printing import plain

TEMPLATE = Path(__file__).parent / "templates" / "portal" / "own_copy.typ"
Plain = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of the copy beside the file itself: its records by names of fields, how it is headed, how a row reads."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[Plain, Sequence[str]]]  # for other programs; to read


def parts(person: Person) -> list[Part]:
    """Everything recorded of someone beside their file: memberships, posts, meetings, who looked. Nine queries."""
    return [
        _memberships(person), _transfers(person), _departures(person), _posts(person), _charges(person),
        _attendance(person), _openings(person), _copies(person),
    ]  # fmt: skip


def _until(on: date | None) -> str:
    return day(on) if on else "–"


def _unit(unit: Unit) -> str:
    return f"{unit.name} ({unit.code})"


def _memberships(person: Person) -> Part:
    found = Membership.objects.filter(person=person).select_related("cell").order_by("joined_on", "pk")
    rows = [
        (
            {
                "cell": each.cell.code, "joined_on": each.joined_on, "official_on": each.official_on,
                "exempt_from": each.exempt_from,
            },
            [_unit(each.cell), day(each.joined_on), _until(each.official_on), _until(each.exempt_from)],
        )
        for each in found
    ]  # fmt: skip
    heads = [_("Cell joined"), _("Joined on"), _("Official on"), _("Exempt from meetings since")]
    return Part("memberships", _("Membership"), heads, rows)


def _transfers(person: Person) -> Part:
    found = Transfer.objects.filter(membership__person=person).select_related("to_cell").order_by("on", "pk")
    rows = [
        (
            {"to_cell": each.to_cell.code, "on": each.on, "kind": each.kind},
            [_unit(each.to_cell), day(each.on), str(TransferKind(each.kind).label)],
        )
        for each in found
    ]
    return Part("transfers", _("Transfers"), [_("Cell"), _("Day"), _("Kind")], rows)


def _departures(person: Person) -> Part:
    found = Departure.objects.filter(membership__person=person).order_by("on", "pk")
    rows = [({"on": each.on, "reason": each.reason}, [day(each.on), str(Reason(each.reason).label)]) for each in found]
    return Part("departures", _("Departures"), [_("Day"), _("Reason for leaving")], rows)


def _posts(person: Person) -> Part:
    found = Post.objects.filter(person=person).select_related("unit").order_by("from_on", "pk")
    rows = [
        (
            {
                "post": each.post, "place": each.place, "unit": each.unit.code, "from_on": each.from_on,
                "to_on": each.to_on, "decision": each.decision, "end_decision": each.end_decision,
            },
            [each.title, _unit(each.unit), day(each.from_on), _until(each.to_on), each.decision or "–"],
        )
        for each in found
    ]  # fmt: skip
    return Part("posts", _("Posts"), [_("Post"), _("Unit"), _("From"), _("To"), _("Decision")], rows)


def _charges(person: Person) -> Part:
    rows: list[tuple[Plain, Sequence[str]]] = []
    for each in charges_of_person(person, date.max):
        over = each.over_unit
        rows.append(
            (
                {"over_unit": over.code if over else None, "from_on": each.from_on, "to_on": each.to_on},
                [_unit(over) if over else _("a member and their family"), day(each.from_on), _until(each.to_on)],
            )
        )
    return Part("charges", _("Looks after"), [_("Whom"), _("From"), _("To")], rows)


def _attendance(person: Person) -> Part:
    of = Attendance.objects.filter(person=person, meeting__withdrawal=None).select_related("meeting__unit")
    rows = [
        (
            {
                "meeting": each.meeting.code, "unit": each.meeting.unit.code, "held_on": each.meeting.held_on,
                "kind": each.meeting.kind, "state": each.state, "reason": each.reason,
            },
            [
                day(each.meeting.held_on), str(each.meeting.get_kind_display()), _unit(each.meeting.unit),
                ": ".join(filter(None, [str(State(each.state).label), each.reason])),
            ],
        )
        for each in of.order_by("meeting__held_on", "meeting_id")
    ]  # fmt: skip
    return Part("attendance", _("Meetings"), [_("Held on"), _("Kind"), _("Unit"), _("Attendance")], rows)


def _openings(person: Person) -> Part:
    rows = []
    for each in openings_of(person, None):
        role = str(RoleCode(each.role).label) if each.role in RoleCode.values else each.role
        rows.append(
            (
                {
                    "at": each.at, "group": each.group, "by": str(each.by), "role": each.role, "unit": each.unit.code,
                    "reason": each.reason,
                },
                [moment(each.at), str(Group(each.group).label), f"{each.by}, {role}, {each.unit.name}", each.reason],
            )
        )  # fmt: skip
    return Part("openings", _("Who looked"), [_("When"), _("What was opened"), _("By"), _("Why")], rows)


def _copies(person: Person) -> Part:
    rows = [
        ({"at": each.at, "form": each.form, "sha256": each.sha256}, [moment(each.at), str(CopyForm(each.form).label)])
        for each in copies_of(person)
    ]
    return Part("copies", _("Copies taken before"), [_("When"), _("Kind")], rows)


# For other programs


def as_json(person: Person, at: datetime) -> bytes:
    """Everything recorded of someone, for other programs."""
    found = list(Entry.objects.filter(person=person).order_by("group", "from_on", "pk"))
    past, facts = histories(found), fact_histories(person)
    said: Plain = {
        "made": at,
        "member": {"code": person.code}
        | {
            name: {"value": getattr(person, name), "history": _versions(facts.get(name, []), fact=True)}
            for name in FACTS
        },
        "file": [
            {
                "group": each.group, "said": each.said, "from_on": each.from_on, "to_on": each.to_on,
                "source": each.source, "paper": each.paper, "paper_on": each.paper_on, "end_paper": each.end_paper,
                "taken_out_because": each.struck_because, "history": _versions(past.get(each.pk, [])),
            }
            for each in found
        ],
    }  # fmt: skip
    for part in parts(person):
        said[part.name] = [record for record, _row in part.rows]
    return (json.dumps(said, ensure_ascii=False, indent=1, default=_iso) + "\n").encode()


def _iso(value: date | datetime) -> str:
    return value.isoformat()


def _versions(versions: Iterable[Version], fact: bool = False) -> list[Plain]:
    return [
        {
            "at": each.at, "act": each.act, "source": each.source, "paper": each.paper, "paper_on": each.paper_on,
            "changes": [
                {"before": before, "after": after} | ({} if fact else {"field": name})
                for name, before, after in each.pairs
            ],
        } | ({"reason": each.reason} if each.reason else {})
        for each in versions
    ]  # fmt: skip


# To read and print


def as_pdf(person: Person, user: Any, scope: Scope, at: datetime) -> bytes:
    """Everything recorded of someone, as a PDF document in the language of the page."""
    import typst

    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"copy": shaped(json.dumps(printed(person, user, scope, at), ensure_ascii=False))},
        timestamp=at.astimezone(UTC),
    )
    return bytes(made)


def printed(person: Person, user: Any, scope: Scope, at: datetime) -> Plain:
    """Everything the printed copy says, as plain values."""

    def cell(unit: Unit) -> Cell:
        return Cell(text=_unit(unit))

    reader = Reader(user=user, scope=scope, cell=cell)
    found = sections(person, reader, list(Group), [group for group in Group if group != Group.POSTS])
    groups = [
        {
            "title": plain(each.label),
            "items": [_item(item) for item in [*each.facts, *each.items]],
        }
        for each in found
        if not each.is_empty
    ]
    struck = Entry.objects.filter(person=person).exclude(struck_because="").order_by("pk")
    out = [_struck(each) for each in struck]
    return {
        "lang": (get_language() or "en").split("-")[0],
        "title": _("Complete copy of the file"),
        "name": plain(person.full_name),
        "code": plain(person.code),
        "made": plain(moment(at)),
        "groups": [*groups, *([{"title": _("Taken out of the file"), "items": out}] if out else [])],
        "parts": [
            {
                "title": plain(part.title),
                "heads": [plain(head) for head in part.heads],
                "rows": [[plain(text) for text in row] for _record, row in part.rows],
            }
            for part in parts(person)
            if part.rows
        ],
        "words": {"page": _("Page"), "of": pgettext("page of pages", "of"), "made": _("Made")},
    }


def _item(item: Item) -> Plain:
    lines = [f"{plain(term)}: {plain(text)}" for term, text in item.lines]
    if item.source:
        lines.append(f"{pgettext('of an entry', 'Source')}: {plain(item.source)}")
    title = f"{plain(item.term)}: {plain(item.title)}" if item.term else plain(item.title)
    if not title:
        title, lines = lines[0], lines[1:]
    past = [plain(" · ".join([str(each.at), str(each.what), *map(str, each.notes)])) for each in item.past]
    return {"title": title, "days": plain(item.days), "lines": lines, "past": past}


def _struck(entry: Entry) -> Plain:
    labels = {field.name: field.label for field in SPECS[Group(entry.group)].fields}
    lines = [f"{plain(labels.get(name, name))}: {plain(text)}" for name, text in entry.said.items()]
    because = plain(_("because: %(reason)s") % {"reason": entry.struck_because})
    return {"title": plain(Group(entry.group).label), "days": "", "lines": [*lines, because], "past": []}


MADE: dict[str, tuple[str, Callable[..., bytes]]] = {
    CopyForm.JSON: ("application/json", lambda person, user, scope, at: as_json(person, at)),
    CopyForm.PDF: ("application/pdf", as_pdf),
}
