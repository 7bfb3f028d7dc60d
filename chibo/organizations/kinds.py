"""Kinds of units, where each may stand, where a unit works; kinds of acts. Source: contracts, Charter art. 10."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    CENTRAL = "central", _("Central Committee")
    PROVINCE = "province", _("Provincial committee")
    DISTRICT = "district", _("District committee")
    GRASSROOTS_COMMITTEE = "grassroots_committee", _("Grassroots committee")
    GRASSROOTS_CELL = "grassroots_cell", _("Grassroots cell")
    SUB_COMMITTEE = "sub_committee", _("Sub-committee")
    CELL = "cell", _("Cell")


CELLS = (Kind.CELL, Kind.GRASSROOTS_CELL)
GRASSROOTS = (Kind.GRASSROOTS_COMMITTEE, Kind.GRASSROOTS_CELL)

MAY_STAND_UNDER: dict[str, frozenset[str | None]] = {
    Kind.CENTRAL: frozenset({None}),
    Kind.PROVINCE: frozenset({Kind.CENTRAL, None}),
    Kind.DISTRICT: frozenset({Kind.PROVINCE, None}),
    Kind.GRASSROOTS_COMMITTEE: frozenset({Kind.DISTRICT, Kind.PROVINCE, None}),
    Kind.GRASSROOTS_CELL: frozenset({Kind.DISTRICT, Kind.PROVINCE, None}),
    Kind.SUB_COMMITTEE: frozenset({Kind.GRASSROOTS_COMMITTEE}),
    Kind.CELL: frozenset({Kind.GRASSROOTS_COMMITTEE, Kind.SUB_COMMITTEE}),
}


class Setting(models.TextChoices):
    """Where a unit works: among whom, at what."""

    COMMUNE = "commune", _("Commune")
    VILLAGE = "village", _("Village")
    RESIDENTIAL_GROUP = "residential_group", _("Residential group")
    AGENCY = "agency", _("Agency")
    PUBLIC_SERVICE = "public_service", _("Public service unit")
    SCHOOL = "school", _("School")
    HEALTH = "health", _("Health service")
    STATE_ENTERPRISE = "state_enterprise", _("State enterprise")
    PRIVATE_ENTERPRISE = "private_enterprise", _("Private enterprise")
    COOPERATIVE = "cooperative", _("Cooperative")
    ARMY = "army", _("Army")
    POLICE = "police", _("Police")
    ABROAD = "abroad", _("Abroad")
    OTHER = "other", _("Other")


PRIVATE_SECTOR = (Setting.PRIVATE_ENTERPRISE, Setting.COOPERATIVE)


class ActKind(models.TextChoices):
    """What can be done to units on a day, by a decision."""

    FOUND = "found", _("Founded")
    RENAME = "rename", _("Renamed")
    CHANGE_KIND = "change_kind", _("Kind changed")
    MOVE = "move", _("Moved")
    MERGE = "merge", _("Merged")
    SPLIT = "split", _("Split")
    DISSOLVE = "dissolve", _("Dissolved")
    REOPEN = "reopen", _("Opened again")


class Part(models.TextChoices):
    """What a unit is to an act."""

    SUBJECT = "subject", _("The unit itself")
    FROM = "from", _("What it came from")
    INTO = "into", _("What became of it")
    PARENT = "parent", _("The unit above")


class RuleCode(models.TextChoices):
    """Numbers the rules of organization ask for."""

    CELL_OFFICIALS = "cell_officials", _("Official members a cell has at least")
    COMMITTEE_OFFICIALS = "committee_officials", _("Official members from which a cell becomes a committee")
