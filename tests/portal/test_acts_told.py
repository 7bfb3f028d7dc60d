"""What acts say of themselves: in the reader's language, in histories, before they are done and once they are."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.utils.translation import override

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.core.wording import kept, shown, worded
from chibo.members.models import PostKind, Stay
from chibo.organizations.models import Act, Unit
from chibo.portal.act_views import told
from chibo.portal.saying import listed
from tests.permission_table import signed_in
from tests.portal.test_act_pages import MERGE, SENT, do, seal_in, send

GO = SENT | {"members_to": ["B"]}


def page(client, url: str, **headers: str) -> str:
    return client.get(url, headers=headers).content.decode()


@action("tests.kept_as_before")
def keep_old(act, *, by, at):
    """An act of which the matters were kept as texts."""
    old = {"code": "x", "text": "Posts end.", "count": 1, "records": ["P, Secretary"], "todo": "Enter them."}
    Act.objects.filter(pk=act.pk).update(reasons=[old])


def test_what_is_left_to_settle_is_read_in_the_language_of_the_page(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "merge", **(MERGE | {"into": "other"}))
    english = page(chi, f"/acts/{act.pk}/")
    assert "Roles held at units that close end with them." in english
    vietnamese = page(chi, f"/acts/{act.pk}/", **{"accept-language": "vi"})
    assert "Roles held at units that close end with them." not in vietnamese
    assert "Vai trò" in vietnamese


def test_names_of_posts_days_and_periods_are_kept_for_any_language():
    with override("vi"):
        said = worded("%(who)s, %(post)s, %(unit)s") % {"who": "An", "post": PostKind.SECRETARY.label, "unit": "A"}
        days = worded("%(unit)s, %(day)s, %(month)s") % {
            "unit": "A", "day": date(2024, 1, 5), "month": Period.parse("2024-01"),
        }  # fmt: skip
        assert said == "An, Bí thư, A"
        stored = json.loads(json.dumps([kept(said), kept(days), kept(said % {"who": said, "post": "x", "unit": 3})]))
        assert shown(stored[0]) == "An, Bí thư, A"
    assert [shown(each) for each in stored] == [
        "An, Secretary, A", "A, 5 January 2024, January 2024", "An, Secretary, A, x, 3",
    ]  # fmt: skip


def test_what_was_kept_as_a_text_is_shown_as_it_is(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "merge", **MERGE)
    keep_old(act, by=None, at=act.at)
    assert "P, Secretary" in page(chi, f"/acts/{act.pk}/", **{"accept-language": "vi"})


def test_an_act_taken_back_leaves_nothing_to_settle(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "merge", **(MERGE | {"into": "other"}))
    assert "Left to settle" in page(chi, f"/acts/{act.pk}/")
    chi.post(f"/acts/{act.pk}/back/")
    gone = page(chi, f"/acts/{act.pk}/")
    assert "Left to settle" not in gone
    assert "Taken back" in gone


def test_a_cell_that_closes_and_opens_again_on_one_day_has_both_in_its_history(world):
    chi = signed_in(world, "chi")
    closed = do(chi, world.cell_a, "dissolve", **GO)
    preview = send(chi, Unit.objects.get(pk=world.cell_a.pk), "reopen", "show", **SENT, to=["T-N-1"]).content.decode()
    assert "Cells with fewer than" in preview
    assert "Those who belonged to it when it closed are members of other cells now" in preview
    assert '<li class="shape shape-closed">' in preview.split("<h3>After</h3>")[0]
    opened = do(chi, Unit.objects.get(pk=world.cell_a.pk), "reopen", **SENT, to=["T-N-1"])
    history = page(chi, f"/units/{world.cell_a.pk}/history/").split('id="acts"')[1]
    assert f'<a href="/acts/{closed.pk}/">Closed</a>' in history
    assert f'<a href="/acts/{opened.pk}/">Opened again under' in history
    assert f'href="/units/{world.cell_b.pk}/"' in page(chi, f"/acts/{opened.pk}/")


def test_members_of_cells_that_merge_are_counted_once(world):
    chi = signed_in(world, "chi")
    preview = send(chi, world.cell_a, "merge", "show", **MERGE).content.decode()
    assert "Members who go over" in preview
    assert "Members who stay in their cells" not in preview


@pytest.mark.parametrize("into", ["this", "other"])
def test_the_button_of_an_old_preview_leads_to_the_act_that_was_done(world, into):
    chi = signed_in(world, "chi")
    fields, before = MERGE | {"into": into}, Act.objects.count()
    seal = seal_in(send(chi, world.cell_a, "merge", "show", **fields))
    first = send(chi, world.cell_a, "merge", "do", seal=seal, **fields)
    again = send(chi, world.cell_a, "merge", "do", seal=seal, **fields)
    assert (again.status_code, again.url) == (302, first.url)
    assert "done already" in page(chi, again.url)
    assert Act.objects.count() == before + 1


def test_a_unit_says_what_is_to_come(world):
    chi = signed_in(world, "chi")
    act = do(chi, world.cell_a, "rename", on="2024-03-01", decision="3-QĐ/HU", name="Chi bộ thôn Trung")
    said = page(chi, f"/units/{world.cell_a.pk}/")
    assert "From 1 March 2024:" in said
    assert f'<a href="/acts/{act.pk}/" lang="vi">Chi bộ thôn 1 Thượng Lâm is called Chi bộ thôn Trung</a>' in said
    assert f"/acts/{act.pk}/" not in page(chi, f"/units/{world.cell_b.pk}/")


def test_a_unit_founded_that_very_day_leads_to_taking_its_founding_back(world):
    chi = signed_in(world, "chi")
    founded = do(chi, world.upland, "found", **SENT, name="Chi bộ thôn 11", code="A11", kind_of="cell")
    preview = send(chi, Unit.objects.get(code="A11"), "dissolve", "show", **SENT).content.decode()
    assert "was founded only on" in preview
    assert f'href="/acts/{founded.pk}/back/"' in preview
    before = page(chi, f"/acts/{founded.pk}/back/")
    assert 'href="/units/' in before.split("<h1>")[0].split('class="crumbs"')[1]


def test_to_which_cell_members_go_is_asked_where_there_are_members(world):
    chi = signed_in(world, "chi")
    assert "Say which unit." in send(chi, world.cell_a, "dissolve", "show", **SENT).content.decode()
    assert Stay.objects.filter(cell=world.cell_a).exists()


def test_only_kinds_that_fit_the_place_are_offered(world):
    chi = signed_in(world, "chi")
    form = page(chi, f"/units/{world.cell_a.pk}/change/change_kind/")
    assert 'value="sub_committee"' in form
    assert 'value="district"' not in form
    assert 'value="province"' not in form


@pytest.mark.parametrize("kind, name", [("rename", "name"), ("found", "name"), ("merge", "new_name")])
def test_a_name_longer_than_is_kept_is_told_at_its_field(world, kind, name):
    chi = signed_in(world, "chi")
    unit = world.upland if kind == "found" else world.cell_a
    fields = SENT | {"kind_of": "cell", "code": "N1", "new_code": "N1", "units": ["B"], "into": "new", name: "x" * 501}
    shown_again = send(chi, unit, kind, "show", **fields).content.decode()
    assert f'id="id_{name}_error"' in shown_again


def test_trees_before_and_after_are_in_the_order_of_lists(world):
    chi = signed_in(world, "chi")
    for n in (10, 2, 1):
        do(chi, world.upland, "found", **SENT, name=f"Chi bộ thôn {n} Mới", code=f"Z{n}", kind_of="cell")
    fields = {"on": "2024-01-08", "decision": "4-QĐ/HU", "units": ["Z2", "Z10"], "into": "new"}
    new = {"new_name": "Chi bộ thôn 3 Mới", "new_code": "Z3"}
    drawn = send(chi, Unit.objects.get(code="Z1"), "merge", "show", **fields, **new).content.decode()
    tree = drawn.split("<h3>Before</h3>")[1].split("<h3>After</h3>")[0]
    assert tree.index("thôn 1 Mới") < tree.index("thôn 2 Mới") < tree.index("thôn 10 Mới")
    assert "become one: " in drawn


def test_the_last_of_several_names_comes_after_an_and(world):
    assert [listed("ABC"[:n]) for n in range(4)] == ["", "A", "A and B", "A, B and C"]
    act = do(signed_in(world, "chi"), world.cell_a, "merge", **MERGE)
    assert not told(act, list(act.parts.all()), _Everything()).endswith(".")  # type: ignore[arg-type]


class _Everything:
    def covers(self, unit: Unit) -> bool:
        return True


def test_a_plain_text_is_kept_as_it_is():
    assert (kept("x"), shown("x"), shown({"said": "x", "with": {}})) == ("x", "x", "x")
