"""Every page under two server workers, beside the time the database takes for the same questions."""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

ROUNDS = 100
ASKED = 150  # milliseconds
USERS = 2
PASSWORD = "bench-of-the-desk"


PAGES = [  # name, path; {unit} is the one measured, {cell} and {member} one below it
    ("desk", "/"),
    ("units", "/units/"),
    ("units found", "/units/?q=thon+1"),
    ("unit page", "/units/{unit}/"),
    ("meetings", "/units/{unit}/meetings/"),
    ("meetings sorted", "/units/{unit}/meetings/?sort=-missed"),
    ("late and weak", "/units/{unit}/late/"),
    ("targets", "/units/{unit}/targets/"),
    ("history", "/units/{unit}/history/"),
    ("evidence", "/units/{unit}/figures/village_heads.members/"),
    ("evidence, many", "/units/{unit}/figures/meetings.attendance/"),
    ("members", "/members/"),
    ("members found", "/members/?q=nguyen+van"),
    ("members by age", "/units/{unit}/members/?sort=age&sex=f"),
    ("member", "/members/{member}/"),
    ("find", "/find/?q=nguyen"),
    ("report", "/units/{unit}/reports/annual/"),
    ("reports", "/units/{unit}/reports/"),
    ("record a meeting", "/units/{cell}/meetings/record/"),
    ("meetings of a cell", "/units/{cell}/meetings/"),
    ("users", "/users/"),
]


def main() -> None:
    """Ask every page of the district of the sample."""
    measure("HU-TD", "one district")


def measure(code: str, size: str, asked: list[tuple[str, str]] | None = None, **more: int) -> None:
    """Serve what is loaded with granian on loopback and ask each page of a unit, two users at once."""
    from django.core.management import call_command

    from chibo.accounts.actions import make_user
    from chibo.accounts.models import User
    from chibo.core import clock
    from chibo.members.models import Stay
    from chibo.organizations.actions import grant
    from chibo.organizations.models import Unit

    now = clock.now()
    unit = Unit.objects.get(code=code)
    name = f"bench-{code.lower()}"
    stay = Stay.objects.filter(cell__path__startswith=unit.path, to_on=None).select_related("membership").first()
    assert stay is not None
    user = User.objects.filter(username=name).first()
    if user is None:
        user = make_user(username=name, full_name="Bench", password=PASSWORD, by=None, at=now)
        for role in ("officer", "administrator"):
            grant(user=user, role=role, unit=unit, from_on=now.date(), by=None, at=now)
        grant(user=user, role="secretary", unit=stay.cell, from_on=now.date(), by=None, at=now)
    ids = {"unit": unit.pk, "cell": stay.cell_id, "member": stay.membership.person_id, **more}
    call_command("collectstatic", interactive=False, verbosity=0)
    port = 8199
    command = [sys.executable, "-m", "granian", "chibo.project.wsgi:application", "--interface", "wsgi"]
    settled = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "2",
        "--blocking-threads",
        "4",
        "--no-access-log",
    ]
    server = subprocess.Popen(
        [*command, *settled],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "chibo.project.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    print(f"Pages of {unit.name} ({size}):")
    try:
        cookies = _sign_in(port, name)
        for page, path in asked or PAGES:
            _measure_page(port, cookies, user, page, path.format(**ids))
    finally:
        server.terminate()
        server.wait(20)


def _measure_page(port: int, cookies: str, user: Any, name: str, path: str) -> None:
    """Ask one page again and again, then count its queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    with ThreadPoolExecutor(USERS) as users:
        asked = [users.submit(_ask, port, path, cookies) for _ in range(USERS)]
    times = [each for one in asked for each in one.result()]
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    bare = sum(float(query["time"]) for query in captured.captured_queries) * 1000
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    print(
        f"  {name:18} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms {'ok    ' if p95 <= ASKED else 'MISSED'}"
        f"   {len(captured):2} queries, {bare:5.1f} ms in SQL   p50 is {p50 / max(bare, 0.1):.1f} times the bare SQL",
        flush=True,
    )


def _sign_in(port: int, name: str) -> str:
    """The cookies of a user who signed in, once the server answers."""
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/accounts/login/")
            answer = connection.getresponse()
            page = answer.read().decode()
            break
        except OSError:
            time.sleep(0.2)
    jar = _cookies(answer)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = urlencode({"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token[1]})
    headers = {"Cookie": _said(jar), "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/accounts/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 302, answer.status
    return _said(jar | _cookies(answer))


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    given = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    pairs = [value.split(";")[0].partition("=") for value in given]
    return {name: value for name, _sign, value in pairs}


def _said(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def _ask(port: int, path: str, cookies: str) -> list[float]:
    """Milliseconds of each answer, one after the other on one connection, after a warm-up."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for n in range(ROUNDS + 20):
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookies})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        if n >= 20:
            times.append((time.perf_counter() - begun) * 1000)
    return times


if __name__ == "__main__":
    assert settings.configured
    main()
