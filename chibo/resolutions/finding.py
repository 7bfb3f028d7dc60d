"""Minutes found by words: without accents, the ones that fit best first, page by page, with where the words stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, IntegerField, Q
from django.db.models.functions import Cast

from chibo.core.text import search_key
from chibo.organizations.scope import Rights
from chibo.resolutions.models import Minutes, Revision
from chibo.resolutions.queries import readable
from chibo.resolutions.writing import from_html

SIZE = 20
AROUND = 90  # characters on either side of what was found
Piece = tuple[bool, str]  # whether it was asked for; text


@dataclass(frozen=True)
class Hit:
    """Minutes that were found."""

    minutes: Minutes
    rank: int
    pieces: list[Piece]

    @property
    def key(self) -> list[Any]:
        """Where a page goes on after it."""
        return [self.rank, self.minutes.meeting.held_on.isoformat(), self.minutes.pk]


def find(rights: Rights, user: Any, today: date, asked: str, after: list[Any] | None = None) -> list[Hit]:
    """Minutes that say all these words, of those a reader may open; one more than a page holds. Two queries.

    Words in quotes stand side by side, `or` gives a choice, a word after `-` must not be there.
    """
    words = search_key(asked).strip()
    if not words:
        return []
    query = SearchQuery(words, config="simple", search_type="websearch")
    rank = Cast(SearchRank(F("words__words"), query) * 1_000_000, IntegerField())
    found = readable(rights, user, today).filter(words__words=query).annotate(rank=rank)
    if after is not None:
        best, on, pk = after
        older = Q(meeting__held_on__lt=on) | Q(meeting__held_on=on, pk__lt=pk)
        found = found.filter(Q(rank__lt=best) | (Q(rank=best) & older))
    listed = list(found.select_related("meeting__unit").order_by("-rank", "-meeting__held_on", "-pk")[: SIZE + 1])
    newest = Revision.objects.filter(minutes__in=listed).order_by("minutes", "-number").distinct("minutes")
    texts = {each.minutes_id: each.body for each in newest}
    return [Hit(each, each.rank, snippet(texts.get(each.pk, ""), words)) for each in listed]


def snippet(body: str, words: str) -> list[Piece]:
    """The text around the first word asked for, with each word asked for told apart."""
    text = " · ".join(block.text for block in from_html(body))
    plain = [search_key(sign) for sign in text]
    wanted = {word.strip('"') for word in words.split() if not word.startswith("-") and word != "or"} - {""}
    spans = []
    at = 0
    while at < len(text):
        if not plain[at].isalnum():
            at += 1
            continue
        end = at
        while end < len(text) and (plain[end].isalnum() or not plain[end]):
            end += 1
        if "".join(plain[at:end]) in wanted:
            spans.append((at, end))
        at = end
    first = max(0, (spans[0][0] if spans else 0) - AROUND)
    last = min(len(text), first + 3 * AROUND)
    pieces: list[Piece] = [(False, "… ")] if first else []
    at = first
    for begins, ends in spans:
        if ends > last:
            break
        pieces += [(False, text[at:begins]), (True, text[begins:ends])]
        at = ends
    pieces.append((False, text[at:last] + (" …" if last < len(text) else "")))
    return [piece for piece in pieces if piece[1]]
