"""Roles: named sets of permissions, held at a unit, reaching that unit alone or all under it."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from chibo.organizations.permissions import P


class Reach(models.TextChoices):
    UNIT = "unit", _("This unit")
    SUBTREE = "subtree", _("This unit and all under it")


class RoleCode(models.TextChoices):
    OFFICER = "officer", _("Committee officer")
    LEADER = "leader", _("Committee leader")
    SECRETARY = "secretary", _("Cell secretary")
    FILE_KEEPER = "file_keeper", _("Keeper of members' files")
    MEMBER = "member", _("Member")
    ADMINISTRATOR = "administrator", _("Administrator")


@dataclass(frozen=True)
class Role:
    """What holding it allows, and how far down the tree at most: a grant may reach less far."""

    permissions: frozenset[P]
    reach: Reach


WORK = frozenset({P.UNIT_VIEW, P.EVIDENCE_VIEW, P.REPORT_VIEW, P.MEMBER_VIEW, P.MEETING_VIEW, P.POST_VIEW})
CASES = frozenset({P.CASE_VIEW, P.CASE_ACT})

ROLES: dict[str, Role] = {
    RoleCode.OFFICER: Role(
        WORK
        | CASES
        | {
            P.MEETING_REMIND,
            P.SCORE_CONFIRM,
            P.ONLINE_APPROVE,
            P.TOPIC_HAND_DOWN,
            P.CELL_GUIDE,
            P.ACCESS_VIEW,
            P.CHECK_VIEW,
            P.CLASSIFY,
            P.POST_MANAGE,
            P.UNIT_ACT,
            P.RESTRUCTURE,
        }
        | {P.SOURCE_MANAGE, P.FILE_KEEP, P.REGISTER_CONFIRM, P.MEMBER_MERGE},
        Reach.SUBTREE,
    ),
    RoleCode.LEADER: Role(
        WORK
        | CASES
        | {P.MEETING_REMIND, P.SCORE_CONFIRM, P.ONLINE_APPROVE, P.TOPIC_HAND_DOWN, P.CELL_GUIDE, P.ACCESS_VIEW}
        | {P.CHECK_VIEW},
        Reach.SUBTREE,
    ),
    RoleCode.SECRETARY: Role(
        WORK | CASES | {P.MEETING_RECORD, P.SOURCE_MANAGE, P.FILE_KEEP, P.REGISTER_CONFIRM, P.DUES_RECORD}, Reach.UNIT
    ),
    RoleCode.FILE_KEEPER: Role(frozenset({P.UNIT_VIEW, P.MEMBER_VIEW, P.FILE_KEEP, P.FILE_OPEN}), Reach.SUBTREE),
    RoleCode.MEMBER: Role(frozenset({P.UNIT_VIEW, P.MEETING_OWN}), Reach.UNIT),
    RoleCode.ADMINISTRATOR: Role(
        frozenset(
            {
                *(P.UNIT_VIEW, P.ROLL_LOAD, P.CHECK_VIEW, P.RULE_MANAGE, P.NORM_MANAGE),
                *(P.RESTRUCTURE, P.USER_MANAGE, P.ACCESS_VIEW),
            }
        ),
        Reach.SUBTREE,
    ),
}

FAR = [str(code) for code, role in ROLES.items() if role.reach == Reach.SUBTREE]
NEVER_LENT = [str(RoleCode.ADMINISTRATOR)]  # who gives roles is known by name; another administrator is named instead
NEVER_BY_POST = NEVER_LENT
