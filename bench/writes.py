"""The first week of a month in a country of 260,000 cells: fifty meetings a second are finished, for two minutes.

Mixed secretaries: from the page that saves by itself, from the outbox of a device, from a plain form; regular
meetings with points and without, thematic ones, preparations of the committee; three of thirty members not there.
Each answer is waited for from the moment it was due, also where the one before it was late. The real server with two
workers and the real worker that folds; the client is one process beside them, and on the same cores.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import country

RATE = int(os.environ.get("CHIBO_BENCH_RATE", "50"))  # meetings a second
SECONDS = int(os.environ.get("CHIBO_BENCH_SECONDS", "120"))
ASKED, BEHIND = 300, 10  # milliseconds for a write, seconds for the figures
AT_ONCE = 32  # connections
PORT = 8198
DAY, MONTH = "2024-01-03", "2024-01"
TOKEN = "b" * 32
TICKS = os.sysconf("SC_CLK_TCK")
WARM = 200  # meetings finished before it counts: by then every worker has read what it reads once


@dataclass
class Sent:
    """A meeting as it is sent: when it is due, the bytes, what came of it."""

    kind: str
    data: bytes
    due: float = 0.0
    done: float = 0.0
    status: int = 0
    answer: bytes = b""


@dataclass(eq=False)
class Line:
    """A connection that is kept, and what it waits for."""

    socket: socket.socket
    sent: Sent | None = None
    heard: bytearray = field(default_factory=bytearray)


def main() -> None:
    """Write the country, finish meetings in it, and see that the figures follow."""
    begun = time.perf_counter()
    country.make()
    print(f"Writes: {country.ALL_CELLS:,} cells in {time.perf_counter() - begun:.0f} s,", _size())
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    prepared = list(islice(_prepared(), WARM + RATE * SECONDS))
    settled = os.environ | {"DJANGO_SETTINGS_MODULE": "chibo.project.settings"}
    python = [sys.executable, "-P", "-m"]
    children = [
        subprocess.Popen([*python, "chibo.project.server", "127.0.0.1", str(PORT), "2"], env=settled),
        subprocess.Popen([*python, "chibo", "worker"], env=settled, stderr=subprocess.DEVNULL),
    ]
    try:
        _wait_for_server()
        _load(prepared[:WARM], 20)
        time.sleep(8)
        watched: list[tuple[float, int]] = []
        before, sent, stolen = _cpu(children), prepared[WARM : WARM + RATE * SECONDS], _stolen()
        begun = time.perf_counter()
        _load(sent, RATE, watched)
        took = time.perf_counter() - begun
        spent = {name: seconds - before.get(name, 0) for name, seconds in _cpu(children).items()}
        _report(sent, took, spent, watched)
        print(f"  taken by the host from this machine: {(_stolen() - stolen) / took / (os.cpu_count() or 1):.0%}")
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(30)


def _prepared() -> Iterator[Sent]:
    """The meetings to be finished, each of a cell of its own, as the bytes that a browser sends."""
    from chibo.meetings.models import Kind
    from chibo.meetings.queries import roll_on
    from chibo.organizations.models import Unit
    from chibo.scoring.queries import rule_on

    dice = random.Random(6)
    first = Unit.objects.get(pk=country.cell_of(1))
    rule = rule_on(first, "regular", country.date(2024, 1, 3))
    assert rule is not None
    rolls = {kind: roll_on(first, country.date(2024, 1, 3), kind) for kind in Kind.values}
    of_committee = [who.must for who in rolls["committee"]]
    for user in range(1, country.WRITTEN + 1):
        people = list(country.people_of(user))
        kind = dice.choices(["regular", "unscored", "thematic", "committee"], [70, 10, 10, 10])[0]
        way = dice.choices(["page", "outbox", "plain"], [50, 40, 10])[0]
        must = of_committee if kind == "committee" else [True] * len(people)
        typed = typed_of(dice, kind, [_who(*each) for each in zip(people, must, strict=True)], rule, DAY, MONTH)
        yield Sent(f"{kind}, {way}", _request(user, way, typed))


def typed_of(dice: random.Random, kind: str, roll: list[Any], rule: Any, day: str, month: str) -> dict[str, str]:
    """What is typed of a meeting: some of those called are away, what was concluded, points by the sheet of a rule."""
    from chibo.meetings import forms, versions
    from chibo.meetings.record_page import key_of

    called = [n for n, who in enumerate(roll) if who.must]
    away = set(dice.sample(called, min(3 if kind != "committee" else 1, len(called))))
    typed = {
        "uid": str(UUID(int=dice.getrandbits(128), version=4)), "version": "0", "step": "4",
        "form_version": str(versions.FORM), "listed": key_of(forms.Roll([forms.Row(who) for who in roll])),
        "kind": "regular" if kind == "unscored" else kind, "held_on": day, "month": month, "mode": "in_person",
        "duration_min": str(dice.choice([75, 90, 105, 120])),
        "topic": "Học tập và làm theo tư tưởng Hồ Chí Minh" if kind == "thematic" else "",
        "conclusions": "Chi bộ thống nhất nhiệm vụ tháng tới. " * dice.randint(3, 30),
    }  # fmt: skip
    for n in called:
        typed[f"m_{roll[n].person}"] = ("absent" if n % 3 == 0 else "excused") if n in away else "present"
        typed[f"r_{roll[n].person}"] = "Ốm, có báo trước" if n in away and n % 3 else ""
    if kind not in ("regular", "thematic"):
        return typed | {"prompt": "none"}
    typed |= {"prompt": "yes", "sheet": str(rule.version_id), "auto": "", "scored_on": ""}
    for each in rule.version.sheet.criteria:
        typed[f"k_{each.code}"] = dice.choice(each.options).code if each.options else str(each.full)
    return typed


def _who(person: int, must: bool) -> Any:
    from chibo.meetings.queries import Attendee

    return Attendee(person=person, code="", name="", must=must)


def _request(user: int, way: str, typed: dict[str, str]) -> bytes:
    """A request with its body: as a script sends it with all it knows of the clock, or as a form does."""
    if way != "plain":  # as the scripts: without the reasons of those who were there
        typed = {name: value for name, value in typed.items() if value or not name.startswith("r_")}
    if way != "outbox":
        typed = {"csrfmiddlewaretoken": TOKEN, **typed}
    heads = [
        f"POST /units/{country.cell_of(user)}/meetings/record/ HTTP/1.1", "Host: 127.0.0.1",
        f"Cookie: csrftoken={TOKEN}; sessionid={country.session_key(user)}",
        "Accept: */*", "Accept-Encoding: gzip, deflate, br", "Accept-Language: vi,en;q=0.5",
        "User-Agent: Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    ]  # fmt: skip
    if way != "plain":
        typed |= {"device_at": "2024-01-09T20:10:00.000Z", "sent_at": "2024-01-09T20:10:01.000Z"}
        heads.append(f"X-Chibo-Save: {'outbox' if way == 'outbox' else '1'}")
        heads += [f"X-CSRFToken: {TOKEN}"] if way == "outbox" else []
    heads.append("Content-Type: application/x-www-form-urlencoded;charset=UTF-8")
    body = urlencode(typed).encode()
    return "\r\n".join([*heads, f"Content-Length: {len(body)}", "", ""]).encode() + body


def _load(meetings: list[Sent], rate: int, watched: list[tuple[float, int]] | None = None) -> None:
    """Send so many a second, each when it is due or as soon as a connection is free; notice how the figures follow."""
    poll = selectors.DefaultSelector()
    free, number, left = [_line(poll) for _ in range(AT_ONCE)], 0, len(meetings)
    waiting: deque[Sent] = deque()
    begun = time.perf_counter() + 0.1
    look = begun
    while left:
        now = time.perf_counter()
        while number < len(meetings) and begun + number / rate <= now:
            meetings[number].due = begun + number / rate
            waiting.append(meetings[number])
            number += 1
        while waiting and free:
            line = free.pop()
            line.sent = waiting.popleft()
            line.socket.sendall(line.sent.data)
        if now >= look:
            look = now + 0.5
            if watched is not None:
                watched.append((time.perf_counter(), _folded()))
        until = min(look, begun + number / rate if number < len(meetings) else look)
        for key, _events in poll.select(max(0.0, until - time.perf_counter())):
            line = key.data
            if line.sent is None:  # the server lets go of those that nobody used for some seconds; so do browsers
                free.remove(line)
                _leave(poll, line)
                free.append(_line(poll))
            elif _hear(line):
                left -= 1
                free.append(line)
    while watched and watched[-1][1] < watched[0][1] + _counted(meetings) and time.perf_counter() < look + 60:
        time.sleep(0.2)
        watched.append((time.perf_counter(), _folded()))
    for line in free:
        _leave(poll, line)


def _leave(poll: selectors.BaseSelector, line: Line) -> None:
    poll.unregister(line.socket)
    line.socket.close()


def _line(poll: selectors.BaseSelector) -> Line:
    made = socket.create_connection(("127.0.0.1", PORT))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line = Line(made)
    poll.register(made, selectors.EVENT_READ, line)
    return line


def _hear(line: Line) -> bool:
    """Take what came; whether the answer is whole."""
    came = line.socket.recv(262_144)
    sent = line.sent
    assert came, "the server hung up"
    assert sent is not None, came
    line.heard += came
    head, found, body = bytes(line.heard).partition(b"\r\n\r\n")
    sizes = [each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")]
    if not found or len(body) < int(sizes[0].split(b":")[1] if sizes else 0):
        return False
    sent.done, sent.status, sent.answer = time.perf_counter(), int(head.split(b" ", 2)[1]), body[:2000]
    line.heard.clear()
    line.sent = None
    return True


def _folded() -> int:
    """Regular meetings that the figures of the whole country count in the month."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select s.d1 from indicators_sum s join indicators_numbered i on i.number = s.indicator_id"
            " where s.unit_id = 1 and s.year = 2024 and i.code = 'meetings.prepared'"
        )
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


