"""What cases of the member's life are about, as procedures name it."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chibo.lifecycle.actions import JOINED
from chibo.lifecycle.models import MemberCase
from chibo.lifecycle.queries import about_user, place_of, users_of
from chibo.lifecycle.values import joining_values, member_values
from chibo.organizations.models import Unit
from chibo.procedures.models import Case
from chibo.procedures.registry import Subject, days, subject


def _url(case: Case) -> str:
    about = MemberCase.objects.filter(case=case).first()
    return reverse("member", args=[about.person_id]) if about else ""


def _place(case: Case, day: date) -> Unit | None:
    return place_of(case.member_case.person, day)


MEMBER = subject(
    Subject(
        code="member", label=_("a member"), concerned=users_of, of_user=about_user, values=member_values, url=_url,
        place=_place,
    )
)  # fmt: skip
JOINING = subject(
    Subject(
        code="joining", label=_("someone who is to join"), concerned=users_of, of_user=about_user,
        values=joining_values, place=_place,
    )
)  # fmt: skip
days[JOINED] = _("day of joining")
