"""Classifying units: chains by day, who may, the setting kept with the unit, loads and their undoing."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.classifications import actions, queries
from chibo.classifications.models import Classified, Scheme, Value
from chibo.core.actions import Denied, action
from chibo.core.spans import EVER
from chibo.organizations import actions as organizations
from chibo.organizations.models import Unit
from tests.world import AT, FOUNDED, TODAY

JUNE, JULY = date(2023, 6, 1), date(2023, 7, 1)


def value(scheme, code):
    return Value.objects.select_related("scheme").get(scheme__code=scheme, code=code)


def put(units, chosen, on, *, by, scheme=None, decision="7-QĐ/HU"):
    scheme = scheme or chosen.scheme
    return actions.classify(units=units, scheme=scheme, value=chosen, from_on=on, decision=decision, by=by, at=AT)


def chain(unit, scheme):
    found = Classified.objects.filter(unit=unit, scheme__code=scheme).order_by("from_on").select_related("value")
    return [(each.value.code if each.value else "", each.from_on, each.to_on) for each in found]


def check_now():
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def test_what_a_unit_is_changes_by_the_day_and_what_it_was_stays(world):
    delta, midland = value("region", "delta"), value("region", "midland")
    assert put([world.upland], delta, FOUNDED, by=world.chi) == [world.upland]
    put([world.upland], midland, JULY, by=world.chi)
    assert put([world.upland], midland, TODAY, by=world.chi) == []
    actions.classify(
        units=[world.upland], scheme=delta.scheme, value=None, from_on=TODAY, decision="", by=world.chi, at=AT
    )  # fmt: skip
    assert chain(world.upland, "region") == [("delta", FOUNDED, JULY), ("midland", JULY, TODAY), ("", TODAY, None)]
    put([world.upland], delta, TODAY, by=world.chi)
    assert chain(world.upland, "region")[-1] == ("delta", TODAY, None)
    check_now()


def test_a_day_between_and_a_day_before_all_find_their_place(world):
    delta, midland, border = (value("region", code) for code in ("delta", "midland", "border"))
    put([world.upland], delta, JULY, by=world.chi)
    put([world.upland], midland, JUNE, by=world.chi)
    put([world.upland], border, date(2023, 6, 10), by=world.chi)
    assert chain(world.upland, "region") == [
        ("midland", JUNE, date(2023, 6, 10)), ("border", date(2023, 6, 10), JULY), ("delta", JULY, None),
    ]  # fmt: skip
    check_now()


def test_many_are_classified_at_once(world):
    delta = value("region", "delta")
    put([world.cell_a], delta, JUNE, by=world.chi)
    assert set(put([world.cell_a, world.cell_b, world.upland], delta, JULY, by=world.chi)) == {
        world.cell_b, world.upland,
    }  # fmt: skip


def test_who_may_not_is_told_why_and_nothing_is_written(world):
    delta, before = value("region", "delta"), Classified.objects.count()
    for units, chosen, on, by, scheme in (
        ([world.cell_a], delta, JULY, world.dan, None),
        ([world.cell_a, world.cell_c], delta, JULY, world.chi, None),
        ([world.cell_a], delta, JULY, world.flo, None),
        ([world.cell_a], delta, TODAY + timedelta(days=1), world.chi, None),
        ([world.cell_a], delta, FOUNDED - timedelta(days=1), world.chi, None),
        ([world.cell_a], value("setting", "school"), JULY, world.chi, delta.scheme),
    ):
        with pytest.raises(Denied):
            put(units, chosen, on, by=by, scheme=scheme)
    actions.offer(value=delta, is_offered=False, by=world.eva, at=AT)
    with pytest.raises(Denied):
        put([world.cell_a], value("region", "delta"), JULY, by=world.chi)
    assert Classified.objects.count() == before


def test_the_scheme_of_settings_is_the_history_of_the_setting(world):
    assert chain(world.cell_a, "setting") == [("village", EVER, None)]
    put([world.cell_a], value("setting", "school"), JULY, by=world.chi)
    assert Unit.objects.get(pk=world.cell_a.pk).setting == "school"
    correct_setting(unit=world.cell_a, setting="health", by=world.eva, at=AT)
    assert chain(world.cell_a, "setting") == [("village", EVER, JULY), ("health", JULY, None)]
    correct_setting(unit=world.cell_a, setting="", by=world.eva, at=AT)
    assert chain(world.cell_a, "setting")[-1] == ("", JULY, None)
    put([world.cell_a], value("setting", "army"), JUNE, by=world.chi)  # in the past: today's stays as it is
    assert Unit.objects.get(pk=world.cell_a.pk).setting == ""
    correct_setting(unit=world.north, setting="agency", by=world.eva, at=AT)
    assert chain(world.north, "setting") == [("agency", EVER, None)]
    check_now()


@action("tests.corrected_setting")
def correct_setting(*, unit, setting, by, at):
    Unit.objects.filter(pk=unit.pk).update(setting=setting)


def test_a_unit_that_is_founded_has_its_setting_from_the_beginning(world):
    unit = Unit(code="N", name="Chi bộ mới", kind="cell", setting="school", founded_on=TODAY)
    organizations.found(unit=unit, parent=world.upland, by=world.eva, at=AT)
    assert chain(unit, "setting") == [("school", EVER, None)]


def test_a_unit_whose_founding_is_undone_takes_its_setting_along(world):
    for is_classified in (False, True):
        unit = Unit(code="N", name="Chi bộ mới", kind="cell", setting="school", founded_on=JUNE)
        enter(unit, by=None, at=AT)
        if is_classified:
            actions.classify(
                units=[unit], scheme=Scheme.objects.get(code="setting"), value=None, from_on=JULY, decision="",
                by=None, at=AT,
            )  # fmt: skip
            with pytest.raises(IntegrityError), transaction.atomic():
                take_away(unit, by=None, at=AT)
        else:
            take_away(unit, by=None, at=AT)
            assert not Classified.objects.filter(unit_id=unit.pk).exists()


@action("tests.entered")
def enter(unit, *, by, at):
    unit.save()


@action("tests.taken_away")
def take_away(unit, *, by, at):
    with connection.cursor() as cursor:
        for table in ("unitname", "unitkind"):
            cursor.execute(f"delete from organizations_{table} where unit_id = %s", [unit.pk])
        cursor.execute("delete from organizations_unit where id = %s", [unit.pk])
    check_now()


def test_a_spell_is_corrected_as_if_it_had_always_been_so(world):
    delta, midland = value("region", "delta"), value("region", "midland")
    put([world.upland], delta, FOUNDED, by=world.chi)
    put([world.upland], midland, JULY, by=world.chi)
    spell = Classified.objects.get(unit=world.upland, value=midland)
    correct = {"value": delta, "from_on": JUNE, "decision": "8-QĐ/HU", "by": world.chi, "at": AT}
    actions.correct(spell=spell, **correct)
    assert chain(world.upland, "region") == [("delta", FOUNDED, JUNE), ("delta", JUNE, None)]
    check_now()
    for on, by in ((FOUNDED, world.chi), (TODAY + timedelta(days=3), world.chi), (JULY, world.dan)):
        with pytest.raises(Denied):
            actions.correct(spell=spell, **(correct | {"from_on": on, "by": by}))


def test_the_database_refuses_two_values_at_once_and_a_value_of_another_scheme(world):
    put([world.upland], value("region", "delta"), JUNE, by=world.chi)
    with pytest.raises(IntegrityError), transaction.atomic():
        break_chain(world.upland, "region", "midland", by=None, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        break_chain(world.lowland, "region", "school", of="setting", by=None, at=AT)


@action("tests.broke")
def break_chain(unit, scheme, code, *, of="", by, at):
    chosen = value(of or scheme, code)
    scheme = Scheme.objects.get(code=scheme)
    Classified.objects.create(unit=unit, scheme=scheme, value=chosen, from_on=JULY)
    check_now()


DAYS = st.dates(date(2023, 1, 1), TODAY)
CODES = st.sampled_from(["delta", "midland", "mountains", ""])


@settings(max_examples=25)
@given(steps=st.lists(st.tuples(DAYS, CODES, st.booleans()), min_size=1, max_size=8))
def test_whatever_is_said_in_whatever_order_a_unit_has_one_value_a_day(world, steps):
    scheme, model = Scheme.objects.get(code="region"), []
    with transaction.atomic():
        for on, code, _again in steps:
            put([world.upland], value("region", code) if code else None, on, by=world.chi, scheme=scheme)
            model = said(model, on, code)
        spells = chain(world.upland, "region")
        assert all(one[2] == other[1] for one, other in pairwise(spells))
        for day in sorted({day for on, *_ in steps for day in (on - timedelta(days=1), on, on + timedelta(days=1))}):
            holding = [code for code, begin, end in spells if begin <= day and (end is None or end > day)]
            assert (holding or [""]) == [value_on(model, day)]
        check_now()
        transaction.set_rollback(True)


def said(model, on, code):
    """The steps so far with one more: it holds until the next day on which something else was said."""
    if value_on(model, on) == code:
        return model
    return sorted([each for each in model if each[0] != on] + [(on, code)])


def value_on(model, day):
    return next((code for on, code in reversed(model) if on <= day), "")


# Pages


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_an_officer_classifies_those_ticked(world):
    chi, region = browser(world.chi), Scheme.objects.get(code="region")
    url = f"/classifications/{region.pk}/units/"
    page = chi.get(url, {"q": "thon", "kind": "cell"}).content.decode()
    assert "Chi bộ thôn 1 Thượng Lâm" in page
    assert "Hạ Lâm" not in page
    delta = value("region", "delta")
    given = {"value": delta.pk, "from_on": "2023-07-01", "decision": "7-QĐ/HU"}
    assert "Tick the units" in chi.post(url, given).content.decode()
    picked = {"pick": [world.cell_a.pk, world.cell_b.pk, world.cell_c.pk]}  # the last is not hers
    assert chi.post(url, given | picked | {"from_on": "2025-01-01"}).status_code == 200
    assert not Classified.objects.filter(value=delta).exists()
    answer = chi.post(url, given | picked, follow=True)
    assert "2 units were classified." in answer.content.decode()
    assert {each.unit_id for each in Classified.objects.filter(value=delta)} == {world.cell_a.pk, world.cell_b.pk}
    page = chi.get("/units/", {"value": delta.pk}).content.decode()
    assert "Chi bộ thôn 10 Thượng Lâm" in page
    assert "Ánh Dương" not in page
    assert "Delta" in chi.get(f"/units/{world.cell_a.pk}/").content.decode()


def test_a_unit_page_classifies_and_corrects(world):
    chi, delta = browser(world.chi), value("region", "delta")
    url = f"/units/{world.upland.pk}/classifications/"
    given = {"scheme": delta.scheme_id, "value": delta.pk, "from_on": "2023-07-01"}
    assert chi.post(url, given | {"value": ""}).status_code == 200
    assert chi.post(url, given).status_code == 302
    spell = Classified.objects.get(value=delta)
    assert "Correct: Region" in chi.get(url, {"spell": spell.pk}).content.decode()
    assert chi.post(url, {"spell": spell.pk, "value": delta.pk, "from_on": "2023-06-01"}).status_code == 302
    spell.refresh_from_db()
    assert spell.from_on == JUNE
    assert browser(world.dan).post(url, given).status_code == 404
    assert browser(world.flo).post(url, given).status_code == 403


def test_an_administrator_adds_schemes_and_values(world):
    eva = browser(world.eva)
    assert eva.post("/classifications/", {"name": "Vùng trọng điểm"}).status_code == 302
    assert "already" in eva.post("/classifications/", {"name": "vùng Trọng điểm"}).content.decode()
    scheme = Scheme.objects.get(name="Vùng trọng điểm")
    url = f"/classifications/{scheme.pk}/"
    for name in ("Loại một", "Loại hai"):
        assert eva.post(url, {"act": "add", "name": name}).status_code == 302
    assert [each.code for each in queries.scheme_of(scheme.pk).values.all()] == ["loai_mot", "loai_hai"]
    first = Value.objects.get(name="Loại một")
    assert eva.post(url, {"act": "rename", "value": first.pk, "name": "Loại I"}).status_code == 302
    assert eva.post(url, {"act": "withdraw", "value": first.pk}).status_code == 302
    assert "no longer offered" in eva.get(url).content.decode()
    settings = Scheme.objects.get(code="setting")
    assert (
        "none can be added"
        in eva.post(f"/classifications/{settings.pk}/", {"act": "add", "name": "x"}).content.decode()
    )
    assert browser(world.chi).post(url, {"act": "add", "name": "x"}).status_code == 403
