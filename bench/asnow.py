"""The past on today's tree beside the same as it stood then, after cells of some communes were put under others."""

from __future__ import annotations

from datetime import timedelta

from bench.measure import line, milliseconds


def main() -> None:
    """Move, fold, and ask both ways."""
    from chibo.core import clock
    from chibo.core.actions import Denied
    from chibo.core.periods import Period
    from chibo.indicators import folding, queries, registry
    from chibo.indicators.evidence import Evidence
    from chibo.organizations.actions import move
    from chibo.organizations.models import Unit
    from chibo.organizations.trees import Tree, units_under
    from chibo.portal.queries import DEFAULT_LIMIT, cell_years

    now, year = clock.now(), Period.parse("2023")
    today, district = now.date(), Unit.objects.get(code="HU-TD")
    communes = list(Unit.objects.under(district, today).filter(kind="grassroots_committee").order_by("code"))
    moved = 0
    for source, target in zip(communes[::2], communes[1::2], strict=False):  # one into the one beside it
        for cell in Unit.objects.under(source, today).cells().open_on(today).order_by("code"):
            try:
                move(unit=cell, to=target, on=today - timedelta(days=2), decision="1-QĐ", by=None, at=now)
            except Denied:
                continue
            moved += 1
    folded = milliseconds(lambda: folding.fold_all(by=None, at=now))
    print(f"{moved} cells of {len(communes) // 2} communes moved; folded in {folded[0]:.0f} ms")

    def both(name: str, ask: object, asked: float | None, times: int) -> None:
        then, as_now = (milliseconds(lambda tree=tree: ask(tree), times) for tree in Tree)  # type: ignore[misc, operator]
        line(name, as_now, asked, then, "as then")

    ids = [unit.pk for unit in communes]
    both("figures as now, district and year", lambda tree: queries.figures([district.pk], year, tree=tree), 10, 200)
    both("figures as now, all its communes", lambda tree: queries.figures(ids, year, tree=tree), None, 50)
    both(
        "cells by months as now, a page",
        lambda tree: cell_years(district, year, today, DEFAULT_LIMIT, size=51, tree=tree), None, 20,
    )  # fmt: skip
    both("units below as now", lambda tree: list(units_under(district, year, tree, today).order_by("pk")), None, 50)
    attendance = registry.get("meetings.attendance")
    both("evidence as now, a page", lambda tree: Evidence(attendance, district, year, tree=tree).page(), None, 10)
    taken = milliseconds(lambda: folding.rebuild(by=None, at=now), 2)
    print(f"rebuild with shifts {min(taken):.0f} ms")
