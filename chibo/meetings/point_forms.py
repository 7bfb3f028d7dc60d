"""What a meeting's points are asked by: answers to the criteria of a sheet, or the points of its eight groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import number
from chibo.core.markup import control, escaped
from chibo.meetings import policies
from chibo.meetings.content import GROUPS, Content, padded, plain
from chibo.meetings.evidence import Known, Marks, around, told_on
from chibo.meetings.fields import Quantity, line, one_day
from chibo.meetings.lookup import Lookup
from chibo.meetings.models import MAXIMA, SCORED, Kind, Meeting
from chibo.procedures.flow import said
from chibo.scoring.measures import MEASURES
from chibo.scoring.models import SheetVersion
from chibo.scoring.sheet import NOT_HELD, SCALE, Bound, Criterion, Measures, Sheet

PROMPT, LATER, NONE = "yes", "no", "none"


@dataclass
class Asked:
    """A criterion as it is asked: its field, the most there is, and what records propose."""

    criterion: Criterion
    bound: Any
    proposed: str = ""
    told: list[tuple[str, str]] = field(default_factory=list)  # measures in words: what, how much

    is_alone: bool = False  # in its group, and called like it

    @property
    def name(self) -> str:
        return said(self.criterion.name)

    @cached_property
    def choices(self) -> SafeString:
        """Its options, each with its points: dozens in a sheet, so they are made here and not in a template."""
        if not self.criterion.options:
            return SafeString()
        worth = {option.code: escaped(short(option.worth)) for option in self.criterion.options}
        name = "segment segment-chosen" if self.is_short else "choice criterion-choice"
        pieces = []
        for radio in self.bound:
            points, data = worth.get(radio.data["value"], ""), radio.data
            said = f"<span>{escaped(data['label'])}</span><small>{points}</small>"
            if self.is_short:
                said = f"<span>{escaped(data['label'])}{f' <small>{points}</small>' if points else ''}</span>"
            pieces.append(f'<label class="{name}" for="{escaped(radio.id_for_label)}">{control(data)}{said}</label>')
        return SafeString("\n".join(pieces))

    @property
    def is_short(self) -> bool:
        """Whether its options stand side by side."""
        return 0 < len(self.criterion.options) <= 2

    @property
    def proposed_word(self) -> str:
        """What records propose, in words."""
        return answer_said(self.criterion, self.proposed)

    @property
    def most(self) -> str:
        return short(self.criterion.full)


@dataclass
class AskedGroup:
    """A group of criteria as it is asked."""

    code: str
    name: str
    most: str
    criteria: list[Asked]


class PointsForm(forms.Form):
    """The points of a meeting, given by the cell itself, at the meeting or on a day after."""

    sheet = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    auto = forms.CharField(widget=forms.HiddenInput, required=False, max_length=5000)  # answers nobody chose by hand
    prompt = forms.ChoiceField(
        choices=[
            (PROMPT, gettext_lazy("Yes, at the meeting")),
            (LATER, gettext_lazy("No, later")),
            (NONE, gettext_lazy("Not scored yet")),
        ],
        required=False, widget=forms.RadioSelect, label=gettext_lazy("Were the points given at the meeting?"),
    )  # fmt: skip
    scored_on = forms.DateField(
        required=False, widget=one_day(), label=gettext_lazy("Points given on"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": gettext_lazy("There is no such day. Write it like 2024-01-31.")},
    )  # fmt: skip

    def __init__(
        self, *args: Any, sheet_version: SheetVersion | None, by_group: bool, known: Known, measures: Measures,
        today: date, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.sheet_version, self.by_group, self.known, self.today = sheet_version, by_group, known, today
        self.measures = measures
        if by_group:
            for n, (label, most) in enumerate(zip(GROUPS, MAXIMA, strict=True), 1):
                self.fields[f"c{n}"] = _points(most, label)
        elif sheet_version is not None:
            self.fields |= _fields(sheet_version.sheet, get_language() or "")

    @property
    def point_fields(self) -> list[str]:
        """The names of the fields that give points."""
        return [name for name in self.fields if name.startswith("k_") or name in _GROUP_FIELDS]

    @property
    def points(self) -> list[tuple[Any, int]]:
        """The fields of the eight groups, each with the most there is."""
        return [(self[f"c{n}"], most) for n, most in enumerate(MAXIMA, 1)] if self.by_group else []

    @property
    def groups(self) -> list[AskedGroup]:
        """The criteria of the sheet by group, with what records say of each."""
        if self.by_group or self.sheet_version is None:
            return []
        return [
            AskedGroup(
                group.code,
                said(group.name),
                short(group.full),
                [
                    Asked(
                        each,
                        self[f"k_{each.code}"],
                        each.proposed(self.measures),
                        told(each, self.measures),
                        is_alone=len(group.criteria) == 1 and said(each.name) == said(group.name),
                    )
                    for each in group.criteria
                ],
            )
            for group in self.sheet_version.sheet.groups
        ]

    @property
    def rules(self) -> dict[str, Any]:
        """How points are added up and what records propose, for the script that does it without a line."""
        if self.by_group or self.sheet_version is None:
            return {}
        sheet = self.sheet_version.sheet
        return {
            "scale": sheet.without == SCALE,
            "none": NOT_HELD,
            "bands": [
                {"code": each.code, "name": said(each.name), "least": float(each.least), "needs": each.needs,
                 "instead": each.instead}
                for each in sheet.bands
            ],
            "criteria": {
                f"k_{each.code}": {
                    "full": float(each.full),
                    "only": bool(each.only),
                    "points": {option.code: float(option.points) for option in each.options},
                    "evidence": [
                        [rule.option, [[bound.of, *_limits(bound)] for bound in rule.when]] for rule in each.evidence
                    ],
                }
                for each in sheet.criteria
            },
            "known": {name: float(value) for name, value in self.known.rest.items()},
            "told_on": {measure: on.isoformat() for measure, on in told_on(self.known.also).items()},
            "must": sorted(self.known.must),
            "running": {str(person): n for person, n in self.known.running.items() if person in self.known.must},
        }  # fmt: skip

    def clean_points(self, data: dict[str, Any], held_on: date | None, kind: str | None) -> None:
        """Points for all of it or for nothing; given at the meeting, or on a day after. Adds `points` and `answers`."""
        data["points"] = data["answers"] = None
        named = self.point_fields
        given = [name for name in named if data.get(name) not in (None, "")]
        if data.get("prompt") == NONE or not given or any(name in self.errors for name in named):
            return
        if kind and kind not in SCORED:
            text = _("Only regular and thematic meetings get points. Empty the points, or change the kind.")
            self.add_error(given[0], text)
            return
        missing = [name for name in named if name not in given]
        if missing and set(given) <= set(data.get("auto", "").split()):
            return  # only what records propose is there: nobody has scored
        if missing:
            self.add_error(missing[0], self._missing(len(missing)))
            return
        self._add_up(data, named)
        later = data.get("prompt") == LATER
        if later and data.get("scored_on") is None and "scored_on" not in self.errors:
            data["scored_on"] = self.today
        if held_on and not later:
            data["scored_on"] = held_on
        if held_on and kind and data.get("scored_on") and "held_on" not in self.errors:
            try:
                policies.check_score(kind, held_on, data["scored_on"], self.today)
            except Denied as reason:
                self.add_error("scored_on", str(reason))

    def _add_up(self, data: dict[str, Any], named: list[str]) -> None:
        if self.by_group or self.sheet_version is None:
            data["points"] = tuple(data[name] for name in named)
            return
        if data.get("sheet") != self.sheet_version.pk:
            text = _("With the day or the kind, the scoring sheet has changed. Look the points over, and save again.")
            self.add_error(named[0], text)
            return
        answers = {name[2:]: plain(data[name]) if isinstance(data[name], Decimal) else data[name] for name in named}
        data["answers"] = answers
        data["points"] = padded(self.sheet_version.sheet.points(answers).groups)

    def _missing(self, n: int) -> str:
        if self.by_group:
            text = ngettext("%(n)s group has no points.", "%(n)s groups have no points.", n)
            return text % {"n": n} + " " + _("Give points to all eight, or to none.")
        text = ngettext("%(n)s criterion has no answer.", "%(n)s criteria have no answer.", n)
        return text % {"n": n} + " " + _("Answer all, or say below that it is not scored yet.")


_GROUP_FIELDS = {f"c{n}" for n in range(1, 9)}


def asked(
    lookup: Lookup,
    held_on: date,
    kind: str,
    month: date,
    *,
    must: frozenset[int],
    marks: Marks,
    spoke: Collection[int] = (),
    items: Collection[bool] = (),
    typed: Mapping[str, Any] | None,
    recorded: Content | None = None,
    meeting: Meeting | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form needs to ask for points, and what it begins with.

    By the sheet of that day; by group where that was recorded or typed. One query, and those of other apps.
    """
    said_of = {} if typed is None else typed
    topic = str(said_of.get("topic", "")) if typed is not None else recorded.topic if recorded else ""
    like = kind if kind in SCORED else str(Kind.REGULAR)
    if meeting is None:
        version, known = lookup.around(held_on, like, month, topic=topic, must=must)
    else:
        version, known = around(lookup.unit, held_on, like, month, topic=topic, meeting=meeting, must=must)
    by_group = recorded is not None and recorded.points is not None and recorded.answers is None
    named = [name for name in said_of if said_of.get(name)]
    if typed is not None:
        is_answered = any(name.startswith("k_") for name in named)
        by_group = not is_answered and (by_group or any(name in _GROUP_FIELDS for name in named))
    minutes = minutes_of(said_of.get("duration_min")) if typed is not None else recorded and recorded.duration_min
    measures = known.measures(marks, minutes, spoke, items)
    given = {"sheet_version": version, "by_group": by_group, "known": known, "measures": measures}
    return given, {"sheet": version.pk if version else None}


