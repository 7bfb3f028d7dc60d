"""What guidance says to acts on units and to merged people: it stays with the units it was for."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.members import identity
from chibo.organizations import following

PLANS = gettext_lazy("Support plans")


@following.follower
class Guidance(following.Follower):
    """Guide cells, cross-visits and support plans stay with the cell and the committee they were of."""

    order = 32
    watched: ClassVar[frozenset[str]] = frozenset()
    names: ClassVar = {
        "guidance_guideyear": (gettext_lazy("Choices of guide cells"), "select t.year::text from guidance_guideyear t"),
        "guidance_guidecell": (
            gettext_lazy("Guide cells"),
            "select u.code from guidance_guidecell t join organizations_unit u on u.id = t.cell_id",
        ),
        "guidance_crossvisit": (
            gettext_lazy("Cross-visits"), "select to_char(t.on, 'DD/MM/YYYY') from guidance_crossvisit t"
        ),
        "guidance_supportplan": (PLANS, "select to_char(t.named_on, 'DD/MM/YYYY') from guidance_supportplan t"),
    }  # fmt: skip


identity.follow("guidance_supportplan", "person_id", PLANS)
