"""Online meetings by their rule: asked by the cell, answered by another person above, asked of every notice."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.agendas import actions as agendas
from chibo.core.actions import Denied, action
from chibo.integrity import registry
from chibo.integrity.queries import parameters_of, question_of
from chibo.meetings.models import Meeting
from chibo.members.models import Membership, Person, Suspension
from chibo.modes import actions, queries
from chibo.modes.models import OnlineRequest, OnlineRule, RequestDeed, State
from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant, Threshold
from chibo.organizations.roles import RoleCode
from tests.agendas.saying import UID, content
from tests.agendas.test_pages import typed
from tests.permission_table import signed_in
from tests.world import AT, TODAY

UNTIL = date(2024, 4, 1)  # the first day after it


def people(*codes):
    return [Person.objects.get(code=code).pk for code in codes]


def ask(world, *codes, by="ana", **more):
    given = {"ground": "dispersed", "why": "Đi làm xa", "from_on": TODAY, "to_on": UNTIL, "at": AT} | more
    return actions.ask(unit=world.cell_a, people=people(*codes), by=getattr(world, by), **given)


@action("tests.suspended")
def suspend(*, code, by, at):
    Suspension.objects.create(membership=Membership.objects.get(person__code=code), from_on=date(2023, 1, 1))


@action("tests.ruled")
def lay_down(*, by, at, **facts):
    OnlineRule.objects.update(**facts)


@action("tests.told")
def tell(*, meeting, by, at, **facts):
    Meeting.objects.filter(pk=meeting.pk).update(**facts)


def lend(world, owner, *, to):
    held = Grant.objects.filter(user=owner, acting_for=None, to_on=None).order_by("-pk")
    organizations.lend(grants=[held[0]], to=to, from_on=TODAY, to_on=date(2024, 1, 31), reason="x", by=None, at=AT)


def text(response):
    return response.content.decode()


def test_exactly_half_is_not_more_than_half(world):
    """Of cell A's three one attends elsewhere for a time: two are counted."""
    assert [each.code for each in queries.counted_on(world.cell_a, TODAY)] == ["M1", "M3"]
    with pytest.raises(Denied, match="1 of 2 members"):
        ask(world, "M1")
    asked = ask(world, "M1", "M3")
    told = RequestDeed.objects.get(request=asked)
    assert (told.away, told.counted, told.share) == (2, 2, 50)


def test_who_is_suspended_or_elsewhere_does_not_count(world):
    suspend(code="M3", by=None, at=AT)
    assert [each.code for each in queries.counted_on(world.cell_a, TODAY)] == ["M1"]
    for codes in (("M1", "M3"), ("M1", "M2")):
        with pytest.raises(Denied, match="does not meet in the cell today"):
            ask(world, *codes)
    assert ask(world, "M1").state == State.WAITING


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"from_on": date(2024, 1, 9)}, "afterwards"),
        ({"from_on": date(2024, 5, 1), "to_on": date(2024, 6, 1)}, "three months"),
        ({"to_on": TODAY}, "before the first"),
        ({"to_on": date(2025, 6, 1)}, "a year"),
        ({"by": "ben"}, "records the meetings"),
        ({"by": "chi"}, "records the meetings"),
    ],
)
def test_what_can_not_be_approved_can_not_be_asked(world, changes, why):
    with pytest.raises(Denied, match=why):
        ask(world, "M1", "M3", **changes)


def test_one_request_waits_at_a_time(world):
    asked = ask(world, "M1", "M3")
    with pytest.raises(Denied, match="waits already"):
        ask(world, "M1", "M3")
    actions.withdraw(request=asked, by=world.ana, at=AT)
    assert ask(world, "M1", "M3").pk != asked.pk


def test_the_committee_above_approves_and_nobody_answers_what_is_their_own(world):
    asked = ask(world, "M1", "M3")
    for name in ("ana", "ben", "dan", "eva"):
        with pytest.raises(Denied):
            actions.approve(request=asked, by=getattr(world, name), at=AT)
    approved = actions.approve(request=asked, note="Đồng ý", by=world.chi, at=AT)
    assert (approved.state, approved.deeds.order_by("-pk")[0].role) == (State.APPROVED, RoleCode.OFFICER)
    assert queries.approval_on(world.cell_a, date(2024, 3, 31)) == approved
    assert queries.approval_on(world.cell_a, UNTIL) is None
    assert queries.approval_on(world.cell_b, TODAY) is None
    with pytest.raises(Denied, match="already"):
        actions.give_back(request=asked, note="Nhầm", by=world.chi, at=AT)


