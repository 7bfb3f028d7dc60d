"""What the pages of checks show: how much each found, the records, the way to what mends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.asking import address
from chibo.core.components import Cell, Column, Table
from chibo.core.formats import count
from chibo.integrity import registry
from chibo.integrity.queries import Found, shown_of
from chibo.integrity.registry import SUBJECTS, Check, Record, Subject, Way
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

To = tuple[str | Promise, str, P, str]
# Where the act that mends is: the words of the way, the name of the page, the right it asks for, what it is about.
WAYS: dict[Way, To] = {
    Way.UNIT: (gettext_lazy("Change the unit"), "changes", P.UNIT_ACT, "unit"),
    Way.MEMBERS: (gettext_lazy("Open its members"), "unit_members", P.MEMBER_VIEW, "unit"),
    Way.MEETINGS: (gettext_lazy("Open its meetings"), "unit_meetings", P.MEETING_VIEW, "unit"),
    Way.TARGETS: (gettext_lazy("Open its targets"), "unit_targets", P.UNIT_VIEW, "unit"),
    Way.CLASSIFICATIONS: (gettext_lazy("Classify"), "unit_classifications", P.UNIT_VIEW, "unit"),
    Way.MEETING: (gettext_lazy("Correct the meeting"), "meeting_correct", P.MEETING_RECORD, "both"),
    Way.MEMBER: (gettext_lazy("Open the record"), "member", P.MEMBER_VIEW, "record"),
    Way.ALIKE: (gettext_lazy("Compare the records"), "alike", P.MEMBER_MERGE, "none"),
    Way.USER: (gettext_lazy("Open the user"), "user", P.USER_MANAGE, "record"),
    Way.SECRETARY: (gettext_lazy("Fill the post"), "appoint", P.POST_MANAGE, "unit"),
    Way.DEPUTY: (gettext_lazy("Fill the post"), "appoint", P.POST_MANAGE, "unit"),
}
# Where posts are mended, besides by a workbook.
COMMITTEE: To = (gettext_lazy("Open its committee"), "unit_committee", P.POST_VIEW, "unit")
RECORDS: dict[Record, tuple[str, P, str]] = {
    Record.UNIT: ("unit", P.UNIT_VIEW, "record"),
    Record.PERSON: ("member", P.MEMBER_VIEW, "record"),
    Record.MEETING: ("meeting", P.MEETING_VIEW, "both"),
    Record.USER: ("user", P.USER_MANAGE, "record"),
    Record.OTHER: ("unit", P.UNIT_VIEW, "unit"),
}
MARK_WORDS = {"missed": gettext_lazy("wrong:"), "near": gettext_lazy("to be looked at:")}


@dataclass(frozen=True)
class Group:
    """Checks of one subject that found nothing."""

    label: str
    checks: list[Check]


@dataclass(frozen=True)
class Line:
    """A check that found something, and how much."""

    check: Check
    url: str
    n: str
    word: str | Promise


def seen_checks(rights: Rights, unit: Unit) -> list[Check]:
    """The checks whose findings at a unit are the reader's to see."""
    return [check for check in registry.every() if rights.scope(check.right).covers(unit)]


def _way(check: Check) -> To | None:
    return WAYS.get(check.way) or (COMMITTEE if check.subject is Subject.POSTS else None)


def _url(rights: Rights, found: Found, name: str, right: P, about: str) -> str:
    if not rights.scope(right).covers(Unit(path=found.unit_path)):
        return ""
    keys = {"unit": [found.unit_id], "record": [found.pk], "both": [found.unit_id, found.pk], "none": []}[about]
    return reverse(name, args=keys)


def overview(checks: Sequence[Check], counts: dict[str, int], url: Callable[[Check], str]) -> list[Line]:
    """The checks that found something: how much, why it matters, what mends it."""
    return [
        Line(check, url(check), count(counts[check.code]), MARK_WORDS[check.mark])
        for check in checks
        if counts.get(check.code)
    ]


def clean(checks: Sequence[Check], counts: dict[str, int]) -> list[Group]:
    """The checks that found nothing, by subject."""
    groups = []
    for subject, label in SUBJECTS.items():
        of = [check for check in checks if check.subject is subject and not counts.get(check.code)]
        if of:
            groups.append(Group(str(label), of))
    return groups


def records(check: Check, rights: Rights, listed: Sequence[Found]) -> Table:
    """Records that a check found: what they are, where, what is said of them, the way to what mends them."""
    to = _way(check)
    post = check.way if check.way in (Way.SECRETARY, Way.DEPUTY) else ""
    ways = [_url(rights, found, *to[1:]) if to else "" for found in listed]
    ways = [address(way, post=post) if way else "" for way in ways]
    shown = [shown_of(check, found) for found in listed]
    is_unit = check.record is Record.UNIT and all(found.pk == found.unit_id for found in listed)
    rows = []
    for found, said, way in zip(listed, shown, ways, strict=True):
        url = _url(rights, found, *RECORDS[check.record])
        row = [Cell(text=found.label or found.code, note=found.code if found.label else "", url=url, lang="vi")]
        if not is_unit:
            unit_url = reverse("unit", args=[found.unit_id])
            row.append(Cell(text=found.unit_name, note=found.unit_code, url=unit_url, lang="vi"))
        if any(shown):
            row.append(Cell(text=said or "–"))
        if to and any(ways):
            row.append(Cell(text=to[0], url=way) if way else Cell(text="–"))
        rows.append(row)
    columns = [Column(label=_("Unit") if is_unit else _("Record"), wide=True)]
    if not is_unit:
        columns.append(Column(label=_("Unit"), wide=True))
    if any(shown):
        columns.append(Column(label=_("What was found"), wide=True))
    if any(ways):
        columns.append(Column(label=_("What mends it")))
    return Table(
        caption=check.label,
        caption_hidden=True,
        columns=columns,
        rows=rows,
        empty=_("Nothing: it was mended, or it never was wrong."),
    )


def way_to_loads(check: Check, rights: Rights) -> str:
    """Where a workbook is loaded, if that is what mends and the reader may."""
    return reverse("loads") if check.way is Way.LOADS and rights.over_all(P.ROLL_LOAD) else ""


def homes_of(rights: Rights) -> dict[int, str]:
    """The units the reader holds a role at that lets them see checks, by name."""
    scope = rights.scope(P.CHECK_VIEW)
    return {each.unit_id: each.unit_name for each in rights.held if each.path and scope.covers(Unit(path=each.path))}


def url_of(unit: Unit, check: Check | None = None, **query: Any) -> str:
    """The page of all checks of a unit, or of one."""
    path = reverse("check", args=[check.code]) if check else reverse("checks")
    return address(path, unit=unit.pk, **query)
