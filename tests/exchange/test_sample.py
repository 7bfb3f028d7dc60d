"""The sample roll whole: refused for one bad cell, unchanged the second time; two at once; what the command says."""

from __future__ import annotations

import json
import threading
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections

from chibo import project
from chibo.exchange.loading import load
from chibo.exchange.models import Load
from chibo.meetings.models import Attendance
from chibo.organizations.models import Unit
from tests.exchange.small import AT, put, roll, rows_of_everything, write

SAMPLE = Path(project.__file__).parent / "demo" / "tam-duong-2023.xlsx"


def run(*arguments: object) -> tuple[int, str]:
    """The status and the output of the command."""
    out = StringIO()
    try:
        call_command("load", *map(str, arguments), stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_one_bad_cell_among_all_attendance_is_found_and_nothing_is_written(transactional_db, tmp_path):
    path, seeded = tmp_path / "bad.xlsx", rows_of_everything()
    with zipfile.ZipFile(SAMPLE) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "xl/worksheets/sheet7.xml":
                before, row, after = content.partition(b'<row r="70000"')
                content = before + row + after.replace(b"present", b"preesnt", 1)
            target.writestr(info.filename, content)

    status, said = run(path, "--json")

    told = json.loads(said)
    assert (status, told["outcome"]) == (2, "refused")
    (fault,) = told["faults"]
    assert (fault["sheet"], fault["column"], fault["value"]) == ("attendance", "state", "preesnt")
    assert fault["row"] >= 70_000
    assert told["sheets"]["attendance"] == {"new": 86_510, "changed": 0, "unchanged": 0, "waiting": 0, "faults": 1}
    assert rows_of_everything() == seeded


def test_the_sample_loads_and_the_second_time_changes_nothing(transactional_db):
    status, said = run(SAMPLE)
    assert status == 0
    assert "86,511 new" in said

    everything = rows_of_everything()
    again = load(path=SAMPLE, file_name=SAMPLE.name, by=None, at=AT)

    assert {name for runs in again.verdicts.values() for name in runs} == {"unchanged"}
    assert rows_of_everything() == everything
    assert Attendance.objects.count() == 86_511


def test_two_loads_at_once_follow_each_other(transactional_db, tmp_path):
    path = write(roll(), tmp_path / "roll.xlsx")
    loads: list[Load] = []

    def one() -> None:
        try:
            loads.append(load(path=path, file_name=path.name, by=None, at=AT))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(next(iter(load.verdicts["units"])) for load in loads) == ["new", "unchanged", "unchanged"]
    assert Unit.objects.count() == 7


@pytest.mark.django_db
def test_the_command_says_what_it_did(tmp_path):
    path = write(roll(), tmp_path / "roll.xlsx")

    status, said = run(path, "--check")
    assert (status, Unit.objects.count()) == (0, 0)
    assert "Rehearsed" in said

    status, said = run(path)
    assert status == 0
    assert "units        7 new" in said

    status, said = run(path, "--json")
    told = json.loads(said)
    assert told["outcome"] == "done"
    assert told["sheets"]["units"] == {"new": 0, "changed": 0, "unchanged": 7, "waiting": 0, "faults": 0}
    assert told["verdicts"]["units"] == {"unchanged": [[2, 8]]}

    status, said = run(write(put(roll(), "units", 7, "setting", "\x1b[31mred"), path))
    assert status == 2
    assert "units!7 setting '\\x1b[31mred'" in said
    assert "\x1b" not in said


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_one_line(tmp_path):
    status, said = run(tmp_path / "nothing.xlsx")

    assert status == 2
    assert said.splitlines()[0] == "There is no such file, or it can't be read."


@pytest.mark.django_db
def test_an_unknown_column_of_control_characters_is_shown_harmlessly(tmp_path):
    of = roll("units")
    of["units"][0].append("\x1b[2J")

    assert "\x1b" not in run(write(of, tmp_path / "roll.xlsx"))[1]


@pytest.mark.django_db
def test_every_event_of_a_load_names_its_action(tmp_path):
    load(path=write(roll(), tmp_path / "roll.xlsx"), file_name="x", by=None, at=AT)

    with connection.cursor() as cursor:
        cursor.execute("select distinct metadata ->> 'action' from pghistory_context order by 1")
        given = {"classifications.given", "committees.norms_seeded", "members.seeded"}
        given |= {"organizations.limits_given", "organizations.seeded"}  # what comes with the tables
        given |= {"admissions.groups_given", "members.badge_rules_given", "papers.given", "procedures.seeded"}
        given |= {"registers.rules_seeded", "scoring.seeded", "agendas.shipped", "resolutions.given"}
        given |= {"guidance.shipped", "modes.shipped"}
        assert {name for (name,) in cursor.fetchall()} == given | {"exchange.loaded"}
