"""Users: someone who signs in; codes that let them choose a password; what was done with them."""

from __future__ import annotations

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from chibo.core.text import name_sort_key, search_key


class User(AbstractUser):
    """Someone who signs in by user name and password; linked to no rights but by grants."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(max_length=200, blank=True)
    sort_key = models.TextField(default="", editable=False)
    search_key = models.TextField(default="", editable=False)

    REQUIRED_FIELDS = []

    class Meta(AbstractUser.Meta):
        indexes = [models.Index(fields=["sort_key", "id"], name="user_by_name")]
        constraints = [  # as signing in compares them, in capitals: Kim and kim are one
            models.UniqueConstraint(Upper("username"), name="user_name_once")
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def save(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        self.sort_key = name_sort_key(self.full_name or self.username)
        self.search_key = search_key(f"{self.full_name} {self.username}")
        super().save(*args, **kwargs)


class Invitation(models.Model):
    """A code by which someone chooses a password, once and until a moment; only its fingerprint is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="invitations")
    fingerprint = models.CharField(max_length=64)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="invitation_newest")]

    def __str__(self) -> str:
        return f"invitation of {self.user_id} until {self.until}"


APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


@pgtrigger.register(APPEND_ONLY)
class UserAct(models.Model):
    """Something was done with a user, by whom and when; it is never changed."""

    class Act(models.TextChoices):
        MADE = "made", _("Made, or given a new password, on the command line")
        INVITED = "invited", _("Invited")
        CODE_MADE = "code_made", _("Given a new code to choose a password with")
        JOINED = "joined", _("Chose a password with the code")
        BLOCKED = "blocked", _("Blocked")
        UNBLOCKED = "unblocked", _("Let in again")
        LINKED = "linked", _("Linked to the record of a member")
        UNLINKED = "unlinked", _("No longer linked to the record of a member")

    user = models.ForeignKey(User, models.PROTECT, related_name="acts")
    act = models.CharField(max_length=20, choices=Act)
    about = models.CharField(max_length=500, blank=True)  # the code of the member
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="user_act_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.act}"
