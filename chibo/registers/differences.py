"""Where what a unit confirmed is not what the roll, or the units below, say: member by member, and what changed it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from chibo.core.periods import Period
from chibo.exchange.sheets import ask
from chibo.members.identity import former
from chibo.organizations.models import Unit
from chibo.registers.models import Against, Confirmation, Page, Settlement
from chibo.registers.roll import LABELS, Sheet, sheets_of

ORDER = list(LABELS)
# The newest act recorded since that touched each of these members: their person, a membership, a transfer, a departure.
CHANGES = """
with people as (select id, code from members_person where code = any(%(codes)s)),
spells as (
    select distinct e.pgh_obj_id as id, p.code from people p join members_membershipevent e on e.person_id = p.id
),
events as (
    select p.code, e.pgh_context_id, e.pgh_created_at, e.pgh_id from people p
      join members_personevent e on e.pgh_obj_id = p.id
  union all
    select p.code, e.pgh_context_id, e.pgh_created_at, e.pgh_id from spells p
      join members_membershipevent e on e.pgh_obj_id = p.id
  union all
    select p.code, e.pgh_context_id, e.pgh_created_at, e.pgh_id from spells p
      join members_transferevent e on e.membership_id = p.id
  union all
    select p.code, e.pgh_context_id, e.pgh_created_at, e.pgh_id from spells p
      join members_departureevent e on e.membership_id = p.id
)
select distinct on (e.code) e.code, c.metadata ->> 'action', (c.metadata ->> 'user')::bigint,
       (c.metadata ->> 'at')::timestamptz
from events e join pghistory_context c on c.id = e.pgh_context_id
where (c.metadata ->> 'at')::timestamptz > %(since)s
order by e.code, e.pgh_created_at desc, e.pgh_id desc
"""
# The newest act recorded since that moved a cell, or a unit above it.
MOVES = """
select distinct on (cell.id) cell.id, c.metadata ->> 'action', (c.metadata ->> 'user')::bigint,
       (c.metadata ->> 'at')::timestamptz
from unnest(%(cells)s::bigint[]) cell(id) join organizations_lineage l on l.unit_id = cell.id
join organizations_parentlinkevent e on e.unit_id = any(string_to_array(rtrim(l.path, '/'), '/')::bigint[])
join pghistory_context c on c.id = e.pgh_context_id
where (c.metadata ->> 'at')::timestamptz > %(since)s
order by cell.id, e.pgh_created_at desc, e.pgh_id desc
"""
# Of one confirmation and of those of the units directly below: the cells whose rolls are not the same.
ROLLS = """
with under as (
    select distinct on (c.unit_id) c.id, c.unit_id from registers_confirmation c
    join organizations_parentlink l on l.unit_id = c.unit_id and l.parent_id = %(unit)s
     and l.from_on <= %(last)s and (l.to_on is null or l.to_on > %(first)s)
    where c.ends_on = %(last)s order by c.unit_id, c.number desc
),
below as (
    select p.cell_id, array_agg(p.roll order by p.id) as rolls, count(*) as n
    from under u join registers_page p on p.confirmation_id = u.id group by p.cell_id
)
select coalesce(o.cell_id, b.cell_id), coalesce(o.roll, '{}')::text, to_json(coalesce(b.rolls, '{}'))::text
from (select cell_id, roll from registers_page where confirmation_id = %(confirmation)s) o
full join below b on b.cell_id = o.cell_id
where (b.n is distinct from 1 or o.roll is distinct from b.rolls[1])
  and not exists (  -- one whose own superior below has not confirmed says nothing yet
    select from organizations_lineage l join organizations_parentlink k
      on k.parent_id = %(unit)s and k.unit_id = any(string_to_array(rtrim(l.path, '/'), '/')::bigint[])
     and k.from_on <= %(last)s and (k.to_on is null or k.to_on > %(first)s)
    where l.unit_id = coalesce(o.cell_id, b.cell_id)
      and l.from_on <= %(last)s and (l.to_on is null or l.to_on > %(first)s)
      and not exists (select from under u where u.unit_id = k.unit_id))
