"""People found by words of their names or by their code: by the index of words, or along the names in their order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Max,
    Min,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Concat, Left, Length
from django.db.models.lookups import Contains, GreaterThan, StartsWith

from chibo.core.text import search_key
from chibo.members.models import Person, Stay
from chibo.members.queries import COUNTED, NEAR, PERSON, first_of, plain_code

WORDS = 8  # of what was asked, the first
LONGEST = 400  # characters of a name whose words are in the index
BEGINNING = 7  # letters of the beginnings of words that are in it each, as Vietnamese words are no longer
FEW = 20_000  # people named one by one, once it is known who they are
# What the database expects; on either side of each the same people are found.
DOUBTED = 40_000  # people to look among, up to whom it is counted whether there are NEAR of them
RARE = 20_000  # people with all the words, up to whom the index is asked who they are
EVERYWHERE = 0.003  # share of people with the words, none as the given name, from which on some come before long
MANY = 400_000  # people with the words, up to whom the index is asked between which names they stand
READ = 30_000  # names to read until all are counted, or as many as are counted; of nearly everyone it takes a fourth
ENTRY, ROW = 0.1, 1.5  # microseconds to take one person from the index, and to read the name of one it gave

# How many people there are, what share of them has a word that begins with each, and has one that is not the last of
# the name; as of the last statistics.
SHARES = """
with names as (
  select v.name from pg_stats s cross join lateral unnest(
    coalesce(s.most_common_vals::text::text[], '{}') || coalesce(s.histogram_bounds::text::text[], '{}')) v(name)
  where s.schemaname = current_schema() and s.tablename = 'members_person' and s.attname = 'search_key'
)
select w.word, greatest(max(c.reltuples), 0),
  1 - exp(sum(case when e.share is null then 0 else ln(1 - least(e.share, 0.999)) end)),
  (select coalesce(avg(case when strpos(' ' || regexp_replace(n.name, '[^ ]*$', ''), ' ' || w.word) > 0 then 1 else 0
    end), 0) from names n)
from unnest(%s::text[]) w(word) cross join pg_class c
left join pg_stats s on s.schemaname = current_schema() and s.tablename = 'person_begun_words'
left join lateral unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) e(word, share)
  on e.word = left(w.word, %s)
