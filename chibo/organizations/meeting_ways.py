"""The pages about the meetings of cells, side by side: where a reader can go from each."""

from __future__ import annotations

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.organizations.trees import Tree, kept

# The URL's name, what it is called, the right it asks for, whether cells have it too.
WAYS: list[tuple[str, str | Promise, P, bool]] = [
    ("unit_meetings", gettext_lazy("Month by month"), P.MEETING_VIEW, True),
    ("unit_objectives", gettext_lazy("Objectives"), P.UNIT_VIEW, True),
    ("unit_scores", gettext_lazy("Scores beside the records"), P.MEETING_VIEW, True),
    ("unit_late", gettext_lazy("Late and weak"), P.MEETING_VIEW, False),
    ("unit_weak", gettext_lazy("Weak cells"), P.MEETING_VIEW, True),
    ("unit_guides", gettext_lazy("Guide cells"), P.MEETING_VIEW, False),
    ("unit_absent", gettext_lazy("Often absent"), P.MEETING_VIEW, True),
    ("unit_year", gettext_lazy("Year plan"), P.MEETING_VIEW, True),
    ("unit_online", gettext_lazy("Online meetings"), P.MEETING_VIEW, True),
    ("unit_groups", gettext_lazy("Party groups"), P.MEETING_VIEW, True),
]
OF_CELLS = frozenset({"unit_online", "unit_groups"})  # committees have none
OF_PERIOD = frozenset(
    {"unit_meetings", "unit_objectives", "unit_scores", "unit_late"}
)  # the others have a year, or none


def ways_of(
    rights: Rights, unit: Unit, current: str, period: Period | None = None, tree: Tree = Tree.THEN
) -> list[Link]:
    """The pages about the meetings of a unit that the reader may open, the one they are on marked."""

    def url(name: str) -> str:
        base = reverse(name, args=[unit.pk])
        return address(base, period=period, tree=kept(tree)) if name in OF_PERIOD else base

    return [
        Link(label=label, url=url(name), current=name == current)
        for name, label, right, of_cells in WAYS
        if (of_cells if unit.is_cell else name not in OF_CELLS) and rights.scope(right).covers(unit)
    ]
