"""A draft changed step by step: read into plain values, told as JSON again; nothing told is lost on the way."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from chibo.procedures.flow import Flow, Step, Words, read

EMPTY: dict[str, Any] = {"begins": [], "results": {}, "steps": []}
MOST_STEPS = 60


def sound(told: Any) -> Flow | None:
    """The procedure that JSON tells, however faulty, if every part of it is of its kind; None if it can't be shown."""
    try:
        flow = read(told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return flow if _fits(flow, Flow) else None


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind, all that is in it too."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, each) for each in args)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, args[0]) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(_fits(k, args[0]) and _fits(v, args[1]) for k, v in value.items())
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return isinstance(value, typing.cast(type, kind)) and all(
            _fits(getattr(value, name), hint) for name, hint in hints.items()
        )
    return type(value) is kind


def told(part: Any) -> Any:
    """A procedure or a part of it as JSON; what is as if nothing had been told is left out."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {
            each.name: told(getattr(part, each.name))
            for each in dataclasses.fields(part)
            if getattr(part, each.name) != _default(each)
        }
    if isinstance(part, Mapping):
        return {name: told(value) for name, value in part.items()}
    return [told(each) for each in part] if isinstance(part, list | tuple) else part


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def words(en: str, vi: str, before: Words | None = None) -> Words:
    """A text in both languages, or the one in which it is said; what it says in others stays."""
    said = {"en": en, "vi": vi}
    kept = {language: text for language, text in (before or {}).items() if language not in said}
    return kept | {language: text for language, text in said.items() if text}


def put(flow: Flow, at: int, step: Step) -> Flow:
    """The procedure with another step at a place. All that named it by its code name it by the new one."""
    before = flow.steps[at].code
    steps = [*flow.steps[:at], step, *flow.steps[at + 1 :]]
    alone = [each.code for each in flow.steps].count(before) == 1
    if step.code != before and alone:
        steps = [_renamed(each, before, step.code) for each in steps]
    return dataclasses.replace(flow, steps=tuple(steps))


def _renamed(step: Step, before: str, after: str) -> Step:
    outcomes = tuple(dataclasses.replace(each, to=after) if each.to == before else each for each in step.outcomes)
    apart = tuple(after if each == before else each for each in step.apart_from)
    skip = dataclasses.replace(step.skip, to=after) if step.skip and step.skip.to == before else step.skip
    return dataclasses.replace(step, outcomes=outcomes, apart_from=apart, skip=skip)


def added(flow: Flow, code: str, name: Words) -> Flow:
    """The procedure with one more step at its end, of which nothing is said yet."""
    return dataclasses.replace(flow, steps=(*flow.steps, Step(code=code, name=name, who=(), outcomes=())))


def removed(flow: Flow, at: int) -> Flow:
    """The procedure without a step; what leads there is a fault until it leads elsewhere."""
    return dataclasses.replace(flow, steps=flow.steps[:at] + flow.steps[at + 1 :])


def moved(flow: Flow, at: int, by: int) -> Flow:
    """The procedure with a step earlier or later; at the end of the list it stays."""
    to, steps = at + by, list(flow.steps)
    if 0 <= to < len(steps):
        steps.insert(to, steps.pop(at))
    return dataclasses.replace(flow, steps=tuple(steps))