def minutes_of(text: Any) -> Decimal | None:
    """Minutes as typed; None if they are none."""
    try:
        return Quantity(most=1440, places=2, required=False).clean(text)
    except forms.ValidationError:
        return None


def _limits(bound: Bound) -> list[float | None]:
    return [float(Fraction(each)) if each else None for each in (bound.least, bound.above, bound.below, bound.most)]


def told(criterion: Criterion, measures: Measures) -> list[tuple[str, str]]:
    """What records say of a criterion: each measure that is known, and its value in words."""
    known = [name for name in criterion.measures if name in measures]
    return [(str(MEASURES[name].name), MEASURES[name].told(measures[name])) for name in known]


def answer_said(criterion: Criterion, answer: str) -> str:
    """An answer in words: the option with its points, or points as they were told."""
    found = next((option for option in criterion.options if option.code == answer), None)
    if found is not None:
        return f"{said(found.name)} ({short(found.worth)})"
    if answer == NOT_HELD and criterion.only:
        return _("Not this month")
    return short(Decimal(answer)) if answer and not criterion.options else ""


def short(points: Decimal) -> str:
    """Points with the decimals they have."""
    normal = points.normalize()
    return number(normal, max(0, -int(normal.as_tuple().exponent)))


def _points(most: Any, label: Any) -> Quantity:
    attrs = {"inputmode": "decimal", "enterkeyhint": "next", "maxlength": "12", "data-most": plain(Decimal(most))}
    return Quantity(most=most, places=9, required=False, label=label, widget=line(**attrs))


