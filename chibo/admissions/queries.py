"""The list of sources as of a day, what comes next for each, and how the lists below stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from chibo.admissions.models import (
    Certificate,
    Group,
    HeadReview,
    Helper,
    Place,
    Review,
    Screened,
    SourceGroup,
    Standing,
    State,
    expiry,
)
from chibo.core.spans import holding
from chibo.core.text import search_key
from chibo.members import identity
from chibo.members.models import ONE_AT_A_PLACE, Person, Post, Stay
from chibo.organizations.kinds import CELLS, Limit
from chibo.organizations.models import Threshold, Unit
from chibo.organizations.scope import Scope

OFFERED = 300  # cells to choose from
SOON = timedelta(days=183)  # a certificate that expires within these days is told
WHO = "source__person__"
ORDERS = {  # of each the columns after which pages go on; the kinds of their values
    "name": ((f"{WHO}sort_key", "pk"), (str, int)),
    "since": (("source__from_on", "pk"), (date, int)),
    "cell": (("cell__sort_key", "cell_id", f"{WHO}sort_key", "pk"), (str, int, str, int)),
}


class Row(NamedTuple):
    """Someone on the list, as it shows them."""

    pk: int
    source: int
    code: str
    name: str
    sex: str
    born_on: date
    sort_key: str
    state: str
    from_on: date
    introduced_by: str
    cell: int
    cell_code: str
    cell_name: str
    cell_path: str
    cell_sort_key: str
    helper: str | None
    helper_is_here: bool
    issued_on: date | None
    groups: list[str]


COLUMNS = (
    *("pk", "source_id", f"{WHO}code", f"{WHO}full_name", f"{WHO}sex", f"{WHO}born_on", f"{WHO}sort_key"),
    *("source__state", "source__from_on", "source__introduced_by"),
    *("cell_id", "cell__code", "cell__name", "cell__path", "cell__sort_key"),
    *("helper", "helper_is_here", "issued_on", "of_groups"),
)


def listed(scope: Scope, unit: Unit, today: date) -> QuerySet[Place]:
    """Who is on the list of a unit or of one under it, as far as in scope; with helper, class and groups."""
    helping = Helper.objects.filter(holding(today), source=OuterRef("source"))
    stays = Stay.objects.filter(
        holding(today), cell=OuterRef("cell"), membership__official_on__lte=today,
        membership__person__helped__source=OuterRef("source"), membership__person__helped__to_on=None,
    )  # fmt: skip
    classes = Certificate.objects.filter(person=OuterRef("source__person"), issued_on__lte=today)
    groups = SourceGroup.objects.filter(source=OuterRef("source")).order_by("group__code")
    found = Place.objects.filter(scope.below(unit).q("cell"), holding(today), source__to_on=None)
    return found.annotate(
        helper=Subquery(helping.values("person__full_name")[:1]),
        helper_is_here=Exists(stays),
        issued_on=Subquery(classes.order_by("-issued_on").values("issued_on")[:1]),
        of_groups=ArraySubquery(groups.values("group__code")),
    )


def valid_since(today: date) -> date:
    """A certificate issued after this day is valid today. One query."""
    years = Threshold.objects.on(today).get(Limit.AWARENESS_YEARS)
    return back(today, int(years)) if years is not None else date.min


def back(day: date, years: int) -> date:
    """The day so many years before."""
    if day.year <= years:
        return date.min
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


NEEDS = ("helper", "class", "expiring")


def needing(found: QuerySet[Any], need: str, since: date) -> QuerySet[Any]:
    """Those who have no helper of their cell, no valid certificate, or one that soon expires."""
    if need == "helper":
        return found.filter(helper_is_here=False)
    if need == "class":
        return found.exclude(issued_on__gt=since)
    if need == "expiring":
        return found.filter(issued_on__gt=since, issued_on__lte=since + SOON)
    return found


def with_words(found: QuerySet[Place], words: str) -> QuerySet[Place]:
    """Those in whose name or code all the words are; accents are no matter."""
    for word in search_key(words).split()[:8]:
        found = found.filter(Q(**{f"{WHO}search_key__contains": word}) | Q(**{f"{WHO}code__icontains": word}))
    return found


def in_order(found: QuerySet[Place], sort: str, after: Sequence[Any] | None = None) -> QuerySet[Place]:
    """In one of the ORDERS, after a row's key; `-` before its name turns it."""
    columns, _kinds = ORDERS[sort.removeprefix("-")]
    falling = sort.startswith("-")
    way = "lt" if falling else "gt"
    if after is not None:
        later, same = Q(), Q()
        for column, value in zip(columns, after, strict=True):
            later |= same & Q(**{f"{column}__{way}": value})
            same &= Q(**{column: value})
        found = found.filter(later)
    return found.order_by(*(f"-{column}" if falling else column for column in columns))


def key_of(row: Row, sort: str) -> list[Any]:
    """What of a row an order goes on after."""
    by = {
        "name": [row.sort_key, row.pk],
        "since": [row.from_on.isoformat(), row.pk],
        "cell": [row.cell_sort_key, row.cell, row.sort_key, row.pk],
    }
    return by[sort.removeprefix("-")]


