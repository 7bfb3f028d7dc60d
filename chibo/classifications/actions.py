"""Classifying units, correcting how they were classified; the schemes and values there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.classifications import policies
from chibo.classifications.models import Classified, Scheme, Value
from chibo.core.actions import Denied, action
from chibo.core.text import search_key
from chibo.organizations.models import Unit
from chibo.organizations.scope import rights_of


@action("classifications.classified")
def classify(
    *, units: Iterable[Unit], scheme: Scheme, value: Value | None, from_on: date, decision: str, by: Any, at: datetime
) -> list[Unit]:
    """Give units a value of a scheme from a day until the next one recorded; those that it changed.

    Without a value they have none of the scheme from that day. Denied: units that are not `by`'s to classify, a day to
    come or on which a unit was not open, a value that is not offered.
    """
    held = _hold(units)
    policies.check_value(scheme, value)
    policies.check_day(held, from_on, localdate(at))
    if by is not None:
        policies.check_classifies(rights_of(by, localdate(at)), held)
    changed: list[Unit] = []
    shortened: list[Classified] = []
    begun: list[Classified] = []
    for unit, spells in _spells(held, scheme):
        edited, new = _put(unit, scheme, spells, value, from_on, decision)
        if edited or new:
            changed.append(unit)
            shortened += edited
            begun += new
    Classified.objects.bulk_update(shortened, ["value", "to_on", "prev_to", "decision"])
    Classified.objects.bulk_create(begun)
    _keep_setting(changed, scheme)
    return changed


def _hold(units: Iterable[Unit]) -> list[Unit]:
    """The units as they are now, held until the transaction ends."""
    pks = [unit.pk for unit in units]
    return list(Unit.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))


def _spells(units: Sequence[Unit], scheme: Scheme) -> list[tuple[Unit, list[Classified]]]:
    """Each unit with its chain in a scheme."""
    by_unit: dict[int, list[Classified]] = {unit.pk: [] for unit in units}
    for spell in Classified.objects.filter(unit__in=units, scheme=scheme).order_by("from_on"):
        by_unit[spell.unit_id].append(spell)
    return [(unit, by_unit[unit.pk]) for unit in units]


def _put(
    unit: Unit, scheme: Scheme, spells: list[Classified], value: Value | None, from_on: date, decision: str
) -> tuple[list[Classified], list[Classified]]:
    """What a value from a day on changes in a chain: the spells edited, those made anew."""
    before = [spell for spell in spells if spell.from_on <= from_on]
    new = Classified(unit=unit, scheme=scheme, value=value, from_on=from_on, decision=decision)
    if not before:
        if value is None:
            return [], []
        if not spells:
            return [], [new]
        first = spells[0]
        new.to_on = first.prev_to = first.from_on
        return [first], [new]
    now = before[-1]
    if now.value_id == (value.pk if value else None):
        return [], []
    if now.from_on == from_on:
        now.value, now.decision = value, decision
        return [now], []
    new.to_on, new.prev_to = now.to_on, from_on
    now.to_on = from_on
    return [now], [new]


def _keep_setting(units: Sequence[Unit], scheme: Scheme) -> None:
    """Keep the setting that holds still with each unit, as the roll and the lists have it."""
    if not scheme.is_setting or not units:
        return
    last = Classified.objects.filter(unit__in=units, scheme=scheme, to_on=None).select_related("value")
    codes = {spell.unit_id: spell.value.code if spell.value else "" for spell in last.order_by()}
    for unit in units:
        if unit.setting != codes.get(unit.pk, ""):
            unit.setting = codes.get(unit.pk, "")
            unit.save(update_fields=["setting"])


@action("classifications.corrected")
def correct(
    *, spell: Classified, value: Value | None, from_on: date, decision: str, by: Any, at: datetime
) -> Classified:
    """Change a spell as if it had always been so: its value, its first day, its decision.

    Denied: a unit that is not `by`'s to classify, a day that reaches into another spell, a value that is not offered.
    """
    (unit,) = _hold([spell.unit])
    scheme = spell.scheme
    spells = _spells([unit], scheme)[0][1]
    at_place = next((n for n, each in enumerate(spells) if each.pk == spell.pk), None)
    if at_place is None:
        raise Denied(_("This was changed meanwhile. Look at the page again."))
    known = spells[at_place]
    if value is None or value.pk != known.value_id:
        policies.check_value(scheme, value)
    if by is not None:
        policies.check_classifies(rights_of(by, localdate(at)), [unit])
    edited = [known]
    if from_on != known.from_on:
        policies.check_day([unit], from_on, localdate(at))
        before = spells[at_place - 1] if at_place else None
        if (before is not None and from_on <= before.from_on) or (known.to_on is not None and from_on >= known.to_on):
            raise Denied(_("This day lies in another spell: choose one between the spells before and after."))
        if before is not None:
            before.to_on = known.prev_to = from_on
            edited = [before, known]
        known.from_on = from_on
    known.value, known.decision = value, decision
    Classified.objects.bulk_update(edited, ["value", "from_on", "to_on", "prev_to", "decision"])
    _keep_setting([unit], scheme)
    return known


@action("classifications.scheme_made")
def make_scheme(*, name: str, by: Any, at: datetime) -> Scheme:
    """Make a scheme that units can be classified by. Denied: to others than administrators; a name there is."""
    policies.check_rules(rights_of(by, localdate(at)))
    if any(str(each).lower() == name.lower() for each in Scheme.objects.order_by("pk")):
        raise Denied(_("There is a scheme of this name already."))
    return Scheme.objects.create(code=_code(name, set(Scheme.objects.values_list("code", flat=True))), name=name)


@action("classifications.value_made")
def make_value(*, scheme: Scheme, name: str, by: Any, at: datetime) -> Value:
    """Add a value to a scheme. Denied: to others than administrators; for settings; a name there is."""
    policies.check_rules(rights_of(by, localdate(at)))
    policies.check_own(scheme)
    known = list(Value.objects.select_related("scheme").filter(scheme=scheme).order_by("pk"))
    if any(str(each).lower() == name.lower() for each in known):
        raise Denied(_("There is a value of this name already."))
    return Value.objects.create(scheme=scheme, code=_code(name, {each.code for each in known}), name=name)


@action("classifications.renamed")
def rename(*, thing: Scheme | Value, name: str, by: Any, at: datetime) -> None:
    """Give a scheme or a value another name. Denied: to others than administrators."""
    policies.check_rules(rights_of(by, localdate(at)))
    thing.name = name
    thing.save(update_fields=["name"])


@action("classifications.offered")
def offer(*, value: Value, is_offered: bool, by: Any, at: datetime) -> None:
    """Offer a value, or offer it no more; what is classified by it stays so. Denied: to others than administrators."""
    policies.check_rules(rights_of(by, localdate(at)))
    value.is_offered = is_offered
    value.save(update_fields=["is_offered"])


def _code(name: str, taken: set[str]) -> str:
    """A code made of a name that is not taken yet."""
    plain = "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in search_key(name)).split())[:50] or "x"
    return next(code for n in range(1, len(taken) + 2) if (code := plain if n == 1 else f"{plain}_{n}") not in taken)
