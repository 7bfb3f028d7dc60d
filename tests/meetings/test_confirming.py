"""The score of a meeting confirmed or returned: who may, that maker is never checker, what makes it fall."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from chibo.core.actions import Denied, action
from chibo.meetings import actions, confirming, waiting
from chibo.meetings.competence import check_confirms, mine, rights_to_confirm
from chibo.meetings.content import content_of
from chibo.meetings.models import Confirmation, Deed, Meeting, Score, ScoreDeed, Scorer, Settled
from chibo.members.actions import link_user
from chibo.members.models import Person
from chibo.organizations.actions import grant, lend
from chibo.organizations.models import Grant
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import rights_of
from chibo.resolutions import actions as minutes
from chibo.scoring.models import SheetVersion
from tests.meetings.judging import DAY, at, by_sheet, confirm, deeds, give_back, in_charge, leave, state
from tests.meetings.saying import UID, seal
from tests.scoring.test_sheets import full
from tests.world import AT, TODAY

NAMES = ("ana", "ben", "chi", "dan", "eva", "flo", "hoa")


def who_may(world, meeting):
    """Those who may confirm it; for each the question and the list of what waits for them say the same."""
    found = set()
    for name in NAMES:
        user = getattr(world, name)
        known = Confirmation.objects.filter(meeting=meeting).first()
        listed = Confirmation.objects.filter(mine(rights_to_confirm(user, TODAY), rights_of(user, TODAY)))
        try:
            check_confirms(user, meeting, known, TODAY)
        except Denied:
            assert not listed.filter(meeting=meeting).exists(), name
        else:
            assert known is None or listed.filter(meeting=meeting).exists(), name
            found.add(name)
    return found


def test_what_is_recorded_waits_with_what_the_records_say_beside_it(world, scored):
    waits = Confirmation.objects.get(meeting=scored)
    assert (waits.state, waits.since, waits.makers) == (Settled.WAITING, TODAY, [world.ana.pk])
    lines = {line["code"]: line for line in waits.evidence}
    # 95 minutes are enough; one of two was absent without excuse: 1 point of 4, and nobody was excused too often
    said = {code: (lines[code]["claimed"], lines[code]["proposed"]) for code in ("duration", "attendance", "excused")}
    assert said == {
        "duration": ("5", "5"), "attendance": ("4", "1"), "excused": ("1", "1"),
    }  # fmt: skip
    assert lines["attendance"]["records"]["present"] == "1/2"
    assert waits.claimed - waits.proposed == sum(
        Decimal(line["claimed"]) - Decimal(line["proposed"]) for line in waits.evidence if line["proposed"] is not None
    )


def test_without_points_nothing_waits_until_they_are_given(world):
    without = replace(by_sheet(), points=None, answers=None, sheet=None)
    meeting = actions.record(unit=world.cell_a, uid=UID, content=without, by=world.ana, at=AT)
    assert not Confirmation.objects.filter(meeting=meeting).exists()
    actions.correct(meeting=meeting, seen=seal(meeting), content=by_sheet(), reason="Scored", by=world.ana, at=AT)
    assert state(meeting) == Settled.WAITING


def test_who_works_for_the_committees_above_may_and_who_is_in_charge(world, scored):
    assert who_may(world, scored) == {"chi", "flo"}
    in_charge(world, "dan")
    assert who_may(world, scored) == {"chi", "flo", "dan"}
    leave(code="M6", on=TODAY, by=None, at=AT)
    assert who_may(world, scored) == {"chi", "flo"}, "in charge is who sits in the committee"


def test_a_right_is_held_above_the_cell_not_at_it(world, scored):
    for role, unit, may in (
        (RoleCode.OFFICER, world.cell_a, False),
        (RoleCode.LEADER, world.upland, True),
        (RoleCode.OFFICER, world.cell_b, False),
    ):
        grant(user=world.hoa, role=role, unit=unit, from_on=TODAY, by=None, at=AT)
        assert ("hoa" in who_may(world, scored)) is may
        end(user=world.hoa, by=None, at=AT)


@action("tests.grants_ended")
def end(*, user, by, at):
    Grant.objects.filter(user=user, from_on=TODAY).update(to_on=TODAY)


def test_who_recorded_it_does_not_confirm_it_by_another_role(world, scored):
    grant(user=world.ana, role=RoleCode.OFFICER, unit=world.north, from_on=TODAY, by=None, at=AT)
    assert "ana" not in who_may(world, scored)
    with pytest.raises(Denied, match="You record the meetings of this cell"):
        confirm(scored, world.ana)
    end_secretary(user=world.ana, by=None, at=AT)
    assert "ana" not in who_may(world, scored), "nor once they record no more"
    with pytest.raises(Denied, match="another person has to confirm its score"):
        confirm(scored, world.ana)


@action("tests.secretary_ended")
def end_secretary(*, user, by, at):
    Grant.objects.filter(user=user, role=RoleCode.SECRETARY).update(to_on=TODAY)


def lent(owner, to, world):
    held = Grant.objects.filter(user=owner, acting_for=None, to_on=None).order_by("pk")
    lend(
        grants=list(held), to=to, from_on=TODAY,
        to_on=TODAY + 7 * DAY, reason="away", by=None, at=AT,
    )  # fmt: skip


def test_who_acts_for_the_maker_does_not_confirm_in_their_name(world, scored):
    end_secretary(user=world.ana, by=None, at=AT)
    grant(user=world.ana, role=RoleCode.OFFICER, unit=world.north, from_on=TODAY, by=None, at=AT)
    lent(world.ana, world.ben, world)
    assert "ben" not in who_may(world, scored)
    with pytest.raises(Denied, match="for whom you act"):
        confirm(scored, world.ben)
    lent(world.chi, world.ben, world)
    assert "ben" in who_may(world, scored), "in the name of one who had no hand in it"
    made = confirm(scored, world.ben)
    deed = ScoreDeed.objects.get(meeting=made.meeting)
    assert (deed.by, deed.lent_by, deed.role, deed.role_unit) == (world.ben, world.chi, "officer", world.north)


def test_the_desk_of_who_acts_for_the_maker_does_not_count_what_that_one_made(world, scored):
    def counted(user):
        rights = rights_of(user, TODAY)
        return [one for _tag, one, _two in waiting.to_confirm(rights, user, world.upland, TODAY)]

    end_secretary(user=world.ana, by=None, at=AT)
    grant(user=world.ana, role=RoleCode.OFFICER, unit=world.north, from_on=TODAY, by=None, at=AT)
    lent(world.ana, world.ben, world)
    assert counted(world.ben) == []
    lent(world.chi, world.hoa, world)
    assert counted(world.hoa) == counted(world.chi) == ["1"]


def test_neither_who_recorded_for_another_nor_that_one_confirms(world):
    lent(world.ana, world.hoa, world)
    meeting = actions.record(unit=world.cell_a, uid=UID, content=by_sheet(), by=world.hoa, at=AT)
    assert Confirmation.objects.get(meeting=meeting).makers == sorted([world.ana.pk, world.hoa.pk])
    for name in ("ana", "hoa"):
        grant(user=getattr(world, name), role=RoleCode.LEADER, unit=world.north, from_on=TODAY, by=None, at=AT)
    end_secretary(user=world.ana, by=None, at=AT)
    assert who_may(world, meeting) == {"chi", "flo"}


def test_who_signs_the_minutes_does_not_confirm(world):
    both = by_sheet()
    both = replace(both, attendance=dict.fromkeys(both.attendance, ("present", "")))
    meeting = actions.record(unit=world.cell_a, uid=UID, content=both, by=world.ana, at=AT)
    people = list(Person.objects.filter(code__in=["M1", "M3"]).order_by("code"))
    link_user(person=people[1], user=world.chi, by=world.eva, at=AT)
    assert "chi" in who_may(world, meeting)
    minutes.begin(meeting=meeting, chair=people[0], secretary=people[1], by=world.ana, at=AT)
    assert who_may(world, meeting) == {"flo"}


def test_confirmed_says_who_and_when_and_counts_as_in_time(world, scored):
    made = confirm(scored, world.chi, note="Well led")
    assert (made.state, made.in_time, made.own_points) == (Settled.CONFIRMED, True, False)
    deed = ScoreDeed.objects.get(meeting=scored)
    assert (deed.deed, deed.note, deed.by, deed.at, deed.total) == (Deed.CONFIRMED, "Well led", world.chi, AT, 100)
    assert (deed.claimed, deed.proposed, deed.most) == (made.claimed, made.proposed, made.most)
    assert confirm(scored, world.chi, note="Well led") == made, "the same again changes nothing"
    assert deeds(scored) == [Deed.CONFIRMED]


@pytest.mark.parametrize(("days", "in_time"), [(10, True), (11, False)])
def test_in_time_is_within_the_days_laid_down(world, scored, days, in_time):
    made = confirming.confirm(
        meeting=scored, seen=confirming.seal_now(*at(scored)), by=world.chi, at=AT + days * DAY
    )  # fmt: skip
    assert made.in_time is in_time


def test_of_two_at_once_one_wins_and_the_other_is_told(world, scored):
    seen = confirming.seal_now(*at(scored))
    confirming.confirm(meeting=scored, seen=seen, by=world.chi, at=AT)
    with pytest.raises(Denied, match="Lê Thị Chi confirmed this score on 10 January 2024"):
        confirming.give_back(meeting=scored, seen=seen, reason="No", by=world.flo, at=AT)
    assert (state(scored), deeds(scored)) == (Settled.CONFIRMED, [Deed.CONFIRMED])


def test_what_was_changed_since_it_was_looked_at_is_not_confirmed(world, scored):
    seen = confirming.seal_now(*at(scored))
    actions.correct(
        meeting=scored, seen=seal(scored), content=by_sheet(praise="no"), reason="Miscounted", by=world.ana, at=AT
    )  # fmt: skip
    with pytest.raises(Denied, match="was changed since you looked at it"):
        confirming.confirm(meeting=scored, seen=seen, by=world.chi, at=AT)
    assert state(scored) == Settled.WAITING


def test_returned_needs_a_reason_and_is_corrected_or_answered(world, scored):
    give_back(scored, world.chi)
    assert state(scored) == Settled.RETURNED
    with pytest.raises(Denied, match="returned this score"):
        confirm(scored, world.flo)
    confirming.answer(meeting=scored, reason="It was so", by=world.ana, at=AT + DAY)
    again = Confirmation.objects.get(meeting=scored)
    assert (again.state, again.since) == (Settled.WAITING, TODAY + DAY)
    with pytest.raises(Denied, match="was not returned, or it is answered already"):
        confirming.answer(meeting=scored, reason="Once more", by=world.ana, at=AT + DAY)
    give_back(scored, world.flo, "No")
    fixed = by_sheet(attendance="less")
    actions.correct(meeting=scored, seen=seal(scored), content=fixed, reason="Right", by=world.ana, at=AT)
    assert state(scored) == Settled.WAITING
    assert deeds(scored) == [Deed.RETURNED, Deed.ANSWERED, Deed.RETURNED, Deed.CORRECTED]


def test_a_correction_makes_the_confirmation_fall_and_evidence_is_that_of_now(world, scored):
    before = confirm(scored, world.chi)
    changed = by_sheet()
    changed = replace(changed, attendance=dict.fromkeys(changed.attendance, ("present", "")))
    actions.correct(meeting=scored, seen=seal(scored), content=changed, reason="She came", by=world.ana, at=AT)
    after = Confirmation.objects.get(meeting=scored)
    assert (after.state, after.in_time) == (Settled.WAITING, False)
    assert after.proposed - before.proposed == 3  # all present: 4 points of 4 instead of 1
    fell = ScoreDeed.objects.filter(meeting=scored).order_by("pk").last()
    assert (fell.deed, fell.by, fell.proposed) == (Deed.FELL, world.ana, before.proposed)


def test_withdrawn_or_without_points_nothing_waits(world, scored):
    confirm(scored, world.chi)
    without = replace(by_sheet(), points=None, answers=None, sheet=None)
    actions.correct(meeting=scored, seen=seal(scored), content=without, reason="Not scored", by=world.ana, at=AT)
    assert (state(scored), who_may_list(world.chi)) == (Settled.VOID, [])
    actions.correct(meeting=scored, seen=seal(scored), content=by_sheet(), reason="Scored", by=world.ana, at=AT)
    confirm(scored, world.chi)
    actions.withdraw(meeting=scored, reason="Never held", by=world.ana, at=AT)
    assert (state(scored), deeds(scored)[-1]) == (Settled.VOID, Deed.FELL)
    with pytest.raises(Denied, match="withdrawn"):
        confirm(scored, world.chi)


def who_may_list(user):
    condition = mine(rights_to_confirm(user, TODAY), rights_of(user, TODAY))
    return list(Confirmation.objects.filter(condition))


def test_other_points_of_the_superior_stand_beside_the_claim_and_fall_with_it(world, scored):
    own = confirming.OwnPoints(answers=full(SheetVersion.objects.get(code="hundred").sheet, attendance="less"))
    assert confirm(scored, world.chi, own=own).own_points
    totals = dict(Score.objects.filter(meeting=scored).values_list("scored_by", "total"))
    assert totals == {Scorer.SELF: 100, Scorer.SUPERIOR: 97}
    actions.correct(
        meeting=scored, seen=seal(scored), content=replace(by_sheet(), topic="x"), reason="Topic", by=world.ana, at=AT
    )  # fmt: skip
    assert list(Score.objects.filter(meeting=scored).values_list("scored_by", flat=True)) == [Scorer.SELF]
    assert not confirm(scored, world.chi, own=confirming.OwnPoints(answers=full_answers(scored))).own_points


def full_answers(meeting):
    return dict(content_of(meeting).answers or {})


def test_points_by_group_that_came_with_a_workbook_wait_for_nobody_and_may_be_confirmed(world):
    loaded = Meeting.objects.select_related("unit").get(code="A-4")
    assert not Confirmation.objects.filter(meeting=loaded).exists()
    claimed = tuple(getattr(at(loaded)[2], f"c{n}") for n in range(1, 9))
    own = confirming.OwnPoints(groups=(Decimal(4), *claimed[1:]))
    made = confirm(loaded, world.chi, own=own)
    assert (made.state, made.own_points) == (Settled.CONFIRMED, True)
    too_many = confirming.OwnPoints(groups=(Decimal(6), *claimed[1:]))
    with pytest.raises(Denied, match="more points than a group has"):
        confirm(Meeting.objects.select_related("unit").get(code="A-1"), world.chi, own=too_many)


@action("tests.brought")
def bring(*, score, by, at):
    """The points of a meeting come once more, as by a workbook: nobody recorded it here."""
    score.c1 = Decimal(3)
    score.save(update_fields=["c1"])


def test_who_brought_points_with_a_workbook_does_not_confirm_them(world):
    loaded = Meeting.objects.select_related("unit").get(code="A-4")
    assert "chi" in who_may(world, loaded)
    bring(score=at(loaded)[2], by=world.chi, at=AT)
    assert "chi" not in who_may(world, loaded)
    with pytest.raises(Denied, match="another person has to confirm its score"):
        confirm(loaded, world.chi)
    assert confirm(loaded, world.flo).state == Settled.CONFIRMED
