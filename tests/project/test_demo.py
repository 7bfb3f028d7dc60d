"""The demonstration, as someone who tries Chibo meets it."""

import json
import stat

import pytest

from tests import place
from tests.project.processes import Installation, Visitor

pytestmark = pytest.mark.timeout(840)  # the sample is loaded and counted, on whatever machine


@pytest.fixture
def installation():
    made = Installation(place.folder() / "demonstration")
    yield made
    made.end()


def test_it_loads_the_sample_once_makes_its_users_and_starts_again_with_them(installation):
    installation.start("demo", "--no-browser")
    file = installation.data / "demo_users.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passwords = json.loads(file.read_text())
    assert installation.stop() == 0
    said = installation.log.read_text()
    assert "Loading the sample roll" in said
    assert f"http://localhost:{installation.port}/" in said
    assert all(name in said and word in said for name, word in passwords.items())
    assert not installation.database_processes()
    installation.log.write_text("")
    installation.start("demo", "--no-browser")
    visitor = Visitor(installation.port)
    assert visitor.sign_in("district", passwords["district"])
    page, _path = visitor.open("/")
    assert "185" in page
    assert installation.stop() == 0
    assert "Loading the sample roll" not in installation.log.read_text()
    assert json.loads(file.read_text()) == passwords
