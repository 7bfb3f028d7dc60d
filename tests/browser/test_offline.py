"""The meeting recorded without a line: a killed browser, cut requests, two devices, a wrong clock, an old form."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from chibo.meetings.models import Meeting
from tests.browser.conftest import CHROMIUM, QUIET, Site, follow, free_port, serving, shut, sign_in, sign_out
from tests.browser.lan import found
from tests.browser.looking import SIZES
from tests.database import use

BASE = f"browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
PHONE: dict[str, Any] = {"viewport": SIZES["phone"], "locale": "en", "reduced_motion": "reduce"}
NO_SYNC = "delete ServiceWorkerRegistration.prototype.sync;"  # the worker's own sending can't be cut here
NO_LINE = ("--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>")  # nobody is there
FAST = "const real = Date; globalThis.Date = class extends real {" + (
    "constructor(...said) { said.length ? super(...said) : super(real.now() + 3 * 86400000); }"
    "static now() { return real.now() + 3 * 86400000; } }"
)
STORED = """async () => new Promise(done => {
    indexedDB.open("chibo").onsuccess = ({ target }) => {
        const asked = target.result.transaction("records").objectStore("records").getAll();
        asked.onsuccess = () => done(asked.result.map(each => new TextDecoder().decode(each.box)).join(""));
    };
})"""
PLAIN = "Object.entries(localStorage).filter(([key]) => /^chibo:\\d/.test(key)).join()"
AGED = """async () => {
    const cache = await caches.open("chibo-kept");
    for (const { url, title } of await self.chiboShelf.pages()) {
        const page = await cache.match(url);
        const about = JSON.stringify({ at: Date.now() - 32 * 86400000, title });
        const headers = { "Content-Type": "text/html", "X-Chibo-About": encodeURIComponent(about) };
        await cache.put(url, new Response(await page.text(), { headers }));
    }
}"""


@pytest.fixture(scope="module")
def cell(site: Site, django_db_blocker: Any) -> int:
    """The cell of thirty, whose secretary is Lan."""
    with django_db_blocker.unblock(), ThreadPoolExecutor(1) as pool:
        return pool.submit(found, BASE, site.world).result()


@pytest.fixture
def recorded(cell: int, django_db_blocker: Any) -> Callable[[str], list[Meeting]]:
    """The meetings recorded for a month, asked in a thread of its own: the browser's loop holds this one."""

    def ask(month: str) -> list[Meeting]:
        use(BASE)
        try:
            return list(Meeting.objects.filter(unit=cell, month=f"{month}-01").order_by("pk"))
        finally:
            connections.close_all()
            use(os.environ.get("PYTEST_XDIST_WORKER", "main"))

    def of(month: str) -> list[Meeting]:
        with django_db_blocker.unblock(), ThreadPoolExecutor(1) as pool:
            return pool.submit(ask, month).result()

    return of


@pytest.fixture(scope="module")
def devices(browser: Browser, site: Site, cell: int) -> Iterator[Callable[[int], BrowserContext]]:
    """Lan's phone, and her other one, each signed in by itself."""
    known: dict[int, BrowserContext] = {}

    def device(n: int) -> BrowserContext:
        if n not in known:
            known[n] = browser.new_context(base_url=site.address, service_workers="allow", **PHONE)
            known[n].add_init_script(NO_SYNC)
            desk = known[n].new_page()
            sign_in(desk, "lan")
            desk.wait_for_load_state("networkidle")  # it lets go of what it did not want itself
        return known[n]

    yield device
    for context in known.values():
        shut(context)


@pytest.fixture
def phone(devices: Callable[[int], BrowserContext], cell: int) -> Iterator[Callable[..., Page]]:
    """The page of a month on one of Lan's phones, once the phone can keep what she records."""
    opened: list[Page] = []

    def go(month: str, script: str = "", device: int = 1) -> Page:
        page = devices(device).new_page()
        opened.append(page)
        if script:
            page.add_init_script(script)
        page.goto(f"/units/{cell}/meetings/record/?month={month}")
        ready(page)
        return page

    yield go
    for page in opened:
        page.context.set_offline(False)
        page.close()


def ready(page: Page) -> None:
    """Wait until the page before us is kept."""
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    here = "location.pathname + `?month=${document.querySelector('#id_month').value}`"
    until(page, f"(await self.chiboShelf.pages()).some(({{ url }}) => url.endsWith({here}))")


