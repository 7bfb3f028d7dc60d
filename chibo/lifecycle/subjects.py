"""What cases of the member's life are about, as procedures name it."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chibo.lifecycle.models import MemberCase
from chibo.lifecycle.queries import about_user, place_of, users_of
from chibo.lifecycle.values import joining_values, member_values
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.procedures.models import Case
from chibo.procedures.registry import Subject, subject


def _url(case: Case, rights: Rights, day: date) -> str:
    """The page of the member for who looks after members where they are that day; empty for everyone else."""
    scope = rights.scope(P.MEMBER_VIEW)
    about = MemberCase.objects.filter(case=case).select_related("person").first() if scope else None
    place = place_of(about.person, day) if about else None
    return reverse("member", args=[about.person_id]) if about and place and scope.covers(place) else ""


MEMBER = subject(
    Subject(code="member", label=_("a member"), concerned=users_of, of_user=about_user, values=member_values, url=_url)
)
JOINING = subject(
    Subject(
        code="joining", label=_("someone who is to join"), concerned=users_of, of_user=about_user, values=joining_values
    )
)
