"""32 people at work in the country at once: what each page takes at the server, beside the bare SQL of its questions.

Twelve secretaries, eight members, seven officers of communes, two of provinces, one of the whole country, and two
leaders; they look, think, and look again; a fifth of them is far away, which costs them 300 ms that do not count.
CHIBO_BENCH_SECONDS (60) says for how long.
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from bench import country, writes
from bench import national_sql as sql
from bench.national import FIRST_PROVINCE, Size

SECONDS = float(os.environ.get("CHIBO_BENCH_SECONDS", "60"))
THINK = 2.0  # seconds on average
FAR = 0.15  # seconds each way, for a fifth
ASKED, ASKED_WRITE = (25, 75, 150), (50, 150, 300)  # milliseconds for p50, p95, p99
PORT = 8197
DAY, MONTH = "2026-01-05", "2026-01"
WRITE = "recording a meeting"
TYPED = ("ng", "nguy", "nguyen v", "nguyen van an")

PAGES = {  # role: name, path and how often; `~` before a path: asked by a script for a part of the page
    "officer": [
        ("desk", "/", 3),
        ("member list", "/units/{unit}/members/", 2),
        ("member list, filter", "/units/{unit}/members/?sex=f", 1),
        ("member list, sorted", "/units/{unit}/members/?sort=-age", 1),
        ("member list, as one types", "~/units/{unit}/members/?q={typed}", 3),
        ("member page", "/members/{member}/", 3),
        ("unit page", "/units/{unit}/", 2),
        ("unit page below", "/units/{cell}/", 2),
        ("tree", "/units/", 1),
        ("tree, opened", "~/units/{unit}/below/", 1),
        ("tree, as one types", "~/units/?q=thon+{n}", 1),
        ("matrix", "/units/{unit}/meetings/?period=2025", 2),
        ("matrix, sorted", "/units/{unit}/meetings/?period=2025&sort=-missed", 1),
        ("figures", "/units/{unit}/targets/?period=2025", 2),
        ("evidence", "/units/{unit}/figures/meetings.attendance/?period=2025", 2),
        ("quick switcher", "~/find/?q={typed}", 3),
        ("history", "/units/{unit}/history/", 1),
        ("cases", "/units/{unit}/cases/", 1),
    ],
    "secretary": [
        ("desk", "/", 3),
        ("member list", "/units/{cell}/members/", 2),
        ("member page", "/members/{member}/", 2),
        ("unit page", "/units/{cell}/", 1),
        ("matrix", "/units/{cell}/meetings/?period=2025", 1),
        ("quick switcher", "~/find/?q={typed}", 1),
        ("history", "/units/{cell}/history/", 1),
        ("form of a meeting", "/units/{cell}/meetings/record/", 2),
        (WRITE, "", 4),
    ],
    "member": [("desk", "/", 3), ("my page", "/me/", 2), ("unit page", "/units/{cell}/", 1)],
}


@dataclass
class Person:
    """Somebody at work: who signed in, what they look at, and what they have still to write."""

    role: str
    user: int
    unit: int
    cell: int
    people: list[int]
    is_far: bool
    writes: list[tuple[int, int, str]] = field(default_factory=list)  # user, cell, body


@dataclass
class Answer:
    """What came of a request."""

    page: str
    role: str
    path: str
    seconds: float
    status: int
    said: str = ""


def main(size: Size, seconds: float = SECONDS) -> list[Answer]:
    """Let them work against the real server and worker, and say how long each page took."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    people = staff(size)
    with served():
        _work(people, min(seconds, 30))  # by then every worker has read what it reads once
        stolen, begun = writes._stolen(), time.perf_counter()
        answers = _work(people, seconds)
        stolen = (writes._stolen() - stolen) / (time.perf_counter() - begun) / (os.cpu_count() or 1)
    report(answers, {person.role: bare(person) for person in _one_of_each(people)}, seconds, stolen)
    return answers


@contextmanager
def served() -> Iterator[None]:
    """The real server with two workers, and the worker that folds beside it."""
    settled = os.environ | {"DJANGO_SETTINGS_MODULE": "chibo.project.settings"}
    python, quiet = [sys.executable, "-P", "-m"], subprocess.DEVNULL
    children = [
        subprocess.Popen([*python, "chibo.project.server", "127.0.0.1", str(PORT), "2"], env=settled),
        subprocess.Popen([*python, "chibo", "worker"], env=settled, stdout=quiet, stderr=quiet),
    ]
    try:
        for _ in range(600):
            try:
                asked = http.client.HTTPConnection("127.0.0.1", PORT)
                asked.request("GET", "/accounts/login/")
                asked.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(30)


