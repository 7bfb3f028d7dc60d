"""A scoring sheet in words: groups with their criteria, bands with their conditions, the rule of the year, days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chibo.core.formats import day, number
from chibo.procedures.flow import said
from chibo.scoring.measures import MEASURES
from chibo.scoring.sheet import SCALE, Bound, Criterion, Sheet

KINDS: Mapping[str, str | Promise] = {
    "regular": gettext_lazy("Regular meetings"),
    "thematic": gettext_lazy("Thematic meetings"),
}


@dataclass(frozen=True)
class Told:
    """A criterion in words."""

    code: str
    name: str
    most: str
    options: list[tuple[str, str]]
    evidence: list[str]


def groups(sheet: Sheet) -> list[tuple[str, str, str, list[Told]]]:
    """Of each group its code, name, most points, and its criteria."""
    return [
        (group.code, said(group.name), _short(sum(map(_full, group.criteria))), [_criterion(c) for c in group.criteria])
        for group in sheet.groups
    ]


def _full(each: Criterion) -> Any:
    return each.full if each.options or each.most else 0


def _criterion(each: Criterion) -> Told:
    options = [(said(option.name), _short(option.worth)) for option in each.options]
    if not options and each.most:
        options = [(_("points are told"), _("at most %(n)s") % {"n": _short(each.full)})]
    names = {option.code: said(option.name) for option in each.options}
    lines = [
        _("%(option)s, if %(when)s")
        % {
            "option": names.get(rule.option, _("Not this month")),
            "when": _(" and ").join(_bound(bound) for bound in rule.when),
        }
        for rule in each.evidence
    ]
    shown = [str(MEASURES[name].name) for name in each.shows if name in MEASURES]
    if shown:
        lines.append(_("told beside it: %(what)s") % {"what": ", ".join(shown)})
    return Told(each.code, said(each.name) or each.code, _short(_full(each)), options, lines)


def _bound(bound: Bound) -> str:
    measure = MEASURES.get(bound.of)
    name = str(measure.name) if measure else bound.of
    name = name[:1].lower() + name[1:]
    limits = [
        (bound.least, _("%(what)s is at least %(n)s")),
        (bound.above, _("%(what)s is more than %(n)s")),
        (bound.below, _("%(what)s is less than %(n)s")),
        (bound.most, _("%(what)s is at most %(n)s")),
    ]
    told = [text % {"what": name, "n": value} for value, text in limits if value]
    return _(" and ").join(told) if told else _("%(what)s is known") % {"what": name}


def bands(sheet: Sheet) -> list[tuple[str, str, str]]:
    """Of each band its name, from how many points, on which conditions."""
    told = []
    for band in sheet.bands:
        named = [said(each.name) for code in band.needs if (each := sheet.criterion(code)) is not None]
        words = ""
        if named:
            instead = next((said(each.name) for each in sheet.bands if each.code == band.instead), band.instead)
            words = _("only with all points for %(what)s; otherwise %(band)s")
            words = words % {"what": ", ".join(named), "band": instead}
        told.append((said(band.name), band.least, words))
    return told


def year(sheet: Sheet) -> list[str]:
    """The rule of the year, line by line."""
    names = {band.code: said(band.name) for band in sheet.bands}
    lines = []
    for rule in sheet.year:
        line = _("%(band)s: every regular meeting at least %(all)s")
        line = line % {"band": names.get(rule.band, rule.band), "all": names.get(rule.all, rule.all)}
        if rule.many:
            more = ngettext("%(n)s of them %(best)s", "%(n)s of them %(best)s", rule.many)
            line += ", " + more % {"n": rule.many, "best": names.get(rule.best, rule.best)}
        lines.append(line)
    return lines


def without(sheet: Sheet) -> str:
    """What is done with points for content that was not held."""
    if sheet.without == SCALE:
        return _("Points for content that was not held that month are left out, and the others scaled to 100.")
    return _("Points for content that was not held that month stay out of reach.")


def days(from_on: date, to_on: date | None) -> str:
    """From when to when."""
    if to_on is None:
        return _("from %(day)s") % {"day": day(from_on)}
    return _("from %(from)s to %(to)s, not included") % {"from": day(from_on), "to": day(to_on)}


def _short(points: Any) -> str:
    normal = Decimal(points).normalize()
    return number(normal, max(0, -int(normal.as_tuple().exponent)))
