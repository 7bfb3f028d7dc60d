"""Who may record in a member's file, who may open its sensitive groups, and what has to hold of an entry."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.fields import HIDDEN
from chibo.core.formats import day
from chibo.files.groups import FACTS, LONGEST, LONGEST_LINE, NEEDED_FACTS, SENSITIVE, SPECS, Days, Group
from chibo.files.models import Entry, Source
from chibo.members.models import Membership, Person, Sex
from chibo.members.queries import place_on, stays_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Held, Rights, rights_of

SHORTEST_REASON = 5
BEFORE = date(1900, 1, 1)


def cell_of(person: Person, today: date) -> Unit | None:
    """The cell that keeps someone's file: where they are a member, or were last; None of who never was. One query."""
    stays = stays_of(person.pk)
    return place_on(stays, today).cell if stays else None


def check_keeps(by: Any, person: Person, group: str, today: date) -> None:
    """Denied unless `by`, or the system, may record in a group of someone's file; nobody does in their own."""
    if by is None:
        return
    cell, rights = cell_of(person, today), rights_of(by, today)
    if cell is None or not rights.scope(P.FILE_KEEP).covers(cell):
        raise Denied(_("You record only in the files of members of your own units."))
    if group in SENSITIVE and not rights.scope(P.FILE_OPEN).covers(cell):
        raise Denied(_("This group is sensitive: only who may open it records in it."))
    if person.user_id == by.pk:
        raise Denied(_("This is your own file: someone else has to record in it."))


def opening_by(rights: Rights, cell: Unit) -> Held | None:
    """The role by which someone may open the sensitive groups of files at a cell; None if by none."""
    for held in rights.held:
        if Rights((held,)).scope(P.FILE_OPEN).covers(cell):
            return held
    return None


def check_opens(by: Any, person: Person, group: str, today: date) -> Held:
    """The role by which `by` opens a sensitive group of someone's file. Denied if by none, or if it is none."""
    cell = cell_of(person, today)
    held = opening_by(rights_of(by, today), cell) if cell is not None and by is not None else None
    if held is None:
        raise Denied(_("The sensitive groups of this file are not yours to open."))
    if group not in SENSITIVE:
        raise Denied(_("This group is open already."))
    return held


def check_reason(reason: str) -> None:
    """Denied unless a reason says something."""
    check_text(reason, LONGEST_LINE)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Denied(_("Say why, in a few words."))


def check_text(text: Any, longest: int) -> None:
    """Denied if a text is none, too long, or has characters nobody sees: then it never gets as far as the database.

    What a database refuses it may quote in its log.
    """
    if not isinstance(text, str) or len(text) > longest:
        raise Denied(_("This text is too long."))
    if any(unicodedata.category(each) in HIDDEN and each not in "\r\n" for each in text):
        raise Denied(_("There are hidden characters in this text. Delete it and type it by hand."))


def check_said(group: str, said: Mapping[str, Any]) -> None:
    """Denied unless an entry says what its group asks for, and nothing else."""
    if group not in SPECS:
        raise Denied(_("Posts are recorded on the page of the committee."))
    spec = SPECS[Group(group)]
    if set(said) - {field.name for field in spec.fields}:
        raise Denied(_("This group has no such field."))
    for field in spec.fields:
        if field.name in said:
            check_text(said[field.name], LONGEST if field.long else LONGEST_LINE)
        if field.needed and not said.get(field.name):
            raise Denied(_("“%(field)s” is needed.") % {"field": field.label})
    if not any(said.values()):
        raise Denied(_("Fill in at least one field."))


def check_days(group: str, from_on: date | None, to_on: date | None, today: date) -> None:
    """Denied unless the days of an entry are those its group has, in order, and not to come."""
    days = SPECS[Group(group)].days
    if (days == Days.NONE and from_on) or (days != Days.SPAN and to_on):
        raise Denied(_("An entry of this group has no such day."))
    if days == Days.ONE and from_on is None:
        raise Denied(_("Say on which day it was."))
    for each in (from_on, to_on):
        if each is not None and each < BEFORE:
            raise Denied(_("This year can't be meant."))
    if from_on is not None and from_on > today:
        raise Denied(_("This day is still to come: record it once it is there."))
    if from_on is not None and to_on is not None and to_on <= from_on:
        raise Denied(_("It has to end after the day it begins."))


def check_source(source: str, paper: str, paper_on: date | None, today: date, *, is_system: bool) -> None:
    """Denied unless it is said where an entry comes from; only the system says that it was a workbook."""
    check_text(paper, LONGEST_LINE)
    if source not in Source.values or (source == Source.LOAD and not is_system):
        raise Denied(_("Say where this comes from."))
    if source in (Source.DOCUMENT, Source.FORM) and not paper:
        raise Denied(_("Give the number of the document, or the name of the form."))
    if paper_on is not None and not BEFORE <= paper_on <= today:
        raise Denied(_("The paper can't be of that day."))


def check_there(entry: Entry) -> None:
    """Denied if an entry was taken out of the file."""
    if entry.struck_because:
        raise Denied(_("This entry was taken out of the file."))


def check_ends(entry: Entry, on: date, today: date) -> None:
    """Denied unless an entry is one that ends, has not ended before, and began before that day."""
    if entry.spec.days != Days.SPAN:
        raise Denied(_("An entry of this group has no end."))
    if entry.to_on is not None and entry.to_on <= on:
        raise Denied(_("This entry ended on %(day)s already.") % {"day": day(entry.to_on)})
    if on > today:
        raise Denied(_("This day is still to come: record it once it is there."))
    if entry.from_on is not None and on <= entry.from_on:
        raise Denied(_("It began on %(day)s: it ends after that day.") % {"day": day(entry.from_on)})


def check_fact(person: Person, fact: str, value: Any) -> None:
    """Denied unless a fact of a person may say this."""
    if fact not in FACTS:
        raise Denied(_("This group has no such field."))
    if fact in NEEDED_FACTS and not value:
        raise Denied(_("“%(field)s” is needed.") % {"field": FACTS[fact][1]})
    if fact == "born_on":
        joined = Membership.objects.filter(person=person).order_by("joined_on").values_list("joined_on", flat=True)
        first = joined.first()
        if not isinstance(value, date) or value < BEFORE or (first is not None and value >= first):
            raise Denied(_("Nobody is born then who joined when this member did."))
    elif fact == "sex":
        if value not in Sex.values:
            raise Denied(_("Choose one of the list."))
    else:
        check_text(value, LONGEST_LINE)