def staff(size: Size) -> list[Person]:
    """Who works: the same people every time, signed in, each with what they will look at and write."""
    from chibo.accounts.models import User

    dice = random.Random(7)
    people = [_officer("officer", sql.OFFICER, 1), _officer("officer", sql.LEADER, 1)]
    people += [_officer("officer", sql.OFFICER, FIRST_PROVINCE + n) for n in (0, 20)]
    people += [_officer("officer", sql.LEADER, FIRST_PROVINCE + 10)]
    first = FIRST_PROVINCE + 34
    for n in range(7):
        at = n * size.communes // 7
        people.append(_officer("officer", sql.OFFICER_OF_COMMUNE + at - (first + at), first + at))
    for _n in range(12):
        seqs = sorted(dice.sample(range(size.cells), 12))
        people.append(_in_cell("secretary", sql.SECRETARY, seqs[0]))
        people[-1].writes = [_written(dice, seq) for seq in seqs]
    for n in range(8):
        seq = n * (size.cells // sql.SHARE) // 8 * sql.SHARE
        people.append(_in_cell("member", sql.SECRETARY + size.cells, seq))
    for n, person in enumerate(people):
        person.is_far = n % 5 == 4
    users = {person.user for person in people} | {each[0] for person in people for each in person.writes}
    country.sign_in(User.objects.filter(pk__in=users).order_by("pk"))
    return people


def _officer(role: str, users: int, unit: int) -> Person:
    """Somebody of a committee with a cell and people below it."""
    from chibo.members.models import Stay
    from chibo.organizations.models import Unit

    path = Unit.objects.get(pk=unit).path
    cells = Unit.objects.filter(path__startswith=path, kind="cell").order_by("path").values_list("pk", flat=True)[:20]
    stays = Stay.objects.filter(cell_id__in=list(cells), to_on=None).order_by("pk")
    return Person(role, users + unit, unit, cells[0], list(stays.values_list("membership__person", flat=True)), False)


def _in_cell(role: str, users: int, seq: int) -> Person:
    from chibo.members.models import Stay
    from chibo.organizations.models import Grant

    cell = Grant.objects.get(user=users + seq).unit_id
    stays = Stay.objects.filter(cell=cell, to_on=None).order_by("pk")
    return Person(role, users + seq, cell, cell, list(stays.values_list("membership__person", flat=True)), False)


def _written(dice: random.Random, seq: int) -> tuple[int, int, str]:
    """A meeting of January as the page sends it."""
    from chibo.meetings.queries import roll_on
    from chibo.organizations.models import Grant
    from chibo.scoring.queries import rule_on

    day = date.fromisoformat(DAY)
    cell = Grant.objects.select_related("unit").get(user=sql.SECRETARY + seq).unit
    rule = rule_on(cell, "regular", day)
    typed = writes.typed_of(dice, "regular", roll_on(cell, day, "regular"), rule, DAY, MONTH)
    return sql.SECRETARY + seq, cell.pk, urlencode({"csrfmiddlewaretoken": writes.TOKEN, **typed})


def _work(people: list[Person], seconds: float) -> list[Answer]:
    """All at once for a time, each in a thread of their own."""
    answers: list[Answer] = []
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_worker, args=(person, random.Random(n), until, answers))
        for n, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _worker(person: Person, dice: random.Random, until: float, answers: list[Answer]) -> None:
    """Look, think, look again; nobody begins something after the end."""
    line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    pages = PAGES[person.role]
    time.sleep(dice.random() * THINK)
    while time.perf_counter() < until:
        name, path, _often = dice.choices(pages, [often for *_page, often in pages])[0]
        if name == WRITE and not person.writes:
            continue
        answers.append(_ask(line, person, dice, name, path))
        if answers[-1].status == 0:
            line.close()
        time.sleep(dice.expovariate(1 / THINK))
    line.close()


