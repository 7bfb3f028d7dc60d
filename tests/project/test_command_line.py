"""The command line: on the embedded database from nothing, on a given one, and wrong in one line."""

import json
import stat

import pytest

from tests import place
from tests.exchange import small
from tests.project.processes import Installation


@pytest.fixture
def installation():
    made = Installation(place.of_its_own("commands"))
    yield made
    made.end()


def test_a_roll_is_loaded_from_nothing_and_no_process_is_left(installation, tmp_path):
    file = small.write(small.roll(), tmp_path / "roll.xlsx")
    code, said, complaint = installation.run("load", file, "--json")
    assert code == 0, complaint
    assert json.loads(said)["outcome"] == "done"
    assert not installation.database_processes()
    code, said, complaint = installation.run("figures", "--unit", "D", "--period", "2023", "--json")
    assert json.loads(said)["figures"], complaint
    (tmp_path / "word").write_text("a long pass-word 7\n")
    for _twice in range(2):
        code, said, complaint = installation.run("admin", "eva", "--password-file", tmp_path / "word")
        assert (code, complaint) == (0, "")
    assert not installation.database_processes()


def test_an_administrator_needs_a_tree_first(installation, tmp_path):
    (tmp_path / "word").write_text("a long pass-word 7\n")
    code, _said, complaint = installation.run("admin", "eva", "--password-file", tmp_path / "word")
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


def test_the_secret_is_kept_and_closed_to_others(installation):
    assert installation.run("check")[0] == 0
    found = (installation.data / "secret_key").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600


def test_a_server_on_older_tables_refuses_in_one_line(installation):
    code, _said, complaint = installation.run("up", "--port", installation.port)
    assert code == 2
    assert "--migrate" in complaint
    assert complaint.count("\n") == 1
