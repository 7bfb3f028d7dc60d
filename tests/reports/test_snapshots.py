"""A report that was made stands: its numbers and records for ever, and what has changed since beside them."""

from __future__ import annotations

import json
import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.indicators import folding
from chibo.meetings.models import Attendance, State
from chibo.reports import proof
from chibo.reports.actions import make_snapshot
from chibo.reports.files import FORMS
from chibo.reports.models import LETTERS, Snapshot, SnapshotEvidence, new_code
from tests.reports.opening import docx_tables, pdf_texts, xlsx_rows
from tests.world import AT, TODAY

YEAR = Period.parse("2023")
TOKENS = re.compile(r'name="csrf[^>]*>|csrfmiddlewaretoken[^>]*>')  # new on each page


def made(world, unit="north", period="2023", kind="annual") -> Snapshot:
    return make_snapshot(kind=kind, unit=getattr(world, unit), period=Period.parse(period), by=world.chi, at=AT)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@action("tests.corrected")
def correct(*, by, at) -> Attendance:
    """Someone of cell A was there after all."""
    row = Attendance.objects.filter(
        meeting__unit__code="A", state=State.EXCUSED, meeting__held_on__year=2023
    ).order_by("pk")[0]  # fmt: skip
    row.state = State.PRESENT
    row.save()
    folding.fold_all(by=by, at=at)
    return row


def numbers(written: dict[str, bytes]) -> dict[str, object]:
    """What the files of a report say, without what their formats add of the moment of writing."""
    return {
        "docx": docx_tables(written["docx"]),
        "xlsx": {n: [[c.value for c in row] for row in rows] for n, rows in xlsx_rows(written["xlsx"]).items()},
        "pdf": pdf_texts(written["pdf"]),
        "json": json.loads(written["json"]),
    }


def test_a_code_is_short_and_of_letters_nobody_misreads():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(f"[{LETTERS}]{{5}}-[{LETTERS}]{{5}}", code) for code in codes)
    assert not set("0O1IL") & set(LETTERS)


def test_the_records_behind_each_figure_are_kept_and_add_up_to_it(world):
    snapshot = made(world)
    kept = {each.indicator: proof.unpacked(bytes(each.rows)) for each in snapshot.evidence.all()}
    assert kept.keys() == snapshot.content["figures"].keys()
    for code, (numerator, denominator) in snapshot.content["figures"].items():
        assert sum(row.numerator for row in kept[code]) == numerator, code
        assert sum(row.denominator or 0 for row in kept[code]) == (denominator or 0), code


@pytest.mark.parametrize("sql", ["update {} set id = id", "delete from {}", "truncate {} cascade"])
@pytest.mark.parametrize("model", [Snapshot, SnapshotEvidence])
def test_nothing_changes_or_deletes_a_report(world, sql, model):
    @action("tests.tampered")
    def tamper(*, by, at):
        with connection.cursor() as cursor:
            cursor.execute(sql.format(model._meta.db_table))

    made(world)
    with pytest.raises(DatabaseError), transaction.atomic():
        tamper(by=None, at=AT)


def test_a_report_is_not_written_outside_an_action(world):
    with pytest.raises(DatabaseError, match="made in an action"), transaction.atomic():
        Snapshot.objects.create(kind="annual", unit=world.north, period_text="2023", made_at=AT, by=None, content={})


def test_after_a_correction_page_and_files_say_the_same_and_the_change_is_named(world):
    client, snapshot = signed_in(world.chi), made(world)
    url = reverse("snapshot", args=[snapshot.code])

    def files():
        return {form: client.get(f"{url}report.{form}").content for form in FORMS if form != "html"}

    def shown(page=""):
        return TOKENS.sub("", client.get(url + page).content.decode())

    before, page = numbers(files()), shown()
    records = shown("figures/meetings.attendance/")
    assert "every figure is today what it was" in page
    assert "14 of 20" in page

    row = correct(by=None, at=AT)

    assert numbers(files()) == before
    now = shown()
    since, rest = now.split("</section>", 1)
    assert rest == page.split("</section>", 1)[1]
    assert "Attendance at cell meetings" in since
    assert "14 of 20" in since
    assert "15 of 20" in since
    assert "Thượng Lâm" in since  # the committee in between changed too
    assert shown("figures/meetings.attendance/") == records
    changed = client.get(url + "changes/meetings.attendance/").content.decode()
    assert f">{row.meeting.code}<" in changed
    assert changed.count("<tr>") == 2  # the head and the one meeting
    assert "every record counts today as it did" in client.get(url + "changes/members.total/").content.decode()


