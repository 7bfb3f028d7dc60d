"""The figures of guidance counted a second time: row by row from the records, without the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from chibo.agendas.models import HandedTopic, Notice, NoticeRule, Reading, Topic
from chibo.committees.models import Charge, Visit
from chibo.files.models import Entry
from chibo.guidance.models import CrossVisit, GuideYear, Norm, SupportPlan
from chibo.meetings.models import Attendance, Guest, Meeting, Score
from chibo.members.models import ON_COMMITTEE, Post
from chibo.organizations.models import Unit
from chibo.resolutions.models import Adoption, Rule, Signature, Task
from tests.reference import first_day, last_day, periods_of, quarters_of
from tests.reference_registers import _line

Fact = tuple[Unit, date, int, int | None]


def end_of(day: date) -> date:
    return last_day(f"{day:%Y-%m}")


def holding(rows: Iterable[Any], day: date) -> Any:
    return next((row for row in rows if row.from_on <= day and (row.to_on is None or day < row.to_on)), None)


class Counted:
    """What the records say, by the code of each figure."""

    def __init__(self) -> None:
        every = Meeting.objects.filter(withdrawal=None).select_related("unit").order_by("held_on", "pk")
        self.all = [meeting for meeting in every if meeting.unit.is_cell]
        self.recorded = [meeting for meeting in self.all if meeting.recorded_at]
        self.regular = [meeting for meeting in self.recorded if meeting.kind == "regular"]
        self.marks = defaultdict(list)
        for row in Attendance.objects.order_by("pk"):
            self.marks[row.meeting_id].append(row)
        self.norms = list(Norm.objects.order_by("pk"))
        self.notice_rules, self.rules = list(NoticeRule.objects.order_by("pk")), list(Rule.objects.order_by("pk"))
        self.lines: dict[tuple[int, date], list[str]] = {}
        self.locked: dict[int, date] = {}
        for row in Signature.objects.filter(locks=True).select_related("revision__minutes").order_by("-on"):
            self.locked[row.revision.minutes.meeting_id] = row.on

    def line(self, unit: Unit, day: date) -> list[str]:
        """A unit and all above it on a day; found once."""
        if (unit.pk, day) not in self.lines:
            self.lines[unit.pk, day] = _line(unit, day)
        return self.lines[unit.pk, day]

    def norm(self, what: str, day: date) -> int:
        return holding([norm for norm in self.norms if norm.what == what], day).number

    def notice(self, meeting: Meeting) -> Notice | None:
        same = Notice.objects.filter(unit=meeting.unit, month=meeting.month, kind="regular", status="given")
        return next((each for each in same.order_by("pk") if each.given_on <= meeting.held_on), None)

    def of_meetings(self, code: str) -> Iterator[Fact]:
        """A fact of each meeting that counts."""
        asked = getattr(self, "of_" + code.partition(".")[2])
        among = self.regular if code != "meetings.absent" else [m for m in self.recorded if m.kind != "committee"]
        for meeting in among:
            found = asked(meeting)
            if found is not None:
                n, d = found if isinstance(found, tuple) else (int(found), 1)
                yield meeting.unit, end_of(meeting.month), n, d

    def of_on_time(self, m: Meeting) -> Any:
        return (m.held_on.year, m.held_on.month) == (m.month.year, m.month.month)

    def of_duration(self, m: Meeting) -> Any:
        return None if m.duration_min is None else m.duration_min >= self.norm("duration", m.held_on)

    def of_well_attended(self, m: Meeting) -> Any:
        states = [mark.state for mark in self.marks[m.pk]]
        over = self.norm("attendance", m.held_on)
        return states.count("present") / len(states) > over / 100 if states else None

    def of_absent(self, m: Meeting) -> Any:
        states = [mark.state for mark in self.marks[m.pk]]
        return (states.count("absent"), len(states)) if states and m.kind in ("regular", "thematic") else None

    def of_scored(self, m: Meeting) -> Any:
        return Score.objects.filter(meeting=m).exists()

    def of_minutes(self, m: Meeting) -> Any:
        return m.pk in self.locked

    def of_procedure(self, m: Meeting) -> Any:
        done = [item.is_done for item in m.items.order_by("place")]
        return all(done) and Adoption.objects.filter(revision__minutes__meeting=m).exists() if done else None

    def of_final_papers(self, m: Meeting) -> Any:
        days = holding(self.rules, m.held_on).final_days
        return m.pk in self.locked and (self.locked[m.pk] - m.held_on).days <= days

    def of_prepared_minuted(self, m: Meeting) -> Any:
        met = [c for c in self.all if c.kind == "committee" and c.unit == m.unit and c.month == m.month]
        return any(c.held_on <= m.held_on and c.pk in self.locked for c in met)

    def of_noticed(self, m: Meeting) -> Any:
        rule, notice = holding(self.notice_rules, m.held_on), self.notice(m)
        return notice is not None and (m.held_on - notice.given_on).days >= rule.days

    def of_papers(self, m: Meeting) -> Any:
        notice = self.notice(m)
        return None if notice is None else notice.papers.exists()

    def of_papers_in_time(self, m: Meeting) -> Any:
        rule, notice = holding(self.notice_rules, m.held_on), self.notice(m)
        if notice is None or not notice.papers.exists():
            return None
        there = [notice.given_on, *(paper.on for paper in notice.papers.order_by("pk"))]
        return all(day is not None and (m.held_on - day).days >= rule.days for day in there)

    def of_papers_read(self, m: Meeting) -> Any:
        notice, marked = self.notice(m), self.marks[m.pk]
        here = [] if notice is None else [each for each in notice.papers.order_by("pk") if each.paper.has_file]
        if not here or not marked:
            return None
        read = Reading.objects.filter(paper__in=here, on__lte=m.held_on).order_by()
        people = set(read.values_list("person", flat=True))
        return sum(mark.person_id in people for mark in marked), len(marked)

    def of_in_charge(self, m: Meeting) -> Any:
        charges = [c for c in Charge.objects.filter(over_unit=m.unit).order_by("pk") if c.holds_on(m.held_on)]
        came = Guest.objects.filter(meeting=m, person__in=[c.person_id for c in charges]).exists()
        return came or Visit.objects.filter(charge__in=charges, on=m.held_on).exists() if charges else None

    # by year, quarter or day

    def members_absent_running(self) -> Iterator[Fact]:
        for (unit, year, _person), marks in self._marked().items():
            running = most = 0
            for mark in marks:
                running = running + 1 if mark.state == "absent" else 0
                most = max(most, running)
            if most >= self.norm("running", date(year, 12, 31)):
                yield unit, date(year, 12, 31), 1, None

    def members_absent_months(self) -> Iterator[Fact]:
        for (unit, year, _person), marks in self._marked().items():
            months = {mark.meeting.month for mark in marks if mark.state == "absent"}
            if len(months) >= self.norm("months", date(year, 12, 31)):
                yield unit, date(year, 12, 31), 1, None

    def _marked(self) -> dict[tuple[Unit, int, int], list[Attendance]]:
        found = defaultdict(list)
        for meeting in self.recorded:
            for mark in self.marks[meeting.pk] if meeting.kind in ("regular", "thematic") else []:
                mark.meeting = meeting
                found[meeting.unit, meeting.month.year, mark.person_id].append(mark)
        return found

    def cells_well_attended(self) -> Iterator[Fact]:
        of = defaultdict(list)
        for (unit, year, _person), marks in self._marked().items():
            of[unit, year] += [mark.state for mark in marks]
        for (unit, year), states in of.items():
            over = self.norm("attendance", date(year, 12, 31))
            yield unit, date(year, 12, 31), int(states.count("present") * 100 > over * len(states)), 1

    def tasks_in_time(self) -> Iterator[Fact]:
        for task in Task.objects.exclude(state="dropped").select_related("resolution__unit").order_by("pk"):
            yield task.resolution.unit, task.due_on, int(bool(task.done_on and task.done_on <= task.due_on)), 1

    def _topics(self) -> Iterator[tuple[Unit, date, list[Topic]]]:
        for handed in HandedTopic.objects.filter(withdrawn_on=None).order_by("pk"):
            end = end_of(handed.quarter + timedelta(62))
            for cell in self.cells_under(handed.unit, end):
                if handed.to_all or handed.cells.filter(pk=cell.pk).exists():
                    taken = Topic.objects.filter(unit=cell, handed=handed, month__range=(handed.quarter, end))
                    yield cell, end, list(taken.order_by("pk"))

    def topics_planned(self) -> Iterator[Fact]:
        for cell, end, taken in self._topics():
            yield cell, end, int(bool(taken)), 1

    def topics_done(self) -> Iterator[Fact]:
        for cell, end, taken in self._topics():
            months = {topic.month for topic in taken}  # it may stand in the plan twice
            held = [m for m in self.all if m.unit == cell and m.month in months]
            yield cell, end, int(any(m.kind == "thematic" or (m.kind == "regular" and m.topic) for m in held)), 1

    def cells_guide_regular(self, of: str = "regular") -> Iterator[Fact]:
        chosen: dict[tuple[int, int], int] = {}
        cells = {cell.pk: cell for cell in Unit.objects.order_by("pk")}
        for year in GuideYear.objects.filter(of=of).order_by("pk"):
            picked = set(year.chosen.order_by().values_list("cell", flat=True))
            for cell in self.cells_under(year.unit, date(year.year, 12, 31)):
                chosen[cell.pk, year.year] = chosen.get((cell.pk, year.year), 0) or int(cell.pk in picked)
        for (pk, number), is_chosen in chosen.items():
            yield cells[pk], date(number, 12, 31), is_chosen, 1

    def cells_guide_thematic(self) -> Iterator[Fact]:
        return self.cells_guide_regular("thematic")

    def cells_cross_visits(self) -> Iterator[Fact]:
        for visit in CrossVisit.objects.select_related("cell").order_by("pk"):
            yield visit.cell, visit.on, 1, None

    def committees_visits(self) -> Iterator[Fact]:
        for visit in Visit.objects.exclude(charge__over_unit=None).order_by("pk"):
            yield visit.charge.over_unit, visit.on, 1, None

    def committees_trained(self) -> Iterator[Fact]:
        """Whose file has a training in a year: any day of it lies there."""
        days: dict[int, set[int]] = defaultdict(set)
        for entry in Entry.objects.filter(group="training", struck_because="").order_by("pk"):
            last = entry.to_on - timedelta(1) if entry.to_on else entry.from_on
            first = entry.from_on or last
            days[entry.person_id] |= set(range(first.year, last.year + 1)) if first and last else set()
        for unit in [each for each in Unit.objects.order_by("pk") if each.is_cell]:
            here = {m.month.year for m in self.recorded if m.kind != "committee" and m.unit_id == unit.pk}
            for year in (2022, 2023, 2024):
                if year not in here:
                    continue
                end = date(year, 12, 31)
                held = Post.objects.filter(unit=unit, post__in=ON_COMMITTEE, from_on__lte=end).order_by("pk")
                people = {p.person_id for p in held if p.person_id and (p.to_on is None or p.to_on > end)}
                for person in people:
                    yield unit, end, int(year in days[person]), 1

    def cells_supported(self) -> Iterator[Fact]:
        for plan in SupportPlan.objects.select_related("cell").order_by("pk"):
            for year in (2022, 2023, 2024):
                for month in range(1, 13):
                    day = end_of(date(year, month, 1))
                    if plan.named_on <= day and (plan.closed_on is None or day < plan.closed_on):
                        yield plan.cell, day, 1, None

    def cells_mended(self) -> Iterator[Fact]:
        for plan in SupportPlan.objects.select_related("cell").order_by("pk"):
            in_time = plan.closed_on is not None and plan.closed_on <= plan.until
            yield plan.cell, plan.until, int(in_time and plan.outcome == "mended"), 1

    def cells_under(self, unit: Unit, day: date) -> list[Unit]:
        cells = [each for each in Unit.objects.order_by("pk") if each.is_cell]
        open_then = [c for c in cells if c.founded_on <= day and not (c.closed_on and c.closed_on <= day)]
        return [cell for cell in open_then if unit.code in self.line(cell, day)]

    def figures(self, codes: Iterable[str], stocks: Iterable[str]) -> dict[str, dict[tuple[str, str], list[int]]]:
        """`{period: {(unit, code): [numerator, denominator]}}` of 2023 and the year after, what is nothing left out."""
        found: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(dict)
        spans = [(text, first_day(text), last_day(text)) for text in (*periods_of(2023), *periods_of(2024))]
        for code in codes:
            own = getattr(self, code.replace(".", "_"), None)
            for unit, day, n, d in own() if own else self.of_meetings(code):
                for period, first, last in spans:
                    if not (last if code in stocks else first) <= day <= last or not _said(code, period):
                        continue
                    for above in self.line(unit, day):
                        sums = found[period].setdefault((above, code), [0, 0])
                        sums[0] += n
                        sums[1] += d or 0
        return {p: {key: sums for key, sums in of.items() if any(sums)} for p, of in found.items()}


YEARS = ("committees.trained", "members.absent_running", "members.absent_months", "cells.well_attended",
         "cells.guide_regular", "cells.guide_thematic")  # fmt: skip


def _said(code: str, period: str) -> bool:
    """A figure of years is said of years, one of quarters of what holds a quarter."""
    if code in YEARS:
        return "-" not in period
    return not code.startswith("topics.") or bool(quarters_of(period))
