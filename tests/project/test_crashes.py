"""Whatever is killed at whatever moment: nothing answered with success is lost, no file is half loaded, all comes back.

CHIBO_CRASH_ROUNDS says how often (4 if it does not).
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import date

import psycopg
import pytest

from chibo.project import embedded
from tests.exchange import small
from tests.project.processes import Visitor, lives, load_the_roll, prepared, wait_until

ROUNDS = int(os.environ.get("CHIBO_CRASH_ROUNDS", "4"))
ROWS = 300  # members in each file, and attendance of each
PASSWORD = "a long pass-word 7"
VICTIMS = ["main", "server", "pages", "worker", "database", "session", "loader"]


@pytest.fixture
def installation():
    """A copy of one that has its tables, the small roll and an administrator, made once a run."""
    made = prepared("administered", administered)
    yield made
    made.end()
    shutil.rmtree(made.data)


def administered(made):
    """The small roll, and an administrator."""
    there = prepared("loaded", load_the_roll)
    subprocess.run(["cp", "-a", f"{there.data}/.", made.data], check=True)
    shutil.rmtree(there.data)
    (made.data / "password").write_text(PASSWORD)
    code, _said, complaint = made.run("admin", "eva", "--password-file", made.data / "password")
    assert code == 0, complaint


def workbook(folder, number):
    """A file of its own: so many members who join a cell, one meeting, and their attendance."""
    roll = {name: small.roll(name)[name][:1] for name in ("members", "meetings", "attendance")}
    meeting = f"K{number}"
    small.add(
        roll,
        "meetings",
        meeting_code=meeting,
        unit_code="C1",
        kind="regular",
        held_on=date(2023, 8, 5),
        period="2023-08",
    )
    for n in range(ROWS):
        code = f"K{number}-{n}"
        joined = date(2020, 1, 1)
        small.add(
            roll, "members", member_code=code, full_name=f"Người {n}", sex="f", born_on=date(1990, 1, 1),
            cell_code="C1", joined_on=joined,
        )  # fmt: skip
        small.add(roll, "attendance", meeting_code=meeting, member_code=code, state="present")
    return small.write(roll, folder / f"{number}.xlsx")


def loaded(installation):
    """By file: members, memberships, meetings and attendance that are there."""
    counts = {
        "members_person": "code",
        "members_membership m join members_person p on p.id = m.person_id": "p.code",
        "meetings_attendance a join meetings_meeting m on m.id = a.meeting_id": "m.code",
    }
    found = []
    with embedded.share(installation.data) as url, psycopg.connect(url) as connection:
        for tables, code in counts.items():
            question = f"select substring({code} from '^K([0-9]+)') from {tables} where {code} ~ '^K[0-9]'"
            found.append(Counter(int(number) for (number,) in connection.execute(question)))
    return found


def choose(installation, loader, chance):
    """A victim that lives: its name and its process."""
    everyone = installation.processes() | {"loader": [loader.pid]}
    names = [name for name in VICTIMS if [pid for pid in everyone[name] if lives(pid)]]
    name = chance.choice(names)
    return name, chance.choice([pid for pid in everyone[name] if lives(pid)])


def figures(installation):
    code, said, complaint = installation.run(
        "figures", "--below", "P", *(part for m in range(1, 13) for part in ("--period", f"2023-{m:02}")), "--json"
    )
    assert code == 0, complaint
    return sorted(said.splitlines())


def test_nothing_that_succeeded_is_lost_and_all_comes_back(installation, tmp_path, capsys):
    seed = int(os.environ.get("CHIBO_CRASH_SEED") or random.randrange(10**6))
    chance, killed = random.Random(seed), Counter()
    installation.start("up")
    succeeded, longest = set(), 0.0
    for number in range(1, ROUNDS + 1):
        visitor = Visitor(installation.port)
        loader = installation.command("load", workbook(tmp_path, number))
        signed_in = visitor.sign_in("eva", PASSWORD) if chance.random() < 0.5 else False
        time.sleep(chance.uniform(0, 4))
        signed_in = signed_in or visitor.sign_in("eva", PASSWORD)
        name, pid = choose(installation, loader, chance)
        os.kill(pid, signal.SIGKILL)
        killed[name] += 1
        began = time.monotonic()
        if name == "main":
            installation.main.wait(60)
            installation.start("up")
        time.sleep(1.2)  # for so long those may still answer who lost their parent
        installation.await_answer()
        longest = max(longest, time.monotonic() - began)
        out, complaint = loader.communicate(timeout=120)
        if loader.returncode == 0:
            succeeded.add(number)
        else:
            assert loader.returncode in (2, -signal.SIGKILL), (name, out, complaint)
            assert "Traceback" not in complaint, complaint
        if signed_in:
            wait_until(lambda visitor=visitor: (visitor.open("/") or ("", ""))[1] == "/", 30, "the sign-in was lost")
        for found in loaded(installation):
            assert set(found.values()) <= {ROWS}, (name, found)
            assert succeeded <= set(found), (name, succeeded, found)
    assert_figures_follow(installation)
    with capsys.disabled():
        sys.stdout.write(f"\n{ROUNDS} kills {dict(killed)}, {len(succeeded)} loads done, back in {longest:.1f} s\n")


def assert_figures_follow(installation):
    """What the worker folded up meanwhile is what comes of the records alone."""

    def folded():
        with psycopg.connect(embedded.address(installation.data)) as connection:
            return not connection.execute("select exists (select from indicators_mark)").fetchone()[0]

    wait_until(folded, 180, "the marks are not folded")
    kept = figures(installation)
    assert installation.stop() == 0
    assert installation.run("rebuild")[0] == 0
    assert figures(installation) == kept
    assert any(json.loads(line)["figures"] for line in kept)
    assert not installation.database_processes()


def test_ctrl_c_ends_all_it_started(installation):
    installation.start("up")
    before = [pid for group in installation.processes().values() for pid in group]
    assert len(before) > 6
    assert installation.stop() == 0
    assert not [pid for pid in before if lives(pid)]
    assert not installation.database_processes()


def test_a_server_is_asked_to_end_and_ends(installation):
    installation.start("up")
    assert installation.stop(signal.SIGTERM) == 0
    assert not installation.database_processes()


def test_who_is_killed_hard_leaves_nobody_on_the_port(installation):
    installation.start("up")
    mine = installation.processes()
    installation.main.kill()
    installation.main.wait(60)
    installation.start("up")
    wait_until(lambda: not [pid for name in ("server", "pages", "worker") for pid in mine[name] if lives(pid)], 5)
    wait_until(lambda: installation.processes()["pages"])
    installation.await_answer()
    assert mine["database"] == installation.processes()["database"]


def test_what_dies_beside_is_started_again(installation):
    installation.start("up")
    for name in ("worker", "server", "database"):
        pid = installation.processes()[name][0]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda name=name, pid=pid: [p for p in installation.processes()[name] if p != pid])
    installation.await_answer()


def test_a_port_that_is_taken_is_said_in_one_line(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        code, _out, complaint = installation.run("up", "--port", installation.port)
    assert code == 2
    assert "taken" in complaint
    assert "Traceback" not in complaint
