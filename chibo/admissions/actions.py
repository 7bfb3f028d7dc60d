"""Acts on the list of sources: listed, helped, a step further, reviewed, moved, taken off, admitted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chibo.admissions import policies
from chibo.admissions.models import (
    Certificate,
    Group,
    HeadReview,
    Helper,
    Place,
    Remark,
    Review,
    Reviewed,
    Source,
    SourceGroup,
    State,
)
from chibo.core.actions import Denied, action
from chibo.core.spans import holding
from chibo.core.states import move
from chibo.members import actions as members
from chibo.members.models import Membership, Person
from chibo.organizations.models import Unit

ONE_DAY = timedelta(days=1)


@action("admissions.listed")
def list_source(
    *, person: Person, cell: Unit, on: date, introduced_by: str = "", groups: Collection[Group] = (), by: Any,
    at: datetime,
) -> Source:  # fmt: skip
    """Put someone on a cell's list of sources from a day on; who is not known yet is recorded with a code.

    Denied: a cell that is not `by`'s or not open, a day to come, a member, someone who is on a list.
    """
    today = timezone.localdate(at)
    cell = _hold(cell)
    policies.check_manages(by, cell, today)
    policies.check_past(on, today)
    policies.check_cell(cell, on)
    policies.check_person(person, on)
    if person.pk is None:
        person.code = _new_code()
        person.save()
    else:
        person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    policies.check_can_be_listed(person, on)
    source = Source.objects.create(person=person, from_on=on, introduced_by=introduced_by)
    Place.objects.create(source=source, cell=cell, from_on=on)
    _set_groups(source, groups)
    return source


@action("admissions.corrected")
def correct_source(
    *, source: Source, person: Person, introduced_by: str, groups: Collection[Group], by: Any, at: datetime
) -> Source:
    """Put right what is recorded of someone on the list; `person` carries the values, its code stays.

    Denied: a list that is not `by`'s, someone no longer on it; someone who is or was a member.
    """
    source, _place = _kept(source, by, at)
    known = Person.objects.select_for_update().get(pk=source.person_id)
    names = ("full_name", "sex", "born_on", "ethnicity", "religion", "occupation", "education", "theory")
    if any(getattr(known, name) != getattr(person, name) for name in names):
        policies.check_no_member_yet(known)
        for name in names:
            setattr(known, name, getattr(person, name))
        policies.check_person(known, source.from_on)
        known.save()
    source.introduced_by = introduced_by
    source.save(update_fields=["introduced_by"])
    _set_groups(source, groups)
    return source


@action("admissions.helper_given")
def give_helper(*, source: Source, person: Person, on: date, by: Any, at: datetime) -> Helper:
    """Give someone on the list a helper from a day on; the one before is their helper until that day.

    Denied: a list that is not `by`'s, a day to come, who is no official member of the cell, the same again.
    """
    source, place = _kept(source, by, at)
    policies.check_since(on, place.from_on, timezone.localdate(at))
    policies.check_helper(person, source, place.cell, on)
    last = Helper.objects.select_for_update().filter(source=source).order_by("-from_on").first()
    if last is not None:
        if last.to_on is None and last.person_id == person.pk:
            raise Denied(_("This member is their helper already."))
        policies.check_since(on, last.to_on or last.from_on, timezone.localdate(at))
        _end(Helper.objects.filter(pk=last.pk, to_on=None), on)
    return Helper.objects.create(source=source, person=person, from_on=on)


@action("admissions.helper_ended")
def end_helper(*, source: Source, on: date, by: Any, at: datetime) -> None:
    """End the task of someone's helper on a day.

    Denied: a list that is not `by`'s, a day to come or before it began, nobody who helps.
    """
    source, _place = _kept(source, by, at)
    helper = Helper.objects.select_for_update().filter(source=source, to_on=None).first()
    if helper is None:
        raise Denied(_("They have no helper."))
    policies.check_since(on, helper.from_on, timezone.localdate(at))
    _end(Helper.objects.filter(pk=helper.pk), on)


@action("admissions.remarked")
def remark(*, source: Source, on: date, text: str, by: Any, at: datetime) -> Remark:
    """Record what the helper says of someone, of a day; a second of that day stands in place of the first.

    Denied: a list that is not `by`'s, a day to come or before the listing, nothing said.
    """
    source, _place = _kept(source, by, at)
    policies.check_since(on, source.from_on, timezone.localdate(at))
    if not text:
        raise Denied(_("Write what the helper says."))
    said, _made = Remark.objects.update_or_create(source=source, on=on, defaults={"text": text})
    return said


@action("admissions.certified")
def certify(
    *, source: Source, number: str, issued_on: date, class_at: str = "", by: Any, at: datetime
) -> Certificate:  # fmt: skip
    """Record the certificate of the awareness class; one of the same day is put right.

    Denied: a list that is not `by`'s, a day to come or before birth, no number.
    """
    source, _place = _kept(source, by, at)
    policies.check_since(issued_on, source.person.born_on, timezone.localdate(at))
    if not number:
        raise Denied(_("Write the number of the certificate."))
    found, _made = Certificate.objects.update_or_create(
        person=source.person, issued_on=issued_on, defaults={"number": number, "class_at": class_at}
    )
    return found


@action("admissions.certificate_taken_back")
def take_back_certificate(*, source: Source, certificate: Certificate, by: Any, at: datetime) -> None:
    """Take back a certificate that was recorded by mistake; its history keeps it.

    Denied: a list that is not `by`'s, another's certificate, one on which someone applied.
    """
    source, _place = _kept(source, by, at)
    if certificate.person_id != source.person_id:
        raise Denied(_("This is the certificate of someone else."))
    if source.state == State.APPLICANT:
        raise Denied(_("They applied with it: set the application aside first."))
    Certificate.objects.filter(pk=certificate.pk).delete()


@action("admissions.sympathised")
def make_sympathiser(*, source: Source, on: date, by: Any, at: datetime) -> Source:
    """Let a source be a sympathiser from a day on.

    Denied: a list that is not `by`'s, a day to come or before the listing, who has no helper, who is one already.
    """
    source, _place = _kept(source, by, at)
    policies.check_leads_on(source, State.SYMPATHISER)
    if source.state == State.APPLICANT:
        raise Denied(_("They applied: set the application aside instead."))
    policies.check_since(on, source.from_on, timezone.localdate(at))
    policies.check_helped(source, on)
    source.sympathiser_on = on
    source.save(update_fields=["sympathiser_on"])
    move(source, State.SYMPATHISER, "state")
    return source


@action("admissions.applied")
def apply(*, source: Source, on: date, decision: str = "", by: Any, at: datetime) -> Source:
    """Let a sympathiser apply to be admitted, on a day; `decision` is the province's, for who is above the age.

    Denied: a list that is not `by`'s, a day to come, no helper, no valid certificate, not of an age to join.
    """
    source, _place = _kept(source, by, at)
    policies.check_leads_on(source, State.APPLICANT)
    policies.check_since(on, source.sympathiser_on or source.from_on, timezone.localdate(at))
    policies.check_helped(source, on)
    policies.check_certificate(source.person, on)
    policies.check_age(source.person, on, decision)
    source.applied_on, source.decision = on, decision
    source.save(update_fields=["applied_on", "decision"])
    move(source, State.APPLICANT, "state")
    return source


@action("admissions.set_aside")
def set_aside(*, source: Source, by: Any, at: datetime) -> Source:
    """Let an application come to nothing: who made it is a sympathiser again.

    Denied: a list that is not `by`'s, who has not applied.
    """
    source, _place = _kept(source, by, at)
    if source.state != State.APPLICANT:
        raise Denied(_("They have not applied."))
    source.applied_on, source.decision = None, ""
    source.save(update_fields=["applied_on", "decision"])
    move(source, State.SYMPATHISER, "state")
    return source


@action("admissions.admitted")
def admitted(*, source: Source, membership: Membership, by: Any, at: datetime) -> Source:
    """Note that an applicant joined: they leave the list that day, and a post they head a village by is theirs.

    What is decided is never refused for the days of the list: whoever came to the list of their cell only that day, or
    later, stands there for that one day. Denied: a list that is not `by`'s, who has not applied, the membership of
    someone else, one from before that.
    """
    source, place = _kept(source, by, at)
    policies.check_leads_on(source, State.ADMITTED)
    policies.check_joined(source, membership)
    for review in HeadReview.objects.filter(source=source, post__person=None).select_related("post").order_by("pk"):
        post = review.post
        if post.to_on is None:
            members.correct_post(
                post=post, person=source.person, place=post.place, from_on=post.from_on, to_on=None,
                decision=post.decision, by=None, at=at,
            )  # fmt: skip
    source.membership = membership
    _leave(source, State.ADMITTED, max(membership.joined_on, place.from_on + ONE_DAY))
    return source


@action("admissions.taken_off")
def take_off(*, source: Source, on: date, reason: str, by: Any, at: datetime) -> Source:
    """Take someone off the list on a day, saying why.

    Denied: a list that is not `by`'s, a day to come or before the listing, no reason.
    """
    source, _place = _kept(source, by, at)
    policies.check_leads_on(source, State.TAKEN_OFF)
    policies.check_since(on, _last_day(source), timezone.localdate(at))
    if not reason:
        raise Denied(_("Say why."))
    source.reason = reason
    _leave(source, State.TAKEN_OFF, on)
    return source


@action("admissions.moved")
def move_source(*, source: Source, to: Unit, on: date, by: Any, at: datetime) -> Place:
    """Let another cell have someone on its list, from a day on; the helper's task ends.

    Denied: lists that are not `by`'s, a day to come, the same cell, a unit that is no open cell.
    """
    source, place = _kept(source, by, at)
    to, today = _hold(to), timezone.localdate(at)
    policies.check_manages(by, to, today)
    policies.check_past(on, today)
    policies.check_cell(to, on)
    policies.check_place(place, to, on)
    _end(Helper.objects.filter(source=source, to_on=None), on)
    _end(Place.objects.filter(pk=place.pk), on)
    return Place.objects.create(source=source, cell=to, from_on=on)


@action("admissions.reviewed")
def review(*, cell: Unit, on: date, off: Mapping[int, str], by: Any, at: datetime) -> Review:
    """Record that a cell went through its list on a day: who does not stay is taken off, with the reason given.

    `off` maps keys of sources to reasons; all others on the list that day stay. One review a month.
    Denied: a cell that is not `by`'s, a day to come, a month that was reviewed, who is not on this list, no reason.
    """
    today = timezone.localdate(at)
    cell = _hold(cell)
    policies.check_manages(by, cell, today)
    policies.check_past(on, today)
    policies.check_cell(cell, on)
    month = on.replace(day=1)
    if Review.objects.filter(cell=cell, month=month).exists():
        raise Denied(_("The list was reviewed in this month already."))
    places = Place.objects.filter(holding(on), cell=cell, source__to_on=None).order_by("source_id")
    listed = [place.source for place in places.select_related("source")]
    if set(off) - {source.pk for source in listed}:
        raise Denied(_("One of these is not on the list of this cell."))
    made = Review.objects.create(cell=cell, month=month, on=on)
    Reviewed.objects.bulk_create(
        Reviewed(review=made, source=source, stays=source.pk not in off) for source in listed
    )  # fmt: skip
    for source in listed:
        if source.pk in off:
            take_off(source=source, on=on, reason=off[source.pk], by=by, at=at)
    return made


def _hold(cell: Unit) -> Unit:
    """The unit as it stands; who else records there waits until this act is done."""
    return Unit.objects.select_for_update(no_key=True).get(pk=cell.pk)


def _kept(source: Source, by: Any, at: datetime) -> tuple[Source, Place]:
    """Someone on the list as they stand, held, and their place; Denied if that list is not `by`'s."""
    found = Source.objects.select_for_update(of=("self",)).select_related("person").get(pk=source.pk)
    policies.check_listed(found)
    place = Place.objects.select_for_update(of=("self",)).select_related("cell").filter(source=found, to_on=None)
    here = place.get()
    policies.check_manages(by, here.cell, timezone.localdate(at))
    return found, here


