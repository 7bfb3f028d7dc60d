"""The registers of the sample district say what the figures say."""

from collections import Counter

import pytest

from chibo.core.periods import Period
from chibo.organizations.models import Unit
from chibo.registers.roll import GOING, TOTAL, numbers_of
from tests.indicators.comparing import engine_figures


@pytest.mark.usefixtures("sample")
def test_the_registers_of_the_sample_say_what_the_figures_say():
    figures = engine_figures(["2023-Q1", "2023-Q4"])
    units = Unit.objects.in_bulk(field_name="code")
    picked = [code for n, code in enumerate(sorted(units)) if n % 40 == 0 or not units[code].is_cell]
    for text, of_units in figures.items():
        quarter = Period.parse(text)
        for code in picked:
            own, n = of_units.get(code, {}), Counter(numbers_of(units[code], quarter))
            departed = sum(n[word] for word in GOING)
            for indicator, value in (("total", n[TOTAL]), ("admitted", n["admitted"]), ("departed", departed)):
                assert own.get(f"members.{indicator}", [0])[0] == value, (text, code, indicator)