def test_maker_is_never_checker_also_not_through_a_role_lent(world):
    """Ana lends her role to Hoa, who asks with it; then neither Ana nor who acts for Ana answers."""
    lend(world, world.ana, to=world.hoa)
    asked = ask(world, "M1", "M3", by="hoa")
    assert set(asked.makers) == {world.hoa.pk, world.ana.pk}
    for user in (world.hoa, world.ana):
        organizations.grant(
            user=user, role=RoleCode.OFFICER, unit=world.upland, from_on=date(2024, 1, 1), to_on=None, by=None, at=AT
        )
        with pytest.raises(Denied, match="another person"):
            actions.approve(request=asked, by=user, at=AT)
    lend(world, world.hoa, to=world.ben)
    with pytest.raises(Denied, match="for whom you act"):
        actions.approve(request=asked, by=world.ben, at=AT)
    assert actions.approve(request=asked, by=world.chi, at=AT).state == State.APPROVED


def test_an_approval_ends_with_a_reason_and_past_days_stay(world):
    asked = actions.approve(request=ask(world, "M1", "M3"), by=world.chi, at=AT)
    with pytest.raises(Denied, match="Say why"):
        actions.end(request=asked, note=" ", by=world.chi, at=AT)
    with pytest.raises(Denied):
        actions.end(request=asked, note="x", by=world.dan, at=AT)
    later = AT.replace(day=20)
    ended = actions.end(request=asked, note="Đã về", by=world.ana, at=later)
    assert (ended.state, ended.to_on) == (State.APPROVED, date(2024, 1, 20))
    assert queries.approval_on(world.cell_a, TODAY) == ended
    with pytest.raises(Denied, match="holds no more"):
        actions.end(request=ended, note="x", by=world.ana, at=later)
    other = actions.approve(request=ask(world, "M1", "M3", from_on=date(2024, 2, 1)), by=world.chi, at=AT)
    assert actions.end(request=other, note="x", by=world.chi, at=AT).state == State.WITHDRAWN


def test_a_share_that_fell_is_not_approved(world):
    asked = ask(world, "M1", "M3")
    lay_down(share=99, from_on=date(2023, 1, 1), by=None, at=AT)
    assert actions.approve(request=asked, by=world.chi, at=AT).state == State.APPROVED  # all are more than 99
    later = ask(world, "M1", "M3", from_on=date(2024, 4, 2), to_on=date(2024, 5, 1))
    suspend(code="M1", by=None, at=AT)
    suspend(code="M3", by=None, at=AT)
    with pytest.raises(Denied, match="0 of 0"):
        actions.approve(request=later, by=world.chi, at=AT)


def test_a_notice_of_an_online_meeting_waits_for_the_approval(world):
    given = {"unit": world.cell_a, "uid": UID, "give": True, "by": world.ana, "at": AT}
    with pytest.raises(Denied, match="Ask for it first") as denied:
        agendas.save(seen=0, content=content(mode="online"), **given)
    assert denied.value.field == "mode"
    draft = agendas.save(seen=0, content=content(mode="online"), **(given | {"give": False}))
    actions.approve(request=ask(world, "M1", "M3"), by=world.chi, at=AT)
    assert agendas.save(seen=draft.version, content=content(mode="online"), **given).status == "given"


def test_where_no_rule_holds_nothing_is_asked(world):
    lay_down(from_on=date(2030, 1, 1), by=None, at=AT)
    given = {"unit": world.cell_a, "uid": UID, "give": True, "by": world.ana, "at": AT}
    assert agendas.save(seen=0, content=content(mode="online"), **given).status == "given"
    with pytest.raises(Denied, match="No rule"):
        ask(world, "M1", "M3")


