"""Cases of members are gone through in the small world, and in the sample."""

from tests.indicators.conftest import sample

__all__ = ["sample"]
