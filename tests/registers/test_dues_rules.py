"""A rule of dues is put right on its own day, taken back or ended; what is new gets a code nobody has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chibo.core.actions import Denied
from chibo.registers import dues, dues_rules
from chibo.registers.models import DuesRule
from chibo.registers.owing import rules_on
from tests.organizations.test_two_at_once import meanwhile
from tests.registers.test_dues import person, record
from tests.world import AT, TODAY

D = date
DAY = D(2023, 3, 1)
NEW = {"code": "", "kind": "payer", "name": "Thu nhập", "number": Decimal(1), "most_months": None, "source": ""}


def laid_down(world, **more):
    return dues_rules.set_rule(**NEW | {"from_on": DAY, "by": world.eva, "at": AT} | more)


def put_right(world, code, number, on=DAY, by="eva"):
    return dues_rules.correct_rule(
        code=code, from_on=on, name="Lương", number=Decimal(number), most_months=None, source="2-QĐ",
        by=getattr(world, by), at=AT,
    )  # fmt: skip


def end(world, code, on):
    return dues_rules.end_rule(code=code, on=on, by=world.eva, at=AT)


def test_what_was_mistyped_is_put_right_on_its_own_day(world):
    made = laid_down(world, number=Decimal(10))
    put_right(world, made.code, 1)
    rule = rules_on(DAY)[made.code]
    assert (rule.number, rule.name, rule.source, rule.from_on) == (1, "Lương", "2-QĐ", DAY)
    with pytest.raises(Denied, match="Nothing of this begins on 2 March 2023"):
        put_right(world, made.code, 2, on=D(2023, 3, 2))
    with pytest.raises(Denied, match="Only an administrator"):
        put_right(world, made.code, 2, by="chi")


def test_a_rule_ends_and_one_that_ends_as_it_begins_never_was(world):
    made = laid_down(world)
    laid_down(world, code=made.code, number=Decimal(2), from_on=D(2023, 9, 1))
    assert end(world, made.code, D(2023, 9, 1)) is None
    assert rules_on(D(2023, 9, 1))[made.code].number == 1
    end(world, made.code, D(2024, 1, 1))
    assert made.code in rules_on(D(2023, 12, 31))
    assert made.code not in rules_on(D(2024, 1, 1))
    with pytest.raises(Denied, match="know nothing of this on 1 January 2024"):
        end(world, made.code, D(2024, 1, 1))
    laid_down(world, code=made.code, from_on=D(2025, 1, 1))
    with pytest.raises(Denied, match="from a later day already"):
        end(world, made.code, D(2023, 6, 1))


@pytest.mark.parametrize("kind", ["payer", "age", "relief"])
def test_what_dues_went_by_stays_as_it_is_and_ends_on_a_later_day(world, kind):
    number = Decimal(100 if kind == "relief" else 60 if kind == "age" else 1)
    code = laid_down(world, kind=kind, number=number).code
    if kind == "relief":
        dues.relieve(person=person("M1"), rule=code, from_month=DAY, to_month=None, by=world.ana, at=AT)
    if kind == "payer":
        dues.set_payer(person=person("M1"), rule=code, from_month=DAY, by=world.ana, at=AT)
        put_right(world, code, 1)  # no month was recorded by it
    if kind != "relief":
        record(world, D(2023, 12, 1))
    for act in (lambda: put_right(world, code, number), lambda: end(world, code, DAY)):
        with pytest.raises(Denied, match="Dues went by it already"):
            act()
    end(world, code, TODAY)
    assert DuesRule.objects.get(code=code).to_on == TODAY


def test_two_administrators_who_lay_down_something_new_at_once_lay_down_two_things(committed_world):
    world = committed_world
    given = NEW | {"from_on": DAY, "by": world.eva, "at": AT}
    assert meanwhile(dues_rules.set_rule, given, given | {"name": "Khác"}) is None
    assert set(DuesRule.objects.filter(code__startswith="own_").values_list("code", "name")) == {
        ("own_1", "Thu nhập"), ("own_2", "Khác"),
    }  # fmt: skip
