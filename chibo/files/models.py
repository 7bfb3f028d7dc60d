"""Entries of members' files, what a fact of a person rests on, openings of sensitive groups, copies given out."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chibo.core.history import NO_TRUNCATE, kept
from chibo.files.groups import FACTS, SENSITIVE, SPECS, Group, Spec
from chibo.indicators.marks import marks
from chibo.members.models import Person
from chibo.organizations.models import Grant, Unit

USER = settings.AUTH_USER_MODEL
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Source(models.TextChoices):
    DOCUMENT = "document", _("Document")
    FORM = "form", _("Paper form of the file")
    DECLARED = "declared", _("As declared by the member")
    LOAD = "load", _("Workbook")


def _source() -> Any:
    return models.CharField(max_length=10, choices=Source)


# Years a training touches, at the units at which its member holds or held a post.
STARTS, ENDS = "coalesce(r.from_on, r.to_on - 1)", "coalesce(r.to_on - 1, r.from_on)"
OF_TRAINING = f"""
select p.unit_id, (date_trunc('year', {STARTS}) + interval '1 year')::date - 1,
    (date_trunc('year', {ENDS}) + interval '1 year')::date
from {{rows}} r join members_post p on p.person_id = r.person_id
where r."group" = '{Group.TRAINING.value}' and {STARTS} is not null
"""


@marks("files", ["person_id", '"group"', "from_on", "to_on", "struck_because"], OF_TRAINING)
@kept
class Entry(models.Model):
    """One thing that a member's file says, by a source, on its days; put right and ended, never deleted."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="file_entries")
    group = models.CharField(max_length=20, choices=Group)
    said: Any = models.JSONField()  # by the names of the group's fields; what is not known is left out
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField(null=True, blank=True)  # first day it no longer holds
    source = _source()
    paper = models.CharField(max_length=500, blank=True)  # number of the document, name of the form
    paper_on = models.DateField(null=True, blank=True)
    end_paper = models.CharField(max_length=500, blank=True)  # by which it ended
    struck_because = models.CharField(max_length=500, blank=True)  # recorded by mistake: out of the file, kept here

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(group__in=list(map(str, SPECS))), name="file_entry_group"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="file_entry_source"),
            models.CheckConstraint(
                condition=Q(from_on=None) | Q(to_on=None) | Q(to_on__gt=F("from_on")), name="file_entry_some_day"
            ),
        ]
        indexes = [models.Index(fields=["person", "group"], name="file_entry_of")]

    def __str__(self) -> str:
        return f"{self.group} of {self.person_id}"  # never what it says: this may come to stand in a log

    @property
    def spec(self) -> Spec:
        """What an entry of its group says."""
        return SPECS[Group(self.group)]

    @property
    def is_sensitive(self) -> bool:
        return self.group in SENSITIVE


@kept
class Basis(models.Model):
    """By which source a fact of a person was put right; `context` is that act in the history of the person."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="fact_bases")
    fact = models.CharField(max_length=20, choices=[(name, label) for name, (_group, label) in FACTS.items()])
    source = _source()
    paper = models.CharField(max_length=500, blank=True)
    paper_on = models.DateField(null=True, blank=True)
    rests_on = models.JSONField(null=True, blank=True)  # of a case: what it quotes, in every language it is told in
    context = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(fact__in=list(FACTS)), name="file_basis_fact"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="file_basis_source"),
            models.UniqueConstraint(fields=["person", "fact", "context"], name="file_basis_once"),
        ]

    def __str__(self) -> str:
        return f"{self.fact} of {self.person_id}"


@pgtrigger.register(APPEND_ONLY, NO_TRUNCATE)
class Opening(models.Model):
    """Someone opened a sensitive group of a member's file: when, why, by which grant. Never changed."""

    is_log = True  # what it names is not taken away
    # It names the record that was opened, also after that one went into another: `identity.named` finds it.
    person = models.ForeignKey(Person, models.PROTECT, db_constraint=False, related_name="file_openings")
    group = models.CharField(max_length=20, choices=Group)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)  # of the grant, and where it was held
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(group__in=sorted(map(str, SENSITIVE))), name="file_opening_group"),
            models.CheckConstraint(condition=~Q(reason=""), name="file_opening_reason"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="file_opening_newest")]

    def __str__(self) -> str:
        return f"{self.group} of {self.person_id} by {self.by_id}"


class CopyForm(models.TextChoices):
    JSON = "json", _("Copy for other programs (.json)")
    PDF = "pdf", _("Copy to read and print (.pdf)")


@pgtrigger.register(APPEND_ONLY, NO_TRUNCATE)
class Copy(models.Model):
    """A member took a complete copy of what is recorded of them. Never changed."""

    is_log = True
    person = models.ForeignKey(Person, models.PROTECT, db_constraint=False, related_name="file_copies")
    form = models.CharField(max_length=10, choices=CopyForm)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(form__in=CopyForm.values), name="file_copy_form")]

    def __str__(self) -> str:
        return f"{self.form} of {self.person_id}"
