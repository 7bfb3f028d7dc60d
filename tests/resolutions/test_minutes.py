"""Minutes: composed from the records, saved text by text, adopted, signed by two, and fixed then."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.db import Error, connection, transaction

from chibo.agendas.models import Notice
from chibo.core.actions import Denied, action
from chibo.meetings import actions as meetings
from chibo.meetings.content import content_of
from chibo.meetings.models import Item
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from chibo.resolutions import actions, composing, policies, queries, writing
from chibo.resolutions.models import Adoption, Minutes, Part, Revision, Signature
from tests.resolutions.saying import BODY, issue, lock, newest, save, task, with_course
from tests.world import AT, TODAY


def test_minutes_begin_with_what_was_recorded(world, held, minutes, an):
    said = writing.plain(writing.from_html(newest(minutes).body))
    assert "4/9/2023" in said
    for text in ("Nguyễn Thị An", "Trần Văn Bền", "Đặng Thị Đào", "84"):
        assert text in said
    heads = [each.text for each in writing.from_html(newest(minutes).body) if each.kind == "h2"]
    assert len(heads) == 7
    assert not any("%" in head for head in heads)


def test_minutes_tell_the_course_of_the_meeting(world, an, ben_person, django_assert_max_num_queries):
    held = with_course(world)
    with django_assert_max_num_queries(12):
        blocks = composing.compose(composing.Held(held, world.cell_a, an, ben_person))
    said = [each.text for each in blocks]
    for text in (
        "Kết quả tháng trước: Đạt 9 trên 10 việc", "Lò Văn Khách (Trưởng thôn)", "Nạo vét mương – Nguyễn Thị An",
    ):  # fmt: skip
        assert any(text in each for each in said), text
    spoke = next(each for each in said if "1" in each and each.endswith(": Nguyễn Thị An"))
    assert said.index(spoke) < said.index("Làm thủy lợi.")
    issue(held, world.ana, task(an, due_on=TODAY), votes_for=1)
    told = [each.text for each in composing.compose(composing.Held(held, world.cell_a, an, ben_person))]
    assert not any("Nạo vét mương – Nguyễn Thị An, " in each and "31/1/2024" in each for each in told)


@action("tests.noticed")
def _notice(*, meeting, by, at, **changes):
    told = {"unit": meeting.unit, "kind": meeting.kind, "month": meeting.month, "on": meeting.held_on, "mode": "online"}
    given = {"status": "given", "given_at": at, "given_on": meeting.held_on, "prepared_at": at}
    return Notice.objects.create(**told | given | changes)


@action("tests.took")
def _took(*, meeting, minutes, by, at):
    meeting.duration_min = minutes
    meeting.save()


def test_minutes_begin_with_hour_and_place_as_the_notice_told_them(world, held, an, ben_person):
    def said(*wanted):
        found = composing.compose(composing.Held(held, world.cell_a, an, ben_person))
        hours, place = (each.text for each in found[2:4])
        return all(each in hours for each in wanted[:-1]) and place.endswith(f": {wanted[-1]}")

    dots = composing.DOTS
    assert said(dots, dots)
    _notice(meeting=held, place="Nơi khác", on=date(2023, 9, 5), kind="thematic", by=None, at=AT)
    _notice(meeting=held, place="Nhà văn hóa thôn 1", at_time=time(22, 30), by=None, at=AT)
    assert said("22:30", dots, "Nhà văn hóa thôn 1")
    _took(meeting=held, minutes=125, by=None, at=AT)
    assert said("22:30", "00:35", "Nhà văn hóa thôn 1")


def test_minutes_that_were_begun_are_these(world, held, minutes, an, ben_person):
    assert actions.begin(meeting=held, chair=ben_person, secretary=an, by=world.ana, at=AT) == minutes
    assert Minutes.objects.get().chair == an


def test_chair_and_secretary_are_two_who_were_there(world, held, an):
    absent = held.attendance.get(state="excused").person
    for other in (an, absent):
        with pytest.raises(Denied):
            actions.begin(meeting=held, chair=an, secretary=other, by=world.ana, at=AT)


@pytest.mark.parametrize("name", ["ben", "chi", "dan", "eva", "flo"])
def test_only_who_records_the_meetings_begins_their_minutes(world, held, an, ben_person, name):
    with pytest.raises(Denied):
        actions.begin(meeting=held, chair=an, secretary=ben_person, by=getattr(world, name), at=AT)


def test_the_secretary_of_the_meeting_writes_as_well_and_nobody_else(world, minutes):
    assert save(minutes, by=world.ben).number == 2
    for other in (world.chi, world.dan, world.flo):
        with pytest.raises(Denied):
            save(minutes, "<p>Khác</p>", by=other)


def test_the_same_text_again_is_the_one_that_stands(world, minutes):
    first = save(minutes, by=world.ana)
    assert save(minutes, by=world.ben) == first
    assert save(minutes, seen=1, by=world.ben) == first


def test_what_another_saved_meanwhile_is_not_overwritten(world, minutes):
    save(minutes, by=world.ben)
    with pytest.raises(actions.Conflict) as told:
        save(minutes, "<p>Khác</p>", seen=1, by=world.ana)
    assert told.value.newest.body == writing.as_html(writing.from_html(BODY))
    assert newest(minutes).number == 2


def test_only_what_the_meeting_adopted_is_signed(world, minutes):
    with pytest.raises(Denied):
        actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.ana, at=AT)
    adopt = {"minutes": minutes, "by_hands": True, "leaves_open": True, "by": world.ana, "at": AT}
    for votes_for, votes_against in ((3, 0), (1, 1), (0, 2)):
        with pytest.raises(Denied):
            actions.adopt(seen=1, votes_for=votes_for, votes_against=votes_against, **adopt)
    actions.adopt(seen=1, votes_for=2, votes_against=0, **adopt)
    save(minutes, by=world.ana)  # another text: nobody has adopted it
    with pytest.raises(Denied):
        actions.sign(minutes=minutes, seen=2, part=Part.CHAIR, by=world.ana, at=AT)


def test_two_sign_each_as_themselves(world, minutes):
    actions.adopt(
        minutes=minutes, seen=1, votes_for=2, votes_against=0, by_hands=False, leaves_open=True, by=world.ana, at=AT
    )
    for part, by in ((Part.SECRETARY, world.ana), (Part.CHAIR, world.ben), (Part.CHAIR, world.chi)):
        with pytest.raises(Denied):
            actions.sign(minutes=minutes, seen=1, part=part, by=by, at=AT)
    first = actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.ana, at=AT)
    assert not first.locks
    assert not queries.standing_of(minutes).is_locked
    with pytest.raises(Denied):
        actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.ana, at=AT)
    second = actions.sign(minutes=minutes, seen=1, part=Part.SECRETARY, by=world.ben, at=AT)
    assert second.locks
    assert queries.standing_of(minutes).is_locked
    assert second.seal == policies.seal(newest(minutes))


def test_who_acts_for_the_secretary_writes_but_does_not_sign(world, minutes):
    grant(user=world.dan, role=RoleCode.SECRETARY, unit=world.cell_a, from_on=TODAY, by=None, at=AT)
    assert save(minutes, by=world.dan).number == 2
    actions.adopt(
        minutes=minutes, seen=2, votes_for=2, votes_against=0, by_hands=True, leaves_open=True, by=world.dan, at=AT
    )
    for part in Part.values:
        with pytest.raises(Denied, match="nobody signs in another's place"):
            actions.sign(minutes=minutes, seen=2, part=part, by=world.dan, at=AT)


def test_a_signature_on_paper_of_who_does_not_sign_in_is_noted_from_above(world, minutes, ben_person):
    actions.adopt(
        minutes=minutes, seen=1, votes_for=2, votes_against=0, by_hands=True, leaves_open=True, by=world.ana, at=AT
    )
    given = {"minutes": minutes, "seen": 1, "part": Part.SECRETARY, "at": AT}
    with pytest.raises(Denied):  # he signs in
        actions.attest(by=world.chi, **given)
    _unlink(person=ben_person, by=None, at=AT)
    for other in (world.ana, world.dan, world.eva):  # hers is the other part; another district; an administrator
        with pytest.raises(Denied):
            actions.attest(by=other, **given)
    noted = actions.attest(by=world.chi, **given)
    assert (noted.on_paper, noted.name, noted.by) == (True, "Trần Văn Bền", world.chi)
    with pytest.raises(Denied):  # who noted one part is not the other
        actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.chi, at=AT)
    actions.sign(minutes=minutes, seen=1, part=Part.CHAIR, by=world.ana, at=AT)
    assert queries.standing_of(minutes).is_locked


@action("tests.unlinked")
def _unlink(*, person, by, at):
    person.user = None
    person.save()


# Locked


def test_what_two_signed_changes_by_a_correction_only(world, minutes):
    signed = lock(world, minutes)
    with pytest.raises(Denied):
        save(minutes, by=world.ana)
    assert save(minutes, writing.as_html(writing.from_html(signed.body)), by=world.ana) == signed
    corrected = save(minutes, reason="Sai số liệu", by=world.ana)
    standing = queries.standing_of(minutes)
    assert (standing.newest, standing.locked, standing.is_locked) == (corrected, signed, False)
    lock(world, minutes)
    assert queries.standing_of(minutes).is_locked
    assert Revision.objects.get(pk=signed.pk).body == signed.body


def test_before_two_signed_nothing_is_a_correction(world, minutes):
    with pytest.raises(Denied):
        save(minutes, reason="Vì sao", by=world.ana)


INSERT = (
    "insert into resolutions_revision"
    " (minutes_id, number, body, chair_name, secretary_name, recorded, reason, by_id, at)"
)
ROUND = [
    "update resolutions_revision set body = '<p>x</p>'",
    "update resolutions_revision set reason = 'x', body = 'y'",
    "delete from resolutions_revision",
    "update resolutions_signature set locks = false",
    "update resolutions_signature set seal = 'x', revision_id = revision_id",
    "delete from resolutions_signature",
    "delete from resolutions_adoption",
    "update resolutions_adoption set votes_for = 9",
    "update resolutions_minutes set meeting_id = (select min(id) from meetings_meeting)",
    "delete from resolutions_minutes",
    "truncate resolutions_signature cascade",
    "truncate resolutions_revision cascade",
    INSERT + " select minutes_id, number + 1, 'x', '', '', '{}', '', by_id, at from resolutions_revision",
    INSERT + " select minutes_id, number + 2, 'x', '', '', '{}', 'why', by_id, at from resolutions_revision",
]


@action("tests.written_around")
def _around(*, sql, by, at):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("sql", ROUND)
@pytest.mark.parametrize("inside", [True, False])
def test_no_way_leads_around_the_lock_in_an_action_or_outside(world, minutes, sql, inside):
    signed = lock(world, minutes)
    with pytest.raises(Error), transaction.atomic():
        if inside:
            _around(sql=sql, by=world.ana, at=AT)
        else:
            with connection.cursor() as cursor:
                cursor.execute(sql)
    assert newest(minutes) == signed
    assert queries.standing_of(minutes).is_locked


@action("tests.changed")
def _changed(*, rows, by, at, **what):
    rows.update(**what)


@action("tests.deleted")
def _deleted(*, row, by, at):
    row.delete()


def test_neither_does_one_through_the_models(world, minutes):
    signed = lock(world, minutes)
    signature = signed.signatures.first()
    for rows, what in (
        (Revision.objects.all(), {"body": "x"}),
        (Signature.objects.all(), {"locks": False}),
        (Adoption.objects.all(), {"votes_for": 9}),
    ):
        with pytest.raises(Error), transaction.atomic():
            _changed(rows=rows, by=world.ana, at=AT, **what)
    for row in (signature, signed.adoption):
        with pytest.raises(Error), transaction.atomic():
            _deleted(row=row, by=world.ana, at=AT)
    with pytest.raises(Error), transaction.atomic():
        signed.body = "x"
        signed.save()
    assert queries.standing_of(minutes).is_locked


def test_an_older_text_can_not_be_signed_even_by_sql(world, minutes):
    old = newest(minutes)
    save(minutes, by=world.ana)
    sql = (
        'insert into resolutions_signature (revision_id, part, name, on_paper, locks, seal, by_id, at, "on")'
        f" values ({old.pk}, 'chair', 'x', false, true, '', {world.ana.pk}, '2024-01-10', '2024-01-10')"
    )
    with pytest.raises(Error, match="newer text"), transaction.atomic():
        _around(sql=sql, by=world.ana, at=AT)


def test_one_person_can_not_sign_twice_even_by_sql(world, minutes):
    sql = (
        'insert into resolutions_signature (revision_id, part, name, on_paper, locks, seal, by_id, at, "on")'
        f" select {newest(minutes).pk}, part, 'x', false, true, '', {world.ana.pk}, '2024-01-10', '2024-01-10'"
        " from unnest(array['chair', 'secretary']) part"
    )
    with pytest.raises(Error, match="signature_by_two"), transaction.atomic():
        _around(sql=sql, by=world.ana, at=AT)


def test_a_meeting_corrected_since_is_told_and_the_text_left(world, held, minutes, client_of):
    signed = lock(world, minutes)
    now = content_of(held)
    changed = type(now)(**(vars(now) | {"topic": "Chủ đề khác"}))
    meetings.correct(meeting=held, seen=now.seal(held.version), content=changed, reason="Nhầm", by=world.ana, at=AT)
    page = client_of("ana").get(f"/units/{world.cell_a.pk}/meetings/{held.pk}/minutes/")
    assert page.context["differs"] == [("Topic", "Học tập", "Chủ đề khác")]
    assert newest(minutes).body == signed.body


def test_of_a_withdrawn_meeting_nothing_more_is_written(world, held, minutes, an):
    meetings.withdraw(meeting=held, reason="Không họp", by=world.ana, at=AT)
    for act in (
        lambda: save(minutes, by=world.ana),
        lambda: actions.adopt(
            minutes=minutes, seen=1, votes_for=2, votes_against=0, by_hands=True, leaves_open=True, by=world.ana, at=AT
        ),
        lambda: issue(held, world.ana, task(an)),
    ):
        with pytest.raises(Denied):
            act()


# Votes


def test_only_who_may_vote_is_counted_when_minutes_are_adopted(world, minutes, held):
    _marked(meeting=held, by=None, at=AT)
    assert len(queries.present_at(held)) == 3  # Đào, who joined this year, among them
    given = {"minutes": minutes, "seen": 1, "by_hands": True, "leaves_open": True, "by": world.ana, "at": AT}
    with pytest.raises(Denied, match="2 present who may vote"):
        actions.adopt(votes_for=3, votes_against=0, **given)
    with pytest.raises(Denied, match="2 present who may vote"):
        issue(held, world.ana, votes_for=2, votes_against=1)
    assert queries.adopted_by(held) == {"votes_for": 2, "votes_against": 0}
    actions.adopt(votes_for=2, votes_against=0, **given)


def test_adoption_begins_with_the_votes_recorded_of_that_item(world, held):
    counted = {"votes_for": 1, "votes_against": 1, "votes_other": 0, "voters": 2}
    _voted(meeting=held, by=None, at=AT, code="conclusion", place=1, how="hands", **counted)
    assert queries.adopted_by(held)["votes_for"] == 2
    _voted(meeting=held, by=None, at=AT, code="minutes", place=2, how="ballots", **counted)
    assert queries.adopted_by(held) == {"votes_for": 1, "votes_against": 1, "by_hands": "0"}


@action("tests.all_marked")
def _marked(*, meeting, by, at):
    meeting.attendance.update(state="present")


@action("tests.voted")
def _voted(*, meeting, by, at, **said):
    Item.objects.create(meeting=meeting, text="Biểu quyết", kind="vote", is_done=True, **said)
