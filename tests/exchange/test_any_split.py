"""A roll comes to the same whether it is loaded at once or sheet by sheet, and again after that."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings

from chibo.exchange.loading import load
from tests import rolls
from tests.exchange.small import AT

PARTS = (("units",), ("members", "transfers", "departures"), ("posts",), ("meetings",), ("attendance",), ("scores",))
STORED = (
    "select code, kind, founded_on, closed_on, (select string_agg(a.code, '/' order by x.n)"
    " from unnest(string_to_array(trim(trailing '/' from u.path), '/')) with ordinality x(id, n)"
    " join organizations_unit a on a.id = x.id::bigint) from organizations_unit u",
    "select p.code, c.code, s.from_on, s.to_on from members_stay s join members_membership m on m.id = s.membership_id"
    " join members_person p on p.id = m.person_id join organizations_unit c on c.id = s.cell_id",
    "select p.code, c.code, s.from_on, s.to_on from members_temporarystay s"
    " join members_membership m on m.id = s.membership_id"
    " join members_person p on p.id = m.person_id join organizations_unit c on c.id = s.cell_id",
    "select u.code, o.post, o.place, p.code, o.holder_name, o.from_on, o.to_on from members_post o"
    " join organizations_unit u on u.id = o.unit_id left join members_person p on p.id = o.person_id",
    "select m.code, p.code, a.state from meetings_attendance a join meetings_meeting m on m.id = a.meeting_id"
    " join members_person p on p.id = a.person_id",
    "select m.code, s.scored_by, s.scored_on, s.total from meetings_score s"
    " join meetings_meeting m on m.id = s.meeting_id",
)


def stored() -> list[list[Any]]:
    """What the tables hold, told by codes."""
    found = []
    with connection.cursor() as cursor:
        for query in STORED:
            cursor.execute(query)
            found.append(sorted(cursor.fetchall(), key=repr))
    return found


def load_part(roll: Any, sheets: tuple[str, ...], folder: str) -> set[str]:
    """Load some sheets of a roll; the verdicts there were."""
    path = rolls.write({sheet: roll[sheet] for sheet in sheets}, Path(folder) / "roll.xlsx")
    loaded = load(path=path, file_name=path.name, by=None, at=AT)
    assert loaded.faults == []
    return {verdict for runs in loaded.verdicts.values() for verdict in runs}


@pytest.mark.django_db
@settings(max_examples=15)
@given(rolls.rolls(moves=False))
def test_sheet_by_sheet_or_at_once_is_the_same(roll):
    everything = tuple(sheet for part in PARTS for sheet in part)
    with tempfile.TemporaryDirectory() as folder:
        with transaction.atomic():
            load_part(roll, everything, folder)
            at_once = stored()
            assert load_part(roll, everything, folder) <= {"unchanged"}
            assert stored() == at_once
            transaction.set_rollback(True)
        with transaction.atomic():
            for part in PARTS:
                load_part(roll, part, folder)
            assert stored() == at_once
            transaction.set_rollback(True)
