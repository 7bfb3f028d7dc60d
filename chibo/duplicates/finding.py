"""Finding in bulk who may be one: who shares a key or a mark is compared, and those alike are kept as pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from django.db import connection
from psycopg import sql

from chibo.duplicates.likeness import LIKELY, SURE, Said, compare
from chibo.duplicates.queries import places_of
from chibo.exchange.sheets import array, ask
from chibo.members import identity

ONE_SEARCH = 7_301_020  # key of the advisory lock: one looks at a time
# Up to FEW, or to one of SHARE of all people, each is looked up by the index; of more all keys are laid side by side.
FEW, SHARE = 2000, 20
COMMON = 1000  # what more people than these share tells nothing of them
# Whom somebody changes at this moment is left for the next look: what is read of them is not yet what they will be.
TAKE = """
create temporary table looked on commit drop as
with free as (select person_id from duplicates_stale for update skip locked),
taken as (delete from duplicates_stale t using free where t.person_id = free.person_id returning t.person_id)
select person_id from taken
"""
CANDIDATES = """
create temporary table candidates (first_id bigint, second_id bigint, mark text) on commit drop
"""
OF_THESE = """
create temporary table looked on commit drop as
select person_id from duplicates_stale where person_id = any(%(people)s)
"""
BY_INDEX = """
insert into candidates
select distinct least(k.person_id, b.person_id), greatest(k.person_id, b.person_id), ''
from looked l join duplicates_keyed k using (person_id)
cross join lateral (select o.person_id from duplicates_keyed o where o.keys && {keys}) b
where b.person_id <> k.person_id
"""
ALL_KEYS = "k.keys"
# Who is probably one shares all syllables and the day, or that with day and month changed about: the first key and the
# fifth, where there is such a one. Of names of eight syllables and more all keys are asked, as not all of them say all.
LIKELY_KEYS = """
case when cardinality(k.keys) < 10 then array_remove(array[k.keys[1], k.keys[5]], null) else k.keys end
"""
OPENED = """
create temporary table opened on commit drop as
select k.person_id, u.key, l.person_id is not null as is_looked
from duplicates_keyed k left join looked l using (person_id), unnest({keys}) u(key)
"""
SIDE_BY_SIDE = """
with shared as (
  select key from opened group by key having count(*) between 2 and %(common)s and bool_or(is_looked)
), here as materialized (select o.* from opened o join shared using (key))
insert into candidates
select distinct a.person_id, b.person_id, '' from here a join here b using (key)
where a.person_id < b.person_id and (a.is_looked or b.is_looked)
"""
MARKED = """
insert into candidates
with marked as (select distinct person_id, value from ({rows}) r where value <> ''),
doubled as (select value from marked group by value having count(*) between 2 and %(common)s)
select a.person_id, b.person_id, %(mark)s from marked a join marked b using (value) join doubled using (value)
where a.person_id < b.person_id
"""
ONCE_MARKED = "insert into candidates select first_id, second_id, '' from duplicates_pair where reasons && %(marks)s"
READ = """
select c.first_id, c.second_id, c.marks, p.full_name, p.search_key, p.born_on, p.sex,
  q.full_name, q.search_key, q.born_on, q.sex
from (select first_id, second_id, array_remove(array_agg(distinct mark), '') as marks
      from candidates group by first_id, second_id) c
join members_person p on p.id = c.first_id join members_person q on q.id = c.second_id
"""
# Who shares a key with somebody looked at is a candidate: of those found before it is enough to ask for the looked at.
CLEAR = """
delete from duplicates_pair p using (
  select t.id from duplicates_pair t join looked on person_id = t.first_id
  union select t.id from duplicates_pair t join looked on person_id = t.second_id
  union select t.id from duplicates_pair t join candidates using (first_id, second_id) where mark <> ''
  union select t.id from duplicates_pair t where t.reasons && %(marks)s
) c where p.id = c.id
"""
KEEP = """
insert into duplicates_pair (first_id, second_id, strength, reasons, first_cell_id, second_cell_id, is_apart)
select f.first_id, f.second_id, f.strength, f.reasons, f.first_cell_id, f.second_cell_id, exists (
  select from duplicates_apart x where x.first_id = f.first_id and x.second_id = f.second_id
    and x.said = chibo_said_of(p.full_name, p.born_on, p.sex) || '/' || chibo_said_of(q.full_name, q.born_on, q.sex))
from found f join members_person p on p.id = f.first_id join members_person q on q.id = f.second_id
"""
APART = """
select x.first_id, x.second_id from unnest(%(first)s::bigint[], %(second)s::bigint[]) f(first_id, second_id)
join duplicates_apart x using (first_id, second_id)
join members_person p on p.id = x.first_id join members_person q on q.id = x.second_id
where x.said = chibo_said_of(p.full_name, p.born_on, p.sex) || '/' || chibo_said_of(q.full_name, q.born_on, q.sex)
"""
FOUND = """
create temporary table found (first_id bigint, second_id bigint, strength int, reasons text[], first_cell_id bigint,
  second_cell_id bigint) on commit drop
