"""What of scores stands on a desk, told in one query with other things: those to confirm, those that came back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.committees.models import Charge
from chibo.core.asking import address
from chibo.core.components import Item, Link
from chibo.core.formats import count, day, period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.meetings.competence import made_by
from chibo.meetings.models import Confirmation, Deed, ScoreDeed, Settled
from chibo.members.models import ON_COMMITTEE, Post
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

TO_CONFIRM, RETURNED = "scores_to_confirm", "score_returned"
SHOWN = 5
Told = tuple[str, str, str]  # of which sort, and two texts


def to_confirm(rights: Rights, user: Any, unit: Unit, today: date) -> QuerySet[Any, Any]:
    """How many scores wait for a user: of cells they are in charge of, and of those directly below their committee.

    Where a role over the committee is theirs only because it was lent to them, what the lender made is not counted.
    """
    sits = Post.objects.filter(holding(today), unit=OuterRef("unit"), person=OuterRef("person"), post__in=ON_COMMITTEE)
    charges = Charge.objects.filter(
        Exists(sits), holding(today), person__user=user.pk, over_unit__path__startswith=F("unit__path")
    )
    cells: QuerySet[Any, Any] = charges.order_by().values("over_unit")
    if not unit.is_cell and rights.scope(P.SCORE_CONFIRM).covers(unit):
        # One list of units, so that an index finds them; by their links, as paths of all below would all be read.
        below = Unit.objects.filter(parent_links__parent=unit.pk, path__regex=f"^{unit.path}[0-9]+/$")
        cells = below.order_by().values("pk").union(cells, all=True)
    people = [user.pk, *_lenders(rights, unit)]
    found = Confirmation.objects.filter(~made_by(people), meeting__unit__in=cells, state=Settled.WAITING).order_by()
    found = found.exclude(rights.scope(P.MEETING_RECORD).q("meeting__unit"))
    limit = Threshold.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=today), code=Limit.CONFIRM_DAYS, valid_from__lte=today
    ).order_by("-valid_from")
    days = Cast(Subquery(limit.values("value")[:1]), CharField())
    counted = found.values(tag=Value(TO_CONFIRM, CharField())).annotate(n=Count("pk"), since=Min("since"))
    told = counted.filter(n__gt=0).annotate(
        one=Cast("n", CharField()), two=Cast(JSONObject(since=F("since"), days=days), CharField())
    )
    return told.values_list("tag", "one", "two")


def _lenders(rights: Rights, unit: Unit) -> set[int]:
    """Who lent the right to confirm here, where it is held in no other way."""
    by = {each.lender_id for each in rights.held if Rights((each,)).scope(P.SCORE_CONFIRM).covers(unit)}
    return set() if 0 in by else by


def returned(unit: Unit) -> QuerySet[Any, Any]:
    """Scores of a cell that were returned, with why."""
    last = ScoreDeed.objects.filter(meeting=OuterRef("meeting"), deed=Deed.RETURNED).order_by("-at", "-pk")
    found = Confirmation.objects.filter(meeting__unit=unit, state=Settled.RETURNED).order_by("meeting__held_on", "pk")
    two = JSONObject(month=F("meeting__month"), why=Subquery(last.values("note")[:1]))
    told = found.annotate(
        tag=Value(RETURNED, CharField()), one=Cast("meeting", CharField()), two=Cast(two, CharField())
    )
    return told.values_list("tag", "one", "two")[:SHOWN]


def items(unit: Unit, told: Iterable[Told], today: date) -> list[Item]:
    """What of all that waits is scores: those to confirm, those that came back."""
    found = []
    for tag, one, two in told:
        if tag == TO_CONFIRM:
            found.append(_to_confirm(unit, int(one), json.loads(two), today))
        elif tag == RETURNED:
            found.append(_returned(unit, int(one), json.loads(two)))
    return found


def _to_confirm(unit: Unit, n: int, said: dict[str, Any], today: date) -> Item:
    since = date.fromisoformat(said["since"])
    title = ngettext(
        "%(n)s score waits for your confirmation", "%(n)s scores wait for your confirmation", n
    )  # fmt: skip
    due = since + timedelta(int(float(said["days"]))) if said["days"] is not None else None
    return Item(
        title=title % {"n": count(n)},
        url=address(reverse("scores_waiting"), unit="" if unit.is_cell else unit.pk),
        text=_("The oldest waits since %(day)s.") % {"day": day(since)},
        when=_("due %(day)s") % {"day": day(due)} if due else "",
        late=due is not None and due < today,
    )


def _returned(unit: Unit, meeting: int, said: dict[str, Any]) -> Item:
    month = Period.month_of(date.fromisoformat(said["month"]))
    at = [unit.pk, meeting]
    return Item(
        title=_("The score of %(month)s was returned") % {"month": period_name(month)},
        url=reverse("meeting_correct", args=at),
        text=_("Because: %(reason)s") % {"reason": said["why"]},
        act=_("Correct it"),
        ways=[
            Link(label=_("Keep it and answer"), url=reverse("meeting_answer", args=at)),
            Link(label=_("Open it"), url=reverse("meeting", args=at)),
        ],
    )
