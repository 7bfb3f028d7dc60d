"""The rights there are. What each role holds stands in `roles.py`; where a user holds them, in grants."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class P(models.TextChoices):
    UNIT_VIEW = "unit.view", _("See a unit and its figures")
    EVIDENCE_VIEW = "evidence.view", _("Open a figure to its records, with names")
    REPORT_VIEW = "report.view", _("Read the reports of a unit")
    ROLL_LOAD = "roll.load", _("See what was loaded, and its verdicts")
