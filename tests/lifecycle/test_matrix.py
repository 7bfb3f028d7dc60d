"""Every shipped procedure, every step, every role at every unit: who signs, who sees, whom the desk asks, who must not.

What is expected is read off the JSON files and the tables here, which know the small world; nothing of `procedures` is
asked for it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import chibo.lifecycle
from chibo.accounts.models import User
from chibo.core.actions import Denied, action
from chibo.lifecycle.models import MemberCase
from chibo.members.models import Person
from chibo.organizations import actions as organizations
from chibo.organizations.models import Grant, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import in_force, rights_of
from chibo.procedures import case_page, case_views, going, policies, queries
from chibo.procedures.models import Case, Deed, Signature, Stage, Version
from chibo.procedures.places import Lines
from tests.procedures.conftest import on
from tests.procedures.test_case_pages import browser
from tests.world import AT, TODAY, World

FILES = [
    json.loads(path.read_text()) for path in sorted((Path(chibo.lifecycle.__file__).parent / "shipped").glob("*.json"))
]
STEPS = [(told, step) for told in FILES for step in told["definition"]["steps"]]
ROLES = ("secretary", "officer", "leader", "member", "file_keeper", "administrator")
UNITS = ("province", "north", "south", "upland", "lowland", "cell_a", "cell_b", "cell_c", "cell_d")
UNDER = {  # which units stand under which, as the world is now
    "province": UNITS,
    "north": ("north", "upland", "cell_a", "cell_b"), "south": ("south", "lowland", "cell_c", "cell_d"),
    "upland": ("upland", "cell_a", "cell_b"), "lowland": ("lowland", "cell_c"),
}  # fmt: skip
PLACES = {  # of a case that begins at a cell, on its way to cell C
    "cell_a": {"cell": "cell_a", "committee_above": "upland", "grassroots": "upland", "above_grassroots": "north"},
    "cell_d": {"cell": "cell_d", "committee_above": "south", "grassroots": "cell_d", "above_grassroots": "south"},
}
EVERY = {
    "province": "province", "receiving_cell": "cell_c", "receiving_grassroots": "lowland",
    "receiving_above_grassroots": "south",
}  # fmt: skip
FAR = ("officer", "leader")  # who sees the cases of all that stands under their unit; a secretary those of the cell
TIER = {
    "cell": 0, "committee_above": 1, "grassroots": 1, "above_grassroots": 2, "province": 3, "receiving_cell": 4,
    "receiving_grassroots": 4, "receiving_above_grassroots": 4,
}  # fmt: skip
OWN_CHECK = "background"  # the committee asks others about someone: it is no part of what it is asked to check


class Crowd:
    """Someone for every role at every unit, by both; what each holds."""

    def __init__(self, world: World) -> None:
        self.of: dict[tuple[str, str], User] = {}
        for unit in UNITS:
            for role in ROLES:
                user = User.objects.create(username=f"{role}-{unit}", full_name=f"{role} {unit}", sort_key=role)
                organizations.grant(
                    user=user, role=role, unit=getattr(world, unit), from_on=date(2020, 1, 1), by=None, at=AT
                )
                self.of[role, unit] = user
        self.grants = defaultdict[int, list[Grant]](list)
        for grant in in_force(TODAY).select_related("unit", "acting_for__user").order_by("pk"):
            self.grants[grant.user_id].append(grant)


@action("tests.placed")
def place(*, told: dict[str, Any], step: str, unit: Unit, to_unit: Unit, person: Person, by: None, at: Any) -> Stage:
    """A case that stands at a step, whatever came before."""
    version = Version.objects.select_related("procedure").get(procedure__code=told["code"], number=told["number"])
    case = Case.objects.create(version=version, unit=unit, to_unit=to_unit, about="X", begun_on=TODAY)
    MemberCase.objects.create(case=case, person=person)
    stage = Stage.objects.create(case=case, number=1, step=step, entered_on=TODAY)
    going.wait(stage, version.flow.step(step), Lines(case, TODAY))
    return stage


@pytest.fixture
def crowd(world: World) -> Crowd:
    return Crowd(world)


def signers(step: dict[str, Any], begins_at: str) -> set[tuple[str, str]]:
    """Who signs a step, by role and unit: what the file says, at the units of the world."""
    places = PLACES[begins_at] | EVERY
    return {(role, places[who["at"]]) for who in step["who"] if who["at"] != "member" for role in who["roles"]}


def seers(begins_at: str, to: str, asked: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Who sees a case: roles over where it began or where it goes, and whoever it waits for."""
    found = set(asked)
    for unit in (begins_at, to):
        found |= {("secretary", unit)}
        found |= {(role, above) for role in FAR for above in UNITS if unit in (*UNDER.get(above, ()), above)}
    return found


