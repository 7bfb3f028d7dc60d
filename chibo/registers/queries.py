"""The register of a unit: who was in it, came or went between two days, as the form has it; page by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from chibo.core.periods import FIRST_YEAR, Period
from chibo.core.spans import holding
from chibo.exchange.sheets import ask
from chibo.members.models import Exemption, Membership, Post, Reason, Stay
from chibo.members.queries import near
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.registers.columns import Place, texts
from chibo.registers.models import Confirmation, Deadline, RegisterReminder
from chibo.registers.roll import PLACES, in_register, last_over

TOGETHER = 1000  # rows of a workbook whose facts are asked together
# Every piece of time someone was in the unit, with the cell they came from or went to, if they moved by themselves.
TIMES = f"""
with {PLACES}
select s.membership_id, s.cell_id, c.name, c.code, s.from_on, s.to_on, s.begins, s.ends,
       a.code, a.name, a.path, b.code, b.name, b.path
from spans s join organizations_unit c on c.id = s.cell_id
left join members_stay was on was.membership_id = s.membership_id and was.to_on = s.from_on
left join organizations_unit a on a.id = was.cell_id
left join members_stay goes on goes.membership_id = s.membership_id and goes.from_on = s.to_on
left join organizations_unit b on b.id = goes.cell_id
where s.membership_id = any(%(memberships)s) order by s.from_on
"""
AWAY = """
select t.membership_id, c.code, c.name, c.path
from members_temporarystay t join organizations_unit c on c.id = t.cell_id
where t.membership_id = any(%(memberships)s) and t.from_on <= %(last)s and (t.to_on is null or t.to_on > %(last)s)
"""


@dataclass(frozen=True)
class Span:
    """The days a register is of: who came or went within them, who is there on the last."""

    first: date
    last: date

    @classmethod
    def until(cls, on: date) -> Span:
        """From the beginning of its quarter to a day."""
        return cls(Period(on.year, "quarter", (on.month + 2) // 3).first_day, on)


def waiting_of(unit: Unit, today: date) -> QuerySet[Deadline, Any]:
    """("register", due day, who reminded) if the quarter over last is due and not confirmed, for one union with others.

    Nothing where no days are laid down.
    """
    quarter = last_over(today)
    done = Confirmation.objects.filter(unit=unit, ends_on=quarter.last_day)
    due = Deadline.objects.filter(~Exists(done), holding(quarter.last_day)).order_by()
    is_open = Unit.objects.open_on(quarter.last_day).filter(pk=unit.pk)
    reminders = RegisterReminder.objects.filter(unit=unit, ends_on=quarter.last_day).order_by("-at", "-pk")
    days = Cast("days", CharField())
    who = Coalesce(Cast(Subquery(reminders.values("by__full_name")[:1]), CharField()), Value(""))
    return (
        due.filter(Exists(is_open))
        .annotate(tag=Value("register", CharField()), one=days, two=who)
        .values_list("tag", "one", "two")
    )


@dataclass(frozen=True)
class Line:
    """A member as the register has them; of who is in none of the reader's units today only the code."""

    membership: int
    person: int
    code: str
    name: str
    cells: list[tuple[int, str]]
    said: dict[str, str]  # by the name of a column
    days: dict[str, date | None]
    is_near: bool


def quarters_over(rules: Iterable[Deadline], today: date) -> list[Period]:
    """The quarters whose days to confirm are over by a day, by the rules of when each ended."""
    found = []
    for rule in rules:
        for year in range(max(rule.from_on.year, FIRST_YEAR), today.year + 1):
            for quarter in (Period(year, "quarter", number) for number in range(1, 5)):
                holds = rule.from_on <= quarter.last_day and (rule.to_on is None or quarter.last_day < rule.to_on)
                if holds and rule.due_on(quarter) < today:
                    found.append(quarter)
    return found


def members_of(unit: Unit, span: Span, scope: Scope, today: date, *, is_near: bool = True) -> QuerySet[Membership]:
    """The memberships in the register; those whose person is in scope today, or the others. No query yet."""
    found = Membership.objects.filter(pk__in=in_register(unit, span.first, span.last))
    mine = Exists(Stay.objects.filter(near(scope, today), membership=OuterRef("pk")))
    over = Exemption.objects.filter(holding(span.last), membership=OuterRef("pk")).values("from_on")
    found = found.filter(mine if is_near else ~mine).annotate(exempt_then=Subquery(over[:1]))
    return found.select_related("person", "departure")


def by_name(found: QuerySet[Membership], after: list[Any] | None = None) -> QuerySet[Membership]:
    """In order of names, after a key."""
    if after is not None:
        sort_key, pk = after
        found = found.filter(person__sort_key__gte=sort_key).exclude(person__sort_key=sort_key, pk__lte=pk)
    return found.order_by("person__sort_key", "pk")


