"""What somebody is asked to tell, as a page of the editor asks for it: at the beginning of a case, or at a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, LineField
from chibo.procedures import editing
from chibo.procedures.checking import ASKS, MOST
from chibo.procedures.flow import CASE, STEP, YEAR, Ask, Span, Words
from chibo.procedures.rows import CodeField, NamedForm, Rows, english, rows, vietnamese, with_unknown

SORTS = (
    gettext_lazy("a text"),
    gettext_lazy("one line"),
    gettext_lazy("a day"),
    gettext_lazy("a number"),
    gettext_lazy("one of some choices"),
)
KINDS = dict(zip(ASKS, SORTS, strict=True))
EARLIEST_DAYS = {
    "": gettext_lazy("any day"),
    STEP: gettext_lazy("the case came to the step"),
    CASE: gettext_lazy("the case began"),
    YEAR: gettext_lazy("a year before the case began"),
}


def split(words: Words) -> dict[str, str]:
    """The two languages of a name, as fields have them."""
    return {"en": words.get("en", ""), "vi": words.get("vi", "")}


class AskForm(NamedForm):
    """Something the step asks to be told."""

    code = CodeField()
    vi = vietnamese()
    en = english()
    kind = forms.ChoiceField(label=gettext_lazy("Asks for"), choices=list(KINDS.items()), initial=ASKS[0])
    required = forms.BooleanField(label=gettext_lazy("It has to be told"), required=False, initial=True)
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        help_text=gettext_lazy("One a line: code | in English | in Vietnamese."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, **PLAIN}),
    )

    done = forms.BooleanField(label=gettext_lazy("A day that is not to come"), required=False)
    earliest = forms.ChoiceField(
        label=gettext_lazy("Not before"), choices=list(EARLIEST_DAYS.items()), initial="", required=False
    )
    spans = forms.CharField(
        label=gettext_lazy("How far after another day"),
        help_text=gettext_lazy(
            "One a line: code of that day | months at least | months at most, or < before them for fewer |"
            " question=choice, if it is so only then."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, **PLAIN}),
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        early = with_unknown(EARLIEST_DAYS.items(), [self.initial.get("earliest", "")])
        self.fields["earliest"].choices = early  # type: ignore[attr-defined]
        self.fields["kind"].choices = with_unknown(KINDS.items(), [self.initial.get("kind", "")])  # type: ignore[attr-defined]

    def clean_choices(self) -> dict[str, dict[str, str]]:
        """The choices by their codes."""
        found: dict[str, dict[str, str]] = {}
        for line in self.cleaned_data["choices"].splitlines():
            if not line.strip():
                continue
            code, en, vi = ([LineField(required=False).clean(part) for part in line.split("|")] + ["", ""])[:3]
            if line.count("|") > 2 or not (en or vi):
                raise ValidationError(_("Write each line as: code | in English | in Vietnamese."))
            found[CodeField().clean(code)] = dict(editing.words(en, vi))
        return found

    def clean_spans(self) -> tuple[Span, ...]:
        """How far the day may lie after others."""
        return tuple(_span(line) for line in self.cleaned_data["spans"].splitlines() if line.strip())

    def made_of(self, before: Mapping[str, Words]) -> Ask:
        """The question as filled in."""
        given = self.cleaned_data
        return Ask(
            code=given["code"], name=editing.words(given["en"], given["vi"], before.get(given["code"])),
            kind=given["kind"], required=given["required"], choices=given["choices"],
            spans=given["spans"], done=given["done"], earliest=given["earliest"],
        )  # fmt: skip


def ask_rows(data: Any, asks: Sequence[Ask]) -> Rows:
    """Rows of questions."""
    first = [
        {**split(e.name), "code": e.code, "kind": e.kind, "required": e.required, "choices": _lines(e.choices),
         "done": e.done, "earliest": e.earliest, "spans": "\n".join(map(_span_line, e.spans))}
        for e in asks
    ]  # fmt: skip
    made: Rows = rows(AskForm)(data, prefix="asks", initial=first)
    return made


def asks_made(found: Rows, before: Sequence[Ask]) -> tuple[Ask, ...]:
    """The questions as filled in; what their names say in other languages stays."""
    names = {each.code: each.name for each in before}
    return tuple(form.made_of(names) for form in found.filled)


def _lines(choices: Mapping[str, Words]) -> str:
    """Choices as they are written, one a line."""
    return "\n".join(f"{code} | {words.get('en', '')} | {words.get('vi', '')}" for code, words in choices.items())


def _span(line: str) -> Span:
    """How far a day may lie after another one, as it is written."""
    since, least, most, only = ([part.strip() for part in line.split("|")] + ["", "", ""])[:4]
    ask, _is, choice = (part.strip() for part in only.partition("="))
    months = [each or "0" for each in (least, most.removeprefix("<").strip())]
    if (
        line.count("|") > 3
        or not all(each.isdecimal() and int(each) <= MOST for each in months)
        or bool(ask) != bool(choice)
    ):
        raise ValidationError(_("Write each line as: code of a day | 3 | 12 | question=choice."))
    return Span(
        since=CodeField().clean(since), least=int(months[0]), most=int(months[1]), less=most.startswith("<"), ask=ask,
        choice=choice,
    )  # fmt: skip


def _span_line(span: Span) -> str:
    """The same as it is written."""
    parts = [span.since, str(span.least), f"{'<' * span.less}{span.most}" if span.most else ""]
    return " | ".join([*parts, f"{span.ask}={span.choice}"] if span.ask else parts)
