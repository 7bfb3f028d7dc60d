"""What has to hold of a member for a case to begin or to go on: each says why not."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.admissions.models import Certificate
from chibo.core.formats import day
from chibo.lifecycle.models import Abroad, MemberCase
from chibo.lifecycle.queries import membership_on
from chibo.members.models import Membership, Person
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold
from chibo.procedures.limits import months_after
from chibo.procedures.models import Case
from chibo.procedures.registry import Moment, Text, guard


def _person(moment: Moment) -> Person:
    return moment.case.member_case.person


def _membership(moment: Moment) -> Membership | None:
    return membership_on(_person(moment), moment.today)


@guard("members.is_member", label=gettext_lazy("they are a member"))
def is_member(moment: Moment) -> Text | None:
    return None if _membership(moment) else _("This is no member today.")


@guard("members.is_no_member", label=gettext_lazy("they are no member"))
def is_no_member(moment: Moment) -> Text | None:
    return _("They are a member already.") if _membership(moment) else None


@guard("members.was_no_member", label=gettext_lazy("they never were a member"))
def was_no_member(moment: Moment) -> Text | None:
    was = Membership.objects.filter(person=_person(moment)).exists()
    return _("They were a member before: that is an admission again.") if was else None


@guard("members.was_member", label=gettext_lazy("they were a member before"))
def was_member(moment: Moment) -> Text | None:
    was = Membership.objects.filter(person=_person(moment)).exists()
    return None if was else _("They never were a member.")


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
    gone = Abroad.objects.filter(membership__person=_person(moment), to_on=None).exists()
    return None if gone else _("They are not abroad.")


@guard("members.is_at_home", label=gettext_lazy("they are not abroad"))
def is_at_home(moment: Moment) -> Text | None:
    gone = Abroad.objects.filter(membership__person=_person(moment), to_on=None).exists()
    return _("They are abroad.") if gone else None


@guard("members.no_other_case", label=gettext_lazy("no such case is under way"))
def no_other_case(moment: Moment) -> Text | None:
    person, procedure = _person(moment), moment.case.version.procedure_id
    others = MemberCase.objects.filter(person=person, case__version__procedure=procedure).exclude(case=moment.case)
    under_way = others.filter(case__status__in=[Case.Status.OPEN, Case.Status.SUSPENDED]).exists()
    return _("Such a case is under way already.") if under_way else None


@guard("members.age_fits", label=gettext_lazy("their age allows to join"))
def age_fits(moment: Moment) -> Text | None:
    """By month: from the least age on, until the month in which they pass the greatest."""
    born, limits = _person(moment).born_on, Threshold.objects.on(moment.today)
    least, most = int(limits.get(Limit.JOINING_LEAST_AGE, 0)), int(limits.get(Limit.JOINING_MOST_AGE, 200))
    if months_after(born, least * 12) > moment.today:
        return _("They are too young: %(n)s years are asked for.") % {"n": least}
    if _month(months_after(born, most * 12)) < _month(moment.today):
        return _("They are older than %(n)s years: only the provincial committee can allow that.") % {"n": most}
    return None


def _month(of: date) -> int:
    return of.year * 12 + of.month


@guard("admissions.class_valid", label=gettext_lazy("their certificate of the awareness class is valid"))
def class_valid(moment: Moment) -> Text | None:
    last = Certificate.objects.filter(person=_person(moment)).order_by("-issued_on").first()
    if last is None:
        return _("The certificate of the awareness class is not recorded.")
    years = int(Threshold.objects.on(moment.today).get(Limit.AWARENESS_YEARS, 200))
    until = months_after(last.issued_on, years * 12)
    if until > moment.today:
        return None
    return _("The certificate of the awareness class was valid until %(day)s.") % {"day": day(until)}
