"""The pages of procedures: who gets which, drafts changed on them word by word, an invented case, special days."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chibo.procedures import drafting, editing, registry
from chibo.procedures.flow import (
    Ask,
    Flow,
    Limit,
    Outcome,
    Party,
    Remind,
    Share,
    Skip,
    Slot,
    Step,
    VoteRule,
    read,
)
from chibo.procedures.forms import WholeForm
from chibo.procedures.models import SpecialDay, Version
from chibo.procedures.step_forms import StepForm
from tests.permission_table import HUGE, signed_in
from tests.procedures.conftest import changed, lay_down, name
from tests.world import AT, TODAY

BASE = "/procedures/small/"
BOTH = {"en": "Word", "vi": "Chữ"}
FULL = Step(  # everything that the language can say of a step, none of it as if it had not been said
    code="full",
    name=BOTH,
    help={"en": "Help", "vi": "Giúp"},
    who=(Party(at="cell", roles=("secretary",)), Party(at="committee_above", roles=("officer", "leader"))),
    need=2,
    apart_from=("begin", "check"),
    papers=(Slot(code="p", name=BOTH, form="9-KNĐ", required=False, made=True), Slot(code="q", name=BOTH)),
    asks=(
        Ask(code="a", kind="choice", name=BOTH, required=False, choices={"x": BOTH, "y": {"en": "Y"}}),
        Ask(code="d", kind="day", name={"vi": "Ngày"}),
    ),
    vote=VoteRule(
        electorate="everybody",
        carried=Share(n=2, m=3, of="valid", more=True),
        quorum=Share(n=1, m=2, of="present", more=True),
    ),
    limit=Limit(n=30, unit="working_days", since="d", then="stop"),
    reminders=(Remind(days=-3, to="above"), Remind(days=5)),
    skip=Skip(when="is_grassroots", to="decide"),
    outcomes=(
        Outcome(code="go", name=BOTH, to="check", guards=("carried", "under_grassroots"), effect="nothing"),
        Outcome(code="stop", name=BOTH, ends="refused", reason=True),
    ),
)


@pytest.fixture
def things() -> Any:
    """An effect and voters that procedures of these tests may name."""
    registry.effect("nothing", label="nothing follows")(lambda moment, by, at: None)
    registry.electorate("everybody", label="Everybody")(lambda unit, day: None)
    yield
    del registry.effects["nothing"]
    del registry.electorates["everybody"]


@pytest.fixture
def draft(world, nothing) -> Version:
    """A version laid down, and a draft copied from it."""
    return drafting.copy(version=lay_down(changed()), by=None, at=AT)


def sent(form: Any) -> dict[str, Any]:
    """What a browser sends back of a form as it stands, its rows too."""
    data: dict[str, Any] = {}
    parts = [form, *(each for rows in getattr(form, "parts", ()) for each in (rows.management_form, *rows))]
    for part in parts:
        for field in part:
            value = field.value()
            if field.widget_type == "checkbox":
                if value:
                    data[field.html_name] = "on"
            elif field.widget_type == "select" and value in (None, ""):
                data[field.html_name] = str(next(iter(field.field.choices))[0])  # as a browser shows and sends it
            elif value not in (None, ""):
                data[field.html_name] = value if isinstance(value, list) else str(value)
    return data


def test_a_step_that_says_everything_comes_back_from_its_page_as_it_was(nothing, things):
    for field in dataclasses.fields(Step):
        default = field.default_factory() if callable(field.default_factory) else field.default
        assert getattr(FULL, field.name) != default, field.name
    flow = editing.put(read(changed()), 0, FULL)
    form = StepForm(sent(StepForm(None, flow, 0)), flow, 0)
    assert form.is_sound(), (form.errors, [rows.errors for rows in form.parts])
    assert form.made() == FULL
    assert read(editing.told(form.made() and flow)) == flow


def test_a_step_is_built_on_the_pages_from_nothing(world, nothing, things, draft):
    eva = signed_in(world, "eva")
    page = f"{BASE}2/"
    seen = drafting.seal(draft)
    answer = eva.post(page, {"act": "add", "code": "full", "vi": "Chữ", "en": "Word", "seen": seen})
    assert answer.url == f"{BASE}2/steps/4/"
    flow = read(changed())
    wanted = dataclasses.replace(flow, steps=(*flow.steps, FULL))
    found = Version.objects.get(pk=draft.pk)
    data = sent(StepForm(None, wanted, 3)) | {"seen": drafting.seal(found)}
    data |= {key: "0" for key in data if key.endswith("INITIAL_FORMS")} | {"limit_then": "", "limit_since": "step"}
    assert eva.post(answer.url, data).status_code == 302
    found = Version.objects.get(pk=draft.pk)
    assert found.flow.steps[3] == dataclasses.replace(FULL, limit=Limit(n=30, unit="working_days"))
    data |= {"limit_then": "stop", "limit_since": "d", "seen": drafting.seal(found)}
    data |= {f"{part}-INITIAL_FORMS": "2" for part in ("who", "papers", "asks", "reminders", "outcomes")}
    assert eva.post(answer.url, data).status_code == 302
    assert Version.objects.get(pk=draft.pk).flow.steps[3] == FULL


def test_a_step_is_offered_to_whom_the_case_is_about(world, draft):
    page = signed_in(world, "eva").get(f"{BASE}2/steps/1/").content.decode()
    assert '<option value="member">whom it is about</option>' in page


def test_a_reminder_is_so_many_days_before_or_after_the_last_day_never_below_zero():
    flow = editing.put(read(changed()), 0, FULL)
    reminders = StepForm(None, flow, 0).reminders
    assert [(row["days"].value(), row["side"].value()) for row in reminders][:2] == [(3, "before"), (5, "after")]
    data = sent(StepForm(None, flow, 0)) | {"reminders-0-side": "after", "reminders-1-days": "-5"}
    form = StepForm(data, flow, 0)
    assert not form.is_sound()
    assert "days" in form.reminders.forms[1].errors
    form = StepForm(data | {"reminders-1-days": "0"}, flow, 0)
    assert form.is_sound()
    assert form.made().reminders == (Remind(days=3, to="above"), Remind(days=0))


def test_the_whole_of_a_draft_is_changed_on_a_page(world, draft):
    eva = signed_in(world, "eva")
    page = eva.get(f"{BASE}2/change/")
    data = sent(page.context["form"]) | {
        "seen": drafting.seal(draft), "name_vi": "Nhỏ", "basis": "2-QĐ/TW", "by_member": "on", "days": "told other",
        "when": ["is_grassroots"], "asks-0-code": "why", "asks-0-vi": "Lý do", "asks-0-kind": "text",
        "results-2-code": "third", "results-2-vi": "Ba", "withdraws-0-at": "cell", "withdraws-0-roles": ["secretary"],
    }  # fmt: skip
    assert eva.post(f"{BASE}2/change/", data).status_code == 302
    found = Version.objects.get(pk=draft.pk)
    assert (found.name, found.basis) == ({"en": "Small", "vi": "Nhỏ"}, "2-QĐ/TW")
    flow: Flow = found.flow
    assert (flow.by_member, flow.days, flow.results["third"]) == (True, ("told", "other"), {"vi": "Ba"})
    assert flow.withdraws == (Party(at="cell", roles=("secretary",)),)
    assert (flow.when, flow.asks) == (
        ("is_grassroots",), (Ask(code="why", kind="text", name={"vi": "Lý do"}),)
    )  # fmt: skip
    again = WholeForm(None, found.name, found.basis, flow)
    same = WholeForm(sent(again), found.name, found.basis, flow)
    assert same.is_sound() and same.made() == flow
    assert flow.steps == read(changed()).steps


def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(world, draft):
    eva = signed_in(world, "eva")
    data = sent(eva.get(f"{BASE}2/steps/1/").context["form"]) | {
        "seen": drafting.seal(draft), "limit_n": "many", "outcomes-0-code": "two words", "skip_when": "is_grassroots",
    }  # fmt: skip
    answer = eva.post(f"{BASE}2/steps/1/", data)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert {"limit_n", "skip_to"} <= set(form.errors)
    assert "code" in form.outcomes.forms[0].errors
    assert 'value="two words"' in answer.content.decode()
    assert Version.objects.get(pk=draft.pk).definition == draft.definition


def test_steps_are_moved_and_removed_and_faults_are_said_until_they_are_mended(world, draft):
    eva, page = signed_in(world, "eva"), f"{BASE}2/"

    def act(what: str, at: int) -> str:
        seen = drafting.seal(Version.objects.get(pk=draft.pk))
        assert eva.post(page, {"act": what, "at": at, "seen": seen}).status_code == 302
        return eva.get(page).content.decode()

    assert "Nothing is wrong with this draft" in eva.get(page).content.decode()
    assert "is never reached" not in act("down", 1)
    assert [step.code for step in Version.objects.get(pk=draft.pk).flow.steps] == ["check", "prepare", "decide"]
    act("up", 2)
    told = act("remove", 2)
    assert "Prepare: unknown step check." in told
    assert "First mend" in told
    answer = eva.post(page, {"act": "lay_down", "on": "2024-02-01"})
    assert answer.status_code == 422
    assert Version.objects.get(pk=draft.pk).valid_from is None


def test_a_draft_that_someone_else_changed_meanwhile_is_not_overwritten(world, draft):
    eva = signed_in(world, "eva")
    data = sent(eva.get(f"{BASE}2/steps/1/").context["form"]) | {"seen": drafting.seal(draft), "name_en": "Mine"}
    drafting.change(version=draft, told=changed(), name=name("Other"), basis="", by=None, at=AT)
    answer = eva.post(f"{BASE}2/steps/1/", data)
    assert answer.status_code == 422
    assert "Someone else changed this draft" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert eva.post(f"{BASE}2/", {"act": "remove", "at": "1"}).status_code == 422
    assert len(Version.objects.get(pk=draft.pk).flow.steps) == 3


def test_a_draft_is_made_laid_down_ended_and_thrown_away_on_pages(world, draft):
    eva = signed_in(world, "eva")
    assert eva.post(f"{BASE}2/", {"act": "lay_down", "on": "2024-01-09"}).status_code == 422
    assert eva.post(f"{BASE}2/", {"act": "lay_down", "on": "2024-02-01"}).status_code == 302
    assert Version.objects.get(procedure__code="small", number=1).valid_to == date(2024, 2, 1)
    assert eva.post(f"{BASE}2/", {"act": "end", "on": "2024-03-01"}).status_code == 302
    assert eva.post(f"{BASE}2/", {"act": "copy"}).url == f"{BASE}3/"
    assert eva.post(f"{BASE}2/", {"act": "throw_away"}).status_code == 422
    assert eva.post(f"{BASE}3/", {"act": "throw_away"}).status_code == 302
    assert eva.post(f"{BASE}2/", {"act": "dance"}).status_code == 422
    assert [each.number for each in Version.objects.filter(procedure__code="small").order_by("number")] == [1, 2]
    given = {"code": "other", "subject": "nothing", "name_vi": "Khác"}
    assert eva.post("/procedures/", given).url == "/procedures/other/1/"
    assert "There is no step yet" in eva.get("/procedures/other/1/").content.decode()
    assert eva.post("/procedures/", given).status_code == 422
    assert eva.get("/procedures/other/1/change/").status_code == 200
    assert eva.get("/procedures/other/1/try/").status_code == 302


READERS = {"ana": 200, "ben": 404, "chi": 200, "dan": 200, "eva": 200, "flo": 200, "hoa": 404, "nobody": 302}


@pytest.mark.parametrize("person", READERS)
def test_who_sees_cases_reads_what_is_laid_down_and_an_administrator_alone_changes(world, draft, person):
    client, reads = signed_in(world, person), READERS[person]
    assert client.get(BASE).status_code == reads
    assert client.get(f"{BASE}1/").status_code == reads
    ruled = reads if person in ("eva", "nobody") else 404
    for page in ("2/", "2/change/", "2/steps/1/", "2/try/", "1/try/"):
        assert client.get(BASE + page).status_code == ruled, page
    if person != "eva":
        before = list(Version.objects.order_by("pk").values())
        seen = drafting.seal(draft)
        for page in ("1/", "2/", "2/change/", "2/steps/1/"):
            for act in ("copy", "throw_away", "end", "lay_down", "remove", "dance"):
                sent = {"act": act, "on": "2024-02-01", "at": "1", "seen": seen}
                assert client.post(BASE + page, sent).status_code in (302, 403, 404)
        assert list(Version.objects.order_by("pk").values()) == before
        for_days = client.post("/special-days/", {"day": "2024-05-06", "is_working": "no", "name": "X"})
        assert for_days.status_code == reads if person == "nobody" else for_days.status_code == 404
        assert "Copy it" not in client.get(f"{BASE}1/").content.decode()


def test_a_procedure_shows_the_version_of_today_and_to_its_readers_no_draft(world, draft):
    page = signed_in(world, "ana").get(BASE).content.decode()
    assert "Version 1" in page
    assert f"{BASE}2/" not in page
    assert "Cell secretary, the cell" in page
    assert f"{BASE}2/" in signed_in(world, "eva").get(BASE).content.decode()


def test_no_page_of_procedures_asks_many_questions(world, draft, django_assert_max_num_queries):
    eva = signed_in(world, "eva")
    pages = ("", "2/", "2/change/", "2/steps/1/", "2/try/")
    for url in ("/procedures/", "/special-days/", *(BASE + page for page in pages)):
        with django_assert_max_num_queries(12):
            assert eva.get(url).status_code == 200


# An invented case


def test_an_invented_case_goes_its_way_and_leaves_nothing(world, draft, django_assert_max_num_queries):
    eva, page = signed_in(world, "eva"), f"{BASE}2/try/"
    shown = eva.get(page, {"on": "2024-02-05"}).content.decode()
    assert "19 February 2024" in shown  # five working days over the new year
    answer = eva.get(page, {"on": "2024-02-05", "outcome": "send", "then": "2024-02-16"})
    assert answer.url == f"{page}?on=2024-02-05&way=send%402024-02-16"
    shown = eva.get(answer.url).content.decode()
    assert "16 March 2024" in shown
    ways = ["send@2024-02-16", "return@2024-02-20", "send@2024-02-21", "pass@2024-02-22", "grant@2024-02-23"]
    with django_assert_max_num_queries(12):
        shown = eva.get(page, {"on": "2024-02-05", "way": ways}).content.decode()
    assert "The case has ended:" in shown
    assert "Granted" in shown
    assert not Version.objects.get(procedure__code="small", number=2).cases.exists()
    for wrong in ({"outcome": "dance", "then": "2024-02-16"}, {"outcome": "send", "then": "2024-02-01"}, {"then": ""}):
        assert eva.get(page, {"on": "2024-02-05", **wrong}).status_code == 422


# Special days


def test_a_special_day_is_laid_down_and_removed_and_one_gone_by_is_not(world):
    eva = signed_in(world, "eva")
    assert "Quốc khánh" in eva.get("/special-days/?year=2024").content.decode() or SpecialDay.objects.exists()
    given = {"day": "2024-05-11", "is_working": "yes", "name": "Làm bù", "decision": "1-TB"}
    assert eva.post("/special-days/", given).status_code == 302
    made = SpecialDay.objects.get(day=date(2024, 5, 11))
    assert made.is_working
    assert eva.post("/special-days/", given).status_code == 422
    assert eva.post("/special-days/", {**given, "day": "2024-05-06"}).status_code == 422  # a Monday
    assert eva.post("/special-days/", {"remove": made.pk}).status_code == 302
    assert not SpecialDay.objects.filter(day=date(2024, 5, 11)).exists()
    past = SpecialDay.objects.filter(day__lt=TODAY).first()
    assert past is None or eva.post("/special-days/", {"remove": past.pk}).status_code == 422
    for nonsense in ("x", "-1", HUGE, "", "\0"):
        assert eva.post("/special-days/", {"remove": nonsense}).status_code == 422


# Nonsense

NONSENSE = (
    "\0",
    HUGE,
    "-1",
    "'",
    "<b>",
    "a@2024-02-30",
    "send@9999-12-31",
    "@",
    "-@2024-02-06",
    "2024-13-01",
    "x" * 3000,
)


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_is_no_failure(world, draft, value):
    eva = signed_in(world, "eva")
    ok = (200, 302, 404, 422)
    for page in (BASE, f"{BASE}1/", f"{BASE}2/", f"{BASE}2/change/", f"{BASE}2/steps/1/", f"{BASE}2/try/",
                 "/procedures/", "/special-days/"):  # fmt: skip
        keys = ("on", "way", "outcome", "then", "year", "act", "at", "seen", "code", "subject", "name_vi", "remove",
                "who-TOTAL_FORMS", "who-INITIAL_FORMS", "outcomes-TOTAL_FORMS", "day", "need")  # fmt: skip
        assert eva.get(page, dict.fromkeys(keys, value)).status_code in ok
        for act in ("add", "up", "lay_down", value):
            told = dict.fromkeys(keys, value) | {"act": act}
            assert eva.post(page, told).status_code in (*ok, 405)
    for url in (
        f"/procedures/{HUGE}/",
        f"{BASE}{HUGE}/",
        f"{BASE}2/steps/{HUGE}/",
        f"{BASE}2/steps/0/",
        "/procedures/%00/",
    ):
        assert eva.get(url).status_code in (302, 404)


def test_a_draft_that_is_no_procedure_at_all_still_has_its_page(world, nothing):
    eva = signed_in(world, "eva")
    for told in ({}, {"steps": 3}, {"begins": [], "results": [], "steps": [{"code": 1}]},
                 {"begins": [], "results": {"a": "b"}, "steps": []}):  # fmt: skip
        made = drafting.draft(code="odd", subject="nothing", name={}, basis="", told=told, by=None, at=AT)
        page = f"/procedures/odd/{made.number}/"
        assert eva.get(page).status_code == 200
        for part in ("change/", "steps/1/", "try/"):
            assert eva.get(page + part).status_code in (200, 302)
        assert eva.post(page, {"act": "up", "at": "1", "seen": "x"}).status_code == 422
        assert eva.post(page, {"act": "throw_away"}).status_code == 302


def _edit(client: Client, draft: Version, what: str, at: int, key: str, value: str) -> None:
    """One edit on the pages, as someone might make it."""
    found = Version.objects.get(pk=draft.pk)
    page = f"{BASE}2/"
    if what in ("up", "down", "remove", "add"):
        told = {"act": what, "at": at, "seen": drafting.seal(found), "code": value, "vi": value}
        assert client.post(page, told).status_code in (302, 422)
        return
    answer = client.get(f"{page}steps/{at}/" if what == "step" else f"{page}change/")
    if answer.status_code == 200:
        data = sent(answer.context["form"])
        chosen = [name for name in data if key in name and not name.endswith("_FORMS")]
        data |= dict.fromkeys(chosen, value) | {"seen": drafting.seal(found)}
        assert client.post(answer.request["PATH_INFO"], data).status_code in (302, 422)


EDITS = st.tuples(
    st.sampled_from(["up", "down", "remove", "add", "step", "step", "step", "whole"]),
    st.integers(0, 5),
    st.sampled_from(["code", "leads", "need", "limit_n", "at", "roles", "vi", "en", "skip", "DELETE", "apart", "days"]),
    st.sampled_from(["", "prepare", "check", "begin", "to:check", "ends:granted", "3", "all", "cell", "x", "é", "on"]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDITS, min_size=3, max_size=8))
def test_whatever_is_edited_no_page_of_the_draft_fails(world, draft, edits):
    client = signed_in(world, "eva")
    drafting.change(version=draft, told=changed(), name=name("Small"), basis="", by=None, at=AT)
    for edit in edits:
        _edit(client, draft, *edit)
        for page in ("", "change/", "steps/1/", "try/", "try/?on=2024-01-10&way=send@2024-01-11"):
            assert client.get(f"{BASE}2/{page}").status_code in (200, 302)