def test_a_meeting_held_online_without_an_approval_counts_and_says_so(world):
    """What is recorded is never lost: its page says so, and a check names it."""
    held = Meeting.objects.get(code="A-5")
    tell(meeting=held, mode="online", by=None, at=AT)
    url, ana = f"/units/{world.cell_a.pk}/meetings/{held.pk}/", signed_in(world, "ana")
    assert "without an approval in force" in text(ana.get(url))
    sql, more = question_of(registry.get("meetings.online_unapproved"))
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters_of(TODAY, Threshold.objects.on(TODAY)) | more)
        assert [row[2] for row in cursor.fetchall()] == ["A-5"]


def test_a_whole_request_through_the_pages(world):
    ana, chi = signed_in(world, "ana"), signed_in(world, "chi")
    prepare = f"/units/{world.cell_a.pk}/notices/new/?month=2024-01&kind=regular"
    sent = typed(ana.get(prepare)) | {"on": "2024-01-12", "at_time": "19:30"}
    sent |= {"place": "https://hop.example", "mode": "online", "give": "1"}
    answer = ana.post(prepare, sent)
    base = f"/units/{world.cell_a.pk}/online/"
    assert answer.status_code == 422 and f'href="{base}"' in text(answer)
    both = people("M1", "M3")
    few = {"ground": "mobile", "why": "Đi biển", "from_on": "2024-01-10", "until": "2024-03-31", "people": both[:1]}
    assert "1 of 2 members" in text(ana.post(base, few))
    assert ana.post(base, few | {"people": ["x"], "until": "2024-02-31"}).status_code == 422
    page = ana.post(base, few | {"people": both}, follow=True)
    asked = OnlineRequest.objects.get()
    assert "your committee finds it" in text(page) and "2 of 2 members" in text(page)
    assert "Answer it" not in text(page) and "Take it back" in text(page)
    item = next(each for each in chi.get("/").context["waits"] if each.url == f"/online/{asked.pk}/")
    assert "asks to meet online" in item.title
    assert chi.post(item.url, {"act": "return", "note": ""}).status_code == 422
    assert "Returned" in text(chi.post(item.url, {"act": "return", "note": "Nói rõ hơn"}, follow=True))
    back = next(each for each in ana.get("/").context["waits"] if each.url == item.url)
    assert back.text == "Because: Nói rõ hơn"
    ana.post(base, few | {"people": both})
    again = OnlineRequest.objects.get(state="waiting")
    assert not [each for each in ana.get("/").context["waits"] if each.url == item.url]
    assert "Approved" in text(chi.post(f"/online/{again.pk}/", {"act": "approve", "note": ""}, follow=True))
    assert "may meet online until 31 March 2024" in text(ana.get(base))
    assert ana.post(prepare, sent).status_code == 302
    for name, status in (("ben", 404), ("dan", 404), ("flo", 200)):
        assert signed_in(world, name).get(f"/online/{again.pk}/").status_code == status
    assert signed_in(world, "flo").post(base, few).status_code == 403
    assert chi.post(f"/online/{again.pk}/", {"act": "nonsense", "note": "x"}).status_code == 422


def test_no_page_asks_more_than_twelve_times(world):
    asked = ask(world, "M1", "M3")
    for name, url in (
        ("ana", f"/units/{world.cell_a.pk}/online/"), ("chi", f"/online/{asked.pk}/"), ("eva", "/norms/online/"),
        ("ana", f"/units/{world.cell_a.pk}/groups/"), ("ana", f"/units/{world.cell_a.pk}/notices/new/?month=2024-01"),
    ):  # fmt: skip
        client = signed_in(world, name)
        with CaptureQueriesContext(connection) as queried:
            assert client.get(url).status_code == 200
        assert len(queried) <= 12, (url, len(queried))


def test_an_administrator_lays_another_share_down(world):
    eva = signed_in(world, "eva")
    sent = {"share": "60", "from_on": "2024-02-01", "source": "9-HD/TW"}
    assert eva.post("/norms/online/", sent).status_code == 302
    assert list(OnlineRule.objects.order_by("from_on").values_list("share", "to_on")) == [
        (50, date(2024, 2, 1)), (60, None),
    ]  # fmt: skip
    for wrong in ({"share": "100"}, {"share": "x"}, {"from_on": "2024-01-09"}):
        assert eva.post("/norms/online/", sent | wrong).status_code == 422, wrong
