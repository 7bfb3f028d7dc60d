"""A step that waits for whom the case is about: they are told, and do it themselves."""

from __future__ import annotations

from tests.procedures.conftest import CONCERNED, changed, lay_down
from tests.procedures.test_case_pages import browser, text


def test_a_step_of_whom_the_case_is_about_waits_for_them_on_their_own_pages(world, people, a_case):
    CONCERNED["Ben"] = [world.ben.pk]
    version = lay_down(changed(prepare={"who": [{"at": "member"}], "asks": []}))
    case = a_case(world.cell_a, version=version, about="Ben", by=world.ana)
    ben = browser(world.ben)
    assert "waits for you" in text(ben.get("/me/"))
    assert "To be done by you" in text(ben.get(f"/cases/{case.pk}/"))
    assert "whom it is about" in text(browser(world.ana).get(f"/cases/{case.pk}/"))
