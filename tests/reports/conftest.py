"""The sample roll, for the reports of a whole district."""

from tests.indicators.conftest import sample

__all__ = ["sample"]
