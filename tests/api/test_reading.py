"""What is read: whose, by which rights, page after page, with few questions."""

import pytest

from chibo.meetings.models import Meeting
from chibo.members.models import Person
from tests.api.asking import Program
from tests.api.test_writing import said

WHO = ("ana", "ben", "chi", "dan", "eva", "flo", "hoa")
# What everyone gets with a token that names all they hold, in the order of WHO; "-": they can't make one.
TABLE = {
    "/units": (200, 200, 200, 200, 200, 200, None),
    "/units/{north}": (404, 404, 200, 404, 200, 200, None),
    "/units/{cell_a}": (200, 200, 200, 404, 200, 200, None),
    "/units/{cell_c}": (404, 404, 404, 200, 200, 200, None),
    "/units/987654321": (404, 404, 404, 404, 404, 404, None),
    "/members": (200, 403, 200, 200, 403, 200, None),
    "/members?unit={cell_a}": (200, 403, 200, 404, 403, 200, None),
    "/members/{M1}": (200, 403, 200, 404, 403, 200, None),
    "/members/{M5}": (404, 403, 404, 200, 403, 200, None),
    "/members/{M9}": (404, 403, 404, 200, 403, 200, None),
    "/members/987654321": (404, 403, 404, 404, 403, 404, None),
    "/meetings": (200, 403, 200, 200, 403, 200, None),
    "/meetings/{A-1}": (200, 403, 200, 404, 403, 200, None),
    "/meetings/987654321": (404, 403, 404, 404, 403, 404, None),
    "/figures?unit={north}&period=2023": (404, 404, 200, 404, 200, 200, None),
    "/figures?below={cell_a}&period=2023": (200, 200, 200, 404, 200, 200, None),
    "/units/{cell_a}/figures/members.total/evidence?period=2023": (200, 403, 200, 404, 403, 200, None),
    "/units/{cell_a}/figures/none/evidence?period=2023": (404, 403, 404, 404, 403, 404, None),
    "/jobs": (403, 403, 403, 403, 200, 403, None),
    "/jobs/{done}": (403, 403, 403, 403, 200, 403, None),
    "/jobs/987654321": (403, 403, 403, 403, 404, 403, None),
    "/changes": (200, 200, 200, 200, 200, 200, None),
}  # fmt: skip


def named(world):
    keys = {name: getattr(world, name).pk for name in ("north", "cell_a", "cell_c", "done")}
    keys |= dict(Person.objects.values_list("code", "pk")) | dict(Meeting.objects.values_list("code", "pk"))
    return keys


@pytest.mark.parametrize("who", WHO[:-1])
def test_who_gets_what(world, who):
    program, keys, wrong = Program.of(getattr(world, who)), named(world), {}
    for url, expected in TABLE.items():
        got = program.get(url.format(**keys)).status_code
        if got != expected[WHO.index(who)]:
            wrong[url] = got
    assert not wrong


def test_without_a_token_that_is_good_nobody_comes_in(world):
    for wrong in ("", "x", "chibo_" + "a" * 43, "\u0101"):
        assert Program(wrong).get("/units").status_code == 401
    client = Program("").client
    assert client.get("/api/v1/units").status_code == 401
    assert client.get("/api/v1/units", headers={"Authorization": "Basic eA=="}).status_code == 401
    client.force_login(world.chi)  # a session lets nobody in here
    assert client.get("/api/v1/units").status_code == 401


def test_pages_follow_one_another_and_hold_everything_once(world):
    program = Program.of(world.flo)
    units = program.all("/units", limit=2)
    assert [each["code"] for each in units] == ["T", "T-N", "T-S", "T-N-1", "T-S-1", "A", "B", "C", "D"]
    assert [each["parent"] for each in units][:3] == [None, units[0]["id"], units[0]["id"]]
    members = program.all("/members", limit=2)
    assert {each["code"] for each in members} == {f"M{n}" for n in range(1, 10)}
    assert len(members) == 9
    gone = next(each for each in members if each["code"] == "M9")
    assert (gone["left_on"], gone["reason"]) == ("2023-08-20", "deceased")
    meetings = program.all("/meetings", limit=3)
    assert len(meetings) == Meeting.objects.count() == len({each["id"] for each in meetings})


