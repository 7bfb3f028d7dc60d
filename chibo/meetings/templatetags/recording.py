"""What the form of a meeting has by the dozen: lines of the list, items, criteria."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from chibo.meetings.course_forms import AskedItem
from chibo.meetings.forms import Row
from chibo.meetings.models import State
from chibo.meetings.point_forms import AskedGroup

register = template.Library()


@register.simple_tag
def roll_rows(rows: list[Row]) -> SafeString:
    """Those who must attend, with what is marked of each."""
    marks = [
        (State.PRESENT.value, pgettext("roll", "Present"), "met"),
        (State.EXCUSED.value, pgettext("roll", "Excused"), "near"),
        (State.ABSENT.value, pgettext("roll", "Absent"), "missed"),
    ]
    return _put("roll", rows=rows, marks=marks)


@register.simple_tag
def items(rows: Iterable[AskedItem], kinds: Any, voters: int) -> SafeString:
    """Items as they are asked; kinds: what can be done with one; voters: how many may vote."""
    return _put("items", rows=rows, kinds=kinds, voters=voters, is_blank=False)


@register.simple_tag
def blank_item(row: AskedItem, kinds: Any, voters: int) -> SafeString:
    """Room for an item that is not on the agenda."""
    return _put("items", rows=[row], kinds=kinds, voters=voters, is_blank=True)


@register.simple_tag
def criteria(groups: list[AskedGroup]) -> SafeString:
    """The criteria of a scoring sheet, group by group."""
    return _put("criteria", groups=groups)


def _put(name: str, **said: Any) -> SafeString:
    return SafeString(render_to_string(f"meetings/{name}.html", said, using="jinja2"))  # it escapes what it is given
