"""Places that composing left open in minutes, to be filled in by hand: which are left, and which have to be filled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chibo.resolutions.words import HOURS, PLACE, begins
from chibo.resolutions.writing import HEADING, Block

DOTTED = re.compile(r"…{2,}|\.{5,}|_{4,}")
ALONE = re.compile(r"[….\s]+")


@dataclass(frozen=True)
class Hole:
    """A line of a text that says nothing yet, and under which heading; hours and place have to be said."""

    heading: str
    text: str
    must: bool


def is_open(line: str) -> bool:
    """Whether a line has dots where something is to be written, or is nothing else."""
    return bool(DOTTED.search(line) or ALONE.fullmatch(line))


def holes_in(blocks: Sequence[Block]) -> list[Hole]:
    """The places left open in a text, in its order."""
    starts = (begins(HOURS), begins(PLACE))
    heading, found = "", []
    for each in blocks:
        if each.kind == HEADING:
            heading = each.text
        elif is_open(each.text):
            found.append(Hole(heading, each.text, each.text.startswith(starts)))
    return found
