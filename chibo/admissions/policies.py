"""Who may keep the list of sources, and what has to hold before someone comes a step further."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chibo.admissions.models import Certificate, Helper, Place, Screened, Source, Standing, State, expiry
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.core.spans import holding
from chibo.members.models import ONE_AT_A_PLACE, Membership, Person, Post, Stay
from chibo.organizations.kinds import Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of

LISTED_BEFORE = 2  # years before the age from which someone may join


def check_manages(by: Any, cell: Unit, today: date) -> None:
    """Denied unless the list of a cell is `by`'s, or the system's, to keep."""
    if by is not None and not rights_of(by, today).scope(P.SOURCE_MANAGE).covers(cell):
        raise Denied(_("You keep the list only of your own units."))


def check_cell(cell: Unit, on: date) -> None:
    """Denied unless it is a cell that is open on a day."""
    if not cell.is_cell:
        raise Denied(_("Only cells have a list of sources."))
    if on < cell.founded_on or (cell.closed_on is not None and on >= cell.closed_on):
        raise Denied(_("The cell is not open on that day."), "on")


def check_past(on: date, today: date) -> None:
    """Denied if a day is still to come: what happens is recorded once it has happened."""
    if on > today:
        raise Denied(_("This day is still to come."), "on")


def is_member(person: Person, on: date) -> bool:
    """Whether someone is a member on a day. One query."""
    return Stay.objects.filter(holding(on), membership__person=person).exists()


def check_can_be_listed(person: Person, on: date) -> None:
    """Denied if someone is a member on that day or joins later, or is on a list already."""
    if person.pk is None:
        return
    if Stay.objects.filter(Q(to_on=None) | Q(to_on__gt=on), membership__person=person).exists():
        raise Denied(_("This person is a member."))
    if Source.objects.filter(Q(to_on=None) | Q(to_on__gt=on), person=person).exists():
        raise Denied(_("This person is on a list already."))


def check_person(person: Person, on: date) -> None:
    """Denied unless someone has a name, and is old enough by the day they are listed to join before long."""
    if not person.full_name:
        raise Denied(_("Write the name."), "full_name")
    if person.born_on >= on:
        raise Denied(_("The day of birth has to lie before the day of listing."), "born_on")
    least = Threshold.objects.on(on).get(Limit.JOINING_LEAST_AGE)
    if least is not None and _months(on, person.born_on) < (least - LISTED_BEFORE) * 12:
        raise Denied(
            _("Who joins is at least %(least)s years old; the list is of people from %(age)s years on.")
            % {"least": int(least), "age": int(least) - LISTED_BEFORE},
            "born_on",
        )


def check_no_member_yet(person: Person) -> None:
    """Denied if someone is or was a member: their record is put right elsewhere."""
    if Membership.objects.filter(person=person).exists():
        raise Denied(_("This person is or was a member: their record is not changed here."))


def check_listed(source: Source) -> None:
    """Denied unless someone is still on the list."""
    if not source.is_listed:
        raise Denied(_("This person is no longer on the list."))


def check_since(on: date, since: date, today: date) -> None:
    """Denied if a day is to come, or lies before the one it follows."""
    check_past(on, today)
    if on < since:
        raise Denied(_("This can't lie before %(day)s.") % {"day": day(since)})


def check_leads_on(source: Source, to: str) -> None:
    """Denied if someone's state does not follow from the one they are in."""
    if to not in Source.TRANSITIONS[State(source.state)]:
        raise Denied(
            _("%(now)s: this does not follow from it now.") % {"now": str(State(source.state).label)}
        )  # fmt: skip


def is_official_in(person: Person, cell: Unit, on: date) -> bool:
    """Whether someone is an official member of a cell on a day. One query."""
    here = Stay.objects.filter(holding(on), cell=cell, membership__person=person)
    return here.filter(membership__official_on__lte=on).exists()


def check_helper(person: Person, source: Source, cell: Unit, on: date) -> None:
    """Denied unless the helper is an official member of the source's cell on that day."""
    if not is_official_in(person, cell, on):
        raise Denied(_("The helper has to be an official member of this cell on that day."))


def check_helped(source: Source, on: date) -> None:
    """Denied unless someone has a helper on a day."""
    if not Helper.objects.filter(holding(on), source=source).exists():
        raise Denied(_("Give them a helper first."))


