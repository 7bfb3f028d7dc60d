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
    MEMBER = "member", _("Member")
    ADMINISTRATOR = "administrator", _("Administrator")


@dataclass(frozen=True)
class Role:
    """What holding it allows, and how far down the tree."""

    permissions: frozenset[P]
    reach: Reach


WORK = frozenset({P.UNIT_VIEW, P.EVIDENCE_VIEW, P.REPORT_VIEW, P.MEMBER_VIEW, P.MEETING_VIEW, P.POST_VIEW})

ROLES: dict[str, Role] = {
    RoleCode.OFFICER: Role(WORK | {P.MEETING_REMIND, P.POST_MANAGE}, Reach.SUBTREE),
    RoleCode.LEADER: Role(WORK | {P.MEETING_REMIND}, Reach.SUBTREE),
    RoleCode.SECRETARY: Role(WORK | {P.MEETING_RECORD}, Reach.UNIT),
    RoleCode.MEMBER: Role(frozenset({P.UNIT_VIEW}), Reach.UNIT),
    RoleCode.ADMINISTRATOR: Role(frozenset({P.UNIT_VIEW, P.ROLL_LOAD, P.USER_MANAGE, P.NORM_MANAGE}), Reach.SUBTREE),
}
