"""Members as of a day: who is where, found by words, in an order that is paged by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import WhereNode

from chibo.core.spans import holding
from chibo.core.text import search_key
from chibo.members.models import Exemption, Membership, Person, Stay
from chibo.organizations.models import Lineage
from chibo.organizations.scope import Scope
from chibo.organizations.trees import name_on

PERSON = "membership__person__"
NEAR = 4000  # members to choose from, up to whom all are read before they are put in order
COUNTED = 10_000  # members counted one by one; more are "more than 10,000"
# The columns of each order after which pages go on, and whether the first of them runs downwards by nature.
ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "name": ((f"{PERSON}sort_key", "membership__person_id"), False),
    "joined": (("membership__joined_on", "membership__person_id"), False),
    "age": ((f"{PERSON}born_on", "membership__person_id"), True),  # the youngest first
    "cell": (("cell__sort_key", "cell_id", f"{PERSON}sort_key", "membership__person_id"), False),
}

KINDS = {"name": (str, int), "joined": (date, int), "age": (date, int), "cell": (str, int, str, int)}  # of their keys


class Row(NamedTuple):
    """A member as a list shows them."""

    pk: int
    code: str
    full_name: str
    sex: str
    born_on: date
    ethnicity: str
    religion: str
    occupation: str
    education: str
    theory: str
    joined_on: date
    official_on: date | None
    exempt_from: date | None
    cell_pk: int
    cell_code: str
    cell_name: str
    left_on: date | None
    reason: str | None
    sort_key: str
    cell_sort_key: str
    cell_path: str


class Away(NamedTuple):
    """A member who was in my units on a day and is in none of them today: no name, no facts, only code and cell."""

    pk: int
    code: str
    cell_pk: int
    cell_code: str
    cell_name: str
    cell_path: str


AWAY = ("membership__person_id", f"{PERSON}code", "cell_id", "cell__code", "called", "cell__path")
COLUMNS = (
    "membership__person_id",
    *(
        f"{PERSON}{name}"
        for name in (
            *("code", "full_name", "sex", "born_on", "ethnicity"),
            *("religion", "occupation", "education", "theory"),
        )
    ),
    *("membership__joined_on", "membership__official_on", "exempt_since"),
    *("cell_id", "cell__code", "called", "membership__departure__on", "membership__departure__reason"),
    *(f"{PERSON}sort_key", "cell__sort_key", "cell__path"),
)


def present(scope: Scope, day: date) -> QuerySet[Stay]:
    """Who is a member that day, by the stay in the cell where they are counted, in scope as the tree stands today."""
    return Stay.objects.filter(scope.q("cell"), holding(day))


def left_by(day: date) -> Q:
    """Condition on stays: the member had left by that day, was not admitted again, and this was the last cell."""
    person, number = OuterRef("membership__person"), OuterRef("membership__number")
    again = Membership.objects.filter(person=person, number__gt=number, joined_on__lte=day)
    return Q(~Exists(again), membership__departure__on__lte=day, to_on=F("membership__departure__on"))


def stood_under(units: Iterable[int], alone: Iterable[int], day: date) -> Q:
    """Condition on stays: their cell stood on a day under one of some units, or was one of some others. One query."""
    whole = set(units)
    places, found = Q(pk__in=[]), Lineage.objects.filter(holding(day))
    for unit, path in found.filter(unit__in={*whole, *alone}).order_by().values_list("unit", "path"):
        places |= Q(path__startswith=path) if unit in whole else Q(path=path)
    return Q(cell__in=found.filter(places).order_by().values("unit"))


def exempt_on(day: date) -> Q:
    """Condition on stays: the member is exempt from meetings that day, still or until a day since."""
    over = Exemption.objects.filter(holding(day), membership=OuterRef("membership"))
    return Q(membership__exempt_from__lte=day) | Q(Exists(over))


def not_exempt_on(day: date) -> Q:
    """Condition on stays: the member is expected at meetings that day."""
    over = Exemption.objects.filter(holding(day), membership=OuterRef("membership"))
    running = Q(membership__exempt_from=None) | Q(membership__exempt_from__gt=day)
    return running & Q(~Exists(over))


def near(scope: Scope, today: date) -> Exists:
    """Condition on stays: the person is in scope today, or was last, or will be first; only then is it shown who it is.

    The same place as `place_on` finds.
    """
    first = Q(from_on__gt=today, prev_to=None, membership__number=1)
    places = Stay.objects.filter(
        holding(today) | left_by(today) | first, membership__person=OuterRef("membership__person")
    )
    return Exists(places.filter(scope.q("cell")))


def plain_code(prefix: str = "") -> Func:
    """A code as it is compared with words: in small letters without accents."""
    return Func(F(f"{prefix}code"), function="chibo_plain", output_field=TextField())


def with_code(found: QuerySet[Stay], words: str) -> QuerySet[Stay]:
    """Those whose code begins with the words; accents are no matter."""
    plain = search_key(words).strip()
    if not plain:
        return found
    return found.alias(plain_code=plain_code(PERSON)).filter(plain_code__startswith=plain)


def away_rows(found: QuerySet[Stay], size: int | None = None, after: str = "") -> list[Away]:
    """The first of those whose code alone is shown, in order of the code, after one. One query."""
    if after:
        found = found.filter(**{f"{PERSON}code__gt": after})
    return [Away(*values) for values in found.order_by(f"{PERSON}code").values_list(*AWAY)[:size]]


def born_by(day: date, age: int) -> date:
    """The last day on which someone was born who is of that age, in completed years, on a day."""
    if day.year <= age:
        return date.min
    try:
        return day.replace(year=day.year - age)
    except ValueError:  # 29 February of a year that had none
        return date(day.year - age, 2, 28)


def age_on(day: date, born_on: date) -> int:
    """Completed years on a day; who was born on 29 February has the birthday on 1 March in other years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def read_first(column: str) -> Func:
    """A column to put in order by what was read: no index is walked for it, to find few among very many."""
    return Func(F(column), function="greatest")


