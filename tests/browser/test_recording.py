"""A cell secretary's month on a phone: by taps, by keyboard alone, without JavaScript, and with the line cut."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, follow
from tests.browser.lan import without_drafts
from tests.browser.looking import OUT_OF_SIGHT, SIZES, WIDER, objections_in

PHONE = SIZES["phone"]
COUNTED = """{  // taps: of a finger, of Enter on the phone's keyboard, of a line picked from the phone's own list
    const more = (name, n) => { sessionStorage[name] = Number(sessionStorage[name] || 0) + n }
    addEventListener("pointerdown", () => more("taps", 1), true)
    addEventListener("keydown", ({ key }) => key === "Enter" && more("taps", 1), true)
    addEventListener("change", ({ target }) => target.tagName === "SELECT" && more("taps", 1), true)
    addEventListener("input", ({ data }) => {  // a letter with its marks is typed by more keys than one
        if (data) more("typed", data.normalize("NFD").replace(/đ/gi, "dd").length)
    }, true)
}"""
TAPS, SECONDS, A_TAP, A_LETTER = 25, 180, 1.5, 0.3  # how long a tap and a typed letter take, in seconds


def spent(page: Page) -> tuple[int, float]:
    """The taps so far, and how many seconds they and the letters typed take: by that model, not by a clock."""
    taps, typed = (int(page.evaluate(f"sessionStorage.{name} || 0")) for name in ("taps", "typed"))
    return taps, taps * A_TAP + typed * A_LETTER


@pytest.fixture
def cell(site: Site, django_db_blocker: Any) -> int:
    """The cell of thirty, as if nobody had typed yet. Asked in a thread: the browser's loop holds this one."""
    name = f"browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with django_db_blocker.unblock(), ThreadPoolExecutor(1) as pool:
        return pool.submit(without_drafts, name, site.world).result()


@pytest.fixture
def lan(visit: Callable[..., Page], cell: int) -> Iterator[Callable[..., Page]]:
    """A page of the secretary's phone; `{cell}` in the address is hers."""

    def go(url: str, **settings: Any) -> Page:
        return visit("lan", url.replace("{cell}", str(cell)), **({"viewport": PHONE, "has_touch": True} | settings))

    return go


RECORD = "/units/{cell}/meetings/record/"


def to_the_form(page: Page, cell: int, month: str = "") -> None:
    """From the desk by what waits there, or for a month of one's own choice."""
    if month:
        page.goto(f"/units/{cell}/meetings/record/?month={month}")
    else:
        follow(page, page.get_by_role("link", name="Record it").first)


