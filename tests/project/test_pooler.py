"""Pages and writes through pgbouncer in transaction mode, where there is one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import psycopg
import pytest
from django.db import connection, connections

from chibo.accounts.actions import make_user
from chibo.project import embedded
from chibo.project.cluster import Cluster
from tests import place
from tests.project.processes import Installation, Visitor, free_port, wait_until
from tests.world import AT, PASSWORD

POOLER = shutil.which("pgbouncer")
needs_it = pytest.mark.skipif(POOLER is None, reason="pgbouncer is not installed (Debian: apt install pgbouncer)")


@pytest.fixture
def pooled(committed_world):
    """The address of the test's database through a pooler that has three connections to it."""
    name, folder, port = str(connection.settings_dict["NAME"]), place.of_its_own("pooler"), free_port()
    connections.close_all()
    host = embedded.socket_folder(place.folder())
    (folder / "users").write_text('"chibo" ""\n')
    (folder / "pooler.ini").write_text(
        f"[databases]\n{name} = host={host} user=chibo\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = any\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
        "default_pool_size = 3\nserver_round_robin = 1\n"
    )
    owner = Cluster.of(place.folder()).owner
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [POOLER, "--quiet", folder / "pooler.ini"], stdout=said, stderr=said, cwd="/", **owner.as_process
        )
    url = f"postgresql://chibo@127.0.0.1:{port}/{name}"

    def answers():
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.Error:
            assert process.poll() is None, (folder / "said").read_text()
            return False
        return True

    wait_until(answers)
    yield url
    process.send_signal(signal.SIGINT)
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def served(url, direct):
    """The pages alone, in two processes, through the pooler."""
    made = Installation(place.of_its_own("pooled"))
    subprocess.run([sys.executable, "-m", "chibo", "collectstatic", "--no-input"], check=True, capture_output=True,
                   env=made.environment | {"DATABASE_URL": direct})  # fmt: skip
    made.main = subprocess.Popen(
        [sys.executable, "-m", "chibo.project.server", "127.0.0.1", str(made.port), "2"],
        env=made.environment | {"DATABASE_URL": direct, "CHIBO_POOL_URL": url},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: Visitor(made.port).status("/accounts/login/") == 200, 120)
    return made


@needs_it
def test_who_comes_through_the_pooler_reads_and_writes_as_ever(pooled, committed_world, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # as the server has it
    for user in (committed_world.ana, committed_world.chi):
        make_user(username=user.username, full_name=user.full_name, password=PASSWORD, by=None, at=AT)
    direct = embedded.address(place.folder(), str(connection.settings_dict["NAME"]))
    made = served(pooled, direct)
    try:
        cell, unit = committed_world.cell_a.pk, committed_world.upland.pk
        for username, paths in {
            "chi": ["/", "/units/", f"/units/{unit}/", f"/units/{unit}/meetings/", "/members/", "/cases/"],
            "ana": ["/", f"/units/{cell}/meetings/record/?month=2023-12", f"/units/{cell}/meetings/none/"],
        }.items():
            visitor = Visitor(made.port)
            assert visitor.sign_in(username, PASSWORD)
            for _turn in range(2):
                for path in paths:
                    assert visitor.status(path) == 200, path
        page, _path = visitor.open(f"/units/{cell}/meetings/none/?month=2023-12")
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {"csrfmiddlewaretoken": token, "month": "2023-12", "reason": "Bão lũ", "seen": ""}
        assert visitor.open(f"/units/{cell}/meetings/none/", form)[1] == "/"
        with psycopg.connect(direct) as reader:
            question = "select count(*) from meetings_nomeeting where reason = 'Bão lũ'"
            assert reader.execute(question).fetchone() == (1,)
    finally:
        os.kill(made.main.pid, signal.SIGTERM)
        made.main.wait(30)
        shutil.rmtree(made.data, ignore_errors=True)