def rights_in(stage: Stage, user: User, grants: list[Grant], signatures: list[Signature], concerned: set[int]) -> str:
    """Why someone who holds these may not sign at a stage; nothing if they may."""
    known = policies.Known(user, stage.case, TODAY, signatures)
    known.grants, known.concerned = grants, concerned
    step = stage.case.version.flow.step(stage.step)
    try:
        policies.check_signs(user, stage.case, stage, step, TODAY, known)
    except Denied as denied:
        return str(denied)
    return ""


@pytest.mark.parametrize("begins_at", PLACES)
def test_who_signs_who_sees_and_whom_the_desk_asks_at_every_step(world, crowd, begins_at):
    person = Person.objects.get(code="M3")
    units = {"unit": getattr(world, begins_at), "to_unit": world.cell_c}
    stages = [
        place(told=told, step=step["code"], **units, person=person, by=None, at=on(TODAY)) for told, step in STEPS
    ]
    asked = {stage.pk: signers(step, begins_at) for stage, (_told, step) in zip(stages, STEPS, strict=True)}
    lines = Lines(stages[0].case, TODAY)
    for stage, (told, step) in zip(stages, STEPS, strict=True):
        may = set()
        for who, user in crowd.of.items():
            known = policies.Known(user, stage.case, TODAY, [])
            known.grants, known.concerned, known.lines = crowd.grants[user.pk], set(), lines
            try:
                policies.check_signs(user, stage.case, stage, stage.case.version.flow.step(stage.step), TODAY, known)
            except Denied as denied:
                assert "your role has no part in it" in str(denied), (told["code"], step["code"], who)
            else:
                may.add(who)
        assert may == asked[stage.pk], (told["code"], step["code"])
    cases = {stage.case_id: stage.pk for stage in stages}
    for who, user in crowd.of.items():
        rights = rights_of(user, TODAY)
        waiting = set(queries.waiting_for(rights, user).values_list("pk", flat=True))
        assert waiting == {pk for pk, those in asked.items() if who in those}, who
        scope = rights.scope(P.CASE_VIEW)
        seen = set(queries.seen(scope).values_list("pk", flat=True)) if scope else set()
        expected = who in seers(begins_at, "cell_c", set())
        assert seen == (set(cases) if expected else set()), who


def test_the_page_of_every_step_offers_its_outcomes_to_who_signs_and_to_nobody_else(world, crowd):
    person = Person.objects.get(code="M3")
    for told, step in STEPS:
        stage = place(
            told=told, step=step["code"], unit=world.cell_a, to_unit=world.cell_c, person=person, by=None, at=on(TODAY)
        )
        asked, url = signers(step, "cell_a"), f"/cases/{stage.case_id}/"
        who, codes = sorted(asked)[0], {outcome["code"] for outcome in step["outcomes"]}
        page = case_page.Page(crowd.of[who], stage.case_id, TODAY)
        now = page.flow.step(step["code"])
        buttons = case_views._outcomes(page, now)
        right, why = case_views._may_sign(page, now)
        assert (right is not None, why) == (True, ""), (told["code"], step["code"])
        assert {each.code for each in (*buttons["plain"], *buttons["reasoned"])} == codes, (told["code"], step["code"])
        (other, *_more) = sorted(seers("cell_a", "cell_c", asked) - asked)
        looks = case_page.Page(crowd.of[other], stage.case_id, TODAY)
        assert case_views._may_sign(looks, now) == (None, ""), (told["code"], step["code"], other)
        if step is told["definition"]["steps"][-1]:  # what it comes to on the page itself
            shown = browser(crowd.of[who]).get(url).content.decode()
            assert {code for code in codes if f'name="outcome" value="{code}"' in shown} == codes, told["code"]
            looked = browser(crowd.of[other]).get(url)
            assert (looked.status_code, 'name="outcome"' in looked.content.decode()) == (200, False), told["code"]
    for who in (("administrator", "province"), ("member", "cell_a"), ("file_keeper", "north"), ("secretary", "cell_b")):
        assert browser(crowd.of[who]).get(url).status_code == 404, who


