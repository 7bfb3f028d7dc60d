"""States: one dict per life cycle, from every state to every other."""

from enum import StrEnum

import pytest

from chibo.core.states import NotAllowed, move


class Status(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    SCORED = "scored"


class Record:
    TRANSITIONS = {Status.PLANNED: {Status.HELD}, Status.HELD: {Status.SCORED}, Status.SCORED: set()}
    pk = 7

    def __init__(self, status):
        self.status, self.saved = status, []

    def save(self, update_fields):
        self.saved += update_fields


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_only_what_may_follow_follows(before, after):
    record = Record(before)
    if after in Record.TRANSITIONS[before]:
        move(record, after)
        assert (record.status, record.saved) == (after, ["status"])
    else:
        with pytest.raises(NotAllowed, match="can't follow"):
            move(record, after)
        assert (record.status, record.saved) == (before, [])
