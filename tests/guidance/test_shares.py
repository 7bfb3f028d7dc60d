"""How many guide cells a committee is asked for: a number that lies within the shares always fits."""

import pytest

from chibo.guidance import queries


@pytest.mark.parametrize(
    "cells, least, most, asked",
    [(15, 3, 5, (1, 1)), (30, 10, 12, (3, 3)), (25, 10, 11, (2, 3)), (0, 3, 5, (0, 0)), (40, 5, 10, (2, 4))],
)
def test_at_least_one_number_of_cells_is_neither_too_few_nor_too_many(cells, least, most, asked):
    shares = [queries.Share("thematic", n, cells, least, most) for n in range(cells + 1)]
    assert shares[0].asked == asked
    right = [share.chosen for share in shares if not (share.is_few or share.is_many)]
    assert (right[0], right[-1]) == asked