def pairs() -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Steps at a committee, each with every step before it that it checks, and with the beginning."""
    for told in FILES:
        before: list[tuple[str, int]] = [("begin", -1)]
        for step in told["definition"]["steps"]:
            tier = max(TIER[who["at"]] for who in step["who"] if who["at"] != "member")
            for code, lower in before:
                made_here = told["code"] == "expulsion" and step["code"] == "record"  # begun and recorded by one
                if tier > 0 and lower < tier and code != OWN_CHECK and not made_here:
                    yield told, code, step
            before.append((step["code"], tier))


def test_a_case_about_whoever_alone_acts_at_a_unit_goes_on_by_the_committee_above_at_every_step(world, crowd):
    """Of each shipped step and each of its places below the province: somebody else can sign it, and is asked to."""
    person = Person.objects.get(code="M3")
    for told, step in STEPS:
        for party in step["who"]:
            unit = (PLACES["cell_a"] | EVERY).get(party["at"])
            if unit in (None, "province"):
                continue
            only = {crowd.of[role, unit].pk for role in party["roles"]}
            only |= set(Grant.objects.filter(unit__code=getattr(world, unit).code).values_list("user_id", flat=True))
            stage = place(
                told=told, step=step["code"], unit=world.cell_a, to_unit=world.cell_c, person=person, by=None,
                at=on(TODAY),
            )  # fmt: skip
            lines, where = Lines(stage.case, TODAY), (told["code"], step["code"], party["at"])
            lines.concerned = only
            turns = going.turns_of(stage, stage.case.version.flow.step(step["code"]), lines)
            asked = [crowd.of[turn.role, unit_name(world, turn.unit)] for turn in turns]
            free = [user for user in asked if user.pk not in only]
            assert free, where
            known = policies.Known(free[0], stage.case, TODAY, [])
            known.lines, known.grants = lines, crowd.grants[free[0].pk]
            assert policies.check_signs(
                free[0], stage.case, stage, stage.case.version.flow.step(step["code"]), TODAY, known
            ), where


def unit_name(world: World, unit: Unit) -> str:
    return next(each for each in UNITS if getattr(world, each).pk == unit.pk)


PAIRS = list(pairs())


def test_whoever_made_something_never_checks_it_by_another_role_nor_for_another_nor_through_another(world, crowd):
    """Of each pair of steps: in two roles of one person, lent either way, and about oneself; a fourth person may."""
    maker, helper, fresh = world.ana, world.dan, world.flo
    person = Person.objects.get(code="M3")
    assert len(PAIRS) > 60
    for told, earlier, step in PAIRS:
        stage = place(
            told=told, step=step["code"], unit=world.cell_a, to_unit=world.cell_c, person=person, by=None, at=on(TODAY)
        )
        role, unit = sorted(signers(step, "cell_a"))[0]
        held = crowd.grants[crowd.of[role, unit].pk][0]
        where = (told["code"], earlier, step["code"])

        def holds(user: User, lent_by: User | None = None, held: Grant = held) -> list[Grant]:
            given = {"unit": held.unit, "role": held.role}
            return [Grant(user=user, acting_for=Grant(user=lent_by, **given) if lent_by else None, **given)]

        def made(
            by: User, lent_by: User | None = None, stage: Stage = stage, earlier: str = earlier
        ) -> list[Signature]:
            deed = Deed.BEGAN if earlier == "begin" else Deed.SIGNED
            was = Stage(case=stage.case, number=0, step=earlier)
            return [Signature(stage=was, deed=deed, outcome="x", by=by, lent_by=lent_by)]

        for user, lent_by, signatures in (
            (maker, None, made(maker)),  # two roles of one person
            (maker, None, made(helper, maker)),  # another did it for them
            (helper, None, made(helper, maker)),  # who did it for another
            (helper, maker, made(maker)),  # through whom they lent their role to
            (maker, helper, made(maker)),  # for another whose role they were lent
            (fresh, maker, made(helper, maker)),
        ):
            why = rights_in(stage, user, holds(user, lent_by), signatures, set())
            assert "had a hand in it before" in why, (where, user, lent_by)
        assert rights_in(stage, fresh, holds(fresh), made(helper, maker), set()) == "", where
        assert rights_in(stage, fresh, holds(fresh, world.chi), made(helper, maker), set()) == "", where
        about_lender = rights_in(stage, fresh, holds(fresh, world.chi), [], {world.chi.pk})
        assert f"The case is about {world.chi.full_name}, for whom you act" in about_lender, where
        assert "The case is about you" in rights_in(stage, fresh, holds(fresh), [], {fresh.pk}), where


def test_where_no_other_checks_it_is_only_the_cell_that_decides_alone_or_does_what_others_decided():
    """Steps that change the records and are kept apart from nothing."""
    alone = {
        (told["code"], step["code"])
        for told, step in STEPS
        if not step.get("apart_from") and any(outcome.get("effect") for outcome in step["outcomes"])
    }
    assert alone == {
        *((code, step) for code in ("admission", "readmission") for step in ("file", "cell_vote", "ceremony")),
        ("exemption", "cell_vote"), ("exemption_return", "cell"), ("removal", "objection"),
    }  # fmt: skip
