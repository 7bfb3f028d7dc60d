"""What is filled in on two records: what stays where they differ, which spell is right, why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import DayField, LineField
from chibo.duplicates.drafting import FIRST, SECOND, Draft
from chibo.duplicates.joining import Join
from chibo.duplicates.likeness import LIKELY, POSSIBLE, SURE

WHICH = [
    (FIRST, gettext_lazy("As the first record says")),
    (SECOND, gettext_lazy("As the second record says")),
]


class MergeForm(forms.Form):
    """A choice for all that the two records say differently and can't both stay."""

    def __init__(self, data: Any, draft: Draft) -> None:
        super().__init__(data)
        for fact in draft.differing:
            self.fields[fact.name] = forms.ChoiceField(
                choices=WHICH, initial=FIRST, required=False, widget=forms.RadioSelect
            )
        for clash in draft.clashes:
            self.fields[clash.name] = forms.ChoiceField(
                label=_("Both were members at once. What is right?"), choices=Join.choices, required=False,
                widget=forms.RadioSelect,
            )  # fmt: skip
            self.fields[clash.day_name] = DayField(
                label=_("From which day on"), required=False, help_text=_("Only where one follows the other.")
            )
        for each in draft.unsettled:
            self.fields[each.name] = forms.ChoiceField(
                label=_("%(what)s: where the two differ (%(count)s), what stays?")
                % {"what": each.rule.label, "count": each.count},
                choices=WHICH, required=False, widget=forms.RadioSelect,
            )  # fmt: skip
        self.fields["reason"] = LineField(
            label=_("How you know that they are one person"), required=False,
            help_text=_("For whoever asks later."),
        )  # fmt: skip

    @property
    def choices(self) -> dict[str, Any]:
        """What was chosen, by what it is called."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason" and value}

    def told(self, draft: Draft) -> None:
        """Put what stands in the way at its field."""
        for name, text in draft.refusals:
            self.add_error(name if name in self.fields else None, text)


class PairsForm(forms.Form):
    """Which pairs are listed."""

    least = forms.TypedChoiceField(
        label=gettext_lazy("Show"), coerce=int, required=False, empty_value=str(LIKELY),
        choices=[
            (SURE, gettext_lazy("Almost certainly one person")),
            (LIKELY, gettext_lazy("Probably one person, or more")),
            (POSSIBLE, gettext_lazy("All that are alike")),
        ],
    )  # fmt: skip
    which = forms.ChoiceField(
        label=gettext_lazy("Decided"), required=False,
        choices=[
            ("", gettext_lazy("Not yet")),
            ("apart", gettext_lazy("Two people")),
            ("merged", gettext_lazy("One person: merged")),
        ],
    )  # fmt: skip


class WhyForm(forms.Form):
    """Why something is asked for or taken apart."""

    reason = LineField(label=gettext_lazy("Why"), required=False)