def test_thirty_members_with_three_absentees_in_25_taps_and_three_minutes(lan, cell):
    page = lan("/")
    page.evaluate("sessionStorage.taps = 1")  # the tap on the desk that leads to the form
    page.add_init_script(COUNTED)
    to_the_form(page, cell)
    expect(page.get_by_text("Step 1 of 5")).to_be_visible()
    page.get_by_label("Duration in minutes").tap()
    page.keyboard.type("95")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 2 of 5")).to_be_visible()
    expect(page.get_by_role("heading", name="Who was there?")).to_be_focused()
    expect(page.get_by_text("30 must attend. 30 present, 0 excused, 0 absent: 100.0 %")).to_be_visible()
    for n, why in ((3, "In hospital"), (11, "Travelling for work")):
        row = page.locator(".roll-row").nth(n)
        row.get_by_role("radio", name="Excused").tap()
        row.get_by_label("Why?").tap()
        page.keyboard.type(why)
    page.locator(".roll-row").nth(25).get_by_role("radio", name="Absent").tap()
    expect(page.get_by_text("30 must attend. 27 present, 2 excused, 1 absent: 90.0 %")).to_be_visible()
    page.get_by_role("button", name="Agenda").tap()
    page.get_by_role("button", name="All who are present spoke").tap()
    expect(page.get_by_text("27 of 27 present spoke")).to_be_visible()
    page.locator(".speaker:visible").first.tap()
    expect(page.get_by_text("26 of 27 present spoke")).to_be_visible()
    page.get_by_role("button", name="Conclusions").tap()
    expect(page.get_by_label("What was concluded?")).to_be_focused()
    page.keyboard.type("Giữ vững nền nếp.")
    page.get_by_role("button", name="Points").tap()
    expect(page.locator("#id_k_duration [value=shorter]")).to_be_checked()  # by the records: 30 members need 120
    expect(page.locator("#id_k_attendance [value=less]")).to_be_checked()  # one was absent
    expect(page.locator("#id_k_attendance_said")).to_contain_text("By what is recorded here:")  # not as all were there
    page.get_by_role("button", name="All that is not answered in full").tap()
    expect(page.locator("[data-total]")).to_contain_text("89 of 100: Fair")  # no notice of it was given
    with page.expect_navigation():
        page.get_by_role("button", name="Save the meeting").tap()
    expect(page.get_by_text("Recorded. 27 present, 2 excused, 1 absent.")).to_be_visible()
    assert re.search(r"/meetings/\d+/$", page.evaluate("location.pathname"))
    expect(page.get_by_text("Updating:")).to_be_visible()
    taps, seconds = spent(page)
    assert 8 < taps <= TAPS
    assert taps * A_TAP < seconds <= SECONDS


def test_the_same_by_keyboard_alone(lan, cell):
    page = lan("/")
    to_the_form(page, cell, "2023-12")
    key = page.keyboard.press

    def tab_to(what: str, most: int = 60) -> None:
        for _ in range(most):
            if page.evaluate(f"document.activeElement.matches({what!r})"):
                return
            key("Tab")
        raise AssertionError(f"{what} is not reached by Tab")

    tab_to("#id_duration_min")
    page.keyboard.type("95")
    key("Enter")
    expect(page.get_by_role("heading", name="Who was there?")).to_be_focused()
    for n, times in ((3, 1), (25, 2)):
        tab_to(f".roll-row:nth-of-type({n + 1}) [value=present]")
        for _ in range(times):
            key("ArrowRight")
        if times == 1:
            key("Tab")
            page.keyboard.type("Ốm")
    expect(page.get_by_text("28 present, 1 excused, 1 absent")).to_be_visible()
    key("Enter")
    expect(page.get_by_role("heading", name="How did it go?")).to_be_focused()
    tab_to(".speaker input")
    key("Space")
    expect(page.get_by_text("1 of 28 present spoke")).to_be_visible()
    key("Enter")
    expect(page.get_by_role("heading", name="What came of it?")).to_be_focused()
    key("Tab")
    page.keyboard.type("Kết luận")
    tab_to("[data-next]")
    key("Enter")
    expect(page.get_by_role("heading", name="How good was it?")).to_be_focused()
    tab_to("[data-all-full]")
    while page.evaluate("document.activeElement.matches('[data-all-full]')"):
        key("Enter")
    expect(page.get_by_role("button", name="Save the meeting")).to_be_focused()
    expect(page.locator("[data-total]")).to_contain_text("of 100")
    with page.expect_navigation():
        key("Enter")
    expect(page.get_by_text("Recorded. 28 present, 1 excused, 1 absent.")).to_be_visible()


