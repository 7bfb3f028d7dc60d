"""One step of a draft as a page asks for it: every word of the language has its field, and comes back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from chibo.core.fields import PLAIN, LineField
from chibo.procedures import describing, editing, registry
from chibo.procedures.ask_forms import ask_rows, asks_made, split
from chibo.procedures.checking import COUNTED, MOST
from chibo.procedures.flow import (
    ALL,
    ANY,
    BEGIN,
    Flow,
    Limit,
    Outcome,
    Remind,
    Share,
    Skip,
    Slot,
    Step,
    VoteRule,
    Words,
    said,
)
from chibo.procedures.forms import ListField, party_rows
from chibo.procedures.limits import DAYS, MONTHS, WORKING_DAYS
from chibo.procedures.rows import CodeField, NamedForm, Rows, english, rows, vietnamese, with_unknown

NOTHING = [("", "–")]
OF = dict(
    zip(
        COUNTED,
        (
            gettext_lazy("of those summoned"),
            gettext_lazy("of those present"),
            gettext_lazy("of the valid votes"),
        ),
        strict=True,
    )
)
UNITS = [
    (DAYS, gettext_lazy("days")), (MONTHS, gettext_lazy("months")), (WORKING_DAYS, gettext_lazy("working days")),
]  # fmt: skip
PEOPLE = 20
BEFORE = "before"  # the last day: a reminder


def _named(registered: Mapping[str, registry.Named]) -> list[tuple[str, Any]]:
    return [(code, each.label) for code, each in registered.items()]


def _number(least: int, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=least, max_value=most, required=False, **more)


class PaperForm(NamedForm):
    """A paper that the step needs."""

    code = CodeField()
    vi = vietnamese()
    en = english()
    form = LineField(
        label=gettext_lazy("Form"), help_text=gettext_lazy("Its number, as 9-KNĐ."), required=False
    )  # fmt: skip
    required = forms.BooleanField(label=gettext_lazy("The step needs it"), required=False, initial=True)
    made = forms.BooleanField(label=gettext_lazy("The program makes it"), required=False)

    def made_of(self, before: Mapping[str, Words]) -> Slot:
        """The paper as filled in."""
        given = self.cleaned_data
        return Slot(
            code=given["code"], name=editing.words(given["en"], given["vi"], before.get(given["code"])),
            form=given["form"], required=given["required"], made=given["made"],
        )  # fmt: skip


class ReminderForm(forms.Form):
    """When somebody is reminded of the limit."""

    days = forms.IntegerField(
        label=gettext_lazy("Days"), help_text=gettext_lazy("0: on the last day itself."), min_value=0, max_value=MOST
    )
    side = forms.ChoiceField(
        label=gettext_lazy("Before or after"),
        choices=[(BEFORE, gettext_lazy("before the last day")), ("after", gettext_lazy("after the last day"))],
        initial=BEFORE,
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Reminds"),
        choices=[("who", gettext_lazy("those who act")), ("above", gettext_lazy("the committee above them"))],
        initial="who",
    )

    @staticmethod
    def begun(each: Remind) -> dict[str, Any]:
        """What a reminder says, to begin with."""
        return {"days": abs(each.days), "side": BEFORE if each.days < 0 else "after", "to": each.to}

    def made(self) -> Remind:
        """The reminder as filled in."""
        given = self.cleaned_data
        return Remind(days=-given["days"] if given["side"] == BEFORE else given["days"], to=given["to"])


class OutcomeForm(NamedForm):
    """How the step may end, and where that leads."""

    code = CodeField()
    vi = vietnamese()
    en = english()
    leads = forms.ChoiceField(label=gettext_lazy("Leads to"), required=False)
    guards = ListField(label=gettext_lazy("Only if all of these hold"))
    effect = forms.ChoiceField(label=gettext_lazy("What follows in the records"), required=False)
    reason = forms.BooleanField(
        label=gettext_lazy("It needs a reason, and one person alone gives it"), required=False
    )  # fmt: skip
    needs = LineField(
        label=gettext_lazy("Answers it can't be without"),
        help_text=gettext_lazy("Codes of questions of this step, with commas between them."),
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
    )

    def __init__(self, *given: Any, flow: Flow, **more: Any) -> None:
        super().__init__(*given, **more)
        steps = [(f"to:{each.code}", describing.called(each)) for each in flow.steps]
        ends = [
            (f"ends:{code}", _("the end: %(result)s") % {"result": describing.result(flow, code)})
            for code in flow.results
        ]
        first: Any = self.initial
        choose: Any = self.fields
        choose["leads"].choices = with_unknown([*NOTHING, *steps, *ends], [first.get("leads", "")])
        choose["guards"].choices = with_unknown(_named(registry.guards), first.get("guards", ()))
        choose["effect"].choices = with_unknown([*NOTHING, *_named(registry.effects)], [first.get("effect", "")])

    def made_of(self, before: Mapping[str, Words]) -> Outcome:
        """The outcome as filled in."""
        given = self.cleaned_data
        where, _colon, code = given["leads"].partition(":")
        return Outcome(
            code=given["code"], name=editing.words(given["en"], given["vi"], before.get(given["code"])),
            to=code if where == "to" else "", ends=code if where == "ends" else "", guards=tuple(given["guards"]),
            effect=given["effect"], reason=given["reason"],
            needs=tuple(code for each in given["needs"].split(",") if (code := each.strip())),
        )  # fmt: skip


def _leads(outcome: Outcome) -> str:
    if outcome.to:
        return f"to:{outcome.to}"
    return f"ends:{outcome.ends}" if outcome.ends else ""


class StepForm(NamedForm):
    """A step as a whole; with its rows of who acts, papers, questions, reminders, outcomes."""

    names = ("name_vi", "name_en")
    code = CodeField()
    name_vi = vietnamese(label=gettext_lazy("Name in Vietnamese"))
    name_en = english(label=gettext_lazy("Name in English"))
    help_vi = vietnamese(label=gettext_lazy("What to do, in Vietnamese"))
    help_en = english(label=gettext_lazy("What to do, in English"))
    need = forms.ChoiceField(label=gettext_lazy("Who has to sign"))
    apart_from = ListField(label=gettext_lazy("Whoever signed at one of these signs not here"))
    electorate = forms.ChoiceField(label=gettext_lazy("Who votes"), required=False)
    quorum_n = _number(0, 1000, label=pgettext_lazy("vote", "Present have to be: parts"))
    quorum_m = _number(1, 1000, label=pgettext_lazy("vote", "of so many parts"))
    quorum_of = forms.ChoiceField(label=gettext_lazy("Reckoned"), required=False)
    quorum_more = forms.BooleanField(label=gettext_lazy("More than that, not just as many"), required=False)
    carried_n = _number(0, 1000, label=pgettext_lazy("vote", "For it have to be: parts"))
    carried_m = _number(1, 1000, label=pgettext_lazy("vote", "of so many parts"))
    carried_of = forms.ChoiceField(label=gettext_lazy("Reckoned"), required=False)
    carried_more = forms.BooleanField(label=gettext_lazy("More than that, not just as many"), required=False)
    limit_n = _number(0, MOST, label=gettext_lazy("It may take"))
    limit_unit = forms.ChoiceField(label=gettext_lazy("Counted in"), required=False)
    limit_since = forms.ChoiceField(label=gettext_lazy("Since"), required=False)
    limit_then = forms.ChoiceField(
        label=gettext_lazy("Once the time is over, by itself"), required=False
    )  # fmt: skip
    skip_when = forms.ChoiceField(label=gettext_lazy("Left out if"), required=False)
    skip_to = forms.ChoiceField(label=gettext_lazy("The case goes on to"), required=False)

    def __init__(self, data: Any, flow: Flow, at: int) -> None:
        self.flow, self.step = flow, flow.steps[at]
        super().__init__(data, initial=_first(self.step))
        self._offer(data)
        step = self.step
        self.who = party_rows(data, "who", step.who)
        named: list[tuple[type[forms.Form], str, list[dict[str, Any]], dict[str, Any]]] = [
            (PaperForm, "papers", [{**split(e.name), "code": e.code, "form": e.form, "required": e.required,
                                    "made": e.made} for e in step.papers], {}),
            (ReminderForm, "reminders", [ReminderForm.begun(e) for e in step.reminders], {}),
            (OutcomeForm, "outcomes", [{**split(e.name), "code": e.code, "leads": _leads(e),
                                        "guards": list(e.guards), "effect": e.effect, "reason": e.reason,
                                        "needs": ", ".join(e.needs)}
                                       for e in step.outcomes], {"flow": flow}),
        ]  # fmt: skip
        made: list[Rows] = [
            rows(form)(data, prefix=prefix, initial=initial, form_kwargs=more)
            for form, prefix, initial, more in named
        ]  # fmt: skip
        self.papers, self.reminders, self.outcomes = made
        self.asks = ask_rows(data, step.asks)

    def _offer(self, data: Any) -> None:
        """Put in the lists what can be chosen: the steps and days there are, the conditions and voters in code."""
        steps = [(each.code, describing.called(each)) for each in self.flow.steps]
        others = [(BEGIN, _("the beginning")), *(each for each in steps if each[0] != self.step.code)]
        many = [
            (str(n), ngettext("%(n)s person signs", "%(n)s different people sign", n) % {"n": n})
            for n in range(1, PEOPLE + 1)
        ]
        needs = [(ANY, _("one of them, whoever is first")), (ALL, _("each of those named above, in any order")), *many]
        asks = [*self.flow.asks, *(each for step in self.flow.steps for each in step.asks)]
        days = [(each.code, said(each.name) or each.code) for each in asks if each.kind == "day"]
        since = [("step", _("the day the step begins")), ("case", _("the day the case began")), *days]
        since += [(code, describing.day(code)) for code in self.flow.days]
        then = [(each.code, said(each.name) or each.code) for each in self.step.outcomes]
        guards = _named(registry.guards)
        offered: dict[str, list[tuple[str, Any]]] = {
            "need": needs, "apart_from": others, "electorate": [*NOTHING, *_named(registry.electorates)],
            "quorum_of": list(OF.items()), "carried_of": list(OF.items()), "limit_unit": UNITS,
            "limit_since": since, "limit_then": [*NOTHING, *then], "skip_when": [*NOTHING, *guards],
            "skip_to": [*NOTHING, *steps],
        }  # fmt: skip
        for name, choices in offered.items():
            first = self.initial.get(name) or ()
            field: Any = self.fields[name]
            field.choices = with_unknown(choices, [first] if isinstance(first, str) else first)

    @property
    def parts(self) -> list[Rows]:
        return [self.who, self.papers, self.asks, self.reminders, self.outcomes]

    def is_sound(self) -> bool:
        """Whether everything is filled in as it can be."""
        return all([self.is_valid(), *(each.is_valid() for each in self.parts)])

    def clean(self) -> dict[str, Any]:
        """Say at its field what is missing of a vote, a limit, a leaving out."""
        given = super().clean()
        for share in ("quorum", "carried"):
            has = [given.get(f"{share}_{part}") is not None for part in ("n", "m")]
            if any(has) and not all(has):
                self.add_error(f"{share}_{'m' if has[0] else 'n'}", _("Give both numbers, as 2 of 3."))
            if all(has) and (given[f"{share}_n"], given.get(f"{share}_more", False)) > (given[f"{share}_m"], False):
                self.add_error(f"{share}_n", _("More than all of them can't be asked for."))
            if any(has) and not given.get("electorate") and "electorate" not in self.errors:
                self.add_error("electorate", _("Choose who votes."))
        if given.get("electorate") and given.get("carried_n") is None and not self.errors:
            self.add_error("carried_n", _("Say how many have to be for it, as 1 of 2."))
        if bool(given.get("skip_when")) != bool(given.get("skip_to")):
            missing = "skip_to" if given.get("skip_when") else "skip_when"
            self.add_error(missing, _("Choose both, or neither."))
        return given

    def made(self) -> Step:
        """The step as filled in."""
        given, step = self.cleaned_data, self.step
        limit = Limit(
            n=given["limit_n"], unit=given["limit_unit"] or DAYS, since=given["limit_since"] or "step",
            then=given["limit_then"],
        ) if given["limit_n"] is not None else None  # fmt: skip
        papers, names = ({each.code: each.name for each in part} for part in (step.papers, step.outcomes))
        return Step(
            code=given["code"], name=editing.words(given["name_en"], given["name_vi"], step.name),
            help=editing.words(given["help_en"], given["help_vi"], step.help),
            need=int(given["need"]) if given["need"].isdecimal() else given["need"],
            apart_from=tuple(given["apart_from"]), who=tuple(form.made() for form in self.who.filled),
            papers=tuple(form.made_of(papers) for form in self.papers.filled),
            asks=asks_made(self.asks, step.asks), vote=self._vote(), limit=limit,
            reminders=tuple(form.made() for form in self.reminders.filled),
            skip=Skip(when=given["skip_when"], to=given["skip_to"]) if given["skip_when"] else None,
            outcomes=tuple(form.made_of(names) for form in self.outcomes.filled),
        )  # fmt: skip

    def _vote(self) -> VoteRule | None:
        if not self.cleaned_data["electorate"]:
            return None
        carried, quorum = self._share("carried"), self._share("quorum")
        return VoteRule(electorate=self.cleaned_data["electorate"], carried=carried, quorum=quorum) if carried else None

    def _share(self, name: str) -> Share | None:
        given = self.cleaned_data
        if given[f"{name}_n"] is None:
            return None
        return Share(n=given[f"{name}_n"], m=given[f"{name}_m"], of=given[f"{name}_of"], more=given[f"{name}_more"])


def _first(step: Step) -> dict[str, Any]:
    """What the fields of a step's own hold at first."""
    first: dict[str, Any] = {
        "code": step.code, "name_en": step.name.get("en", ""), "name_vi": step.name.get("vi", ""),
        "help_en": step.help.get("en", ""), "help_vi": step.help.get("vi", ""), "need": str(step.need),
        "apart_from": list(step.apart_from),
    }  # fmt: skip
    if step.vote:
        first["electorate"] = step.vote.electorate
        for name, share in (("carried", step.vote.carried), ("quorum", step.vote.quorum)):
            if share:
                first |= {f"{name}_n": share.n, f"{name}_m": share.m, f"{name}_of": share.of}
                first[f"{name}_more"] = share.more
    if step.limit:
        first |= {"limit_n": step.limit.n, "limit_unit": step.limit.unit, "limit_since": step.limit.since}
        first["limit_then"] = step.limit.then
    if step.skip:
        first |= {"skip_when": step.skip.when, "skip_to": step.skip.to}
    return first
