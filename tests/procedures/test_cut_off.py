"""A decision that is cut off midway leaves all of it or nothing: no decision without its paper, no paper without it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection

from chibo.papers import actions as papers
from chibo.procedures import going, papering, registry
from chibo.procedures.actions import begin, decide, sign
from chibo.procedures.models import Case
from tests.procedures.acting import all_there, flowing, is_whole, know
from tests.procedures.conftest import go, lay_down, people_of
from tests.world import AT, TODAY, World

PLACES = (  # in the order in which a decision comes to them
    (papers, "make"),
    (papering, "put"),
    (going, "put_signature"),
    (going, "close"),
    (going, "enter"),
    (going, "wait"),
)


class Crash(Exception):
    """Something nobody thought of."""


@pytest.fixture(autouse=True)
def effects(nothing: registry.Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "effects", dict(registry.effects))
    know()


def checked(world: World, people: Any) -> Case:
    """A case that waits to be checked."""
    case = begin(version=lay_down(flowing()), unit=world.cell_a, about="X", told={"why": "so"}, by=people["ana"], at=AT)
    return go(case, (people["ana"], "send"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("module", "place"), PLACES, ids=[name for _module, name in PLACES])
def test_an_error_midway_leaves_nothing_of_the_decision(world, people, monkeypatch, module, place, when):
    case = checked(world, people)
    before, function, crashed = all_there(case), getattr(module, place), list[str]()

    def fail(*args: Any, **more: Any) -> None:
        if when == "after":
            function(*args, **more)
        crashed.append(place)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(module, place, fail)
        with pytest.raises(Crash):
            sign(case=case, number=2, outcome="pass", by=people["kim"], at=AT)
    assert crashed == [place]
    assert all_there(case) == before
    case = go(case, (people["kim"], "pass"))
    assert all_there(case)["papers"] == [("paper", "check", 1, "kim")]
    assert is_whole(case)


def test_an_error_in_what_follows_in_the_records_leaves_what_was_there_before_and_no_more(world, people):
    case = checked(world, people)
    case = go(case, (people["kim"], "return"))

    def fail(moment: Any, by: Any, at: Any) -> None:
        raise Crash

    registry.effects["counted"] = registry.Named("counted", "Counted", fail)
    paper = {"slot": "minutes", "paper_number": "5-BB", "dated_on": TODAY, "kept_at": "the file"}
    case = decide(
        case=case, number=3, outcome="send", told={"why": "new"}, handed_in=[paper], by=people["ana"], at=AT
    )  # fmt: skip
    before = all_there(case)
    assert before["papers"] == [("minutes", "prepare", 1, "ana")]
    with pytest.raises(Crash):
        sign(case=case, number=4, outcome="pass", by=people["kim"], at=AT)
    assert all_there(case) == before


HERE = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def first_midway(alive: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """The process that says first that it has come to its place."""
    with selectors.DefaultSelector() as outputs:
        for each in alive:
            assert each.stdout is not None
            outputs.register(each.stdout, selectors.EVENT_READ, each)
        (key, _events), *_more = outputs.select(120)
    found: subprocess.Popen[str] = key.data
    assert found.stdout is not None
    assert found.stdout.readline() == "here\n"
    return found


def wait_until_alone() -> None:
    """Until the server has let go of those that are no more."""
    until = monotonic() + 60
    with connection.cursor() as cursor:
        while monotonic() < until:
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(HERE)
            if cursor.fetchone() == (0,):
                return
            sleep(0.05)
    raise AssertionError("Someone is still there.")


def test_a_process_that_is_killed_midway_leaves_nothing_and_the_decision_can_be_made_again(shared_world):
    people = people_of(shared_world)
    case = checked(shared_world, people)
    before, name = all_there(case), str(connection.settings_dict["NAME"])
    alive = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.procedures.dying", name, str(case.pk), place],
            stdout=subprocess.PIPE,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
            cwd=Path(__file__).parents[2],
            text=True,
        )
        for place in ("put_signature", "enter")  # the paper is made; it is signed too, and its effect is there
    ]
    while alive:  # one is midway, the other waits for it: once the one is killed, the other comes as far
        midway = first_midway(alive)
        assert all_there(case) == before
        os.kill(midway.pid, signal.SIGKILL)
        midway.communicate(timeout=30)
        assert midway.returncode == -signal.SIGKILL
        alive.remove(midway)
    wait_until_alone()
    assert all_there(case) == before
    after = sign(case=case, number=2, outcome="pass", by=people["kim"], at=AT)
    assert all_there(after)["papers"] == [("paper", "check", 1, "kim")]
    assert is_whole(after)