def rows(found: QuerySet[Place], size: int | None = None) -> list[Row]:
    """The first rows. One query."""
    return [Row(*values) for values in found.values_list(*COLUMNS)[:size]]


class Next(NamedTuple):
    """What comes next for someone on the list; `act` is the form that does it, `urgent` what stands in the way."""

    act: str
    said: str
    urgent: bool = False


def next_of(row: Row, since: date) -> Next:
    """What comes next for someone on the list, by what is recorded."""
    is_valid = row.issued_on is not None and row.issued_on > since
    if row.helper is None:
        return Next("helper", _("Give them a helper"), True)
    if not row.helper_is_here:
        return Next("helper", _("The helper is no longer of this cell: give them another"), True)
    if row.state == State.APPLICANT:
        return Next("", _("Their admission is under way"))
    if row.issued_on is not None and not is_valid:
        return Next("class", _("The certificate has expired: send them to the class again"), True)
    if row.state == State.SOURCE:
        return Next("sympathiser", _("A sympathiser, when they are ready"))
    if not is_valid:
        return Next("class", _("Send them to the awareness class"))
    return Next("apply", _("They can apply"))


BY_GROUP = """
select coalesce(g.code, ''), s.state, count(distinct s.id)
from admissions_place p join admissions_source s on s.id = p.source_id and s.to_on is null
join organizations_unit u on u.id = p.cell_id
left join admissions_sourcegroup sg on sg.source_id = s.id left join admissions_group g on g.id = sg.group_id
where p.from_on <= %(today)s and (p.to_on is null or p.to_on > %(today)s) and u.path like %(under)s and {scope}
group by grouping sets ((g.code, s.state), (s.state)) having grouping(g.code) = 1 or g.code is not null
"""


def by_group(unit: Unit, scope: Scope, today: date) -> dict[tuple[str, str], int]:
    """How many are on the lists of a unit and of those under it, by priority group (all: "") and state. One query."""
    condition, given = scope.sql("u.path")
    with connection.cursor() as cursor:
        cursor.execute(BY_GROUP.format(scope=condition), given | {"today": today, "under": unit.path + "%"})
        return {(group, state): n for group, state, n in cursor.fetchall()}


def alike(name: str, born_on: date) -> list[Person]:
    """People of the same name, accents aside, born on the same day. One query."""
    return list(Person.objects.filter(search_key=search_key(name), born_on=born_on).order_by("pk")[:5])


def nearly_alike(name: str, born_on: date, sex: str, scope: Scope, day: date) -> list[Person]:
    """People whose name or day of birth is written nearly the same, as far as they are in scope. Three queries."""
    found = identity.alike(name, born_on, sex)
    seen = people_at(found, scope, day)
    seen |= set(Place.objects.filter(scope.q("cell"), holding(day), source__person__in=found).order_by()
                .values_list("source__person_id", flat=True))  # fmt: skip
    people = Person.objects.in_bulk(seen)
    return [people[pk] for pk in found if pk in people][:5]


def groups_on(day: date) -> list[Group]:
    """The priority groups of a day, as the directives name them. One query."""
    found = {group.code: group for group in Group.objects.filter(holding(day)).order_by("pk")}
    order = list(Group._meta.get_field("code").choices or [])
    return [found[code] for code, _label in order if code in found]


def officials_of(cell: Unit, day: date) -> list[Person]:
    """The official members of a cell on a day, by name: who may help. One query."""
    stays = Stay.objects.filter(holding(day), cell=cell, membership__official_on__lte=day)
    found = stays.order_by("membership__person__sort_key", "membership__person_id")
    return [stay.membership.person for stay in found.select_related("membership__person")]


def members_of(cell: Unit, day: date) -> list[Person]:
    """All members of a cell on a day, by name. One query."""
    stays = Stay.objects.filter(holding(day), cell=cell).select_related("membership__person")
    found = stays.order_by("membership__person__sort_key", "membership__person_id")
    return [stay.membership.person for stay in found]


def place_of(source: int) -> Place | None:
    """Where someone is on the list, or was last; with the source and the person. One query."""
    found = Place.objects.filter(source=source).select_related("cell", "source__person")
    return found.order_by("from_on").last()


def last_review(cell: Unit) -> Review | None:
    """When the list of a cell was last gone through. One query."""
    return Review.objects.filter(cell=cell).order_by("-month").first()


# Cells without an admission

WITHOUT = """
select u.id, u.code, u.name, u.path, u.sort_key, a.last,
       (select count(*) from admissions_place p where p.cell_id = u.id and p.from_on <= %(today)s
                                                  and (p.to_on is null or p.to_on > %(today)s))
from organizations_unit u
left join lateral (select max(m.joined_on) as last from members_membership m
                   where m.cell_id = u.id and m.joined_on <= %(today)s) a on true
where u.kind = any(%(kinds)s) and u.path like %(under)s and {scope} and u.founded_on <= %(since)s
  and (u.closed_on is null or u.closed_on > %(today)s) and (a.last is null or a.last <= %(since)s) {after}
order by coalesce(a.last, %(never)s), u.sort_key, u.id limit %(size)s
"""
NEVER = date(1, 1, 1)


