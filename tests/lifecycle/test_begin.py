"""Beginning a case: who can begin what of whom, what is told first, one's own requests, the way from a source."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pytest
from docx import Document

from chibo.core.actions import Denied
from chibo.files.models import Basis
from chibo.lifecycle.queries import can_begin
from chibo.members.models import Person
from chibo.organizations.scope import rights_of
from chibo.procedures.actions import register_paper
from chibo.procedures.models import CasePaper
from tests.admissions.test_steps import official
from tests.admissions.test_steps import person as newcomer
from tests.lifecycle.going import Office, admitted, begun, listed, step
from tests.permission_table import signed_in
from tests.world import AT, TODAY

D = date
OWN = {"abroad", "correction", "exemption", "leaving", "transfer", "transfer_temporary"}


def person(code):
    return Person.objects.get(code=code)


def codes(found):
    return {each.procedure.code for each in found}


def text_of(response):
    return response.content.decode()


def test_who_can_begin_what(world):
    def of(user, code, **more):
        return codes(can_begin(person(code), world.cell_a, rights_of(user, TODAY), TODAY, **more))

    secretary = of(world.ana, "M3")
    assert {"removal", "transfer", "death", "correction"} <= secretary
    assert not {"admission", "readmission", "back"} & secretary  # a member, never abroad
    assert of(world.ben, "M3") == set()
    assert of(world.ben, "M2", own=True) == OWN
    assert "removal" not in OWN


def test_the_questions_of_a_page_stay_few(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        can_begin(person("M3"), world.cell_a, rights_of(world.ana, TODAY), TODAY)
    for name, url in (("ana", f"/members/{person('M3').pk}/cases/"), ("ana", "/me/")):
        client = signed_in(world, name)
        client.get(url)
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200


def test_a_member_asks_for_a_correction_of_their_own_record(world):
    ben = signed_in(world, "ben")
    assert 'href="/me/begin/correction/"' in text_of(ben.get("/me/begin/"))
    refused = ben.post("/me/begin/correction/", {"ask_what": "nothing", "ask_value": "", "ask_why": "x\0"})
    assert refused.status_code == 422
    response = ben.post(
        "/me/begin/correction/", {"ask_what": "occupation", "ask_value": "Thợ điện", "ask_why": "đổi nghề"}
    )
    case = person("M2").cases.get().case
    assert response.url == f"/cases/{case.pk}/"
    assert ben.get(response.url).status_code == 200
    assert case.told == {"what": "occupation", "value": "Thợ điện", "why": "đổi nghề"}
    page = text_of(ben.get("/me/"))
    assert f'href="{response.url}"' in page


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        ("born_on", "không nhớ", "This is no day: không nhớ."),
        ("born_on", "01/01/2023", "Nobody is born then who joined when this member did."),
        ("sex", "nam giới", "Write woman or man."),
        ("sex", "Nam", "This is what is recorded already."),
        ("ethnicity", "Tày", "This is what is recorded already."),
    ],
)
def test_a_correction_that_could_never_be_done_is_refused_beside_its_field(world, what, value, said):
    ben = signed_in(world, "ben")
    response = ben.post("/me/begin/correction/", {"ask_what": what, "ask_value": value, "ask_why": "giấy khai sinh"})
    assert response.status_code == 422
    page = text_of(response)
    assert said in page[page.index('id="id_ask_value_error"') :][:400]
    assert "giấy khai sinh</textarea>" in page
    assert not person("M2").cases.exists()
    with pytest.raises(Denied, match=re.escape(said)):
        begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told={"what": what, "value": value})


def test_a_correction_under_way_is_not_asked_for_twice_and_the_refusal_leads_to_it(world):
    told = {"what": "occupation", "value": "Thợ điện"}
    case = begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told=told)
    ben, url = signed_in(world, "ben"), "/me/begin/correction/"
    response = ben.post(url, {"ask_what": "occupation", "ask_value": "Thợ hàn", "ask_why": "thẻ thợ"})
    assert response.status_code == 422
    page = text_of(response)
    error = page[page.index('id="id_ask_what_error"') :][:600]
    assert "A correction of this is under way already." in error
    assert f'href="/cases/{case.pk}/"' in error
    assert "thẻ thợ</textarea>" in page
    with pytest.raises(Denied, match="under way already"):
        begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told=told)
    assert ben.post(url, {"ask_what": "ethnicity", "ask_value": "Nùng", "ask_why": ""}).status_code == 302
    for value, status in (("Nơi sinh", 302), ("Nơi sinh", 422), ("Quê quán", 302)):
        assert ben.post(url, {"ask_what": "other", "ask_value": value, "ask_why": ""}).status_code == status
    assert person("M2").cases.count() == 4
    step(case, world.ana, "refuse", TODAY)
    assert ben.post(url, {"ask_what": "occupation", "ask_value": "Thợ hàn", "ask_why": ""}).status_code == 302


def test_lists_of_cases_name_what_is_to_be_corrected(world):
    for what, value in (("occupation", "Thợ điện"), ("ethnicity", "Nùng")):
        begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told={"what": what, "value": value})
    ana, ben = signed_in(world, "ana"), signed_in(world, "ben")
    pages = ("/cases/", f"/units/{world.cell_a.pk}/cases/", "/", f"/members/{person('M2').pk}/cases/")
    for client, url in [*((ana, each) for each in pages), (ben, "/me/")]:
        page = text_of(client.get(url, follow=True))
        assert "Occupation" in page, url
        assert "Ethnicity" in page, url


def test_who_may_not_begin_the_same_again_is_led_to_what_is_under_way(world):
    case = begun("death", person("M3"), world.cell_a, world.ana, TODAY)
    page = text_of(signed_in(world, "ana").get(f"/members/{person('M3').pk}/cases/death/"))
    assert "Such a case is under way already." in page
    assert re.search(rf'Under way:\s*<a href="/cases/{case.pk}/">Begun on', page)


def test_what_was_refused_is_asked_again_with_what_was_written_by_nobody_else(world):
    told = {"what": "other", "value": "Nơi sinh là Đông Hà", "why": "Giấy khai sinh"}
    case = begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told=told)
    case = step(case, world.ana, "refuse", TODAY)
    ben = signed_in(world, "ben")
    url = f"/me/begin/correction/?again={case.pk}"
    assert f'href="{url}"' in text_of(ben.get(f"/cases/{case.pk}/"))
    assert 'value="Nơi sinh là Đông Hà"' in text_of(ben.get(url))
    ana = signed_in(world, "ana")
    assert "?again=" not in text_of(ana.get(f"/cases/{case.pk}/"))
    assert "Nơi sinh" not in text_of(ana.get(url))  # not about her
    for wrong in ("x", "9" * 30, "-1", ""):
        assert ben.get(f"/me/begin/correction/?again={wrong}").status_code == 200


def test_the_page_of_a_correction_says_what_is_recorded_now_until_it_is_decided(world):
    told = {"what": "born_on", "value": "27/02/1995"}
    case = begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told=told)
    ana = signed_in(world, "ana")
    page = text_of(ana.get(f"/cases/{case.pk}/"))
    assert "Recorded now" in page
    assert "28 February 1995" in page
    step(case, world.ana, "refuse", TODAY)
    assert "Recorded now" not in text_of(ana.get(f"/cases/{case.pk}/"))


def test_what_was_corrected_rests_on_its_case_and_the_papers_in_it_and_its_history_opens_it(world):
    told = {"what": "occupation", "value": "Thợ điện"}
    case = begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told=told)
    proof = {"paper_number": "9-XN/UBND", "dated_on": D(2023, 12, 5), "kept_at": "tủ hồ sơ"}
    register_paper(case=case, number=1, slot="proof", **proof, by=world.ana, at=AT)
    case = step(case, world.ana, "right", TODAY)
    case = step(case, Office.at(world.cell_a).officer, "correct", TODAY)
    (basis,) = Basis.objects.filter(person=person("M2"))
    assert (basis.source, basis.paper_on) == ("document", TODAY)
    papers = f"Đề nghị sửa đổi, bổ sung hồ sơ, hồ sơ số {case.pk}; Giấy tờ chứng minh 9-XN/UBND ngày 5/12/2023"
    assert basis.paper == papers
    english = f"Correction of one&#x27;s record, case {case.pk}; What proves it 9-XN/UBND of 5 December 2023"
    for name, url in (("ben", "/me/file/"), ("ana", f"/members/{person('M2').pk}/file/")):
        client = signed_in(world, name)
        link = f'<a href="/cases/{case.pk}/">{english} of 10 January 2024</a>'
        assert text_of(client.get(url)).count(link) == 2  # at the field, and in its history
        client.cookies["django_language"] = "vi"
        assert papers in text_of(client.get(url))


def test_what_is_not_for_members_to_ask_is_not_found(world):
    ben = signed_in(world, "ben")
    for code in ("removal", "admission", "nothing"):
        assert ben.get(f"/me/begin/{code}/").status_code == 404
    assert signed_in(world, "eva").get("/me/begin/correction/").status_code == 404  # no member


def test_a_case_is_begun_about_nobody_outside_ones_units(world):
    ana = signed_in(world, "ana")
    for pk in (person("M5").pk, person("M8").pk, 10**30, 987654):
        assert ana.get(f"/members/{pk}/cases/").status_code == 404
        assert ana.get(f"/members/{pk}/cases/transfer/").status_code == 404
        assert ana.post(f"/members/{pk}/cases/transfer/").status_code == 404
    assert ana.get(f"/members/{person('M3').pk}/cases/nothing/").status_code == 404


@pytest.mark.parametrize("words", ["code", "name", "code in small letters", "words of the name"])
def test_the_receiving_cell_is_found_anywhere_shown_with_the_units_above_it_and_confirmed(world, words):
    ana, cell = signed_in(world, "ana"), world.cell_c
    url = f"/members/{person('M3').pk}/cases/transfer/"
    typed = {"code": cell.code, "name": cell.name, "code in small letters": cell.code.lower()}
    sent = {"to_unit": typed.get(words, " ".join(cell.name.split()[1:]))}
    asked = ana.post(url, sent)
    page = re.sub(r"\s+", " ", text_of(asked))
    assert asked.status_code == 422
    assert not person("M3").cases.exists()
    meant = page[page.index("You mean") :]
    for name in (cell.name, world.south.name, world.province.name):
        assert f'<span lang="vi">{name}' in meant or name in meant
    assert re.search(rf'<input[^>]*value="{cell.code}"', meant)
    assert ana.post(url, sent | {"to_cell": world.cell_b.code}).status_code == 422, "another than was found"
    response = ana.post(url, sent | {"to_cell": cell.code})
    case = person("M3").cases.get().case
    assert response.url == f"/cases/{case.pk}/"
    assert case.to_unit == cell


def test_the_one_cell_found_is_ticked_and_of_several_none(world):
    ana = signed_in(world, "ana")
    url = f"/members/{person('M3').pk}/cases/transfer/"
    assert re.search(r"<input[^>]*checked", text_of(ana.post(url, {"to_unit": world.cell_c.code})))
    several = text_of(ana.post(url, {"to_unit": "chi bộ"}))
    assert several.count('name="to_cell"') > 1
    assert not re.search(r"<input[^>]*checked", several)


def test_what_is_no_open_cell_or_their_own_is_refused(world):
    ana = signed_in(world, "ana")
    url = f"/members/{person('M3').pk}/cases/transfer/"
    for wrong in ("", "không có", world.north.code, world.cell_a.code, "\0", "9" * 600):
        assert ana.post(url, {"to_unit": wrong, "to_cell": wrong}).status_code == 422
    assert not person("M3").cases.exists()


def test_the_page_of_a_case_leads_to_the_record_for_those_who_may_open_it(world, django_assert_max_num_queries):
    ana, pk = signed_in(world, "ana"), person("M3").pk
    url = ana.post(f"/members/{pk}/cases/transfer/", {"to_unit": "Chi bộ", "to_cell": world.cell_c.code}).url
    for name, is_led in (("ana", True), ("chi", True), ("flo", True), ("dan", False)):
        client = signed_in(world, name)
        with django_assert_max_num_queries(12):
            answer = client.get(url)
        assert answer.status_code == 200
        assert (
            (f'href="/members/{pk}/"' in text_of(answer))
            == is_led
            == (client.get(f"/members/{pk}/").status_code == 200)
        )


def test_what_can_not_begin_says_why_before_anything_is_typed(world):
    page = text_of(signed_in(world, "ana").get(f"/members/{person('M3').pk}/cases/back/"))
    assert "They are not abroad." in page
    assert ">Begin<" not in page


def test_the_decision_on_an_admission_says_whom_it_admits(world):
    office = Office.at(world.cell_a)
    official(codes=["M1", "M2"], by=None, at=AT)
    new = newcomer()
    listed(new, world.cell_a, D(2023, 5, 2))
    case = admitted(new, world.cell_a, D(2023, 12, 20), office)
    kept = CasePaper.objects.select_related("paper__blob").get(stage__case=case, slot="decision")
    said = "\n".join(paragraph.text for paragraph in Document(BytesIO(bytes(kept.paper.blob.bytes))).paragraphs)
    values = kept.paper.values
    assert new.full_name in said
    assert f"{new.born_on:%d/%m/%Y}" in said
    assert world.cell_a.name in said
    assert values["number"] == "15-QĐ/HU"