def until(page: Page, what: str) -> None:
    """Wait until an expression holds in a page, half a minute; its policy forbids Playwright's own way to ask again."""
    asked = f"for (let n = 0; n < 600 && !({what}); n++) await new Promise(done => setTimeout(done, 50))"
    assert page.evaluate(f"async () => {{ {asked}; return Boolean({what}) }}"), what


def finish(page: Page, topic: str) -> None:
    """Record a meeting with one who is absent, without points."""
    page.get_by_role("textbox", name="Topic").fill(topic)
    page.get_by_role("button", name="Attendance").click()
    page.locator(".roll-row").nth(4).get_by_role("radio", name="Absent").click()
    for step in ("Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=step).click()
    page.get_by_label("Not scored yet").check()
    page.get_by_role("button", name="Save the meeting").click()


def waits(page: Page) -> None:
    """See that the page says what has not arrived."""
    expect(page.get_by_text("Not sent yet: the meeting is finished and kept on this device.")).to_be_visible()


@contextlib.contextmanager
def running(browser: Browser, site: Site, folder: Path, *cut: str) -> Iterator[Page]:
    """A browser over a folder of its own, killed in the end as when the battery is empty."""
    arguments = [*QUIET, *cut, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    context = browser.browser_type.launch_persistent_context(
        str(folder), executable_path=CHROMIUM, args=arguments, base_url=site.address, **PHONE
    )
    try:
        yield context.pages[0]
    finally:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
        shut(context)


def test_recorded_without_a_line_by_a_browser_that_is_killed_before_and_after(browser, site, cell, recorded, tmp_path):
    url = f"/units/{cell}/meetings/record/?month=2022-03"
    with running(browser, site, tmp_path) as page:
        sign_in(page, "lan")
        online = page.goto(url)
        assert online.header_value("x-chibo-about") is None
        ready(page)
        assert page.goto(url).header_value("x-chibo-about") is None  # with a line it is never an old one
    with running(browser, site, tmp_path, *NO_LINE) as page:
        assert page.goto(url).header_value("x-chibo-about")
        finish(page, "Không có sóng")
        waits(page)
        page.goto("/")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        expect(page.get_by_text("Not sent yet: meeting of March 2022, Chi bộ bản Lường")).to_be_visible()
        expect(page.get_by_role("link", name="Meeting of March 2022")).to_be_visible()
        page.evaluate(AGED)
        page.goto(url)
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()  # too old to open
    assert recorded("2022-03") == []
    with running(browser, site, tmp_path) as page:
        page.context.clear_cookies()  # some browsers keep the session, some don't
        page.goto(url)
        until(page, "!(await caches.has('chibo-kept'))")  # nobody is signed in: no page stays, what was recorded does
        sign_in(page, "lan")
        expect(page.get_by_text("Arrived: meeting of March 2022")).to_be_visible()
    assert [each.topic for each in recorded("2022-03")] == ["Không có sóng"]


def test_the_line_cut_at_every_request_and_a_clock_that_is_wrong(phone, recorded):
    page = phone("2022-04", script=FAST)
    seen: dict[tuple[str, str], int] = {}

    def cut(route: Any) -> None:
        request = route.request
        key = request.method, re.sub(r"\?.*", "", request.url)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 1:
            route.abort()  # before it was sent
        elif seen[key] == 2:
            route.fetch()
            route.abort()  # done, but the answer is lost
        else:
            route.fallback()

    for what in ("**/meetings/record/**", "**/meetings/drafts/**", "**/outbox/"):
        page.route(what, cut)
    finish(page, "Cắt từng lần")
    waits(page)
    while "/record/" in page.url:
        with contextlib.suppress(Error):  # it goes on to the meeting meanwhile
            page.evaluate("dispatchEvent(new Event('online'))")
            page.wait_for_timeout(200)
    expect(page.get_by_text("3 days fast: it said")).to_be_visible()
    assert seen["POST", re.sub(r"/\d+/\?.*", "/record/", page.url)] >= 3
    assert len(recorded("2022-04")) == 1
    assert recorded("2022-04")[0].held_on.isoformat() == "2022-04-30"
    page.goto("/")
    until(page, "!(await self.chiboOutbox.all()).length")


def test_an_answer_cut_after_its_headers_is_none_and_the_record_waits(phone, recorded):
    page = phone("2022-08")

    def cut(route: Any) -> None:
        route.fetch()
        route.fulfill(status=200, content_type="application/json", body='{"url": "/units')

    page.route("**/meetings/record/**", cut)
    finish(page, "Nửa câu trả lời")
    waits(page)
    page.goto("/")
    expect(page.get_by_text("Not sent yet: meeting of August 2022")).to_be_visible()
    page.route("**/outbox/", cut)
    assert page.evaluate("self.chiboOutbox.ask()") is None
    page.unroute_all(behavior="wait")  # one that is being cut is cut first
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Arrived: meeting of August 2022")).to_be_visible()
    assert [each.topic for each in recorded("2022-08")] == ["Nửa câu trả lời"]


def test_the_second_of_two_devices_is_told_and_nothing_is_overwritten(phone, recorded):
    one, other = phone("2022-05"), phone("2022-05", device=2)
    other.context.set_offline(True)
    finish(other, "Máy thứ hai")
    waits(other)
    finish(one, "Máy thứ nhất")
    one.wait_for_url(re.compile(r"/meetings/\d+/"))
    other.goto("/")
    other.context.set_offline(False)
    expect(other.get_by_text("Something else is recorded for May 2022")).to_be_visible()
    assert [each.topic for each in recorded("2022-05")] == ["Máy thứ nhất"]
    other.get_by_role("button", name="Throw mine away").click()
    other.get_by_role("button", name="Keep it").click()
    follow(other, other.get_by_role("link", name="Correct it with mine"))
    expect(other.get_by_label("Topic")).to_have_value("Máy thứ hai")
    for way in ("Attendance", "Agenda", "Conclusions", "Points"):
        other.get_by_role("button", name=way).click()
    other.get_by_label("Why is it corrected?").fill("Ghi hai lần")
    with other.expect_navigation():
        other.get_by_role("button", name="Save the correction").click()
    expect(other.get_by_text("Corrected.")).to_be_visible()
    other.goto("/")
    until(other, "!(await self.chiboOutbox.all()).length")
    assert [(each.topic, each.version) for each in recorded("2022-05")] == [("Máy thứ hai", 2)]


def test_what_an_old_form_says_is_told_where_it_has_no_place_and_is_completed(phone, recorded):
    page = phone("2022-06")
    page.context.set_offline(True)
    page.locator("form[data-steps]").evaluate(
        """form => {
            form.elements.form_version.value = "1";
            form.insertAdjacentHTML("beforeend", "<input type=hidden name=k_gone value=yes>");
        }"""
    )
    finish(page, "Mẫu cũ")
    waits(page)
    page.goto("/")
    page.context.set_offline(False)
    expect(page.get_by_text("The points of 1 criterion that is not asked for any more.")).to_be_visible()
    assert recorded("2022-06") == []
    follow(page, page.get_by_role("link", name="Open it and complete it"))
    expect(page.get_by_label("Topic")).to_have_value("Mẫu cũ")
    for way in ("Attendance", "Agenda", "Conclusions", "Points"):
        page.get_by_role("button", name=way).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save the meeting").click()
    assert [each.topic for each in recorded("2022-06")] == ["Mẫu cũ"]
    page.goto("/")
    until(page, "!(await self.chiboOutbox.all()).length")


def test_who_signs_out_leaves_nothing_that_another_can_read_and_loses_nothing(phone, cell, recorded):
    page, typed = phone("2022-07"), phone("2022-10")
    typed.route("**/meetings/drafts/**", lambda route: route.abort())
    typed.get_by_label("Topic").fill("Mới gõ dở")
    expect(typed.get_by_text("kept on this phone", exact=True)).to_be_visible()
    typed.close()
    page.route("**/meetings/record/**", lambda route: route.abort())
    finish(page, "Chỉ của Lan")
    waits(page)
    assert page.evaluate(PLAIN) == ""
    sign_out(page)
    assert page.evaluate("caches.has('chibo-kept')") is False
    assert page.evaluate(PLAIN) == ""
    sign_in(page, "chi")
    expect(page.locator("[data-outbox]")).to_be_hidden()
    stored = page.evaluate(STORED)
    assert len(stored) > 100 and "Lan" not in stored and "Mới gõ dở" not in stored
    assert page.evaluate(PLAIN) == ""
    page.unroute_all()
    sign_out(page)
    sign_in(page, "lan")
    expect(page.get_by_text("Arrived: meeting of July 2022")).to_be_visible()
    assert len(recorded("2022-07")) == 1
    page.goto(f"/units/{cell}/meetings/record/?month=2022-10")
    expect(page.get_by_label("Topic")).to_have_value("Mới gõ dở")


def test_what_was_typed_into_another_agenda_than_that_of_the_kept_page_goes_along(phone, cell):
    page = phone("2022-09")
    uid = "3f1d0a52-6f0e-4a3b-9a55-0d5a7f2f9b10"
    page.context.set_offline(True)
    page.evaluate(
        """uid => {
            const form = document.querySelector("form[data-kept-as]");
            const typed = { month: form.elements.month.value, held_on: form.elements.held_on.value, kind: "regular" };
            Object.assign(typed, { agenda: "n999", i1_text: "Bầu", i1_kind: "vote", i1_done: "1" });
            Object.assign(typed, { i1_how: "hands", i1_for: "5" });
            localStorage.setItem(`${form.dataset.keptAs}:${uid}`, JSON.stringify({ typed, at: Date.now() }));
        }""",
        uid,
    )
    page.goto(f"/units/{cell}/meetings/record/?month=2022-09&draft={uid}")
    sent = "Object.fromEntries(new FormData(document.querySelector('form[data-kept-as]')))"
    until(page, f"{sent}.i1_for === '5' && {sent}.i1_text === 'Bầu'")
    until(page, "!Object.keys(localStorage).some((key) => /^chibo:\\d/.test(key))")  # sealed by now
    page.context.set_offline(False)
    expect(page.get_by_text(re.compile(r"^saved \d\d:\d\d"))).to_be_visible()  # else two requests race
    page.reload()  # with a line the rows come as they were typed into
    expect(page.locator("[name=i1_for]:not([type=hidden])")).to_have_value("5")
    assert page.locator("[name=i1_text]").input_value() == "Bầu"


def test_the_page_of_a_thematic_meeting_opens_without_a_line(phone, cell, recorded):
    page = phone("2022-11")
    thematic = f"/units/{cell}/meetings/record/?month=2022-11&kind=thematic"
    page.goto(thematic)
    until(page, "(await self.chiboShelf.pages()).some(({ url }) => url.endsWith('?month=2022-11&kind=thematic'))")
    page.context.set_offline(True)
    page.goto(thematic)
    expect(page.get_by_role("heading", name="Meeting of November 2022 · Thematic meeting")).to_be_visible()
    expect(page.get_by_label("Thematic meeting")).to_be_checked()
    finish(page, "Chuyên đề không có sóng")
    waits(page)
    page.goto(f"/units/{cell}/meetings/record/?month=2022-11")
    expect(page.get_by_role("heading", name="Meeting of November 2022", exact=True)).to_be_visible()
    page.goto("/")
    page.context.set_offline(False)
    expect(page.get_by_text("Arrived: meeting of November 2022")).to_be_visible()
    assert [(each.kind, each.topic) for each in recorded("2022-11")] == [("thematic", "Chuyên đề không có sóng")]


def test_a_worker_of_a_new_version_takes_over_and_what_waits_is_sent(browser, site, cell, recorded, tmp_path):
    port, url = free_port(), f"/units/{cell}/meetings/record/?month="
    environment = site.environment | {"CHIBO_DATA": str(tmp_path)}
    shutil.copytree(Path(site.environment["CHIBO_DATA"]) / "static", tmp_path / "static")
    context = browser.new_context(base_url=f"http://127.0.0.1:{port}", service_workers="allow", **PHONE)
    context.add_init_script(NO_SYNC)
    page = context.new_page()
    house = "(await caches.keys()).filter((name) => name.startsWith('chibo-house-')).join()"
    with serving(port, environment, tmp_path / "server.log"):
        sign_in(page, "lan")
        for month in ("2022-01", "2022-02"):
            page.goto(url + month)
            ready(page)
        before = page.evaluate(f"async () => {house}")
    finish(page, "Bản cũ")  # nobody answers: the server stands still for its new version
    waits(page)
    page.goto("about:blank")  # a page left open sends by itself as soon as it is answered, faster than the next opens
    listed = tmp_path / "static" / "staticfiles.json"
    files = json.loads(listed.read_text())
    listed.write_text(json.dumps(files | {"paths": files["paths"] | {"css/new.css": "css/new.0123456789ab.css"}}))
    with serving(port, environment, tmp_path / "server.log"):
        page.goto("/")
        expect(page.get_by_text("Arrived: meeting of February 2022")).to_be_visible()
        until(page, f"![{before!r}, ''].includes({house}) && !({house}).includes(',')")  # the old one's files are gone
    page.goto(url + "2022-01")  # kept under the old version, opened by the new one
    finish(page, "Trang cũ")
    waits(page)
    page.goto("about:blank")
    with serving(port, environment, tmp_path / "server.log"):
        page.goto("/")
        expect(page.get_by_text("Arrived: meeting of January 2022")).to_be_visible()
    shut(context)
    assert [each.topic for month in ("2022-01", "2022-02") for each in recorded(month)] == ["Trang cũ", "Bản cũ"]
