"""How far the score of a meeting is settled, as its page and that of who judges it show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chibo.accounts.models import User
from chibo.core.components import Mark
from chibo.core.formats import day, moment, number
from chibo.meetings import course, evidence, points
from chibo.meetings.claims import Line, Unanswered, kept_claim, per_hundred
from chibo.meetings.content import GROUPS
from chibo.meetings.models import (
    CHARGE,
    Attendance,
    Confirmation,
    Deed,
    Meeting,
    Score,
    ScoreDeed,
    Scorer,
    Settled,
)
from chibo.meetings.point_forms import short
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.procedures.flow import said
from chibo.scoring.measures import MEASURES
from chibo.scoring.models import SheetVersion

MARKS: dict[str, Mark] = {
    Settled.WAITING: Mark.NONE,
    Settled.CONFIRMED: Mark.MET,
    Settled.RETURNED: Mark.MISSED,
    Settled.VOID: Mark.NONE,
}


@dataclass(frozen=True)
class Done:
    """What was done about a score: in words, by whom and when, what was said, and what the records said then."""

    title: str
    by: str
    note: str
    beside: str


@dataclass(frozen=True)
class Differing:
    """A criterion of which the cell claims other points than the records said or could say, as it was kept."""

    name: str
    points: str
    records: str
    mark: Mark


@dataclass(frozen=True)
class State:
    """How far a score is settled, and what the records say beside it."""

    mark: Mark
    title: str
    beside: str
    difference: str
    differs: Mark
    lines: list[Differing]
    deeds: list[Done]
    label: str

    @property
    def plain(self) -> State:
        """How far it is, without who did what and why: as who is only a member of the cell reads it."""
        return replace(self, title=self.label, lines=[], deeds=[])


@dataclass(frozen=True)
class Scored:
    """The points of a meeting as its page shows them, and how far they are settled."""

    scores: list[Score]
    shown: list[points.Shown]
    confirmation: Confirmation | None = None
    state: State | None = None
    course: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # the rows of the meeting's course

    @property
    def waits(self) -> bool:
        """Whether the cell's own score can be confirmed or returned."""
        given = any(each.scored_by == Scorer.SELF for each in self.scores)
        return given and (self.confirmation is None or self.confirmation.state == Settled.WAITING)

    @property
    def is_returned(self) -> bool:
        return self.confirmation is not None and self.confirmation.state == Settled.RETURNED


def scored(unit: Unit, found: Meeting, rows: Sequence[Attendance], today: date) -> Scored:
    """The points of a meeting with their sheets, what records say beside them by today, how far they are settled.

    One query.
    """
    mine = Score.objects.filter(meeting=found)
    if not unit.is_cell:
        scores = list(mine.select_related("sheet").order_by("scored_by"))
        return Scored(scores, points.shown(scores, points.Beside(None, {})), course=course.rows_of(found.pk))
    version, known = evidence.around(
        unit, found.held_on, found.kind, found.month, topic=found.topic, meeting=found,
        also=_beside,
    )  # fmt: skip
    named = {each.pk: each for each in known.also["sheets"]}
    scores = sorted(known.also["scores"], key=lambda each: each.scored_by)
    for score in scores:
        score.sheet = named.get(score.sheet_id)
    marks, spoke = {row.person_id: row.state for row in rows}, [row.person_id for row in rows if row.spoke]
    items = [each.is_done for each in known.also["items"]]
    measures = known.measures(marks, found.duration_min, spoke, items, today)
    shown = points.shown(scores, points.Beside(version.sheet if version else None, measures))
    confirmation: Confirmation | None = next(iter(known.also["confirmations"]), None)
    if confirmation is not None:
        confirmation.sheet = next(iter(known.also["kept_by"]), None)
    users, units = ({each.pk: each for each in known.also[name]} for name in ("doers", "role_units"))
    for deed in known.also["deeds"]:
        deed.by, deed.lent_by = users.get(deed.by_id), users.get(deed.lent_by_id)
        deed.role_unit = units.get(deed.role_unit_id)
    state = state_of(confirmation, known.also["deeds"][::-1]) if confirmation is not None else None
    return Scored(scores, shown, confirmation, state, known.also)


def _beside(it: evidence.Around) -> dict[str, QuerySet[Any]]:
    """What the page of a meeting shows beside what is known around it."""
    mine = Score.objects.filter(meeting=it.meeting)
    settled, deeds = Confirmation.objects.filter(meeting=it.meeting), ScoreDeed.objects.filter(meeting=it.meeting)
    doers = Q(pk__in=deeds.values("by")) | Q(pk__in=deeds.values("lent_by"))
    return course.asks(it.meeting.pk if it.meeting else 0) | {
        "scores": mine.order_by("pk"),
        "sheets": SheetVersion.objects.filter(pk__in=mine.values("sheet")).order_by("pk"),
        "kept_by": SheetVersion.objects.filter(pk__in=settled.values("sheet")).order_by("pk"),
        "confirmations": settled.order_by("pk"),
        "deeds": deeds.order_by("at", "pk"),
        "doers": User.objects.filter(doers).order_by("pk"),
        "role_units": Unit.objects.filter(pk__in=deeds.values("role_unit")).order_by("pk"),
    }


