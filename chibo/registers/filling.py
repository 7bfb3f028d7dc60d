"""What members' files and badges say in the columns of the register: of a day, and of no group that is sensitive.

A register is read by whoever sees its members, a sensitive group by who opens it with a reason: the permanent residence
and what else stands only there is in no register.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.spans import holding
from chibo.files.groups import Group
from chibo.files.models import Entry
from chibo.members.life_models import Badge
from chibo.registers.columns import Place, fills

Said = dict[int, dict[str, list[str]]]


def _said(people: list[int], group: Group, names: tuple[str, ...], day: date) -> Said:
    """What the entries of a group of files said on a day, by person and field; what is said twice once. One query."""
    begun = Q(from_on=None) & (Q(to_on=None) | Q(to_on__gt=day))
    found = Entry.objects.filter(holding(day) | begun, person__in=people, group=group, struck_because="")
    said: Said = {}
    for person, entry in found.order_by("from_on", "pk").values_list("person_id", "said"):
        for name in names:
            if (text := entry.get(name)) and text not in said.setdefault(person, {}).setdefault(name, []):
                said[person][name].append(text)
    return said


@fills(Place.HOME)
def home(people: list[int], day: date) -> dict[int, str]:
    """The home village."""
    said = _said(people, Group.IDENTITY, ("home",), day)
    return {pk: "; ".join(fields.get("home", ())) for pk, fields in said.items()}


@fills(Place.CARDS)
def card(people: list[int], day: date) -> dict[int, str]:
    """The numbers of the Party card and of the file."""
    said = _said(people, Group.PARTY, ("card", "number"), day)
    texts = {"card": _("card %(number)s"), "number": _("file %(number)s")}
    return {
        pk: "; ".join(text % {"number": number} for name, text in texts.items() for number in fields.get(name, ()))
        for pk, fields in said.items()
    }


@fills(Place.CARDS)
def badge(people: list[int], day: date) -> dict[int, str]:
    """The highest badge, with its number where it is known."""
    found = Badge.objects.filter(person__in=people, awarded_on__lte=day).order_by("years")
    return {
        each.person_id: (
            _("badge of %(years)s years: %(number)s") if each.number else _("badge of %(years)s years")
        ) % {"years": each.years, "number": each.number}
        for each in found
    }  # fmt: skip


@fills(Place.SERVICE)
def service(people: list[int], day: date) -> dict[int, str]:
    """Whether they serve in the army or the police, or are retired, as the work in their file says."""
    said = _said(people, Group.WORK, ("service",), day)
    return {pk: "; ".join(fields.get("service", ())) for pk, fields in said.items()}
