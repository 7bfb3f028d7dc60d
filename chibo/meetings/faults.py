"""What can be wrong with a meeting that is finished without a line, in the words that the server would say it with."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.core.formats import day
from chibo.organizations.models import Unit


def words(unit: Unit, today: date) -> dict[str, Any]:
    """All that the form's script can find by itself: the bounds it looks at, and each fault in words.

    The script fills in what stands in braces. It finds fewer faults than the server, and none that the server does not.
    """
    name, n = {"name": "{name}"}, {"n": "{n}"}
    criteria = _("Answer all, or say below that it is not scored yet.")
    groups = _("Give points to all eight, or to none.")
    return {
        "today": today.isoformat(),
        "founded": unit.founded_on.isoformat(),
        "required": _("Say this, please."),
        "to_come": _("This day is still to come. Record the meeting once it was held."),
        "too_early": _("The cell was founded only on %(day)s.") % {"day": day(unit.founded_on)},
        "number": _("Write a number, such as 4 or 4.5."),
        "whole": _("Write a whole number."),
        "most": _("At most %(most)s.") % {"most": "{most}"},
        "places": _("At most %(n)s digits after the point.") % n,
        "no_time": _("A meeting lasts longer than that."),
        "reason": _("Say why %(name)s is excused.") % name,
        "votes": _("More votes than the %(n)s present who may vote.") % n,
        "left_out": _("This was left out: then there was no vote on it."),
        "about": _("Say what it was about."),
        "guest": _("Say the name of the guest."),
        "due": _("Say until when."),
        "criterion": ngettext("%(n)s criterion has no answer.", "%(n)s criteria have no answer.", 1) % n
        + f" {criteria}",
        "criteria": ngettext("%(n)s criterion has no answer.", "%(n)s criteria have no answer.", 2) % n
        + f" {criteria}",
        "group": ngettext("%(n)s group has no points.", "%(n)s groups have no points.", 1) % n + f" {groups}",
        "groups": ngettext("%(n)s group has no points.", "%(n)s groups have no points.", 2) % n + f" {groups}",
        "score_early": _("The points can't be older than the meeting."),
        "score_to_come": _("This day is still to come."),
        "one": ngettext(
            "One thing is to be put right. Nothing is lost.", "%(n)s things are to be put right. Nothing is lost.", 1
        ) % n,
        "more": ngettext(
            "One thing is to be put right. Nothing is lost.", "%(n)s things are to be put right. Nothing is lost.", 2
        ) % n,
    }  # fmt: skip
