"""The pages of cases: what waits, signing in one form, two at once, lists, the desk; nonsense is answered calmly."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant
from chibo.procedures import nightly, registry
from chibo.procedures.actions import record_vote, suspend
from chibo.procedures.flow import Ask
from chibo.procedures.models import Case, CasePaper, Signature, Vote
from tests.procedures.conftest import COMMITTEE, CONCERNED, changed, go, lay_down, name, on
from tests.procedures.test_cases import VOTE
from tests.world import AT, TODAY


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer) -> str:
    page = answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def voting(nothing):
    """The small procedure with a vote at its first step, of nine."""
    registry.electorate("everybody", label="Everybody")(lambda unit, day: 9)
    told = changed(prepare={"vote": VOTE})
    told["steps"][0]["outcomes"][0]["guards"] = ["carried"]
    told["steps"][0]["outcomes"].append({"code": "stop", "name": name("Stop"), "ends": "refused", "reason": True})
    yield told
    del registry.electorates["everybody"]


def sent(case: Case, **more: object) -> dict[str, object]:
    return {"number": case.stages.latest("number").number, **more}


def test_the_page_says_what_is_to_be_done_and_one_form_does_it(world, people, a_case):
    case = a_case(world.cell_a, about="Đặng Thị Đào", by=world.ana)
    ana = browser(world.ana)
    page = text(ana.get(f"/cases/{case.pk}/"))
    assert "To be done by you" in page
    assert "days left" in page
    assert "Still to be told" not in page, "the field asks already"
    assert "Keep without signing" not in page, "one field is typed in one go"
    answer = ana.post(f"/cases/{case.pk}/", sent(case, ask_why="As the cell wishes", outcome="send"))
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.told == {"why": "As the cell wishes"}
    page = text(ana.get(answer.url))
    assert "Signed: Send." in page
    assert "It waits for: Committee officer or Committee leader," in page
    assert "Why: As the cell wishes" in page
    assert "Send · Nguyễn Thị An , Cell secretary" in page


def test_papers_that_lie_in_one_folder_are_told_of_once_and_one_of_its_own_stands_for_itself(world, people, a_case):
    papers = [{"code": code, "name": name(code.upper())} for code in ("p", "q", "r")]
    papers.append({"code": "more", "name": name("MORE"), "required": False})
    told = changed(prepare={"papers": papers})
    case = a_case(world.cell_a, version=lay_down(told, code="papers"), about="X", by=world.ana)
    ana, url = browser(world.ana), f"/cases/{case.pk}/"
    folder = {"paper-number__folder": "7", "paper-on__folder": "2024-01-08"}
    given = sent(case, ask_why="so", outcome="send", **folder)
    half = ana.post(url, given)
    assert 'value="7"' in half.content.decode()
    assert text(half).count("Fill this in.") == 1
    assert "This paper is still missing." not in text(half)
    own = {"paper-number_q": "8", "paper-on_q": "2024-01-09", "paper-at_q": "Chi bộ"}
    assert ana.post(url, given | own | {"paper-at__folder": "Tủ 1"}).status_code == 302
    kept = CasePaper.objects.filter(stage__case=case).values_list("slot", "paper__number", "paper__kept_at")
    assert sorted(kept) == [("p", "7", "Tủ 1"), ("q", "8", "Chi bộ"), ("r", "7", "Tủ 1")]


def test_what_is_missing_is_said_beside_its_field_and_what_was_typed_stays(world, people, a_case, voting):
    case = a_case(world.cell_a, version=lay_down(voting, code="voting"), about="X", by=world.ana)
    ana = browser(world.ana)
    given = sent(case, ask_why="", outcome="send", held_on="2024-01-09", summoned="9", present="7", votes_for="8")
    answer = ana.post(f"/cases/{case.pk}/", given | {"how": "counts", "against": "0"})
    page = text(answer)
    assert "Answer this: the step can&#x27;t be signed without it." in answer.content.decode()
    assert "More votes were cast than people were present." in page
    assert 'value="8"' in answer.content.decode()
    assert not Vote.objects.exists()
    assert not Signature.objects.filter(deed="signed").exists()


def test_a_vote_is_recorded_and_signed_in_one_go_or_not_at_all(world, people, a_case, voting):
    case = a_case(world.cell_a, version=lay_down(voting, code="voting"), about="X", by=world.ana)
    ana = browser(world.ana)
    assert 'name="summoned" value="9"' in ana.get(f"/cases/{case.pk}/").content.decode()
    counts = {"how": "counts", "held_on": "2024-01-09", "summoned": "9", "present": "7", "against": "2"}
    given = sent(case, ask_why="so", outcome="send", **counts)
    assert "The vote was not carried." in text(ana.post(f"/cases/{case.pk}/", given | {"votes_for": "5"}))
    assert not Vote.objects.exists()
    kept = ana.post(f"/cases/{case.pk}/", {**given, "votes_for": "5", "outcome": "", "act": "keep"})
    assert "still has to be signed" in text(ana.get(kept.url))
    assert "The vote was not carried." in text(ana.get(kept.url))
    assert ana.post(f"/cases/{case.pk}/", given | {"votes_for": "6", "against": "1"}).status_code == 302
    assert [(vote.votes_for, vote.present) for vote in Vote.objects.order_by("pk")] == [(5, 7), (6, 7)]
    page = text(ana.get(f"/cases/{case.pk}/"))
    assert "Vote of 9 January 2024: 9 summoned, 7 present; 6 for, 1 against, 0 invalid." in page
    assert "A later record stands in its stead." in page


def test_an_open_vote_is_told_name_by_name_and_counted_from_the_names(world, people, a_case, voting):
    case = a_case(world.cell_a, version=lay_down(voting, code="voting"), about="X", by=world.ana)
    ana = browser(world.ana)
    hands = {"how": "hands", "hands_for": "An\r\nBình\r\nCúc 50%\r\nDung\r\nÉn\r\nGấm\r\n", "hands_against": "Hà"}
    given = sent(case, ask_why="so", outcome="send", held_on="2024-01-09", summoned="9", **hands)
    twice = ana.post(f"/cases/{case.pk}/", given | {"hands_none": "Hà"})
    assert "Named twice: Hà." in text(twice)
    assert ana.post(f"/cases/{case.pk}/", given).status_code == 302
    vote = Vote.objects.get()
    assert (vote.votes_for, vote.against, vote.present) == (6, 1, 7)
    assert "For: An, Bình, Cúc 50%, Dung, Én, Gấm. Against: Hà." in text(ana.get(f"/cases/{case.pk}/"))


def test_who_comes_second_is_told_who_was_first_and_what_they_wrote_is_shown(world, people, a_case):
    case = go(a_case(world.cell_a, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    kim, lam = browser(people["kim"]), browser(people["lam"])
    number = sent(case)
    assert "To be done by you" in text(kim.get(f"/cases/{case.pk}/"))
    assert "To be done by you" in text(lam.get(f"/cases/{case.pk}/"))
    assert kim.post(f"/cases/{case.pk}/", number | {"outcome": "pass"}).status_code == 302
    answer = lam.post(f"/cases/{case.pk}/", number | {"outcome": "return", "reason": "The dates <b>differ"})
    assert answer.status_code == 409
    page = text(answer)
    assert "Kim was faster: this step is done." in page
    assert "What you had written" in page
    assert "The dates &lt;b&gt;differ" in page
    assert "To be done by you" not in page
    assert "It waits for: Committee officer, Huyện ủy Đông Hà" in page
    assert case.stages.latest("number").step == "decide"


def test_what_somebody_chose_before_another_was_faster_is_shown_in_words(world, people, a_case):
    grounds = {"absent": name("Absent from meetings"), "card": name("Card returned")}
    ask = {"code": "ground", "kind": "choice", "name": name("Ground"), "choices": grounds}
    version = lay_down(changed(check={"asks": [ask]}), code="grounds")
    case = go(a_case(world.cell_a, version=version, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    given = sent(case, ask_ground="absent", outcome="pass")
    assert browser(people["kim"]).post(f"/cases/{case.pk}/", given).status_code == 302
    answer = browser(people["lam"]).post(f"/cases/{case.pk}/", given | {"ask_ground": "card"})
    assert answer.status_code == 409
    assert "Ground Card returned" in text(answer).split("What you had written")[1]


def test_it_is_given_back_only_with_a_reason_that_everyone_reads_after(world, people, a_case):
    case = go(a_case(world.cell_a, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    kim = browser(people["kim"])
    answer = kim.post(f"/cases/{case.pk}/", sent(case, outcome="return", reason=" "))
    assert "Say why." in text(answer)
    assert '<details class="case-more" open>' in answer.content.decode()
    assert kim.post(f"/cases/{case.pk}/", sent(case, outcome="return", reason="No date")).status_code == 302
    assert "“No date”" in text(browser(world.ana).get(f"/cases/{case.pk}/"))


def test_a_delegate_signs_and_the_page_says_for_whom(world, people, a_case):
    case = a_case(world.cell_a, about="X", by=world.ana)
    lent = Grant.objects.get(user=world.ana)
    organizations.lend(
        grants=[lent], to=people["mai"], from_on=TODAY, to_on=TODAY + timedelta(5), reason="away", by=world.ana, at=AT
    )
    mai = browser(people["mai"])
    assert mai.post(f"/cases/{case.pk}/", sent(case, ask_why="so", outcome="send")).status_code == 302
    assert "Mai, acting for Nguyễn Thị An , Cell secretary" in text(mai.get(f"/cases/{case.pk}/"))


def test_who_had_a_hand_in_it_is_told_that_it_waits_for_another(world, people, a_case):
    organizations.grant(user=world.ana, role="officer", unit=world.upland, from_on=date(2020, 1, 1), by=None, at=AT)
    case = go(a_case(world.cell_a, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    ana = browser(world.ana)
    page = text(ana.get(f"/cases/{case.pk}/"))
    assert "had a hand in it before" in page
    assert "To be done by you" not in page
    assert "Waits for another person in your role" in text(ana.get("/cases/"))
    assert "Check: X" not in text(ana.get("/"))
    assert "had a hand in it before" in text(ana.post(f"/cases/{case.pk}/", sent(case, outcome="pass")))
    assert case.stages.latest("number").step == "check"


def test_whom_a_case_is_about_sees_it_on_their_record_and_decides_nothing(world, people, a_case):
    CONCERNED["Bền"] = [world.ben.pk]
    case = a_case(world.cell_a, about="Bền", by=world.ana)
    ben = browser(world.ben)
    assert f'href="/cases/{case.pk}/"' in ben.get("/me/").content.decode()
    page = ben.get(f"/cases/{case.pk}/")
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    other = a_case(world.cell_a, about="Somebody else", by=world.ana)
    assert ben.get(f"/cases/{other.pk}/").status_code == 404


def test_who_began_it_suspends_resumes_and_withdraws_it(world, people, a_case):
    case = a_case(world.cell_a, about="X", by=world.ana)
    ana, kim = browser(world.ana), browser(people["kim"])
    assert "Suspend or withdraw" not in text(kim.get(f"/cases/{case.pk}/"))
    assert "Only those who may begin" in text(kim.post(f"/cases/{case.pk}/", sent(case, act="withdraw", reason="x")))
    assert "Say why." in text(ana.post(f"/cases/{case.pk}/", sent(case, act="suspend", reason="")))
    assert ana.post(f"/cases/{case.pk}/", sent(case, act="suspend", reason="ill")).status_code == 302
    page = text(ana.get(f"/cases/{case.pk}/"))
    assert "Prepare (suspended)" in page
    assert "Resume it" in page
    assert ana.post(f"/cases/{case.pk}/", sent(case, act="resume")).status_code == 302
    assert ana.post(f"/cases/{case.pk}/", sent(case, act="withdraw", reason="no more")).status_code == 302
    page = text(ana.get(f"/cases/{case.pk}/"))
    assert "Withdrawn: it came to no result." in page
    assert "“no more”" in page


@pytest.mark.parametrize("number", ["", "0", "-1", "9" * 40, "\x00", "1.5", "x", "٣", "7"])
def test_a_stage_that_is_none_is_answered_calmly(world, people, a_case, number):
    case = a_case(world.cell_a, about="X", by=world.ana)
    answer = browser(world.ana).post(f"/cases/{case.pk}/", {"number": number, "outcome": "send", "reason": "y"})
    assert answer.status_code == 422
    assert case.stages.latest("number").number == 1


@pytest.mark.parametrize(
    "value", ["\x00", "9" * 50, "-1", "2024-13-40", "<script>", "a" * 100_000, "\ud800", "[]", "%s"]
)
def test_no_field_of_a_step_makes_the_page_fail(world, people, a_case, voting, value):
    told = voting
    told["steps"][0]["asks"] += [
        {"code": "day", "kind": "day", "name": name("Day")},
        {"code": "n", "kind": "number", "name": name("Number")},
        {"code": "c", "kind": "choice", "name": name("Choice"), "choices": {"a": name("A")}},
    ]
    case = a_case(world.cell_a, version=lay_down(told, code="voting"), about="X", by=world.ana)
    fields = ("ask_why", "ask_day", "ask_n", "ask_c", "held_on", "summoned", "present", "votes_for", "against", "how")
    value = value.encode("utf-8", "replace").decode()
    for more in ({"outcome": "send"}, {"outcome": "stop"}, {"act": "keep"}, {"outcome": value}, {"act": value}):
        given = dict.fromkeys((*fields, "invalid", "hands_for", "hands_none"), value)
        answer = browser(world.ana).post(f"/cases/{case.pk}/", sent(case, **(given | more)))
        assert answer.status_code in (302, 422)
    assert case.stages.latest("number").number == 1


def test_the_list_is_filtered_paged_and_exported(world, people, a_case, monkeypatch):
    monkeypatch.setattr("chibo.procedures.list_views.PAGE", 2)
    first = a_case(world.cell_a, about="Một", told={"why": "so"}, by=world.ana)
    go(first, (world.ana, "send"), (people["kim"], "pass"), (people["chi"], "grant"))
    late = a_case(world.cell_b, about="Hai", at=on(date(2023, 11, 1)))
    suspend(case=a_case(world.cell_b, about="Ba"), reason="x", by=None, at=AT)
    a_case(world.cell_c, about="Bốn")
    chi = browser(world.chi)
    page = chi.get("/cases/")
    assert "Ba" in text(page)
    assert "Một" in text(page)
    assert "Bốn" not in text(page)  # of another district
    following = re.search(r'href="([^"]+)" rel="next"', page.content.decode())
    assert following
    assert "Hai" in text(chi.get(following[1].replace("&amp;", "&")))

    def listed(**asked: str) -> set[str]:
        shown = chi.get("/cases/", asked).content.decode()
        return set(re.findall(r'<th scope="row"[^>]*><a href="/cases/\d+/">([^<]+)', shown))

    assert listed(overdue="yes") == {"Hai"}
    assert listed(status="ended") == {"Một"}
    assert listed(status="suspended") == {"Ba"}
    assert listed(procedure="small", status="result:granted") == {"Một"}
    assert listed(procedure="small", status="result:refused") == set()
    assert listed(procedure="small", step="prepare", status="open") == {"Hai"}
    assert listed(unit=str(world.cell_b.pk)) == {"Hai", "Ba"}
    assert "Choose one of the list." in text(chi.get("/cases/?unit=999999999"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(chi.get("/cases/cases.xlsx?overdue=yes").streaming_content)))
    rows = list(book.worksheets[0].values)
    assert len(rows) == 2
    assert (rows[1][0], rows[1][1], rows[1][6]) == (late.pk, "Hai", "Prepare")


def test_the_list_says_on_whose_desk_each_case_lies(world, people, a_case, django_assert_max_num_queries):
    a_case(world.cell_b, about="Một", told={"why": "so"})
    go(a_case(world.cell_a, about="Hai", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    over = a_case(world.cell_a, about="Ba", told={"why": "so"}, by=world.ana)
    go(over, (world.ana, "send"), (people["kim"], "pass"), (people["chi"], "grant"))
    theirs = changed(prepare={"who": [{"at": "member"}]})
    a_case(world.cell_a, version=lay_down(theirs, code="theirs"), about="Bốn")
    chi, url = browser(world.chi), f"/units/{world.north.pk}/cases/"
    chi.get(url)
    with django_assert_max_num_queries(12):
        page = chi.get(url).content.decode()
    rows = dict(re.findall(r'<a href="/cases/\d+/">(\w+)</a>(.*?)</tr>', page.split('id="all"')[1], re.DOTALL))
    said = {about: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for about, row in rows.items()}
    assert "Prepare Chi bộ thôn 10 Thượng Lâm Cell secretary" in said["Một"]
    assert f"Check {world.upland.name} Committee officer or Committee leader" in said["Hai"]
    assert "Granted –" in said["Ba"]
    assert "Prepare whom it is about" in said["Bốn"]


def test_the_tab_of_a_unit_says_what_is_stuck_below_and_how_fast_cases_end(world, people, a_case, monkeypatch):
    case = a_case(world.cell_a, about="Một", told={"why": "so"}, by=world.ana, at=on(date(2024, 1, 5)))
    go(case, (world.ana, "send"), (people["kim"], "pass"), (people["chi"], "grant"))
    for n in range(3):
        a_case(world.cell_b, about=f"Late {n}", at=on(date(2023, 11, 1)))
    chi = browser(world.chi)
    page = text(chi.get(f"/units/{world.north.pk}/cases/?period=2024"))
    assert "Stuck here and below" in page
    assert "Ended in 2024" in text(chi.get(f"/units/{world.north.pk}/cases/"))  # the year that runs
    assert "No case waits here past its last day." in text(browser(world.ana).get(f"/units/{world.cell_a.pk}/cases/"))
    assert "Late 2" in page
    assert "days late" in page
    assert "Granted" in page
    assert "100.0 % 1 of 1" in page
    assert "1 of 1 5 " in page
    monkeypatch.setattr("chibo.procedures.stuck.NAMED", 2)
    page = chi.get(f"/units/{world.north.pk}/cases/").content.decode()
    assert re.search(r"Prepare</td>\s*<td[^>]*>3</td>", page)


def test_the_desk_shows_what_waits_what_was_told_above_and_how_much_is_stuck_below(world, people, a_case):
    told = changed(prepare={"reminders": [{"days": 0, "to": "above"}]})
    version = lay_down(told, code="reminding")
    a_case(world.cell_a, version=version, about="Một", by=world.ana, at=on(date(2023, 12, 1)))
    assert "Prepare: Một" in text(browser(world.ana).get("/"))
    nightly.look_after(at=AT)
    kim = text(browser(people["kim"]).get("/"))
    assert "Prepare: Một" in kim
    assert "told to you, as those below have not acted in time" in kim
    assert "1 case is stuck below" in kim
    assert "longest: 33 days" in kim
    assert "Prepare: Một" not in text(browser(world.chi).get("/"))
    assert "1 case is stuck below" in text(browser(world.chi).get("/"))
    assert "stuck below" not in text(browser(world.dan).get("/"))


def test_the_desk_and_the_page_of_a_case_ask_a_dozen_queries_at_most(world, people, a_case, voting):
    version = lay_down(voting, code="voting")
    case = a_case(world.cell_a, version=version, about="X", by=world.ana)
    pages = [("ana", "/"), ("kim", "/"), ("chi", "/"), ("flo", "/"), ("ana", f"/cases/{case.pk}/")]
    for n in range(12):
        a_case(world.cell_a, version=version, about=f"X{n}", by=world.ana, at=on(date(2023, 11, 1)))
    for who, page in [*pages, ("ana", "/cases/"), ("chi", f"/units/{world.north.pk}/cases/")]:
        client = browser(people[who])
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        assert len(asked) <= 12, (who, page, [each["sql"][:120] for each in asked])


def test_a_case_of_two_that_sign_says_that_it_waits_for_the_other(world, people, a_case):
    version = lay_down(
        changed(check={"need": "all", "who": [COMMITTEE, {"at": "above_grassroots", "roles": ["officer"]}]})
    )
    case = go(a_case(world.cell_a, version=version, about="X", told={"why": "so"}, by=world.ana), (world.ana, "send"))
    mai = browser(people["mai"])
    answer = mai.post(f"/cases/{case.pk}/", sent(case, outcome="pass"))
    assert "It still waits for another signature." in text(mai.get(answer.url))
    page = text(mai.get(f"/cases/{case.pk}/"))
    assert "Đảng ủy xã Thượng Lâm" in page
    assert "To be done by you" not in page


def test_choices_stand_in_order_of_their_letters_or_numbers_and_the_last_is_none_of_them():
    named = {"other": "Another", "b": "Day 10", "a": "Day 9", "c": "Cell"}
    ask = Ask(code="what", kind="choice", name={}, choices={code: {"en": name} for code, name in named.items()})
    assert [code for code, _label in ask.offered] == ["c", "a", "b", "other"]


@pytest.mark.parametrize(
    "sql",
    [
        "update procedures_vote set votes_for = 8, against = 1",
        "update procedures_signature set reason = 'another' where deed = 'began'",
        "delete from procedures_signature where outcome = 'send'",
        "update procedures_signature set at = at - interval '1 day' where outcome = 'send'",
    ],
)
def test_what_was_changed_outside_the_program_is_told_on_the_page(world, people, a_case, voting, sql):
    version = lay_down(voting, code="voting")
    case = a_case(world.cell_a, version=version, about="X", told={"why": "so"}, by=world.ana)
    vote = {"held_on": TODAY, "summoned": 9, "present": 9, "votes_for": 9, "against": 0}
    record_vote(case=case, number=1, **vote, by=world.ana, at=AT)
    case = go(case, (world.ana, "send"), (people["kim"], "pass"))
    url = f"/cases/{case.pk}/"
    assert "changed it outside the program" not in text(browser(world.ana).get(url))
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("set local session_replication_role = origin")
    assert "changed it outside the program" in text(browser(world.ana).get(url))
