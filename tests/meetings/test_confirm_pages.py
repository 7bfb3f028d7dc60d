"""The pages of scores that wait: together or one by one, returned and answered; what they cost."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.meetings import confirming
from chibo.meetings.models import Deed, Meeting, Score, Scorer, Settled
from chibo.organizations.actions import grant
from chibo.organizations.roles import RoleCode
from tests.meetings.judging import agreeing, at, browser, deeds, in_charge, state
from tests.meetings.saying import url_of
from tests.world import AT, TODAY


def test_those_in_which_nothing_differs_are_confirmed_together_and_others_are_not(world, scored):
    chi = browser(world.chi)
    alike = [each.pk for each in agreeing(world, 2)]
    lines = chi.get("/scores/").context["lines"]
    assert {line["pk"]: line["agrees"] for line in lines} == dict.fromkeys(alike, True) | {scored.pk: False}
    sent = {f"seal_{line['pk']}": line["seal"] for line in lines}
    answer = chi.post("/scores/", sent | {"all": "1"}, follow=True).content.decode()
    assert "2 scores are confirmed." in answer and "Open it by itself." in answer
    assert {state(Meeting(pk=pk)) for pk in alike} == {Settled.CONFIRMED}
    assert state(scored) == Settled.WAITING
    late = chi.post("/scores/", sent | {"meeting": [str(alike[0])]}, follow=True).content.decode()
    assert "Lê Thị Chi confirmed this score" in late or "is confirmed" in late
    assert deeds(Meeting(pk=alike[0])) == [Deed.CONFIRMED]


def test_the_page_of_one_confirms_returns_and_says_what_is_wrong(world, scored):
    chi, ana = browser(world.chi), browser(world.ana)
    url = url_of(scored, "confirm/")
    page = chi.get(url)
    assert page.context["waits"] and "Of " in page.context["state"].beside
    seen = confirming.seal_now(*at(scored))
    wrong = chi.post(url, {"act": "return", "r-seen": seen, "r-reason": ""})
    assert wrong.status_code == 422 and "Say why, please." in wrong.content.decode()
    assert chi.post(url, {"act": "return", "r-seen": seen, "r-reason": "Who was there?"}).status_code == 302
    desk = ana.get("/").content.decode()
    assert "The score of December 2023 was returned" in desk and "Who was there?" in desk
    assert "Keep it and answer" in ana.get(url_of(scored)).content.decode()
    assert ana.post(url_of(scored, "answer/"), {"reason": ""}).status_code == 422
    assert ana.post(url_of(scored, "answer/"), {"reason": "Two were"}).status_code == 302
    grant(user=world.hoa, role=RoleCode.LEADER, unit=world.upland, from_on=TODAY, by=None, at=AT)
    assert "1 score waits for your confirmation" in browser(world.hoa).get("/").content.decode()
    assert "waits for your confirmation" not in chi.get("/").content.decode(), "it waits for the commune"
    assert "Two were" in chi.get("/scores/").content.decode()
    seen = confirming.seal_now(*at(scored))
    assert chi.post(url, {"act": "confirm", "c-seen": seen, "c-k_attendance": "less"}).status_code == 302
    assert Score.objects.get(meeting=scored, scored_by=Scorer.SUPERIOR).total == 97
    shown = ana.get(url_of(scored)).content.decode()
    assert "Confirmed by Lê Thị Chi" in shown and "with points of their own" in shown


def test_the_page_of_a_meeting_leads_those_who_may_to_its_confirmation(world, scored):
    way = url_of(scored, "confirm/")
    assert way in browser(world.chi).get(url_of(scored)).content.decode()
    assert way not in browser(world.ana).get(url_of(scored)).content.decode()
    grant(user=world.hoa, role=RoleCode.OFFICER, unit=world.cell_a, from_on=TODAY, by=None, at=AT)
    assert way not in browser(world.hoa).get(url_of(scored)).content.decode()
    in_charge(world, "hoa")
    hoa = browser(world.hoa)
    with CaptureQueriesContext(connection) as asked:
        assert way in hoa.get(url_of(scored)).content.decode()
    assert len(asked) <= 12


def test_what_was_changed_meanwhile_is_shown_and_judged_then(world, scored):
    chi, url = browser(world.chi), url_of(scored, "confirm/")
    sent = {"act": "return", "r-seen": confirming.seal_now(*at(scored)) - 1, "r-reason": "Who was there?"}
    refused = chi.post(url, sent)
    assert refused.status_code == 422 and "The meeting was changed since" in refused.content.decode()
    form = refused.context["return_form"]
    assert form["reason"].value() == "Who was there?"
    assert chi.post(url, sent | {"r-seen": form["seen"].value()}).status_code == 302
    assert state(scored) == Settled.RETURNED
    ben = browser(world.ben).get(url_of(scored)).content.decode()  # a member of the cell
    assert "returned" in ben and "Who was there?" not in ben and "Lê Thị Chi" not in ben


def test_who_is_in_charge_sees_the_score_without_seeing_the_cell(world, scored):
    in_charge(world, "dan")
    dan = browser(world.dan)
    assert dan.get(url_of(scored)).status_code == 404
    assert dan.get(url_of(scored, "confirm/")).status_code == 200
    assert "1 score waits for your confirmation" in dan.get("/").content.decode()
    assert dan.get("/scores/").context["lines"][0]["pk"] == scored.pk


def test_nonsense_in_what_is_sent_is_answered_in_words(world, scored):
    chi = browser(world.chi)
    for said in (
        {},
        {"meeting": "x"},
        {"meeting": str(scored.pk), f"seal_{scored.pk}": "y"},
        {"all": "1", "seal_9": "1"},
    ):
        assert chi.post("/scores/", said).status_code == 302
    for query in ("unit=x", "unit=" + "9" * 30, "after=zzz", f"unit={world.south.pk}"):
        assert chi.get(f"/scores/?{query}").status_code == 200
    assert chi.post(url_of(scored, "confirm/"), {"act": "confirm", "c-seen": "x"}).status_code == 422
    assert state(scored) == Settled.WAITING


def test_the_lists_cost_the_same_for_any_number_of_scores(world, scored):
    chi = browser(world.chi)
    chi.get("/scores/")
    with CaptureQueriesContext(connection) as one:
        chi.get("/scores/")
    agreeing(world, 2)
    with CaptureQueriesContext(connection) as more:
        assert len(chi.get("/scores/").context["lines"]) == 3
    assert len(more) == len(one) <= 12
    with CaptureQueriesContext(connection) as page:
        chi.get(url_of(scored, "confirm/"))
    assert len(page) <= 12