"""


def find(today: date, *, is_thorough: bool = False) -> int:
    """Look who is like the people who are new or changed, and keep it; how many pairs were found. Call it in an action.

    `is_thorough`: also whose marks, as card numbers, are the same, and where everybody found so far is by now.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_SEARCH])
        cursor.execute(TAKE)
        ((looked,),) = ask("select count(*) from looked")
        if not looked and not is_thorough:
            cursor.execute("drop table looked")
            return 0
        _candidates_by_keys(cursor, looked, ALL_KEYS)
        _candidates_by_marks(cursor)
        cursor.execute("analyze candidates")
        found = list(_compared())
        if looked > FEW:
            cursor.execute("analyze duplicates_pair")  # of which nobody may have told how many there are by now
        cursor.execute(CLEAR, {"marks": [each.code for each in identity.identifiers()]})
        _keep(cursor, found, today)
        cursor.execute("drop table looked, candidates")
    if is_thorough:
        _place_again(today)
    return len(found)


def wait() -> None:
    """Wait until nobody looks who is like whom; nobody does until this transaction ends. Call it before deciding."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [ONE_SEARCH])


def among(people: Collection[int]) -> list[tuple[int, int, list[str]]]:
    """Of these people those written since anybody looked who are probably someone else: with whom, and why.

    Pairs of which somebody said that they are two people are left out. Writes nothing; call it in an action.
    """
    with connection.cursor() as cursor:
        cursor.execute(OF_THESE, {"people": array(people)})
        ((looked,),) = ask("select count(*) from looked")
        found: list[tuple[int, int, list[str]]] = []
        if looked:
            _candidates_by_keys(cursor, looked, LIKELY_KEYS)
            cursor.execute("analyze candidates")
            likely = sorted(
                (each for each in _compared() if each[2] >= LIKELY), key=lambda each: (-each[2], each[0], each[1])
            )
            pairs = {"first": [each[0] for each in likely], "second": [each[1] for each in likely]}
            apart = set(ask(APART, **pairs)) if likely else set()
            found = [(first, second, why) for first, second, _n, why in likely if (first, second) not in apart]
            cursor.execute("drop table candidates")
        cursor.execute("drop table looked")
    return found


def _candidates_by_keys(cursor: Any, looked: int, keys: str) -> None:
    """Who shares one of these keys with one of so many looked at."""
    cursor.execute(CANDIDATES)
    cursor.execute("analyze looked")
    ((known,),) = ask("select greatest(reltuples, 0) from pg_class where oid = 'duplicates_keyed'::regclass")
    if looked > max(FEW, known / SHARE):
        cursor.execute("analyze duplicates_keyed")
        cursor.execute(OPENED.replace("{keys}", keys))
        cursor.execute("analyze opened")
        cursor.execute(SIDE_BY_SIDE, {"common": COMMON})
        cursor.execute("drop table opened")
    elif looked:
        cursor.execute(BY_INDEX.replace("{keys}", keys))


def _candidates_by_marks(cursor: Any) -> None:
    marks = identity.identifiers()
    for each in marks:
        statement = MARKED.replace("{rows}", each.rows)
        cursor.execute(statement, {"common": COMMON, "mark": each.code})
    cursor.execute(ONCE_MARKED, {"marks": [each.code for each in marks]})


def _compared() -> Iterator[tuple[int, int, int, list[str]]]:
    """The candidates that are alike, with why; few are in memory at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(READ)
        while rows := cursor.fetchmany(5000):
            for first, second, marks, *said in rows:
                like = compare(Said(*said[:4]), Said(*said[4:]))
                if marks:
                    yield first, second, SURE, [*marks, *like.reasons]
                elif like.strength:
                    yield first, second, like.strength, list(like.reasons)


def _keep(cursor: Any, found: list[tuple[int, int, int, list[str]]], today: date) -> None:
    if not found:
        return
    places = places_of({pk for pair in found for pk in pair[:2]}, today)
    cursor.execute(FOUND)
    with cursor.copy(sql.SQL("copy found from stdin")) as copy:
        for first, second, strength, reasons in found:
            copy.write_row((first, second, strength, reasons, places.get(first), places.get(second)))
    cursor.execute("analyze found")
    cursor.execute(KEEP)
    cursor.execute("drop table found")


def _place_again(today: date) -> None:
    """Let every pair say where its people are by now."""
    people = {
        pk for (pk,) in ask("select first_id from duplicates_pair union select second_id from duplicates_pair")
    }  # fmt: skip
    places = places_of(people, today)
    lists = {"people": list(places), "units": list(places.values())}
    for side in ("first", "second"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"update duplicates_pair t set {side}_cell_id = n.unit_id"
                " from unnest(%(people)s::bigint[], %(units)s::bigint[]) n(person_id, unit_id)"
                f" where t.{side}_id = n.person_id and t.{side}_cell_id is distinct from n.unit_id",
                lists,
            )
