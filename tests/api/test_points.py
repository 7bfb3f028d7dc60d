"""Points over the API: the sheet is asked for, its criteria are answered, and what they give is reckoned here."""

from decimal import Decimal

from chibo.meetings.models import Meeting
from tests.api.asking import Program
from tests.api.test_writing import said


def answered(sheet, choose=max):
    """An answer to each criterion: the best, or with `min` the worst."""
    return {
        each["code"]: choose(each["options"], key=lambda one: one["points"])["code"] if each["options"]
        else str(choose(0, each["most"]))
        for each in sheet["criteria"]
    }  # fmt: skip


def sheet_of(program, world, kind="thematic", on="2024-01-09"):
    answer = program.get(f"/units/{world.cell_a.pk}/sheet", on=on, kind=kind)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_meeting_comes_with_its_points(world):
    program = Program.of(world.ana)
    sheet = sheet_of(program, world)
    assert sum(each["most"] for each in sheet["criteria"]) == 100
    assert all(set(each["name"]) >= {"vi", "en"} for each in sheet["criteria"])
    score = {"sheet": sheet["id"], "answers": answered(sheet)}
    answer = program.send("POST", "/meetings", said(world, score=score))
    assert answer.status_code == 201, answer.content
    (told,) = answer.json()["scores"]
    assert (told["by"], told["on"], told["total"]) == ("self", "2024-01-09", 100)
    own = Meeting.objects.get(pk=answer.json()["id"]).scores.get()
    assert (own.sheet_id, own.answers, own.total) == (sheet["id"], score["answers"], Decimal(100))


def test_points_are_corrected_and_left_alone(world):
    program = Program.of(world.ana)
    sheet = sheet_of(program, world)
    score = {"sheet": sheet["id"], "answers": answered(sheet)}
    made = program.send("POST", "/meetings", said(world, score=score))
    number, sent = made.json()["id"], said(world, reason="sai điểm")
    del sent["unit"]

    def correct(key, **more):
        tag = program.get(f"/meetings/{number}")["ETag"]
        answer = program.send("PUT", f"/meetings/{number}", sent | more, key=key, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.content
        return answer.json()["scores"][0]

    assert correct("k2", duration_min="80")["total"] == 100
    worse = correct("k3", score={"sheet": sheet["id"], "answers": answered(sheet, min)})
    assert worse["total"] < 100
    assert correct("k4", duration_min="81")["total"] == worse["total"]


def test_every_answer_that_is_none_is_named(world):
    program = Program.of(world.ana)
    sheet = sheet_of(program, world)
    answers = answered(sheet)
    first, second, *_rest = answers
    del answers[first]
    answers |= {second: "none of them", "other": "1"}
    refused = program.send("POST", "/meetings", said(world, score={"sheet": sheet["id"], "answers": answers}))
    assert refused.status_code == 422
    assert {each["where"].rsplit(".", 1)[-1] for each in refused.json()["faults"]} == {first, second, "other"}
    refused = program.send("POST", "/meetings", said(world, score={"sheet": 2**40, "answers": {}}))
    assert [each["where"] for each in refused.json()["faults"]] == ["body.score.sheet"]
    assert not Meeting.objects.filter(held_on="2024-01-09").exists()


def test_points_are_given_where_they_are_asked_for(world):
    program = Program.of(world.ana)
    sheet = sheet_of(program, world)
    score = {"sheet": sheet["id"], "answers": answered(sheet)}
    for wrong in ({"kind": "committee", "topic": ""}, {"score": score | {"on": "2024-01-08"}}):
        refused = program.send("POST", "/meetings", said(world, **{"score": score} | wrong))
        assert (refused.status_code, Meeting.objects.filter(held_on="2024-01-09").count()) == (422, 0), wrong
    for told in sheet["criteria"]:
        if not told["options"]:
            for points in ("-1", "1e-12", "nan", str(told["most"] + 1)):
                wrong = score | {"answers": score["answers"] | {told["code"]: points}}
                assert program.send("POST", "/meetings", said(world, score=wrong)).status_code == 422, points


def test_who_does_not_see_a_cell_is_not_told_its_sheet(world):
    address = f"/units/{world.cell_b.pk}/sheet"
    assert Program.of(world.ana).get(address, on="2024-01-09").status_code == 404
    assert Program.of(world.ana, "unit.view").get(address, on="2024-01-09").status_code == 403
    above = Program.of(world.chi).get(f"/units/{world.south.pk}/sheet", on="2024-01-09")
    assert above.status_code == 404  # a committee scores no meetings of its own
    assert Program.of(world.ana).get(f"/units/{world.cell_a.pk}/sheet", on="1800-01-01").status_code == 422
