"""Pages of scoring sheets: read, copied, changed part by part, checked, tried, laid down, ended; nonsense."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from chibo.core import clock
from chibo.core.actions import Denied
from chibo.meetings import actions as meetings
from chibo.meetings import trying
from chibo.scoring import actions, editing
from chibo.scoring.models import SheetRule, SheetVersion
from tests.meetings.saying import content
from tests.meetings.saying import url_of as meeting_url
from tests.meetings.test_criteria import recorded
from tests.permission_table import signed_in
from tests.world import AT, TODAY

NUMBERS = ("c1", "c2")


@pytest.fixture
def eva(world: Any) -> Client:
    return signed_in(world, "eva")


@pytest.fixture
def ana(world: Any) -> Client:
    return signed_in(world, "ana")


def copied(code: str = "own", of: str = "hundred") -> SheetVersion:
    version = SheetVersion.objects.get(code=of)
    return actions.draft(
        code=code, name={"en": "Own"}, basis="x", told=version.definition, by=None, at=clock.now()
    )  # fmt: skip


def shown(client: Client, url: str) -> dict[str, Any]:
    """The fields of the forms of a page with their values, as a browser would send them."""
    form = client.get(url).context["form"]
    parts = [form, *(getattr(form, name) for name in ("options", "evidence") if hasattr(form, name))]
    sent: dict[str, Any] = {"seen": client.get(url).context["seen"]}
    for part in parts:
        forms = [part] if not hasattr(part, "forms") else [part.management_form, *part.forms]
        for each in forms:
            for bound in each:
                value = bound.value()
                if value is not None and value is not False and value != []:
                    sent[bound.html_name] = value
    return sent


def test_a_sheet_is_copied_changed_and_laid_down(world, eva):
    answer = eva.post("/scoring/hundred/1/", {"act": "copy", "code": "own", "vi": "Của tỉnh", "en": "Ours"})
    assert answer.url == "/scoring/own/1/"
    url = "/scoring/own/1/criteria/praise/"
    sent = shown(eva, url) | {"options-0-points": "1,5"}
    assert eva.post(url, sent).status_code == 302
    page = eva.get("/scoring/own/1/").content.decode()
    assert "All criteria together give 99.5 points" in page
    assert "Lay it down" not in page
    url = "/scoring/own/1/criteria/steers/"
    assert eva.post(url, shown(eva, url) | {"options-0-points": "4.5"}).status_code == 302
    whole = "/scoring/own/1/whole/"
    sent = shown(eva, whole) | {
        "without": "scale",
        "needs_good": ["minutes"],
        "instead_good": "fair",
        "least_good": "92",
    }
    assert eva.post(whole, sent).status_code == 302
    own = SheetVersion.objects.get(code="own")
    assert (own.sheet.without, own.sheet.bands[0].needs, own.sheet.bands[0].least) == ("scale", ("minutes",), "92")
    assert own.sheet.year == SheetVersion.objects.get(code="hundred").sheet.year
    said = {"act": "hold", "unit": "NORTH", "kinds": ["regular"], "from_on": str(TODAY)}
    refused = eva.post("/scoring/own/1/", said)
    assert refused.status_code == 422 and "No unit has this code" in refused.content.decode()
    assert eva.post("/scoring/own/1/", said | {"unit": world.north.code}).status_code == 302
    assert SheetRule.objects.get(unit=world.north).version == own
    assert "Ours" in eva.get("/scoring/").content.decode()


def test_what_is_laid_down_is_never_changed(world, eva):
    version = SheetVersion.objects.get(code="hundred")
    for change in (
        lambda: actions.change(version=version, told={}, name={}, basis="", by=None, at=clock.now()),
        lambda: actions.throw_away(version=version, by=None, at=clock.now()),
    ):
        with pytest.raises(Denied, match="Copy it"):
            change()
    assert eva.post("/scoring/hundred/1/", {"act": "remove", "at": "praise"}).status_code == 422
    assert SheetVersion.objects.get(code="hundred").definition == version.definition


def test_of_two_who_change_a_draft_the_second_is_told(world, eva):
    copied()
    url = "/scoring/own/1/criteria/praise/"
    sent = shown(eva, url)
    assert eva.post(url, sent | {"en": "Praised"}).status_code == 302
    answer = eva.post(url, sent | {"en": "Blamed"})
    assert answer.status_code == 422 and "Someone else changed this draft" in answer.content.decode()
    assert "Blamed" in answer.content.decode()


def test_groups_and_criteria_are_added_moved_and_removed(world, eva):
    draft = copied()

    def do(**said: str) -> Any:
        return eva.post("/scoring/own/1/", {"seen": actions.seal(SheetVersion.objects.get(pk=draft.pk)), **said})

    assert do(act="group", code="spirit", vi="Tinh thần", en="Spirit").status_code == 302
    assert do(act="criterion", code="songs", en="Songs", to="spirit").status_code == 302
    assert do(act="up", at="songs").status_code == 302
    sheet = SheetVersion.objects.get(code="own").sheet
    assert [each.code for each in sheet.groups[-1].criteria] == ["songs", "spirit"]
    assert "needs options" in eva.get("/scoring/own/1/").content.decode()
    assert do(act="remove", at="songs").status_code == 302 and do(act="remove", at="spirit").status_code == 302
    own = SheetVersion.objects.get(code="own")
    assert own.sheet == SheetVersion.objects.get(code="hundred").sheet
    assert editing.told(own.sheet)["groups"] == own.definition["groups"]
    assert do(act="remove", at="songs").status_code == 422
    assert do(act="criterion", code="praise", en="Twice", to="conduct").status_code == 422
    assert do(act="throw_away").status_code == 302
    assert not SheetVersion.objects.filter(code="own").exists()


def test_a_sheet_is_tried_on_meetings_that_were_scored(world, eva, ana):
    recorded(ana, world, speakers="from40")
    copied(of="hundred_strict")
    page = " ".join(eva.get("/scoring/own/1/tried/?month=2023-12").content.decode().split())
    assert "Good</dt><dd>1 → 0</dd>" in page and "99, Fair" in page
    other = eva.get("/scoring/four_groups/1/tried/?month=2023-12").content.decode()
    assert "criteria were not answered" in other and "1 can&#x27;t be told" in other.replace("can't", "can&#x27;t")
    assert "Good</dt><dd>1 → 0</dd>" in " ".join(other.split())  # it was scored, though this sheet can't tell it
    assert eva.get("/scoring/own/1/tried/?month=%00").status_code == 200


def test_a_sheet_is_tried_on_all_meetings_of_a_month_and_told_page_by_page(world, eva, monkeypatch):
    copied(of="hundred_strict")
    for kind in ("regular", "thematic", "thematic"):
        said = content(kind=kind, topic=f"Chuyên đề {uuid4()}")
        meetings.record(unit=world.cell_a, uid=uuid4(), content=said, by=world.ana, at=AT)
    monkeypatch.setattr(trying, "ROWS", 2)
    url, lengths = "/scoring/own/1/tried/?month=2023-12", []
    while url:
        page = eva.get(url)
        assert "Of 3 meetings that were scored" in page.content.decode()
        assert [was for _band, was, _then in page.context["counts"]] == ["3", "0", "0", "0"]
        lengths.append(len(page.context["table"].rows))
        url = page.context["pager"].next_url
    assert lengths == [2, 1]
    assert eva.get("/scoring/own/1/tried/?month=2023-12&after=nonsense").status_code == 200


def test_a_rule_is_ended_from_today_and_what_holds_everywhere_is_not(world, eva):
    version = SheetVersion.objects.get(code="four_groups")
    given: dict[str, Any] = {"kinds": ["regular"], "by": None, "at": clock.now()}
    (rule,) = actions.lay_down(version=version, unit=world.north, from_on=date(2023, 1, 1), **given)
    assert (
        "sheet holds that is laid down above it"
        in eva.post("/scoring/", {"rule": rule.pk}, follow=True).content.decode()
    )
    rule.refresh_from_db()
    assert rule.to_on == TODAY
    everywhere = SheetRule.objects.get(unit=None, kind="regular")
    assert "holds everywhere" in eva.post("/scoring/", {"rule": everywhere.pk}, follow=True).content.decode()
    for nonsense in ("", "x", "9" * 40, "-1"):
        assert eva.post("/scoring/", {"rule": nonsense}, follow=True).status_code == 200


def test_who_is_no_administrator_reads_a_sheet_and_changes_nothing(world, ana):
    meeting = recorded(ana, world)
    assert "/scoring/hundred/1/" in ana.get(meeting_url(meeting)).content.decode()
    page = ana.get("/scoring/hundred/1/").content.decode()
    assert "From 40" not in page and "Lay it down" not in page
    assert ana.post("/scoring/hundred/1/", {"act": "copy", "code": "x", "en": "X"}).status_code == 403
    copied()
    assert ana.get("/scoring/own/1/").status_code == 404


@pytest.mark.parametrize("value", ["\x00", "9" * 40, "<script>", "a" * 3000, "", "\u202e", "-1"])
def test_nonsense_is_answered_calmly(world, eva, value):
    copied()
    for url in ("/scoring/own/1/criteria/praise/", "/scoring/own/1/whole/"):
        sent = dict.fromkeys(shown(eva, url), value)
        assert eva.post(url, sent).status_code in (302, 422), url
        kept = {name: old if "FORMS" in name else value for name, old in shown(eva, url).items()}
        assert eva.post(url, kept).status_code in (302, 422), url
    for act in ("copy", "hold", "group", "criterion", "up", "remove", "x", value):
        said = dict.fromkeys(("code", "vi", "en", "unit", "kinds", "from_on", "at", "to", "seen"), value)
        assert eva.post("/scoring/own/1/", said | {"act": act}).status_code in (302, 422), act
    assert eva.get("/scoring/own/99999999999999999999/").status_code == 404
