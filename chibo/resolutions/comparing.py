"""Two texts beside each other: what went, what came, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from chibo.resolutions.writing import Block

WORD = re.compile(r"\s+|\w+|[^\w\s]")
Piece = tuple[str, str]  # "", "del" or "ins"; and text


@dataclass(frozen=True)
class Line:
    """A block as it was and as it is, in pieces; nothing on one side where it is new or gone."""

    was: Sequence[Piece]
    now: Sequence[Piece]
    is_changed: bool


def compare(before: Sequence[Block], after: Sequence[Block]) -> list[Line]:
    """Every block of two texts, those that differ with the words that went and came."""
    old, new = [each.text for each in before], [each.text for each in after]
    lines: list[Line] = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            lines += [Line([("", text)], [("", text)], False) for text in old[i:j]]
        else:
            lines += _differing(old[i:j], new[k:m])
    return lines


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Blocks in each other's place, as far as there are as many."""
    for n in range(max(len(old), len(new))):
        was, now = old[n] if n < len(old) else "", new[n] if n < len(new) else ""
        if was and now:
            yield Line(*_words(was, now), True)
        else:
            yield Line([("del", was)] if was else [], [("ins", now)] if now else [], True)


def _words(was: str, now: str) -> tuple[list[Piece], list[Piece]]:
    old, new = WORD.findall(was), WORD.findall(now)
    gone: list[Piece] = []
    come: list[Piece] = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i < j:
            gone.append(("" if what == "equal" else "del", "".join(old[i:j])))
        if k < m:
            come.append(("" if what == "equal" else "ins", "".join(new[k:m])))
    return gone, come
