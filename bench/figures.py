"""Figures of a unit and year from the store, from a write to the changed district figure, and a rebuild."""

from __future__ import annotations

from bench.measure import line, milliseconds
from chibo.indicators.stored import THEN, added

STORED = f"""
select indicator_id, sum({added("n")}), sum({added("d")}) from {THEN} s
where unit_id = %s and year = 2023 group by indicator_id
"""
COUNTED = """
select count(*) filter (where a.state = 'present'), count(*)
from meetings_attendance a join meetings_meeting m on m.id = a.meeting_id
join organizations_unit u on u.id = m.unit_id
where u.path like %s and m.kind in ('regular', 'thematic') and m.month between '2023-01-01' and '2023-12-01'
"""


def main() -> None:
    """Ask and write in the loaded and folded sample."""
    from django.db import connection

    from chibo.core import clock
    from chibo.core.actions import action
    from chibo.core.periods import Period
    from chibo.indicators import folding, queries, registry
    from chibo.indicators.tables import sql_of
    from chibo.meetings.models import Attendance
    from chibo.organizations.models import Unit

    now, year = clock.now(), Period.parse("2023")
    district = Unit.objects.get(code="HU-TD")
    cursor = connection.cursor()

    def ask(sql: str, parameters: list[object]) -> None:
        cursor.execute(sql, parameters)
        cursor.fetchall()

    taken = milliseconds(lambda: queries.figures([district.pk], year), 200)
    bare = milliseconds(lambda: ask(STORED, [district.pk]), 200)
    line("figures of the district and year", taken, 10, bare, "the sums by SQL")

    mark = Attendance.objects.filter(meeting__month="2023-06-01").order_by("pk")[0]
    states = ("present", "absent")

    @action("bench.marked")
    def write(*, by: None, at: object) -> None:
        mark.state = states[mark.state == "present"]
        mark.save(update_fields=["state"])

    def from_write_to_figure() -> None:
        before = queries.figures([district.pk], year)[district.pk]["meetings.attendance"].numerator
        write(by=None, at=now)
        folding.fold_all(by=None, at=now)
        assert queries.figures([district.pk], year)[district.pk]["meetings.attendance"].numerator != before

    taken = milliseconds(from_write_to_figure, 20)
    bare = milliseconds(lambda: ask(COUNTED, [f"{district.path}%"]), 20)
    line("write, fold, changed district figure", taken, 5000, bare, "counting it by SQL")

    def facts() -> None:
        for code in registry.codes():
            inner = f"select unit, day, sum(numerator), sum(denominator) from ({sql_of(code)}) f"
            ask(inner + " where day between %s and %s group by 1, 2", [year.first_day, year.last_day])

    taken = milliseconds(lambda: folding.rebuild(by=None, at=now), 3)
    line("rebuild of all years kept", taken, None, milliseconds(facts, 3), "the facts of one year")
    cursor.close()
