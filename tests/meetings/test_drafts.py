"""What someone types is kept as they type, for them alone, and may be anything."""

from uuid import uuid4

import pytest
from django.test import Client

from chibo.meetings import actions
from chibo.meetings.models import Draft, Meeting
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.meetings.saying import UID, content, december, person, record_url
from tests.test_nonsense import HOSTILE
from tests.world import AT, TODAY


@pytest.fixture
def ana(world):
    client = Client()
    client.force_login(world.ana)
    return client


def test_a_draft_is_kept_given_back_and_thrown_away(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/"
    assert ana.get(url).json()["content"] is None
    said = december(ana, world, topic="Half a \x00thought", **{f"m_{person('M1')}": "absent"})
    assert ana.post(url, said).json()["saved"]
    kept = ana.get(url).json()["content"]
    assert kept["topic"] == "Half a thought" and "csrfmiddlewaretoken" not in kept and "uid" not in kept
    page = ana.get(record_url(world))
    assert f"?draft={UID}" in page.content.decode()
    form = ana.get(record_url(world, draft=UID)).context["form"]
    assert (form["topic"].value(), str(form["uid"].value())) == ("Half a thought", str(UID))
    assert next(row.state for row in form.roll.rows if row.who.code == "M1") == "absent"
    ana.post(url, {"drop": "1"})
    assert not Draft.objects.exists()


def test_a_draft_may_hold_nonsense_and_no_page_fails(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/"
    for value in ("\x00", "9" * 40, "[]", "<script>", "\u202e", "2023-13-45", "a" * 900):
        ana.post(url, dict.fromkeys(("held_on", "month", "kind", "mode", "c1", "scored_on", "prompt", "m_1"), value))
        assert ana.get(record_url(world, draft=UID)).status_code == 200
        assert ana.get(record_url(world)).status_code == 200
    assert ana.post(url, {"conclusions": "a" * 100_001}).status_code == 413
    assert ana.post(url, {"unknown": "x"}).json()["saved"]
    assert Draft.objects.get().content == {}


def test_a_draft_of_someone_else_is_neither_shown_nor_taken(world, ana):
    grant(user=world.ben, role=RoleCode.SECRETARY, unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "Riêng tôi"}, by=world.ben, at=AT)
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/"
    assert ana.get(url).json()["content"] is None
    assert "Riêng tôi" not in ana.get(record_url(world, draft=UID)).content.decode()
    assert ana.post(url, {"topic": "mine"}).status_code == 409
    assert Draft.objects.get().content == {"topic": "Riêng tôi"}


def test_without_javascript_a_draft_is_kept_by_a_button(world, ana):
    said = december(ana, world, keep="1", topic="Half", held_on="")
    answer = ana.post(record_url(world), said, follow=True)
    assert "Kept as a draft" in answer.content.decode()
    assert answer.context["form"]["topic"].value() == "Half"


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_that_is_sent_makes_a_page_fail(world, ana, value):
    fields = [
        *("uid", "version", "kind", "held_on", "month", "mode", "topic", "duration_min", "conclusions", "prompt"),
        *(
            "scored_on",
            "another",
            "reason",
            "listed",
            "c1",
            f"m_{person('M1')}",
            f"r_{person('M1')}",
            f"m_{value}",
            "x_",
        ),
    ]
    sent = dict.fromkeys(fields, value)
    meeting = Meeting.objects.get(code="A-1").pk
    base = f"/units/{world.cell_a.pk}/meetings/"
    for path in ("record/", f"{meeting}/correct/", f"{meeting}/withdraw/", "none/", f"drafts/{UID}/"):
        for more in ({"update": value}, {"keep": value}, {"listed": ""})[HOSTILE.index(value) % 2 :: 2]:
            assert ana.post(base + path, sent | more).status_code < 500
    said = december(ana, world)
    at = HOSTILE.index(value)
    for n, name in enumerate(said):
        if n % 5 == at % 5:  # each field meets every fifth value
            assert ana.post(record_url(world), said | {name: value}).status_code < 500, name


def test_of_a_month_and_kind_one_draft_is_kept_the_newest(world):
    old, new, other = uuid4(), uuid4(), uuid4()
    for uid, month, topic in ((old, "2023-12", "a"), (other, "2023-11", "b"), (new, "2023-12", "c")):
        said = {"month": month, "kind": "regular", "topic": topic}
        actions.keep_draft(unit=world.cell_a, uid=uid, content=said, by=world.ana, at=AT)
    assert set(Draft.objects.values_list("uid", flat=True)) == {new, other}


def test_with_the_meeting_of_its_month_recorded_a_draft_is_gone_but_not_those_of_other_months_or_kinds(world):
    for uid, month, kind in ((gone := uuid4(), "2023-12", "regular"), (uuid4(), "2023-12", "thematic")):
        actions.keep_draft(unit=world.cell_a, uid=uid, content={"month": month, "kind": kind}, by=world.ana, at=AT)
    actions.keep_draft(
        unit=world.cell_a, uid=uuid4(), content={"month": "2023-11", "kind": "regular"}, by=world.ana, at=AT
    )
    actions.record(unit=world.cell_a, uid=UID, content=content(), by=world.ana, at=AT)
    assert Draft.objects.count() == 2
    assert not Draft.objects.filter(uid=gone).exists()


def test_one_goes_on_with_the_draft_of_the_month_and_other_drafts_are_told_of_in_a_line(world, ana):
    december_draft, november_draft = uuid4(), uuid4()
    for uid, month in ((december_draft, "2023-12"), (november_draft, "2023-11")):
        said = {"month": month, "kind": "regular", "topic": month, "step": "4", f"m_{person('M1')}": "absent"}
        actions.keep_draft(unit=world.cell_a, uid=uid, content=said, by=world.ana, at=AT)
    answer = ana.get(record_url(world, month="2023-12"))
    assert answer.context["form"]["topic"].value() == "2023-12"
    assert answer.content.decode().count("data-offered") == 1
    assert "You go on with what you typed: December 2023, 1 absent, step 4." in answer.content.decode()
    page = ana.get(record_url(world, month="2023-10")).content.decode()
    assert "You began: November 2023, 1 absent, step 4." in page and "You began: December 2023" in page
    thrown = ana.post(f"/units/{world.cell_a.pk}/meetings/drafts/{december_draft}/", {"drop": "1"})
    assert thrown.url.endswith("record/?month=2023-12")


def test_a_month_of_which_none_can_be_recorded_is_said(world, ana):
    said = "No meeting can be recorded for February 2024 yet"
    assert said in ana.get(record_url(world, month="2024-02")).content.decode()
    assert said not in ana.get(record_url(world, month="2024-01")).content.decode()
    assert "No meeting can be recorded" not in ana.get(record_url(world)).content.decode()


def test_a_device_is_told_when_a_meeting_like_the_one_it_has_typed_was_recorded(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/?month=2023-12&kind=regular"
    assert (ana.get(url).json()["recorded"], ana.get(url).json()["is_recorded"]) == (None, False)
    ana.post(record_url(world), december(ana, world, uid=str(uuid4())))
    said = ana.get(url).json()
    assert 0 <= said["now"] - said["recorded"] < 86_400_000 and said["is_recorded"] is False
    assert ana.get(url.replace("regular", "thematic")).json()["recorded"] is None
    own = Meeting.objects.get(unit=world.cell_a, month="2023-12-01", kind="regular").uid
    assert ana.get(url.replace(str(UID), str(own))).json()["is_recorded"] is True
    for nonsense in ("?month=2023-13&kind=x", "?month=%00&kind=%00", ""):
        assert ana.get(url.split("?")[0] + nonsense).status_code == 200
