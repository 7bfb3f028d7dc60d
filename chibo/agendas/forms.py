"""What is filled in on a notice, its papers, a day of meeting; each fault at its field, items as rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from string import ascii_lowercase
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chibo.agendas.content import Content, Row
from chibo.agendas.kinds import ItemKind, Kind, Mode
from chibo.agendas.models import DayOff, Rhythm
from chibo.agendas.policies import HOURS, ITEMS
from chibo.core.fields import DayField, LineField
from chibo.organizations.kinds import Setting
from chibo.papers.opening import Refused
from chibo.papers.receiving import read, received

ACCEPT = ".pdf,.docx,.jpg,.jpeg,.png"
LONGEST = 20_000  # characters of a draft conclusion
MOVE = re.compile(r"(up|down|off)-(\d{1,3})", re.ASCII)
MINUTES = re.compile(r"\d{1,4}", re.ASCII)
CODE = re.compile(r"[a-z_]{0,40}", re.ASCII)
LETTERS = [one + two for one in ascii_lowercase for two in ascii_lowercase]


@dataclass(frozen=True)
class Line:
    """An item as it is typed, and what is wrong with it."""

    text: str = ""
    kind: str = str(ItemKind.DISCUSSION)
    minutes: str = ""
    code: str = ""
    other: str = ""  # the same in English, where agendas are laid down
    wrong: str = ""


@dataclass
class Lines:
    """The items of an agenda as they are typed, in order."""

    lines: list[Line] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Lines:
        """Those of a content."""
        return cls([Line(row.text, str(row.kind), str(row.minutes or ""), row.code) for row in rows])

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> Lines:
        """Those a browser sends, as far as they can be items at all."""
        found = []
        for n in range(ITEMS + 1):
            if f"text_{n}" not in data:
                break
            told = {
                name: str(data.get(f"{name}_{n}", ""))[:2000] for name in ("text", "kind", "minutes", "code", "other")
            }
            if told["kind"] not in ItemKind.values:
                told["kind"] = str(ItemKind.OTHER)
            if not CODE.fullmatch(told["code"]):
                told["code"] = ""
            for name in ("text", "other"):  # shown in as many lines as they need, and still one
                told[name] = " ".join(told[name].splitlines())
            found.append(Line(**told))
        return cls(found)

    def moved(self, asked: str) -> Lines:
        """The same after a button: a row up, down, off, or one more."""
        lines, match = list(self.lines), MOVE.fullmatch(asked)
        if asked == "add" and len(lines) < ITEMS:
            lines.append(Line())
        elif match and int(match[2]) < len(lines):
            at = int(match[2])
            line = lines.pop(at)
            if match[1] != "off":
                lines.insert(max(0, at - 1) if match[1] == "up" else at + 1, line)
        return Lines(lines)

    def checked(self) -> tuple[Row, ...] | None:
        """The items without empty rows; None, and what is wrong at each, if something is."""
        found, checked = [], []
        for line in self.lines:
            wrong, text, other = "", "", ""
            try:
                text, other = (LineField(required=False).clean(each) for each in (line.text, line.other))
            except ValidationError as error:
                wrong = " ".join(error.messages)
            minutes = line.minutes.strip()
            if not wrong and minutes and not (MINUTES.fullmatch(minutes) and 0 < int(minutes) < HOURS):
                wrong = _("Write the minutes as a number from 1 to %(most)s, as 15.") % {"most": HOURS - 1}
            if not wrong and minutes and not text:
                wrong = _("Say what this item is about.")
            checked.append(replace(line, wrong=wrong, other=line.other if wrong else other))
            if text and not wrong:
                found.append(Row(text=text, kind=line.kind, minutes=int(minutes) if minutes else None, code=line.code))
        self.lines = checked
        return None if any(line.wrong for line in checked) else tuple(found)


class TimeField(forms.TimeField):
    """A time of day, as the browser's own field sends it or as written by hand: 19:30, 19h30."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(input_formats=["%H:%M", "%H:%M:%S", "%Hh%M", "%Hh", "%H.%M"], widget=widget, **more)

    def clean(self, value: Any) -> time | None:
        """The time, without seconds."""
        found: time | None = super().clean(value)
        return found.replace(second=0, microsecond=0) if found else None