def test_the_same_without_javascript(lan, cell):
    page = lan("/units/{cell}/meetings/record/?month=2023-11", java_script_enabled=False)
    assert page.get_by_role("button", name="Save the meeting").is_visible()
    assert page.get_by_role("heading", name="How good was it?").is_visible()
    page.locator(".roll-row").nth(3).get_by_role("radio", name="Excused").click()
    follow(page, page.get_by_role("button", name="Save the meeting"))
    assert re.search(r"Say why Lường (Văn|Thị) \w+ is excused\.", page.content())
    page.locator(".roll-row").nth(3).get_by_label("Why?").fill("Ốm")
    follow(page, page.get_by_role("button", name="Save the meeting"))
    assert "Recorded. 29 present, 1 excused, 0 absent." in page.content()
    follow(page, page.get_by_role("link", name="Correct"))
    page.get_by_label("Topic").fill("Học tập")
    page.get_by_label("Why is it corrected?").fill("Quên chủ đề")
    follow(page, page.get_by_role("button", name="Save the correction"))
    assert "Quên chủ đề" in page.content()
    follow(page, page.get_by_role("link", name="Withdraw"))
    page.get_by_label("Why?").fill("Nhầm tháng")
    follow(page, page.get_by_role("button", name="Withdraw it"))
    assert "counts in no figure" in page.content()


def test_the_line_cut_during_a_save_loses_nothing(lan):
    page = lan(RECORD + "?month=2023-10&kind=extraordinary")
    page.get_by_label("Topic").fill("Bão số 5")
    page.get_by_role("button", name="Attendance").click()
    page.get_by_role("button", name="Agenda").click()
    page.get_by_role("button", name="Conclusions").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Save the meeting").click()
    expect(page.get_by_text("No connection. Everything is kept on this phone")).to_be_visible()
    page.context.set_offline(False)
    page.wait_for_url(re.compile(r"/meetings/\d+/"), timeout=20_000)
    expect(page.get_by_text("Bão số 5")).to_be_visible()


def test_an_answer_lost_on_the_way_is_asked_again_and_the_meeting_is_one(lan, cell):
    page = lan(RECORD + "?month=2023-09&kind=extraordinary")
    reached = []

    def lose(route: Any) -> None:
        if route.request.method != "POST" or "x-chibo-save" not in route.request.headers or len(reached) >= 3:
            route.fallback()
            return
        reached.append(route.fetch().status)
        route.abort()

    page.route("**/meetings/record/**", lose)
    page.get_by_label("Topic").fill("Một lần")
    page.get_by_role("button", name="Attendance").click()
    page.get_by_role("button", name="Agenda").click()
    page.get_by_role("button", name="Conclusions").click()
    page.get_by_role("button", name="Save the meeting").click()
    page.wait_for_url(re.compile(r"/meetings/\d+/"), timeout=40_000)
    assert reached == [200, 200, 200]
    expect(page.get_by_text("Recorded. 30 present").first).to_be_visible()
    first = int(page.url.split("/")[-2])
    page.goto(f"/units/{cell}/meetings/{first + 1}/")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Extraordinary")


def test_what_was_typed_without_a_line_is_there_when_the_page_comes_again(lan):
    page = lan(RECORD + "?month=2023-08")
    page.route("**/meetings/drafts/**", lambda route: route.abort())
    page.get_by_label("Topic").fill("Chưa gửi")
    page.get_by_role("button", name="Attendance").click()
    page.locator(".roll-row").nth(2).get_by_role("radio", name="Absent").click()
    expect(page.get_by_text("kept on this phone", exact=True)).to_be_visible()
    page.goto(re.sub(r"\?.*", "", page.url))
    follow(page, page.get_by_role("link", name="Go on with it"))
    expect(page.get_by_label("Topic")).to_have_value("Chưa gửi")
    page.get_by_role("button", name="Attendance").click()
    expect(page.get_by_text("29 present, 0 excused, 1 absent")).to_be_visible()


def test_what_is_only_on_the_phone_goes_on_where_its_month_is_recorded(lan):
    page = lan(RECORD + "?month=2023-01")
    page.route("**/meetings/drafts/**", lambda route: route.abort())
    page.get_by_label("Topic").fill("Chỉ ở đây")
    expect(page.get_by_text("kept on this phone", exact=True)).to_be_visible()
    page.goto(re.sub(r"&.*", "", page.url))
    page.wait_for_url("**draft=**")
    expect(page.get_by_label("Topic")).to_have_value("Chỉ ở đây")
    expect(page.locator("[data-left], [data-offered]").filter(visible=True)).to_have_count(0)


