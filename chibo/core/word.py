"""Word documents from templates: whatever a value holds stands there as text, and a template only fills in."""

from __future__ import annotations

import re
from typing import Any

from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML can't hold
SIGNS = ("{", "}", "%")  # of templates


def sandbox(**more: Any) -> SandboxedEnvironment:
    """Where a template that somebody wrote is filled in: it reaches nothing but the values it is given."""
    return SandboxedEnvironment(autoescape=True, **more)


def in_xml(text: object) -> Markup:
    """A text as XML holds it, without the characters that none can hold."""
    return escape(NO_TEXT.sub("", str(text).replace("\r\n", "\n").replace("\r", "\n")))


def as_text(said: Any) -> Any:
    """Values in which nobody who looks for the signs of a template, `{{` and the like, finds any."""
    if isinstance(said, str):
        text = str(in_xml(said))
        for sign in SIGNS:
            text = text.replace(sign, f"&#{ord(sign)};")
        return Markup(text)
    if isinstance(said, dict):
        return {name: as_text(value) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [as_text(value) for value in said]
    return said


def fill(document: Any, said: dict[str, Any]) -> None:
    """Fill a `DocxTemplate` with values, text as text."""
    document.render(as_text(said), sandbox(), autoescape=True)
