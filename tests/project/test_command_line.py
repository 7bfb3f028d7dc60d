"""The command line: on the embedded database from nothing, on a given one, and wrong in one line."""

import json
import os
import stat
import subprocess
import sys

import pytest

from chibo.project import embedded
from tests import place
from tests.database import clone, use
from tests.project.processes import Installation, load_the_roll, prepared
from tests.worlds import server


@pytest.fixture
def installation():
    made = Installation(place.of_its_own("commands"))
    yield made
    made.end()


@pytest.fixture
def loaded_installation():
    made = prepared("loaded", load_the_roll)
    yield made
    made.end()


def test_a_roll_is_loaded_from_nothing_and_no_process_is_left(loaded_installation, tmp_path):
    installation = loaded_installation
    code, said, complaint = installation.run("figures", "--unit", "D", "--period", "2023", "--json")
    assert json.loads(said)["figures"], complaint
    (tmp_path / "word").write_text("a long pass-word 7\n")
    for _twice in range(2):
        code, said, complaint = installation.run("admin", "eva", "--password-file", tmp_path / "word")
        assert (code, complaint) == (0, "")
    assert not installation.database_processes()


@pytest.fixture
def empty_database(django_db_setup, django_db_blocker):
    """The address of a database with its tables and nothing in them."""
    own = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"empty_{own}"
    with django_db_blocker.unblock():
        clone(server(), name)
        use(own)
    return embedded.address(place.folder(), name)


def test_an_administrator_needs_a_tree_first(installation, empty_database, tmp_path):
    (tmp_path / "word").write_text("a long pass-word 7\n")
    words = ("admin", "eva", "--password-file", tmp_path / "word")
    code, _said, complaint = installation.run(*words, environment={"DATABASE_URL": empty_database})
    assert code != 0
    assert complaint.count("\n") == 1
    assert "load" in complaint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://nobody@127.0.0.1:1/x", "can't be reached"),
        ("postgresql:///x?host=/nowhere", "can't be reached"),
        ("mysql://x", "must begin with postgresql://"),
    ],
)
def test_a_database_that_can_not_be_reached_is_said_in_one_line(installation, url, said):
    arguments = ("figures", "--unit", "D", "--period", "2023", "--json")
    code, _said, complaint = installation.run(*arguments, environment={"DATABASE_URL": url})
    assert code == 2
    assert said in complaint
    assert complaint.count("\n") == 1
    assert not (installation.data / "postgres").exists()


def test_help_starts_no_database(installation):
    code, said, _complaint = installation.run("help")
    assert code == 0
    assert "demo" in said
    assert not (installation.data / "postgres").exists()


def test_a_start_loads_nothing_that_few_need():
    few = {"ibis", "sqlglot", "duckdb", "pyarrow", "ninja", "pydantic", "xlsxwriter", "docx", "typst", "altair"}
    asked = f"import sys, django; django.setup(); print(sorted({few} & set(sys.modules)))"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "chibo.project.settings"}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_secret_is_kept_and_closed_to_others(installation):
    assert installation.run("check")[0] == 0
    found = (installation.data / "secret_key").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600


def test_a_server_on_older_tables_refuses_in_one_line(installation):
    code, _said, complaint = installation.run("up", "--port", installation.port)
    assert code == 2
    assert "--migrate" in complaint
    assert complaint.count("\n") == 1
