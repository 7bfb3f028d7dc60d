"""Checks of classifications: the setting kept with a unit is the one its history says."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.integrity.checks import is_open
from chibo.integrity.registry import Subject, Way, check, found


@check(
    "classifications.setting_differs",
    subject=Subject.CLASSIFICATIONS,
    label=_("Settings that differ from their history"),
    why=_("Lists go by the one and figures by the other, and don't agree."),
    mend=_("Classify the unit anew from today."),
    way=Way.CLASSIFICATIONS,
)
def setting_differs() -> str:
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name")} from organizations_unit u
    join classifications_scheme s on s.code = 'setting'
    left join classifications_classified c on c.unit_id = u.id and c.scheme_id = s.id and c.to_on is null
    left join classifications_value v on v.id = c.value_id
    where u.setting <> coalesce(v.code, '')
    """


@check(
    "classifications.before_founding",
    subject=Subject.CLASSIFICATIONS,
    label=_("Classified before the founding or after the closing"),
    why=_("Nothing can be said of a unit on a day on which it is not there."),
    mend=_("Correct the day from which it is classified."),
    way=Way.CLASSIFICATIONS,
    shown=_("classified from %(day)s"),
)
def before_founding() -> str:
    columns = found("u.id", "c.id", "u.code", "u.name", day="c.from_on")
    return f"""
    select {columns} from classifications_classified c join organizations_unit u on u.id = c.unit_id
    where c.value_id is not null and c.from_on > date '0001-01-01'
      and (c.from_on < u.founded_on or c.from_on >= u.closed_on)
    """


@check(
    "classifications.not_offered",
    subject=Subject.CLASSIFICATIONS,
    label=_("Values that are no longer offered"),
    why=_("Whoever looks for units by today's values does not find these."),
    mend=_("Classify the unit by a value that is offered."),
    way=Way.CLASSIFICATIONS,
    is_doubt=True,
)
def not_offered() -> str:
    return f"""
    select {found("u.id", "c.id", "u.code", "u.name")} from classifications_classified c
    join classifications_value v on v.id = c.value_id and not v.is_offered
    join organizations_unit u on u.id = c.unit_id
    where c.to_on is null and {is_open("u")}
    """
