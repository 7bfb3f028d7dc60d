"""A draft of a scoring sheet changed part by part: groups and criteria added, changed, moved, removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chibo.procedures.editing import told as as_json
from chibo.scoring.sheet import Criterion, Group, Sheet, Words, read


def sound(told: Any) -> Sheet | None:
    """The sheet that JSON tells, however faulty; None if it can't be shown."""
    try:
        return read(told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def told(sheet: Sheet) -> dict[str, Any]:
    """A sheet as JSON."""
    return {"groups": [], "bands": [], **as_json(sheet)}


def with_group(sheet: Sheet, code: str, name: Words) -> Sheet:
    """The sheet with one more group at its end, with one criterion of that name still without options."""
    criterion = Criterion(code=code, name=name)
    return replace(sheet, groups=(*sheet.groups, Group(code=code, name=name, criteria=(criterion,))))


def with_criterion(sheet: Sheet, at: int, code: str, name: Words) -> Sheet:
    """The sheet with one more criterion at the end of a group."""
    group = sheet.groups[at]
    return _put(sheet, at, (*group.criteria, Criterion(code=code, name=name)))


def put(sheet: Sheet, code: str, criterion: Criterion) -> Sheet:
    """The sheet with another criterion in the place of the one of a code."""
    groups = [
        replace(group, criteria=tuple(criterion if each.code == code else each for each in group.criteria))
        for group in sheet.groups
    ]
    return replace(sheet, groups=tuple(groups))


def without(sheet: Sheet, code: str) -> Sheet:
    """The sheet without a criterion; a group that had no other goes too."""
    groups = [
        replace(group, criteria=tuple(each for each in group.criteria if each.code != code)) for group in sheet.groups
    ]
    return replace(sheet, groups=tuple(group for group in groups if group.criteria))


def moved(sheet: Sheet, code: str, by: int) -> Sheet:
    """The sheet with a criterion earlier or later in its group; at its end it stays."""
    for at, group in enumerate(sheet.groups):
        codes = [each.code for each in group.criteria]
        if code in codes:
            now, criteria = codes.index(code), list(group.criteria)
            if 0 <= now + by < len(criteria):
                criteria.insert(now + by, criteria.pop(now))
            return _put(sheet, at, tuple(criteria))
    return sheet


def _put(sheet: Sheet, at: int, criteria: tuple[Criterion, ...]) -> Sheet:
    group = replace(sheet.groups[at], criteria=criteria)
    return replace(sheet, groups=(*sheet.groups[:at], group, *sheet.groups[at + 1 :]))
