"""What of minutes stands on a desk, told in one query with other things: those to sign, those to bring to an end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Item
from chibo.core.formats import day, period_name
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.meetings.models import Kind, Meeting
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.resolutions.models import Adoption, Minutes, Part, Revision, Rule, Signature
from chibo.resolutions.ways import how_far_said

TO_SIGN, TO_FINISH = "minutes_to_sign", "minutes_to_finish"
BACK = 365  # days: of older meetings the desk asks for no minutes, as for no meetings
SHOWN = 5
Told = tuple[str, str, str]  # of which sort, and two texts


def to_sign(rights: Rights, user: Any) -> QuerySet[Any, Any]:
    """Minutes that wait for the signature of a user as chair or secretary: adopted, or corrected."""
    person = Subquery(Person.objects.filter(user=user.pk).values("pk")[:1])
    opens = rights.scope(P.MEETING_VIEW).q("meeting__unit") | rights.scope(P.MEETING_OWN).q("meeting__unit")
    newest = Revision.objects.filter(minutes=OuterRef("pk")).order_by("-number")
    found = Minutes.objects.annotate(
        newest=Subquery(newest.values("pk")[:1]), why=Subquery(newest.values("reason")[:1])
    )

    def unsigned(part: Part) -> Q:
        signed = Signature.objects.filter(revision=OuterRef("newest"), part=part)
        return Q(~Exists(signed), **{part.value: person})

    adopted = Exists(Adoption.objects.filter(revision=OuterRef("newest"))) | ~Q(why="")
    found = found.filter(
        unsigned(Part.CHAIR) | unsigned(Part.SECRETARY), opens, adopted, meeting__withdrawal=None
    ).order_by("-meeting__held_on", "-pk")
    two = {"unit": F("meeting__unit"), "name": F("meeting__unit__name"), "corrected": ~Q(why="")}
    return _told(found, TO_SIGN, "meeting__", "meeting", **two)


def to_finish(unit: Unit, today: date) -> QuerySet[Any, Any]:
    """Meetings recorded here whose minutes two have never signed, of a year, the newest first."""
    of = Signature.objects.filter(revision__minutes__meeting=OuterRef("pk"))
    newest = Revision.objects.filter(minutes__meeting=OuterRef("pk")).order_by("-number").values("pk")[:1]
    found = Meeting.objects.annotate(newest=Subquery(newest)).filter(
        ~Exists(of.filter(locks=True)), unit=unit, withdrawal=None, recorded_at__isnull=False,
        held_on__range=(today - timedelta(BACK), today),
    )  # fmt: skip
    return _told(
        found.order_by("-held_on", "-pk"), TO_FINISH, "", "pk", begun=F("newest"),
        adopted=Exists(Adoption.objects.filter(revision=OuterRef("newest"))),
        signed=Exists(Signature.objects.filter(revision=OuterRef("newest"))),
    )  # fmt: skip


def _told(found: QuerySet[Any], tag: str, of: str, one: str, **two: Any) -> QuerySet[Any, Any]:
    """The first of some rows as (tag, key of the meeting, JSON); `of` leads to the meeting."""
    on: Any = OuterRef(f"{of}held_on")
    asked = Rule.objects.filter(holding(on)).order_by("-from_on").values("final_days")[:1]
    said = JSONObject(
        kind=F(f"{of}kind"), month=F(f"{of}month"), held_on=F(f"{of}held_on"), days=Subquery(asked), **two
    )  # fmt: skip
    named: QuerySet[Any, Any] = found.annotate(
        tag=Value(tag, CharField()), one=Cast(one, CharField()), two=Cast(said, CharField())
    )
    return named.values_list("tag", "one", "two")[:SHOWN]


def items(unit: Unit | None, told: Iterable[Told], today: date) -> list[Item]:
    """The minutes among all that waits: those to sign first; these are not told of once more as unfinished."""
    known = [(tag, int(pk), json.loads(two)) for tag, pk, two in told if tag in (TO_SIGN, TO_FINISH)]
    mine = {pk for tag, pk, _said in known if tag == TO_SIGN}
    items = [_to_sign(pk, said, today) for tag, pk, said in known if tag == TO_SIGN]
    if unit is not None:
        items += [_to_finish(unit, pk, said, today) for tag, pk, said in known if tag == TO_FINISH and pk not in mine]
    return items


def _to_sign(pk: int, said: dict[str, Any], today: date) -> Item:
    """Minutes to sign; of a correction no day is laid down by which it is signed."""
    corrected = bool(said["corrected"])
    due = None if corrected else _due(said)
    text = how_far_said(is_adopted=True, is_corrected=corrected, signatures=0) if corrected else said["name"]
    return Item(
        title=_("Sign the minutes: %(meeting)s") % {"meeting": _meeting(said)},
        url=reverse("minutes", args=[said["unit"], pk]),
        text=text,
        when=_("due %(day)s") % {"day": day(due)} if due else "",
        late=due is not None and due < today,
        act=_("Read and sign"),
    )


def _to_finish(unit: Unit, pk: int, said: dict[str, Any], today: date) -> Item:
    due, begun = _due(said), said["begun"] is not None
    return Item(
        title=_("Minutes to bring to an end: %(meeting)s") % {"meeting": _meeting(said)},
        url=reverse("minutes", args=[unit.pk, pk]),
        text=how_far_said(is_adopted=said["adopted"], is_corrected=False, signatures=int(said["signed"]))
        if begun
        else _("Not begun yet."),
        when=_("due %(day)s") % {"day": day(due)} if due else "",
        late=due is not None and due < today,
        act=_("Go on with it") if begun else _("Begin the minutes"),
    )


def _due(said: dict[str, Any]) -> date | None:
    """The day by which two are to have signed; none where no rule held."""
    return None if said["days"] is None else date.fromisoformat(said["held_on"]) + timedelta(said["days"])


def _meeting(said: dict[str, Any]) -> str:
    month = Period.month_of(date.fromisoformat(said["month"]))
    return _("%(kind)s, %(month)s") % {"kind": Kind(said["kind"]).label, "month": period_name(month)}
