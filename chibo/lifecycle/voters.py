"""Who votes on cases of members: the official members of a cell, the members of a committee."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chibo.core.spans import holding
from chibo.members.models import ON_COMMITTEE, Post, Stay
from chibo.organizations.models import Unit
from chibo.procedures.registry import electorate


def every_official(unit: Unit, day: date) -> int:
    """How many official members a cell has on a day, exempt ones too: they may come to a meeting. One query."""
    return Stay.objects.filter(holding(day), membership__official_on__lte=day, cell=unit).count()


@electorate("official_members", label=_("the official members of the cell who are not exempt"), most=every_official)
def official_members(unit: Unit, day: date) -> int:
    """How many official members a cell has on a day that are not exempt. One query."""
    official = Q(membership__official_on__lte=day)
    exempt = Q(membership__exempt_from__isnull=False, membership__exempt_from__lte=day)
    return Stay.objects.filter(holding(day), official, cell=unit).exclude(exempt).count()


@electorate("committee_members", label=_("the members of the committee"))
def committee_members(unit: Unit, day: date) -> int:
    """How many people are on the committee of a unit on a day. One query."""
    on = Post.objects.filter(holding(day), unit=unit, post__in=ON_COMMITTEE)
    return len(
        {(person, "" if person else name) for person, name in on.order_by().values_list("person_id", "holder_name")}
    )