"""


@dataclass(frozen=True)
class Change:
    """What was recorded since: by which act, whom, when."""

    action: str
    user: int | None
    at: datetime


@dataclass(frozen=True)
class Difference:
    """A member of whom two sides say something else; settled once somebody said why."""

    against: str
    cell: int
    code: str
    here: str
    there: str
    settled: Settlement | None = None

    @property
    def seal(self) -> str:
        """What stands for the difference as it is shown: another one as soon as anything of it is another."""
        said = json.dumps([self.against, self.cell, self.code, self.here, self.there])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def newest(unit: Unit, quarter: Period) -> Confirmation | None:
    """What a unit confirmed last of a quarter, with who did. One query."""
    found = Confirmation.objects.filter(unit=unit, ends_on=quarter.last_day).select_related("by", "role_unit")
    return found.order_by("-number").first()


def since_confirmed(unit: Unit, confirmation: Confirmation, now: dict[int, Sheet] | None = None) -> list[Difference]:
    """Members of whom the roll says now something else than was confirmed. Five queries at most."""
    now = sheets_of(unit, confirmation.quarter) if now is None else now
    then = sheets_confirmed(confirmation, now)
    found = []
    for cell in {*then, *now}:
        a, b = then.get(cell, Sheet()), now.get(cell, Sheet())
        if a != b:
            left, right = _words(a), _words(b)
            found += [
                Difference(Against.NOW, cell, code, left.get(code, ""), right.get(code, ""))
                for code in {*left, *right}
                if left.get(code) != right.get(code)
            ]
    return _settled(confirmation, found)


def with_below(unit: Unit, confirmation: Confirmation) -> list[Difference]:
    """Members of whom the units directly below confirmed something else than the unit. Two queries, up to four.

    Only of what adds up: who moves between two units below has moved for them, not for the unit. Units that have not
    confirmed say nothing.
    """
    quarter = confirmation.quarter
    rows = ask(
        ROLLS, unit=unit.pk, confirmation=confirmation.pk, first=quarter.first_day, last=quarter.last_day
    )  # fmt: skip
    found = []
    told = [(cell, json.loads(own), json.loads(rolls)) for cell, own, rolls in rows]
    called = former(sorted({code for _cell, own, rolls in told for code in {*own} ^ {*chain.from_iterable(rolls)}}))
    for cell, own, rolls in told:
        left: dict[str, str] = {code: _in_order(words) for code, words in as_now(own, called).items()}
        right: dict[str, str] = {}
        for roll in rolls:
            for code, words in as_now(roll, called).items():
                right[code] = _in_order(f"{right.get(code, '')} {words}")
        found += [
            Difference(Against.BELOW, cell, code, left.get(code, ""), right.get(code, ""))
            for code in {*left, *right}
            if left.get(code) != right.get(code)
        ]
    return _settled(confirmation, found)


def explained(found: Sequence[Difference], since: datetime) -> dict[tuple[int, str], Change]:
    """What was recorded since a moment of each of these members, or of where their cell stands. Two queries."""
    codes = sorted({each.code for each in found})
    cells = sorted({each.cell for each in found})
    if not found:
        return {}
    people = {code: Change(*rest) for code, *rest in ask(CHANGES, codes=codes, since=since)}
    moved = {cell: Change(*rest) for cell, *rest in ask(MOVES, cells=cells, since=since)}
    said = {}
    for each in found:
        change = people.get(each.code) or moved.get(each.cell)
        if change is not None:
            said[each.cell, each.code] = change
    return said


def pages(confirmation: Confirmation) -> Iterable[Page]:
    """The members behind a confirmation, cell by cell."""
    return Page.objects.filter(confirmation=confirmation).order_by("pk").iterator(chunk_size=200)


def sheets_confirmed(confirmation: Confirmation, now: Mapping[int, Sheet]) -> dict[int, Sheet]:
    """What was confirmed, by cell, under the codes by which it says so `now`: of records that are one since.

    One query, two if anyone is not on the roll any more.
    """
    then = {page.cell_id: Sheet(page.roll, page.moves) for page in pages(confirmation)}
    gone = {code for cell, sheet in then.items() for code in {*_words(sheet)} - {*_words(now.get(cell, Sheet()))}}
    called = former(sorted(gone))
    if called:
        for sheet in then.values():
            both = {**sheet.roll, **sheet.moves}
            sheet.roll, sheet.moves = (as_now(part, called, both) for part in (sheet.roll, sheet.moves))
    return then


def in_force(unit: Unit, on: date) -> bool:
    """Whether a unit was open on a day. One query."""
    return Unit.objects.open_on(on).filter(pk=unit.pk).exists()


def _words(sheet: Sheet) -> dict[str, str]:
    """All that is said of each, in one order."""
    return {
        code: _in_order(f"{sheet.roll.get(code, '')} {sheet.moves.get(code, '')}")
        for code in {*sheet.roll, *sheet.moves}
    }


def as_now(roll: dict[str, str], called: Mapping[str, str], among: Mapping[str, str] | None = None) -> dict[str, str]:
    """A roll under the codes of today; one who was on it twice, as two records that are one since, stays so."""
    among = roll if among is None else among
    twice = Counter(called.get(code, code) for code in among)
    return {
        called[code] if code in called and twice[called[code]] == 1 else code: words for code, words in roll.items()
    }


def _in_order(words: str) -> str:
    return " ".join(sorted(words.split(), key=ORDER.index))


def _settled(confirmation: Confirmation, found: list[Difference]) -> list[Difference]:
    """In order of codes, each with how it was settled. Two queries at most."""
    if not found:
        return []
    said = list(
        Settlement.objects.filter(confirmation=confirmation, against=found[0].against)
        .select_related("by")
        .order_by("pk")
    )
    called = former(sorted({each.code for each in said} - {each.code for each in found}))
    known = {(each.cell_id, called.get(each.code, each.code), each.here, each.there): each for each in said}
    known |= {(each.cell_id, each.code, each.here, each.there): each for each in said}

    def settled(d: Difference) -> Settlement | None:
        return known.get((d.cell, d.code, d.here, d.there)) or known.get((None, d.code, d.here, d.there))

    return [
        Difference(d.against, d.cell, d.code, d.here, d.there, settled(d))
        for d in sorted(found, key=lambda d: (d.code, d.cell))
    ]