def by_code(found: QuerySet[Membership], after: list[Any] | None = None) -> QuerySet[Membership]:
    """In order of codes, after a key."""
    if after is not None:
        code, pk = after
        found = found.filter(person__code__gte=code).exclude(person__code=code, pk__lte=pk)
    return found.order_by("person__code", "pk")


def lines(unit: Unit, span: Span, found: list[Membership], scope: Scope, *, is_near: bool = True) -> list[Line]:
    """What the register says of these members. Four queries, and one for each column that others fill."""
    if not found:
        return []
    given = {"unit": unit.pk, "first": span.first, "last": span.last, "memberships": [each.pk for each in found]}
    times: dict[int, list[Any]] = {}
    for pk, *rest in ask(TIMES, **given):
        times.setdefault(pk, []).append(rest)
    if not is_near:
        return [_code_alone(each, times.get(each.pk, [])) for each in found]
    away: dict[int, Any] = {pk: rest for pk, *rest in ask(AWAY, **given)}
    people = [each.person_id for each in found]
    posts: dict[int | None, list[str]] = {}
    held = Post.objects.filter(person__in=people, from_on__lte=span.last).exclude(to_on__lte=span.last)
    for post in held.order_by("from_on", "pk"):
        posts.setdefault(post.person_id, []).append(post.title)
    filled = texts(people, span.last)
    return [
        _line(each, times.get(each.pk, []), away.get(each.pk), posts.get(each.person_id, []), filled, span, scope)
        for each in found
    ]


def every_line(unit: Unit, span: Span, scope: Scope, units: Scope, today: date) -> Iterator[Line]:
    """The whole register, a thousand members in memory at a time; last those by code alone.

    Members in `scope` are named, cells in `units`.
    """
    for is_near, order in ((True, by_name), (False, by_code)):
        batch: list[Membership] = []
        found = order(members_of(unit, span, scope, today, is_near=is_near))
        for each in found.iterator(chunk_size=TOGETHER):
            batch.append(each)
            if len(batch) == TOGETHER:
                yield from lines(unit, span, batch, units, is_near=is_near)
                batch = []
        yield from lines(unit, span, batch, units, is_near=is_near)


def _cells(times: list[Any]) -> list[tuple[int, str]]:
    return list(dict.fromkeys((cell, name) for cell, name, *_rest in times))


def _code_alone(membership: Membership, times: list[Any]) -> Line:
    code = membership.person.code
    return Line(membership.pk, membership.person_id, code, code, _cells(times), {}, {}, is_near=False)


def _line(
    membership: Membership, times: list[Any], away: Any, posts: list[str], filled: dict[Place, dict[int, str]],
    span: Span, scope: Scope,
) -> Line:  # fmt: skip
    person = membership.person
    departure = getattr(membership, "departure", None)
    came, went, left_on, reason = [], [], None, ""
    for _cell, _name, _code, from_on, to_on, begins, ends, *places in times:
        if begins and from_on >= span.first and from_on != membership.joined_on:
            came.append(_moved(from_on, places[:3], scope))
        if ends and to_on is not None and to_on <= span.last:
            if departure is not None and departure.on == to_on:
                left_on, reason = departure.on, departure.reason
            else:
                went.append(_moved(to_on, places[3:], scope))
    died = reason == Reason.DECEASED
    official = membership.official_on if membership.official_on and membership.official_on <= span.last else None
    exempt = getattr(membership, "exempt_then", None)  # until a day since
    if membership.exempt_from and membership.exempt_from <= span.last:
        exempt = membership.exempt_from
    said = {
        "sex": _joined(str(person.get_sex_display()), person.ethnicity, person.religion),
        "home": filled[Place.HOME].get(person.pk, ""),
        "education": _joined(person.education, person.theory),
        "jobs": _joined(person.occupation, *posts),
        "cards": filled[Place.CARDS].get(person.pk, ""),
        "service": filled[Place.SERVICE].get(person.pk, ""),
        "out": "; ".join(went),
        "in": "; ".join(came),
        "reason": filled[Place.REASON].get(person.pk, ""),
        "left": str(Reason(reason).label) if reason and not died else "",
        "away": _named(away, scope) if away else "",
        "note": filled[Place.NOTE].get(person.pk, ""),
    }
    days = {
        "joined": membership.joined_on,
        "official": official,
        "exempt": exempt,
        "died": left_on if died else None,
        "left": None if died else left_on,
    }
    return Line(membership.pk, person.pk, person.code, person.full_name, _cells(times), said, days, is_near=True)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _moved(on: date, place: list[Any], scope: Scope) -> str:
    """The day, and the cell if they moved by themselves: with their cell they left none."""
    return f"{short(on)}: {_named(place, scope)}" if place[0] else short(on)


def short(on: date) -> str:
    """A day as the form is filled in, in figures: there are fourteen columns."""
    return f"{on:%d/%m/%Y}"


def _named(place: list[Any], scope: Scope) -> str:
    """A cell by name, outside the reader's units by code."""
    code, name, path = place
    return str(name) if scope.covers(Unit(path=path)) else str(code)
