"""Lists and figures come from the standby, one's own writes always; the database itself answers where it can't."""

from __future__ import annotations

import shutil

import psycopg
import pytest
from django.db import DatabaseError, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import get_resolver

from chibo.accounts.actions import make_user
from chibo.accounts.models import User
from chibo.meetings.models import NoMeeting
from chibo.project import embedded, replica, standby
from chibo.project.settings import replica_from
from tests import place
from tests.project.processes import wait_until
from tests.world import AT
from tests.worlds import server

WHO = "select coalesce(nullif(current_setting('primary_slot_name'), ''), 'itself')"


@pytest.fixture(scope="module")
def second(django_db_setup):
    """The data folder of a standby of the run's own server."""
    folder = place.of_its_own("replica")
    standby.make(folder, server())
    with embedded.share(folder, "postgres"):
        yield folder
    embedded.discard(folder)
    shutil.rmtree(embedded.socket_folder(folder), ignore_errors=True)
    standby.release(server(), standby.name_of(folder))


def opens(self):
    """As Django opens a connection, whichever: its tests allow one that was there when they began."""
    if self.connection is None:
        with self.wrap_database_errors:
            self.connect()


@pytest.fixture
def follows(second, committed_world, monkeypatch):
    """The small world, and a standby of it that Django knows; its own connection to it, to hold it up."""
    monkeypatch.setattr(DatabaseWrapper, "ensure_connection", opens)
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(server(), autocommit=True) as first:
        url = embedded.address(second, name)
        place_of_first = first.execute("select pg_current_wal_insert_lsn()").fetchone()[0]
        with psycopg.connect(embedded.address(second, "postgres"), autocommit=True) as held:
            caught_up = "select pg_last_wal_replay_lsn() >= %s"
            wait_until(lambda: held.execute(caught_up, [place_of_first]).fetchone()[0])
            chosen = dict(connection.settings_dict) | {
                key: value for key, value in replica_from(url).items() if key in ("HOST", "NAME", "USER")
            }
            connections.settings[replica.REPLICA] = chosen | {
                "OPTIONS": {"options": "-c default_transaction_read_only=on", "connect_timeout": "2"}
            }
            try:
                yield held
            finally:
                forget()
                held.execute("select pg_wal_replay_resume()")


def forget():
    """Django knows of no standby any more."""
    if hasattr(connections._connections, replica.REPLICA):
        connections[replica.REPLICA].close()
        del connections[replica.REPLICA]
    connections.settings.pop(replica.REPLICA, None)


@pytest.fixture
def asked(monkeypatch):
    """Who was asked for the page: the standby by the name of its slot, or the database itself."""
    told = []
    find = get_resolver().resolve

    def resolve(path):
        found = find(path)
        view = found.func

        def tells(request, *args, **kwargs):
            with connection.cursor() as cursor:
                cursor.execute(WHO)
                told.append(cursor.fetchone()[0])
            return view(request, *args, **kwargs)

        found.func = tells
        return found

    monkeypatch.setattr(get_resolver(), "resolve", resolve)
    return told


def client(username="eva"):
    made = Client()
    made.force_login(User.objects.get(username=username))
    return made


def rename_ana(name):
    make_user(username="ana", full_name=name, password="a long pass-word 8", by=None, at=AT)


def until_read(visitor, asked, path="/units/"):
    """Open a page until the standby answers it, as it does once it has been looked at twice."""

    def read():
        assert visitor.get(path).status_code == 200
        return asked[-1] != "itself"

    wait_until(read, 20, "the standby was never asked")


def test_lists_and_figures_are_read_from_the_standby_and_forms_are_not(
    follows, second, asked, settings, committed_world
):
    settings.CHIBO_REPLICA_SECONDS = 600  # however busy the machine is
    visitor = client("chi")
    until_read(visitor, asked)
    unit = committed_world.upland.pk
    for path in (f"/units/{unit}/", f"/units/{unit}/meetings/", "/members/", f"/units/{unit}/figures/members.total/"):
        assert visitor.get(path).status_code == 200
        assert asked[-1] == standby.name_of(second), path
    for path in ("/me/", f"/units/{committed_world.cell_a.pk}/meetings/record/"):
        visitor.get(path)
        assert asked[-1] == "itself", path
    Client().get("/units/")
    assert asked[-1] == "itself"  # who is a stranger is sent to sign in


def pause(follows):
    """The standby goes on no further."""
    follows.execute("select pg_wal_replay_pause()")
    wait_until(lambda: follows.execute("select pg_get_wal_replay_pause_state() = 'paused'").fetchone()[0])


