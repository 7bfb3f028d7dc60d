"""Keys to go on after: taken only where they are of the kinds a list asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import RequestFactory

from chibo.core.asking import after_asked, after_key


def asked(key, *kinds):
    return after_asked(RequestFactory().get("/", {"after": after_key(key)}), *kinds)


def test_a_key_comes_back_as_values_of_its_kinds():
    moment = datetime(2023, 1, 1, 8, 30, tzinfo=UTC)
    key = ["Chi bộ", 3, "2023-01-01", moment.isoformat()]
    assert asked(key, str, int, date, datetime) == ["Chi bộ", 3, date(2023, 1, 1), moment]
    assert asked([], int) is None
    assert asked(["a", 1], str) is None


@pytest.mark.parametrize("kind", [str, int, date, datetime])
def test_a_value_of_another_kind_is_no_key(kind):
    fitting = {str: "2023-01-01T00:00:00", int: 2**63 - 1, date: "2023-01-01", datetime: "2023-01-01T00:00:00+07:00"}
    assert asked([fitting[kind]], kind) is not None
    wrong = [None, True, 1.5, [], {}, 2**63, -(2**63), "\0", "a\0"]
    wrong += {
        str: [3], int: ["3", ""], date: ["2023-02-30", "x", 20230101],
        datetime: ["x", "2023-01-01", "2023-01-01T00:00"],
    }[kind]  # fmt: skip
    for value in wrong:
        assert asked([value], kind) is None, value


@pytest.mark.parametrize("text", ["", "x", "[1]", "[1]:x", after_key([1])[:-1], after_key([1]) + "x", "\0", "\ud800"])
def test_what_was_not_signed_is_no_key(text):
    request = RequestFactory().get("/")
    request.GET = {"after": text}
    assert after_asked(request, int) is None
