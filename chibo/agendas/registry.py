"""What an agenda can be proposed from beside what is laid down: declared by apps above, as the last resolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chibo.agendas.content import Row
    from chibo.organizations.models import Unit

# A cell, the kind of meeting, its month's first day, its own day. One query.
Source = Callable[["Unit", str, date, date], Sequence["Row"]]
sources: list[Source] = []


def source(function: Source) -> Source:
    """Let the agenda of a cell's meeting of a kind in a month be proposed with these items too."""
    sources.append(function)
    return function