def test_records_that_came_went_and_changed_are_told_apart(world):
    rows = proof.rows_now(world.north, "members.total", YEAR)
    gone, other, *rest = rows
    new = gone.__class__("M99", "Ai", gone.unit_id, "A", "Chi bộ", gone.day, 1, None)
    moved = other.__class__(
        other.record, other.label, other.unit_id + 1, "B", "Chi bộ", other.day, other.numerator, other.denominator
    )
    found = proof.differences(rows, [new, moved, *rest])
    assert {(each.record, each.change) for each in found} == {
        (gone.record, "went"),
        (other.record, "changed"),
        ("M99", "came"),
    }


def test_names_outside_my_units_show_nowhere_in_a_report(world):
    """In the first half cell D stood in the north: its name and people are no longer Chi's to see."""
    client, snapshot = signed_in(world.chi), made(world, period="2023-H1", kind="half-year")
    url = reverse("snapshot", args=[snapshot.code])
    pages = ["", "figures/members.total/", "changes/members.total/", "charts/below.svg"]
    for page in pages:
        text = client.get(url + page).content.decode()
        assert "Ánh Dương" not in text, page
        assert "Đinh Văn Quý" not in text, page
    assert ">M8<" in client.get(url + "figures/members.total/").content.decode()
    said = {form: client.get(f"{url}report.{form}").content for form in ("docx", "xlsx", "pdf", "json")}
    read = numbers(said)
    for form, what in read.items():
        assert "Ánh Dương" not in str(what), form
    assert "'D'" in str(read["json"])
    whole = signed_in(world.flo).get(f"{url}report.json").content.decode()
    assert "Ánh Dương" in whole


def test_a_report_made_on_the_page_is_the_one_its_code_leads_to(world):
    client = signed_in(world.chi)
    answer = client.post(f"/units/{world.north.pk}/reports/annual/make/", {"period": "2023"})
    snapshot = Snapshot.objects.get()
    assert answer.url == f"/reports/{snapshot.code}/"
    assert (snapshot.by, snapshot.unit, snapshot.period) == (world.chi, world.north, YEAR)
    assert snapshot.code in client.get(f"/units/{world.north.pk}/reports/").content.decode()
    assert snapshot.code in client.get("/reports/").content.decode()


@pytest.mark.parametrize("period", ["", "2023-H1", "2023-05", "\x00", "9" * 40, "2023-13"])
def test_a_report_of_no_such_period_is_refused_in_words(world, period):
    client = signed_in(world.chi)
    answer = client.post(f"/units/{world.north.pk}/reports/annual/make/", {"period": period}, follow=True)
    assert "made of that period" in answer.content.decode()
    assert not Snapshot.objects.exists()


def test_the_list_of_reports_goes_on_by_key(world):
    client = signed_in(world.chi)
    codes = [made(world, "cell_b").code for _ in range(52)]
    first = client.get(f"/units/{world.cell_b.pk}/reports/").content.decode()
    following = re.search(r'href="([^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    second = client.get(following).content.decode()
    assert [code for code in codes if code in first] == codes[2:]
    assert [code for code in codes if code in second] == codes[:2]


@pytest.mark.parametrize("page", ["", "figures/meetings.attendance/", "changes/meetings.attendance/"])
def test_the_pages_of_a_report_ask_at_most_twelve_questions(world, page):
    client, snapshot = signed_in(world.chi), made(world)
    url = reverse("snapshot", args=[snapshot.code]) + page
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    assert len(asked) <= 12


def test_what_a_report_does_not_have_is_not_found(world):
    client, snapshot = signed_in(world.chi), made(world)
    base = reverse("snapshot", args=[snapshot.code])
    for wrong in ("figures/none/", "figures/%00/", "changes/none/", "report.html", "report.exe", "charts/none.svg"):
        assert client.get(base + wrong).status_code == 404, wrong
    for code in ("AAAAA-AAAAA", "%00", "%E2%80%AE", "a" * 3000, snapshot.code.lower() + "x"):
        assert client.get(f"/reports/{code}/").status_code == 404, code
    for after in ("nonsense", "%00", "1e9"):
        assert client.get(f"{base}figures/members.total/?after={after}").status_code == 200


def test_the_running_period_says_that_it_is_not_over(world):
    snapshot = made(world, period=str(Period(TODAY.year, "year", 1)))
    page = signed_in(world.chi).get(reverse("snapshot", args=[snapshot.code])).content.decode()
    assert "This period is not over" in page
