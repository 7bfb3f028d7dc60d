"""What a form sends is read in one go to the same fields as Django reads from it, or is left to Django."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.test import RequestFactory

from chibo.core.typed import LARGEST, PLAIN, fields_of, read_forms

PIECES = ["a", "=", "&", "+", "%20", "%E1%BB%99", "%C4", "%ff", "%3D", "%26", "%25", "%0D%0A", "\n", " ", "_", "=0A"]
BROKEN = ["%", "%4", "%zz", "é"]


def read(body: bytes, **more: Any) -> tuple[bool, QueryDict]:
    """Whether a body was read before anything asked for it, and its fields as a view gets them."""
    request = RequestFactory().post("/", data=body, content_type=PLAIN, **more)
    read_forms(lambda _request: HttpResponse())(request)
    return hasattr(request, "_post"), request.POST


@pytest.mark.parametrize("seed", range(20))
def test_fields_are_what_django_reads(seed):
    dice = random.Random(seed)
    for _ in range(500):
        body = "".join(dice.choices(PIECES, k=dice.randint(0, 14))).encode()
        fields, known = fields_of(body), QueryDict(body, encoding="utf-8")
        assert fields is not None
        assert list(fields.lists()) == list(known.lists()), body


def test_what_is_typed_comes_as_it_was_typed():
    typed = {"conclusions": "Chi bộ thống nhất:\r\n1 + 1 = 2 & 100 %\t=3D\n", "r_7": "Ốm", "empty": "", "😀": "\0"}
    is_read, fields = read(urlencode(typed).encode())
    assert is_read
    assert fields.dict() == typed
    with pytest.raises(AttributeError, match="immutable"):
        fields["r_7"] = "other"


@pytest.mark.parametrize("piece", BROKEN)
def test_what_browsers_do_not_send_is_left_to_django(piece):
    body = f"a=1&b={piece}&c=%C4%91".encode()
    assert fields_of(body) is None
    is_read, fields = read(body)
    assert (is_read, fields) == (False, QueryDict(body, encoding="utf-8"))


def test_more_fields_than_allowed_are_refused_as_ever(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    assert read(b"a=1&b=2&c=3")[0]
    with pytest.raises(TooManyFieldsSent):
        read(b"a=1&b=2&c=3&d=4")


@pytest.mark.parametrize("size", ["", "x", "0", str(LARGEST + 1)])
def test_of_a_length_that_is_not_said_or_large_nothing_is_read_ahead(size):
    request = RequestFactory().post("/", data=b"a=1", content_type=PLAIN, CONTENT_LENGTH=size)
    read_forms(lambda _request: HttpResponse())(request)
    assert not hasattr(request, "_post")


def test_who_hangs_up_while_sending_is_an_error_of_the_view_alone():
    request = RequestFactory().post("/", data=b"a=1", content_type=PLAIN)

    class Gone:
        def read(self, *_size: int) -> bytes:
            raise OSError("gone")

        def close(self) -> None:
            pass

    def view(asked: HttpRequest) -> HttpResponse:
        asked._read_started = False  # as asked by the view itself
        with pytest.raises(UnreadablePostError):
            _ = asked.body
        return HttpResponse("served")

    request._stream = Gone()
    assert read_forms(view)(request).content == b"served"
