"""Notices: kept as drafts, given once, changed and cancelled before everybody's eyes; whom they call."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from django.db import Error

from chibo.agendas import actions, planning, queries
from chibo.agendas.models import Notice, NoticeRule, Sending, Topic
from chibo.core.actions import Denied, action
from chibo.members.actions import link_user
from chibo.members.models import Exemption, Membership, Person, Post, TemporaryStay
from chibo.papers.models import Paper
from tests.agendas.saying import UID, content
from tests.world import AT, TODAY

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def save(world, seen=0, give=True, uid=UID, by=None, at=AT, **changes):
    return actions.save(
        unit=world.cell_a, uid=uid, seen=seen, content=content(**changes), give=give, by=by or world.ana, at=at
    )


@action("tests.written")
def write(model, *, by, at, **values):
    return model.objects.create(**values)


def test_a_draft_is_told_to_nobody_until_it_is_given(world):
    notice = save(world, give=False)
    assert (notice.status, notice.given_at, Sending.objects.count()) == ("draft", None, 0)
    notice = save(world, seen=1)
    assert (notice.status, notice.given_at, notice.given_on) == ("given", AT, TODAY)
    told = Sending.objects.get()
    assert (told.number, told.what, told.content["place"]) == (1, "given", "Nhà văn hóa thôn 1")
    assert "Dự thảo" not in str(told.content)


def test_the_same_again_is_the_same_notice(world):
    first = save(world)
    assert save(world) == first
    assert save(world, seen=first.version).version == first.version
    assert (Notice.objects.count(), Sending.objects.count()) == (1, 1)


def test_who_saves_over_what_another_saved_is_told(world):
    save(world, give=False)
    save(world, seen=1, give=False, place="Trường học")
    with pytest.raises(actions.Conflict):
        save(world, seen=1, give=False, place="Sân kho")
    assert Notice.objects.get().place == "Trường học"


def test_a_month_has_one_notice_of_its_regular_meeting(world):
    first = save(world, give=False)
    with pytest.raises(actions.Conflict) as conflict:
        save(world, uid=uuid4())
    assert conflict.value.notice == first
    save(world, uid=uuid4(), kind="extraordinary")


def test_a_change_of_a_given_notice_is_told_and_a_draft_conclusion_is_not(world):
    notice = save(world)
    notice = save(world, seen=notice.version, conclusion="Dự thảo khác")
    assert Sending.objects.count() == 1
    notice = save(world, seen=notice.version, conclusion="Dự thảo khác", on=date(2024, 1, 13))
    assert list(Sending.objects.order_by("number").values_list("what", flat=True)) == ["given", "changed"]
    assert Sending.objects.get(number=1).content["on"] == "2024-01-12"


def test_what_was_told_can_not_be_told_otherwise_later(world):
    save(world)
    with pytest.raises(Error, match="Cannot update"):
        rewrite(by=None, at=AT)


@action("tests.rewritten")
def rewrite(*, by, at):
    Sending.objects.update(what="cancelled")


def test_a_cancelled_meeting_is_told_and_another_can_take_its_place(world):
    notice = save(world)
    with pytest.raises(Denied, match="why"):
        actions.cancel(notice=notice, reason=" ", by=world.ana, at=AT)
    actions.cancel(notice=notice, reason="Mưa lũ", by=world.ana, at=AT)
    assert Sending.objects.get(number=2).content["reason"] == "Mưa lũ"
    with pytest.raises(Denied, match="cancelled"):
        save(world, seen=2, place="Trường học")
    assert save(world, uid=uuid4(), on=date(2024, 1, 20)).status == "given"


def test_a_draft_is_thrown_away_and_a_given_notice_is_not(world):
    notice = save(world, give=False)
    actions.throw_away(notice=notice, by=world.ana, at=AT)
    assert not Notice.objects.exists()
    notice = save(world)
    with pytest.raises(Denied, match="cancel"):
        actions.throw_away(notice=notice, by=world.ana, at=AT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"on": TODAY - timedelta(1)}, "past"),
        ({"on": date(2024, 2, 16)}, "too far from the month"),
        ({"on": date(2025, 1, 11), "month": date(2025, 1, 1)}, "year ahead"),
        ({"at_time": None}, "what time"),
        ({"place": ""}, "where"),
        ({"items": ()}, "no item"),
    ],
)
def test_a_notice_that_can_not_be_given_says_why(world, changes, why):
    with pytest.raises(Denied, match=why):
        save(world, **changes)
    assert not Notice.objects.exists()


def test_nobody_prepares_the_meetings_of_others(world):
    for by in (world.ben, world.chi, world.dan):
        with pytest.raises(Denied, match="your own cell"):
            save(world, by=by)


def test_a_form_of_one_cell_or_meeting_is_of_no_other(world):
    save(world, give=False)
    with pytest.raises(Denied, match="another cell"):
        actions.save(unit=world.cell_b, uid=UID, seen=1, content=content(), by=None, at=AT)
    with pytest.raises(Denied, match="another meeting"):
        save(world, seen=1, kind="thematic")


def test_papers_come_with_a_notice_and_secret_ones_only_by_number(world):
    notice = save(world)
    kept = actions.keep_paper(notice=notice, content=PDF, name="bao-cao.pdf", title="Báo cáo", by=world.ana, at=AT)
    secret = actions.register_paper(
        notice=notice,
        number="05-NQ/TU",
        on=TODAY,
        kept_at="Văn phòng Huyện ủy",
        title="Nghị quyết",
        by=world.ana,
        at=AT,
    )
    assert (kept.paper.has_file, secret.paper.has_file) == (True, False)
    assert Sending.objects.get(number=3).content["papers"] == ["Báo cáo", "Nghị quyết"]
    actions.take_off(paper=kept, by=world.ana, at=AT)
    assert Sending.objects.get(number=4).content["papers"] == ["Nghị quyết"]
    assert Paper.objects.filter(pk=kept.paper_id).exists()


def called(notice):
    return set(queries.audience(notice).values_list("code", flat=True))


def calls(notice):
    """The same from the other side: of everyone there is, who finds the notice among those that call them."""
    return {
        person.code
        for person in Person.objects.order_by("pk")
        if queries.called_to(person.pk, TODAY).filter(pk=notice.pk).exists()
    }


def test_members_who_must_come_and_who_is_in_charge_are_called_the_same_from_both_sides(world):
    """Bền is exempt, Ấm of cell B looks after cell A."""
    notice = save(world)
    assert called(notice) == calls(notice) == {"M1", "M3", "M4"}
    spells = {spell.person.code: spell for spell in Membership.objects.select_related("person")}
    span = {"from_on": date(2024, 1, 1), "to_on": date(2024, 6, 1)}
    write(Exemption, membership=spells["M1"], by=None, at=AT, **span)
    write(TemporaryStay, membership=spells["M3"], cell=world.cell_b, by=None, at=AT, **span)
    write(TemporaryStay, membership=spells["M6"], cell=world.cell_a, by=None, at=AT, **span)
    assert called(notice) == calls(notice) == {"M4", "M6"}


def test_the_committee_alone_is_called_to_its_preparatory_meeting(world):
    person = Person.objects.get(code="M1")
    write(Post, unit=world.cell_a, post="secretary", person=person, from_on=date(2020, 1, 1), by=None, at=AT)
    notice = save(world, kind="committee")
    assert called(notice) == calls(notice) == {"M1"}


def test_whoever_is_in_charge_is_called_without_any_role_in_the_cell(world):
    charge = world.charge
    cell = charge.over_unit
    assert cell is not None
    notice = actions.save(unit=cell, uid=UID, seen=0, content=content(), give=True, by=None, at=AT)
    assert charge.person.code in called(notice)
    assert called(notice) == calls(notice)
    link_user(person=charge.person, user=world.dan, by=None, at=AT)
    assert queries.is_called(notice, world.dan)


def test_how_long_before_the_meeting_notice_and_papers_were_there(world):
    notice = save(world)
    asked = (world.cell_a, "regular", date(2024, 1, 1))
    before = queries.notice_before(*asked, date(2024, 1, 12))
    assert (before.days, before.asked, before.in_time, before.papers_at) == (2, 1, True, None)
    later = AT + timedelta(days=2)
    actions.keep_paper(notice=notice, content=PDF, name="b.pdf", title="Báo cáo", by=world.ana, at=later)
    before = queries.notice_before(*asked, date(2024, 1, 12))
    assert (before.days, before.in_time, before.papers_at) == (0, False, later)
    assert queries.notice_before(*asked, date(2024, 1, 9)) is None
    assert queries.notice_before(world.cell_b, "regular", date(2024, 1, 1), date(2024, 1, 12)) is None


def test_what_the_rule_asks_is_what_it_asked_on_the_day_of_the_meeting(world):
    save(world)
    change_rule(by=None, at=AT)
    asked = (world.cell_a, "regular", date(2024, 1, 1))
    assert queries.notice_before(*asked, date(2024, 1, 12)).in_time is False
    assert queries.notice_before(*asked, date(2024, 1, 11)).in_time is True


@action("tests.rule_changed")
def change_rule(*, by, at):
    NoticeRule.objects.update(to_on=date(2024, 1, 12))
    NoticeRule.objects.create(days=3, from_on=date(2024, 1, 12))


def test_a_notice_given_late_in_the_evening_is_of_that_day_here(world):
    late = datetime(2024, 1, 11, 23, 30, tzinfo=timezone(timedelta(hours=7)))
    assert save(world, at=late).given_on == date(2024, 1, 11)


def test_a_topic_handed_down_is_taken_up_by_the_notice_that_names_it_first(world):
    handed = planning.hand_down(
        unit=world.north, quarter=date(2024, 1, 1), topic="Nêu gương", source="", by=world.chi, at=AT
    )
    save(world, topic="Nêu gương")
    save(world, uid=uuid4(), month=date(2024, 2, 1), on=date(2024, 2, 3), topic="Nêu gương")
    assert [(each.month.month, each.handed) for each in Topic.objects.order_by("month")] == [(1, handed)]
