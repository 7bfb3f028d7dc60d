"""Figures and evidence of the API are those of the contract, of the command, and of the sample's expected numbers."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from chibo.accounts.models import User
from chibo.indicators import registry
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from tests.api.asking import Program
from tests.indicators.conftest import sample  # noqa: F401 - a fixture
from tests.indicators.test_sample import EXPECTED
from tests.world import AT, TODAY


def printed(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def in_full(items):
    return {(each["unit"], each["period"]): each["figures"] for each in items}


def test_figures_are_those_of_the_command(world):
    program = Program.of(world.chi)
    lines = printed("figures", "--below", "T-N", "--period", "2023", "2023-03", "--json").splitlines()
    expected = in_full(map(json.loads, lines))
    found = program.all("/figures", below=world.north.pk, period=["2023", "2023-03"], limit=2)
    hidden = {key for key in expected if key[0] == "D"}  # it stood there then, and is no longer Chi's to see
    assert hidden
    assert in_full(found) == {key: value for key, value in expected.items() if key not in hidden}
    two = program.all("/figures", unit=[world.cell_a.pk, world.cell_b.pk], period="2023", indicator="members.total")
    assert [(each["unit"], each["figures"]["members.total"]["value"]) for each in two] == [("A", 3), ("B", 1)]
    assert program.get("/figures", unit=[world.cell_a.pk, world.cell_c.pk], period="2023").status_code == 404


@pytest.mark.parametrize("code", ["members.total", "meetings.attendance", "meetings.regular_held"])
def test_evidence_is_that_of_the_command_without_names_of_others(world, code):
    rows = json.loads(printed("evidence", "--unit", "T-N", "--period", "2023-03", "--indicator", code, "--json"))
    url = f"/units/{world.north.pk}/figures/{code}/evidence"
    whole = Program.of(world.flo).all(url, period="2023-03", limit=2)
    assert whole == rows
    mine = Program.of(world.chi).all(url, period="2023-03", limit=2)
    assert [each | {"label": None} for each in mine] == [each | {"label": None} for each in rows]
    assert {each["unit"] for each in mine if each["label"] is None} == {"D"}


def test_figures_of_the_sample_are_as_expected(sample, settings):  # noqa: F811
    settings.CHIBO_API_PER_MINUTE = 10_000
    user = User.objects.create(username="far", full_name="Xa")
    root = Unit.objects.get(parent_links=None)
    grant(user=user, role=RoleCode.LEADER, unit=root, from_on=TODAY - timedelta(30), by=None, at=AT)
    program = Program.of(user)
    first = {"units.grassroots", "members.total", "members.admitted", "meetings.attendance", "cells.good"}
    assert first <= set(registry.codes())
    for period in ("2023", "2023-Q2", "2023-11"):
        found = program.all("/figures", below=root.pk, period=period, limit=500)
        told = {
            each["unit"]: {code: [one["numerator"], one["denominator"]] for code, one in each["figures"].items()}
            for each in found
            if each["figures"]
        }
        for unit, figures in EXPECTED[period].items():
            for code, (numerator, denominator) in figures.items():
                assert told[unit][code] == [numerator, denominator], (unit, code)