def _lines_widget(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": str(LONGEST)})


class NoticeForm(forms.Form):
    """When and where a cell meets, and about what."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    on = DayField(label=gettext_lazy("Day"))
    at_time = TimeField(label=pgettext_lazy("of a meeting", "Time"), required=False)
    place = LineField(label=gettext_lazy("Place"), required=False)
    mode = forms.ChoiceField(label=gettext_lazy("How"), choices=Mode.choices)
    topic = LineField(label=gettext_lazy("Topic"), required=False)
    conclusion = forms.CharField(
        label=gettext_lazy("Draft conclusion"), required=False, max_length=LONGEST, widget=_lines_widget(6),
        help_text=gettext_lazy("For whoever prepares the meeting: it is not part of the notice."),
    )  # fmt: skip

    def __init__(
        self, data: Any, lines: Lines, *, kind: str, month: date, missing: Collection[str] = (), **more: Any
    ) -> None:
        """The form of a kind of meeting of a month; `missing` are ways in which the cell can't meet."""
        super().__init__(data, **more)
        self.kind, self.month, self.lines, self.missing = kind, month, lines, missing
        modes: Any = self.fields["mode"]
        modes.choices = [each for each in Mode.choices if each[0] not in missing]
        for name in ("at_time", "place"):  # a draft can do without, a notice can't
            self.fields[name].needed = True  # type: ignore[attr-defined]
        self.items: tuple[Row, ...] = ()

    def clean(self) -> dict[str, Any]:
        """All of it, with the items."""
        said = super().clean() or {}
        items = self.lines.checked()
        if items is None:
            raise ValidationError(_("Something is wrong with an item of the agenda."))
        self.items = items
        return said

    def content(self) -> Content:
        """What was typed, as a value."""
        said = self.cleaned_data
        return Content(
            kind=self.kind, month=self.month, on=said["on"], at_time=said["at_time"], place=said["place"],
            mode=said["mode"], topic=said["topic"], conclusion=said["conclusion"].replace("\r\n", "\n").strip(),
            items=self.items,
        )  # fmt: skip


def typed_of(content: Content) -> dict[str, Any]:
    """A content as a form begins with it."""
    return {
        "on": content.on, "at_time": content.at_time, "place": content.place, "mode": content.mode,
        "topic": content.topic, "conclusion": content.conclusion,
    }  # fmt: skip


SECRET = ("number", "dated_on", "kept_at")  # what is said of a paper that never comes here


class PaperForm(forms.Form):
    """A paper for a meeting: a file, or where one of state secrecy is registered."""

    title = LineField(label=gettext_lazy("Title of the paper"))
    file = forms.FileField(
        label=gettext_lazy("File"), required=False, max_length=255, widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=gettext_lazy("PDF, Word, JPEG or PNG. Never a paper of state secrecy."),
    )  # fmt: skip
    is_secret = forms.BooleanField(label=gettext_lazy("It is a paper of state secrecy"), required=False)
    number = LineField(label=gettext_lazy("Its number"), required=False)
    dated_on = DayField(label=gettext_lazy("Of the day"), required=False)
    kept_at = LineField(label=gettext_lazy("Where it lies"), required=False)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.taken: tuple[bytes, str] | None = None
        for name in ("file", *SECRET):  # one or the others are asked for: none can be left out at will
            self.fields[name].needed = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A file, or all that is said of one that lies elsewhere: one of both."""
        said = super().clean() or {}
        lies = [name for name in SECRET if said.get(name)]
        file = said.get("file")
        if file is not None and (lies or said.get("is_secret")):
            self.add_error(
                "is_secret", _("Either a file, or where the paper lies: not both. Of a secret paper no file.")
            )
        elif file is not None:
            try:
                content = read(file)
                received(content, file.name)
                self.taken = (content, file.name)
            except Refused as refused:
                self.add_error("file", str(refused))
        elif lies or said.get("is_secret"):
            for name in SECRET:
                if name not in lies and name not in self.errors:
                    self.add_error(name, _("Say this, please."))
        elif "file" not in self.errors and not any(name in self.errors for name in SECRET):
            self.add_error("file", _("Choose a file; of a secret paper say its number, its day and where it lies."))
        return said


class CancelForm(forms.Form):
    """Why a meeting is cancelled."""

    reason = LineField(label=gettext_lazy("Why is the meeting cancelled?"))


class RhythmForm(forms.Form):
    """The day of each month on which a cell meets."""

    day = forms.IntegerField(
        label=gettext_lazy("Day of the month"), min_value=1, max_value=31,
        help_text=gettext_lazy("In a shorter month it is its last day."),
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid"), gettext_lazy("Days are 1 to 31.")),
    )  # fmt: skip
    off = forms.ChoiceField(
        label=gettext_lazy("If one does not work that day"), choices=DayOff.choices, widget=forms.RadioSelect
    )
    at_time = TimeField(label=pgettext_lazy("of a meeting", "Time"), required=False)
    place = LineField(label=gettext_lazy("Place"), required=False)
    from_on = DayField(label=gettext_lazy("From"))

    def rhythm(self) -> Rhythm:
        """What was typed, as a row that is not kept yet."""
        return Rhythm(**self.cleaned_data)


class AgendaForm(forms.Form):
    """An agenda to be laid down: of which meetings, from which day, by which rule."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of meeting"), choices=Kind.choices)
    setting = forms.ChoiceField(label=gettext_lazy("Where the cells are"), required=False)
    in_month = forms.TypedChoiceField(
        label=gettext_lazy("Month of the year"), required=False, coerce=int, empty_value=None
    )
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Taken from"), required=False)

    def __init__(self, data: Any, lines: Lines, **more: Any) -> None:
        super().__init__(data, **more)
        self.lines = lines
        self.items: list[dict[str, Any]] = []
        settings: Any = self.fields["setting"]
        settings.choices = [("", _("All cells")), *Setting.choices]
        months: Any = self.fields["in_month"]
        months.choices = [("", _("Every month")), *((n, str(n)) for n in range(1, 13))]

    def clean(self) -> dict[str, Any]:
        """All of it, with the items: each with a code of its own."""
        said = super().clean() or {}
        rows = self.lines.checked()
        if rows is None:
            raise ValidationError(_("Something is wrong with an item of the agenda."))
        kept = [line for line in self.lines.lines if line.text.strip()]
        taken = {row.code for row in rows if row.code}
        fresh = (code for code in (f"own_{letters}" for letters in LETTERS) if code not in taken)
        for row, line in zip(rows, kept, strict=True):
            told = {"en": line.other or row.text, "vi": row.text}
            self.items.append({"code": row.code or next(fresh), "text": told, "kind": row.kind, "minutes": row.minutes})
        return said


class RuleForm(forms.Form):
    """How many days before a meeting its notice has to be there, from a day on."""

    days = forms.IntegerField(label=gettext_lazy("Days before the meeting"), min_value=0, max_value=60)
    rule_from = DayField(label=gettext_lazy("From"))
    rule_source = LineField(label=gettext_lazy("Taken from"), required=False)
