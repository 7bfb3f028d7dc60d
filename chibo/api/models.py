"""Tokens by which programs come in as someone, how often each came in a minute, and what was sent under which key."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from chibo.core.history import kept
from chibo.organizations.models import Unit

LONGEST = 366  # days


@kept
class Token(models.Model):
    """A program may come in as a user until a day, with some of what they hold; only its fingerprint is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64, unique=True)
    begins = models.CharField(max_length=12)  # how it begins: to know it again by
    permissions = models.JSONField()  # codes; what is not among them it never has
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")  # it reaches no further
    made_at = models.DateTimeField()
    until = models.DateField()  # first day it is no longer good
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(permissions=[]), name="token_some_permission"),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("made_at")), name="token_revoked_after"
            ),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="token_newest")]

    def __str__(self) -> str:
        return f"token {self.name} of {self.user_id}"

    def is_good(self, today: date) -> bool:
        """Whether it lets anyone in that day."""
        return self.revoked_at is None and today < self.until


class Pace(models.Model):
    """How often a token was used in the last minute in which it was; no record, so no history."""

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="pace")
    minute = models.DateTimeField()
    times = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.token_id} {self.times} times at {self.minute}"


class Answer(models.Model):
    """What was answered to what came under a key, for a day, as it is done once; no record, so no history."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="answers", db_index=False)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of what was sent
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.token_id} {self.status}"
