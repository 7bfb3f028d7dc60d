"""The parts of the complete copy beside the file itself: what each app records of a member, told to the member.

What speaks of other people, or follows from what is here, is left out; a test names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.admissions.models import Certificate, Source
from chibo.admissions.models import State as Listed
from chibo.committees.queries import charges_of_person
from chibo.core.formats import count, day, moment, period_name
from chibo.core.periods import Period
from chibo.files.groups import Group
from chibo.files.models import CopyForm
from chibo.files.queries import copies_of, openings_of
from chibo.lifecycle.models import Abroad
from chibo.meetings.models import Attendance, Guest, State
from chibo.members.models import (
    Badge,
    Departure,
    Exemption,
    Membership,
    Person,
    Post,
    Reason,
    Suspension,
    Transfer,
    TransferKind,
    Way,
)  # fmt: skip
from chibo.modes.models import GroupMember
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.procedures import queries as cases
from chibo.procedures import saying
from chibo.registers.models import DuesRule, Paid, PayerSpell, Payment, Relief
from chibo.registers.owing import percent_of, told
from chibo.resolutions.queries import tasks_of

Plain = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of the copy beside the file itself: its records by names of fields, how it is headed, how a row reads."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[Plain, Sequence[str]]]  # for other programs; to read


def parts(person: Person) -> list[Part]:
    """Everything recorded of someone beside their file, in its order; a part takes one query, few of them two."""
    return [
        _sources(person), _certificates(person), _memberships(person), _transfers(person), _abroad(person),
        _exemptions(person), _suspensions(person), _badges(person), _departures(person), _posts(person),
        _charges(person), _groups(person), _attendance(person), _tasks(person), *_dues(person), _cases(person),
        _openings(person), _copies(person),
    ]  # fmt: skip


def _until(on: date | None) -> str:
    return day(on) if on else "–"


def _by(*decisions: str) -> str:
    return "; ".join(filter(None, decisions)) or "–"


def _why(state: Any, reason: str) -> str:
    return ": ".join(filter(None, [str(state), reason]))


def _month(month: date | None) -> str:
    return period_name(Period.month_of(month)) if month else "–"


def unit_said(unit: Unit) -> str:
    """A unit by name and code."""
    return f"{unit.name} ({unit.code})"


def _memberships(person: Person) -> Part:
    found = Membership.objects.filter(person=person).select_related("cell").order_by("joined_on", "pk")
    rows = [
        (
            {
                "cell": each.cell.code, "decided_on": each.decided_on, "decision": each.decision,
                "joined_on": each.joined_on, "official_on": each.official_on,
                "official_decision": each.official_decision, "exempt_from": each.exempt_from,
                "exempt_decision": each.exempt_decision,
            },
            [
                unit_said(each.cell), _until(each.decided_on), day(each.joined_on), _until(each.official_on),
                _until(each.exempt_from), _by(each.decision, each.official_decision, each.exempt_decision),
            ],
        )
        for each in found
    ]  # fmt: skip
    heads = [
        _("Cell joined"), _("Admission decided on"), _("Joined on"), _("Official on"),
        _("Exempt from meetings since"), _("Decision"),
    ]  # fmt: skip
    return Part("memberships", _("Membership"), heads, rows)


def _transfers(person: Person) -> Part:
    found = Transfer.objects.filter(membership__person=person).select_related("to_cell").order_by("on", "pk")
    rows = [
        (
            {
                "to_cell": each.to_cell.code, "on": each.on, "kind": each.kind, "until": each.until,
                "ended_on": each.ended_on, "decision": each.decision,
            },
            [
                unit_said(each.to_cell), day(each.on), str(TransferKind(each.kind).label),
                _until(each.ended_on or each.until), _by(each.decision),
            ],
        )
        for each in found
    ]  # fmt: skip
    return Part("transfers", _("Transfers"), [_("Cell"), _("Day"), _("Kind"), _("To"), _("Decision")], rows)


def _abroad(person: Person) -> Part:
    rows = [
        (
            {"country": each.country, "from_on": each.from_on, "to_on": each.to_on, "until": each.until},
            [each.country, day(each.from_on), _until(each.to_on or each.until)],
        )
        for each in Abroad.objects.filter(membership__person=person).order_by("from_on", "pk")
    ]
    return Part("abroad", _("Abroad"), [_("Country"), _("From"), _("To")], rows)


def _exemptions(person: Person) -> Part:
    found = Exemption.objects.filter(membership__person=person).order_by("from_on", "pk")
    rows = [
        (
            {
                "from_on": each.from_on, "to_on": each.to_on, "decision": each.decision,
                "end_decision": each.end_decision,
            },
            [day(each.from_on), day(each.to_on), _by(each.decision, each.end_decision)],
        )
        for each in found
    ]  # fmt: skip
    return Part("exemptions", _("Exempt from meetings"), [_("From"), _("To"), _("Decision")], rows)


def _suspensions(person: Person) -> Part:
    found = Suspension.objects.filter(membership__person=person).order_by("from_on", "pk")
    rows = [
        (
            {
                "from_on": each.from_on, "to_on": each.to_on, "taken_off_the_party_age": each.is_taken_off,
                "decision": each.decision, "end_decision": each.end_decision,
            },
            [day(each.from_on), _until(each.to_on), _by(each.decision, each.end_decision)],
        )
        for each in found
    ]  # fmt: skip
    return Part("suspensions", _("Activities in the Party suspended"), [_("From"), _("To"), _("Decision")], rows)


def _badges(person: Person) -> Part:
    rows = [
        (
            {
                "years": each.years, "awarded_on": each.awarded_on, "decided_on": each.decided_on,
                "number": each.number, "way": each.way, "decision": each.decision,
            },
            [count(each.years), day(each.awarded_on), str(Way(each.way).label), each.number or "–", _by(each.decision)],
        )
        for each in Badge.objects.filter(person=person).order_by("awarded_on", "years")
    ]  # fmt: skip
    heads = [_("Badge, years"), _("Awarded on"), _("How"), _("Number of the badge"), _("Decision")]
    return Part("badges", _("Badges"), heads, rows)


def _sources(person: Person) -> Part:
    rows = [
        (
            {
                "state": each.state, "introduced_by": each.introduced_by, "from_on": each.from_on,
                "sympathiser_on": each.sympathiser_on, "applied_on": each.applied_on, "to_on": each.to_on,
                "decision": each.decision, "reason": each.reason,
            },
            [day(each.from_on), _until(each.to_on), _why(Listed(each.state).label, each.reason)],
        )
        for each in Source.objects.filter(person=person).order_by("from_on", "pk")
    ]  # fmt: skip
    return Part("sources", _("Lists of sources"), [_("From"), _("To"), _("How it stands")], rows)


def _certificates(person: Person) -> Part:
    rows = [
        (
            {"number": each.number, "issued_on": each.issued_on, "class_at": each.class_at},
            [each.number, day(each.issued_on), each.class_at or "–"],
        )
        for each in Certificate.objects.filter(person=person).order_by("issued_on", "pk")
    ]
    heads = [_("Number of the certificate"), _("Issued on"), _("Class at")]
    return Part("certificates", _("Certificates"), heads, rows)


def _dues(person: Person) -> list[Part]:
    """As which payer, what was taken off, what was noted month by month."""
    names = {rule.code: told(rule.name) for rule in DuesRule.objects.order_by("from_on", "pk")}
    payers = [
        ({"rule": each.rule, "from_month": each.from_month}, [names.get(each.rule, each.rule), _month(each.from_month)])
        for each in PayerSpell.objects.filter(person=person).order_by("from_month")
    ]
    reliefs = [
        (
            {
                "rule": each.rule, "percent": percent_of(each.percent), "from_month": each.from_month,
                "to_month": each.to_month, "decision": each.decision,
            },
            [names.get(each.rule, each.rule), _month(each.from_month), _month(each.to_month), _by(each.decision)],
        )
        for each in Relief.objects.filter(person=person).order_by("from_month")
    ]  # fmt: skip
    payments = [
        (
            {
                "month": each.month, "cell": each.cell.code, "state": each.state, "amount": each.amount,
                "reason": each.reason, "paid_on": each.paid_on,
            },
            [
                _month(each.month), unit_said(each.cell), _why(Paid(each.state).label, each.reason),
                count(each.amount) if each.amount is not None else "–",
            ],
        )
        for each in Payment.objects.filter(person=person).select_related("cell").order_by("month")
    ]  # fmt: skip
    return [
        Part("payer", _("Pays of"), [_("Pays of"), _("From")], payers),
        Part("reliefs", _("Reliefs"), [_("Relief"), _("From"), _("To"), _("Decision")], reliefs),
        Part("dues", _("Dues"), [_("Month"), _("Cell"), _("Dues"), _("Amount, đồng")], payments),
    ]


def _cases(person: Person) -> Part:
    """Cases about someone, as their own page shows them."""
    found = list(cases.all_rows(cases.about(person.user)))[::-1]
    versions = cases.versions({each.version_id for each in found})
    rows = [
        (
            {
                "procedure": versions[each.version_id].procedure.code, "unit": each.unit_code,
                "begun_on": each.begun_on, "ended_on": each.ended_on, "status": each.status, "result": each.result,
            },
            [
                str(versions[each.version_id]), f"{each.unit_name} ({each.unit_code})", day(each.begun_on),
                saying.standing(versions[each.version_id].flow, each.status, each.result, each.step),
            ],
        )
        for each in found
    ]  # fmt: skip
    return Part("cases", _("Cases"), [_("Procedure"), _("Unit"), _("Begun"), _("How it stands")], rows)


def _departures(person: Person) -> Part:
    found = Departure.objects.filter(membership__person=person).order_by("on", "pk")
    rows = [
        (
            {"on": each.on, "reason": each.reason, "decision": each.decision},
            [day(each.on), str(Reason(each.reason).label), _by(each.decision)],
        )
        for each in found
    ]
    return Part("departures", _("Departures"), [_("Day"), _("Reason for leaving"), _("Decision")], rows)


def _posts(person: Person) -> Part:
    found = Post.objects.filter(person=person).select_related("unit").order_by("from_on", "pk")
    rows = [
        (
            {
                "post": each.post, "place": each.place, "unit": each.unit.code, "from_on": each.from_on,
                "to_on": each.to_on, "decision": each.decision, "end_decision": each.end_decision,
            },
            [
                each.title, unit_said(each.unit), day(each.from_on), _until(each.to_on),
                _by(each.decision, each.end_decision),
            ],
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
                [unit_said(over) if over else _("a member and their family"), day(each.from_on), _until(each.to_on)],
            )
        )
    return Part("charges", _("Looks after"), [_("Whom"), _("From"), _("To")], rows)


def _groups(person: Person) -> Part:
    found = GroupMember.objects.filter(person=person).select_related("group__unit").order_by("from_on", "pk")
    rows: list[tuple[Plain, Sequence[str]]] = []
    for each in found:
        plain = {"cell": each.group.unit.code, "group": each.group.name, "is_leader": each.is_leader}
        told = [each.group.name, unit_said(each.group.unit), day(each.from_on), _until(each.to_on)]
        rows.append((plain | {"from_on": each.from_on, "to_on": each.to_on}, told))
    return Part("party_groups", _("Party groups"), [_("Name"), _("Cell"), _("From"), _("To")], rows)


def _attendance(person: Person) -> Part:
    of = Attendance.objects.filter(person=person, meeting__withdrawal=None).select_related("meeting__unit")
    rows = [
        (
            {
                "meeting": each.meeting.code, "unit": each.meeting.unit.code, "held_on": each.meeting.held_on,
                "kind": each.meeting.kind, "state": each.state, "reason": each.reason, "spoke": each.spoke,
            },
            [
                day(each.meeting.held_on), str(each.meeting.get_kind_display()), unit_said(each.meeting.unit),
                _why(State(each.state).label, each.reason),
            ],
        )
        for each in of.order_by("meeting__held_on", "meeting_id")
    ]  # fmt: skip
    came = Guest.objects.filter(person=person, meeting__withdrawal=None).select_related("meeting__unit")
    rows += [
        (
            {
                "meeting": each.meeting.code, "unit": each.meeting.unit.code, "held_on": each.meeting.held_on,
                "kind": each.meeting.kind, "state": "guest", "reason": "", "spoke": False,
            },
            [
                day(each.meeting.held_on), str(each.meeting.get_kind_display()), unit_said(each.meeting.unit),
                _("in charge of the cell"),
            ],
        )
        for each in came.order_by("meeting__held_on", "meeting_id")
    ]  # fmt: skip
    return Part("attendance", _("Meetings"), [_("Held on"), _("Kind"), _("Unit"), _("Attendance")], rows)


def _tasks(person: Person) -> Part:
    rows = [
        (
            {
                "resolution": each.resolution.code, "unit": each.resolution.unit.code, "what": each.what,
                "measure": each.measure, "due_on": each.due_on, "state": each.state, "done_on": each.done_on,
            },
            [
                each.what, f"{each.resolution.code}, {unit_said(each.resolution.unit)}", day(each.due_on),
                str(each.get_state_display()),
            ],
        )
        for each in tasks_of(person)
    ]  # fmt: skip
    return Part("tasks", _("Tasks"), [_("What is to be done"), _("Resolution"), _("Until"), _("How far")], rows)


def _openings(person: Person) -> Part:
    rows = []
    for each in openings_of(person):
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
