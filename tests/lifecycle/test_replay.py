"""The admissions of the sample district, gone through as cases: the same records, the same figures."""

from __future__ import annotations

from datetime import date

import pytest

from chibo.core.actions import action
from chibo.indicators import folding
from chibo.members.models import Departure, Membership, Stay, TemporaryStay, Transfer
from chibo.members.stays import restay
from tests.indicators.comparing import differences, engine_figures, undone
from tests.indicators.test_sample import EXPECTED
from tests.lifecycle.going import Office, admitted, listed, on
from tests.reference import INDICATORS

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
        periods = ["2023", "2023-H1", "2023-Q3", "2023-05"]
        for period, units in engine_figures(periods).items():
            said = {unit: {c: v for c, v in figures.items() if c in INDICATORS} for unit, figures in units.items()}
            assert differences(said, EXPECTED[period]) == [], period
