from tests.procedures.conftest import CONCERNED, changed, lay_down
from tests.procedures.test_pages import browser, sent, text


def test_member(world, people, a_case):
    CONCERNED["Ben"] = [world.ben.pk]
    v = lay_down(changed(prepare={"who": [{"at": "member"}], "asks": []}))
    case = a_case(world.cell_a, version=v, about="Ben", by=world.ana)
    ben = browser(world.ben)
    assert "waits for you" in text(ben.get("/me/"))
    assert "To be done by you" in text(ben.get(f"/cases/{case.pk}/"))
    assert "whom it is about" in text(browser(world.ana).get(f"/cases/{case.pk}/"))
    r = ben.post(f"/cases/{case.pk}/", sent(case, outcome="send"))
    assert r.status_code == 302 and "Signed: Send." in text(ben.get(r.url))
