"""Figures of sources, heads and screenings: counted a second time by hand, open to their records, also after acts."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from chibo.admissions import actions, heads, screening
from chibo.admissions.models import HeadReview, Helper, Place, Screened, Screening, Source, Standing, State
from chibo.admissions.screening import Found
from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.indicators import folding, queries, registry
from chibo.indicators.evidence import Evidence
from chibo.members.models import Membership, Person, Post
from chibo.organizations.models import Unit
from chibo.portal.planning_views import missing_of
from chibo.targets.models import Target
from tests.admissions.test_steps import DAY, certified, helped, joined, listed, official, person, step
from tests.organizations.acting import do, preview, records, reverse
from tests.world import AT, TODAY

CODES = ("sources.total", "sources.with_helper", "heads.reviewed", "cells.screened")
PERIODS = ("2023-05", "2023-06", "2023-07", "2023-Q3", "2023-H1", "2023-H2", "2023")


@pytest.fixture
def officials(world):
    official(codes=["M1", "M2", "M4", "M6"], by=None, at=AT)
    return world


def figures(unit, period):
    found = queries.figures([unit.pk], Period.parse(period))[unit.pk]
    return {code: (found[code].numerator, found[code].denominator) for code in CODES if code in found}


def counted(unit, period):
    """The same by hand: from the records, in Python."""
    span = Period.parse(period)
    days = (span.first_day, span.last_day)

    def holds(row, day):
        return row.from_on <= day and (row.to_on is None or row.to_on > day)

    def here(cell):
        return cell.path.startswith(unit.path)

    places = [p for p in Place.objects.select_related("cell") if here(p.cell) and holds(p, days[1])]
    having = {h.source_id for h in Helper.objects.all() if holds(h, days[1])}
    reviews = [r for r in HeadReview.objects.select_related("post__unit") if here(r.post.unit)]
    screenings = [s for s in Screening.objects.select_related("cell") if here(s.cell)]
    found = Counter()
    found["heads.reviewed"] = sum(days[0] <= each.on <= days[1] for each in reviews)
    found["cells.screened"] = sum(days[0] <= each.on <= days[1] for each in screenings)
    said = {code: (n, None) for code, n in found.items() if n}
    if places:
        said["sources.total"] = (len(places), None)
        said["sources.with_helper"] = (sum(p.source_id in having for p in places), len(places))
    return said


def check(world, cells=("cell_a", "cell_b", "cell_c")):
    folding.fold_all(by=None, at=AT)
    for unit in (getattr(world, name) for name in ("province", "north", "south", "upland", *cells)):
        unit.refresh_from_db()
        for period in PERIODS:
            assert figures(unit, period) == counted(unit, period), (unit.code, period)
            for code, (numerator, _denominator) in figures(unit, period).items():
                rows = list(Evidence(registry.get(code), unit, Period.parse(period)).all())
                assert sum(row.numerator for row in rows) == numerator


def post(place="Thôn 10"):
    return Post.objects.get(place=place)


def review_head(health=True, on=DAY, **more):
    return heads.review_head(
        post=more.pop("post", None) or post(), on=on, conditions=True, standards=True, health=health,
        work="Tổ hòa giải", by=more.pop("by", None), at=AT,
    )  # fmt: skip


def test_figures_are_those_of_the_records_step_by_step(officials):
    check(officials)
    one, two = listed(officials), listed(officials, who=person("Hà Thị Lui"), cell="cell_b", by=None)
    check(officials)
    helped(one, on=date(2023, 6, 20))
    certified(one)
    check(officials)
    review_head()
    screening.screen(cell=officials.cell_a, year=2023, on=date(2023, 7, 30), found={}, by=None, at=AT)
    check(officials)
    actions.make_sympathiser(source=one, on=date(2023, 6, 20), by=None, at=AT)
    actions.apply(source=one, on=date(2023, 6, 25), by=None, at=AT)
    actions.admitted(source=one, membership=joined(source=one, on=date(2023, 9, 2), by=None, at=AT), by=None, at=AT)
    step("take_off", two)
    check(officials)


def test_sources_go_where_the_members_of_their_cell_go_and_come_back_when_it_is_taken_back(officials):
    one = listed(officials)
    helped(one)
    before = records()
    done = do("merge", date(2024, 1, 5), units=["A"], into="B")
    assert one.places.get(to_on=None).cell == officials.cell_b
    check(officials, cells=())
    reverse(done)
    assert one.places.get(to_on=None).cell == officials.cell_a
    assert records() == before
    done = do("merge", date(2024, 1, 5), units=["B"], into="A")
    moved = listed(officials, who=person("Hà Thị Lui"), on=date(2024, 1, 8), by=None)
    assert moved.places.get().cell == officials.cell_a
    reverse(done)
    check(officials, cells=())


def test_nobody_on_a_list_is_left_without_a_cell_nor_moved_before_they_came(officials):
    one = listed(officials, cell="cell_b", by=None, on=date(2024, 1, 8))
    plan = preview("merge", date(2024, 1, 5), units=["B"], into="A")
    assert "sources_late" in {matter.code for matter in plan.matters if matter.blocks}
    plan = preview("merge", date(2024, 1, 9), units=["B"], into="A")
    assert not plan.is_blocked
    assert {count.code: count.number for count in plan.counts}.get("sources", 1) == 1
    assert one.person.code in str([matter.records for matter in plan.matters])


def test_a_second_review_of_the_day_goes_with_the_list_or_is_refused(officials):
    given = {"person": person("Lò Văn Nhân"), "cell": officials.cell_b, "on": DAY, "by": None, "at": AT}
    source = heads.list_head(review=review_head(), **given)
    with pytest.raises(Denied, match="on the list by the review of this day"):
        review_head(health=False)
    assert review_head().source == source  # the same found again
    assert review_head(on=DAY + timedelta(days=1), health=False).source is None  # another day: another finding
    actions.take_off(source=source, on=TODAY, reason="Xin thôi", by=None, at=AT)
    again = review_head()
    assert again.source is None
    listed_again = heads.list_head(review=again, **given | {"person": source.person, "on": TODAY})
    assert HeadReview.objects.get(pk=again.pk).source == listed_again


def test_a_head_is_reviewed_qualified_or_not_and_then_listed_once(officials):
    with pytest.raises(Denied, match="member"):
        review_head(post=post("Thôn 1"))
    with pytest.raises(Denied, match="still to come"):
        review_head(on=date(2024, 1, 11))
    with pytest.raises(Denied, match="Only heads"):
        review_head(post=officials.post)
    with pytest.raises(Denied, match="your own units"):
        review_head(by=officials.dan)
    bad = review_head(health=False)
    assert (bad.is_qualified, bad.work) == (False, "Tổ hòa giải")
    given = {"person": person("Lò Văn Nhân"), "cell": officials.cell_b, "on": date(2023, 7, 1), "by": None, "at": AT}
    with pytest.raises(Denied, match="qualified"):
        heads.list_head(review=bad, **given)
    good = review_head(on=date(2023, 6, 30))
    assert good.work == ""
    source = heads.list_head(review=good, **given)
    with pytest.raises(Denied, match="already"):
        heads.list_head(review=good, **given)
    helped(source, "M4", date(2023, 7, 1))
    certified(source)
    actions.make_sympathiser(source=source, on=date(2023, 7, 2), by=None, at=AT)
    actions.apply(source=source, on=date(2023, 7, 3), by=None, at=AT)
    made = joined(source=source, on=date(2023, 9, 2), by=None, at=AT)
    actions.admitted(source=source, membership=made, by=None, at=AT)
    held = post()
    assert (held.person_id, held.holder_name, held.from_on) == (source.person_id, "", date(2022, 7, 1))
    folding.fold_all(by=None, at=AT)
    figure = queries.figures([officials.cell_b.pk], Period.parse("2023"))[officials.cell_b.pk]["village_heads.members"]
    assert (figure.numerator, figure.denominator) == (1, 1)


TO = (Standing.FIT, Standing.HELP, Standing.REMOVAL, Standing.IMPROVED, Standing.REMOVED)


def brought(world, state) -> Screened:
    """Someone screened, in a state: the member of cell D who left since."""
    gone = Person.objects.get(code="M9")
    found = {gone.pk: Found("help", "Sức khỏe", Person.objects.get(code="M8"), date(2023, 12, 1))}
    official(codes=["M8"], by=None, at=AT)
    screening.screen(
        cell=world.cell_d, year=2023, on=date(2023, 6, 1), found={} if state == Standing.FIT else found, by=None, at=AT
    )
    line = Screened.objects.get(person=gone)
    if state not in (Standing.FIT, Standing.HELP):
        screening.conclude(line=line, to=state, on=date(2023, 9, 1), outcome="", by=None, at=AT)
    return Screened.objects.get(person=gone)


@pytest.mark.parametrize("state", Standing)
def test_from_each_finding_only_what_may_follow_follows(world, state):
    for to in TO:
        line = brought(world, state) if not Screened.objects.exists() else Screened.objects.get(person__code="M9")
        if to in Screened.TRANSITIONS[Standing(state)]:
            continue
        with pytest.raises(Denied):
            screening.conclude(line=line, to=to, on=date(2023, 10, 1), outcome="", by=None, at=AT)
        assert Screened.objects.get(pk=line.pk).state == state


@pytest.mark.parametrize(
    ("state", "to"), [(state, to) for state in Standing for to in sorted(Screened.TRANSITIONS[state])]
)
def test_what_may_follow_a_finding_follows(world, state, to):
    line = brought(world, state)
    screening.conclude(line=line, to=to, on=date(2023, 10, 1), outcome="x", by=world.dan, at=AT)
    ended = Screened.objects.get(pk=line.pk)
    assert (ended.state, ended.outcome_on, ended.outcome) == (to, date(2023, 10, 1), "x")


def test_a_screening_is_whole_and_once_a_year(officials):
    m1, m2, m4 = (Person.objects.get(code=code) for code in ("M1", "M2", "M4"))
    day = date(2023, 6, 1)

    def screen(found, **more):
        given = {"cell": officials.cell_a, "year": 2023, "on": day, "by": officials.ana, "at": AT}
        return screening.screen(found=found, **(given | more))

    for wrong, said in (
        ({m4.pk: Found("removal", "x")}, "not a member of this cell"),
        ({m2.pk: Found("removal", "")}, "Say why"),
        ({m2.pk: Found("help", "x")}, "who helps"),
        ({m2.pk: Found("help", "x", m1)}, "by when"),
        ({m2.pk: Found("help", "x", m1, day)}, "by when"),
        ({m2.pk: Found("help", "x", m2, TODAY)}, "themselves"),
        ({m2.pk: Found("help", "x", m4, TODAY)}, "official member"),
        ({m2.pk: Found("gone", "x")}, "Choose"),
    ):
        with pytest.raises(Denied, match=said):
            screen(wrong)
    for more, said in (
        ({"year": 2022}, "lie in the year"),
        ({"by": officials.ben}, "your own units"),
        ({"by": officials.dan}, "your own units"),
        ({"by": officials.flo}, "your own units"),
        ({"on": date(2024, 3, 1), "year": 2024}, "still to come"),
        ({"cell": officials.upland, "by": None}, "Only cells"),
    ):
        with pytest.raises(Denied, match=said):
            screen({}, **more)
    assert not Screening.objects.exists()
    made = screen({m2.pk: Found("help", "Vắng họp", m1, TODAY)})
    assert {line.person.code: line.state for line in made.lines.select_related("person")} == {
        "M1": "fit", "M2": "help", "M3": "fit",
    }  # fmt: skip
    with pytest.raises(Denied, match="already"):
        screen({})
    line = made.lines.get(person=m2)
    with pytest.raises(Denied, match="still a member"):
        screening.conclude(line=line, to=Standing.REMOVED, on=TODAY, outcome="", by=None, at=AT)
    with pytest.raises(Denied, match="still to come"):
        screening.extend(line=line, helper=m1, until_on=TODAY, by=None, at=AT)
    assert screening.extend(line=line, helper=m1, until_on=date(2024, 7, 1), by=officials.ana, at=AT).until_on
    assert not line.is_overdue(TODAY)


@pytest.mark.parametrize(
    ("comparator", "value", "missing", "few"),
    [(">=", "2", 0, False), (">=", "4", 2, True), (">=", "3", 1, False), (">", "3", 2, True), ("=", "2.5", 1, False),
     ("<=", "2", None, False)],
)  # fmt: skip
def test_who_has_fewer_sources_than_still_to_admit_is_told(officials, comparator, value, missing, few):
    """Two joined in the province in 2023; one is on a list."""
    listed(officials, on=date(2023, 12, 1))
    folding.fold_all(by=None, at=AT)
    target = Target(comparator=comparator, value=value, indicator="members.admitted", period="2023")
    target.clean_fields(exclude=["unit"])
    year = Period.parse("2023")
    found = queries.figures([officials.province.pk], year)[officials.province.pk]
    targets = {(officials.province.pk, "members.admitted"): target}
    assert missing_of(officials.province, found, targets, year, date(2023, 12, 20)) == (missing, few)
    assert missing_of(officials.province, found, targets, year, TODAY) == (missing, False)


def test_a_former_member_may_be_won_again_and_the_first_spell_stays(officials):
    gone = Person.objects.get(code="M9")
    source = listed(officials, who=gone, by=None, on=date(2023, 9, 1))
    assert source.state == State.SOURCE
    assert Membership.objects.filter(person=gone).count() == 1
    changed = Person(pk=gone.pk, full_name="Khác", sex="f", born_on=gone.born_on)
    with pytest.raises(Denied, match="is or was a member"):
        actions.correct_source(source=source, person=changed, introduced_by="", groups=[], by=None, at=AT)
    assert Source.objects.count() == 1
    assert Unit.objects.filter(code="A").exists()
