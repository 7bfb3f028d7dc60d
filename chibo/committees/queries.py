"""Who sits in a committee on a day, how it stands to what was approved and asked for; who looks after whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from chibo.committees.models import Charge, Term, What, norms_of
from chibo.core.spans import holding
from chibo.members.models import ON_COMMITTEE, Person, Post, PostKind, Stay
from chibo.members.queries import age_on
from chibo.organizations.kinds import CELLS, GRASSROOTS
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

KINH = ("", "Kinh")
ORDER = {post: n for n, post in enumerate(PostKind)}


def terms_of(unit: Unit) -> list[Term]:
    """The terms of a unit, the newest first. One query."""
    return list(Term.objects.filter(unit=unit).order_by("-from_on")[:50])


def running(terms: Iterable[Term], day: date) -> Term | None:
    """Of these terms the one that runs on a day."""
    return next((t for t in terms if t.from_on <= day and (t.to_on is None or t.to_on > day)), None)


def term_on(unit: Unit, day: date) -> Term | None:
    """The term that runs at a unit on a day. One query."""
    return Term.objects.filter(holding(day), unit=unit).first()


def in_order(posts: Iterable[Post]) -> list[Post]:
    """Posts as a committee is listed: the secretary first."""
    return sorted(posts, key=lambda post: ORDER[PostKind(post.post)])


def posts_on(unit: Unit, day: date) -> list[Post]:
    """The posts held at a unit on a day, secretary first. One query."""
    found = Post.objects.filter(holding(day), unit=unit).select_related("person").order_by("place", "from_on", "pk")
    return in_order(found)


def other_posts(unit: Unit, day: date, size: int) -> list[Post]:
    """The posts of a unit that ended by a day or begin after it, the newest first. One query."""
    found = Post.objects.filter(Q(to_on__lte=day) | Q(from_on__gt=day), unit=unit).select_related("person")
    return list(found.order_by("-from_on", "-pk")[:size])


@dataclass(frozen=True)
class Share:
    """How many of a committee are of a sort, and how many of a hundred were asked for."""

    what: str
    of_sort: int
    all: int
    asked: int | None

    @property
    def is_met(self) -> bool:
        """Whether as many as were asked for, or more."""
        return self.asked is not None and self.of_sort * 100 >= self.asked * self.all


def committee_of(posts: Iterable[Post]) -> list[Post]:
    """Those who sit in the committee, each once, by the first of their posts."""
    seen: dict[object, Post] = {}
    for post in posts:
        if post.post in ON_COMMITTEE:
            seen.setdefault(post.person_id or post.holder_name, post)
    return list(seen.values())


def shares_of(term: Term, committee: Sequence[Post], day: date) -> list[Share]:
    """The committee by what was asked of its structure. One query."""
    people = [post.person for post in committee if post.person is not None]
    before = Post.objects.filter(
        unit_id=term.unit_id, post__in=ON_COMMITTEE, person__in=people, from_on__lt=term.from_on
    )
    known = set(before.order_by().values_list("person", flat=True))
    young = term.young_age or 0
    return [
        Share(What.WOMEN, sum(p.sex == "f" for p in people), len(committee), term.women),
        Share(What.YOUNG, sum(age_on(day, p.born_on) < young for p in people), len(committee), term.young),
        Share(What.MINORITY, sum(p.ethnicity not in KINH for p in people), len(committee), term.minority),
        Share(What.FIRST_TIME, sum(p.pk not in known for p in people), len(committee), term.first_time),
    ]


def usual_term(unit: Unit, day: date) -> dict[str, int]:
    """What the rules of a day ask of the committee of a unit, to begin a term with. Two queries at most."""
    norms = norms_of(unit.kind, day)
    least = norms.get(What.SEATS_FROM)
    if least and Stay.objects.filter(holding(day), cell=unit)[:least].count() < least:
        norms.pop(What.SEATS, None)  # too few to elect a committee
    names = (What.SEATS, What.STANDING, What.DEPUTIES, What.WOMEN, What.YOUNG, What.YOUNG_AGE, What.MINORITY)
    return {str(what): norms[what] for what in (*names, What.FIRST_TIME) if what in norms}


def places_of(people: Iterable[int], day: date) -> dict[int, Unit]:
    """The cell where each of these people is a member on a day, or was last, or will be first. One query."""
    found = Stay.objects.filter(membership__person__in=list(people)).select_related("cell", "membership")
    places: dict[int, Unit] = {}
    for stay in found.order_by("from_on", "pk"):
        if stay.from_on <= day or stay.membership.person_id not in places:
            places[stay.membership.person_id] = stay.cell
    return places


# People with several posts

SEVERAL = """
select p.person_id, max(h.sort_key) from members_post p
join organizations_unit u on u.id = p.unit_id join members_person h on h.id = p.person_id
where u.path like %(under)s and {scope} and p.from_on <= %(day)s and (p.to_on is null or p.to_on > %(day)s)
group by p.person_id
having count(distinct case when p.post = any(%(committee)s) then p.unit_id::text
                           else p.unit_id || p.post || p.place end) > 1 {which}
{after} order by 2, 1 limit %(size)s
"""
WHICH = {
    "": "",
    "village": "and bool_or(p.post = 'secretary') and bool_or(p.post in ('village_head', 'residential_group_head'))",
    "agency": "and bool_or(p.post = 'secretary') and bool_or(p.post = 'agency_head')",
    "committees": "and count(distinct p.unit_id) filter (where p.post = any(%(committee)s)) > 1",
}


class Several(NamedTuple):
    """Someone with several posts, and these."""

    person: Person
    posts: list[Post]


def several(unit: Unit, scope: Scope, day: date, which: str, after: list[Any] | None, size: int) -> list[Several]:
    """Who holds several posts at a unit and all under it, as far as in scope, by name, after a key. Two queries."""
    condition, given = scope.sql("u.path")
    given |= {"under": unit.path + "%", "day": day, "committee": [str(post) for post in ON_COMMITTEE], "size": size}
    on = ""
    if after:
        on, given = (
            "and (max(h.sort_key), p.person_id) > (%(name)s, %(pk)s)",
            given | {"name": after[0], "pk": after[1]},
        )
    with connection.cursor() as cursor:
        cursor.execute(SEVERAL.format(scope=condition, which=WHICH[which], after=on), given)
        ids = [pk for pk, _key in cursor.fetchall()]
    posts: dict[int, list[Post]] = {pk: [] for pk in ids}
    held = Post.objects.filter(holding(day), scope.q(), unit__path__startswith=unit.path, person__in=ids)
    for post in held.select_related("unit", "person").order_by("from_on", "pk"):
        posts[post.person_id or 0].append(post)
    found = []
    for pk in ids:
        of = sorted(posts[pk], key=lambda post: (ORDER[PostKind(post.post)], post.unit_id))
        if of and of[0].person:
            found.append(Several(of[0].person, of))
    return found


# In charge


def charges_of(unit: Unit, day: date) -> QuerySet[Charge]:
    """Whom the members of a committee look after on a day, with how often they were there and when last."""
    found = Charge.objects.filter(holding(day), unit=unit).select_related("person", "over_unit", "over_person")
    return found.annotate(times=Count("visits"), last_on=Max("visits__on")).order_by("pk")


def looked_after(unit: Unit, norms: dict[str, int], day: date) -> QuerySet[Unit]:
    """The units that the committee of a unit looks after by the rules: each has one of its members in charge."""
    kinds: list[str] = []
    if norms.get(What.AFTER_GRASSROOTS):
        kinds += GRASSROOTS
    if norms.get(What.AFTER_CELLS):
        kinds += CELLS
    found = Unit.objects.open_on(day).filter(path__startswith=unit.path, kind__in=kinds)
    return found.exclude(pk=unit.pk)


def without(unit: Unit, found: QuerySet[Unit], day: date) -> QuerySet[Unit]:
    """Those of these units that nobody of a committee looks after."""
    return found.filter(~Exists(Charge.objects.filter(holding(day), unit=unit, over_unit=OuterRef("pk"))))


def members_without(unit: Unit, day: date) -> QuerySet[Stay]:
    """Members under a committee whom none of it looks after."""
    cared = Charge.objects.filter(holding(day), unit=unit, over_person=OuterRef("membership__person"))
    return Stay.objects.filter(holding(day), ~Exists(cared), cell__path__startswith=unit.path)


def charges_of_person(person: Person, day: date) -> list[Any]:
    """Whom someone ever looked after, begun by a day, with how often they were there. One query."""
    found = Charge.objects.filter(from_on__lte=day, person=person).select_related("unit", "over_unit", "over_person")
    return list(found.annotate(times=Count("visits")).order_by("from_on", "pk"))
