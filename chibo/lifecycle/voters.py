"""Who votes on cases of members: the official members of a cell, the members of a committee."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from chibo.core.spans import holding
from chibo.members.models import ON_COMMITTEE, Post, Stay, Suspension
from chibo.members.queries import not_exempt_on
from chibo.organizations.models import Unit
from chibo.procedures.registry import electorate


def _official(unit: Unit, day: date) -> QuerySet[Stay]:
    """Where official members of a cell stay on a day, but the suspended: they may not come to a meeting."""
    suspended = Suspension.objects.filter(holding(day), membership=OuterRef("membership"))
    return Stay.objects.filter(holding(day), ~Exists(suspended), membership__official_on__lte=day, cell=unit)


def every_official(unit: Unit, day: date) -> int:
    """How many official members of a cell may vote on a day, exempt ones too: they may come to a meeting. One query."""
    return _official(unit, day).count()


@electorate(
    "official_members",
    label=_("the official members of the cell who are neither exempt nor suspended"),
    most=every_official,
)
def official_members(unit: Unit, day: date) -> int:
    """How many official members a cell has on a day that are neither exempt nor suspended then. One query."""
    return _official(unit, day).filter(not_exempt_on(day)).count()


@electorate("committee_members", label=_("the members of the committee"))
def committee_members(unit: Unit, day: date) -> int:
    """How many people are on the committee of a unit on a day. One query."""
    on = Post.objects.filter(holding(day), unit=unit, post__in=ON_COMMITTEE)
    return len(
        {(person, "" if person else name) for person, name in on.order_by().values_list("person_id", "holder_name")}
    )
