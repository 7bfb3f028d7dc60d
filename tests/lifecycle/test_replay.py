"""The admissions of the sample district, gone through as cases: the same records and figures, counted twice."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from chibo.core.actions import action
from chibo.indicators import folding
from chibo.members.models import Departure, Membership, Stay, TemporaryStay, Transfer
from chibo.members.stays import restay
from chibo.organizations.models import Unit
from chibo.procedures.queries import took
from tests import reference_cases
from tests.indicators.comparing import differences, engine_figures, undone
from tests.indicators.test_sample import EXPECTED
from tests.lifecycle.going import Office, admitted, listed, on
from tests.reference import INDICATORS, Figures
from tests.reference_cases import CASES

YEAR = (date(2023, 1, 1), date(2023, 12, 31))
AFTER = ("official_on", "exempt_from")


@action("tests.forgotten")
def forget(*, memberships, by, at):
    """As if these had never been admitted."""
    for model in (Stay, TemporaryStay, Transfer, Departure):
        model.objects.filter(membership__in=memberships).delete()
    Membership.objects.filter(pk__in=memberships).delete()


@action("tests.went_on")
def go_on(*, membership, was, transfers, departures, by, at):
    """What befell a member after the admission, as the roll says it."""
    for name in AFTER:
        setattr(membership, name, getattr(was, name))
    membership.save()
    for each in [*transfers, *departures]:
        each.pk, each.membership = None, membership
        each.save(force_insert=True)
    restay([membership.pk])


def spans(person) -> list[tuple]:
    found = Stay.objects.filter(membership__person=person).order_by("from_on")
    return [(each.cell_id, each.from_on, each.to_on) for each in found]


@pytest.mark.timeout(840)
@pytest.mark.usefixtures("sample")
def test_the_185_admissions_come_to_the_same_records_and_figures() -> None:
    with undone():
        found = list(
            Membership.objects.filter(joined_on__range=YEAR)
            .select_related("person", "cell")
            .order_by("joined_on", "pk")
        )
        assert len(found) == 185
        stays = {each.person_id: spans(each.person) for each in found}
        ids = [each.pk for each in found]
        later = {
            each.pk: (list(each.transfers.order_by("on")), list(Departure.objects.filter(membership=each)))
            for each in found
        }
        forget(memberships=ids, by=None, at=on(YEAR[0]))
        for was in found:
            office = Office.at(was.cell)
            listed(was.person, was.cell, date(2022, 1, 3))
            case = admitted(was.person, was.cell, was.joined_on, office)
            assert (case.status, case.result, case.ended_on) == ("ended", "admitted", was.joined_on)
            now = case.member_case.membership
            assert (now.cell_id, now.joined_on, now.decision[:8]) == (was.cell_id, was.joined_on, "15-QĐ/HU")
            transfers, departures = later[was.pk]
            go_on(membership=now, was=was, transfers=transfers, departures=departures, by=None, at=on(was.joined_on))
            assert spans(was.person) == stays[was.person_id]
        folding.fold_all(by=None, at=on(YEAR[1]))
        figures_of = engine_figures(["2023", "2023-H1", "2023-Q3", "2023-05", "2022"])
        for period, units in figures_of.items():
            said = {unit: {c: v for c, v in figures.items() if c in INDICATORS} for unit, figures in units.items()}
            assert period == "2022" or differences(said, EXPECTED[period]) == [], period
        check_cases(figures_of)


def check_cases(figures_of: dict[str, Figures]) -> None:
    """The cases of the admissions, and of the probations they began, are counted as their signatures say."""
    found = reference_cases.gone(reference_cases.rows())
    assert sorted(Counter((each.procedure, each.result) for each in found).items()) == [
        (("admission", "admitted"), 185), (("recognition", ""), 185),
    ]  # fmt: skip
    codes = dict(Unit.objects.values_list("pk", "code"))
    above = {unit.code: [codes[pk] for pk in unit.ancestor_ids] for unit in Unit.objects.order_by("pk")}

    def line(unit: str, day: date) -> list[str]:
        return [unit, *above[unit]]

    for period, units in figures_of.items():
        said = {unit: {c: v for c, v in figures.items() if c in CASES} for unit, figures in units.items()}
        assert differences(said, reference_cases.figures(found, line, period)) == [], period
    whole = figures_of["2023"]["HU-TD"]
    assert whole["procedures.ended"] == [185, None]
    assert figures_of["2022"]["HU-TD"]["procedures.begun"][0] + whole["procedures.begun"][0] == 370
    for unit in Unit.objects.filter(kind__in=["district", "grassroots_committee"]).order_by("pk"):
        rows = took(unit, *YEAR)
        said = {(each.procedure, each.result): (each.n, each.in_time, each.median) for each in rows}
        assert said == reference_cases.took(found, line, unit.code, *YEAR, YEAR[1]), unit.code
