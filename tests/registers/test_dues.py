"""Dues: recorded for a cell by who has not paid; months owed by who was a member then and not exempt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chibo.core.actions import Denied, action
from chibo.core.periods import Period
from chibo.members.life_models import Suspension
from chibo.members.models import Membership, Person, Stay
from chibo.registers import dues, dues_rules
from chibo.registers.dues import Mark
from chibo.registers.models import DuesMonth, DuesRule, Paid, Payment, Relief
from chibo.registers.owing import aged, months_of, owed, owed_below, owed_in, owing, pay_in, payers_of, rules_on
from tests.organizations.test_two_at_once import meanwhile
from tests.registers.test_confirming import go, leave
from tests.world import AT, TODAY

D = date
PAID, NOT = Mark(is_paid=True), Mark(is_paid=False)


def person(code):
    return Person.objects.get(code=code)


def record(world, month, unpaid=(), by="ana", cell="cell_a", seen=0, reason=""):
    """Record a month of a cell: all have paid but these."""
    unit = getattr(world, cell)
    marks = {
        payer.person: Mark(is_paid=False, reason=reason) if payer.code in unpaid else PAID
        for payer in payers_of(unit, month, TODAY)
        if not payer.exempt
    }
    return dues.record_dues(cell=unit, month=month, marks=marks, seen=seen, by=by and getattr(world, by), at=AT)


def rule(world, code="hardship", kind="relief", number="100", most_months=None):
    return dues_rules.set_rule(
        code=code, kind=kind, name=code, number=Decimal(number), most_months=most_months,
        from_on=D(2020, 1, 1),
        source="", by=world.eva, at=AT,
    )  # fmt: skip


def said(found):
    return [(each.person.code, each.month.month) for each in found]


def test_all_have_paid_but_those_ticked(world):
    record(world, D(2023, 12, 1), unpaid=["M2"], reason="đi xa")
    assert said(owed_in(world.cell_a, TODAY)) == [("M2", 12)]
    assert dict(Payment.objects.values_list("person__code", "state")) == {"M1": "paid", "M2": "unpaid", "M3": "paid"}
    record(world, D(2023, 12, 1), seen=1)
    assert owed_in(world.cell_a, TODAY) == []
    assert DuesMonth.objects.get().version == 2


def test_what_can_not_be_recorded(world):
    with pytest.raises(Denied, match="has not begun"):
        record(world, D(2024, 2, 1))
    with pytest.raises(Denied, match="recorded by its secretary"):
        record(world, D(2023, 12, 1), by="chi")
    with pytest.raises(Denied, match="recorded by its secretary"):
        record(world, D(2023, 12, 1), cell="cell_b")
    with pytest.raises(Denied, match="not open"):
        record(world, D(1999, 12, 1))
    with pytest.raises(Denied, match="recorded by cells"):
        record(world, D(2023, 12, 1), cell="upland", by=None)
    marks = {person("M1").pk: PAID}
    with pytest.raises(Denied, match="list of members has changed"):
        dues.record_dues(cell=world.cell_a, month=D(2023, 12, 1), marks=marks, seen=0, by=world.ana, at=AT)
    record(world, D(2023, 12, 1))
    with pytest.raises(Denied, match="An recorded this month meanwhile"):
        record(world, D(2023, 12, 1))


def test_a_debt_is_paid_later(world):
    record(world, D(2023, 11, 1), unpaid=["M2"])
    (payment,) = owed_in(world.cell_a, TODAY)
    with pytest.raises(Denied, match="not owed any more"):
        dues.pay_debts(cell=world.cell_b, payments=[payment.pk], by=None, at=AT)
    dues.pay_debts(cell=world.cell_a, payments=[payment.pk], by=world.ana, at=AT)
    assert owed_in(world.cell_a, TODAY) == []
    assert Payment.objects.get(pk=payment.pk).paid_on == TODAY


def test_a_debt_goes_along_with_the_member_and_is_none_of_who_had_left(world):
    record(world, D(2023, 11, 1), unpaid=["M1", "M3"])
    leave(code="M3", on=D(2023, 11, 20), by=None, at=AT)  # known later
    go(code="M1", cell=world.cell_c, on=D(2023, 12, 5), by=None, at=AT)
    assert owed_in(world.cell_a, TODAY) == []
    assert said(owed_in(world.cell_c, TODAY)) == [("M1", 11)]
    assert owed_below(world.province, TODAY) == {world.south.pk: (1, 1)}
    assert owed_below(world.lowland, TODAY) == {world.cell_c.pk: (1, 1)}
    asked = payers_of(world.cell_c, D(2023, 11, 1), TODAY)
    assert "M1" not in [each.code for each in asked]  # of that month they were asked in cell A


def test_reliefs_are_granted_as_the_rules_of_their_month_allow(world):
    with pytest.raises(Denied, match="don't know this relief"):
        dues.relieve(
            person=person("M2"), rule="hardship", from_month=D(2023, 1, 1), to_month=None, by=world.ana, at=AT
        )  # fmt: skip
    rule(world)
    rule(world, "less_50", number="50", most_months=12)
    assert DuesRule.objects.get(code="hardship", from_on=D(2020, 1, 1)).to_on == D(2026, 2, 3)
    given = {"person": person("M2"), "rule": "less_50", "from_month": D(2023, 1, 1), "by": world.ana, "at": AT}
    with pytest.raises(Denied, match="12 months at most"):
        dues.relieve(**given, to_month=None)
    with pytest.raises(Denied, match="12 months at most"):
        dues.relieve(**given, to_month=D(2024, 2, 1))
    with pytest.raises(Denied, match="ends after the month"):
        dues.relieve(**given, to_month=D(2023, 1, 1))
    with pytest.raises(Denied, match="recorded by its secretary"):
        dues.relieve(**given | {"by": world.chi}, to_month=D(2024, 1, 1))
    made = dues.relieve(**given, to_month=D(2024, 1, 1), decision="5-QĐ/ĐU")
    with pytest.raises(Denied, match="another relief"):
        dues.relieve(**given | {"rule": "hardship", "from_month": D(2023, 12, 1)}, to_month=None)
    with pytest.raises(Denied, match="ends earlier"):
        dues.end_relief(relief=made, to_month=D(2024, 2, 1), by=world.ana, at=AT)
    assert dues.end_relief(relief=made, to_month=D(2023, 6, 1), by=world.ana, at=AT).to_month == D(2023, 6, 1)
    assert dues.end_relief(relief=made, to_month=D(2023, 1, 1), by=world.ana, at=AT) is None
    assert not Relief.objects.exists()


def test_who_is_exempt_is_not_asked_and_owes_nothing_even_once_it_is_known_later(world):
    rule(world)
    record(world, D(2023, 11, 1), unpaid=["M2"])
    dues.relieve(person=person("M2"), rule="hardship", from_month=D(2023, 11, 1), to_month=None, by=world.ana, at=AT)
    assert owed_in(world.cell_a, TODAY) == []
    record(world, D(2023, 12, 1), unpaid=["M1"])
    assert Payment.objects.get(person__code="M2", month=D(2023, 12, 1)).state == Paid.EXEMPT
    states = {each.month.month: each.state for each in months_of(person("M2"), 2023, TODAY)}
    assert (states[10], states[11], states[12]) == ("none", "exempt", "exempt")


@action("tests.suspended")
def suspend(*, person, by, at, **facts):
    Suspension.objects.create(membership=person.memberships.get(), **facts)


def test_years_in_the_party_make_exempt_from_the_month_in_which_they_are_full(world):
    rule(world, "party_age", "age", "4")
    from tests.registers.test_roll import stir

    stir(world=world, by=None, at=AT)  # M1 joined on 19 May 2010
    one = person("M1").pk
    assert aged([one], 13, D(2023, 5, 18)) == set()
    assert aged([one], 13, D(2023, 5, 19)) == {one}
    suspend(person=person("M1"), from_on=D(2015, 1, 1), to_on=D(2015, 2, 1), by=None, at=AT)  # 31 days
    assert aged([one], 13, D(2023, 6, 18)) == set()
    assert aged([one], 13, D(2023, 6, 19)) == {one}
    payers = {each.code: each.exempt for each in payers_of(world.cell_a, D(2023, 12, 1), TODAY)}
    assert payers["M1"] == "4 years in the Party"
    assert payers["M2"] == ""  # not official


def test_what_someone_pays_of_is_dated(world):
    rule(world, "salary", "payer", "1")
    one = person("M1")
    with pytest.raises(Denied, match="no such class"):
        dues.set_payer(person=one, rule="hardship", from_month=D(2023, 1, 1), by=world.ana, at=AT)
    dues.set_payer(person=one, rule="pension", from_month=D(2023, 3, 1), by=world.ana, at=AT)
    dues.set_payer(person=one, rule="salary", from_month=D(2023, 1, 9), by=world.ana, at=AT)
    rules = rules_on(D(2023, 12, 31))
    assert pay_in([one.pk], D(2023, 2, 1), rules) == {one.pk: "salary: 1 %"}
    assert pay_in([one.pk], D(2023, 4, 1), rules) == {one.pk: ""}  # no rate of pensions is known of that time
    now = rules_on(D(2026, 3, 1))
    assert pay_in([one.pk], D(2026, 3, 1), now) == {one.pk: "Pension: 0.5 %"}


def test_three_months_of_a_year_without_a_reason_are_told(world):
    for month in (3, 5, 6):
        record(world, D(2023, month, 1), unpaid=["M2"] + (["M1"] if month != 6 else []))
    record(world, D(2023, 7, 1), unpaid=["M1"], reason="ốm")

    def told(unit, *years, **more):
        return [(each.name, each.year, each.months) for each in owing(unit, years, TODAY, **{"most": 9} | more)]

    an, ben = person("M1").full_name, person("M2").full_name
    assert told(world.north, 2023) == told(world.north, 2023, 2024) == [(ben, 2023, 3)]
    assert told(world.cell_a, 2023, least=2) == [(an, 2023, 2), (ben, 2023, 3)]
    assert told(world.south, 2023) == told(world.north, 2022) == []


def test_a_long_list_of_who_owes_is_read_page_by_page(world, django_assert_max_num_queries):
    for month in (D(2022, 12, 1), D(2023, 3, 1), D(2023, 5, 1)):
        record(world, month, unpaid=["M1", "M2"])
    record(world, D(2023, 3, 1), unpaid=["M4"], cell="cell_b", by=None)
    everyone = owing(world.north, [2022, 2023], TODAY, least=1, most=9)
    assert [(each.year, each.months) for each in everyone] == [(2022, 1), (2023, 2), (2023, 1), (2022, 1), (2023, 2)]
    found, after = [], None
    while True:
        with django_assert_max_num_queries(1):
            page = owing(world.north, [2022, 2023], TODAY, least=1, most=2, after=after)
        if not page:
            break
        found, after = [*found, *page], page[-1].key
    assert found == everyone


def test_two_who_record_a_month_at_once_record_it_once(committed_world):
    world = committed_world
    asked = {each.person: PAID for each in payers_of(world.cell_a, D(2023, 12, 1), TODAY)}
    given = {"cell": world.cell_a, "month": D(2023, 12, 1), "seen": 0, "at": AT}
    refused = meanwhile(
        dues.record_dues, given | {"marks": asked, "by": world.ana},
        given | {"marks": dict.fromkeys(asked, NOT), "by": None},
    )  # fmt: skip
    assert isinstance(refused, Denied)
    assert set(Payment.objects.values_list("state", flat=True)) == {"paid"}


def test_two_reliefs_at_once_are_one(committed_world):
    world = committed_world
    rule(world)
    given = {"person": person("M2"), "rule": "hardship", "from_month": D(2023, 1, 1), "to_month": None, "at": AT}
    assert isinstance(meanwhile(dues.relieve, given | {"by": world.ana}, given | {"by": None}), Denied)
    assert Relief.objects.count() == 1


MONTHS = [D(2023, n, 1) for n in range(1, 13)]
states = st.dictionaries(st.sampled_from(MONTHS), st.sampled_from(["paid", "unpaid", "exempt"]), max_size=12)
spans = st.tuples(st.integers(0, 11), st.integers(1, 12), st.sampled_from([50, 100]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noted=states, relief=spans, left=st.integers(1, 360), joined=st.integers(1, 300))
def test_months_owed_are_those_of_walking_month_by_month(world, noted, relief, left, joined):
    from django.db import transaction

    from chibo.core.actions import action

    one = person("M2")
    first, last = D.fromordinal(D(2023, 1, 1).toordinal() + joined), D.fromordinal(D(2023, 1, 1).toordinal() + left)
    start, length, percent = relief
    to_number = start + length

    def fill(*, by, at):
        spell = Membership.objects.get(person=one)
        Membership.objects.filter(pk=spell.pk).update(joined_on=first)
        Stay.objects.filter(membership=spell).update(from_on=first, to_on=last if last > first else None)
        for month, state in noted.items():
            Payment.objects.create(person=one, month=month, cell=world.cell_a, state=state)
        Relief.objects.create(
            person=one, rule="x", percent=percent, from_month=MONTHS[start],
            to_month=MONTHS[to_number] if to_number < 12 else None,
        )  # fmt: skip

    name = f"tests.filled_{abs(hash((tuple(noted), relief, left, joined)))}"
    try:
        with transaction.atomic():
            action(name)(fill)(by=None, at=AT)
            expected = set()
            for n, month in enumerate(MONTHS):
                end = Period.month_of(month).last_day
                there = first <= end and not (last > first and last <= end)
                free = percent == 100 and start <= n and (to_number >= 12 or n < to_number)
                if noted.get(month) == "unpaid" and there and not free:
                    expected.add(month)
            assert set(owed().filter(person=one).order_by().values_list("month", flat=True)) == expected
            shown = {each.month for each in months_of(one, 2023, TODAY) if each.state == "owed"}
            assert shown == expected
            raise RuntimeError("undo")
    except RuntimeError:
        pass


def test_a_relief_begins_in_the_month_in_which_its_rule_begins(world):
    made = dues.relieve(
        person=person("M2"), rule="hardship", from_month=D(2026, 2, 1), to_month=None, by=world.ana, at=AT
    )  # the rule holds from the third: who is asked for February is asked as it says
    assert made.percent == 100


def test_what_was_paid_before_an_exemption_was_known_stays_paid_and_what_is_owed_anew_forgets_when_it_was_paid(world):
    rule(world)
    month = D(2023, 11, 1)
    record(world, month, unpaid=["M1", "M2"])
    dues.pay_debts(cell=world.cell_a, payments=[p.pk for p in owed_in(world.cell_a, TODAY)], by=world.ana, at=AT)
    dues.relieve(person=person("M2"), rule="hardship", from_month=month, to_month=None, by=world.ana, at=AT)
    record(world, month, unpaid=["M1"], seen=1)
    assert Payment.objects.get(person__code="M2").state == Paid.PAID
    again = Payment.objects.get(person__code="M1")
    assert (again.state, again.paid_on) == (Paid.UNPAID, None)
