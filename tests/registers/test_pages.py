"""The pages of registers and dues, as people use them."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import openpyxl
import pytest

from chibo.core.actions import action
from chibo.files import actions as files
from chibo.members.actions import restay
from chibo.members.life_models import Badge
from chibo.members.models import Departure, Membership, Person
from chibo.organizations import actions as organizations
from chibo.registers import columns
from chibo.registers.actions import confirm, set_days
from chibo.registers.columns import Place, fills
from chibo.registers.models import Confirmation, DuesMonth, DuesRule, PayerSpell, Payment, Relief, Settlement
from chibo.registers.views import _heads
from tests.permission_table import signed_in
from tests.registers.test_confirming import LATER, Q4, D, amend, leave
from tests.registers.test_dues import record, rule
from tests.registers.test_roll import stir
from tests.world import AT

PICK = re.compile(r'name="pick" value="(\w+)"')


def said(response):
    return response.content.decode()


def key(code):
    return Person.objects.get(code=code).pk


def book_of(response):
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def test_the_register_has_who_is_there_and_who_came_or_went_in_the_quarter(world):
    ana = signed_in(world, "ana")
    leave(code="M3", on=D(2023, 10, 2), reason="deceased", by=None, at=AT)
    url = f"/units/{world.cell_a.pk}/register/"
    page = said(ana.get(url, {"period": "2023-Q4"}))
    assert "Đặng Thị Đào" in page
    assert "02/10/2023" in page
    assert "for a time in B" in page  # the cell is not Ana's: its code
    assert "Đặng Thị Đào" not in said(ana.get(url, {"on": "2024-01-05"}))
    assert "Đặng Thị Đào" not in said(ana.get(url, {"period": "2023-Q1"}))  # she joined in May


def test_who_has_left_the_readers_units_is_shown_by_code_alone(world):
    chi = signed_in(world, "chi")
    url = f"/units/{world.north.pk}/register/"
    page = said(chi.get(url, {"period": "2023-Q3"}))  # cell D moved to the south on 1 July, M5 on 1 October
    assert "M8" in page
    assert "Đinh Văn Quý" not in page
    assert "Ngô Thị Ước" not in page
    book = book_of(chi.get(f"{url}register.xlsx", {"period": "2023-Q3"}))
    texts = {str(cell.value) for sheet in book for row in sheet for cell in row}
    assert "M8" in texts
    assert not {"Đinh Văn Quý", "Ngô Thị Ước"} & texts


def test_the_workbook_has_the_fourteen_columns_and_the_heading_of_the_form(world):
    book = book_of(signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/register/register.xlsx"))
    sheet = book["7-HSĐV"]
    heads = [cell.value for cell in sheet[1]]
    assert heads == [f"{n}. {head}" for n, head in enumerate(_heads(), 1)]
    assert len(heads) == 14
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["Nguyễn Thị An", "Trần Văn Bền", "Đặng Thị Đào"]
    about = {row[0].value: row[1].value for row in book["Heading"].iter_rows(min_row=2)}
    assert about["Form"] == "7-HSĐV"
    assert about["Superior"] == "Đảng ủy xã Thượng Lâm"


@pytest.mark.parametrize("on", ["2023-12-31", "2023-11-30", "2024-01-10"])
def test_what_is_printed_or_taken_along_is_of_the_days_shown(world, on):
    ana, url = signed_in(world, "ana"), f"/units/{world.cell_a.pk}/register/"
    page = ana.get(url, {"on": on, "period": "2023-Q1"})
    assert page.context["span"].last == D.fromisoformat(on)
    assert ana.get(page.context["print_url"]).context["span"] == page.context["span"]
    about = {
        row[0].value: row[1].value
        for row in book_of(ana.get(page.context["workbook_url"]))["Heading"].iter_rows(min_row=2)
    }
    assert about["Members on"].date() == D.fromisoformat(on)


def test_who_was_exempt_then_and_is_no_more_is_so_in_the_register_of_then(world):
    stir(world=world, by=None, at=AT)  # M8 was exempt until 1 October 2023
    chi, url = signed_in(world, "dan"), f"/units/{world.cell_d.pk}/register/"
    assert "exempt from meetings since 01/11/2022" in said(chi.get(url, {"period": "2023-Q3"}))
    assert "exempt from meetings" not in said(chi.get(url, {"period": "2023-Q4"}))


def test_a_long_register_goes_on_page_by_page(world, monkeypatch):
    monkeypatch.setattr("chibo.registers.views.PAGE", 2)
    chi, seen = signed_in(world, "chi"), []
    response = chi.get(f"/units/{world.north.pk}/register/", {"period": "2023-Q3"})
    while True:
        rows = response.context["table"].rows
        seen += [str(row[0].text) for row in rows]
        if not response.context["pager"].next_url:
            break
        response = chi.get(response.context["pager"].next_url)
    everyone = chi.get(f"/units/{world.north.pk}/register/", {"period": "2023-Q3", "print": "1"}).context["table"].rows
    assert seen == [str(row[0].text) for row in everyone]
    assert len(seen) == len(set(seen)) == 7


def test_several_functions_fill_a_column(world, monkeypatch):
    monkeypatch.setattr(columns, "_filled", [])

    @fills
    def home(people, day):
        return {Place.HOME: dict.fromkeys(people, "Thượng Lâm")}

    @fills
    def province(people, day):
        return {Place.HOME: dict.fromkeys(people, "Vĩnh Sơn")}

    page = signed_in(world, "ana").get(f"/units/{world.cell_a.pk}/register/")
    assert {str(row[2].text) for row in page.context["table"].rows} == {"Thượng Lâm; Vĩnh Sơn"}


@action("tests.awarded")
def award(*, by, at, **facts):
    Badge.objects.create(**facts)


def test_files_and_badges_say_home_numbers_and_service_of_the_day(world, django_assert_max_num_queries):
    one = Person.objects.get(code="M1")

    def record(group, said, **days):
        return files.record(person=one, group=group, said=said, source="declared", by=None, at=AT, **days)

    record("identity", {"home": "Thượng Lâm"})
    record("contact", {"residence": "Phố Huyện", "card": "0012"})
    record("party", {"card": "19.111", "number": "77"}, to_on=D(2023, 12, 1))
    record("party", {"card": "19.222", "number": "77"}, from_on=D(2023, 12, 1))
    record("work", {"work": "Cán bộ", "service": "hưu"}, from_on=D(2023, 12, 1))
    files.strike(entry=record("identity", {"home": "Nhầm"}), reason="Ghi nhầm", by=None, at=AT)
    award(person=one, years=30, awarded_on=D(2010, 5, 19), number="5", by=None, at=AT)
    award(person=one, years=40, awarded_on=D(2020, 5, 19), number="9", by=None, at=AT)
    ana, url = signed_in(world, "ana"), f"/units/{world.cell_a.pk}/register/"

    def row(on):
        with django_assert_max_num_queries(12):
            page = ana.get(url, {"on": on})
        assert "Phố Huyện" not in said(page)
        assert "0012" not in said(page)
        (found,) = [row for row in page.context["table"].rows if "M1" in str(row[0].note)]
        return [str(found[n].text) for n in (2, 6, 7)]

    assert row("2023-11-30") == ["Thượng Lâm", "card 19.111; file 77; badge of 40 years: 9", "–"]
    assert row("2023-12-01") == ["Thượng Lâm", "card 19.222; file 77; badge of 40 years: 9", "hưu"]


def test_a_secretary_is_told_on_the_desk_and_confirms_in_two_clicks(world):
    ana = signed_in(world, "ana")
    assert "is to be confirmed" not in said(ana.get("/"))
    set_days(days=10, from_on=D(2023, 10, 1), by=None, at=AT)
    assert "The register of quarter 4 of 2023 is to be confirmed" in said(ana.get("/"))
    url = f"/units/{world.cell_a.pk}/register/quarter/"
    assert "Confirm these numbers" in said(ana.get(url))
    sent = ana.post(url, {"period": "2023-Q4", "seen": "0"}, follow=True)
    assert "Confirmed by Nguyễn Thị An (Cell secretary, Chi bộ thôn 1 Thượng Lâm)" in said(sent)
    assert "is to be confirmed" not in said(ana.get("/"))
    again = ana.post(url, {"period": "2023-Q4", "seen": "0"})
    assert again.status_code == 422
    assert "Look at what was confirmed" in said(again)
    for nonsense in ("x", "9" * 40, "-1", ""):
        assert ana.post(url, {"period": "2023-Q4", "seen": nonsense}).status_code == 422
    assert ana.post(url, {"period": "2024-Q1", "seen": "0"}).status_code == 422
    assert Confirmation.objects.count() == 1


def test_the_level_above_sees_who_is_missing_and_reminds(world):
    set_days(days=10, from_on=D(2023, 10, 1), by=None, at=AT)
    chi = signed_in(world, "chi")
    confirm(unit=world.cell_b, quarter=Q4, by=world.chi, at=AT)
    url = f"/units/{world.upland.pk}/register/quarter/"
    page = said(chi.get(url))
    assert "1 of 2 units below has confirmed" in page or "1 of 2 units below have confirmed" in page
    assert "1 unit was reminded" in said(
        chi.post(f"/units/{world.upland.pk}/register/remind/", {"period": "2023-Q4"}, follow=True)
    )
    assert "Lê Thị Chi reminded you" in said(signed_in(world, "ana").get("/"))


def test_a_difference_is_settled_with_a_reason(world, django_assert_max_num_queries):
    ana = signed_in(world, "ana")
    confirm(unit=world.cell_a, quarter=Q4, by=world.ana, at=AT)
    leave(code="M3", on=D(2023, 12, 20), by=world.ana, at=LATER)
    url = f"/units/{world.cell_a.pk}/register/differences/"
    page = said(ana.get(url, {"period": "2023-Q4"}))
    assert "recorded by Nguyễn Thị An on 12 January 2024" in page
    given = {"period": "2023-Q4", "against": "now", "pick": PICK.search(page)[1]}
    refused = ana.post(url, given | {"reason": " "})
    assert refused.status_code == 422
    assert "Say why." in said(refused).split('id="reason_error"')[1]
    assert "checked" in said(refused)
    assert ana.post(url, {"period": "2023-Q4", "reason": "x"}).status_code == 422
    assert ana.post(url, given | {"reason": "a\u202eb"}).status_code == 422
    amend(code="M3", reason="deceased", by=None, at=LATER)  # what is shown is another one by now
    refused = ana.post(url, given | {"reason": "Đơn nộp muộn"})
    assert refused.status_code == 422
    assert "has changed since this page was shown" in said(refused)
    assert 'value="Đơn nộp muộn"' in said(refused)
    assert "checked" not in said(refused)
    assert not Settlement.objects.exists()
    given["pick"] = PICK.search(said(refused))[1]
    assert "Settled: 1." in said(ana.post(url, given | {"reason": "Đơn nộp muộn"}, follow=True))
    assert Settlement.objects.get().reason == "Đơn nộp muộn"
    flo = signed_in(world, "flo")
    with django_assert_max_num_queries(12):
        page = said(flo.get(url, {"period": "2023-Q4"}))
    assert "Đơn nộp muộn" in page
    assert "Settle those ticked" not in page


def test_the_quarter_is_confirmed_anew_where_others_differ_in_the_same_numbers(world):
    ana, url = signed_in(world, "ana"), f"/units/{world.cell_a.pk}/register/"
    leave(code="M1", on=D(2023, 12, 20), by=None, at=AT)
    confirm(unit=world.cell_a, quarter=Q4, by=world.ana, at=AT)
    swap(wrong="M1", right="M3", on=D(2023, 12, 20), by=world.ana, at=LATER)
    assert "Confirm anew" not in said(ana.get(f"{url}quarter/", {"period": "2023-Q4"}))  # the numbers are the same
    page = said(ana.get(f"{url}differences/", {"period": "2023-Q4"}))
    assert f'action="{url}quarter/?period=2023-Q4"' in page
    assert "Confirmed." in said(ana.post(f"{url}quarter/", {"period": "2023-Q4", "seen": "1"}, follow=True))
    assert "Nobody differs." in said(ana.get(f"{url}differences/", {"period": "2023-Q4"}))


@action("tests.swapped")
def swap(*, wrong, right, on, by, at):
    Departure.objects.filter(membership__person__code=wrong).delete()
    spells = {code: Membership.objects.get(person__code=code) for code in (wrong, right)}
    Departure.objects.create(membership=spells[right], on=on, reason="resigned")
    restay([spell.pk for spell in spells.values()])


def test_units_below_that_are_not_the_readers_are_shown_by_code(world):
    organizations.grant(
        user=world.ben, role="secretary", unit=world.upland, from_on=D(2023, 1, 1), to_on=None, by=None, at=AT
    )
    page = said(signed_in(world, "ben").get(f"/units/{world.upland.pk}/dues/"))
    assert "Chi bộ thôn 10" not in page


def test_all_who_owe_for_long_are_reached_page_by_page(world, monkeypatch):
    monkeypatch.setattr("chibo.registers.dues_views.NAMED", 1)
    for month in (3, 5, 6):
        record(world, D(2023, month, 1), unpaid=["M1", "M2"])
    chi, url, found = signed_in(world, "chi"), f"/units/{world.north.pk}/dues/", []
    while url:
        page = chi.get(url)
        assert "3 months of 2023" in said(page)
        found += [each.name for each, _url in page.context["long"]]
        url = page.context["pager"].next_url
    assert found == ["Nguyễn Thị An", "Trần Văn Bền"]


def test_the_dues_of_a_month_are_ticked_on_one_page(world):
    ana = signed_in(world, "ana")
    url = f"/units/{world.cell_a.pk}/dues/"
    people = [str(key(code)) for code in ("M1", "M2", "M3")]
    given = {"month": "2023-12", "p": people, "seen": "0", f"u_{people[1]}": "1", f"r_{people[1]}": "đi xa"}
    wrong = ana.post(url, given | {f"a_{people[0]}": "hai mươi"})
    assert wrong.status_code == 422
    assert "whole đồng" in said(wrong)
    assert "hai mươi" in said(wrong)
    assert not Payment.objects.exists()
    sent = ana.post(url, given | {f"a_{people[0]}": "25.000"}, follow=True)
    assert "Paid: 2, not paid: 1" in said(sent)
    assert Payment.objects.get(person=people[0]).amount == 25000
    debt = Payment.objects.get(person=people[1])
    stale = ana.post(url, given)
    assert stale.status_code == 422
    assert "Nothing was overwritten" in said(stale)
    assert "25000" in said(stale)  # what stands there now, not what was typed
    assert ana.post(url, {"month": "2023-12", "debts": "1"}).status_code == 422
    assert ana.post(url, {"month": "2023-12", "debts": "1", "d": ["x", "9" * 30]}).status_code == 422
    assert "đi xa" in said(signed_in(world, "chi").get(url, {"month": "2023-12"}))
    assert "1 month is noted as paid" in said(
        ana.post(url, {"month": "2023-12", "debts": "1", "d": str(debt.pk)}, follow=True)
    )
    assert DuesMonth.objects.count() == 1
    assert signed_in(world, "chi").post(url, given).status_code == 403


def test_what_is_sent_without_a_list_records_nothing(world):
    ana = signed_in(world, "ana")
    url = f"/units/{world.cell_a.pk}/dues/"
    for p in ([], ["x"], ["9" * 30], ["987654321"]):
        assert ana.post(url, {"month": "2023-12", "p": p}).status_code == 422
    assert not Payment.objects.exists()


def test_a_member_sees_their_own_dues_and_nothing_of_others(world):
    ben, ana = signed_in(world, "ben"), signed_in(world, "ana")
    people = [str(key(code)) for code in ("M1", "M2", "M3")]
    ana.post(
        f"/units/{world.cell_a.pk}/dues/",
        {"month": "2023-12", "p": people, f"u_{people[0]}": "1", f"u_{people[1]}": "1"},
    )
    page = said(ben.get("/me/dues/", {"year": "2023"}))
    assert "Months owed: 1" in page
    assert "Nguyễn Thị An" not in page
    assert "/me/dues/" in said(ben.get("/me/"))
    assert ben.get(f"/members/{people[0]}/dues/").status_code == 404


def test_a_secretary_says_what_someone_pays_of_and_gives_a_relief(world):
    rule(world)
    ana = signed_in(world, "ana")
    url = f"/members/{key('M2')}/dues/"
    sent = ana.post(url, {"act": "payer", "payer-rule": "pension", "payer-from_month": "2024-01"}, follow=True)
    assert "Pension, from January 2024" in said(sent)
    assert PayerSpell.objects.get().from_month == D(2024, 1, 1)
    relief = {"act": "relief", "relief-rule": "hardship", "relief-from_month": "2024-01", "relief-decision": "7-NQ/CB"}
    assert "7-NQ/CB" in said(ana.post(url, relief, follow=True))
    again = ana.post(url, relief)
    assert again.status_code == 422
    assert "end that one first" in said(again)
    end = {"act": "end", "end-relief": Relief.objects.get().pk, "end-to_month": "2024-06"}
    assert "before June 2024" in said(ana.post(url, end, follow=True))
    assert "7-NQ/CB" not in said(ana.post(url, end | {"end-to_month": "2024-01"}, follow=True))  # taken back
    assert not Relief.objects.exists()
    for month in ("2024-13", "x", "9999-01", ""):
        assert ana.post(url, relief | {"relief-from_month": month}).status_code == 422
    assert ana.post(url, {"act": "nonsense"}).status_code == 302
    assert signed_in(world, "chi").post(url, relief).status_code == 403


def test_an_administrator_lays_down_other_rules(world):
    eva = signed_in(world, "eva")
    given = {
        "act": "rule", "rule-code": "salary", "rule-number": "2", "rule-from_on": "2027-01-01", "rule-source": "x",
        "rule-what": "is",
    }  # fmt: skip
    assert "Laid down from 1 January 2027" in said(eva.post("/dues/rules/", given, follow=True))
    assert DuesRule.objects.get(code="salary", to_on=None).number == 2
    assert eva.post("/dues/rules/", given).status_code == 422  # that day is taken
    new = given | {"rule-code": "new-payer"}
    assert eva.post("/dues/rules/", new).status_code == 422  # it has no name
    assert eva.post("/dues/rules/", new | {"rule-name": "Thu nhập"}).status_code == 302
    assert eva.post("/dues/rules/", given | {"rule-number": "101"}).status_code == 422
    age = given | {"rule-code": "party_age", "rule-number": "49.5"}
    assert "whole number of years" in said(eva.post("/dues/rules/", age))
    right = given | {"rule-what": "right", "rule-number": "1.5"}
    assert "It is put right." in said(eva.post("/dues/rules/", right, follow=True))
    assert DuesRule.objects.get(code="salary", to_on=None).number == Decimal("1.5")
    end = {"act": "rule", "rule-code": "salary", "rule-what": "ends", "rule-from_on": "2028-01-01"}
    assert "It holds no longer from 1 January 2028" in said(eva.post("/dues/rules/", end, follow=True))
    assert eva.post("/dues/rules/", end).status_code == 422
    end |= {"rule-from_on": "2027-01-01"}
    assert "taken back" in said(eva.post("/dues/rules/", end, follow=True))
    assert DuesRule.objects.get(code="salary").to_on == D(2028, 1, 1)
    for wrong in ({"rule-code": "new-payer"}, {"rule-what": "x"}, {"rule-code": "x"}):
        assert eva.post("/dues/rules/", end | wrong).status_code == 422
    days = {"act": "days", "days-days": "10", "days-from_on": "2024-01-01"}
    assert eva.post("/dues/rules/", days).status_code == 302
    assert eva.post("/dues/rules/", days).status_code == 422
    assert signed_in(world, "chi").get("/dues/rules/").status_code == 404


@pytest.mark.parametrize(
    "text", ["\x00", "9" * 40, "2023-Q9", "x", "0001-01-01", "2023-02-30", "2199-Q4", "1900-Q1", "-1"]
)
def test_nonsense_is_answered_calmly(world, text):
    chi = signed_in(world, "chi")
    for page in ("register/", "register/quarter/", "register/differences/", "dues/"):
        for name in ("period", "on", "month", "against", "print", "amounts", "year", "after"):
            for unit in (world.north, world.cell_a):
                assert chi.get(f"/units/{unit.pk}/{page}", {name: text}).status_code == 200
