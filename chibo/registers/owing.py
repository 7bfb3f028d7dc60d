"""Dues: who is on a cell's list of a month, who is exempt, who owes which months.

A month is owed once it is noted as not paid, by someone who was a member on its last day and had no full relief.
A month that a cell has not recorded is nobody's debt: it is the cell's to record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateField, Exists, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.formats import number as shown
from chibo.core.periods import Period
from chibo.core.spans import holding
from chibo.exchange.sheets import ask
from chibo.members.models import Person, Stay
from chibo.members.party_age import COUNTED, after_years
from chibo.organizations.models import Unit
from chibo.registers.models import DuesMonth, DuesRule, Paid, PayerSpell, Payment, Relief, RuleKind

SEEDED = {  # names of the rules that came with the program
    "Insurance salary of the month before": gettext_lazy("Insurance salary of the month before"),
    "Pension": gettext_lazy("Pension"),
    "Party age": gettext_lazy("Party age"),
    "Social pension": gettext_lazy("Social pension"),
    "Special hardship": gettext_lazy("Special hardship"),
    "Reduced by 30 %": gettext_lazy("Reduced by 30 %"),
    "Reduced by 50 %": gettext_lazy("Reduced by 50 %"),
    "Reduced by 70 %": gettext_lazy("Reduced by 70 %"),
    "Months without dues and without a reason in a year, from which it is told": gettext_lazy(
        "Months without dues and without a reason in a year, from which it is told"
    ),
    "Charter; to be verified": gettext_lazy("Charter; to be verified"),
}
AFTER = Func(F("month"), template="(%(expressions)s + interval '1 month')::date", output_field=DateField())
ALL = Decimal(100)
MONTHS_OWED = "months_owed"
# Of a unit: who owes today, by the unit directly below in which they are today.
BELOW = """
select split_part(u.path, '/', %(depth)s)::bigint, count(distinct x.person_id), count(*)
from registers_payment x
join members_membership m on m.person_id = x.person_id
join members_stay s on s.membership_id = m.id and s.from_on <= %(today)s and (s.to_on is null or s.to_on > %(today)s)
join organizations_unit u on u.id = s.cell_id and u.path like %(below)s
where x.id in (select o.id from ({owed}) o(id))
group by 1
"""


def told(name: str) -> str:
    """What a rule is called in the reader's language, if it came with the program."""
    return str(SEEDED.get(name, name))


@dataclass(frozen=True)
class Payer:
    """One of a cell's list of a month: what is noted of them, why they are exempt, what they pay of."""

    person: int
    code: str
    name: str
    noted: Payment | None
    exempt: str
    pays: str


def rules_on(day: date) -> dict[str, DuesRule]:
    """The rules of a day by code. One query."""
    return {each.code: each for each in DuesRule.objects.filter(holding(day)).order_by("code")}


def list_day(month: date, today: date) -> date:
    """The day whose members are asked for a month's dues: its last, of the running month today."""
    return min(Period.month_of(month).last_day, max(today, month))


def payers_of(cell: Unit, month: date, today: date) -> list[Payer]:
    """Who is asked for the dues of a month, in order of names. Seven queries."""
    day = list_day(month, today)
    stays = Stay.objects.filter(holding(day), cell=cell).select_related("membership__person")
    people = [each.membership.person for each in stays.order_by("membership__person__sort_key", "membership__person")]
    ids = [person.pk for person in people]
    rules = rules_on(Period.month_of(month).last_day)
    exempt = exempt_in(ids, month, rules)
    pays = pay_in(ids, month, rules)
    noted = {each.person_id: each for each in Payment.objects.filter(person__in=ids, month=month).order_by()}
    return [
        Payer(p.pk, p.code, p.full_name, noted.get(p.pk), exempt.get(p.pk, ""), pays.get(p.pk, "")) for p in people
    ]  # fmt: skip


def exempt_in(people: list[int], month: date, rules: dict[str, DuesRule]) -> dict[int, str]:
    """Who of these people pays nothing in a month, and why. Two queries."""
    said: dict[int, str] = {}
    for rule in (each for each in rules.values() if each.kind == RuleKind.AGE):
        for pk in aged(people, int(rule.number), Period.month_of(month).last_day):
            said[pk] = _("%(n)s years in the Party") % {"n": int(rule.number)}
    for relief in Relief.objects.filter(_covering(month), person__in=people, percent=ALL).order_by("pk"):
        rule_then = rules.get(relief.rule)
        said[relief.person_id] = told(rule_then.name) if rule_then else _("exempt")
    return said


def aged(people: Iterable[int], years: int, day: date) -> set[int]:
    """Who of these people has that Party age on a day. One query."""
    found = ask(COUNTED.format(which="and m.person_id = any(%(people)s)"), people=list(people), day=day)
    return {person for person, counts_from, ends_on in found if after_years(counts_from, years) <= ends_on}


def pay_in(people: list[int], month: date, rules: dict[str, DuesRule]) -> dict[int, str]:
    """Of what these people pay their dues in a month, how much of it, and with which relief. Two queries."""
    said: dict[int, str] = {}
    for spell in PayerSpell.objects.filter(person__in=people, from_month__lte=month).order_by("from_month"):
        rule = rules.get(spell.rule)
        said[spell.person_id] = payer_name(rule) if rule else ""
    for relief in Relief.objects.filter(_covering(month), person__in=people, percent__lt=ALL).order_by("pk"):
        less = _("%(percent)s %% less") % {"percent": percent_of(relief.percent)}
        said[relief.person_id] = "; ".join(filter(None, [said.get(relief.person_id, ""), less]))
    return said


