"""Meetings of cell A whose scores wait, and those who judge them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

from django.test import Client

from chibo.committees.models import Charge
from chibo.core.actions import action
from chibo.meetings import actions, confirming
from chibo.meetings.content import padded
from chibo.meetings.models import Confirmation, Meeting, ScoreDeed
from chibo.members.actions import link_user
from chibo.members.models import Person, Post, PostKind
from chibo.scoring.models import SheetVersion
from tests.meetings.saying import content
from tests.scoring.test_sheets import full
from tests.world import AT, TODAY

DAY = timedelta(days=1)
BARE = {"notice": "no", "minutes": "no", "final_papers": "no"}  # there was no notice, and there are no minutes
LEAST = {"papers": "no", "speakers": "less", "result": "less"}  # nothing is claimed of which there is no record


def by_sheet(**answers):
    """December's meeting of cell A by the 100-point sheet: the records answer for its duration and attendance."""
    version = SheetVersion.objects.get(code="hundred")
    given = full(version.sheet, **answers)
    points = padded(version.sheet.points(given).groups)
    return content(points=points, sheet=version.pk, answers=given, duration_min=Decimal(95))


def at(meeting):
    """The meeting, what waits of it and its score, as they stand."""
    found = Meeting.objects.select_related("unit").get(pk=meeting.pk)
    return found, Confirmation.objects.filter(meeting=found).first(), found.scores.filter(scored_by="self").first()


def confirm(meeting, by, **more):
    return confirming.confirm(meeting=meeting, seen=confirming.seal_now(*at(meeting)), by=by, at=AT, **more)


def give_back(meeting, by, reason="Too good to be true"):
    return confirming.give_back(
        meeting=meeting, seen=confirming.seal_now(*at(meeting)), reason=reason, by=by, at=AT
    )  # fmt: skip


def state(meeting):
    return Confirmation.objects.get(meeting=meeting).state


def deeds(meeting):
    return list(ScoreDeed.objects.filter(meeting=meeting).order_by("pk").values_list("deed", flat=True))


def in_charge(world, name, code="M6"):
    """Let a user be the member of the north's committee who looks after cell A."""
    person = Person.objects.get(code=code)
    link_user(person=person, user=getattr(world, name), by=world.eva, at=AT)
    sit(person=person, world=world, by=None, at=AT)


@action("tests.seated")
def sit(*, person, world, by, at):
    Post.objects.create(unit=world.north, post=PostKind.COMMITTEE_MEMBER, person=person, from_on=TODAY - DAY)
    Charge.objects.create(unit=world.north, person=person, over_unit=world.cell_a, from_on=TODAY - DAY)


@action("tests.seat_ended")
def leave(*, code, on, by, at):
    Post.objects.filter(person__code=code, unit__code="T-N", to_on=None).update(to_on=on)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def record(world, month, **answers):
    """A meeting of cell A on the 4th of a month of 2023."""
    held = date(2023, month, 4)
    said = replace(by_sheet(**answers), held_on=held, month=held.replace(day=1), scored_on=held)
    return actions.record(unit=world.cell_a, uid=uuid4(), content=said, by=world.ana, at=AT)


def agreeing(world, n):
    """Meetings whose claims are those of the records, and of no more than these."""
    said = {"attendance": "less", "thematic": "none"} | BARE | LEAST
    return [record(world, month, **said) for month in range(10, 10 + n)]