class Without(NamedTuple):
    """A cell that admitted nobody for years: when it last did, how many are on its list."""

    pk: int
    code: str
    name: str
    path: str
    sort_key: str
    last_on: date | None
    sources: int

    @property
    def key(self) -> list[Any]:
        """Where it stands in the list."""
        return [(self.last_on or NEVER).isoformat(), self.sort_key, self.pk]


def without_admission(
    unit: Unit, scope: Scope, today: date, years: int, after: Sequence[Any] | None, size: int
) -> list[Without]:
    """Cells at a unit and under it that stood for so many years and admitted nobody in them. One query.

    Who joined a cell that was merged into this one counts where they joined. The longest without comes first.
    """
    condition, given = scope.sql("u.path")
    given |= {
        "today": today, "since": back(today, years), "kinds": [str(kind) for kind in CELLS],
        "under": unit.path + "%", "size": size, "never": NEVER,
    }  # fmt: skip
    later = ""
    if after:
        later = "and (coalesce(a.last, %(never)s), u.sort_key, u.id) > (%(a0)s, %(a1)s, %(a2)s)"
        given |= {f"a{n}": value for n, value in enumerate(after)}
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT.format(scope=condition, after=later), given)
        return [Without(*row) for row in cursor.fetchall()]


# Heads who are no members


def heads(unit: Unit, scope: Scope, today: date) -> QuerySet[Post]:
    """Heads of villages and residential groups at a unit and under it who are no members, with their last review."""
    here = Stay.objects.filter(holding(today), membership__person=OuterRef("person"))
    found = Post.objects.filter(holding(today), scope.below(unit).q("unit"), ~Exists(here), post__in=ONE_AT_A_PLACE)
    last = HeadReview.objects.filter(post=OuterRef("pk")).order_by("-on")
    return found.annotate(
        reviewed_on=Subquery(last.values("on")[:1]),
        conditions=Subquery(last.values("conditions")[:1]),
        standards=Subquery(last.values("standards")[:1]),
        health=Subquery(last.values("health")[:1]),
        work=Subquery(last.values("work")[:1]),
        source=Subquery(last.values("source")[:1]),
        source_state=Subquery(last.values("source__state")[:1]),
    )


def cells_for(unit: Unit, scope: Scope, today: date) -> list[Unit]:
    """The cells at a unit and under it that are open and in scope, by name. One query."""
    cells = Unit.objects.open_on(today).filter(scope.below(unit).q(""), kind__in=CELLS)
    return list(cells.order_by("sort_key", "pk")[:OFFERED])


def likely(cells: Sequence[Unit], place: str) -> int | None:
    """The one cell there is, or the one whose name has the name of a place."""
    words = f"{search_key(place)} "
    named = (
        [cell for cell in cells if place and words in f"{search_key(cell.name)} "] if len(cells) > 1 else list(cells)
    )
    return named[0].pk if len(named) == 1 else None


def heads_after(found: QuerySet[Post], after: Sequence[Any] | None) -> QuerySet[Post]:
    """In the order of their units, after a row's key."""
    if after is not None:
        name, pk = after
        found = found.filter(Q(unit__sort_key__gt=name) | Q(unit__sort_key=name, pk__gt=pk))
    return found.order_by("unit__sort_key", "pk")


# Screening


def helped_below(unit: Unit, scope: Scope, which: str, today: date) -> QuerySet[Screened]:
    """Members at a unit and under it who were not found fit: under help, overdue, proposed for removal."""
    found = Screened.objects.filter(scope.below(unit).q("screening__cell"))
    found = found.select_related("screening__cell", "person", "helper")
    if which == "overdue":
        return found.filter(state=Standing.HELP, until_on__lt=today)
    if which == "removal":
        return found.filter(state=Standing.REMOVAL)
    if which == "done":
        return found.filter(state__in=[Standing.IMPROVED, Standing.REMOVED])
    return found.filter(state=Standing.HELP)


def screened_after(found: QuerySet[Screened], after: Sequence[Any] | None) -> QuerySet[Screened]:
    """In the order of their screenings, after a row's key."""
    found = found.annotate(due=F("screening__on"))
    if after is not None:
        on, pk = after
        found = found.filter(Q(due__gt=on) | Q(due=on, pk__gt=pk))
    return found.order_by("due", "pk")


def people_at(people: Iterable[int], scope: Scope, day: date) -> set[int]:
    """Of these people those who are in scope as members on a day. One query."""
    found = Stay.objects.filter(scope.q("cell"), holding(day), membership__person__in=list(people))
    return set(found.order_by().values_list("membership__person_id", flat=True))


def valid_until(issued_on: date, day: date) -> date | None:
    """The first day on which a certificate is no longer valid. One query."""
    years = Threshold.objects.on(day).get(Limit.AWARENESS_YEARS)
    return expiry(issued_on, years) if years is not None else None
