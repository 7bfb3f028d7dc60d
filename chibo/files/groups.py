"""The groups of a member's file: what each is called, which fields an entry has, and which groups are sensitive.

A closed list in code: rights, forms, what is sensitive and the tests that nothing leaks all stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chibo.core.components import Text


class Group(models.TextChoices):
    """A part of a file, in the order in which it is read."""

    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Identity card, address and telephone")
    PARTY = "party", _("Party card and number of the file")
    FAMILY = "family", _("Family")
    EDUCATION = "education", pgettext_lazy("group of a file", "Education")
    THEORY = "theory", pgettext_lazy("group of a file", "Political theory")
    WORK = "work", pgettext_lazy("group of a file", "Work")
    POSTS = "posts", pgettext_lazy("group of a file", "Posts")
    REWARDS = "rewards", _("Rewards")
    TRAINING = "training", _("Training")
    SUPPLEMENTS = "supplements", _("Yearly supplements")
    DISCIPLINE = "discipline", pgettext_lazy("group of a file", "Discipline")
    HEALTH = "health", _("Health")
    ABROAD = "abroad", _("Travel and relations abroad")


# The one place that says which groups are sensitive: closed to all but the member, opened with the right and a reason.
SENSITIVE = frozenset({Group.CONTACT, Group.FAMILY, Group.DISCIPLINE, Group.HEALTH, Group.ABROAD})

# What `Person` knows already, by the group that shows it; it is never recorded a second time.
FACTS: dict[str, tuple[Group, Text]] = {
    "full_name": (Group.IDENTITY, _("Name")),
    "sex": (Group.IDENTITY, _("Sex")),
    "born_on": (Group.IDENTITY, _("Born on")),
    "ethnicity": (Group.IDENTITY, _("Ethnicity")),
    "religion": (Group.IDENTITY, _("Religion")),
    "education": (Group.EDUCATION, _("Education")),
    "theory": (Group.THEORY, _("Political theory")),
    "occupation": (Group.WORK, _("Occupation")),
}
NEEDED_FACTS = ("full_name", "sex", "born_on")
LONGEST, LONGEST_LINE = 4000, 500


class Days(StrEnum):
    """Which days an entry has: none, the one on which it was, or from one to another, both of which may be unknown."""

    NONE = "none"
    ONE = "one"
    SPAN = "span"


@dataclass(frozen=True)
class Field:
    """One thing that an entry says."""

    name: str
    label: Text
    needed: bool = False
    long: bool = False
    help: Text = ""


@dataclass(frozen=True)
class Spec:
    """What an entry of a group says, and on which days; its first fields are its title."""

    days: Days
    fields: tuple[Field, ...]
    help: Text = ""
    titled: int = 1  # how many fields make its title; 0: each stands with its name


NOTE = Field("note", _("Note"), long=True)
SPECS: dict[Group, Spec] = {  # Posts have none: they are shown from where they are recorded
    Group.IDENTITY: Spec(
        Days.NONE,
        (
            Field("other_names", _("Other names")),
            Field("birthplace", _("Place of birth")),
            Field("home", _("Home village"), help=_("Village, commune, district, province.")),
        ),
        titled=0,
    ),
    Group.CONTACT: Spec(
        Days.SPAN,
        (
            Field("card", _("Number of the identity card")),
            Field("issued", _("Issued on and by")),
            Field("residence", _("Permanent residence")),
            Field("address", _("Where they live now")),
            Field("telephone", _("Telephone")),
            Field("mail", _("E-mail")),
        ),
        titled=0,
    ),
    Group.PARTY: Spec(
        Days.SPAN,
        (Field("card", _("Number of the Party card")), Field("number", _("Number of the file"))),
        titled=0,
    ),
    Group.FAMILY: Spec(
        Days.SPAN,
        (
            Field("relation", _("Relation"), needed=True, help=_("Father, mother, wife, husband, child and so on.")),
            Field("name", _("Name"), needed=True),
            Field("born", _("Year of birth")),
            Field("work", _("Work and place of work")),
            Field("residence", _("Residence")),
            NOTE,
        ),
        titled=2,
    ),
    Group.EDUCATION: Spec(
        Days.SPAN,
        (
            Field("school", _("School"), needed=True),
            Field("subject", _("Subject")),
            Field("form", _("Form of study")),
            Field("degree", _("Certificate or degree")),
        ),
    ),
    Group.THEORY: Spec(
        Days.SPAN,
        (Field("level", _("Level"), needed=True), Field("school", _("School")), Field("form", _("Form of study"))),
    ),
    Group.WORK: Spec(
        Days.SPAN,
        (
            Field("work", pgettext_lazy("done", "Work"), needed=True),
            Field("place", _("Place of work")),
            Field("service", _("Army, police, retired"), help=_("Only of who serves there, or is retired.")),
        ),
    ),
    Group.REWARDS: Spec(
        Days.ONE,
        (Field("reward", _("Reward"), needed=True), Field("giver", _("Given by")), Field("reason", _("For what"))),
    ),
    Group.TRAINING: Spec(
        Days.SPAN,
        (
            Field("course", _("Course"), needed=True),
            Field("place", pgettext_lazy("course", "Held at")),
            Field("certificate", _("Certificate")),
        ),
    ),
    Group.SUPPLEMENTS: Spec(
        Days.ONE,
        (Field("year", _("Year"), needed=True), Field("seen", _("Confirmed by")), Field("kept", _("Where it is kept"))),
        help=_("Form 3-HSĐV, handed in each year. What it says anew is recorded in the group it belongs to."),
    ),
    Group.DISCIPLINE: Spec(
        Days.SPAN,
        (
            Field("measure", _("Measure"), needed=True),
            Field("reason", _("For what")),
            Field("giver", _("Decided by")),
            NOTE,
        ),
    ),
    Group.HEALTH: Spec(Days.ONE, (Field("finding", _("Finding"), needed=True), Field("place", _("Examined at")), NOTE)),
    Group.ABROAD: Spec(
        Days.SPAN,
        (
            Field("matter", _("Journey or relation"), needed=True),
            Field("country", _("Country"), needed=True),
            Field("purpose", _("Purpose")),
            NOTE,
        ),
        titled=2,
    ),
}


def facts_of(group: Group) -> list[str]:
    """Which fields of `Person` a group shows."""
    return [name for name, (its, _label) in FACTS.items() if its == group]


def group_named(name: str) -> Group | None:
    """The group of this name; None if there is none."""
    return Group(name) if name in Group.values else None
