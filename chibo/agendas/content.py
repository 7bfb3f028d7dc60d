"""What a notice says, as a value: the same typed, kept and sent, so that two can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from chibo.agendas.kinds import ItemKind, Mode
from chibo.agendas.models import Item, Notice


@dataclass(frozen=True, kw_only=True)
class Row:
    """An item of an agenda."""

    text: str
    kind: str = ItemKind.DISCUSSION
    minutes: int | None = None
    code: str = ""  # of the item in the agenda laid down, or what it comes from
    after: str = ""  # the code of the item it is proposed after; at the end where there is none


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that is said of a meeting to come."""

    kind: str
    month: date
    on: date
    at_time: time | None = None
    place: str = ""
    mode: str = Mode.IN_PERSON
    topic: str = ""
    conclusion: str = ""  # a draft, told to nobody
    items: tuple[Row, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What is told of it, in words that JSON has: all but the draft of a conclusion."""
        return {
            "kind": str(self.kind),
            "month": self.month.isoformat(),
            "on": self.on.isoformat(),
            "at_time": self.at_time.isoformat("minutes") if self.at_time else None,
            "place": self.place,
            "mode": str(self.mode),
            "topic": self.topic,
            "items": [[row.text, str(row.kind), row.minutes] for row in self.items],
        }

    @property
    def minutes(self) -> int:
        """How long its items take together, as far as that is said."""
        return sum(row.minutes or 0 for row in self.items)


def row_of(item: Item) -> Row:
    """An item as it is kept."""
    return Row(text=item.text, kind=item.kind, minutes=item.minutes, code=item.code)


def content_of(notice: Notice) -> Content:
    """What a notice says now. One query."""
    return Content(
        kind=notice.kind, month=notice.month, on=notice.on, at_time=notice.at_time, place=notice.place,
        mode=notice.mode, topic=notice.topic, conclusion=notice.conclusion,
        items=tuple(row_of(item) for item in notice.items.order_by("place")),
    )  # fmt: skip
