"""Beginning a case: who can begin what of whom, what is told first, one's own requests, the way from a source."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pytest
from django.test import Client
from docx import Document

from chibo.core.actions import Denied
from chibo.lifecycle.queries import can_begin
from chibo.members.models import Person
from chibo.organizations.actions import grant
from chibo.organizations.scope import rights_of
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
    assert 'value="giấy khai sinh"' in page
    assert not person("M2").cases.exists()
    with pytest.raises(Denied, match=re.escape(said)):
        begun("correction", person("M2"), world.cell_a, world.ben, TODAY, told={"what": what, "value": value})


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


def test_a_transfer_names_the_receiving_cell_by_its_code_or_its_name(world):
    ana = signed_in(world, "ana")
    url = f"/members/{person('M3').pk}/cases/transfer/"
    for wrong in ("", "không có", world.north.code, world.cell_a.code, "\0", "9" * 600, world.cell_c.name):
        assert ana.post(url, {"to_unit": wrong}).status_code == 422
    assert not person("M3").cases.exists()
    response = ana.post(url, {"to_unit": world.cell_c.code})
    case = person("M3").cases.get().case
    assert response.url == f"/cases/{case.pk}/"
    assert case.to_unit == world.cell_c


def test_the_page_of_a_case_leads_to_the_record_for_those_who_may_open_it(world, django_assert_max_num_queries):
    ana, pk = signed_in(world, "ana"), person("M3").pk
    url = ana.post(f"/members/{pk}/cases/transfer/", {"to_unit": world.cell_c.code}).url
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


def test_a_receiving_cell_among_ones_units_is_found_by_its_name(world):
    office = Office.at(world.cell_a)
    grant(user=office.secretary, role="officer", unit=world.upland, from_on=D(2023, 1, 1), by=None, at=AT)
    client = Client()
    client.force_login(office.secretary)
    response = client.post(f"/members/{person('M3').pk}/cases/transfer/", {"to_unit": world.cell_b.name})
    assert response.status_code == 302
    assert person("M3").cases.get().case.to_unit == world.cell_b


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
