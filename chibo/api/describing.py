"""The document of the API as people read it: each operation, what it takes, what it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chibo.api.interface import ABOUT, IF_NONE_MATCH, api

METHODS = ("get", "post", "put", "patch")


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for or sent."""

    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[tuple[str, str, str], ...]  # name, where it stands and what it is, what it means
    answers: tuple[tuple[str, str], ...]

    @property
    def called(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Part:
    """The operations on one noun."""

    name: str
    operations: tuple[Operation, ...]


@lru_cache(maxsize=1)
def parts() -> tuple[Part, ...]:
    """Every noun of the API with its operations, as the document tells of them."""
    document = api.get_openapi_schema()
    schemas = document["components"]["schemas"]
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                told = methods[method]
                found.setdefault(told["tags"][0], []).append(_operation(method, path, told, schemas))
    return tuple(Part(name, tuple(operations)) for name, operations in found.items())


def _operation(method: str, path: str, told: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    parameters = [
        (
            each["name"],
            f"{each['in']}, {_kind(each['schema'], schemas)}{', required' if each.get('required') else ''}",
            each.get("description", ""),
        )
        for each in told.get("parameters", [])
        if each["name"] != IF_NONE_MATCH["name"]  # said once, for all that is read
    ]
    answers = [(str(status), answer["description"]) for status, answer in told["responses"].items()]
    return Operation(
        method.upper(), path, told["summary"], told.get("description", ""), tuple(parameters), tuple(answers)
    )


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What a parameter is, in a few words."""
    if "$ref" in schema:
        return _kind(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    if "anyOf" in schema:
        return " or ".join(_kind(each, schemas) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"several of {_kind(schema['items'], schemas)}"
    return str(schema.get("format") or schema.get("type", "text"))


def as_markdown() -> str:
    """The same as a page of the documentation."""
    lines = [ABOUT]
    for part in parts():
        lines.append(f"\n## {part.name}\n")
        for each in part.operations:
            lines += [f"### {each.called}\n", f"{each.summary}. {' '.join(each.text.split())}\n"]
            if each.parameters:
                lines += ["| Parameter | What it is | |", "|---|---|---|"]
                lines += [f"| `{name}` | {kind} | {text} |" for name, kind, text in each.parameters]
                lines.append("")
            lines += ["| Answer | |", "|---|---|", *(f"| {status} | {text} |" for status, text in each.answers), ""]
    return "\n".join(lines)
