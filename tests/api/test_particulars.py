"""Particulars of a member put right by a program: as on the page of the file, all or nothing, over what was read."""

import pytest
from django.apps import apps

from chibo.files.models import Basis
from chibo.members.models import Person
from tests.api.asking import Program

GOOD = {"occupation": "Giáo viên", "education": "Đại học", "source": "document", "paper": "12-QĐ/HU"}


def address(code):
    return f"/members/{Person.objects.get(code=code).pk}"


def send(program, code, key="k1", tag=None, **said):
    url = address(code)
    headers = {"If-Match": tag or program.get(url).headers.get("ETag", '"x"')}
    return program.send("PATCH", url, said, key, headers)


def test_particulars_are_put_right_as_on_the_page(world):
    program = Program.of(world.ana)
    answer = send(program, "M2", **GOOD, paper_on="2024-01-05", born_on="1995-03-01")
    assert answer.status_code == 200, answer.content
    told, person = answer.json(), Person.objects.get(code="M2")
    assert (told["occupation"], told["education"], told["born_on"]) == ("Giáo viên", "Đại học", "1995-03-01")
    assert (told["full_name"], told["ethnicity"]) == ("Trần Văn Bền", "Tày")  # what is not sent stays
    assert program.get(address("M2")).json() == told
    facts = {each.fact: (each.source, each.paper, str(each.paper_on)) for each in Basis.objects.filter(person=person)}
    assert facts == dict.fromkeys(("occupation", "education", "born_on"), ("document", "12-QĐ/HU", "2024-01-05"))
    events = apps.get_model("members", "PersonEvent").objects.filter(pgh_obj_id=person.pk).order_by("-pgh_id")[:3]
    assert {
        (each.pgh_context.metadata["action"], each.pgh_context.metadata["user"]) for each in events
    } == {("files.fact_corrected", world.ana.pk)}  # fmt: skip


def test_of_what_someone_else_changed_meanwhile_nothing_is_written_over(world):
    program, other = Program.of(world.ana), Program.of(world.chi)
    tag = program.get(address("M2"))["ETag"]
    assert program.send("PATCH", address("M2"), GOOD).status_code == 428
    assert send(other, "M2", **GOOD).status_code == 200
    answer = send(program, "M2", "k2", tag, **GOOD | {"occupation": "Nông dân"})
    assert answer.status_code == 412
    assert Person.objects.get(code="M2").occupation == "Giáo viên"


def test_under_one_key_it_is_done_once(world):
    program = Program.of(world.ana)
    tag = program.get(address("M2"))["ETag"]
    first = send(program, "M2", tag=tag, **GOOD)
    again = send(program, "M2", tag=tag, **GOOD)
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    assert Basis.objects.count() == 2
    assert send(program, "M2", tag=tag, **GOOD | {"theory": "Sơ cấp"}).status_code == 422


def test_what_is_wrong_is_said_of_its_part_and_nothing_is_written(world):
    program, before = Program.of(world.ana), Person.objects.values().get(code="M2")
    for wrong, where in (
        ({"sex": "x"}, "body.sex"),
        ({"full_name": ""}, "body.full_name"),
        ({"full_name": " "}, "body.full_name"),
        ({"born_on": "1890-01-01"}, "body.born_on"),
        ({"born_on": "2020-01-01"}, "body.born_on"),  # a member since before
        ({"born_on": "1995-02-30"}, "body.born_on"),
        ({"ethnicity": "a\u202eb"}, "body.ethnicity"),
        ({"ethnicity": "x" * 501}, "body.ethnicity"),
        ({"ethnicity": "Tày"}, "body.ethnicity"),  # so it is already
        ({"religion": "\ud800"}, "body.religion"),
        ({"paper": ""}, "body.paper"),
        ({"paper_on": "2025-01-01"}, "body.paper_on"),
        ({"source": "load"}, "body.source"),
        ({"phone": "1"}, "body.phone"),  # what is sensitive is not taken
        ({"cell": 1}, "body.cell"),
    ):
        answer = send(program, "M2", **GOOD | wrong)
        assert answer.status_code == 422, wrong
        faults = answer.json()["faults"]
        assert where in [each["where"] for each in faults], (wrong, answer.json())
        assert len({each["where"] + each["what"] for each in faults}) == len(faults)
    assert send(program, "M2", source="declared").json()["faults"][0]["where"] == "body"
    assert Person.objects.values().get(code="M2") == before
    assert not Basis.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 200), ("ben", 403), ("chi", 200), ("dan", 404), ("eva", 403), ("flo", 403)]
)
def test_who_may_put_particulars_right(world, who, status):
    tag = Program.of(world.ana).get(address("M2"))["ETag"]
    assert send(Program.of(getattr(world, who)), "M2", tag=tag, **GOOD).status_code == status


def test_a_secretary_writes_of_no_other_cell_and_nobody_of_themselves(world):
    program = Program.of(world.ana)
    assert send(program, "M4", **GOOD).status_code == 404  # of cell B
    assert send(program, "M6", **GOOD).status_code == 404
    own = send(program, "M1", **GOOD)
    assert (own.status_code, "your own file" in own.json()["detail"]) == (403, True)
    assert send(Program.of(world.ana, "member.view"), "M2", **GOOD).status_code == 403
    below = Program.of(world.chi, unit=world.cell_b)
    assert send(below, "M2", **GOOD).status_code == 404
    assert send(below, "M4", **GOOD).status_code == 200
    assert send(Program.of(world.eva), "M2", tag='"x"', **GOOD).status_code == 403
