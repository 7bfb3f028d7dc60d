"""What the pages of classifications show, and what is filled in there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.classifications.models import Classified, Scheme, Value
from chibo.core.components import Cell, Column, Mark, Table
from chibo.core.fields import DayField
from chibo.core.formats import count, day
from chibo.core.spans import EVER
from chibo.core.text import clean
from chibo.indicators import registry
from chibo.organizations.frame import evidence_url
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights
from chibo.portal.by_value import ByValue
from chibo.targets.tiles import value_of

NONE = "none"  # stands for "has no value of this scheme"


def offered(scheme: Scheme, now: Value | None = None) -> list[tuple[str, str]]:
    """The values to choose from: those offered, and the one there is already."""
    values = [value for value in scheme.values.all() if value.is_offered or value == now]
    return [("", "–"), *((str(value.pk), str(value)) for value in values), (NONE, _("None of these"))]


class ClassifyForm(forms.Form):
    """A value of a scheme, the day from which it holds, why."""

    value = forms.ChoiceField(label=gettext_lazy("Classify as"))
    from_on = DayField(label=gettext_lazy("From"))
    decision = forms.CharField(
        label=gettext_lazy("Decision or reason"),
        help_text=gettext_lazy("The number of the decision, or why."),
        required=False,
        max_length=500,
    )

    def __init__(self, data: Any, scheme: Scheme, today: date, spell: Classified | None = None) -> None:
        initial: dict[str, Any] = {"from_on": today}
        if spell is not None:
            value = str(spell.value_id) if spell.value_id else NONE
            initial = {"value": value, "from_on": spell.from_on, "decision": spell.decision}
        super().__init__(data, initial=initial)
        self.known = {str(value.pk): value for value in scheme.values.all()}
        choices = offered(scheme, spell.value if spell else None)
        self.fields["value"].choices = choices  # type: ignore[attr-defined]
        if spell is not None and spell.from_on == EVER:
            self.fields["from_on"].required = False
            self.fields["from_on"].help_text = _("Empty: since ever.")
            self.initial["from_on"] = None

    @property
    def is_empty(self) -> bool:
        """Whether the scheme offers nothing to choose yet."""
        return not self.known

    def clean_value(self) -> Value | None:
        """The value itself; none for none of them."""
        return self.known.get(self.cleaned_data["value"])

    def clean_from_on(self) -> date:
        """The day; since ever where it may be left empty."""
        return self.cleaned_data["from_on"] or EVER


class NameForm(forms.Form):
    """What a scheme or a value is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)

    def clean_name(self) -> str:
        """The name in its one writing."""
        return clean(self.cleaned_data["name"])


def since(spell: Classified) -> str:
    """From when a spell holds, in words."""
    return _("since ever") if spell.from_on == EVER else day(spell.from_on)


def history(spells: Iterable[Classified], url: Callable[[Classified], str] | None) -> Table:
    """Everything a unit was classified as, by scheme, the newest first."""
    rows = []
    for spell in spells:
        still = spell.to_on is None
        rows.append(
            [
                Cell(text=str(spell.scheme)),
                Cell(
                    text=str(spell.value) if spell.value else _("none"),
                    mark=Mark.MET if still and spell.value else "",
                    mark_word=_("now:"),
                ),
                Cell(text=since(spell)),
                Cell(text=day(spell.to_on) if spell.to_on else "–"),
                Cell(text=spell.decision or "–"),
                *([Cell(text=_("Correct"), url=url(spell))] if url else []),
            ]
        )
    heads = [_("Scheme"), _("Value"), _("From"), _("To"), _("Decision or reason")]
    return Table(
        caption=_("Classifications"),
        caption_hidden=True,
        columns=[Column(label=head) for head in heads] + ([Column(label=_("Correct"))] if url else []),
        rows=rows,
        empty=_("This unit was never classified."),
    )


def schemes_table(schemes: Sequence[Scheme]) -> Table:
    """Every scheme with its values, and the way to its units."""
    rows = []
    for scheme in schemes:
        names = [str(value) for value in scheme.values.all() if value.is_offered]
        rows.append(
            [
                Cell(text=str(scheme), url=reverse("scheme", args=[scheme.pk])),
                Cell(text=", ".join(names) or _("no value yet")),
            ]
        )
    return Table(
        caption=_("Schemes"),
        caption_hidden=True,
        columns=[Column(label=_("Scheme")), Column(label=_("Values"), wide=True)],
        rows=rows,
    )


def values_table(scheme: Scheme, counts: dict[int, int], url: Callable[[Value], str]) -> Table:
    """The values of a scheme, and how many of the reader's units have each today."""
    rows = [
        [
            Cell(text=str(value), note="" if value.is_offered else _("no longer offered")),
            Cell(text=count(counts.get(value.pk, 0)), url=url(value) if counts.get(value.pk) else ""),
        ]
        for value in scheme.values.all()
    ]
    return Table(
        caption=_("Values"),
        caption_hidden=True,
        columns=[Column(label=_("Value")), Column(label=_("Units today"), number=True)],
        rows=rows,
        empty=_("This scheme has no values yet."),
    )


def figures_table(
    rights: Rights, unit: Unit, scheme: Scheme, by: ByValue, whole: dict[str, Any], codes: list[str], period: Any
) -> Table:
    """A line for each value with its figures, and what they add up to: the unit's own figures."""
    opens = rights.scope(P.EVIDENCE_VIEW)
    lines: list[tuple[str, int | None]] = [(str(value), value.pk) for value in scheme.values.all()]
    rows = []
    for label, value in [*lines, (_("None of these"), None)]:
        figures = by.figures.get(value, {})
        if not figures:
            continue
        row = [Cell(text=label)]
        for code in codes:
            figure = figures.get(code)
            url = evidence_url(opens, unit, code, period) if figure and value else ""
            row.append(Cell(text=value_of(registry.get(code), figure), url=f"{url}&value={value}" if url else ""))
        rows.append(row)
    foot = [Cell(text=_("All together"))]
    for code in codes:
        figure = whole.get(code)
        url = evidence_url(opens, unit, code, period) if figure else ""
        foot.append(Cell(text=value_of(registry.get(code), figure), url=url))
    return Table(
        caption=_("Figures by %(scheme)s") % {"scheme": str(scheme)},
        caption_hidden=True,
        columns=[Column(label=str(scheme)), *(Column(label=registry.get(c).label, number=True) for c in codes)],
        rows=rows,
        foot=foot if rows else (),
        empty=_("Nothing was recorded that counts in this period."),
    )


def filtered(values: Sequence[Value], asked: str) -> Value | None:
    """The value a list is filtered by, if one that there is was asked for."""
    return next((value for value in values if str(value.pk) == asked), None)


def chosen_of(values: Sequence[Value], chosen: Value | None) -> list[tuple[str, list[tuple[int, str, bool]]]]:
    """The values to filter by under their schemes, the one chosen marked."""
    return [
        (str(scheme), [(value.pk, str(value), value == chosen) for value in of])
        for scheme, of in groupby(values, key=lambda value: value.scheme)
    ]
