"""Kinds of meetings, and how one is held: the words that notices, agendas and recorded meetings share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    REGULAR = "regular", _("Regular meeting")
    THEMATIC = "thematic", _("Thematic meeting")
    EXTRAORDINARY = "extraordinary", _("Extraordinary meeting")
    COMMITTEE = "committee", _("Preparatory meeting of the committee")


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("In person")
    ONLINE = "online", _("Online")
    BY_GROUP = "by_group", _("By Party group")


class ItemKind(models.TextChoices):
    """What is done with an item of an agenda."""

    REPORT = "report", _("Report")
    DISCUSSION = "discussion", _("Discussion")
    VOTE = "vote", _("Vote")
    SCORE = "score", _("Score of the meeting")
    OTHER = "other", _("Other")
