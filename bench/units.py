"""Acts on units of many members, taking them back, and the tree of a past day of a province."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bench.measure import line, milliseconds

COMMUNES, CELLS, MEMBERS = 2, 30, 100  # a commune has 3,000 members
BROAD = 2_700  # more cells under the province, moved about once
ON = date(2024, 1, 5)
BARE = """
select u.id, u.code, u.name, u.kind, l.path from organizations_lineage l join organizations_unit u on u.id = l.unit_id
where l.path like %s and l.from_on <= %s and (l.to_on is null or l.to_on > %s) order by l.path
"""
COUNTED = "select count(*) from members_stay s join organizations_unit u on u.id = s.cell_id where u.path like %s"


def main() -> None:
    """Found two communes and a broad province, merge them to and fro, and ask for the tree as it was."""
    from django.db import connection

    from chibo.core import clock
    from chibo.organizations import acts, queries, standing
    from chibo.organizations.models import Unit
    from chibo.organizations.planning import Asked

    now = clock.now()
    _grow(by=None, at=now)
    province = Unit.objects.get(code="BX")
    cursor = connection.cursor()

    def ask(sql: str, *parameters: object) -> None:
        cursor.execute(sql, parameters)
        cursor.fetchall()

    def merge(asked: Asked) -> None:
        done.append(acts.do(asked=asked, by=None, at=now))

    def back() -> None:
        acts.reverse(act=done.pop(), by=None, at=now)

    counted = milliseconds(lambda: ask(COUNTED, province.path + "%"), 5)
    done: list[Any] = []
    for name, units, into, limit in (
        ("merge two communes of 3,000 members", ["BX-0"], "BX-1", 3000),
        ("merge two cells of 1,500 members", ["BX-B0"], "BX-B1", None),
    ):
        asked = Asked("merge", ON, "1-QĐ", {"units": units, "into": into})
        taken = milliseconds(lambda asked=asked: acts.preview(asked, now.date()), 5)
        line(f"preview: {name}", taken, limit, counted, "counting them by SQL")
        doing, undoing, looking = [], [], []
        for _ in range(5):
            doing += milliseconds(lambda asked=asked: merge(asked))
            looking += milliseconds(lambda: standing.in_the_way(done, now.date()))
            undoing += milliseconds(back)
        line(name, doing, limit, counted, "counting them by SQL")
        line("what stands in the way of reversing", looking, None, counted, "counting them by SQL")
        line("taken back", undoing, limit, counted, "counting them by SQL")

    then = date(2023, 6, 30)
    assert len(queries.tree_on(province, then)) > BROAD
    taken = milliseconds(lambda: queries.tree_on(province, then), 20)
    bare = milliseconds(lambda: ask(BARE, province.path + "%", then, then), 20)
    line(f"tree of a past day, {BROAD:,} units", taken, 50, bare, "paths by SQL")
    cursor.close()


def _grow(*, by: Any, at: Any) -> None:
    """A province beside the sample's, with communes of many members and a great many cells."""
    from chibo.core.actions import action
    from chibo.core.spans import EVER
    from chibo.members.actions import restay
    from chibo.members.models import Membership, Person
    from chibo.organizations.actions import relineage
    from chibo.organizations.models import ParentLink, Unit

    @action("bench.grown")
    def grow(*, by: Any, at: Any) -> None:
        units: dict[str, Unit] = {}
        above: dict[str, str] = {}

        def unit(code: str, kind: str, under: str) -> None:
            units[code] = Unit(
                code=code, name=code, kind=kind, founded_on=date(2000, 1, 1), sort_key=code, search_key=code.lower()
            )  # fmt: skip
            above[code] = under

        unit("BX", "province", "TW")
        for commune in range(COMMUNES):
            unit(f"BX-{commune}", "grassroots_committee", "BX")
            for cell in range(CELLS):
                unit(f"BX-{commune}-{cell}", "cell", f"BX-{commune}")
        unit("BX-B", "grassroots_committee", "BX")
        for cell in range(2):
            unit(f"BX-B{cell}", "cell", "BX-B")
        for n in range(BROAD):
            if n % 10 == 0:
                unit(f"BX-K{n}", "grassroots_committee", "BX")
            else:
                unit(f"BX-C{n}", "cell", f"BX-K{n - n % 10}")
        Unit.objects.bulk_create(units.values(), batch_size=1000)
        known = {**units, "TW": Unit.objects.get(code="TW")}
        links = []
        for code, under in above.items():
            moved = code.startswith("BX-C")
            day = date(2023, 7, 1) + timedelta(days=len(links) % 90)
            first = known["BX-B"] if moved else known[under]
            links.append(ParentLink(unit=units[code], parent=first, from_on=EVER, to_on=day if moved else None))
            if moved:
                links.append(ParentLink(unit=units[code], parent=known[under], from_on=day, prev_to=day))
        ParentLink.objects.bulk_create(links, batch_size=1000)
        relineage([each.pk for each in units.values()])
        homes = [f"BX-{commune}-{cell}" for commune in range(COMMUNES) for cell in range(CELLS)] * MEMBERS
        homes += ["BX-B0", "BX-B1"] * 1500
        people = [
            Person(code=f"BX{n}", full_name=f"BX{n}", sex="f", born_on=date(1990, 1, 1), sort_key="", search_key="")
            for n in range(len(homes))
        ]
        Person.objects.bulk_create(people, batch_size=1000)
        joined = date(2015, 2, 3)
        spells = [
            Membership(person=p, cell=units[home], joined_on=joined) for p, home in zip(people, homes, strict=True)
        ]
        Membership.objects.bulk_create(spells, batch_size=1000)
        restay([spell.pk for spell in spells])

    grow(by=by, at=at)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("analyze")