def test_a_page_goes_on_where_it_stopped_whatever_comes_between(world):
    program = Program.of(world.flo)
    first = program.get("/meetings", limit=3).json()
    seen = [each["id"] for each in first["items"]]
    there = list(Meeting.objects.order_by("pk").values_list("pk", flat=True))
    made = Program.of(world.ana).send("POST", "/meetings", said(world)).json()["id"]
    rest = [each["id"] for each in program.all(first["next"])]
    assert seen + rest == [*there, made]


def test_lists_are_narrowed(world):
    program = Program.of(world.flo)
    assert [each["code"] for each in program.all("/units", code="T-N")] == ["T-N"]
    assert [each["code"] for each in program.all("/units", below=world.north.pk)] == ["T-N", "T-N-1", "A", "B"]
    assert {each["code"] for each in program.all("/units", kind="cell")} == {"A", "B", "C"}
    assert [each["code"] for each in program.all("/members", code="M3")] == ["M3"]
    assert {each["code"] for each in program.all("/members", unit=world.upland.pk)} == {"M1", "M2", "M3", "M4"}
    assert [each["code"] for each in program.all("/meetings", unit=world.cell_a.pk, period="2023-03")] == ["A-3"]
    assert program.get("/units", kind="none").status_code == 422
    assert program.get("/meetings", period="2023").status_code == 422


def test_nonsense_is_answered_in_one_form(world):
    program = Program.of(world.flo)
    for url, status in {
        "/units/abc": 422,
        "/units/0": 422,
        "/units/99999999999999999999": 422,
        "/units?limit=0": 422,
        "/units?limit=501": 422,
        "/units?after=x": 422,
        "/units?code=%00": 422,
        "/figures?period=2023": 422,
        "/figures?unit=1&period=2023-13": 422,
        "/figures?unit=1&period=0001": 422,
        "/figures?unit=1&period=2023&indicator=none": 422,
        f"/units/{world.north.pk}/figures/members.total/evidence?period=2023&after=x": 422,
        "/changes?since=1.2.3": 422,
        "/nothing": 404,
        "/units/1/2": 404,
        "/": 404,
    }.items():
        answer = program.get(url)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), url
        assert answer.json()["status"] == status
        assert answer.json()["title"]
        assert status != 422 or answer.json()["faults"][0]["where"], url


def test_the_same_answer_is_not_sent_twice(world):
    program = Program.of(world.chi)
    first = program.get(f"/units/{world.north.pk}")
    tag = first["ETag"]
    assert "private" in first["Cache-Control"]
    for sent in (tag, f'"x", W/{tag}'):
        same = program.get(f"/units/{world.north.pk}", headers={"If-None-Match": sent})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    assert program.get(f"/units/{world.cell_a.pk}", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("who", ["ana", "chi", "flo"])
def test_few_questions_whatever_the_size(world, who, django_assert_max_num_queries, django_assert_num_queries):
    program = Program.of(getattr(world, who))
    keys = named(world)
    for url, queries in {
        f"/units/{world.cell_a.pk}": 3,
        f"/members/{keys['M1']}": 3,
        f"/meetings/{keys['A-1']}": 6,
        "/units": 3,
        "/members": 3,
        "/meetings": 6,
        f"/units?below={world.cell_a.pk}": 4,
        f"/figures?below={world.cell_a.pk}&period=2023&period=2023-01": 8,
        f"/units/{world.cell_a.pk}/figures/members.total/evidence?period=2023": 8,
        "/changes": 3,
    }.items():
        with django_assert_max_num_queries(queries):
            assert program.get(url).status_code == 200, url


def test_what_is_told_of_a_meeting(world):
    told = Program.of(world.ana).all("/meetings", code="A-1")[0]
    assert (told["kind"], told["held_on"], told["period"], told["withdrawn"]) == (
        "regular", "2023-01-03", "2023-01", False,
    )  # fmt: skip
    assert {(each["member_code"], each["state"]) for each in told["attendance"]} == {
        ("M1", "present"),
        ("M2", "present"),
    }
    assert [(each["by"], each["total"]) for each in told["scores"]] == [("self", 96.0)]
    assert "Nguyễn" not in str(told)
