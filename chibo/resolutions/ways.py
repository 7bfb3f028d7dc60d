"""From the page of a meeting to its minutes and resolutions; who signs the minutes has a hand in the meeting."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from chibo.core.components import Item, Link
from chibo.core.formats import day
from chibo.meetings.models import Kind, Meeting
from chibo.meetings.registry import beside, hands
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.resolutions import queries
from chibo.resolutions.models import Minutes, Signature


@beside(500)
def minutes_and_resolutions(rights: Rights, user: Any, unit: Unit, meeting: Meeting) -> list[Item]:
    """Minutes as far as the reader may open them, resolutions by number, and the way to issue one. One query."""
    stands = getattr(meeting, "withdrawal", None) is None
    records = unit.is_cell and stands and rights.scope(P.MEETING_RECORD).covers(unit)
    come = queries.come_of(meeting)
    items = []
    url = reverse("minutes", args=[unit.pk, meeting.pk])
    if not come.is_begun:
        if records:
            text = _("Written from what is recorded; you go on from there.")
            ways = [Link(label=_("Choose who chaired and who wrote"), url=url)]
            act = _("Begin the minutes")
            items.append(Item(title=_("Minutes"), url=url, text=text, act=act, sends="usual", ways=ways))
    elif come.is_signed or records or user.pk in come.users or rights.scope(P.MEETING_VIEW).covers(unit):
        told = come.since.said() if stands and come.since else ""
        text = f"{how_far(come)} {told}" if told else how_far(come)
        act = _("Correct the minutes") if told and records else ""
        ways = [Link(label=_("Read them"), url=url)] if act else []
        items.append(
            Item(title=_("Minutes"), url=f"{url}edit/" if act else url, text=text, act=act, ways=ways)
        )  # fmt: skip
    for pk, code, title in come.resolutions:
        way = reverse("resolution", args=[unit.pk, pk])
        items.append(Item(title=_("Resolution %(code)s") % {"code": code}, url=way, text=title))
    if records and meeting.kind != Kind.COMMITTEE:
        way = reverse("resolution_issue", args=[unit.pk, meeting.pk])
        items.append(
            Item(title=_("Issue a resolution"), url=way, text=_("With its number, and who does what by when."))
        )
    return items


@hands
def sign(people: Collection[int]) -> Iterable[QuerySet[Any, Any]]:
    """Meetings whose minutes somebody signs, or has signed themself."""
    for part in ("chair", "secretary"):
        yield Minutes.objects.filter(**{f"{part}__user__in": people}).values("meeting")
    signed = Signature.objects.filter(by__in=people, on_paper=False)
    yield signed.values("revision__minutes__meeting")


def how_far(come: queries.Come) -> str:
    """How far minutes are, in a sentence."""
    if come.signatures == 2 and come.last_signed:
        return _("Signed by two, %(day)s: the text is fixed.") % {"day": day(come.last_signed)}
    return how_far_said(is_adopted=come.is_adopted, is_corrected=come.is_corrected, signatures=come.signatures)


def how_far_said(*, is_adopted: bool, is_corrected: bool, signatures: int) -> str:
    """How far minutes are that two have not signed, in a sentence."""
    if is_corrected:
        return _("Corrected, and still to be signed again.")
    if not is_adopted:
        return _("Being written.")
    if signatures:
        return _("One signature is missing.")
    return _("Adopted, and still to be signed by two.")