def _counted(meetings: list[Sent]) -> int:
    return sum(each.kind.startswith(("regular", "unscored")) for each in meetings)


def _behind(meetings: list[Sent], watched: list[tuple[float, int]]) -> list[float]:
    """For each look at the figures: how long ago the first meeting was answered that they did not count."""
    regular = sorted(each.done for each in meetings if each.kind.startswith(("regular", "unscored")))
    first = watched[0][1]
    return [max(0.0, at - regular[n - first]) if n - first < len(regular) else 0.0 for at, n in watched]


def _report(meetings: list[Sent], took: float, spent: dict[str, float], watched: list[tuple[float, int]]) -> None:
    ok = [each for each in meetings if each.status in (200, 302)]
    for each in [each for each in meetings if each not in ok][:3]:
        print("  refused:", each.kind, each.status, each.answer[:500].decode(errors="replace"))
    times = sorted((each.done - each.due) * 1000 for each in meetings)
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    last = max(each.done for each in meetings) - min(each.due for each in meetings)
    wrong, verdict = len(meetings) - len(ok), "ok" if p95 <= ASKED else "MISSED"
    print(
        f"  {len(meetings):,} meetings at {RATE}/s, {len(meetings) / last:.1f} a second done, {wrong} errors:", end=""
    )
    print(f" p50 {p50:.0f} ms, p95 {p95:.0f} ms ({verdict}), worst {times[-1]:.0f} ms")
    print("  p95 of each ten seconds, ms:", *_by_tens(meetings))
    behind = _behind(meetings, watched)
    print(f"  figures behind: {statistics.median(behind):.1f} s, at most {max(behind):.1f} s", end="")
    print(f" ({'ok' if max(behind) <= BEHIND else 'MISSED'})")
    each = {name: seconds * 1000 / len(meetings) for name, seconds in spent.items()}
    print(f"  CPU a meeting, ms: {json.dumps({name: round(ms, 1) for name, ms in each.items()})},", end="")
    print(f" {sum(spent.values()) / took:.2f} cores busy")


