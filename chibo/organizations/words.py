"""Words of units as their index has them: what holds of each unit that fits, and of few others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

IS_CELL = "kind::text in ('cell', 'grassroots_cell')"  # as the indexes say it, of words and of names
INDEXED = f"chibo_unit_words(search_key, chibo_plain(code), {IS_CELL})"
LONGEST = 200  # letters of a lexeme, as the index has them
GRAM = 3


def with_name(plain: str) -> str:
    """Units whose name is the words, as it is asked of what is INDEXED; as are all here, of committees."""
    return _lexeme("f", plain)


def with_code(plain: str) -> str:
    """Units whose code is the words."""
    return _lexeme("k", plain)


def beginning(asked: str) -> str:
    """Units whose name or code begins so."""
    return f"{asked}:*"


def of_cells(asked: str) -> str:
    """The same of cells."""
    return re.sub(r"'([fknc])((?:[^']|'')*)'", lambda each: f"'{each[1].upper()}{each[2]}'", asked)


def with_whole(words: Sequence[str]) -> str:
    """Units in whose name the words stand whole, wherever."""
    return _all(_lexeme("n", word) for word in words)


def with_begun(words: Sequence[str]) -> str:
    """Units in whose name a word begins with each of them, or whose code has it in it."""
    return _all(f"({_lexeme('n', word)}:* | ({_all(_grams(word))}))" for word in words)


def _grams(word: str) -> list[str]:
    """What a code has in which a word stands: three letters at a time, or all of them where there are no more."""
    size = min(GRAM, len(word))
    return [_lexeme("c", word[n : n + size]) for n in range(len(word) - size + 1)]


def _all(lexemes: Iterable[str]) -> str:
    return " & ".join(lexemes)


def _lexeme(kind: str, text: str) -> str:
    escaped = text[:LONGEST].replace("\\", "\\\\").replace("'", "''")
    return f"'{kind}{escaped}'"
