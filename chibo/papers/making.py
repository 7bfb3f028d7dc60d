"""A paper from a form: which template holds, how each value is written, the document that comes of it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from chibo.core.formats import number
from chibo.core.text import clean
from chibo.papers import shipped
from chibo.papers.filling import Compiled, blank, compiled
from chibo.papers.models import Allowed, Form, FormTemplate, Sort
from chibo.papers.opening import Refused

LANGUAGE = "vi"  # of a paper, whoever makes it
ROOM = 3  # lines to write in where a long text was not given


def written(values: Mapping[str, Any], allowed: list[Allowed]) -> dict[str, str]:
    """The values that a form may use as they stand in a paper; what was not given is left out."""
    with override(LANGUAGE):
        texts = {each.name: _text(each, values.get(each.name)) for each in allowed}
    return {name: text for name, text in texts.items() if text}


def _text(allowed: Allowed, value: Any) -> str:
    """A value in its writing: days as in Vietnamese papers, numbers with their points."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        raise TypeError(f"{allowed.name}: a day, not a moment")
    if isinstance(value, date):
        if allowed.sort == Sort.WRITTEN_DAY:
            return f"ngày {value:%d} tháng {value:%m} năm {value.year}"
        return f"{value:%d/%m}/{value.year}"
    if isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool):
        return str(value) if allowed.name == "year" else number(value)
    return clean(str(value))


def samples(form: Form) -> dict[str, str]:
    """Invented values for everything a form may use."""
    days = (Sort.DAY, Sort.WRITTEN_DAY)
    given = {e.name: date.fromisoformat(e.sample) if e.sort in days else e.sample for e in form.allowed}
    return written(given, form.allowed)


def ready(form: Form, template: FormTemplate | None) -> Compiled:
    """The template that was laid down for a form, else the shipped one, read once in the life of the process."""
    if template is None:
        return shipped.ready(form.code)
    names = tuple(sorted(each.name for each in form.allowed))
    kept = _ready(template.sha256, names)
    if not kept:
        kept.append(compiled(bytes(template.blob.bytes), names))
    return kept[0]


@lru_cache(maxsize=200)
def _ready(sha256: str, names: tuple[str, ...]) -> list[Compiled]:
    """Where the template of this hash is kept once it was read: a drawer, empty at first."""
    return []


def filled(form: Form, template: Compiled, texts: Mapping[str, str]) -> bytes:
    """The document with these texts, and with room to write where none was given."""
    room = {each.name: blank(ROOM if each.sort == Sort.LINES else 1) for each in form.allowed}
    return template.filled({**room, **texts})


def sha256_of(form: Form, template: FormTemplate | None) -> str:
    """The hash of the template that was used."""
    return template.sha256 if template is not None else shipped.sha256(form.code)


def check_opens(form: Form, template: Compiled) -> None:
    """Refused unless the template, filled in and left blank, gives documents that open."""
    from docx import Document  # heavy, and wanted only where templates are laid down

    for texts in (samples(form), {}):
        try:
            Document(io.BytesIO(filled(form, template, texts)))
        except Exception:  # whatever the reader meets: nobody could open the papers
            raise Refused(_("The papers made from this template could not be opened. Save it anew in Word.")) from None