def in_order(
    found: QuerySet[Stay], sort: str, after: list[Any] | None = None, *, are_near: bool = False
) -> QuerySet[Stay]:
    """In one of the ORDERS, `-` before its name turns it; after the row of a key as `key_of` made it.

    With `are_near` they are known to be few: all of them are read before they are put in order.
    """
    columns, falling = ORDERS[sort.removeprefix("-")]
    falling ^= sort.startswith("-")
    way = "lt" if falling else "gt"
    if after is not None:
        later, same = Q(), Q()
        for column, value in zip(columns, after, strict=True):
            later |= same & Q(**{f"{column}__{way}": value})
            same &= Q(**{column: value})
        found = found.filter(Q(**{f"{columns[0]}__{way}e": after[0]}) & later)  # the first is for the index
    ordered = [read_first(column) if are_near else F(column) for column in columns]
    return found.order_by(*(each.desc() if falling else each.asc() for each in ordered))


def cells_called(found: QuerySet[Stay], then: date | None, day: date | None = None) -> QuerySet[Stay]:
    """Stays with their cell's name for `rows`, that of a past day or that of today; and since when exempt on a day."""
    since: Any = F("membership__exempt_from")
    if day is not None:
        over = Exemption.objects.filter(holding(day), membership=OuterRef("membership")).values("from_on")
        since = Case(When(membership__exempt_from__lte=day, then=since), default=Coalesce(Subquery(over[:1]), since))
    return found.annotate(
        called=F("cell__name") if then is None else name_on(then, "cell_id"), exempt_since=since
    )  # fmt: skip


def key_of(row: Row, sort: str) -> list[Any]:
    """What of a row an order goes on after."""
    by = {
        "name": [row.sort_key, row.pk],
        "joined": [row.joined_on.isoformat(), row.pk],
        "age": [row.born_on.isoformat(), row.pk],
        "cell": [row.cell_sort_key, row.cell_pk, row.sort_key, row.pk],
    }
    return by[sort.removeprefix("-")]


def rows(found: QuerySet[Stay], size: int) -> list[Row]:
    """The first rows. One query."""
    return [Row(*values) for values in found.values_list(*COLUMNS)[:size]]


def first_of(found: QuerySet[Stay], size: int) -> QuerySet[Stay]:
    """The first in an order: who they are is asked first, by indexes alone, and then what is shown of them.

    One query with those that ask for it. What they were chosen by is not asked again: of a question that says both, the
    database expects next to nobody, and looks through whole tables for each.
    """
    known = found.all()
    known.query.where = WhereNode()
    return known.filter(pk__in=found.values("pk")[:size])


def counted(found: QuerySet[Stay]) -> int:
    """How many there are, counted up to COUNTED; one more than that stands for more. One query."""
    keys = found.order_by().values("pk")
    joins, spell = keys.query.alias_map, Membership._meta.db_table
    joined = joins.get(spell)
    if isinstance(joined, Join):  # every stay has one: put so, the database leaves out what nothing is asked of
        joins[spell] = joined.promote()
    return keys[: COUNTED + 1].count()


def all_rows(found: QuerySet[Stay]) -> Iterator[Row]:
    """All rows, a few thousand in memory at a time."""
    return map(Row._make, found.values_list(*COLUMNS).iterator(chunk_size=5000))


def stays_of(person_pk: int) -> list[Stay]:
    """All stays of a person, in all spells of membership, the first first, with cell and person. One query."""
    found = Stay.objects.filter(membership__person_id=person_pk)
    return list(found.select_related("cell", "membership__person", "membership__departure").order_by("from_on", "pk"))


def place_on(stays: list[Stay], day: date) -> Stay:
    """Where someone is a member on a day, or was last; the first cell of one who is still to join."""
    begun = [stay for stay in stays if stay.from_on <= day]
    return begun[-1] if begun else stays[0]


def person_of(user: Any) -> Person | None:
    """The person a user signs in as. One query."""
    return Person.objects.filter(user=user).first()