def _by_tens(meetings: list[Sent]) -> list[int]:
    """The p95 of the meetings due in each ten seconds, in milliseconds: whether it is always so, or at times."""
    tens = [meetings[at : at + 10 * RATE] for at in range(0, len(meetings), 10 * RATE)]
    return [round(sorted((each.done - each.due) * 1000 for each in ten)[int(len(ten) * 0.95)]) for ten in tens]


def _stolen() -> float:
    """Seconds of processor that this machine wanted and its host gave to others."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / TICKS


def _cpu(children: list[subprocess.Popen[bytes]]) -> dict[str, float]:
    """Seconds of processor by what was done with them, for all these processes and those below them, and our own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("show data_directory")
        files = cursor.fetchone()[0]
    found = {"client": time.process_time()}
    above = {children[0].pid: "server", children[1].pid: "worker"}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            name = above.get(int(entry.name)) or above.get(int(words[1]))
            name = name or ("postgres" if str((entry / "cwd").readlink()) == files else None)
        except OSError:
            continue
        if name:  # with what its children spent that have ended
            found[name] = found.get(name, 0) + sum(map(int, words[11:15])) / TICKS
    return found


def _wait_for_server() -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", PORT)).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(6)  # its workers, and the worker beside, read the program
            return


def _size() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_size_pretty(pg_database_size(current_database()))")
        return f"{cursor.fetchone()[0]} in the database"
