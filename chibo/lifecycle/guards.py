"""What has to hold of a member for a case to begin or to go on: each says why not."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.lifecycle.badges import DUE, faults
from chibo.lifecycle.queries import known_of
from chibo.members.models import Membership
from chibo.procedures.registry import Moment, Text, guard


def _membership(moment: Moment) -> Membership | None:
    return known_of(moment).membership


@guard("members.is_member", label=gettext_lazy("they are a member"))
def is_member(moment: Moment) -> Text | None:
    return None if _membership(moment) else _("This is no member today.")


@guard("members.is_or_died_member", label=gettext_lazy("they are a member, or died as one"))
def is_or_died_member(moment: Moment) -> Text | None:
    return None if _membership(moment) or known_of(moment).died else _("This is no member, and did not die as one.")


@guard("members.is_no_member", label=gettext_lazy("they are no member"))
def is_no_member(moment: Moment) -> Text | None:
    return _("They are a member already.") if _membership(moment) else None


@guard("members.was_no_member", label=gettext_lazy("they never were a member"))
def was_no_member(moment: Moment) -> Text | None:
    return _("They were a member before: that is an admission again.") if known_of(moment).was_member else None


@guard("members.was_member", label=gettext_lazy("they were a member before"))
def was_member(moment: Moment) -> Text | None:
    return None if known_of(moment).was_member else _("They never were a member.")


@guard("members.is_probationary", label=gettext_lazy("they are on probation"))
def is_probationary(moment: Moment) -> Text | None:
    spell = _membership(moment)
    if spell is None:
        return _("This is no member today.")
    return _("They are an official member already.") if spell.official_on else None


@guard("members.is_exempt", label=gettext_lazy("they are exempt from meetings"))
def is_exempt(moment: Moment) -> Text | None:
    spell = _membership(moment)
    return None if spell is not None and spell.exempt_from else _("They are not exempt from meetings.")


@guard("members.is_not_exempt", label=gettext_lazy("they are not exempt from meetings"))
def is_not_exempt(moment: Moment) -> Text | None:
    spell = _membership(moment)
    if spell is None:
        return _("This is no member today.")
    return _("They are exempt from meetings already.") if spell.exempt_from else None


@guard("members.is_abroad", label=gettext_lazy("they are abroad"))
def is_abroad(moment: Moment) -> Text | None:
    return None if known_of(moment).is_abroad else _("They are not abroad.")


@guard("members.is_at_home", label=gettext_lazy("they are not abroad"))
def is_at_home(moment: Moment) -> Text | None:
    return _("They are abroad.") if known_of(moment).is_abroad else None


@guard("members.no_other_case", label=gettext_lazy("no such case is under way"))
def no_other_case(moment: Moment) -> Text | None:
    procedure, case = moment.case.version.procedure_id, moment.case.pk
    others = {pk for of, pk in known_of(moment).under_way if of == procedure and pk != case}
    return _("Such a case is under way already.") if others else None


@guard(DUE, label=gettext_lazy("their Party age is enough for the badge"))
def badge_due(moment: Moment) -> Text | None:
    """By the grade's years; less by its months where the badge comes early or after death."""
    person, told = moment.case.member_case.person, moment.case.told
    return next(iter(faults(person, told, moment.today, is_member=_membership(moment) is not None).values()), None)