def _ask(line: http.client.HTTPConnection, person: Person, dice: random.Random, name: str, path: str) -> Answer:
    """One request, timed from when it is sent to the end of its answer."""
    user, method, body = person.user, "GET", None
    heads = {"Accept-Encoding": "gzip, br", "Accept-Language": "vi,en;q=0.5"}
    if name == WRITE:
        user, cell, body = person.writes.pop()
        method, path = "POST", f"/units/{cell}/meetings/record/"
        heads |= {"Content-Type": "application/x-www-form-urlencoded", "X-Chibo-Save": "1"}
        heads["X-CSRFToken"] = writes.TOKEN
    path = filled(path, person, dice)
    if path.startswith("~"):
        path, heads["HX-Request"] = path[1:], "true"
    heads["Cookie"] = f"csrftoken={writes.TOKEN}; sessionid={country.session_key(user)}"
    if person.is_far:
        time.sleep(FAR)
    begun = time.perf_counter()
    try:
        line.request(method, path, body, heads)
        answer = line.getresponse()
        said, status = answer.read(), answer.status
    except (OSError, http.client.HTTPException) as error:
        said, status = str(error).encode(), 0
    took = time.perf_counter() - begun
    if person.is_far:
        time.sleep(FAR)
    wrong = not 200 <= status < 400
    return Answer(name, person.role, path, took, status, said[:300].decode(errors="replace") if wrong else "")


def filled(path: str, person: Person, dice: random.Random) -> str:
    """The path of a page as this person asks for it."""
    typed, member = quote(dice.choice(TYPED)), dice.choice(person.people)
    return path.format(unit=person.unit, cell=person.cell, member=member, typed=typed, n=dice.randint(1, 9))


def _one_of_each(people: list[Person]) -> list[Person]:
    """The first of each role: of officers it is the one of the whole country."""
    return list({person.role: person for person in reversed(people)}.values())


def bare(person: Person) -> dict[str, tuple[int, float, float, str]]:
    """For each page: how many questions it puts, the milliseconds of all of them bare and of the slowest, and that."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from chibo.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(pk=person.user), "chibo.accounts.backends.Backend")
    found = {}
    for name, path, _often in PAGES[person.role]:
        if not path:
            continue
        asked = filled(path, person, random.Random(3))
        with CaptureQueriesContext(connection) as captured:
            client.get(asked.lstrip("~"), headers={"hx-request": "true"} if asked.startswith("~") else {})
        questions = [
            each["sql"] for each in captured if each["sql"].lstrip(" \n(").lower().startswith(("select", "with"))
        ]
        times = [_bare_time(each) for each in questions]
        slowest = max(zip(times, questions, strict=True), default=(0.0, ""))
        found[name] = (len(captured), sum(times), slowest[0], " ".join(slowest[1].split()))
    return found


def _bare_time(question: str) -> float:
    """The best of three, in milliseconds; in a transaction that is given up, as some are of temporary tables."""
    from django.db import DatabaseError, connection, transaction

    best = float("inf")
    for _ in range(3):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                begun = time.perf_counter()
                cursor.cursor.execute(question)
                cursor.fetchall()
                best = min(best, (time.perf_counter() - begun) * 1000)
        except DatabaseError:
            return 0.0
    return best


def report(answers: list[Answer], limits: dict[str, Any], seconds: float, stolen: float) -> None:
    """A line for each page of each role, what was wrong, and what is slow in what missed."""
    wrong = [each for each in answers if not 200 <= each.status < 400]
    print(f"{len(answers):,} requests of 32 people in {seconds:.0f} s, {len(wrong)} errors;", end="")
    print(f" taken by the host from this machine: {stolen:.0%}")
    for each in wrong[:5]:
        print("  error:", each.role, each.path, each.status, each.said)
    times = defaultdict(list)
    for each in answers:
        times[each.role, each.page].append(each.seconds * 1000)
    missed = []
    print(f"  {'':37} {'n':>5} {'p50':>7} {'p95':>7} {'p99':>7} ms        questions, bare")
    for (role, page), taken in sorted(times.items()):
        taken.sort()
        points = [taken[min(int(len(taken) * share), len(taken) - 1)] for share in (0.5, 0.95, 0.99)]
        asked = ASKED_WRITE if page == WRITE else ASKED
        is_ok = all(point <= most for point, most in zip(points, asked, strict=True))
        questions, whole, slowest, said = limits.get(role, {}).get(page, (0, 0.0, 0.0, ""))
        shown = " ".join(f"{point:7.0f}" for point in points)
        print(f"  {role:10} {page:26} {len(taken):5} {shown} ms {'ok    ' if is_ok else 'MISSED'}", end="")
        print(f" {questions:3} in {whole:6.1f} ms" if questions else "")
        if not is_ok and slowest > ASKED[0] / 2:
            missed.append((slowest, role, page, said))
    for slowest, role, page, said in sorted(missed, reverse=True):
        print(f"  {role}, {page}: one question takes {slowest:.0f} ms bare: {said[:400]}")
