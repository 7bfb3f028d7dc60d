"""Managing users: whom an administrator sees, what they may do, what is kept of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from chibo.accounts import actions as accounts
from chibo.accounts.models import User, UserAct
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.members.models import Person
from chibo.organizations import actions, policies
from chibo.organizations.models import Grant
from chibo.organizations.permissions import P
from chibo.organizations.roles import RoleCode
from chibo.organizations.scope import rights_of
from chibo.portal import actions as portal
from chibo.portal.forms import EndForm
from tests.accounts.test_invitations import come
from tests.world import AT, PASSWORD, TODAY

TOMORROW = TODAY + timedelta(days=1)
ROLE = {"role": "secretary", "unit": "A", "from_on": "2024-01-10"}


@pytest.fixture
def hoa(world):
    """Hoa is administrator of the north."""
    actions.grant(user=world.hoa, role=RoleCode.ADMINISTRATOR, unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    return browser(world.hoa)


@pytest.fixture
def eva(world):
    return browser(world.eva)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def act(client, user, name, **fields):
    return client.post(f"/users/{user.pk}/", {"act": name, **fields})


def page(client, user):
    return client.get(f"/users/{user.pk}/").content.decode()


def test_an_invitation_from_the_form_to_the_desk(world, eva):
    answer = eva.post("/users/new/", {"username": "kim", "full_name": "Kim Thị Lan", **ROLE})
    code = re.search(r'class="code"[^>]*>([a-z-]+)<', answer.content.decode())[1]
    assert "no-store" in answer["Cache-Control"]
    assert "<dd>Cell secretary</dd>" in answer.content.decode()
    assert f"{world.cell_a.name}</dd>" in answer.content.decode()
    client = Client()
    assert come(client, "kim", code).status_code == 302
    assert client.get(f"/units/{world.cell_a.pk}/").status_code == 200
    kim = User.objects.get(username="kim")
    told = page(eva, kim)
    assert "Invited" in told
    assert "Chose a password" in told
    assert code not in told
    assert code.replace("-", "") not in told


def test_what_was_typed_stays_beside_what_is_wrong(eva):
    told = eva.post(
        "/users/new/", {"username": "chi", "full_name": "Người mới", **ROLE, "unit": "nowhere"}
    ).content.decode()
    assert "This user name is taken" in told
    assert "No unit of yours" in told
    assert 'value="Người mới"' in told


def test_of_several_units_one_is_chosen(world, eva):
    given = {"username": "kim", "full_name": "Kim", **ROLE, "unit": "thuong lam"}
    told = eva.post("/users/new/", given).content.decode()
    assert "Several units have these words" in told
    assert "(optional)" not in told.split('id_chosen"')[1].split("</label>")[0]
    assert f'<option value="{world.cell_b.pk}">' in told
    eva.post("/users/new/", given | {"chosen": str(world.cell_b.pk)})
    assert Grant.objects.get(user__username="kim").unit == world.cell_b


def test_who_signs_in_is_seen_at_the_clock_of_the_installation(world, eva):
    client = Client()
    answer = client.post("/accounts/login/", {"login": "chi", "password": PASSWORD})
    assert answer.status_code == 302
    world.chi.refresh_from_db()
    assert localdate(world.chi.last_login) == clock.today() == TODAY
    assert f"Last signed in</dt><dd>{day(TODAY)}" in re.sub(r">\s+<", "><", page(eva, world.chi))


def test_users_are_found_without_accents_and_page_by_key(world, eva):
    assert "Hoàng Thị Phượng" in eva.get("/users/?q=phuong").content.decode()
    assert "Nguyễn Thị An" not in eva.get("/users/?q=phuong").content.decode()
    User.objects.bulk_create(User(username=f"u{n}", sort_key=f"z{n % 3}") for n in range(120))
    seen, url = [], "/users/"
    while url:
        told = eva.get(url).content.decode()
        seen += re.findall(r'href="/users/(\d+)/"', told)
        found = re.search(r'href="([^"]*after=[^"]*)"', told)
        url = found[1] if found else ""
    assert len(seen) == len(set(seen)) == User.objects.count()


def test_an_administrator_of_a_district_sees_its_users_alone(world, hoa):
    told = hoa.get("/users/").content.decode()
    assert "Lê Thị Chi" in told
    for name in ("Phạm Văn Đan", "Đỗ Thị Ê", "Hoàng Thị Phượng"):
        assert name not in told
    assert hoa.get(f"/users/{world.dan.pk}/").status_code == 404
    assert act(hoa, world.dan, "block").status_code == 404


def test_who_also_holds_rights_elsewhere_is_not_theirs_to_manage(world, hoa):
    actions.grant(user=world.chi, role=RoleCode.OFFICER, unit=world.south, from_on=TODAY, by=world.eva, at=AT)
    told = page(hoa, world.chi)
    assert "also holds a role outside your units" in told
    assert "T-S" in told
    assert world.south.name not in told
    for name in ("block", "code", "grant", "end", "member"):
        assert act(hoa, world.chi, name, **ROLE).status_code == 403
    world.chi.refresh_from_db()
    assert world.chi.is_active


def test_roles_are_given_only_inside_the_own_units(world, hoa):
    told = act(hoa, world.chi, "grant", **ROLE | {"unit": "T-S-1"}).content.decode()
    assert "No unit of yours" in told
    assert act(hoa, world.chi, "grant", **ROLE).status_code == 302
    with pytest.raises(Denied):
        actions.grant(user=world.chi, role="officer", unit=world.south, from_on=TODAY, by=world.hoa, at=AT)


@pytest.mark.parametrize(
    ("who", "whom", "allowed"),
    [
        ("eva", "chi", True), ("eva", "dan", True), ("eva", "flo", True), ("hoa", "chi", True), ("hoa", "ana", True),
        ("hoa", "dan", False), ("hoa", "eva", False), ("hoa", "flo", False), ("chi", "ana", False),
        ("ana", "ben", False), ("flo", "chi", False), ("dan", "dan", False),
    ],
)  # fmt: skip
def test_who_manages_whom(world, hoa, who, whom, allowed):
    rights = rights_of(getattr(world, who), TODAY)
    if allowed:
        policies.check_manages(rights, getattr(world, whom), TODAY)
    else:
        with pytest.raises(Denied):
            policies.check_manages(rights, getattr(world, whom), TODAY)


def test_a_block_signs_out_at_once_and_is_seen_for_ever(world, eva):
    chi = browser(world.chi)
    assert act(eva, world.chi, "block").status_code == 302
    assert chi.get("/").status_code == 302
    act(eva, world.chi, "unblock")
    told = page(eva, world.chi)
    assert "Blocked" in told
    assert "Let in again" in told
    assert "Đỗ Thị Ê" in told


def test_a_role_ends_on_a_day_and_what_was_held_stays(world, eva):
    grant = Grant.objects.get(user=world.chi)
    assert act(eva, world.chi, "end", grant=grant.pk, on=f"{TOMORROW}").status_code == 302
    grant.refresh_from_db()
    assert grant.to_on == TOMORROW
    assert rights_of(world.chi, TODAY).held
    assert not rights_of(world.chi, TOMORROW).held
    assert "ends on 11 January 2024" in page(eva, world.chi)


@pytest.mark.parametrize("on", ["2024-01-09", "2023-01-01", "", "x", "2024-02-31", "9999-12-31", "\x00"])
def test_a_role_does_not_end_on_such_a_day(world, eva, on):
    grant = Grant.objects.get(user=world.chi)
    assert act(eva, world.chi, "end", grant=grant.pk, on=on).status_code == 200
    grant.refresh_from_db()
    assert grant.to_on is None


def test_a_role_given_by_mistake_is_taken_back_before_it_is_held(world, eva):
    act(eva, world.ben, "grant", **ROLE | {"role": "leader", "unit": "T", "from_on": f"{TOMORROW}"})
    grant = Grant.objects.get(user=world.ben, role="leader")
    actions.end_grant(grant=grant, on=TOMORROW, by=world.eva, at=AT)
    assert not [held for held in rights_of(world.ben, TOMORROW).held if held[0] == "leader"]
    assert "taken back, not held a full day" in page(eva, world.ben)


def test_the_last_role_of_administrator_is_not_ended_by_oneself(world, eva):
    own = Grant.objects.get(user=world.eva)
    told = act(eva, world.eva, "end", grant=own.pk, on=f"{TODAY}").content.decode()
    assert "last role of administrator" in told
    own.refresh_from_db()
    assert own.to_on is None
    assert act(eva, world.eva, "block").status_code == 200
    world.eva.refresh_from_db()
    assert world.eva.is_active


def test_the_same_role_is_not_held_twice_at_once(world, eva):
    told = act(eva, world.ana, "grant", **ROLE).content.decode()
    assert "holds this role there already" in told
    assert Grant.objects.filter(user=world.ana).count() == 1


def test_a_role_of_another_user_is_not_ended_by_its_number(world, eva):
    other = Grant.objects.get(user=world.flo)
    assert act(eva, world.chi, "end", grant=other.pk, on=f"{TODAY}").status_code == 200
    other.refresh_from_db()
    assert other.to_on is None


def test_a_user_is_linked_to_a_member_and_to_another_and_to_none(world, eva):
    assert act(eva, world.ana, "member", member_code="M3").status_code == 302
    assert Person.objects.get(user=world.ana).code == "M3"
    assert "linked to another user" in act(eva, world.ben, "member", member_code="M3").content.decode()
    act(eva, world.ana, "member", member_code="M4")
    assert Person.objects.get(user=world.ana).code == "M4"
    act(eva, world.ana, "member", member_code="")
    assert not Person.objects.filter(user=world.ana).exists()
    assert "No member of your units" in act(eva, world.ana, "member", member_code="none").content.decode()
    assert "Linked to the record of a member: M4" in page(eva, world.ana)


def test_a_member_outside_the_own_units_is_not_found(world, hoa):
    assert "No member of your units" in act(hoa, world.ana, "member", member_code="M6").content.decode()
    assert "No member of your units" in act(hoa, world.ana, "member", member_code="M5").content.decode()
    assert act(hoa, world.ana, "member", member_code="M1").status_code == 302


@pytest.mark.parametrize("value", ["\x00", "9" * 40, "-1", "<b>", "a" * 3000, "\u202e", "'"])
def test_nonsense_is_answered(world, eva, value):
    names = ("username", "full_name", "role", "unit", "chosen", "from_on", "to_on", "grant", "on", "member_code")
    given = dict.fromkeys(names, value)
    assert eva.post("/users/new/", given).status_code == 200
    for name in ("grant", "end", "member", value):
        assert act(eva, world.chi, name, **given).status_code == 200


def test_what_happened_says_who_gave_a_role(world, eva):
    actions.grant(user=world.ben, role="officer", unit=world.upland, from_on=date(2024, 1, 10), by=world.eva, at=AT)
    told = page(eva, world.ben)
    assert "Given the role “Committee officer” from 10 January 2024" in told
    assert "Đỗ Thị Ê" in told


def test_nobody_opens_records_to_themself(world, hoa, eva):
    """Neither by a role nor by the record of a member: administrators see no personal content by right."""
    for client, user in ((eva, world.eva), (hoa, world.hoa)):
        for name, fields in (("grant", ROLE | {"role": "officer"}), ("member", {"member_code": "M3"})):
            told = act(client, user, name, **fields)
            assert told.status_code == 200
            assert "another administrator has to do this" in told.content.decode()
        assert not Person.objects.filter(user=user).exists()
        assert not rights_of(user, TODAY).scope(P.EVIDENCE_VIEW)
        form = page(client, user)
        assert 'value="grant"' not in form
        assert 'value="member"' not in form
    actions.grant(user=world.eva, role="officer", unit=world.province, from_on=TODAY, by=None, at=AT)


@pytest.fixture
def moved(world, eva):
    """Dan once worked in the north; no role is left, and he is a member of a cell in the south."""
    for grant in Grant.objects.filter(user=world.dan):
        actions.end_grant(grant=grant, on=TODAY, by=world.eva, at=AT)
    actions.grant(user=world.dan, role="secretary", unit=world.cell_a, from_on=TODAY, by=world.eva, at=AT)
    actions.end_grant(grant=Grant.objects.get(user=world.dan, to_on=None), on=TODAY, by=world.eva, at=AT)
    act(eva, world.dan, "member", member_code="M6")
    return world.dan


def test_who_is_a_member_elsewhere_is_not_theirs_to_take_over(world, hoa, eva, moved):
    told = page(hoa, moved)
    assert "member of a cell outside your units" in told
    assert "Võ Thị" not in told
    for name in ("block", "code", "grant", "end", "member"):
        assert act(hoa, moved, name, **ROLE).status_code == 403
    assert not UserAct.objects.filter(user=moved, by=world.hoa).exists()
    assert act(eva, moved, "code").status_code == 200


def test_who_left_the_party_counts_by_their_last_cell(world, hoa, eva):
    act(eva, world.chi, "member", member_code="M9")  # died last year as a member of cell D, in the south today
    assert act(hoa, world.chi, "code").status_code == 403
    act(eva, world.chi, "member", member_code="M4")
    assert act(hoa, world.chi, "code").status_code == 200


@pytest.mark.parametrize("name", ["make_code", "block", "unblock", "link_member"])
def test_the_act_itself_asks_whose_user_it_is(world, hoa, moved, name):
    more = {"person": None} if name == "link_member" else {}
    for user in (moved, world.flo, world.eva):
        with pytest.raises(Denied):
            getattr(portal, name)(user=user, by=world.hoa, at=AT, **more)
    getattr(portal, name)(user=world.chi, by=world.hoa, at=AT, **more)


def test_the_act_itself_asks_whose_member_it_is(world, hoa):
    for code in ("M5", "M6", "M9"):
        with pytest.raises(Denied):
            portal.link_member(user=world.chi, person=Person.objects.get(code=code), by=world.hoa, at=AT)
    portal.link_member(user=world.chi, person=Person.objects.get(code="M3"), by=world.hoa, at=AT)
    assert Person.objects.get(user=world.chi).code == "M3"


def test_what_happened_names_nobody_above_the_own_units(world, hoa, eva):
    act(eva, world.chi, "block")
    act(hoa, world.chi, "unblock")
    accounts.note(user=world.chi, act=UserAct.Act.JOINED, by=world.chi, at=AT)
    told = page(hoa, world.chi)
    assert "Đỗ Thị Ê" not in told
    assert "someone outside your units" in told
    assert "<td>Bùi Thị Hoa</td>" in re.sub(r"<td[^>]*>\s*", "<td>", re.sub(r"\s*</td>", "</td>", told))
    assert "Đỗ Thị Ê" in page(eva, world.chi)


def test_the_roles_to_end_name_no_unit_outside_the_own(world, hoa):
    held = [*Grant.objects.filter(user__username__in=("chi", "dan")).select_related("unit").order_by("pk")]
    form = str(EndForm(None, held, rights_of(world.hoa, TODAY).scope(P.USER_MANAGE), TODAY))
    assert world.north.name in form
    assert world.south.name not in form
    assert "T-S" in form
