"""Questions written out once say the same as the querysets they were made of, whoever asks, whatever is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.core.spans import holding
from chibo.core.together import Question, together
from chibo.core.written import Written
from chibo.members.models import Stay
from chibo.organizations.models import Unit, UnitKind


def _asks(kind: str, *, unit: int, day: date) -> dict[str, Any]:
    return {
        "stays": Stay.objects.filter(holding(day), cell=unit).order_by("pk"),
        "kinds": UnitKind.objects.filter(unit=unit, kind=kind).order_by("pk"),
        "likely": Unit.objects.filter(name__contains="%", pk=unit).order_by("pk"),
    }


def _told(found: dict[str, list[Any]]) -> dict[str, list[dict[str, Any]]]:
    rows = {name: [dict(vars(each)) for each in objects] for name, objects in found.items()}
    for row in (row for objects in rows.values() for row in objects):
        del row["_state"]
    return rows


def test_a_question_written_out_says_what_its_querysets_say(world):
    question = Question(_asks)
    for kind in ("cell", "district"):
        for cell in (world.cell_a, world.cell_b):
            for day in (date(1990, 1, 1), date(2023, 6, 1)):
                plain = together(_asks(kind, unit=cell.pk, day=day))
                assert _told(question.ask(kind, unit=cell.pk, day=day)) == _told(plain)
    assert len(question.written.texts) == 2  # one a shape, however often it is asked


def test_it_is_prepared_once_and_asked_in_one_query(world):
    question = Question(_asks)
    for cell in (world.cell_a, world.cell_b):
        with CaptureQueriesContext(connection) as captured:
            question.ask("cell", unit=cell.pk, day=date(2023, 6, 1))
        assert len(captured) == 1


@pytest.mark.django_db
def test_what_is_no_stand_in_is_written_out_and_stays():
    def asks(*, word: str) -> tuple[str, tuple[Any, ...]]:
        return "select %s || '%%' || %s, %s", (word, "it's 100%", [1, 2])

    written = Written(asks)
    assert written.rows(word="'") == [("'%it's 100%", [1, 2])]
    assert written.rows(word="$1") == [("$1%it's 100%", [1, 2])]
