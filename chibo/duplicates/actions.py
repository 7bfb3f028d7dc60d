"""Deciding of two records: one person, two people, somebody else's to say; and taking apart what was merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.duplicates import finding, policies
from chibo.duplicates.drafting import draft
from chibo.duplicates.joining import MEMBERSHIP
from chibo.duplicates.models import Apart, Merge, MergeRow, Pair, Request, Stale
from chibo.duplicates.queries import known
from chibo.exchange.sheets import ask as asked
from chibo.members import post_roles, stays
from chibo.members.act_sheets import CLOSED_WHEN_TRANSFERRED, OUTLIVING
from chibo.members.models import Person
from chibo.members.sheets import CLOSED_WHEN_JOINING
from chibo.organizations import rows
from chibo.organizations.rows import Change
from chibo.organizations.scope import rights_of

SAID = """
select chibo_said_of(p.full_name, p.born_on, p.sex) || '/' || chibo_said_of(q.full_name, q.born_on, q.sex)
from members_person p, members_person q where p.id = %(first)s and q.id = %(second)s
"""


@action("duplicates.found")
def find(*, by: Any, at: datetime, is_thorough: bool = False) -> int:
    """Look who is like the people who are new or changed; how many pairs were found."""
    return finding.find(localdate(at), is_thorough=is_thorough)


@action("duplicates.two_people")
def tell_apart(*, one: int, other: int, by: Any, at: datetime) -> Apart:
    """Say that two records are of two people: not shown again unless one of them changes.

    Denied: records that are not both `by`'s; one's own.
    """
    finding.wait()
    first, second = _hold(one, other)
    policies.check_decides(by, (first, second), localdate(at))
    ((said,),) = asked(SAID, first=first, second=second)
    made, _new = Apart.objects.update_or_create(
        first_id=first, second_id=second, defaults={"said": said, "by": by, "at": at}
    )
    Pair.objects.filter(first_id=first, second_id=second).update(is_apart=True)
    _close_requests(first, second, at)
    return made


@action("duplicates.asked_again")
def ask_again(*, one: int, other: int, by: Any, at: datetime) -> None:
    """Take back that two records are of two people: they are shown again.

    Denied: records that are not both `by`'s; one's own.
    """
    finding.wait()
    first, second = _hold(one, other)
    policies.check_decides(by, (first, second), localdate(at))
    Apart.objects.filter(first_id=first, second_id=second).delete()
    Pair.objects.filter(first_id=first, second_id=second).update(is_apart=False)


@action("duplicates.requested")
def ask(*, one: int, other: int, note: str = "", by: Any, at: datetime) -> Request:
    """Ask those who see both records to decide; asked once already, that is given back.

    Denied: records of which not exactly one is in `by`'s units.
    """
    first, second = _hold(one, other)
    today = localdate(at)
    rights = rights_of(by, today)
    policies.check_asks(rights, known(rights, (first, second), today).values())
    made, _new = Request.objects.get_or_create(
        first_id=first, second_id=second, closed_at=None, defaults={"note": note, "by": by, "at": at}
    )
    return made


@action("duplicates.merged")
def merge(
    *, kept: int, gone: int, choices: Mapping[str, Any] | None = None, reason: str = "", by: Any, at: datetime
) -> Merge:
    """Let one record go into another: all that refers to it follows, and every row is remembered.

    Denied, with all that has to be settled: records that are not both `by`'s, one's own, what is not chosen, two users.
    """
    post_roles.hold()
    finding.wait()
    _hold(kept, gone)
    policies.check_decides(by, (kept, gone), localdate(at))
    chosen = dict(choices or {})
    made = draft(kept, gone, chosen, hold=True)
    if made.refusals:
        raise Denied(" ".join(dict.fromkeys(text for _at, text in made.refusals)))
    changes, _keys = rows.numbered(made.changes)
    _write(changes)
    done = Merge.objects.create(
        kept_id=kept, gone_id=gone, kept_code=made.first["code"], gone_code=made.second["code"],
        gone_name=made.second["full_name"], reason=reason, by=by, at=at,
        choices={name: value.isoformat() if isinstance(value, date) else value for name, value in chosen.items()},
    )  # fmt: skip
    MergeRow.objects.bulk_create(
        MergeRow(merge=done, table=c.table, row=c.key, before=rows.plain(c.before), after=rows.plain(c.after))
        for c in changes
    )
    _look_again(kept)
    _close_requests(min(kept, gone), max(kept, gone), at)
    return done


@action("duplicates.taken_apart")
def take_apart(*, merge: Merge, reason: str = "", by: Any, at: datetime) -> Merge:
    """Take two merged records apart: every row is again what it was; what was recorded since stays where it is.

    Denied: a record that is not `by`'s; what was changed since; what no longer fits.
    """
    post_roles.hold()
    finding.wait()
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    policies.check_may_be_taken_apart(merge)
    if not Person.objects.select_for_update().filter(pk=merge.kept_id).exists():
        raise Denied(_("The record that was kept went into another one since. Take that apart first."))
    policies.check_decides(by, [merge.kept_id], localdate(at))
    changes = changes_of(merge)
    changed = rows.differing([change.inverse for change in changes])
    if changed:
        raise Denied(_("What the merge wrote was changed since, so it can't be taken apart: %(what)s.") % {
            "what": ", ".join(sorted({label_of(change.table) for change in changed}))
        })  # fmt: skip
    _write([change.inverse for change in changes])
    merge.apart_by, merge.apart_at, merge.apart_reason = by, at, reason
    merge.save(update_fields=["apart_by", "apart_at", "apart_reason"])
    _look_again(merge.kept_id)
    return merge


def changes_of(merge: Merge) -> list[Change]:
    """What a merge wrote, row by row. One query."""
    return [
        Change(
            each.table, each.row, rows.table(each.table).typed(each.before), rows.table(each.table).typed(each.after)
        )
        for each in merge.rows.order_by("pk")
    ]


def label_of(table: str) -> str:
    """What the rows of a table are called."""
    return str(rows.table(table).model._meta.verbose_name)


def _hold(one: int, other: int) -> tuple[int, int]:
    """Both records, the lower key first, held till the transaction ends."""
    first, second = min(one, other), max(one, other)
    list(Person.objects.select_for_update().filter(pk__in=[first, second]).order_by("pk"))
    policies.check_two(first, second)
    return first, second


def _write(changes: list[Change]) -> None:
    """Write, derive the stays anew, and see that what comes of it may be. Denied if not.

    All stays of these spells go before and come after: figures are marked by them, with whoever they are of.
    """
    spells = {change.key for change in changes if change.table == MEMBERSHIP}
    for change in changes:
        for said in (change.before, change.after):
            if said and isinstance(said.get("membership_id"), int):
                spells.add(said["membership_id"])
    gone = {change.key for change in changes if change.table == MEMBERSHIP and change.after is None}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            stays.forget(spells)
            rows.write(changes)
            stays.restay(spells - gone)
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
    except DatabaseError:
        raise Denied(_("These records no longer fit together with others that were recorded since.")) from None
    touched = {"memberships": list(spells - gone), "units": []}
    for question in (OUTLIVING, CLOSED_WHEN_JOINING, CLOSED_WHEN_TRANSFERRED):
        if asked(question, **touched):
            raise Denied(_("A spell of membership would lie in a cell on days when it was not open."))


def _look_again(person: int) -> None:
    Pair.objects.filter(first_id=person).delete()
    Pair.objects.filter(second_id=person).delete()
    Stale.objects.get_or_create(person_id=person)


def _close_requests(first: int, second: int, at: datetime) -> None:
    Request.objects.filter(first_id=first, second_id=second, closed_at=None).update(closed_at=at)