def state_of(confirmation: Confirmation, deeds: Sequence[ScoreDeed]) -> State:
    """How far a score is settled, with what was done about it, the newest first. No query, if the sheet is at hand."""
    state = Settled(confirmation.state)
    last = deeds[0] if deeds else None
    title = str(state.label)
    if state == Settled.WAITING:
        title = _("Waits to be confirmed since %(day)s") % {"day": day(confirmation.since)}
    elif last is not None and state == Settled.CONFIRMED:
        title = _("Confirmed by %(who)s on %(when)s") % {"who": who(last), "when": moment(last.at)}
        if confirmation.own_points:
            title += " · " + _("with points of their own")
    elif last is not None and state == Settled.RETURNED:
        title = _("Returned by %(who)s on %(when)s: %(why)s")
        title %= {"who": who(last), "when": moment(last.at), "why": last.note}
    sums = (confirmation.claimed, confirmation.proposed, confirmation.most)
    told, mark = difference(*sums)
    claim = kept_claim(confirmation.evidence)
    lines = [_differing(each, confirmation.sheet) for each in claim.lines if each.differs]
    lines += [_unanswered(each, confirmation.sheet) for each in claim.unanswered]
    return State(
        MARKS[state], title, beside(*sums), told, mark, lines, [_done(each) for each in deeds], str(state.label)
    )


def _named(code: str, version: SheetVersion | None) -> str:
    """What a criterion is called, or a group of the 100-point sheet."""
    criterion = version.sheet.criterion(code) if version is not None else None
    if criterion is None and code[1:].isdecimal():
        return str(GROUPS[int(code[1:]) - 1])
    return said(criterion.name) if criterion is not None else code


def _unanswered(line: Unanswered, version: SheetVersion | None) -> Differing:
    words = {"claimed": short(line.claimed), "most": short(line.most)}
    return Differing(
        _named(line.code, version), _("claimed %(claimed)s of %(most)s, no record") % words, "", Mark.NONE
    )  # fmt: skip


def _differing(line: Line, version: SheetVersion | None) -> Differing:
    words = {"claimed": short(line.claimed), "records": short(line.proposed), "most": short(line.most)}
    known = [
        f"{MEASURES[code].name}: {MEASURES[code].told(Fraction(value))}"
        for code, value in line.records.items()
        if code in MEASURES
    ]
    text = _("claimed %(claimed)s, records %(records)s of %(most)s") % words
    mark = Mark.MISSED if line.claimed > line.proposed else Mark.NEAR
    return Differing(_named(line.code, version), text, "; ".join(known), mark)


def beside(claimed: Decimal, proposed: Decimal, most: Decimal) -> str:
    """What is claimed beside what the records say, in a sentence."""
    if not most:
        return _("The records answer for none of its points.")
    words = _("Of %(most)s points for which records answer, the cell claims %(claimed)s, the records say %(proposed)s.")
    return words % {"most": short(most), "claimed": short(claimed), "proposed": short(proposed)}


def difference(claimed: Decimal, proposed: Decimal, most: Decimal) -> tuple[str, Mark]:
    """How far a claim is from the records, of each hundred points, in words; and its mark."""
    more = per_hundred(claimed, proposed, most)
    if more is None:
        return "–", Mark.NONE
    if not more:
        return _("none"), Mark.MET
    words = {"n": number(abs(more), 1)}
    if more > 0:
        return _("%(n)s of 100 more than the records") % words, Mark.MISSED
    return _("%(n)s of 100 less than the records") % words, Mark.NEAR


def who(deed: ScoreDeed) -> str:
    """Who did something about a score, by which right, and for whom."""
    name = str(deed.by) if deed.by is not None else _("the program")
    if deed.lent_by is not None:
        name = _("%(name)s, acting for %(other)s") % {"name": name, "other": deed.lent_by}
    if deed.role == CHARGE:
        return _("%(name)s (in charge of the cell)") % {"name": name}
    if deed.role and deed.role_unit is not None:
        role = RoleCode(deed.role).label if deed.role in RoleCode.values else deed.role
        return _("%(name)s (%(role)s, %(unit)s)") % {"name": name, "role": role, "unit": deed.role_unit.name}
    return name


def _done(deed: ScoreDeed) -> Done:
    words = {"who": who(deed), "when": moment(deed.at)}
    sums = beside(deed.claimed, deed.proposed, deed.most)
    if deed.total is not None:
        sums = _("%(total)s points claimed.") % {"total": short(deed.total)} + " " + sums
    return Done(str(Deed(deed.deed).label), _("By %(who)s on %(when)s") % words, deed.note, sums)
