"""What members' files and badges say in the columns of the register: of a day, and of no group that is sensitive.

A register is read by whoever sees its members, a sensitive group by who opens it with a reason: the permanent residence
and what else stands only there is in no register.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.spans import holding
from chibo.files.groups import SENSITIVE, Group
from chibo.files.models import Entry
from chibo.members.life_models import Badge
from chibo.registers.columns import Place, fills

FIELDS = {  # what stands in which column
    Group.IDENTITY: {"home": Place.HOME},
    Group.PARTY: {"card": Place.CARDS, "number": Place.CARDS},
    Group.WORK: {"service": Place.SERVICE},
}
if not SENSITIVE.isdisjoint(FIELDS):
    raise AssertionError("A register shows no group of a file that is sensitive.")


@fills
def files(people: list[int], day: date) -> dict[Place, dict[int, str]]:
    """The home village; the numbers of card and file; whether they serve, or are retired: as the file says it."""
    begun = Q(from_on=None) & (Q(to_on=None) | Q(to_on__gt=day))
    found = Entry.objects.filter(holding(day) | begun, person__in=people, group__in=FIELDS, struck_because="")
    texts = {"card": _("card %(number)s"), "number": _("file %(number)s")}
    said: dict[Place, dict[int, list[str]]] = {}
    for person, group, entry in found.order_by("from_on", "pk").values_list("person_id", "group", "said"):
        for name, place in FIELDS[Group(group)].items():
            if entry.get(name):
                text = texts.get(name, "%(number)s") % {"number": entry[name]}
                said.setdefault(place, {}).setdefault(person, []).append(text)
    return {
        place: {pk: "; ".join(dict.fromkeys(each)) for pk, each in of_people.items()}
        for place, of_people in said.items()
    }  # fmt: skip


@fills
def badges(people: list[int], day: date) -> dict[Place, dict[int, str]]:
    """The highest badge, with its number where it is known."""
    said = {}
    for each in Badge.objects.filter(person__in=people, awarded_on__lte=day).order_by("years"):
        text = _("badge of %(years)s years: %(number)s") if each.number else _("badge of %(years)s years")
        said[each.person_id] = text % {"years": each.years, "number": each.number}
    return {Place.CARDS: said}