def _last_day(source: Source) -> date:
    """The last day something was recorded of someone: they can't leave before it."""
    days: list[date | None] = [source.from_on, source.sympathiser_on, source.applied_on]
    days += [place.from_on for place in source.places.order_by("from_on")]
    return max(each for each in days if each is not None)


def _leave(source: Source, state: str, on: date) -> None:
    """Leave the list on a day; place and helper end."""
    _end(Helper.objects.filter(source=source, to_on=None), on)
    _end(Place.objects.filter(source=source, to_on=None), on)
    if state not in Source.TRANSITIONS[State(source.state)]:
        raise Denied(_("This does not follow."))
    source.state, source.to_on = state, on
    source.save()


def _end(rows: QuerySet[Any], on: date) -> None:
    """End rows on a day; those that begin then or later never were."""
    for row in rows.order_by("pk"):
        if row.from_on >= on:
            row.delete()
        else:
            row.to_on = on
            row.save(update_fields=["to_on"])


def _set_groups(source: Source, groups: Iterable[Group]) -> None:
    wanted = {group.pk for group in groups}
    known = SourceGroup.objects.filter(source=source)
    known.exclude(group__in=wanted).delete()
    have = set(known.order_by().values_list("group_id", flat=True))
    SourceGroup.objects.bulk_create(SourceGroup(source=source, group_id=pk) for pk in sorted(wanted - have))


def _new_code() -> str:
    """A code nobody has, for someone who is no member yet; it stays theirs."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("select nextval('admissions_code')")
            code = f"QC-{cursor.fetchone()[0]:06d}"
        if not Person.objects.filter(code=code).exists():
            return code
