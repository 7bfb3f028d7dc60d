"""Sentences that know how they were made: kept as their English and what was put in, shown in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.functional import Promise

from chibo.core.formats import day, period_name
from chibo.core.periods import Period


class Wording(str):
    """A sentence in the language of the moment that remembers what it was made of; else a text like any other."""

    source: str
    given: dict[str, Any]

    def __mod__(self, given: Any) -> Wording:
        """The sentence with its gaps filled: by texts, numbers, days, periods, labels or further wordings."""
        return _made(self.source, dict(given))


def worded(source: str) -> Wording:
    """A sentence by its English, to be kept or shown. Take it as `_`, and its English is gathered for translation."""
    return _made(source, {})


def kept(text: str) -> str | dict[str, Any]:
    """A text as JSON: what a wording was made of; a plain text as it is."""
    if not isinstance(text, Wording):
        return str(text)
    return {"said": text.source, "with": {name: _kept(value) for name, value in text.given.items()}}


def shown(value: Any) -> str:
    """A text that was kept, in the language of now; one kept before it was known how it was made, as it is."""
    if not isinstance(value, Mapping):
        return str(value)
    return _made(str(value["said"]), {name: _given(each) for name, each in value.get("with", {}).items()})


def _made(source: str, given: dict[str, Any]) -> Wording:
    text = translation.gettext(source)
    made = Wording(str.__mod__(text, {name: _told(value) for name, value in given.items()}) if given else text)
    made.source, made.given = source, given
    return made


def _told(value: Any) -> Any:
    if isinstance(value, date):
        return day(value)
    return period_name(value) if isinstance(value, Period) else value


def _kept(value: Any) -> Any:
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Period):
        return {"period": str(value)}
    if isinstance(value, Promise):
        with translation.override(None):  # a label: its English
            return {"said": str(value)}
    return value if isinstance(value, int) else kept(value)


def _given(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "day" in value:
        return date.fromisoformat(value["day"])
    return Period.parse(value["period"]) if "period" in value else shown(value)
