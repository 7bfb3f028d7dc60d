"""Rules that hold from a day on: one takes the place of another, is put right on its own day, ends or is taken back.

Who calls has locked the rules: two people at once would each see what the other is about to change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day


@dataclass(frozen=True)
class LaidDown:
    """The rules on one thing, `[begin, end)` by the names of their fields, of which at most one holds on a day."""

    found: Any  # a queryset of them
    begin: str = "from_on"
    end: str = "to_on"

    def on(self, on: date) -> Any:
        """The rule that holds on a day, or None."""
        still = Q(**{self.end: None}) | Q(**{f"{self.end}__gt": on})
        return self.found.filter(still, **{f"{self.begin}__lte": on}).first()

    def begun(self, on: date) -> Any:
        """The rule that begins on a day. Denied if none does."""
        rule = self.found.filter(**{self.begin: on}).first()
        if rule is None:
            raise Denied(_("Nothing of this begins on %(day)s.") % {"day": day(on)})
        return rule

    def make_room(self, on: date) -> date | None:
        """End the rule that is replaced from a day on; the day on which what is known to follow begins."""
        following = self.found.filter(**{f"{self.begin}__gte": on}).order_by(self.begin).first()
        first = getattr(following, self.begin) if following is not None else None
        if first == on:
            raise Denied(
                _("Something begins on %(day)s already: choose another day, or put it right.") % {"day": day(on)}
            )
        replaced = self.on(on)
        if replaced is not None:
            setattr(replaced, self.end, on)
            replaced.save(update_fields=[self.end])
        return first

    def finish(self, on: date, check: Callable[[Any], None]) -> Any:
        """End the rule that holds on a day; one that begins on it is taken back if `check` lets it, which gives None.

        What was taken back had taken the place of another, which holds on. Denied: where none holds, or later ones are
        known; what `check` denies.
        """
        rule = self.on(on)
        if rule is None:
            raise Denied(_("The rules know nothing of this on %(day)s.") % {"day": day(on)})
        if getattr(rule, self.begin) == on:
            check(rule)
            before, until = self.found.filter(**{self.end: on}).first(), getattr(rule, self.end)
            rule.delete()
            if before is not None:
                setattr(before, self.end, until)
                before.save(update_fields=[self.end])
            return None
        if self.found.filter(**{f"{self.begin}__gt": on}).exists():
            raise Denied(_("Something is laid down from a later day already: choose a day after it."))
        setattr(rule, self.end, on)
        rule.save(update_fields=[self.end])
        return rule
