"""Days told: none to come from which a limit runs, none before the case came; as far apart as they have to be."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import Denied
from chibo.procedures import checking
from chibo.procedures.actions import tell
from tests.procedures.conftest import changed, go, lay_down, name, on
from tests.procedures.test_case_pages import browser, text

D = date
RECEIVED = {"code": "received_on", "kind": "day", "name": name("Received")}
SPANS = [
    {"since": "from_on", "least": 3, "most": 12, "less": True, "ask": "why", "choice": "work"},
    {"since": "from_on", "least": 3, "most": 24, "ask": "why", "choice": "study"},
]
AWAY = [
    {"code": "why", "kind": "choice", "name": name("Why"), "choices": {"work": name("Work"), "study": name("Study")}},
    {"code": "from_on", "kind": "day", "name": name("From")},
    {"code": "until", "kind": "day", "name": name("Until"), "spans": SPANS},
]


def received():
    return changed(
        prepare={"asks": []}, check={"asks": [RECEIVED]},
        decide={"limit": {"n": 30, "unit": "working_days", "since": "received_on"}},
    )  # fmt: skip


def test_a_day_from_which_a_limit_runs_is_neither_to_come_nor_before_the_case_came(world, people, a_case, settings):
    case = a_case(world.cell_a, version=lay_down(received()), about="X", by=world.ana, at=on(D(2024, 1, 3)))
    case = go(case, (world.ana, "send"), at=on(D(2024, 1, 5)))
    settings.CHIBO_TODAY = D(2024, 1, 10)
    kim = browser(people["kim"])
    for wrong, said in (
        ("2024-01-11", "This day is still to come."),
        ("2024-01-04", "It came to this step on 5 January 2024"),
    ):
        with pytest.raises(Denied, match=said):
            tell(case=case, number=2, told={"received_on": wrong}, by=people["kim"], at=on(D(2024, 1, 10)))
        sent = {"number": "2", "ask_received_on": wrong, "outcome": "pass", "reason": ""}
        answer = kim.post(f"/cases/{case.pk}/", sent)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page[page.index('id="id_ask_received_on_error"') :][:300]
    assert kim.post(f"/cases/{case.pk}/", sent | {"ask_received_on": "2024-01-05"}).status_code == 302


def test_what_was_received_before_it_was_returned_has_to_be_received_again(world, people, a_case):
    case = a_case(world.cell_a, version=lay_down(received()), about="X", by=world.ana, at=on(D(2024, 1, 3)))
    case = go(case, (world.ana, "send"), at=on(D(2024, 1, 3)))
    tell(case=case, number=2, told={"received_on": "2024-01-03"}, by=people["kim"], at=on(D(2024, 1, 4)))
    case = go(case, (people["kim"], "return"), (world.ana, "send"), at=on(D(2024, 1, 8)))
    with pytest.raises(Denied, match="came to this step on 8 January"):
        go(case, (people["lam"], "pass"), at=on(D(2024, 1, 9)))


@pytest.mark.parametrize(
    ("why", "until", "said"),
    [
        (
            "work",
            "2024-04-09",
            "From 3 months to less than 12 months after “From”: from 10 April 2024 to 9 January 2025",
        ),
        ("work", "2025-01-10", "From 3 months to less than 12 months after “From”"),
        ("study", "2026-01-11", "From 3 months to 24 months after “From”: from 10 April 2024 to 10 January 2026"),
        ("work", "2024-04-10", ""),
        ("work", "2025-01-09", ""),
        ("study", "2026-01-10", ""),
    ],
)
def test_a_day_lies_as_far_after_another_as_the_procedure_says(world, people, a_case, why, until, said):
    case = a_case(world.cell_a, version=lay_down(changed(prepare={"asks": AWAY})), about="X", by=world.ana)
    sent = {"number": "1", "ask_why": why, "ask_from_on": "2024-01-10", "ask_until": until, "outcome": "send"}
    answer = browser(world.ana).post(f"/cases/{case.pk}/", sent)
    assert answer.status_code == (422 if said else 302)
    if said:
        page = answer.content.decode()
        assert said in page[page.index('id="id_ask_until_error"') :][:400]
        assert until in page
    assert ("Until" in text(browser(world.ana).get(f"/cases/{case.pk}/"))) is True


def test_a_day_reckoned_from_none_and_an_answer_nobody_asks_for_are_faults():
    wrong = [{**AWAY[2], "spans": [{"since": "never", "least": 3}]}]
    assert checking.faults(changed(prepare={"asks": wrong})) == [
        "Prepare: Until is reckoned from a day that nobody tells."
    ]
    outcome = {"code": "send", "name": name("Send"), "to": "check", "needs": ["what"]}
    assert checking.faults(changed(prepare={"outcomes": [outcome]})) == [
        "Prepare: Send needs an answer that the step does not ask for."
    ]
