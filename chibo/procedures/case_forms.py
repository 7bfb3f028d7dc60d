"""The filters of the list of cases, and the one form of a step: what it asks, its vote, the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.actions import Denied
from chibo.core.fields import DayField, LineField
from chibo.core.formats import count
from chibo.core.text import clean
from chibo.organizations.models import Unit
from chibo.procedures import days, policies
from chibo.procedures.flow import Ask, Outcome, Step, said
from chibo.procedures.models import Case, Stage, Version, Vote
from chibo.procedures.registry import Count
from chibo.procedures.voting import Voters

LONGEST = 4000
MOST = 1_000_000
COUNTS = ("summoned", "present", "votes_for", "against", "invalid")
HANDS = {"hands_for": "for", "hands_against": "against", "hands_none": "none"}
RESULT = "result:"  # before a result among the ways a case can stand


class CaseFilter(forms.Form):
    """Which cases a list shows; what no list offers filters nothing, and is said beside the field."""

    procedure = forms.ChoiceField(label=gettext_lazy("Procedure"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("How it stands"), required=False)
    step = forms.ChoiceField(label=gettext_lazy("Step"), required=False)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    overdue = forms.ChoiceField(
        label=gettext_lazy("Time"),
        required=False,
        choices=[("", gettext_lazy("all")), ("yes", gettext_lazy("past their last day"))],
    )

    def __init__(self, asked: Mapping[str, str], versions: Iterable[Version], units: Iterable[Unit]) -> None:
        super().__init__({name: asked.get(name, "")[:200] for name in self.base_fields}, auto_id="by_%s")
        every = {each.procedure.code: each for each in versions}
        self.units = {str(each.pk): each for each in units}
        self._offer("procedure", _("all"), [(code, str(each)) for code, each in every.items()])
        chosen = every.get(asked.get("procedure", ""))
        states = [(str(value), str(label)) for value, label in Case.Status.choices]
        if chosen is not None:
            results = chosen.flow.results.items()
            states += [(RESULT + code, _("Ended: %(result)s") % {"result": said(words)}) for code, words in results]
            self._offer("step", _("all"), [(step.code, said(step.name)) for step in chosen.flow.steps])
        else:
            del self.fields["step"]
        self._offer("status", _("all"), states)
        self._offer("unit", _("all"), [(pk, each.name) for pk, each in self.units.items()])
        if not self.units:
            del self.fields["unit"]
        self.is_valid()

    def _offer(self, name: str, every: str, choices: Sequence[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", every), *choices]
        field.error_messages = {"invalid_choice": _("Choose one of the list.")}

    @property
    def kept(self) -> dict[str, str]:
        """What was asked, of what is offered."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def found(self, cases: QuerySet[Any], today: date) -> QuerySet[Any]:
        """Of these cases, with the stage they stand at as `now`, those that were asked for."""
        kept = self.kept
        status = kept.get("status", "")
        if status.startswith(RESULT):
            cases = cases.filter(result=status.removeprefix(RESULT))
        elif status:
            cases = cases.filter(status=status)
        if "procedure" in kept:
            cases = cases.filter(version__procedure__code=kept["procedure"])
        if "step" in kept:
            cases = cases.filter(now__step=kept["step"])
        if "unit" in kept:
            path = self.units[kept["unit"]].path
            cases = cases.filter(Q(unit__path__startswith=path) | Q(to_unit__path__startswith=path))
        if "overdue" in kept:
            cases = cases.filter(status=Case.Status.OPEN, now__due_on__lt=today)
        return cases


