"""Posts given and ended by a program: as on the page of a committee, by the same forms, once."""

import pytest
from django.apps import apps

from chibo.committees.models import Charge
from chibo.members.models import Post, PostKind
from tests.api.asking import Program


def said(world, **more):
    return {
        "unit": world.upland.pk,
        "post": "secretary",
        "member": "M4",
        "from_on": "2024-01-02",
        "decision": "3-QĐ/HU",
    } | more


def give(program, world, key="k1", **more):
    return program.send("POST", "/posts", said(world, **more), key)


def end(program, post, key="e1", **more):
    return program.send("POST", f"/posts/{post}/end", {"on": "2024-01-10", "decision": "4-QĐ/HU"} | more, key)


def test_posts_are_read_of_who_is_seen_by_code(world):
    program = Program.of(world.chi)
    told = program.get(f"/posts/{world.post.pk}").json()
    assert (told["post"], told["member_code"], told["from_on"], told["to_on"]) == (
        "secretary",
        "M4",
        "2020-07-01",
        None,
    )
    held = {(each["post"], each["member_code"]) for each in program.all("/posts", unit=world.north.pk, on="2022-01-01")}
    assert ("deputy_secretary", "M8") in held  # of elsewhere today: the code alone, as on the page
    assert "Đinh Văn Quý" not in program.get("/posts", unit=world.north.pk).content.decode()
    assert ("committee_member", "M4") not in held
    assert {each["post"] for each in program.all("/posts", member="M4", limit=1)} >= {"secretary", "committee_member"}
    assert Program.of(world.dan).get(f"/posts/{world.post.pk}").status_code == 404
    assert Program.of(world.chi, "unit.view").get("/posts").status_code == 403


def test_a_post_is_given_and_ended_as_on_the_page(world):
    program = Program.of(world.chi)
    answer = give(program, world)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    post = Post.objects.get(pk=told["id"])
    assert (post.unit, post.person.code, post.decision) == (world.upland, "M4", "3-QĐ/HU")
    assert program.get(f"/posts/{post.pk}").json() == told
    answer = end(program, post.pk)
    assert (answer.status_code, answer.json()["to_on"], answer.json()["end_decision"]) == (
        200, "2024-01-10", "4-QĐ/HU",
    )  # fmt: skip
    events = apps.get_model("members", "PostEvent").objects.filter(pgh_obj_id=post.pk).order_by("pgh_id")
    assert [each.pgh_context.metadata["action"] for each in events] == ["members.appointed", "committees.post_ended"]
    assert {each.pgh_context.metadata["user"] for each in events} == {world.chi.pk}


def test_who_leaves_the_committee_looks_after_nobody_for_it_any_more(world):
    assert end(Program.of(world.chi), world.post.pk).status_code == 200
    assert str(Charge.objects.get(pk=world.charge.pk).to_on) == "2024-01-10"


def test_someone_who_is_no_member_holds_some_posts_by_name(world):
    program, head = Program.of(world.chi), {"post": "village_head", "member": None, "unit": world.cell_b.pk}
    answer = give(program, world, **head, place="Thôn 77", holder_name="Lò Văn Tư")
    assert (answer.status_code, answer.json()["holder_name"], answer.json()["member"]) == (201, "Lò Văn Tư", None)


def test_under_one_key_it_is_done_once(world):
    program = Program.of(world.chi)
    first, again = give(program, world), give(program, world)
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (201, first.content, "true")
    assert Post.objects.filter(unit=world.upland, post=PostKind.SECRETARY).count() == 1
    assert give(program, world, member="M3").status_code == 422
    post = first.json()["id"]
    assert end(program, post).content == end(program, post).content
    assert end(program, post, "e2").status_code == 422  # it ends then already


def test_what_is_wrong_is_said_of_its_part(world):
    program, before = Program.of(world.chi), Post.objects.count()
    head = {"post": "village_head", "place": "Thôn 77"}
    for wrong, where in (
        ({"post": "king"}, "body.post"),
        ({"member": "none"}, "body.member"),
        ({"member": "Lý Văn Ấm"}, "body.member"),  # nobody is asked for by name
        ({"member": "M6"}, "body.member"),  # of elsewhere
        ({"member": None}, "body.member"),
        ({"member": None, "holder_name": "Ai đó"}, "body.member"),
        ({"holder_name": "Ai đó"}, "body.holder_name"),
        (head | {"holder_name": "Ai đó"}, "body.holder_name"),
        ({"place": "Thôn 1"}, "body.place"),
        (head | {"place": ""}, "body.place"),
        (head | {"member": None}, "body.member"),
        ({"from_on": "1999-01-01"}, "body.from_on"),  # before the unit was founded
        ({"from_on": "2199-01-01"}, "body.from_on"),
        ({"from_on": "1066-01-01"}, "body.from_on"),
        ({"to_on": "2024-01-02"}, "body.to_on"),
        ({"unit": world.north.pk}, "body.from_on"),  # it is held
        ({"decision": "a\u202eb"}, "body.decision"),
        ({"more": 1}, "body.more"),
    ):
        answer = give(program, world, **wrong)
        assert answer.status_code == 422, wrong
        assert where in [each["where"] for each in answer.json()["faults"]], (wrong, answer.json())
    for wrong, where in (({"on": "2020-07-01"}, "body.on"), ({"on": "2199-01-01"}, "body.on"), ({"x": 1}, "body.x")):
        answer = end(program, world.post.pk, **wrong)
        assert where in [each["where"] for each in answer.json()["faults"]], (wrong, answer.json())
    assert Post.objects.count() == before


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 404), ("ben", 404), ("chi", 201), ("dan", 404), ("eva", 403), ("flo", 403)]
)
def test_who_may_give_a_post(world, who, status):
    assert give(Program.of(getattr(world, who)), world).status_code == status


def test_a_secretary_records_no_posts_and_nobody_their_own(world):
    ana = Program.of(world.ana)
    assert give(ana, world, unit=world.cell_a.pk).status_code == 403
    assert give(ana, world, unit=world.cell_b.pk).status_code == 404
    mine = Post.objects.get(unit=world.cell_a, person__code="M1")
    assert end(ana, mine.pk).status_code == 403
    assert end(ana, world.post.pk).status_code == 404
    narrow = Program.of(world.chi, unit=world.upland)
    assert end(narrow, world.post.pk).status_code == 404
    assert give(narrow, world, unit=world.north.pk).status_code == 404
    assert give(Program.of(world.chi, "post.view", "member.view"), world).status_code == 403
