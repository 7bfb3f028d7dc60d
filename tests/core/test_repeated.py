"""What one page sends twice is done once, wherever it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.test import RequestFactory

from chibo.core import repeated
from chibo.lifecycle.models import Note
from chibo.members.models import Person
from tests.permission_table import signed_in


class Someone:
    """Whoever is signed in."""

    is_authenticated = True

    def __init__(self, pk: int = 1) -> None:
        self.pk = pk


class Session:
    modified = False


class Desk:
    """A view that counts what it records, and answers as it is told: with the way to another page, if not otherwise."""

    def __init__(self, *answers: HttpResponse) -> None:
        self.answers, self.done = list(answers), 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.done += 1
        return self.answers.pop(0) if self.answers else redirect(f"/made/{self.done}/")


def once(view: Any) -> Any:
    """The middleware around a view, as requests pass it."""
    middleware = repeated.Once(lambda request: middleware.process_view(request, view, (), {}) or view(request))
    return middleware


def sent(page: str = "page-1", path: str = "/new/", user: Any = None, **told: Any) -> Any:
    """What a browser sends from a page, known by its token."""
    request: Any = RequestFactory().post(path, {repeated.TOKEN: page, "name": "An", **told})
    request.user, request.session = user or Someone(), Session()
    return request


def where(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.django_db
def test_what_is_sent_again_from_the_same_page_is_done_once_and_led_to_the_same_place():
    desk = Desk()
    answer = once(desk)
    assert [where(answer(sent())) for _ in range(3)] == [(302, "/made/1/")] * 3
    assert desk.done == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other",
    [{"page": "page-2"}, {"name": "Ba"}, {"path": "/new/?step=2"}, {"user": Someone(2)}, {"more": ["1", "2"]}],
    ids=["a page opened anew", "other words", "another address", "another person", "more told"],
)
def test_what_differs_is_sent_for_itself(other):
    desk = Desk()
    answer = once(desk)
    assert where(answer(sent())) == (302, "/made/1/")
    assert where(answer(sent(**other))) == (302, "/made/2/")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [200, 204, 409, 422, 403, 500])
def test_what_was_not_done_is_sent_again(status):
    desk = Desk(HttpResponse(status=status))
    answer = once(desk)
    assert [where(answer(sent())) for _ in range(3)] == [(status, ""), (302, "/made/2/"), (302, "/made/2/")]


@pytest.mark.django_db
def test_what_broke_off_is_sent_again():
    def broken(request: HttpRequest) -> HttpResponse:
        raise OSError

    with pytest.raises(OSError):
        once(broken)(sent())
    assert where(once(Desk())(sent())) == (302, "/made/1/")


@pytest.mark.django_db
def test_what_changes_only_the_browser_is_done_each_time():
    words = redirect("/")
    words.set_cookie("language", "vi")
    desk = Desk(words)
    answer = once(desk)
    answer(sent())
    assert where(answer(sent())) == (302, "/made/2/")


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{"page": ""}, {"user": AnonymousUser()}, {"path": "/accounts/logout/"}])
def test_what_is_nobodys_or_has_no_page_is_done_each_time(given):
    desk = Desk()
    for _ in range(2):
        once(desk)(sent(**given))
    assert desk.done == 2


@pytest.mark.django_db
def test_files_count_by_what_is_in_them_and_can_still_be_read():
    def scan(content: bytes) -> Any:
        return sent(scan=SimpleUploadedFile("scan.pdf", content))

    desk = Desk()
    answer = once(desk)
    first = scan(b"one" * 1000)
    answer(first)
    assert first.FILES["scan"].read() == b"one" * 1000
    assert where(answer(scan(b"one" * 1000))) == (302, "/made/1/")
    assert where(answer(scan(b"two" * 1000))) == (302, "/made/2/")


@pytest.mark.django_db
def test_what_was_cut_off_a_minute_ago_is_done_by_the_next(monkeypatch):
    repeated._claim(repeated._key(sent()))
    monkeypatch.setattr(repeated, "WAITS", 0)
    assert once(Desk())(sent()).status_code == 409
    now = repeated.clock.now() + repeated.DEAD
    monkeypatch.setattr(repeated.clock, "now", lambda: now)
    assert where(once(Desk())(sent())) == (302, "/made/1/")


@pytest.mark.django_db
def test_after_a_day_it_is_forgotten():
    once(Desk())(sent())
    now = repeated.clock.now()
    for after, left in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        repeated.sweep(at=now + after)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from core_sent")
            assert cursor.fetchone()[0] == left


def test_of_two_at_the_same_moment_the_second_waits_for_the_first(committed_world):
    begun, go_on, waits, desk = Event(), Event(), Event(), Desk()

    def slow(request: HttpRequest) -> HttpResponse:
        begun.set()
        go_on.wait(20)
        return desk(request)

    def send(before: Event | None) -> tuple[int, str]:
        try:
            if before:
                before.wait(20)
            return where(once(slow)(sent()))
        finally:
            connection.close()

    pause = repeated._wait

    def wait() -> None:
        waits.set()
        pause()

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(repeated, "_wait", wait)
        both = [pool.submit(send, None), pool.submit(send, begun)]
        assert waits.wait(20), "the second did not wait"
        go_on.set()
        assert [each.result(30) for each in both] == [(302, "/made/1/")] * 2
    assert desk.done == 1


def test_a_note_sent_three_times_is_kept_once(world):
    client, person = signed_in(world, "ana"), Person.objects.get(code="M3")
    note = {"act": "note", "ground": "card", "on": "2024-01-05", "text": "gửi trả thẻ", repeated.TOKEN: "a" * 64}
    answers = [client.post(f"/members/{person.pk}/grounds/", note) for _ in range(3)]
    assert [each.status_code for each in answers] == [302] * 3
    assert Note.objects.filter(person=person).count() == 1


@pytest.mark.django_db
def test_a_view_that_knows_itself_what_was_sent_twice_is_asked_each_time():
    desk: Any = repeated.knows_itself(Desk())
    answer = once(desk)
    assert [where(answer(sent())) for _ in range(2)] == [(302, "/made/1/"), (302, "/made/2/")]
    with connection.cursor() as cursor:
        cursor.execute("select from core_sent")
        assert cursor.fetchone() is None
