"""What someone types is kept as they type, for them alone, and may be anything."""

import pytest
from django.test import Client

from chibo.meetings import actions
from chibo.meetings.models import Draft, Meeting
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.meetings.saying import UID, december, person, record_url
from tests.test_nonsense import HOSTILE
from tests.world import AT, TODAY


@pytest.fixture
def ana(world):
    client = Client()
    client.force_login(world.ana)
    return client


def test_a_draft_is_kept_given_back_and_thrown_away(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/"
    assert ana.get(url).json() == {"content": None}
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
    actions.keep_draft(unit=world.cell_a, uid=UID, content={"topic": "secret"}, by=world.ben, at=AT)
    url = f"/units/{world.cell_a.pk}/meetings/drafts/{UID}/"
    assert ana.get(url).json() == {"content": None}
    assert "secret" not in ana.get(record_url(world, draft=UID)).content.decode()
    assert ana.post(url, {"topic": "mine"}).status_code == 409
    assert Draft.objects.get().content == {"topic": "secret"}


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
        for more in ({}, {"update": value}, {"keep": value}, {"listed": ""}):
            assert ana.post(base + path, sent | more).status_code < 500
    said = december(ana, world)
    for name in said:
        assert ana.post(record_url(world), said | {name: value}).status_code < 500, name