def payer_name(rule: DuesRule) -> str:
    """A class of payer with its rate."""
    return f"{told(rule.name)}: {percent_of(rule.number)} %"


def percent_of(number: Decimal) -> str:
    """A percentage without needless noughts."""
    places = max(0, -int(number.normalize().as_tuple().exponent))
    return shown(number, places)


def owed() -> QuerySet[Payment]:
    """The months owed, of everyone: noted as not paid by who was a member on the month's last day and not exempt."""
    found = Payment.objects.filter(state=Paid.UNPAID).alias(after=AFTER)
    covering = Relief.objects.filter(person=OuterRef("person"), percent=ALL, from_month__lte=OuterRef("month"))
    covering = covering.filter(Q(to_month=None) | Q(to_month__gt=OuterRef("month")))
    stays = Stay.objects.filter(membership__person=OuterRef("person"), from_on__lt=OuterRef("after"))
    stays = stays.filter(Q(to_on=None) | Q(to_on__gte=OuterRef("after")))
    return found.filter(~Exists(covering), Exists(stays))


def owed_in(cell: Unit, today: date) -> list[Payment]:
    """The months owed by those who are in a cell today, with the person, in order of names and months. One query."""
    here = Stay.objects.filter(holding(today), cell=cell, membership__person=OuterRef("person"))
    found = owed().filter(Exists(here)).select_related("person")
    return list(found.order_by("person__sort_key", "person", "month"))


def owed_below(unit: Unit, today: date) -> dict[int, tuple[int, int]]:
    """Of each unit directly below: how many members owe, and how many months. One query."""
    sql, parameters = owed().order_by().values("pk").query.sql_with_params()
    names = {f"p{n}": value for n, value in enumerate(parameters)}
    for name in names:
        sql = sql.replace("%s", f"%({name})s", 1)
    rows = ask(
        BELOW.replace("{owed}", sql), depth=unit.path.count("/") + 1, below=unit.path + "%", today=today, **names
    )
    return {child: (people, months) for child, people, months in rows}


@dataclass(frozen=True)
class Owing:
    """A member who owes months of a year without a reason."""

    person: int
    name: str
    sort_key: str
    year: int
    months: int

    @property
    def key(self) -> list[str | int]:
        """Where in the list they are."""
        return [self.sort_key, self.person, self.year]


def owing(
    unit: Unit, years: Collection[int], today: date, *, least: int | None = None, after: Sequence[Any] | None = None,
    most: int,
) -> list[Owing]:  # fmt: skip
    """The members of a unit who owe so many months of one of these years without a reason, `least` by the rules.

    In order of names, at most so many, those after a key. The years follow each other. One query, two without `least`.
    """
    if least is None:
        rule = DuesRule.objects.filter(holding(today), code=MONTHS_OWED).first()
        if rule is None:
            return []
        least = int(rule.number)
    here = Stay.objects.filter(
        holding(today), cell__path__startswith=unit.path, membership__person=OuterRef("person")
    )  # fmt: skip
    found = owed().filter(
        Exists(here), reason="", month__gte=date(min(years), 1, 1), month__lte=date(max(years), 12, 1)
    )  # fmt: skip
    if after is not None:
        name, person, year = after
        later = Q(person=person, month__gt=date(min(max(year, min(years) - 1), max(years)), 12, 1))
        found = found.filter(
            Q(person__sort_key__gt=name) | Q(person__sort_key=name, person__gt=person) | later
        )  # fmt: skip
    by_year = found.order_by().values("person", "person__sort_key", "person__full_name", year=ExtractYear("month"))
    enough = by_year.annotate(n=Count("pk")).filter(n__gte=least).order_by("person__sort_key", "person", "year")
    return [
        Owing(each["person"], each["person__full_name"], each["person__sort_key"], each["year"], each["n"])
        for each in enough[:most]
    ]


@dataclass(frozen=True)
class MonthOf:
    """A month of a member: paid, owed, exempt, or nothing yet."""

    month: date
    state: str  # paid, owed, exempt, none; "" while they were no member
    noted: Payment | None


def months_of(person: Person, year: int, today: date) -> list[MonthOf]:
    """The months of a year of a member up to the running one. Five queries."""
    months = [each.first_day for each in Period(year, "year", 1).months if each.first_day <= today]
    noted = {each.month: each for each in Payment.objects.filter(person=person, month__year=year).order_by()}
    debts = set(owed().filter(person=person, month__year=year).order_by().values_list("month", flat=True))
    stays = list(Stay.objects.filter(membership__person=person).order_by("from_on"))
    free = list(Relief.objects.filter(person=person, percent=ALL).order_by("pk"))
    found = []
    for month in months:
        last, payment = Period.month_of(month).last_day, noted.get(month)
        is_member = any(s.from_on <= last and (s.to_on is None or s.to_on > last) for s in stays)
        is_free = any(r.from_month <= month and (r.to_month is None or r.to_month > month) for r in free)
        state = "none" if is_member else ""
        if month in debts:
            state = "owed"
        elif payment is not None and payment.state == Paid.PAID:
            state = "paid"
        elif is_member and (is_free or (payment is not None and payment.state == Paid.EXEMPT)):
            state = "exempt"
        found.append(MonthOf(month, state, payment))
    return found


def recorded(cell: Unit, months: Iterable[date]) -> dict[date, DuesMonth]:
    """Which of these months a cell has recorded, with who did. One query."""
    found = DuesMonth.objects.filter(cell=cell, month__in=list(months)).select_related("by")
    return {each.month: each for each in found.order_by("month")}


def _covering(month: date) -> Any:
    return Q(from_month__lte=month) & (Q(to_month=None) | Q(to_month__gt=month))
