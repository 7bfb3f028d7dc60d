"""Minutes beside their record: what was corrected since is told, who signs is named, what is left open is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chibo.agendas.models import Agenda
from chibo.core.actions import Denied, action
from chibo.meetings import actions as meetings
from chibo.meetings.content import content_of
from chibo.meetings.evidence import around
from chibo.meetings.models import Item, Meeting
from chibo.resolutions import actions, composing, holes, writing
from chibo.resolutions.models import Minutes, Part
from tests.resolutions.saying import lock, newest, save
from tests.world import AT

OLD, NEW = "Thời lượng: 90 phút", "Thời lượng: 40 phút"


def correct(world, held, **changes):
    held = Meeting.objects.get(pk=held.pk)
    now = content_of(held)
    said = replace(now, **changes)
    return meetings.correct(meeting=held, seen=now.seal(held.version), content=said, reason="Nhầm", by=world.ana, at=AT)


def lines(text):
    return [each.text for each in writing.from_html(text)]


def complete(world, held):
    return around(world.cell_a, held.held_on, held.kind, held.month, meeting=held)[1].rest["minutes_complete"]


def filled(minutes):
    return newest(minutes).body.replace("<p>…</p>", "<p>Không có ý kiến.</p>")


def pages(client, world, held):
    url = f"/units/{world.cell_a.pk}/meetings/{held.pk}/"
    further = client.get(url).context["further"]
    said = next(each for each in further if str(each.title) == "Minutes")
    return said, client.get(f"{url}minutes/"), client.get(f"{url}minutes/edit/")


def test_both_pages_say_that_signed_minutes_contradict_a_record_corrected_since(world, held, minutes, client_of):
    assert OLD in lines(newest(minutes).body)
    lock(world, minutes)
    ana = client_of("ana")
    assert "corrected" not in str(pages(ana, world, held)[0].text)
    correct(world, held, duration_min=Decimal(40))
    said, page, edit = pages(ana, world, held)
    assert "The record was corrected on" in str(said.text)
    assert "Duration: the minutes say 90 minutes, the record 40 minutes" in str(said.text)
    assert (said.act, said.url.endswith("/minutes/edit/")) == ("Correct the minutes", True)
    assert page.context["differs"] == [("Duration", "90 minutes", "40 minutes")] and page.context["corrected_on"]
    assert "Correct the minutes" in page.content.decode()
    assert (OLD, NEW) in edit.context["anew"] and NEW in edit.context["form"]["body"].value()
    save(minutes, newest(minutes).body.replace(OLD, NEW).replace("21:00", "20:10"), reason="Theo hồ sơ", by=world.ana)
    said, page, edit = pages(ana, world, held)
    assert "the record" not in str(said.text) and page.context["differs"] == [] == page.context["against"]
    assert edit.context["anew"] == []


def test_a_text_saved_after_a_correction_with_the_old_line_still_says_so(world, held, minutes, client_of):
    correct(world, held, duration_min=Decimal(40))
    ana = client_of("ana")
    assert pages(ana, world, held)[1].context["differs"], "a draft says so as well"
    save(minutes, newest(minutes).body + "<p>Thêm.</p>", by=world.ana)
    assert [OLD, NEW] in newest(minutes).against
    lock(world, minutes)
    said, page, edit = pages(ana, world, held)
    assert OLD in str(said.text) and NEW in str(said.text)
    assert (OLD, NEW) in page.context["against"] and "something else than the record" in page.content.decode()
    assert NEW in edit.context["form"]["body"].value()


@action("tests.came")
def _came(*, meeting, by, at):
    meeting.attendance.update(state="present")


def test_who_becomes_secretary_stands_in_the_untouched_line(world, held, minutes, an, ben_person):
    _came(meeting=held, by=None, at=AT)
    other = held.attendance.exclude(person__in=[an, ben_person]).first().person
    assert f"Thư ký: {ben_person.full_name}" in lines(newest(minutes).body)
    saved = save(minutes, newest(minutes).body, secretary=other, by=world.ana)
    assert f"Thư ký: {other.full_name}" in lines(saved.body)
    assert f"Thư ký: {ben_person.full_name}" not in lines(saved.body)


def test_a_text_that_names_another_is_not_adopted(world, minutes, ben_person):
    wrong = newest(minutes).body.replace(f"Thư ký: {ben_person.full_name}", "Thư ký: Đặng Thị Đào")
    save(minutes, wrong, by=world.ana)
    with pytest.raises(Denied, match="The text says “Thư ký: Đặng Thị Đào”"):
        lock(world, minutes)


def adopt(world, minutes, **more):
    seen = newest(minutes).number
    return actions.adopt(
        minutes=minutes, seen=seen, votes_for=2, votes_against=0, by_hands=True, by=world.ana, at=AT, **more
    )


def test_without_hours_and_place_nothing_is_adopted_and_other_holes_are_left_knowingly(world, held, minutes, client_of):
    dots = newest(minutes).body.replace("Địa điểm: Nhà văn hóa thôn 1", f"Địa điểm: {composing.DOTS}")
    save(minutes, dots, by=world.ana)
    url = f"/units/{world.cell_a.pk}/meetings/{held.pk}/minutes/"
    page = client_of("ana").get(url)
    assert any(each.must for each in page.context["holes"]) and "Still open in the text" in page.content.decode()
    with pytest.raises(Denied, match="Địa điểm"):
        adopt(world, minutes, leaves_open=True)
    save(minutes, dots.replace(composing.DOTS, "Nhà ông Bền"), by=world.ana)
    with pytest.raises(Denied, match="still open"):
        adopt(world, minutes)
    page = client_of("ana").get(url).content.decode()
    assert "The meeting adopted these minutes with the places left open, and I sign them" in page
    sent = {"act": "adopt", "seen": newest(minutes).number, "votes_for": 2, "votes_against": 0, "by_hands": 1}
    assert client_of("ana").post(url, sent).status_code == 422
    assert client_of("ana").post(url, sent | {"leaves_open": "on"}).status_code == 302
    for part, by in ((Part.CHAIR, world.ana), (Part.SECRETARY, world.ben)):
        actions.sign(minutes=minutes, seen=newest(minutes).number, part=part, by=by, at=AT)
    assert complete(world, held) == 0
    save(minutes, filled(minutes), reason="Điền đủ", by=world.ana)
    lock(world, minutes)
    assert complete(world, held) == 1


def test_minutes_without_holes_count_as_complete_and_are_read_as_adopted_once_they_are(world, held, minutes, client_of):
    save(minutes, filled(minutes), by=world.ana)
    assert newest(minutes).holes == 0 and holes.holes_in(writing.from_html(newest(minutes).body)) == []
    url = f"/units/{world.cell_a.pk}/meetings/{held.pk}/minutes/"
    assert "và được thông qua" not in client_of("ana").get(url).content.decode()
    adopt(world, minutes)
    assert "và được thông qua" in client_of("ana").get(url).content.decode()
    for part, by in ((Part.CHAIR, world.ana), (Part.SECRETARY, world.ben)):
        actions.sign(minutes=minutes, seen=2, part=part, by=by, at=AT)
    assert complete(world, held) == 1


@action("tests.items")
def _items(*, meeting, by, at):
    items = [("", "Typed by hand"), ("minutes", _english("minutes")), ("topic", "Topic: Thủy lợi")]
    for place, (code, text) in enumerate(items):
        Item.objects.create(meeting=meeting, place=place, code=code, text=text, kind="other", is_done=True)


def _english(code):
    agenda = Agenda.objects.filter(kind="regular", setting="", in_month=None).first()
    return next(each["text"]["en"] for each in agenda.items if each["code"] == code)


def test_items_laid_down_are_told_in_the_language_of_minutes_and_typed_ones_as_typed(world, held, an, ben_person):
    _items(meeting=held, by=None, at=AT)
    said = [each.text for each in composing.compose(composing.Held(held, world.cell_a, an, ben_person))]
    assert "Typed by hand" in said and "Chuyên đề: Thủy lợi" in said
    assert not any(each.startswith(_english("minutes")) for each in said)


def test_of_a_notice_of_another_day_the_place_is_taken_and_no_hour(world, held, minutes, an, ben_person):
    later = Minutes.objects.get().meeting
    later.held_on = date(2023, 9, 5)
    said = [each.text for each in composing.compose(composing.Held(later, world.cell_a, an, ben_person))]
    assert "Địa điểm: Nhà văn hóa thôn 1" in said
    assert any(each.startswith("Thời gian: từ ………") for each in said)
