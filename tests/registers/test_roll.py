"""Who is, came and went in a unit in a quarter: counted a second time by hand, and against the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date as _D
from datetime import timedelta

from chibo.core.actions import action
from chibo.core.periods import Period
from chibo.members.actions import restay
from chibo.members.life_models import Exemption
from chibo.members.models import Departure, Membership, Person, Reason, Stay, TemporaryStay, Transfer
from chibo.organizations import actions as organizations
from chibo.organizations.models import Lineage, Unit
from chibo.registers.roll import GOING, IN, LABELS, OUT, OWN, TOTAL, numbers_in, numbers_of, sheets_of
from tests.world import AT

QUARTERS = [Period(year, "quarter", n) for year in (2022, 2023, 2024) for n in (1, 2, 3, 4)]


def under(unit, cell, day, lines):
    """Whether a cell stood under a unit on a day, by hand."""
    for each in lines[cell]:
        if each.from_on <= day and (each.to_on is None or each.to_on > day):
            return str(unit) in each.path.split("/")
    return False


def by_hand(unit, quarter):
    """The numbers of a quarter, walked day by day."""
    counted, lines = Counter(), defaultdict(list)
    for each in Lineage.objects.order_by("pk"):
        lines[each.unit_id].append(each)
    days = [quarter.first_day + timedelta(days=n) for n in range(-1, (quarter.last_day - quarter.first_day).days + 1)]
    for membership in Membership.objects.all():
        departure = Departure.objects.filter(membership=membership).first()
        stays = list(Stay.objects.filter(membership=membership))

        def there(day, stays=stays):
            for stay in stays:
                if stay.from_on <= day and (stay.to_on is None or stay.to_on > day):
                    return under(unit, stay.cell_id, day, lines)
            return False

        presence = [there(day) for day in days]
        if presence[0]:
            counted["before"] += 1
        for n in range(1, len(days)):
            if presence[n] and not presence[n - 1]:
                counted["admitted" if days[n] == membership.joined_on else IN] += 1
            if presence[n - 1] and not presence[n]:
                counted[departure.reason if departure and departure.on == days[n] else OUT] += 1
        last = days[-1]
        guest = [
            under(unit, t.cell_id, last, lines)
            for t in TemporaryStay.objects.filter(membership=membership)
            if t.from_on <= last and (t.to_on is None or t.to_on > last)
        ]
        if presence[-1]:
            counted[TOTAL] += 1
            is_official = membership.official_on and membership.official_on <= last
            counted["official" if is_official else "probationary"] += 1
            over = Exemption.objects.filter(membership=membership, from_on__lte=last, to_on__gt=last)
            counted["exempt"] += bool(membership.exempt_from and membership.exempt_from <= last) or over.exists()
            counted["away"] += bool(guest) and not all(guest)
        elif any(guest):
            counted["here"] += 1
    return {word: n for word, n in counted.items() if n}


@action("tests.stirred")
def stir(*, world, by, at):
    """Official and exempt members, one who goes and comes back, one who is a guest in the next unit."""
    spells = {code: Membership.objects.get(person__code=code) for code in Person.objects.values_list("code", flat=True)}
    Membership.objects.filter(person__code__in=["M1", "M4", "M8"]).update(official_on=_D(2020, 1, 1))
    Membership.objects.filter(person__code="M4").update(exempt_from=_D(2023, 5, 1))
    Exemption.objects.create(membership=spells["M8"], from_on=_D(2022, 11, 1), to_on=_D(2023, 10, 1))
    for code, cell, on, kind in (
        ("M1", "cell_c", _D(2023, 4, 10), "official"),
        ("M1", "cell_a", _D(2023, 5, 20), "official"),
        ("M4", "cell_a", _D(2023, 6, 1), "official"),
        ("M6", "cell_b", _D(2023, 8, 1), "temporary"),
        ("M7", "cell_d", _D(2023, 10, 5), "official"),
    ):
        Transfer.objects.create(membership=spells[code], to_cell=getattr(world, cell), on=on, kind=kind)
    Departure.objects.create(membership=spells["M3"], on=_D(2023, 10, 1), reason="resigned")
    restay([spell.pk for spell in spells.values()])


def test_the_numbers_of_every_unit_and_quarter_are_those_of_walking_day_by_day(world):
    stir(world=world, by=None, at=AT)
    organizations.move(unit=world.cell_b, to=world.lowland, on=_D(2023, 11, 15), decision="", by=None, at=AT)
    for unit in Unit.objects.all():
        for quarter in QUARTERS:
            sheets = sheets_of(unit, quarter)
            assert numbers_in(sheets) == numbers_of(unit, quarter) == by_hand(unit.pk, quarter), (unit.code, quarter)


def test_what_there_was_and_what_came_and_went_make_what_there_is(world):
    stir(world=world, by=None, at=AT)
    for unit in Unit.objects.all():
        for quarter in QUARTERS:
            n = Counter(numbers_of(unit, quarter))
            came, went = n["admitted"] + n[IN], n[OUT] + sum(n[word] for word in GOING)
            assert n["before"] + came - went == n[TOTAL]
            assert n["official"] + n["probationary"] == n[TOTAL]


def test_what_adds_up_is_the_sum_of_the_units_below(world):
    stir(world=world, by=None, at=AT)
    for parent in (world.province, world.upland, world.lowland):
        for quarter in QUARTERS:
            below = Counter()
            for child in Unit.objects.under(parent, quarter.last_day):
                below.update(numbers_of(child, quarter))
            own = Counter(numbers_of(parent, quarter))
            assert {w: n for w, n in own.items() if w not in OWN} == {w: n for w, n in below.items() if w not in OWN}


def test_every_word_has_its_words(world):
    assert set(Reason.values) == GOING < set(LABELS)
    assert set(LABELS) > OWN