class StepForm(forms.Form):
    """What a step asks to be told, its vote by counts or hand by hand, and why, where an outcome wants that said."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        step: Step,
        case: Case,
        vote: Vote | None,
        today: date,
        voters: Voters | None = None,
        sent: Any = None,
        chosen: Outcome | None = None,
        stages: Sequence[Stage] | None = None,
        hints: Mapping[str, str] | None = None,
        counted: Count | None = None,
    ) -> None:
        super().__init__(sent)
        self.stages, self.voters, self.counted = stages, voters, counted
        self.step, self.case, self.vote, self.today, self.chosen = step, case, vote, today, chosen
        reason: Any = self.fields.pop("reason")
        for ask in step.asks:
            field: Any = field_of(
                ask, required=False, initial=case.told.get(ask.code), help_text=(hints or {}).get(ask.code, "")
            )
            field.needed = ask.required  # to sign; what is only kept may be unfinished
            self.fields[f"ask_{ask.code}"] = field
        if step.vote is not None:
            self._ask_vote()
        if any(each.reason for each in step.outcomes):
            reason.needed = True
            self.fields["reason"] = reason

    def _ask_vote(self) -> None:
        vote, counted = self.vote, self.counted
        on = vote.held_on if vote else counted.held_on if counted else self.today
        known = self.voters.on(on) if self.voters else None
        self.fields["held_on"] = DayField(label=_("Day of the vote"), required=False, initial=on)
        labels = (_("Summoned"), _("Present"), _("For"), _("Against"), _("Invalid"))
        for name, label in zip(COUNTS, labels, strict=True):
            initial = getattr(vote or counted, name, None) if name != "summoned" or vote else known
            self.fields[name] = forms.IntegerField(
                label=label, required=False, min_value=0, max_value=MOST, initial=initial,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
        if counted and counted.present is not None and not vote:
            self.fields["present"].help_text = _("As recorded: %(meeting)s") % {"meeting": counted.label}
        if known:
            self.fields["summoned"].help_text = _("%(n)s by the records") % {"n": count(known)}
        ways = [("counts", _("Votes were counted")), ("hands", _("An open vote, name by name"))]
        self.fields["how"] = forms.ChoiceField(
            label=_("How it was voted"), required=False, choices=ways, widget=forms.RadioSelect,
            initial="hands" if vote and vote.hands else "counts",
        )  # fmt: skip
        names = dict.fromkeys(HANDS.values(), "")
        for name, hand in vote.hands if vote else ():
            names[hand] += name + "\n"
        for (field, hand), label in zip(HANDS.items(), (_("For"), _("Against"), _("Neither")), strict=True):
            self.fields[field] = forms.CharField(
                label=label, required=False, max_length=LONGEST * 5, initial=names[hand],
                widget=forms.Textarea(attrs={"rows": 3, "lang": "vi"}),
            )  # fmt: skip
        for name in (*COUNTS, "held_on", *HANDS):
            self.fields[name].needed = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a vote that can't be, and what has to be there for the outcome chosen."""
        given = super().clean() or {}
        self._vote = self._voted(given) if self.step.vote else None
        if self.chosen is not None and self.chosen.reason and not given.get("reason", "").strip():
            self._refuse("reason", _("Say why."))
        answers = {**self.case.told, **self.told}
        for code, why in days.all_wrong(self.step, self.case, answers, self.today, self.stages).items():
            self._refuse(f"ask_{code}", why)
        for ask in policies.untold(self.step, self.chosen, answers) if self.chosen is not None else ():
            self._refuse(f"ask_{ask.code}", _("Answer this: the step can't be signed without it."))
        is_plain = self.chosen is not None and not self.chosen.reason
        for code, why in policies.faults_of(self.step, self.case, answers, self.today).items() if is_plain else ():
            self._refuse(f"ask_{code}", why)
        if is_plain and self.step.vote and self.vote is None and self._vote is None:
            self._refuse("present", _("The vote is still to be recorded."))
        return given

    def _refuse(self, name: str, why: str) -> None:
        if name not in self.errors:
            self.add_error(name, why)

    def _voted(self, given: dict[str, Any]) -> dict[str, Any] | None:
        """The vote as it was typed; None where nothing of it was."""
        if given.get("how") == "hands":
            hands = [[name, hand] for field, hand in HANDS.items() for name in _lines(given.get(field, ""))]
            names = [name for name, _hand in hands]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                self._refuse("hands_for", _("Named twice: %(names)s.") % {"names": ", ".join(twice)})
            counts: dict[str, Any] = {name: sum(hand == way for _n, hand in hands) for name, way in _WAYS.items()}
            counts |= {"present": len(hands), "invalid": 0, "summoned": given.get("summoned"), "hands": hands}
            is_given = bool(hands)
        else:
            counts = {name: given.get(name) for name in COUNTS} | {"hands": []}
            is_given = any(counts[name] is not None for name in ("present", "votes_for", "against", "invalid"))
            counts["invalid"] = counts["invalid"] or 0
        if not is_given:
            return None
        counts["held_on"] = given.get("held_on")
        for name in ("held_on", *COUNTS):
            if counts[name] is None:
                self._refuse(name, _("Fill this in."))
        if any(name in self.errors for name in ("held_on", *COUNTS)):
            return None
        if self.voters is not None:
            try:
                self.voters.check(counts["summoned"], counts["held_on"])
            except Denied as denied:
                self._refuse("summoned", str(denied))
        earliest = days.earliest_vote(self.case, self.step)
        try:
            policies.check_vote(Vote(**counts), self.today, earliest)
        except Denied as denied:
            is_day = not earliest <= counts["held_on"] <= self.today
            self._refuse("held_on" if is_day else "present", str(denied))
        return counts

    @property
    def told(self) -> dict[str, Any]:
        """The answers that are new."""
        found = {}
        for ask in self.step.asks:
            value = self.cleaned_data.get(f"ask_{ask.code}")
            value = value.isoformat() if isinstance(value, date) else "" if value is None else value
            if value != self.case.told.get(ask.code, ""):
                found[ask.code] = value
        return found

    @property
    def voted(self) -> dict[str, Any] | None:
        """The vote, if it was typed and is another than the one recorded last."""
        if self._vote is None or (
            self.vote is not None and all(getattr(self.vote, name) == value for name, value in self._vote.items())
        ):
            return None
        return self._vote

    @property
    def asks(self) -> list[Any]:
        return [self[f"ask_{ask.code}"] for ask in self.step.asks]

    @property
    def counts(self) -> list[Any]:
        return [self[name] for name in COUNTS[1:]] if self.step.vote else []

    @property
    def hands(self) -> list[Any]:
        return [self[name] for name in HANDS] if self.step.vote else []

    @property
    def written(self) -> list[tuple[str, str]]:
        """What somebody typed that was not known before, field by field, as they typed it; a choice in words."""
        typed = {name: str(self.data.get(name, "")).strip() for name in self.fields if name != "how"}
        return [
            (str(self[name].label), str(dict(getattr(self.fields[name], "choices", ())).get(text, text)))
            for name, text in typed.items()
            if text not in ("", str(self[name].initial or ""))
        ]


_WAYS = {"votes_for": "for", "against": "against"}


def _lines(text: str) -> list[str]:
    """Names, one a line."""
    return [" ".join(clean(line).split())[:200] for line in text.splitlines() if line.strip()]


def field_of(ask: Ask, **asked: Any) -> forms.Field:
    """The field in which what a procedure asks is told; with no `required`, as it asks for it."""
    more: dict[str, Any] = {"label": said(ask.name), "required": ask.required} | asked
    if ask.kind == "day":
        return DayField(**more)
    if ask.kind == "number":
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(min_value=0, max_value=10**12, widget=widget, **more)
    if ask.kind == "choice":
        return forms.ChoiceField(choices=[("", "–"), *ask.offered], **more)
    if ask.kind == "line":
        return LineField(**more)
    return forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}), **more)
