"""Kinds of units, where each may stand, where a unit works; kinds of acts; limits. Source: contracts, Charter."""

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


class Limit(models.TextChoices):
    """A number that rules name; its values, with the days they are valid, are rows of `Threshold`."""

    CELL_LEAST_OFFICIAL = "cell_least_official", _("Official members a cell needs")
    CELL_MOST_OFFICIAL = "cell_most_official", _("Official members a cell has at most")
    COMMITTEE_FROM_OFFICIAL = (
        "committee_from_official",
        _("Official members from which a grassroots cell becomes a committee"),
    )
    DEPUTY_FROM_MEMBERS = "deputy_from_members", _("Members from which a grassroots cell has a deputy secretary")
    COMMITTEE_LEAST_CELLS = "committee_least_cells", _("Cells a grassroots committee needs")
    PROBATION_MONTHS = "probation_months", _("Months after joining by which a member is official")
    JOINING_LEAST_AGE = "joining_least_age", _("Age from which someone may join")
    JOINING_MOST_AGE = "joining_most_age", _("Age above which someone joins only by a decision of the province")
    AWARENESS_YEARS = "awareness_years", _("Years for which a certificate of the awareness class is valid")
    YEARS_WITHOUT_ADMISSION = "years_without_admission", _("Years without an admission after which a cell is told")
    MEMBER_MOST_AGE = "member_most_age", _("Age above which a day of birth is doubted")
    MONTHS_WITHOUT_MEETING = "months_without_meeting", _("Months in a row without a regular meeting that are told")
    MONTHS_ABSENT = "months_absent", _("Months of a year absent from meetings without a reason, from which it is told")
    MONTHS_ABSENT_RUNNING = (
        "months_absent_running",
        _("Months running absent from meetings without a reason, from which it is told"),
    )
    EXEMPT_MEETINGS = "exempt_meetings", _("Meetings in a year that someone exempt attends before it is told")
    SIGN_IN_DAYS = "sign_in_days", _("Days without signing in after which a user is told")
    CONFIRM_DAYS = "confirm_days", _("Days within which the score of a meeting is confirmed")
    DRAFT_DAYS = "draft_days", _("Days after which a draft of a meeting is told")