where c.oid = 'members_person'::regclass
group by w.word
"""


class Found(NamedTuple):
    """Who was found by words: among so many, or so many of them, that their order is not a matter of a moment."""

    stays: QuerySet[Stay]
    is_many: bool = False
    is_soon_counted: bool = True  # so many are expected among so few that counting them takes no time


class _Guess(NamedTuple):
    """How the words are looked for: some by the index, the others in the names it gives; how many have all of them."""

    by_index: list[str]
    in_name: list[str]
    people: float
    share: float
    share_before: float  # of those who have them before their given name


def found_by(found: QuerySet[Stay], words: str, *, is_bounded: bool = True) -> Found:
    """Those in whose name a word begins with each of the words, or whose code begins with them; accents are no matter.

    Among few their names are read. Of rare words the index says who has them, up to FEW. Very many are found along
    the names in their order, with `is_bounded` from the first name on that has the words. Five queries at most.
    """
    plain = search_key(words).strip()
    if not plain:
        return Found(found)
    asked = list(dict.fromkeys(plain.split()[:WORDS]))
    near = _near(found)
    guess = _guessed(asked) if near > NEAR else None
    people = Person.objects.order_by()
    by_code = people.alias(plain_code=plain_code()).filter(plain_code__startswith=plain)
    named_so = _indexed("", guess.by_index) & _read("", guess.in_name) if guess else Q()
    is_rare = guess is not None and guess.people <= RARE
    coded, named = _first(by_code, people.filter(named_so) if is_rare else None)
    few = [*(coded if len(coded) <= FEW else []), *(named if len(named) <= FEW else [])]
    condition = _is_one_of(few)
    if len(coded) > FEW:
        found = found.alias(plain_code=plain_code(PERSON))
        condition |= Q(plain_code__startswith=plain)
    if is_rare and len(named) <= FEW:
        return Found(found.filter(condition))
    if guess is None or len(coded) > FEW:
        return Found(found.filter(condition | _read(PERSON, asked)), is_many=guess is not None)
    if is_bounded and guess.share_before < EVERYWHERE and guess.people <= MANY:
        ends = _between(people.filter(named_so | Q(pk__in=coded)))
        condition = ends & (condition | _opaque(_read(PERSON, asked)))
    else:
        condition |= _read(PERSON, asked)
    to_read = min(near, COUNTED / max(guess.share, 1e-9))
    soon = to_read <= READ * (4 if near * guess.share > guess.people / 2 else 1)
    return Found(found.filter(condition), is_many=True, is_soon_counted=soon)


def first_of_many(found: Found, near: str, size: int) -> list[Stay]:
    """The first of very many: those below a path, then the others; each by name. Two queries at most."""
    stays = found.stays.order_by(f"{PERSON}sort_key", "membership__person_id")
    own = list(first_of(stays.filter(cell__path__startswith=near), size)) if near else []
    if len(own) == size:
        return own
    return own + list(first_of(stays.exclude(pk__in=[stay.pk for stay in own]), size - len(own)))


def _near(found: QuerySet[Stay]) -> int:
    """About how many there are, as the database expects, which reads no rows; few are counted. Two queries at most."""
    keys = found.order_by().values("pk")
    plan = keys.explain(format="json")
    expected = int(json.loads(plan)[0]["Plan"]["Plan Rows"]) if plan else 0  # of a scope that is empty nothing is asked
    if NEAR < expected <= DOUBTED and (n := keys[: NEAR + 1].count()) <= NEAR:
        return n
    return expected


def _guessed(words: Sequence[str]) -> _Guess:
    """Which of the words are best looked for by the index: the rarest, as long as each saves reading names."""
    with connection.cursor() as cursor:
        cursor.execute(SHARES, [list(words), BEGINNING])
        rows = cursor.fetchall()
    everyone = max(people for _word, people, *_shares in rows)
    rows.sort(key=lambda row: row[2])  # the rarest first
    left = list(accumulate((share for _word, _people, share, _before in rows), lambda one, other: one * other))
    taken = [min(row[2], others) for row, others in zip(rows, [1, *left], strict=False)]  # it looks up who is left
    best = min(range(len(rows)), key=lambda n: (sum(taken[: n + 1]) * ENTRY + left[n] * ROW) * everyone) + 1
    order = [word for word, *_rest in rows]
    before = prod(float(share) for *_rest, share in rows)
    return _Guess(order[:best], order[best:], left[-1] * everyone, left[-1], before)


def _first(by_code: QuerySet[Person], by_name: QuerySet[Person] | None) -> tuple[list[int], list[int]]:
    """The first of either, one more than FEW at most. One query."""
    either: Any = by_code.values_list("pk", Value(True))[: FEW + 1]
    if by_name is not None:
        either = either.union(by_name.values_list("pk", Value(False))[: FEW + 1], all=True)
    found: dict[bool, list[int]] = {True: [], False: []}
    for pk, is_by_code in either:
        found[is_by_code].append(pk)
    return found[True], found[False]


def _between(people: QuerySet[Person]) -> Q:
    """Condition on stays: not before the first nor after the last of some people in the order of names. One query.

    Names are in the order of given names: of who has a rare one, nobody is found for a long way.
    """
    name: Any = Concat(
        "sort_key", Value(""), output_field=TextField()
    )  # not the column itself: its index would be walked for them
    ends = people.aggregate(first=Min(name), last=Max(name))
    if ends["first"] is None:
        return Q(pk__in=[])
    return Q(**{f"{PERSON}sort_key__gte": ends["first"], f"{PERSON}sort_key__lte": ends["last"]})


def _is_one_of(pks: Sequence[int]) -> Q:
    """Condition on stays: of one of these people. As an array, which is read sooner than a long list."""
    if not pks:
        return Q(pk__in=[])
    array = Value(list(pks), output_field=ArrayField(BigIntegerField()))
    person = F("membership__person_id")
    return Q(Func(person, array, template="%(expressions)s)", arg_joiner=" = any(", output_field=BooleanField()))


def _opaque(condition: Q) -> Q:
    """The same, of which the database expects that half fulfil it: what it knows of them is said already."""
    return Q(Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()))


def _indexed(prefix: str, words: Sequence[str]) -> Q:
    """Condition on names: they have words that begin with all of these, as the index finds them."""
    return Q(_has(prefix, words)) if words else Q()


def _has(prefix: str, words: Sequence[str]) -> Func:
    query = Value(" & ".join(map(_lexeme, words)))
    return Func(F(f"{prefix}search_key"), query, function="chibo_has_begun_words", output_field=BooleanField())


def _lexeme(word: str) -> str:
    """What the index has of each word that begins so: the beginning itself, or longer words whole."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'" if len(word) <= BEGINNING else f"'{escaped}':*"


def _read(prefix: str, words: Sequence[str]) -> Q:
    """The same as it is read in the name, which no index does; what is common in names the database knows.

    Of names longer than the index takes, as the index.
    """
    if not words:
        return Q()
    name = f"{prefix}search_key"
    condition, in_index = Q(), Q()
    for word in words:
        condition &= Q(**{f"{name}__startswith": word}) | Q(**{f"{name}__contains": f" {word}"})
        taken = Left(name, LONGEST)
        in_index &= Q(StartsWith(taken, word)) | Q(Contains(taken, f" {word}"))
    is_long = When(GreaterThan(Length(name), Value(LONGEST)), then=ExpressionWrapper(in_index, BooleanField()))
    return condition & Q(Case(is_long, default=Value(True), output_field=BooleanField()))
