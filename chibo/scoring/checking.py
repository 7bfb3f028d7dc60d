"""What is wrong with a scoring sheet that somebody wrote down: every fault named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from chibo.procedures.flow import said
from chibo.scoring.measures import MEASURES
from chibo.scoring.sheet import FULL, GROUPS, NOT_HELD, SCALE, STAY, Band, Criterion, Sheet, read

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6})?(?:/[1-9]\d{0,5})?", re.ASCII)
MOST_CRITERIA, MOST_OPTIONS = 60, 20
ONLY = ("", "thematic")
BANDS = ("good", "fair", "average", "poor")


def faults(told: Mapping[str, Any]) -> list[str]:
    """Every fault of a sheet told as JSON; nothing if meetings can be scored by it."""
    try:
        sheet = read(told)
        return [*_whole(sheet), *_criteria(sheet), *_bands(sheet), *_year(sheet)]
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        return [_("This is not a scoring sheet: %(what)s.") % {"what": error}]


def _whole(sheet: Sheet) -> Iterator[str]:
    if not 1 <= len(sheet.groups) <= GROUPS:
        yield _("A sheet has at least one group, and at most %(n)s.") % {"n": GROUPS}
    if sheet.without not in (STAY, SCALE):
        yield _("Unknown rule for what can't be reached: %(what)s.") % {"what": sheet.without}
    groups = Counter(group.code for group in sheet.groups)
    yield from (_("There are two groups %(code)s.") % {"code": code} for code, n in groups.items() if n > 1)
    for group in sheet.groups:
        if not CODE.fullmatch(group.code) or not said(group.name):
            yield _("A group needs a name, and a code of small letters, digits and underscores.")
        if not group.criteria:
            yield _("%(group)s has no criterion.") % {"group": said(group.name)}
    criteria = list(sheet.criteria)
    if len(criteria) > MOST_CRITERIA:
        yield _("There are more than %(n)s criteria.") % {"n": MOST_CRITERIA}
    codes = Counter(each.code for each in criteria)
    yield from (_("There are two criteria %(code)s.") % {"code": code} for code, n in codes.items() if n > 1)
    if all(each.options or _is_points(each.most) for each in criteria):
        together = sum((group.full for group in sheet.groups), Decimal(0))
        if together != FULL:
            yield _("All criteria together give %(n)s points: it has to be 100.") % {"n": together.normalize()}


def _is_points(text: Any) -> bool:
    try:
        return isinstance(text, str) and 0 <= Decimal(text) <= FULL
    except InvalidOperation:
        return False


def _criteria(sheet: Sheet) -> Iterator[str]:
    for each in sheet.criteria:
        for fault in _criterion(each):
            yield f"{said(each.name) or each.code}: {fault}"


def _criterion(each: Criterion) -> Iterator[str]:
    if not CODE.fullmatch(each.code) or not said(each.name):
        yield _("it needs a name, and a code of small letters, digits and underscores.")
    if each.only not in ONLY:
        yield _("unknown content: %(what)s.") % {"what": each.only}
    if each.options and each.most:
        yield _("either it has options, or points are told: not both.")
    if not each.options and not (_is_points(each.most) and Decimal(each.most) > 0):
        yield _("it needs options, or how many points there are at most.")
    if len(each.options) == 1 or len(each.options) > MOST_OPTIONS:
        yield _("it needs two options at least, and at most %(n)s.") % {"n": MOST_OPTIONS}
    codes = Counter(option.code for option in each.options)
    yield from (_("two options %(code)s.") % {"code": code} for code, n in codes.items() if n > 1)
    if each.only and NOT_HELD in codes:
        yield _("no option can be called %(code)s here.") % {"code": NOT_HELD}
    for option in each.options:
        if not CODE.fullmatch(option.code) or not said(option.name):
            yield _("every option needs a name, and a code of small letters, digits and underscores.")
        if not _is_points(option.points):
            yield _("%(option)s: points are a number from 0 to 100.") % {"option": said(option.name) or option.code}
    if each.evidence and not each.options:
        yield _("records propose an option: without options they can't.")
    for evidence in each.evidence:
        if evidence.option not in codes and not (each.only and evidence.option == NOT_HELD):
            yield _("records propose an option that is not there: %(code)s.") % {"code": evidence.option}
        if not evidence.when:
            yield _("for %(code)s it is not said on what the records propose it.") % {"code": evidence.option}
        for bound in evidence.when:
            for text in (bound.least, bound.above, bound.below, bound.most):
                if text and not (isinstance(text, str) and NUMBER.fullmatch(text) and Fraction(text) >= 0):
                    yield _("this is no number: %(what)s.") % {"what": text}
    yield from (_("unknown measure: %(what)s.") % {"what": name} for name in each.measures if name not in MEASURES)


def _bands(sheet: Sheet) -> Iterator[str]:
    if not sheet.bands:
        yield _("A sheet needs bands.")
        return
    codes = [band.code for band in sheet.bands]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield _("There are two bands %(code)s.") % {"code": code}
    leasts = []
    for band in sheet.bands:
        if not said(band.name):
            yield _("A band needs a name.")
        if not _is_points(band.least):
            yield _("%(band)s: points are a number from 0 to 100.") % {"band": said(band.name) or band.code}
            return
        leasts.append(Decimal(band.least))
    if leasts != sorted(set(leasts), reverse=True) or leasts[-1] != 0:
        yield _("Bands go from the most points down to 0, each lower than the one before.")
    if any(code not in BANDS for code in codes):
        yield _("Bands are called %(codes)s, so that figures go by them.") % {"codes": ", ".join(BANDS)}
    for at, band in enumerate(sheet.bands):
        yield from _needs(sheet, band, codes[at + 1 :])


def _needs(sheet: Sheet, band: Band, lower: list[str]) -> Iterator[str]:
    known = {each.code for each in sheet.criteria}
    for code in band.needs:
        if code not in known:
            yield _("%(band)s asks for a criterion that is not there: %(code)s.") % {
                "band": said(band.name), "code": code,
            }  # fmt: skip
    if band.needs and band.instead not in lower:
        yield _("%(band)s has conditions: name a lower band for who doesn't meet them.") % {"band": said(band.name)}


def _year(sheet: Sheet) -> Iterator[str]:
    codes = [band.code for band in sheet.bands]
    for rule in sheet.year:
        named = [rule.band, rule.all, *([rule.best] if rule.best else [])]
        if any(code not in codes for code in named):
            yield _("The rule of the year names a band that is not there.")
        if not (isinstance(rule.many, int) and 0 <= rule.many <= 12) or bool(rule.many) != bool(rule.best):
            yield _("The rule of the year asks for a number of meetings, from 1 to 12, in a band.")
