"""What official records must not say: days before a matter began, votes of nobody; papers in one language."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from django.utils.translation import override
from docx import Document

from chibo.core.actions import Denied
from chibo.members.models import Membership
from chibo.procedures.models import Case, CasePaper, Vote
from tests.admissions.test_steps import official
from tests.admissions.test_steps import person as newcomer
from tests.lifecycle.going import Office, begun, listed, step
from tests.lifecycle.test_begin import person, text_of
from tests.lifecycle.test_cases import joined
from tests.permission_table import signed_in
from tests.world import AT, TODAY

D = date
BEGUN = D(2023, 10, 2)
DECIDED = D(2023, 12, 5)


def beside(response, field: str) -> str:
    """What a page says is wrong with a field."""
    page = text_of(response)
    assert response.status_code == 422
    return page[page.index(f'id="id_{field}_error"') :][:400]


def to_the_decision(world, office: Office) -> Case:
    """An admission that waits for the decision since 1 December."""
    official(codes=["M1", "M2"], by=None, at=AT)
    new = newcomer()
    listed(new, world.cell_a, D(2023, 5, 2))
    case = begun("admission", new, world.cell_a, office.secretary, BEGUN)
    case = step(case, office.secretary, "send", D(2023, 10, 4))
    case = step(case, office.officer, "clear", D(2023, 10, 20))
    case = step(case, office.secretary, "gathered", D(2023, 11, 1))
    case = step(case, office.secretary, "adopt", D(2023, 11, 7), vote={})
    case = step(case, office.officer, "adopt", D(2023, 11, 20), vote={})
    return step(case, office.appraiser, "complete", D(2023, 12, 1), received_on=D(2023, 12, 1))


def paper(case: Case, slot: str) -> tuple[dict[str, str], str]:
    """The values of a paper that was made, and what it says."""
    kept = CasePaper.objects.select_related("paper__blob").get(stage__case=case, slot=slot)
    document = Document(BytesIO(bytes(kept.paper.blob.bytes)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return kept.paper.values, "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_an_admission_is_decided_after_it_came_and_held_after_it_was_decided(world):
    office = Office.at(world.cell_a)
    case = to_the_decision(world, office)
    for wrong, said in (
        (D(2020, 1, 1), "came to this step on 1 December"),
        (D(2023, 11, 30), "came to this step on 1 December"),
        (D(2023, 12, 7), "still to come"),
    ):
        with pytest.raises(Denied, match=said):
            step(case, office.leader, "grant", D(2023, 12, 6), decision="15-QĐ/HU", decided_on=wrong)
    case = step(case, office.leader, "grant", D(2023, 12, 8), decision="15-QĐ/HU", decided_on=DECIDED)
    values, text = paper(case, "decision")
    assert (values["number"], values["signed_on"]) == ("15-QĐ/HU", "ngày 05 tháng 12 năm 2023")
    assert "ngày 05 tháng 12 năm 2023" in text
    for wrong, said in (
        (D(2023, 1, 1), "Not before “Day of the decision”: from 5 December 2023"),
        (D(2023, 12, 4), "from 5 December 2023"),
        (D(2023, 12, 21), "still to come"),
    ):
        with pytest.raises(Denied, match=said):
            step(case, office.secretary, "held", D(2023, 12, 20), joined_on=wrong)
    case = step(case, office.secretary, "held", D(2023, 12, 20), joined_on=D(2023, 12, 20))
    assert Membership.objects.get(cases__case=case).joined_on == D(2023, 12, 20)


def test_a_case_of_an_admission_leads_to_the_source(world, django_assert_max_num_queries):
    office = Office.at(world.cell_a)
    official(codes=["M1", "M2"], by=None, at=AT)
    new = newcomer()
    listed(new, world.cell_a, D(2023, 5, 2))
    case = begun("admission", new, world.cell_a, office.secretary, BEGUN)
    ana = signed_in(world, "ana")
    ana.get(f"/cases/{case.pk}/")
    with django_assert_max_num_queries(12):
        page = text_of(ana.get(f"/cases/{case.pk}/"))
    url = f"/sources/{new.sources.get().pk}/"
    assert f'href="{url}"' in page
    assert ana.get(url).status_code == 200


def test_the_vote_of_a_page_is_of_a_day_and_of_people_there_can_be(world, django_assert_max_num_queries):
    official(codes=["M1", "M2"], by=None, at=AT)
    case = begun("exemption", person("M2"), world.cell_a, world.ana, TODAY, told={"why": "già yếu"})
    ana, url = signed_in(world, "ana"), f"/cases/{case.pk}/"
    ana.get(url)
    with django_assert_max_num_queries(12):
        assert "by the records" in text_of(ana.get(url))
    counts = {"how": "counts", "present": "1", "votes_for": "1", "against": "0", "number": "1", "act": "keep"}

    def sent(**more: str):
        return ana.post(url, {**counts, "held_on": "2024-01-09", "summoned": "1", **more})

    assert "can&#x27;t be held before 10 January 2023" in beside(sent(held_on="2019-01-01"), "held_on")
    assert "at most could vote that day" in beside(sent(summoned="500"), "summoned")
    assert not Vote.objects.exists()
    assert sent().status_code == 302


def test_a_vote_within_a_case_is_not_of_a_day_before_it(world):
    office = Office.at(world.cell_a)
    case = begun("removal", person("M3"), world.cell_a, office.secretary, D(2024, 1, 5))
    case = step(case, office.secretary, "heard", D(2024, 1, 5), ground="will", statement="không có ý kiến")
    with pytest.raises(Denied, match="before 5 January 2024"):
        step(case, office.secretary, "adopt", D(2024, 1, 4), vote={})


@pytest.mark.parametrize(
    ("from_on", "said"),
    [(D(1990, 1, 1), "a year before"), (D(2023, 1, 9), "a year before"), (D(2023, 5, 18), "day of joining")],
)
def test_nobody_is_exempt_since_long_ago_nor_since_before_they_joined(world, from_on, said):
    office = Office.at(world.cell_a)
    joined(code="M2", day=D(2023, 5, 19), by=None, at=AT)
    case = begun("exemption", person("M2"), world.cell_a, office.secretary, TODAY, told={"why": "già yếu"})
    with pytest.raises(Denied, match=said):
        step(case, office.secretary, "adopt", TODAY, vote={}, ground="age", from_on=from_on)


def test_a_paper_is_vietnamese_whatever_the_screen_and_says_in_which_office_it_was_signed(world):
    office = Office.at(world.cell_a)
    case = begun("removal", person("M3"), world.cell_a, office.secretary, TODAY)
    with override("en"):
        case = step(case, office.secretary, "heard", TODAY, ground="will", statement="không có ý kiến")
        case = step(case, office.secretary, "adopt", TODAY, vote={})
    values, text = paper(case, "resolution")
    assert values["signer_post"] == f"Bí thư chi bộ, {world.cell_a.name}"
    assert values["signer_post"] in text
    assert values["votes_share"] == "100,0\xa0%"
    assert "will to strive" not in text


@pytest.mark.parametrize("code", ["leaving", "exemption", "abroad"])
def test_what_a_member_asks_for_begins_with_why(world, code):
    official(codes=["M2"], by=None, at=AT)
    ben = signed_in(world, "ben")
    assert "This field is required" in beside(ben.post(f"/me/begin/{code}/", {}), "ask_why")
    assert not person("M2").cases.exists()
    assert ben.post(f"/me/begin/{code}/", {"ask_why": "tuổi cao"}).status_code == 302
    assert person("M2").cases.get().case.told["why"] == "tuổi cao"
