"""What a load is told of the people it writes: who of them is probably recorded already, or twice in the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.utils.translation import gettext as _

from chibo.duplicates.finding import among
from chibo.duplicates.showing import why
from chibo.members import identity
from chibo.members.models import Person

NAMED = 3  # codes told at one row


@identity.warns
def doubles(people: Collection[int]) -> dict[int, str]:
    """What to say of those of these people who are probably someone else too; of two of them at the later record."""
    others: dict[int, list[tuple[int, list[str]]]] = defaultdict(list)
    for first, second, reasons in among(people):
        mine, other = (second, first) if second in people else (first, second)
        others[mine].append((other, reasons))
    wanted = {other for found in others.values() for other, _reasons in found[:NAMED]}
    codes = dict(Person.objects.filter(pk__in=wanted).order_by().values_list("pk", "code"))
    return {
        person: "; ".join(
            _("probably the same person as %(code)s (%(why)s)") % {"code": codes[other], "why": why(reasons)}
            for other, reasons in found[:NAMED]
        )
        for person, found in others.items()
    }
