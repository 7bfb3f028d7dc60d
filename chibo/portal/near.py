"""The nearest units of those that words find: looked for rank by rank, until there are enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from chibo.core.written import as_sql
from chibo.organizations.kinds import CELLS
from chibo.organizations.models import Unit
from chibo.organizations.words import (
    INDEXED,
    IS_CELL,
    beginning,
    of_cells,
    with_begun,
    with_code,
    with_name,
    with_whole,
)

# The code in small letters without accents; of one without any, as nearly all are, in a fifth of the time.
CODE = 'case when octet_length(code) = length(code) then lower(code collate "C") else chibo_plain(code) end'
OTHER = f"not {CODE} like %(begins)s"
SPACED = "' ' || search_key || ' '"
# How near a unit is, the nearest first, and by what the index finds which may be so: a code that is the words; one that
# begins with them; a name that is them; that begins with them as whole words; that begins with them; in which they
# stand whole and in a row; and last those of which words begin with them, or whose code has them in it.
RANKS = (
    ("code", f"{CODE} = %(plain)s"),
    ("codes", f"{CODE} like %(begins)s and {CODE} <> %(plain)s"),
    ("name", f"search_key = %(plain)s and {OTHER}"),
    ("names", f"search_key like %(row)s and {OTHER}"),
    ("names", f"search_key like %(begins)s and search_key <> %(plain)s and not search_key like %(row)s and {OTHER}"),
    ("whole", f"not search_key like %(begins)s and {SPACED} like %(within)s and {OTHER}"),
    ("begun", f"not search_key like %(begins)s and not {SPACED} like %(within)s and {OTHER}"),
)
WORD = f" and (search_key like %(begins{{n}})s or search_key like %(later{{n}})s or {CODE} like %(has{{n}})s)"
KINDS = ("unit", "cell")  # committees before cells
# Those of one rank are in the order of names, so that the first of very many are found along their index; and none is
# looked for where those before are enough.
PART = """
found{n} as materialized (
  select * from (
    select id, sort_key, {rank} as rank from fit
    where {is_kind} and {nearness} and {beyond} and {indexed} @@ %({by}_{kind})s::tsquery
    order by sort_key, id limit %(size)s
  ) each where {before} < %(size)s
),
number{n} as materialized (select {before} + (select count(*) from found{n}) as number)"""
PLACE = re.compile("%[s%]")
UNITS = """with fit as not materialized ({fit}),{parts}
select u.*, f.rank from ({found} order by rank, sort_key, id limit %(size)s) f
join organizations_unit u on u.id = f.id order by f.rank, f.sort_key, f.id"""


def nearest(
    units: QuerySet[Unit], words: Sequence[str], after: Sequence[Any] | None, size: int, kind: str = ""
) -> list[Unit]:
    """The first of some units that have all the words, by rank, name and id; each with its `rank`. One query.

    They go on after the one of a key; with a `kind` all are of it.
    """
    try:
        fit, given = as_sql(units.order_by().values("id", "code", "search_key", "sort_key", "kind"))
    except EmptyResultSet:  # of a scope that is empty, or a choice of none
        return []
    plain, last = " ".join(words), -1
    values: dict[str, Any] = {f"v{n}": value for n, value in enumerate(given)} | {
        "plain": plain, "begins": f"{_literal(plain)}%", "row": f"{_literal(plain)} %", "size": size,
        "within": f"% {_literal(plain)} %",
    }  # fmt: skip
    asked = {"code": with_code(plain), "name": with_name(plain), "whole": with_whole(words), "begun": with_begun(words)}
    asked |= {"codes": beginning(asked["code"]), "names": beginning(asked["name"])}
    for by, question in asked.items():
        values |= {f"{by}_unit": question, f"{by}_cell": of_cells(question)}
    for n, word in enumerate(words):
        values[f"begins{n}"], values[f"later{n}"] = f"{_literal(word)}%", f"% {_literal(word)}%"
        values[f"has{n}"] = f"%{_literal(word)}%"
    if after is not None:
        last, values["name"], values["pk"] = after
    parts, places = list(_parts(last, len(words), kind)), count()
    if not parts:
        return []
    named = PLACE.sub(lambda place: place[0] if place[0] == "%%" else f"%(v{next(places)})s", fit)
    found = " union all ".join(f"select * from found{n}" for n in range(len(parts)))
    return list(Unit.objects.raw(UNITS.format(fit=named, parts=",".join(parts), found=found), values))


def _parts(last: int, words: int, of: str) -> Iterator[str]:
    """The question for each rank from that of the last unit shown on; of the kind alone where all are of one."""
    either = (0, 1) if not of else (1,) if of in CELLS else (0,)
    ranks = [(2 * n + cells, each) for n, each in enumerate(RANKS) for cells in either]
    for n, (rank, (by, nearness)) in enumerate([each for each in ranks if each[0] >= last]):
        if by == "begun":
            nearness += "".join(WORD.format(n=word) for word in range(words))
        kind = KINDS[rank % 2]
        yield PART.format(
            n=n, rank=rank, kind=kind, is_kind=IS_CELL if kind == "cell" else f"not ({IS_CELL})", nearness=nearness,
            indexed=INDEXED, by=by, beyond="(sort_key, id) > (%(name)s, %(pk)s)" if rank == last else "true",
            before=f"(select number from number{n - 1})" if n else "0",
        )  # fmt: skip


def _literal(text: str) -> str:
    """The text as `like` finds it."""
    return re.sub(r"([\\%_])", r"\\\1", text)
