"""The versions of the form in which meetings are recorded: a record may come days after its form has changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.meetings.course_forms import NAMES
from chibo.meetings.forms import TYPED, MeetingForm

FORM = 3  # 1: points of the eight groups; 2: answers to the criteria of a sheet; 3: the course. All are read.
OF_COURSE = re.compile(NAMES)


def lost(form: MeetingForm, data: Mapping[str, Any]) -> list[str]:
    """What a record says that the form has no place for any more, in words: nothing is left out unsaid.

    Every field that still has its place is taken by its name, whatever the version. None said: not sent by a device.
    """
    version = str(data.get("form_version", ""))
    if not version:
        return []
    if not version.isdecimal() or int(version[:9]) > FORM:
        return [_("This was recorded in a newer form than the program has now. Look it over here, and save it again.")]
    people = {str(row.who.person) for row in form.roll.rows}
    marks, points, others = set(), [], []
    for name in data:
        if not data.get(name) or name in form.fields or not TYPED.fullmatch(name) or name == "step":
            continue
        if name[1:2] == "_" and name[0] in "mrxs":
            marks |= {name[2:]} - people
        elif OF_COURSE.fullmatch(name):
            continue  # the course of the meeting takes them, or says what is wrong
        elif name.startswith("k_") or name in {f"c{n}" for n in range(1, 9)}:
            points.append(name)
        else:
            others.append(name)
    said = []
    if marks:
        words = ngettext(
            "The mark of %(n)s person who is not on the list of that day.",
            "The marks of %(n)s people who are not on the list of that day.", len(marks),
        )  # fmt: skip
        said.append(words % {"n": len(marks)})
    if points:
        words = ngettext(
            "The points of %(n)s criterion that is not asked for any more.",
            "The points of %(n)s criteria that are not asked for any more.", len(points),
        )  # fmt: skip
        said.append(words % {"n": len(points)})
    said += [_("What was said of “%(name)s”.") % {"name": name} for name in others]
    return [_("This has no place in the form as it is now:") + " " + text for text in said]