def check_certificate(person: Person, on: date) -> None:
    """Denied unless someone has a certificate of the awareness class that is valid on a day."""
    years = Threshold.objects.on(on).get(Limit.AWARENESS_YEARS)
    last = Certificate.objects.filter(person=person, issued_on__lte=on).order_by("-issued_on").first()
    if last is None:
        raise Denied(_("A certificate of the awareness class is needed first."))
    if years is not None and expiry(last.issued_on, years) <= on:
        raise Denied(
            _("The certificate of the awareness class is valid no longer: it was issued on %(day)s.")
            % {"day": day(last.issued_on)}
        )


def check_age(person: Person, on: date, decision: str) -> None:
    """Denied unless someone is of an age to join on a day; above it, by a decision of the province alone."""
    limits = Threshold.objects.on(on)
    least, most = limits.get(Limit.JOINING_LEAST_AGE), limits.get(Limit.JOINING_MOST_AGE)
    months = _months(on, person.born_on)
    if least is not None and months < least * 12:
        raise Denied(_("Who joins is at least %(age)s years old.") % {"age": int(least)})
    if most is not None and not decision and months > most * 12:
        raise Denied(
            _("Over the age of %(age)s someone joins only by a decision of the province: write its number.")
            % {"age": int(most)}
        )  # fmt: skip


def _months(on: date, born_on: date) -> int:
    """How many months old someone is, as the rules count: from month to month."""
    return (on.year - born_on.year) * 12 + on.month - born_on.month


def check_joined(source: Source, membership: Membership) -> None:
    """Denied unless a membership is this person's own, and begins after they applied.

    Who was decided on had applied before the decision, on whatever later day that came to be recorded.
    """
    if membership.person_id != source.person_id:
        raise Denied(_("This is the membership of someone else."))
    is_decided = membership.decided_on is not None
    if source.applied_on is None or (not is_decided and membership.joined_on < source.applied_on):
        raise Denied(_("They applied only after that day."))


def check_place(place: Place, cell: Unit, on: date) -> None:
    """Denied unless someone goes to another cell after the day they came to theirs."""
    if place.cell_id == cell.pk:
        raise Denied(_("They are on the list of this cell already."))
    if on <= place.from_on:
        raise Denied(_("They came to their cell on %(day)s: they go after that.") % {"day": day(place.from_on)})


def check_head(post: Post, on: date, today: date) -> None:
    """Denied unless a post is that of the head of a village or group who holds it that day and is no member."""
    check_past(on, today)
    if post.post not in ONE_AT_A_PLACE:
        raise Denied(_("Only heads of villages and residential groups are reviewed here."))
    if on < post.from_on or (post.to_on is not None and on >= post.to_on):
        raise Denied(_("The post is not held on that day."))
    if post.person is not None and is_member(post.person, on):
        raise Denied(_("This head is a member."))


def check_stays_qualified(listed: Source | None, qualified: bool) -> None:
    """Denied if a head is not qualified by the very review by which they are on the list."""
    if listed is not None and not qualified:
        raise Denied(_("They are on the list by the review of this day: take them off it first, saying why."))


def check_screened(state: str, reason: str, helper: Person | None, until_on: date | None, on: date) -> None:
    """Denied unless who is not fit has a reason, and who needs help has a helper and a day by when."""
    if state not in (Standing.FIT, Standing.HELP, Standing.REMOVAL):
        raise Denied(_("Choose one of the list."))
    if state != Standing.FIT and not reason:
        raise Denied(_("Say why."))
    if state == Standing.HELP and helper is None:
        raise Denied(_("Say who helps."))
    if state == Standing.HELP and (until_on is None or until_on <= on):
        raise Denied(_("Say by when: a day after the screening."))


def check_outcome(line: Screened, to: str, on: date, today: date) -> None:
    """Denied if an outcome does not follow, lies before the screening, or says of a member that they are none."""
    check_since(on, line.screening.on, today)
    if to not in Screened.TRANSITIONS[Standing(line.state)]:
        raise Denied(
            _("%(now)s: this does not follow from it now.") % {"now": str(Standing(line.state).label)}
        )  # fmt: skip
    if to == Standing.REMOVED and is_member(line.person, on):
        raise Denied(_("By the records they are still a member on that day."))
