"""Who is like whom, as far as the reader may know: pairs in scope, where people are, codes that once were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from chibo.core.text import search_key
from chibo.duplicates.likeness import LIKELY, Said, compare
from chibo.duplicates.models import Merge, Pair, Request
from chibo.exchange.sheets import array_of_texts, ask
from chibo.members import identity
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, Scope

PAGE = 50
# Where someone is a member on a day, or was last; the first cell of one who is still to join.
STAYS = """
select distinct on (m.person_id) m.person_id, s.cell_id
from members_membership m join members_stay s on s.membership_id = m.id
where m.person_id = any(%(people)s)
order by m.person_id, s.from_on > %(today)s, case when s.from_on <= %(today)s then s.from_on end desc nulls last,
  s.from_on, s.id desc
"""
LIKE = """
select k.person_id, p.full_name, p.search_key, p.born_on, p.sex
from duplicates_keyed k join members_person p on p.id = k.person_id
where k.keys && chibo_alike_keys(%(plain)s, %(born_on)s) limit 200
"""


def places_of(people: Iterable[int], today: date) -> dict[int, int]:
    """The unit each of these people is at: the cell of a member, else what was declared of others. Few queries."""
    wanted = set(people)
    found: dict[int, int] = {}
    if wanted:
        found = dict(ask(STAYS, people=list(wanted), today=today))
    for rows in identity.places():
        left = wanted - found.keys()
        if not left:
            break
        for person, unit in ask(rows, people=list(left), today=today):
            found.setdefault(person, unit)
    return found


@dataclass(frozen=True)
class Known:
    """A record as its reader may know it: with who it is inside their units, else only whom to ask."""

    pk: int
    person: Person | None  # None: outside the reader's units
    unit: Unit | None  # where the person is
    ask: Unit | None  # the lowest unit that stands over both, where somebody sees both


def known(rights: Rights, people: Iterable[int], today: date) -> dict[int, Known]:
    """Records by key, as far as they are the reader's to see. Four queries at most."""
    wanted = list(people)
    scope = rights.scope(P.MEMBER_MERGE)
    places = places_of(wanted, today)
    units = Unit.objects.in_bulk(set(places.values()))
    seen = {
        pk
        for pk in wanted
        if (pk in places and scope.covers(units[places[pk]])) or (pk not in places and rights.over_all(P.MEMBER_MERGE))
    }
    persons = Person.objects.in_bulk(seen)
    hidden = {pk: units[places[pk]] for pk in wanted if pk not in seen and pk in places}
    over = {pk: _shared(scope, unit) for pk, unit in hidden.items()}
    above = Unit.objects.in_bulk(set(filter(None, over.values()))) if any(over.values()) else {}
    return {
        pk: Known(
            pk,
            persons.get(pk),
            units.get(places[pk]) if pk in seen and pk in places else None,
            above.get(over.get(pk) or 0),
        )
        for pk in wanted
    }


def _shared(scope: Scope, unit: Unit) -> int | None:
    """The lowest unit over one of the reader's and another one; the reader's own line is no secret to them."""
    other = unit.path.rstrip("/").split("/")
    longest: list[str] = []
    for path in (*scope.subtrees, *scope.units):
        line = []
        for mine, theirs in zip(path.rstrip("/").split("/"), other, strict=False):
            if mine != theirs:
                break
            line.append(mine)
        longest = max(longest, line, key=len)
    return int(longest[-1]) if longest else None


@identity.likens
def probably(full_name: str, born_on: date, sex: str) -> list[int]:
    """Who is recorded and probably this person, the likeliest first. One query."""
    said = Said(full_name, " ".join(search_key(full_name).split()), born_on, sex)
    found = []
    for pk, *known in ask(LIKE, plain=said.plain, born_on=born_on):
        like = compare(said, Said(*known))
        if like.strength >= LIKELY:
            found.append((-like.strength, pk))
    return [pk for _strength, pk in sorted(found)]


LISTED = """
select p.id, p.first_id, p.second_id, p.strength, p.reasons
from duplicates_pair p left join organizations_unit a on a.id = p.first_cell_id
left join organizations_unit b on b.id = p.second_cell_id
where {of_kind} and p.strength >= %(least)s and {beyond} and ({seen} or {seen_too})
order by p.strength desc, p.id limit %(size)s
"""


