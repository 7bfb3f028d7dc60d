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
    MEETING_OWN = "meeting.own", _("Open the meetings of a cell: conclusions, and one's own attendance alone")
    MEETING_RECORD = "meeting.record", _("Record, correct and withdraw the meetings of a cell")
    MEETING_REMIND = "meeting.remind", _("Remind a cell of a meeting that is not recorded")
    SCORE_CONFIRM = "score.confirm", _("Confirm or return the scores of the cells directly below")
    ONLINE_APPROVE = "online.approve", _("Approve or return that the cells directly below meet online")
    TOPIC_HAND_DOWN = "topic.hand_down", _("Hand topics for thematic meetings down to the cells below")
    CELL_GUIDE = "cell.guide", _("Name weak cells, keep their support plans, choose guide cells")
    POST_VIEW = "post.view", _("See the committee: who holds which post, terms, vacancies")
    POST_MANAGE = "post.manage", _("Record posts, terms, and who looks after whom")
    NORM_MANAGE = "norm.manage", _("Change the numbers that the rules ask of committees")
    UNIT_ACT = "unit.act", _("Found, change, merge, split and close the units below")
    CASE_VIEW = "case.view", _("See cases: their steps, papers, votes and signatures")
    CASE_ACT = "case.act", _("Begin cases, and act on the steps that one's role is asked for")
    SOURCE_MANAGE = "source.manage", _("Keep the list of sources, and plan admissions")
    FILE_KEEP = "file.keep", _("Record in a member's file")
    FILE_OPEN = "file.open", _("Open the sensitive groups of a member's file, saying why")
    REGISTER_CONFIRM = "register.confirm", _("Confirm the register of a quarter, and settle its differences")
    DUES_RECORD = "dues.record", _("Record the dues of a cell")
    MEMBER_MERGE = "member.merge", _("Merge two records of one member, and take them apart again")
    ROLL_LOAD = "roll.load", _("Load workbooks, see what was loaded, undo a load")
    CHECK_VIEW = "check.view", _("See what the checks found, and have them look again")
    CLASSIFY = "unit.classify", _("Classify units, and correct how they were classified")
    RULE_MANAGE = "rule.manage", _("Set limits, and the schemes units are classified by")
    RESTRUCTURE = "unit.restructure", _("Rehearse, do and take back restructurings of the units below")
    USER_MANAGE = "user.manage", _("Invite and block users, give, end and review their roles")
    ACCESS_VIEW = "access.view", _("See who can see a unit or a member, and why")


# Rights that never come from above: whoever holds one, holds it at the very unit of the role, and lends it to nobody.
CONFIDENTIAL: frozenset[P] = frozenset()
