"""Who may confirm the score of a meeting: one answer to "may I?" and to "which ones?"; maker is never checker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from chibo.committees.models import Charge
from chibo.core.actions import Denied
from chibo.core.spans import holding
from chibo.meetings.models import CHARGE, Confirmation, Meeting, Score, Scorer, Settled
from chibo.meetings.registry import with_hands
from chibo.members.models import ON_COMMITTEE, Post
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Held, Rights, Scope, in_force, rights_of


@dataclass(frozen=True)
class Right:
    """A right to confirm: in charge of single cells, or a role at a committee for the cells directly below it."""

    role: str  # CHARGE, or the role
    people: frozenset[int]  # users behind it: who acts, and for whom they act
    unit: Unit | None = None  # where the role is held
    lent_by: Any = None
    cells: tuple[str, ...] = ()  # paths of the cells looked after
    over: Scope = field(
        default_factory=Scope
    )  # where a role gives the right: over what stands directly below a unit of it

    def covers(self, cell: Unit) -> bool:
        """Whether it is about a cell."""
        line = cell.path.rstrip("/").rpartition("/")[0] + "/"
        return cell.path in self.cells or (line != "/" and self.over.covers(Unit(path=line)))

    def q(self, cell: str) -> Q:
        """The same as a condition on rows; `cell` is the field that leads to it."""
        path = f"{cell}__path"
        condition = Q(**{f"{path}__in": self.cells})
        for subtree in self.over.subtrees:
            condition |= Q(**{f"{path}__startswith": subtree}) & ~Q(**{path: subtree})
        for unit in self.over.units:
            condition |= Q(**{f"{path}__regex": f"^{unit}[0-9]+/$"})
        return condition


def rights_to_confirm(user: Any, today: date) -> list[Right]:
    """By which rights someone confirms scores that day: in charge of cells, by their own roles, by those lent to them.

    In charge is a member of a committee above whom it put in charge of the cell, while they sit in it. Two queries.
    """
    cells = tuple(_charges(user, today).order_by("pk").values_list("over_unit__path", flat=True))
    own = frozenset({user.pk})
    found = [Right(CHARGE, own, cells=cells)] if cells else []
    grants: Any = in_force(today).filter(user=user.pk).select_related("unit", "acting_for__user").order_by("pk")
    for grant in sorted(grants, key=lambda each: each.acting_for_id or 0):
        scope = _scope(grant)
        if scope:
            lender = grant.acting_for.user if grant.acting_for is not None else None
            people = own | ({lender.pk} if lender is not None else set())
            found.append(Right(grant.role, people, grant.unit, lender, over=scope))
    return found


def _charges(user: Any, today: date) -> QuerySet[Charge]:
    """What committees put someone in charge of who sits in them."""
    sits = Post.objects.filter(
        holding(today), unit=OuterRef("unit"), person=OuterRef("person"), post__in=ON_COMMITTEE
    )  # fmt: skip
    return Charge.objects.filter(
        Exists(sits), holding(today), person__user=user.pk, over_unit__path__startswith=F("unit__path")
    )


def is_in_charge(user: Any, cell: Unit, today: date) -> bool:
    """Whether someone is in charge of a cell for a committee they sit in. One query."""
    return _charges(user, today).filter(over_unit=cell.pk).exists()


def _scope(grant: Any) -> Scope:
    """Where a grant lets its holder confirm."""
    unit = grant.unit
    held = Held(grant.role, unit.path, unit.pk, unit.name, grant.reaching, grant.pk)
    return Rights((held,)).scope(P.SCORE_CONFIRM)


def mine(found: list[Right], rights: Rights) -> Q:
    """Condition on confirmations: waiting, and for someone with these rights to judge.

    Not what they made, nor whom they act for by that right; nothing of a cell whose meetings they record.
    """
    condition = Q(pk__in=[])
    for each in found:
        condition |= each.q("meeting__unit") & ~made_by(each.people)
    return condition & Q(state=Settled.WAITING) & ~rights.scope(P.MEETING_RECORD).q("meeting__unit")


def made_by(people: Collection[int]) -> Q:
    """Condition on confirmations: one of these users recorded, scored or signs the meeting."""
    made = with_hands(people, "meeting")
    for pk in people:
        made |= Q(makers__contains=[pk])
    return made


def check_confirms(
    user: Any,
    meeting: Meeting,
    confirmation: Confirmation | None,
    today: date,
    known: tuple[Rights, list[Right]] | None = None,
) -> Right:
    """The right by which someone confirms or returns the score of a meeting; `known` are their rights, if asked before.

    Denied: no such right; who recorded, scored or signs the meeting, or records those of the cell; who acts for such.
    """
    rights, every = known or (rights_of(user, today), rights_to_confirm(user, today))
    found = [each for each in every if each.covers(meeting.unit)]
    if not found:
        raise Denied(
            _("Who is in charge of the cell confirms its scores, or who works for the committee directly above it.")
        )
    if rights.scope(P.MEETING_RECORD).covers(meeting.unit):
        raise Denied(_("You record the meetings of this cell: another person has to confirm their scores."))
    made = set(confirmation.makers) if confirmation is not None else _loaders(meeting)
    if meeting.recorded_by_id is not None:
        made.add(meeting.recorded_by_id)
    for each in found:
        if not _has_hand(each.people, made, meeting) and not _lender_records(each, meeting.unit, today):
            return each
    if _has_hand(frozenset({user.pk}), made, meeting):
        raise Denied(_("You recorded, scored or sign this meeting: another person has to confirm its score."))
    words = _("%(name)s, for whom you act, recorded, scored or signs this meeting: another person has to confirm it.")
    raise Denied(words % {"name": found[-1].lent_by})


def _loaders(meeting: Meeting) -> set[int]:
    """The users who brought the points that a cell gave itself, where nothing waits: by a workbook. One query."""
    events: Any = apps.get_model("meetings", "ScoreEvent").objects
    points = Score.objects.filter(meeting=meeting, scored_by=Scorer.SELF).order_by().values("pk")
    told = events.filter(pgh_obj_id__in=points).order_by().values_list("pgh_context__metadata__user", flat=True)
    return set(told) - {None}


def _lender_records(right: Right, cell: Unit, today: date) -> bool:
    """Whether the one a right was lent by records the meetings of a cell."""
    return right.lent_by is not None and rights_of(right.lent_by, today).scope(P.MEETING_RECORD).covers(cell)


def _has_hand(people: frozenset[int], made: set[int], meeting: Meeting) -> bool:
    """Whether one of these users made a meeting what it is."""
    return bool(people & made) or Meeting.objects.filter(with_hands(people, "pk"), pk=meeting.pk).exists()
