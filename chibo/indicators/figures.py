"""A figure: a numerator, perhaps a denominator, and what it comes to."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from chibo.indicators.registry import Indicator


class Figure(NamedTuple):
    """An indicator of a unit in a period: `numerator` of `denominator` (None where it has none), computed `at`."""

    indicator: Indicator
    numerator: int
    denominator: int | None
    at: datetime | None = None  # None: computed for this answer

    @property
    def exact(self) -> Fraction | None:
        """The value as a fraction; None where the denominator is 0."""
        if self.denominator is None:
            return Fraction(self.numerator)
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def value(self) -> float | int | None:
        """The value as the contract prints it: unrounded, or the numerator where there is no denominator."""
        if self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    @property
    def missed(self) -> int:
        return (self.denominator or 0) - self.numerator
