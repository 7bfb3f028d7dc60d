"""What of online meetings stands on a desk, told in one query with other things: to answer, and what was answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Item
from chibo.core.formats import day
from chibo.modes.models import Deed, OnlineRequest, RequestDeed, State
from chibo.modes.policies import mine
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights

ASKED, BACK, ENDS = "online_asked", "online_returned", "online_ends"
SHOWN = 5
SOON = timedelta(14)  # before its end an approval is told of
Told = tuple[str, str, str]  # of which sort, and two texts


def to_answer(rights: Rights, user: Any) -> QuerySet[Any, Any]:
    """Requests of cells directly below that wait for a user, the oldest first."""
    found = OnlineRequest.objects.filter(mine(rights, user)).order_by("asked_on", "pk")
    return _told(found, Value(ASKED, CharField()), unit=F("unit__name"), on=F("asked_on"))


def answered(unit: Unit, today: date) -> QuerySet[Any, Any]:
    """What of a cell was returned and not asked anew, with why; an approval that ends soon."""
    later = OnlineRequest.objects.filter(unit=OuterRef("unit"), pk__gt=OuterRef("pk"))
    last = RequestDeed.objects.filter(request=OuterRef("pk"), deed=Deed.RETURNED).order_by("-pk").values("note")[:1]
    ends = Q(state=State.APPROVED, to_on__gt=today, to_on__lte=today + SOON, from_on__lte=today)
    found = OnlineRequest.objects.filter(Q(state=State.RETURNED) | ends, ~Exists(later), unit=unit).order_by("pk")
    tag = Case(When(state=State.RETURNED, then=Value(BACK)), default=Value(ENDS), output_field=CharField())
    return _told(found, tag, why=Subquery(last), to_on=F("to_on"))


def _told(found: QuerySet[Any], tag: Any, **two: Any) -> QuerySet[Any, Any]:
    named: QuerySet[Any, Any] = found.annotate(
        tag=Cast(tag, CharField()), one=Cast("pk", CharField()), two=Cast(JSONObject(**two), CharField())
    )
    return named.values_list("tag", "one", "two")[:SHOWN]


def items(told: Iterable[Told]) -> list[Item]:
    """What of all that waits is of online meetings."""
    found = []
    for tag, pk, two in told:
        if tag not in (ASKED, BACK, ENDS):
            continue
        url, said = reverse("online_request", args=[int(pk)]), json.loads(two)
        if tag == ASKED:
            title = _("%(unit)s asks to meet online") % {"unit": said["unit"]}
            text = _("asked on %(day)s") % {"day": day(date.fromisoformat(said["on"]))}
            found.append(Item(title=title, url=url, text=text, act=_("Answer it")))
        elif tag == BACK:
            text = _("Because: %(reason)s") % {"reason": said["why"]}
            found.append(Item(title=_("Your request to meet online was returned"), url=url, text=text))
        else:
            until = day(date.fromisoformat(said["to_on"]) - timedelta(1))
            found.append(Item(title=_("The cell may meet online until %(day)s") % {"day": until}, url=url))
    return found
