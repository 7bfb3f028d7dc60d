"""The life of a source: which step follows which, what each asks for, and whose it is to take."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chibo.admissions import actions
from chibo.admissions.models import Certificate, Group, Helper, Place, Review, Source, State
from chibo.core.actions import Denied, action
from chibo.members.actions import restay
from chibo.members.models import Membership, Person
from chibo.organizations.roles import RoleCode
from tests.permission_table import signed_in
from tests.world import AT, TODAY

DAY = date(2023, 6, 1)
STEPS = ("make_sympathiser", "apply", "set_aside", "admitted", "take_off")
LEADS_TO = {
    "make_sympathiser": State.SYMPATHISER, "apply": State.APPLICANT, "set_aside": State.SYMPATHISER,
    "admitted": State.ADMITTED, "take_off": State.TAKEN_OFF,
}  # fmt: skip


def person(name="Hà Văn Tới", born_on=date(1998, 4, 4), **more) -> Person:
    return Person(full_name=name, sex="m", born_on=born_on, **more)


@action("tests.official")
def official(*, codes, by, at):
    Membership.objects.filter(person__code__in=codes).update(official_on=date(2020, 1, 1))


@action("tests.joined")
def joined(*, source, on, by, at, decided_on=None):
    made = Membership.objects.create(
        person=source.person,
        cell=source.places.order_by("from_on").last().cell,
        joined_on=on,
        decided_on=decided_on,
    )
    restay([made.pk])
    return made


@pytest.fixture
def officials(world):
    official(codes=["M1", "M2", "M4", "M6"], by=None, at=AT)
    return world


def listed(world, cell="cell_a", by="ana", on=DAY, **more) -> Source:
    user = getattr(world, by) if by else None
    return actions.list_source(person=more.pop("who", None) or person(), cell=getattr(world, cell), on=on, by=user,
                               at=AT, **more)  # fmt: skip


def helped(source, code="M1", on=DAY):
    return actions.give_helper(source=source, person=Person.objects.get(code=code), on=on, by=None, at=AT)


def certified(source, issued_on=date(2023, 3, 1)):
    return actions.certify(source=source, number="12/2023", issued_on=issued_on, class_at="Tam Dương", by=None, at=AT)


def brought_to(world, state) -> Source:
    """A source in a state, and all that any step could ask for."""
    source = listed(world)
    helped(source)
    certified(source)
    if state in (State.SYMPATHISER, State.APPLICANT, State.ADMITTED):
        actions.make_sympathiser(source=source, on=DAY, by=None, at=AT)
    if state in (State.APPLICANT, State.ADMITTED):
        actions.apply(source=source, on=DAY, by=None, at=AT)
    if state == State.ADMITTED:
        step("admitted", source)
    if state == State.TAKEN_OFF:
        step("take_off", source)
    return Source.objects.get(pk=source.pk)


def step(name, source, by=None):
    given = {"source": source, "by": by, "at": AT}
    if name in ("make_sympathiser", "apply"):
        given["on"] = date(2023, 7, 1)
    if name == "take_off":
        given |= {"on": date(2023, 7, 1), "reason": "Chuyển đi nơi khác"}
    if name == "admitted":
        known = Membership.objects.filter(person=source.person).first()
        given["membership"] = known or joined(source=source, on=date(2023, 7, 2), by=None, at=AT)
    return getattr(actions, name)(**given)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", STEPS)
def test_from_each_state_only_the_steps_that_may_follow_follow(officials, state, name):
    source = brought_to(officials, state)
    follows = LEADS_TO[name] in Source.TRANSITIONS[state]
    if name == "make_sympathiser" and state == State.APPLICANT:
        follows = False  # back by setting the application aside alone
    if name == "set_aside" and state == State.SOURCE:
        follows = False
    if follows:
        step(name, source)
        assert Source.objects.get(pk=source.pk).state == LEADS_TO[name]
    else:
        if source.is_listed and name == "admitted":
            joined(source=source, on=date(2023, 7, 2), by=None, at=AT)
        with pytest.raises(Denied):
            step(name, source)
        assert Source.objects.get(pk=source.pk).state == state


@pytest.mark.parametrize("state", [State.ADMITTED, State.TAKEN_OFF])
def test_who_left_the_list_has_neither_place_nor_helper_and_nothing_more_is_recorded(officials, state):
    source = brought_to(officials, state)
    assert source.to_on is not None
    assert not Place.objects.filter(source=source, to_on=None).exists()
    assert not Helper.objects.filter(source=source, to_on=None).exists()
    for do in (
        lambda: helped(source),
        lambda: certified(source),
        lambda: actions.remark(source=source, on=DAY, text="Tốt", by=None, at=AT),
        lambda: actions.end_helper(source=source, on=DAY, by=None, at=AT),
        lambda: actions.move_source(source=source, to=officials.cell_b, on=TODAY, by=None, at=AT),
        lambda: actions.correct_source(
            source=source, person=source.person, introduced_by="", groups=[], by=None, at=AT
        ),
    ):  # fmt: skip
        with pytest.raises(Denied):
            do()


def test_every_state_leads_to_an_end():
    ends = {state for state, following in Source.TRANSITIONS.items() if not following}
    assert ends == {State.ADMITTED, State.TAKEN_OFF}
    for state in State:
        reached, before = {state}, set()
        while reached != before:
            before, reached = reached, reached | {to for each in reached for to in Source.TRANSITIONS[each]}
        assert reached & ends


def test_who_is_new_has_a_code_of_their_own_that_stays(officials):
    one, two = listed(officials), listed(officials, who=person("Hà Thị Lui"))
    assert one.person.code != two.person.code
    assert one.person.code.startswith("QC-")
    actions.correct_source(
        source=one, person=person("Hà Văn Tới Hơn"), introduced_by="Đoàn thanh niên", groups=[], by=officials.ana, at=AT
    )
    again = Person.objects.get(pk=one.person_id)
    assert (again.full_name, again.code) == ("Hà Văn Tới Hơn", one.person.code)


def test_a_member_is_not_listed_nor_is_anyone_twice_at_once(officials):
    with pytest.raises(Denied, match="is a member"):
        listed(officials, who=Person.objects.get(code="M2"))
    source = listed(officials)
    with pytest.raises(Denied, match="on a list already"):
        listed(officials, who=source.person, cell="cell_b", by=None)
    step("take_off", source)
    again = listed(officials, who=source.person, cell="cell_b", by=None, on=date(2023, 8, 1))
    assert again.person_id == source.person_id
    gone = Person.objects.get(code="M9")  # left, and may be won again
    assert listed(officials, who=gone, cell="cell_b", by=None, on=TODAY).person_id == gone.pk


@pytest.mark.parametrize("on", [TODAY + timedelta(1), date(1999, 1, 1)])
def test_no_one_is_listed_on_a_day_to_come_or_at_a_unit_not_open(officials, on):
    with pytest.raises(Denied):
        listed(officials, on=on)
    with pytest.raises(Denied):
        listed(officials, cell="upland", by=None)


def test_the_helper_is_an_official_member_of_the_cell(officials):
    source = listed(officials)
    for code in ("M3", "M4", "M9"):  # a probationer, another cell's, one who left
        with pytest.raises(Denied, match="official member of this cell"):
            helped(source, code)
    helped(source, "M1")
    with pytest.raises(Denied, match="already"):
        helped(source, "M1", TODAY)
    helped(source, "M2", date(2023, 9, 1))
    spans = Helper.objects.order_by("from_on").values_list("person__code", "from_on", "to_on")
    assert list(spans) == [("M1", DAY, date(2023, 9, 1)), ("M2", date(2023, 9, 1), None)]
    actions.end_helper(source=source, on=date(2023, 10, 1), by=None, at=AT)
    with pytest.raises(Denied, match="no helper"):
        actions.end_helper(source=source, on=date(2023, 10, 1), by=None, at=AT)


def test_a_sympathiser_has_a_helper_and_an_applicant_a_certificate_that_is_valid(officials):
    source = listed(officials)
    with pytest.raises(Denied, match="helper"):
        step("make_sympathiser", source)
    helped(source)
    step("make_sympathiser", source)
    with pytest.raises(Denied, match="certificate"):
        step("apply", source)
    certified(source, date(2018, 7, 1))  # five years to the day
    with pytest.raises(Denied, match="valid no longer"):
        step("apply", source)
    Certificate.objects.all()
    certified(source, date(2018, 7, 2))
    step("apply", source)


@pytest.mark.parametrize(
    ("born_on", "decision", "may"),
    [
        (date(2005, 8, 1), "", False),
        (date(2005, 7, 31), "", True),  # by month: 18 all through July
        (date(1963, 7, 31), "", True),  # by month: 60 all through July
        (date(1963, 6, 30), "", False),
        (date(1963, 6, 30), "5-QĐ/TU", True),
    ],
)
def test_who_applies_is_of_an_age_to_join_or_the_province_decides(officials, born_on, decision, may):
    source = listed(officials, who=person(born_on=born_on))
    helped(source)
    certified(source)
    actions.make_sympathiser(source=source, on=DAY, by=None, at=AT)

    def do():
        return actions.apply(source=source, on=date(2023, 7, 1), decision=decision, by=None, at=AT)

    if may:
        assert do().state == State.APPLICANT
    else:
        with pytest.raises(Denied):
            do()


def test_only_their_own_membership_after_the_application_admits_someone(officials):
    source = brought_to(officials, State.APPLICANT)
    with pytest.raises(Denied, match="someone else"):
        actions.admitted(source=source, membership=Membership.objects.get(person__code="M2"), by=None, at=AT)
    early = joined(source=source, on=date(2023, 5, 1), by=None, at=AT)
    with pytest.raises(Denied, match="applied only after"):
        actions.admitted(source=source, membership=early, by=None, at=AT)


def test_an_application_recorded_only_after_the_ceremony_lets_who_was_decided_on_join(officials):
    source = brought_to(officials, State.APPLICANT)
    decided = joined(source=source, on=date(2023, 5, 1), decided_on=date(2023, 4, 20), by=None, at=AT)
    assert decided.joined_on < source.applied_on
    assert actions.admitted(source=source, membership=decided, by=None, at=AT).membership == decided


@pytest.mark.parametrize("moved_on", [None, date(2023, 7, 1), date(2023, 8, 1)])
def test_who_joins_by_a_day_of_the_list_leaves_it_and_their_place_stays(officials, moved_on):
    """On the very day they were listed; on that of a move, or before it: the case is decided, the day is true."""
    day = date(2023, 7, 1) if moved_on else DAY
    source = listed(officials)
    helped(source)
    certified(source)
    actions.make_sympathiser(source=source, on=DAY, by=None, at=AT)
    actions.apply(source=source, on=DAY, by=None, at=AT)
    if moved_on:
        actions.move_source(source=source, to=officials.cell_b, on=moved_on, by=None, at=AT)
    left = actions.admitted(source=source, membership=joined(source=source, on=day, by=None, at=AT), by=None, at=AT)
    began = moved_on or DAY
    assert (left.state, left.to_on) == (State.ADMITTED, began + timedelta(days=1))
    spans = [(DAY, moved_on)] if moved_on else []
    assert list(source.places.order_by("from_on").values_list("from_on", "to_on")) == [*spans, (began, left.to_on)]
    assert signed_in(officials, "chi").get(f"/sources/{source.pk}/").status_code == 200


def test_the_task_of_a_helper_ends_on_the_page_of_the_source(officials):
    source, ana = listed(officials), signed_in(officials, "ana")
    url = f"/sources/{source.pk}/"
    assert "The helper&#x27;s task ends" not in ana.get(url).content.decode()
    assert "They have no helper." in ana.post(url, {"act": "ends", "on": "2023-09-01"}).content.decode()
    helped(source)
    assert ana.post(url, {"act": "ends", "on": "2023-05-31"}).status_code == 422  # before it began
    assert ana.post(url, {"act": "ends", "on": ""}).status_code == 422
    said = ana.post(url, {"act": "ends", "on": "2023-09-01"}, follow=True).content.decode()
    assert "The task of the helper has ended." in said
    assert Helper.objects.get().to_on == date(2023, 9, 1)


def test_another_cell_may_have_them_on_its_list(officials):
    source = listed(officials)
    helped(source)
    with pytest.raises(Denied, match="your own units"):
        actions.move_source(source=source, to=officials.cell_b, on=TODAY, by=officials.ana, at=AT)
    with pytest.raises(Denied, match="already"):
        actions.move_source(source=source, to=officials.cell_a, on=TODAY, by=officials.chi, at=AT)
    actions.move_source(source=source, to=officials.cell_b, on=TODAY, by=officials.chi, at=AT)
    assert source.places.get(to_on=None).cell == officials.cell_b
    assert not Helper.objects.filter(to_on=None).exists()


def test_a_cell_goes_through_its_list_once_a_month_and_who_does_not_stay_is_taken_off(officials):
    stays, goes = listed(officials), listed(officials, who=person("Hà Thị Lui"))
    other = listed(officials, who=person("Hà Thị Xa"), cell="cell_b", by=None)

    def review(off, on=date(2023, 7, 3)):
        return actions.review(cell=officials.cell_a, on=on, off=off, by=officials.ana, at=AT)

    with pytest.raises(Denied, match="not on the list"):
        review({other.pk: "x"})
    with pytest.raises(Denied, match="why"):
        review({goes.pk: ""})
    assert not Review.objects.exists()
    made = review({goes.pk: "Không còn nguyện vọng"})
    assert set(made.lines.values_list("source", "stays")) == {(stays.pk, True), (goes.pk, False)}
    goes.refresh_from_db()
    assert (goes.state, goes.reason, goes.to_on) == (State.TAKEN_OFF, "Không còn nguyện vọng", date(2023, 7, 3))
    with pytest.raises(Denied, match="this month"):
        review({}, date(2023, 7, 30))
    assert review({}, date(2023, 8, 1)).lines.count() == 1


@pytest.mark.parametrize("person_name", ["ana", "ben", "chi", "dan", "eva", "flo", "gus", "hoa"])
def test_whose_list_it_is_to_keep(officials, person_name):
    source = listed(officials)
    by, may = getattr(officials, person_name), person_name in ("ana", "chi")
    acts = [
        lambda: listed(officials, who=person("Hà Thị Lui"), by=person_name),
        lambda: actions.give_helper(source=source, person=Person.objects.get(code="M1"), on=DAY, by=by, at=AT),
        lambda: actions.certify(source=source, number="1", issued_on=date(2023, 3, 1), by=by, at=AT),
        lambda: actions.remark(source=source, on=DAY, text="Tốt", by=by, at=AT),
        *(lambda name=name: step(name, source, by) for name in ("make_sympathiser", "apply", "set_aside")),
        lambda: actions.review(cell=officials.cell_a, on=TODAY, off={}, by=by, at=AT),
        lambda: step("take_off", source, by),
    ]
    for act in acts:
        if may:
            act()
        else:
            with pytest.raises(Denied, match="your own units"):
                act()
    assert RoleCode.SECRETARY


def test_the_closed_list_of_priority_groups_is_there(world):
    assert Group.objects.count() == 12