def test_who_wrote_sees_it_at_once_and_others_a_moment_later(follows, asked, settings, committed_world):
    settings.CHIBO_REPLICA_SECONDS = 600
    writer, reader, cell = client("ana"), client("chi"), committed_world.cell_a.pk
    until_read(writer, asked)
    until_read(reader, asked)
    pause(follows)
    said = {"month": "2023-12", "reason": "Bão lũ, đường bị cắt", "seen": ""}
    sent = writer.post(f"/units/{cell}/meetings/none/?month=2023-12", said)
    assert sent.status_code == 302, sent.content.decode()
    assert replica.WROTE in sent.cookies
    assert NoMeeting.objects.filter(unit=cell).exists()
    with replica.standing_in():
        assert not NoMeeting.objects.filter(unit=cell).exists()
    writer.get("/units/")
    assert asked[-1] == "itself"
    reader.get("/units/")
    assert asked[-1] != "itself"  # behind by less than it may be
    follows.execute("select pg_wal_replay_resume()")
    until_read(writer, asked)
    with replica.standing_in():
        assert NoMeeting.objects.filter(unit=cell).exists()


def test_a_standby_too_far_behind_is_not_asked(follows, asked, settings):
    settings.CHIBO_REPLICA_SECONDS = 0.3
    visitor = client()
    pause(follows)
    rename_ana("Someone Else")
    for _turn in range(3):
        assert visitor.get("/units/").status_code == 200
        assert asked[-1] == "itself"


def test_a_standby_that_is_gone_is_missed_by_nobody(follows, asked, second):
    visitor = client()
    until_read(visitor, asked)
    connections[replica.REPLICA].close()
    connections.settings[replica.REPLICA]["HOST"] = connections[replica.REPLICA].settings_dict["HOST"] = "/nowhere"
    for _turn in range(2):
        assert visitor.get("/units/").status_code == 200
        assert asked[-1] == "itself"


def test_one_that_fails_in_the_middle_of_a_page_or_lacks_it_leaves_it_to_the_database(follows, asked, monkeypatch):
    visitor = client()
    until_read(visitor, asked)
    request = visitor.get("/units/").wsgi_request
    calls = []

    def fails(error):
        def view(request):
            calls.append(connections["default"].alias)
            raise error

        return view

    middleware = replica.FromReplica(lambda request: HttpResponse())
    wait_until(lambda: middleware.following.may_read(0))
    for error in (DatabaseError("conflict with recovery"), Http404()):
        assert middleware.process_view(request, fails(error), (), {}) is None
    assert calls == ["replica", "replica"]
    assert connections["default"].alias == "default"
    with pytest.raises(ValueError, match="of the page's own"):
        middleware.process_view(request, fails(ValueError("of the page's own")), (), {})
    assert connections["default"].alias == "default"


def test_nothing_can_be_written_by_it(follows):
    with replica.standing_in():
        with pytest.raises(DatabaseError, match="read-only"):
            rename_ana("Someone Else")
        with pytest.raises(DatabaseError, match="read-only"), connection.cursor() as cursor:
            cursor.execute("create temporary table a (b int)")
        assert connection.alias == "replica"
    rename_ana("Someone Else")


def test_a_database_that_is_no_standby_any_more_is_not_asked(follows, asked):
    name = str(connection.settings_dict["NAME"])
    address = replica_from(embedded.address(place.folder(), name))
    connections.settings[replica.REPLICA]["HOST"] = address["HOST"]
    visitor = client()
    for _turn in range(3):
        assert visitor.get("/units/").status_code == 200
        assert asked[-1] == "itself"


def test_nonsense_in_the_cookie_asks_the_database_itself(follows, asked):
    visitor = client()
    until_read(visitor, asked)
    for said in ["", "-1", "x", "9" * 40, "²", "0x10"]:
        visitor.cookies[replica.WROTE] = said
        assert visitor.get("/units/").status_code == 200
        assert asked[-1] == "itself", said


def test_every_page_named_is_one():
    names = set()

    def collect(patterns):
        for each in patterns:
            if hasattr(each, "url_patterns"):
                collect(each.url_patterns)
            else:
                names.add(each.name)

    collect(get_resolver().url_patterns)
    assert names >= replica.PAGES


def test_without_a_standby_nothing_is_different(client):
    answer = client.post("/i18n/setlang/", {"language": "vi"})
    assert replica.WROTE not in answer.cookies
