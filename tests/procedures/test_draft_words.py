"""What a draft is told at once: a share of votes that can't be, a name in one language only."""

from __future__ import annotations

import pytest

from chibo.procedures import drafting
from chibo.procedures.models import Version
from tests.permission_table import signed_in
from tests.procedures.conftest import changed, lay_down
from tests.procedures.test_pages import BASE, sent
from tests.world import AT


@pytest.fixture
def draft(world, nothing) -> Version:
    """A version laid down, and a draft copied from it."""
    return drafting.copy(version=lay_down(changed()), by=None, at=AT)


@pytest.mark.parametrize(
    ("share", "more", "is_refused"), [((3, 2), "", True), ((2, 2), "on", True), ((2, 2), "", False)]
)
def test_a_share_of_more_than_all_votes_is_refused_beside_its_field(world, draft, share, more, is_refused):
    eva = signed_in(world, "eva")
    data = sent(eva.get(f"{BASE}2/steps/1/").context["form"]) | {
        "seen": drafting.seal(draft), "electorate": "official_members", "carried_n": str(share[0]),
        "carried_m": str(share[1]), "carried_of": "summoned", "carried_more": more, "quorum_n": "", "quorum_m": "",
    }  # fmt: skip
    answer = eva.post(f"{BASE}2/steps/1/", data)
    wrong = answer.context["form"].errors.get("carried_n", []) if answer.status_code == 422 else []
    assert bool(wrong) == is_refused, answer.status_code


def test_what_has_a_name_in_one_language_only_is_said_of_a_draft_and_does_not_stop_it(world, draft):
    eva = signed_in(world, "eva")
    page = eva.get(f"{BASE}2/").content.decode()
    assert "Named in one language only" in page
    assert "Prepare: Send has no Vietnamese name." in page
    assert "has no English name" not in page
    assert eva.post(f"{BASE}2/", {"act": "lay_down", "on": "2024-02-01"}).status_code == 302
    assert "Named in one language only" not in eva.get(f"{BASE}2/").content.decode()
