"""Scoring sheets: drafted, copied, changed, thrown away; laid down for a unit or everywhere from a day on, ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.core.laid_down import LaidDown
from chibo.organizations import policies as organizations
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of
from chibo.scoring import checking
from chibo.scoring.models import SheetRule, SheetVersion


@action("scoring.drafted")
def draft(
    *, code: str, name: Mapping[str, str], basis: str, told: Mapping[str, Any], by: Any, at: datetime
) -> SheetVersion:
    """Draft a version of a scoring sheet, the first where there is none of that code.

    Denied: who is not administrator of the whole tree.
    """
    _hold(by, at)
    last = SheetVersion.objects.filter(code=code).order_by("-number").values_list("number", flat=True).first() or 0
    return SheetVersion.objects.create(
        code=code, number=last + 1, name=dict(name), basis=basis, definition=dict(told)
    )  # fmt: skip


@action("scoring.draft_changed")
def change(
    *, version: SheetVersion, told: Mapping[str, Any], name: Mapping[str, str], basis: str, seen: str = "", by: Any,
    at: datetime,
) -> SheetVersion:  # fmt: skip
    """Tell a draft otherwise; faults in it are kept until it is to be laid down.

    Denied: what is laid down already; with `seen`, the seal of the draft that was looked at, what changed since.
    """
    version = _draft(version, by, at)
    if seen and seen != seal(version):
        raise Denied(_("Someone else changed this draft meanwhile. Look at it again, then change it."))
    version.definition, version.name, version.basis = dict(told), dict(name), basis
    version.save(update_fields=["definition", "name", "basis"])
    return version


def seal(version: SheetVersion) -> str:
    """What a draft says, in short: another one as soon as anything in it changes."""
    said = json.dumps([version.definition, version.name, version.basis], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:20]


@action("scoring.draft_thrown_away")
def throw_away(*, version: SheetVersion, by: Any, at: datetime) -> None:
    """Throw a draft away. Denied: what is laid down already."""
    _draft(version, by, at).delete()


@action("scoring.laid_down")
def lay_down(
    *, version: SheetVersion, unit: Unit | None, kinds: Iterable[str], from_on: date, by: Any, at: datetime
) -> list[SheetRule]:
    """Let meetings of some kinds be scored by a sheet from a day on, under a unit or everywhere.

    What held there ends that day; what is laid down for a unit further below goes before it. Denied: a day gone by;
    a day on which something begins already; faults; a kind that the sheet is not for.
    """
    _hold(by, at)
    if by is not None:
        organizations.check_from(from_on, localdate(at))
    version = SheetVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if found := checking.faults(version.definition):
        raise Denied(" ".join(found))
    kinds = list(dict.fromkeys(kinds))
    if not kinds or any(kind not in version.sheet.kinds for kind in kinds):
        raise Denied(_("Choose for which meetings it holds."))
    if not version.is_fixed:
        version.is_fixed = True
        version.save(update_fields=["is_fixed"])
    made = []
    for kind in kinds:
        until = LaidDown(SheetRule.objects.filter(unit=unit, kind=kind)).make_room(from_on)
        made.append(SheetRule.objects.create(version=version, unit=unit, kind=kind, from_on=from_on, to_on=until))
    return made


@action("scoring.ended")
def end(*, rule: SheetRule, on: date, by: Any, at: datetime) -> SheetRule | None:
    """Let a sheet hold no longer for a unit from a day on, so that what is laid down above it holds.

    One that would end as it begins is taken back: None. Denied: what holds everywhere; a day gone by; a day on which it
    does not hold; one by which something later is laid down.
    """
    _hold(by, at)
    if by is not None:
        organizations.check_from(on, localdate(at))
    rule = SheetRule.objects.select_related("unit").get(pk=rule.pk)
    if rule.unit is None:
        raise Denied(_("Some sheet holds everywhere: lay down another one instead."))
    laid_down = LaidDown(SheetRule.objects.filter(unit=rule.unit, kind=rule.kind))
    if laid_down.on(on) != rule:
        raise Denied(_("It does not hold on that day anyway."))
    ended: SheetRule | None = laid_down.finish(on, lambda _rule: None)
    return ended


def _hold(by: Any, at: datetime) -> None:
    """Who else changes scoring sheets waits until this act is done."""
    organizations.check_rules(rights_of(by, localdate(at)) if by else None)
    list(SheetVersion.objects.select_for_update().order_by("pk").values_list("pk", flat=True)[:1])


def _draft(version: SheetVersion, by: Any, at: datetime) -> SheetVersion:
    """A draft, held."""
    _hold(by, at)
    found = SheetVersion.objects.select_for_update().get(pk=version.pk)
    if found.is_fixed:
        raise Denied(_("This sheet is laid down and stays as it is. Copy it."))
    return found
