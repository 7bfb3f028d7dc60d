"""The night goes on: what is wrong with one case, or one look at all of them, stops none of the others."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from chibo.procedures import actions, going, nightly, registry
from chibo.procedures.actions import tell
from chibo.procedures.models import Case, Reminder
from tests.procedures.conftest import changed, go, lay_down, name, on
from tests.world import AT

SECRET = "vợ ông Bảy"
LATE = on(date(2024, 3, 1))


def lapsing():
    """A procedure whose first step ends by itself, and is reminded of."""
    told = changed(prepare={"asks": [], "limit": {"n": 1, "unit": "months", "then": "lapse"}})
    told["results"]["lapsed"] = name("Lapsed")
    told["steps"][0]["outcomes"].append(
        {"code": "lapse", "name": name("Lapse"), "ends": "lapsed", "effect": "tests.fails"}
    )
    told["steps"][1] |= {"limit": {"n": 1, "unit": "days"}, "reminders": [{"days": 0, "to": "who"}]}
    return lay_down(told)


@pytest.fixture
def failing():
    """An effect that fails for one case, with words that nobody else may read."""

    def fail(moment, by, at):
        if moment.case.about == "bad":
            raise ValueError(SECRET)

    registry.effects["tests.fails"] = registry.Named("tests.fails", "Fails", fail)
    yield
    del registry.effects["tests.fails"]


def test_one_case_that_fails_stops_nobody_elses_limit_nor_reminder(world, people, a_case, failing, caplog):
    version = lapsing()
    bad, _good, reminded = [
        a_case(world.cell_a, version=version, about=about, by=world.ana, at=on(date(2024, 1, 31)))
        for about in ("bad", "good", "sent")
    ]
    go(reminded, (world.ana, "send"), at=on(date(2024, 2, 1)))
    with caplog.at_level(logging.WARNING):
        nightly.look_after(at=LATE)
    stood = dict(Case.objects.values_list("about", "result"))
    assert stood == {"bad": "", "good": "lapsed", "sent": ""}
    assert bad.stages.latest("number").done_on is None, "rolled back whole"
    assert Reminder.objects.filter(stage__case=reminded).exists()
    assert f"Case {bad.pk} could not be looked after: ValueError." in caplog.text
    assert SECRET not in caplog.text


def test_one_look_that_fails_leaves_the_others_to_be_done(world, people, a_case, failing, caplog, monkeypatch):
    good = a_case(world.cell_a, version=lapsing(), about="good", by=world.ana, at=on(date(2024, 1, 31)))

    def fail(*, by, at):
        raise ValueError(SECRET)

    fail.__name__ = "rewait"
    monkeypatch.setattr(nightly, "rewait", fail)
    with caplog.at_level(logging.WARNING):
        nightly.look_after(at=LATE)
    assert Case.objects.get(pk=good.pk).result == "lapsed"
    assert "rewait" in caplog.text
    assert SECRET not in caplog.text


def test_a_case_that_can_not_be_looked_at_again_stops_no_other(world, people, a_case, caplog, monkeypatch):
    cases = [a_case(world.cell_a, about=about, by=world.ana) for about in ("one", "two")]
    registry.subjects["nothing"] = registry.Subject(
        code="nothing", label="Nothing", strays=lambda day: Case.objects.all()
    )
    seen, look = [], going.look_again

    def fail(case, stage, today, at):
        seen.append(case.pk)
        if case.pk == cases[0].pk:
            raise ValueError(SECRET)
        return look(case, stage, today, at)

    monkeypatch.setattr(going, "look_again", fail)
    with caplog.at_level(logging.WARNING):
        nightly.look_after(at=AT)
    assert seen == [each.pk for each in cases]
    assert SECRET not in caplog.text


def test_a_day_that_an_administrator_made_a_text_is_left_out_of_papers(world, people, a_case):
    told = changed(
        prepare={
            "asks": [{"code": "decided_on", "kind": "text", "name": name("When")}],
            "papers": [{"code": "paper", "name": name("Paper"), "form": "QĐ-XT", "made": True}],
        }
    )
    case = a_case(world.cell_a, version=lay_down(told), about="X", by=world.ana)
    tell(case=case, number=1, told={"decided_on": "hôm qua"}, by=world.ana, at=AT)
    case = actions.sign(case=case, number=1, outcome="send", by=world.ana, at=AT)
    assert case.stages.latest("number").step == "check"
