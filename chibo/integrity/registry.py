"""The checks there are: each a question in SQL that finds what is wrong, with why it matters and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chibo.organizations.permissions import P

Text = str | Promise
Asked = str | tuple[str, dict[str, Any]]


class Subject(StrEnum):
    """What a check is about; the page shows them in this order."""

    UNITS = "units"
    CLASSIFICATIONS = "classifications"
    POSTS = "posts"
    MEMBERS = "members"
    MEETINGS = "meetings"
    TARGETS = "targets"
    DOCUMENTS = "documents"
    USERS = "users"
    FIGURES = "figures"


SUBJECTS: dict[Subject, Text] = {
    Subject.UNITS: _("Units and the tree"),
    Subject.CLASSIFICATIONS: _("Classifications"),
    Subject.POSTS: _("Posts"),
    Subject.MEMBERS: _("Members"),
    Subject.MEETINGS: _("Meetings"),
    Subject.TARGETS: _("Targets"),
    Subject.DOCUMENTS: _("Documents"),
    Subject.USERS: _("Users and their roles"),
    Subject.FIGURES: _("Figures"),
}


class Record(StrEnum):
    """What a record found is, so that a page can lead to it; its `pk` is the key of one of these."""

    UNIT = "unit"
    PERSON = "person"
    MEETING = "meeting"
    USER = "user"
    OTHER = "other"  # without a page of its own: the unit's leads there


class Way(StrEnum):
    """Where the act that mends is found; the pages know the way."""

    LOADS = "loads"  # a workbook with the row corrected
    UNIT = "unit"
    MEMBERS = "members"
    MEMBER = "member"
    ALIKE = "alike"  # the page where two records are compared
    MEETINGS = "meetings"
    MEETING = "meeting"
    TARGETS = "targets"
    CLASSIFICATIONS = "classifications"
    USER = "user"
    SECRETARY = "secretary"  # the form that fills this post
    DEPUTY = "deputy_secretary"
    COMMITTEE = "committee"  # who holds which post, each with what can be done
    NONE = ""  # the program does it by itself


@dataclass(frozen=True)
class Check:
    """One check: what it is called, why it matters, what mends it, and the question that finds the records.

    The question yields `unit_id, pk, code, label, n, day, said`: the unit a record is found at, the record by key, code
    and name, and what `shown` says of it. A unit and a key come once. It may use `%(today)s`, `%(since)s` (the first
    day of last year) and every threshold by its code.
    """

    code: str
    question: Callable[[], Asked]
    subject: Subject
    label: Text
    why: Text
    mend: Text
    way: Way
    record: Record
    shown: Text  # "%(n)s", "%(day)s" and "%(said)s" in it are the record's own
    is_doubt: bool  # it may be right as it is: somebody has to look
    right: P  # who sees what it finds
    names: P  # and who by name

    @property
    def mark(self) -> str:
        """How something found is marked."""
        return "near" if self.is_doubt else "missed"


_checks: dict[str, Check] = {}


def check(
    code: str,
    *,
    subject: Subject,
    label: Text,
    why: Text,
    mend: Text,
    way: Way = Way.LOADS,
    record: Record = Record.UNIT,
    shown: Text = "",
    is_doubt: bool = False,
    right: P = P.CHECK_VIEW,
    names: P = P.CHECK_VIEW,
) -> Callable[[Callable[[], Asked]], Check]:
    """Declare a check: the function decorated gives its question."""

    def declare(question: Callable[[], Asked]) -> Check:
        if code in _checks:
            raise ValueError(f"Two checks are called {code}.")
        _checks[code] = Check(
            code, question, subject, label, why, mend, way, record, shown, is_doubt, right, names
        )  # fmt: skip
        return _checks[code]

    return declare


def every() -> list[Check]:
    """All checks, by subject."""
    order = list(Subject)
    return sorted(_checks.values(), key=lambda each: order.index(each.subject))


def get(code: str) -> Check:
    """The check of a code; KeyError if there is none."""
    return _checks[code]


def found(unit: str, pk: str, code: str, label: str = "null::text", **more: str) -> str:
    """The columns of a question, those not given empty."""
    empty = {"n": "null::bigint", "day": "null::date", "said": "null::text"}
    columns = {"unit_id": unit, "pk": pk, "code": code, "label": label} | empty | more
    return ", ".join(f"{value} as {name}" for name, value in columns.items())
