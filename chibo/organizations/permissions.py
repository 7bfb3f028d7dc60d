"""The rights there are. What each role holds stands in `roles.py`; where a user holds them, in grants."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class P(models.TextChoices):
    """Something a role may allow, by its code."""

    UNIT_VIEW = "unit.view", _("See a unit and its figures")
    EVIDENCE_VIEW = "evidence.view", _("Open a figure to its records, with names")
    REPORT_VIEW = "report.view", _("Read and make the reports of a unit")
    MEMBER_VIEW = "member.view", _("See members by name, and their records")
    MEETING_VIEW = "meeting.view", _("See meetings: who attended, conclusions, points")
    MEETING_RECORD = "meeting.record", _("Record, correct and withdraw the meetings of a cell")
    MEETING_REMIND = "meeting.remind", _("Remind a cell of a meeting that is not recorded")
    ROLL_LOAD = "roll.load", _("Load workbooks, see what was loaded, undo a load")
    RESTRUCTURE = "unit.restructure", _("Rehearse, do and take back restructurings of the units below")
    USER_MANAGE = "user.manage", _("Invite and block users, give and end their roles")