_made: dict[str, tuple[Sheet, dict[str, forms.Field]]] = {}  # by language: of the sheet asked for last


def _fields(sheet: Sheet, language: str) -> dict[str, forms.Field]:
    """The fields of a sheet's criteria in the language now spoken; no form changes them, so forms share them."""
    known = _made.get(language)
    if known is None or known[0] is not sheet:
        known = _made[language] = sheet, {f"k_{each.code}": _field(each) for each in sheet.criteria}
    return known[1]


def _field(each: Criterion) -> forms.Field:
    if not each.options:
        return _points(each.full, said(each.name))
    choices = [(option.code, said(option.name)) for option in each.options]
    if each.only:
        choices.append((NOT_HELD, _("Not this month")))
    return forms.ChoiceField(choices=choices, required=False, widget=forms.RadioSelect, label=said(each.name))


def typed_points(content: Content) -> dict[str, str]:
    """Points as they would be typed into the form."""
    if content.points is None or content.scored_on is None:
        return {}
    if content.answers is not None:
        typed = {f"k_{code}": answer for code, answer in content.answers.items()} | {"sheet": str(content.sheet)}
    else:
        typed = {f"c{n}": plain(each) for n, each in enumerate(content.points, 1)}
    typed |= {"prompt": PROMPT if content.scored_on == content.held_on else LATER}
    return typed | {"scored_on": content.scored_on.isoformat()}
