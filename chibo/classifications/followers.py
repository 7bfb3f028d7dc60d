"""What follows acts on units by itself: a unit that is founded has its setting as its first classification."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from chibo.core.spans import EVER
from chibo.organizations import following
from chibo.organizations.overlay import UNIT, Tree
from chibo.organizations.planning import Plan

CLASSIFIED, SCHEME, VALUE = "classifications_classified", "classifications_scheme", "classifications_value"


@following.follower
class Classifications(following.Follower):
    """Classifications stay with the unit; that of its setting begins with it, as the trigger would write it."""

    order: ClassVar[int] = 20
    names: ClassVar = {
        CLASSIFIED: (
            _("Classifications"),
            f"select u.code from {CLASSIFIED} t join {UNIT} u on u.id = t.unit_id",
        ),
    }

    def follow(self, tree: Tree, plan: Plan) -> None:
        """Plan the first classification of units that are founded with a setting."""
        founded = [c for c in tree.since(plan.mark) if c.table == UNIT and c.before is None and c.after]
        for change in founded:
            if setting := (change.after or {}).get("setting"):
                (scheme,) = tree.find(SCHEME, "code", "setting")
                values = {value["code"]: value["id"] for value in tree.find(VALUE, "scheme_id", scheme["id"])}
                tree.add(
                    CLASSIFIED, unit_id=change.key, scheme_id=scheme["id"], value_id=values[setting], from_on=EVER,
                    to_on=None, prev_to=None,
                )  # fmt: skip