@dataclass(frozen=True)
class Listed:
    """A pair as a list shows it."""

    pk: int
    first: Known
    second: Known
    strength: int
    reasons: list[str]

    @property
    def key(self) -> list[Any]:
        """Where it stands in the order."""
        return [self.strength, self.pk]


def listed(
    rights: Rights,
    today: date,
    *,
    least: int,
    apart: bool = False,
    below: Unit | None = None,
    after: list[Any] | None = None,
) -> list[Listed]:
    """Pairs of which the reader sees one record at least, the strongest first; one more says there are more."""
    seen, seen_too, parameters = _seen(rights)
    if below is not None:
        seen, seen_too = (f"({each} and {side}.path like %(below)s)" for each, side in ((seen, "a"), (seen_too, "b")))
        parameters["below"] = below.path + "%"
    beyond = "true"
    if after is not None:
        beyond = "(p.strength < %(strength)s or (p.strength = %(strength)s and p.id > %(pk)s))"
        parameters |= {"strength": after[0], "pk": after[1]}
    statement = LISTED.format(
        of_kind="p.is_apart" if apart else "not p.is_apart", beyond=beyond, seen=seen, seen_too=seen_too
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"least": least, "size": PAGE + 1})
        rows = cursor.fetchall()
    people = known(rights, {pk for row in rows for pk in row[1:3]}, today)
    return [Listed(pk, people[one], people[other], strength, why) for pk, one, other, strength, why in rows]


REQUESTED = """
select r.id from duplicates_request r join duplicates_pair p using (first_id, second_id)
left join organizations_unit a on a.id = p.first_cell_id left join organizations_unit b on b.id = p.second_cell_id
where r.closed_at is null and {seen} and {seen_too} order by r.id limit %(size)s
"""


def requested(rights: Rights, today: date) -> list[tuple[Request, Known, Known]]:
    """What others asked of those who see both records, the oldest first: what the reader can decide."""
    seen, seen_too, parameters = _seen(rights)
    found = ask(REQUESTED.format(seen=seen, seen_too=seen_too), **parameters, size=PAGE)
    asked = list(Request.objects.filter(pk__in=[pk for (pk,) in found]).select_related("by").order_by("pk"))
    people = known(rights, {pk for each in asked for pk in (each.first_id, each.second_id)}, today) if asked else {}
    both = [(each, people[each.first_id], people[each.second_id]) for each in asked]
    return [each for each in both if each[1].person and each[2].person]


def _seen(rights: Rights) -> tuple[str, str, dict[str, Any]]:
    """Conditions that the units `a` and `b`, of the first and the second record, are the reader's."""
    seen, parameters = rights.scope(P.MEMBER_MERGE).sql("a.path")
    if rights.over_all(P.MEMBER_MERGE):
        return "true", "true", parameters
    return seen, seen.replace("a.path", "b.path"), parameters


def pair_of(one: int, other: int) -> Pair | None:
    """What was found of two records. One query."""
    return Pair.objects.filter(first_id=min(one, other), second_id=max(one, other)).first()


def successor(pk: int) -> int | None:
    """The record that one which went into another lives on in; None if it went nowhere. One query a step."""
    found = None
    while (merge := Merge.objects.filter(gone_id=pk, apart_at=None).first()) is not None:
        found = pk = merge.kept_id
    return found


@identity.once_called
def former_codes(codes: Iterable[str]) -> dict[str, str]:
    """Codes of records that went into others, with the codes of these. One query."""
    return dict(ask(FORMER, codes=array_of_texts(list(codes))))


FORMER = """
with recursive line (old, pk) as (
  select gone_code, kept_id from duplicates_merge where apart_at is null and gone_code = any(%(codes)s)
  union all
  select l.old, m.kept_id from line l join duplicates_merge m on m.gone_id = l.pk and m.apart_at is null
)
select l.old, p.code from line l join members_person p on p.id = l.pk
"""
WITHIN = """
with recursive line (pk) as (
  select gone_id from duplicates_merge where apart_at is null and kept_id = %s
  union all
  select m.gone_id from line l join duplicates_merge m on m.kept_id = l.pk and m.apart_at is null
)
select pk from line
"""
identity.once_separate(WITHIN)
