"""The sheet to print: who attends, what is voted on, and a code that opens the form for entering it afterwards."""

import html
import re
from uuid import uuid4

import segno

from chibo.agendas import actions as agendas
from chibo.agendas.content import Row
from chibo.agendas.kinds import ItemKind
from chibo.agendas.prefilling import agenda_on
from chibo.meetings import paper_views
from tests.agendas.saying import content
from tests.world import AT, TODAY


def test_it_has_the_items_laid_down_then_those_of_the_notice(world, ana):
    url = f"/units/{world.cell_a.pk}/meetings/sheet/?month=2024-01&kind=thematic"
    page = html.unescape(ana.get(url).content.decode())
    laid_down = [each["text"]["en"] for each in agenda_on(world.cell_a, "thematic", TODAY).items]
    assert laid_down and all(each in page for each in laid_down)
    said = content(kind="thematic", topic="Nông thôn mới", items=(Row(text="Cây cầu mới", kind=ItemKind.VOTE),))
    agendas.save(unit=world.cell_a, uid=uuid4(), seen=0, content=said, give=True, by=world.ana, at=AT)
    page = html.unescape(ana.get(url).content.decode())
    assert all(each in page for each in ("Cây cầu mới", "Nhà văn hóa thôn 1", "Nông thôn mới", "12 January 2024"))
    assert not any(each in page for each in laid_down)


def test_its_code_opens_the_form_of_that_month_and_kind(world, ana):
    page = ana.get(f"/units/{world.cell_a.pk}/meetings/sheet/?month=2023-12&kind=thematic").content.decode()
    target = f"/units/{world.cell_a.pk}/meetings/record/?kind=thematic&month=2023-12"
    code = paper_views.code_of(f"http://testserver{target}")
    assert f'd="{code.path}"' in page and html.escape(f"http://testserver{target}") in page
    form = ana.get(target).context["form"]
    assert (form["month"].value(), form["kind"].value()) == ("2023-12", "thematic")


def test_the_code_of_a_text_is_what_its_library_draws():
    code = paper_views.code_of("https://chibo.example/units/1/")
    drawn = segno.make("https://chibo.example/units/1/", error="m", micro=False)
    squares = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", code.path)}
    assert code.size == drawn.symbol_size(border=0)[0]
    assert squares == {(x, y) for y, row in enumerate(drawn.matrix_iter(border=0)) for x, bit in enumerate(row) if bit}
