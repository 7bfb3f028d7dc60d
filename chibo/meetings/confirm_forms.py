"""What is asked of who confirms or returns a score: a word, and points of their own where they differ."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.meetings.confirming import OwnPoints
from chibo.meetings.content import GROUPS, plain
from chibo.meetings.fields import Quantity, Words, line
from chibo.meetings.models import MAXIMA, Score
from chibo.meetings.point_forms import answer_said
from chibo.procedures.flow import said
from chibo.scoring.sheet import NOT_HELD, Criterion


class SeenForm(forms.Form):
    """What is judged, by the seal of what its reader has before them."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class ReturnForm(SeenForm):
    """Why a score is returned."""

    reason = Words(widget=line(), label=gettext_lazy("Why is it returned?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _("Say why, please.")


class ConfirmForm(SeenForm):
    """The points of a score, as claimed or as the superior gives them."""

    note = Words(widget=line(), required=False, label=gettext_lazy("A word to the cell"))

    def __init__(self, *args: Any, score: Score, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.score = score
        if score.sheet is not None and score.answers is not None:
            for each in score.sheet.sheet.criteria:
                self.fields[f"k_{each.code}"] = _field(each, score.answers.get(each.code, ""))
        else:
            for n, (label, most) in enumerate(zip(GROUPS, MAXIMA, strict=True), 1):
                self.fields[f"c{n}"] = _points(most, label, getattr(score, f"c{n}"))
        for bound in self.points:
            bound.field.needed = True  # as it stands there it is given

    @property
    def points(self) -> list[Any]:
        """The fields that give points."""
        return [self[name] for name in self.fields if name not in ("seen", "note")]

    @property
    def has_wrong_points(self) -> bool:
        return any(each.errors for each in self.points)

    def own(self) -> OwnPoints | None:
        """The points given; what was left empty is as claimed."""
        data, answers = self.cleaned_data, self.score.answers
        if answers is None:
            claimed = [getattr(self.score, f"c{n}") for n in range(1, 9)]
            given = [data.get(f"c{n}") for n in range(1, 9)]
            return OwnPoints(groups=tuple(c if g is None else g for g, c in zip(given, claimed, strict=True)))
        found = {}
        for code, claimed_answer in answers.items():
            value = data.get(f"k_{code}")
            told = plain(value) if isinstance(value, Decimal) else value
            found[code] = told or claimed_answer
        return OwnPoints(answers=found)


def _field(each: Criterion, claimed: str) -> forms.Field:
    if not each.options:
        return _points(each.full, said(each.name), Decimal(claimed) if claimed else None)
    choices = [(option.code, answer_said(each, option.code)) for option in each.options]
    if each.only:
        choices.append((NOT_HELD, answer_said(each, NOT_HELD)))
    return forms.ChoiceField(choices=choices, required=False, initial=claimed, label=said(each.name))


def _points(most: Any, label: Any, claimed: Decimal | None) -> Quantity:
    attrs = {"inputmode": "decimal", "maxlength": "12"}
    initial = "" if claimed is None else plain(claimed)
    help_text = _("At most %(most)s.") % {"most": plain(Decimal(most))}
    return Quantity(
        most=most, places=9, required=False, label=label, initial=initial, help_text=help_text, widget=line(**attrs)
    )  # fmt: skip
