"""The forms that come with the program, as declared in `templates/papers/*.json`: what they say, which values they use.

A line of a body is a paragraph; what it begins with says how it stands:
`#` a heading in the middle, `##` one at the side, `~` in italics, `-` one of several, `>` indented, `=` in the middle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from chibo.papers.filling import Compiled, compiled
from chibo.papers.models import Allowed, Form, Group

FOLDER = Path(__file__).parent / "templates" / "papers"
VALUES = FOLDER / "values.json"
EVERYWHERE = ("place", "signed_on")  # what every form may use


@dataclass(frozen=True)
class Declared:
    """A form as it is shipped."""

    code: str
    name: dict[str, str]
    source: str
    uses: list[str]
    head: str  # whose paper it is: "party", "union", "person"
    title: list[str]
    body: list[str]
    signs: list[list[str]]  # one block or two beside each other
    copies: list[str] = field(default_factory=list)  # to whom it is sent
    group: str = ""
    from_on: str = ""


@lru_cache(maxsize=1)
def forms() -> dict[str, Declared]:
    """Every form that is shipped by its code, in the order of a member's life."""
    found = {}
    for group in Group.values:
        told = json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
        for each in told["forms"]:
            found[each["code"]] = Declared(**{"source": told["source"], "from_on": told["from_on"]} | each, group=group)
    return found


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, Allowed]:
    """Every value there is by its name."""
    told: dict[str, list[str]] = json.loads(VALUES.read_text(encoding="utf-8"))
    return {
        name: Allowed(name, sort, {"en": english, "vi": vietnamese}, sample)
        for name, (sort, english, vietnamese, sample) in told.items()
    }


def allowed(form: Declared) -> list[Allowed]:
    """The values that a form may use."""
    known = vocabulary()
    return [known[name] for name in dict.fromkeys((*_of_head(form), *form.uses))]


def _of_head(form: Declared) -> tuple[str, ...]:
    heads = {
        "party": ("superior_name", "unit_name", "number", "signer_authority", "signer_post", "signer_name"),
        "union": ("union_superior", "union_name", "number", "signer_authority", "signer_post", "signer_name"),
        "person": ("addressee",),
    }
    return (*heads[form.head], *EVERYWHERE)


def rows() -> Iterator[dict[str, Any]]:
    """The rows that an installation begins with, one a form."""
    for place, form in enumerate(forms().values(), 1):
        yield {
            "code": form.code,
            "group": form.group,
            "place": place,
            "name": form.name,
            "values": [
                {"name": each.name, "sort": each.sort, "labels": each.labels, "sample": each.sample}
                for each in allowed(form)
            ],
            "source": form.source,
            "from_on": date.fromisoformat(form.from_on),
        }


@lru_cache(maxsize=200)
def template(code: str) -> bytes:
    """The shipped template of a form as a .docx file; KeyError of a form that none is shipped for."""
    from chibo.papers.layout import laid_out

    return laid_out(forms()[code])


@lru_cache(maxsize=200)
def sha256(code: str) -> str:
    """The hash of the shipped template of a form."""
    return hashlib.sha256(template(code)).hexdigest()


@lru_cache(maxsize=200)
def ready(code: str) -> Compiled:
    """The shipped template of a form, ready to be filled in."""
    return compiled(template(code), {each.name for each in allowed(forms()[code])})


def has(form: Form) -> bool:
    """Whether a template of this form is shipped."""
    return form.code in forms()