def test_a_draft_goes_on_upon_another_device(lan):
    page = lan(RECORD + "?month=2023-07")
    page.get_by_label("Topic").fill("Từ máy kia")
    expect(page.get_by_text(re.compile(r"^saved \d\d:\d\d"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("Topic")).to_have_value("Từ máy kia")
    other = lan(page.url)
    expect(other.get_by_label("Topic")).to_have_value("Từ máy kia")
    other.goto(re.sub(r"\?.*", "", page.url))
    follow(other, other.get_by_role("button", name="Throw it away").last)
    expect(other.get_by_label("Topic")).to_be_visible()


def test_what_is_wrong_is_shown_at_its_step_and_the_list_follows_the_day(lan):
    page = lan(RECORD + "?month=2023-06")
    page.get_by_label("Held on").fill("2015-02-02")
    page.get_by_label("Held on").dispatch_event("change")
    page.get_by_role("button", name="Attendance").click()
    expect(page.get_by_text("Nobody had to attend that day.")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    page.get_by_label("Held on").fill("2023-06-05")
    page.get_by_label("Held on").dispatch_event("change")
    page.get_by_role("button", name="Attendance").click()
    expect(page.locator(".roll-row")).to_have_count(30)
    page.locator(".roll-row").nth(4).get_by_role("radio", name="Excused").click()
    page.get_by_role("button", name="Agenda").click()
    page.get_by_role("button", name="Conclusions").click()
    page.get_by_role("button", name="Points").click()
    page.locator("#id_k_praise").get_by_label("Yes").check()
    page.get_by_role("button", name="Save the meeting").click()
    expect(page.get_by_text("things are to be put right")).to_be_visible()
    expect(page.get_by_role("heading", name="Who was there?")).to_be_visible()
    page.locator(".wrong").get_by_role("link", name="Duration: 90 minutes").click()
    expect(page.locator("#id_k_duration")).to_be_focused()
    expect(page.locator("#id_k_praise").get_by_label("Yes")).to_be_checked()


BY_GROUP = """async () => {
    const data = new FormData(document.querySelector("form[data-steps]"));
    for (const name of [...data.keys()]) if (name.startsWith("k_")) data.delete(name);
    for (let n = 1; n < 9; n++) data.set(`c${n}`, "1");
    const sent = await fetch(location.href, { method: "POST", body: data, headers: { "X-Chibo-Save": "1" } });
    return (await sent.json()).url;
}"""


def test_points_beyond_the_most_are_told_of_as_they_are_typed_and_not_summed(lan):
    page = lan(RECORD + "?month=2023-03")
    page.goto(page.evaluate(BY_GROUP).split("?")[0] + "correct/")  # by group, as workbooks and older pages say it
    for way in ("Attendance", "Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=way).click()
    for n in range(1, 9):
        page.locator(f"#id_c{n}").fill("")
    field, sum_ = page.get_by_label("Duration", exact=True), page.locator("[data-sum]")
    page.locator("#id_c2").fill("4.5")
    field.press_sequentially("9")
    expect(page.locator("#id_c1_error")).to_contain_text("At most 5.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(sum_).to_contain_text("4.5 so far, 7 groups to go")
    field.fill("4,")
    expect(page.locator("#id_c1_error")).to_have_count(0)
    field.blur()
    expect(page.locator("#id_c1_error")).to_contain_text("Write a number")
    field.fill("4,5")
    expect(page.locator("#id_c1_error")).to_have_count(0)
    expect(sum_).to_contain_text("9 so far, 6 groups to go")


def test_marks_go_below_a_name_rather_than_break_it(lan):
    page = lan(RECORD + "?month=2023-02")
    page.get_by_role("button", name="Attendance").click()
    for label in page.locator(".roll-row").first.locator(".segment span").all():
        label.evaluate("each => { each.textContent = 'Vắng không lý do' }")
    row = page.locator(".roll-row").first
    name, marks = row.locator(".roll-name").bounding_box(), row.locator(".segments").bounding_box()
    assert name and marks and name["width"] > 140
    assert marks["y"] >= name["y"] + name["height"] - 1


def look(page: Page, where: str) -> list[Any]:
    """What axe objects to at both widths and in both themes, and what is wider than a phone."""
    said: list[Any] = [(where, *each) for each in objections_in(page, (("wide", "dark"), ("phone", "light")))]
    if page.evaluate(WIDER):
        said.append((where, page.evaluate(OUT_OF_SIGHT)))
    return said


def test_axe_objects_to_nothing_in_any_step(lan):
    page = lan(RECORD + "?month=2023-05", bypass_csp=True)
    said = look(page, "first step")
    for n, way in enumerate(("Attendance", "Agenda", "Conclusions", "Points")):
        page.get_by_role("button", name=way).click()
        if n == 0:
            page.locator(".roll-row").nth(4).get_by_role("radio", name="Excused").click()
            page.locator(".roll-row").nth(5).get_by_role("radio", name="Absent").click()
        if n == 1:
            page.locator(".course-item", has_text="vote on the conclusion").locator("summary").click()
            page.locator(".course-item [value=hands]:visible").check()
        for each in page.locator(".roll-apart:visible > summary").all():
            each.click()
        said += look(page, way)
    page.locator("#id_k_praise").get_by_label("Yes").check()
    page.get_by_role("button", name="Save the meeting").click()
    expect(page.get_by_text("things are to be put right")).to_be_visible()
    said += look(page, "faults")
    assert not said, "\n".join(map(str, said))


def test_axe_objects_to_nothing_on_the_other_pages_of_a_meeting(lan, cell):
    page = lan(RECORD + "?month=2023-04&kind=thematic", bypass_csp=True)
    for way in ("Attendance", "Agenda", "Conclusions"):
        page.get_by_role("button", name=way).click()
        if way == "Attendance":
            page.locator("#guests > summary").click()
            page.get_by_label("Name of a guest").first.fill("Lò Văn Khách")
        if way == "Agenda":
            page.locator(".speaker").nth(2).click()
            page.locator(".course-item", has_text="vote on the conclusion").locator("summary").click()
            page.get_by_label("By a show of hands").and_(page.locator(":visible")).check()
    page.get_by_label("What is to be done").nth(1).fill("Nạo vét mương")
    expect(page.get_by_label("What is to be done")).to_have_count(3)
    page.get_by_role("button", name="Points").click()
    while (rest := page.get_by_role("button", name="Rest in full")).count():
        rest.first.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save the meeting").click()
    url = re.sub(r"\?.*", "", page.url)
    said = look(page, "just recorded")
    for text in ("Lò Văn Khách", "1 of 30 present spoke", "30 for, 0 against", "Nạo vét mương"):
        expect(page.get_by_text(text).first).to_be_visible()
    for act in ("correct/", "withdraw/"):
        page.goto(url + act)
        said += look(page, act)
    page.goto(url + "correct/")
    page.locator("#id_topic").fill("Chủ đề")
    expect(page.get_by_label("Why is it corrected?")).to_be_hidden()
    for way in ("Attendance", "Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=way).click()
    page.get_by_label("Why is it corrected?").fill("Thiếu")
    with page.expect_navigation():
        page.get_by_role("button", name="Save the correction").click()
    said += look(page, "corrected")
    page.goto(url + "withdraw/")
    page.get_by_label("Why?").fill("Nhầm")
    follow(page, page.get_by_role("button", name="Withdraw it"))
    said += look(page, "withdrawn")
    for name in ("none", "sheet"):
        page.goto(f"/units/{cell}/meetings/{name}/")
        said += look(page, name)
    assert not said, "\n".join(map(str, said))
