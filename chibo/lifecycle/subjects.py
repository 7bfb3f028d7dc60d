"""What cases of the member's life are about, as procedures name it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chibo.lifecycle.models import MemberCase
from chibo.lifecycle.queries import about_user, users_of
from chibo.lifecycle.values import joining_values, member_values
from chibo.procedures.models import Case
from chibo.procedures.registry import Subject, subject


def _url(case: Case) -> str:
    about = MemberCase.objects.filter(case=case).first()
    return reverse("member", args=[about.person_id]) if about else ""


MEMBER = subject(
    Subject(code="member", label=_("a member"), concerned=users_of, of_user=about_user, values=member_values, url=_url)
)
JOINING = subject(
    Subject(
        code="joining", label=_("someone who is to join"), concerned=users_of, of_user=about_user, values=joining_values
    )
)
