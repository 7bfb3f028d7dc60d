"""What a meeting's page asks: facts, marks of all who may attend, points; each fault at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chibo.core.actions import Denied
from chibo.core.formats import period_name
from chibo.core.periods import NotAPeriod, Period
from chibo.core.text import clean
from chibo.exchange.cells import FORBIDDEN, LONGEST
from chibo.meetings import policies
from chibo.meetings.content import GROUPS, Content, plain
from chibo.meetings.models import MAXIMA, SCORED, Kind, Meeting, Mode, State
from chibo.meetings.queries import Attendee, months_until
from chibo.organizations.models import Unit

MINUTES = 20_000  # characters of conclusions
NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,9})?", re.ASCII)
TYPED = re.compile(
    r"kind|held_on|month|step|mode|topic|duration_min|conclusions|c[1-8]|prompt|scored_on|another|reason|[mrx]_\d{1,18}"
)
USUAL_REASONS = (
    gettext_lazy("Ill"),
    gettext_lazy("In hospital"),
    gettext_lazy("Travelling for work"),
    gettext_lazy("On duty"),
    gettext_lazy("Family matter"),
    gettext_lazy("Away for studies"),
)
PROMPT, LATER = "yes", "no"


def typed_in(data: Mapping[str, Any], most: int = 100_000) -> dict[str, str] | None:
    """What someone typed into the form, as it can be kept; None if it is no form's, or too long."""
    found = {}
    for name in data:
        value = data.get(name)
        if TYPED.fullmatch(name) and isinstance(value, str) and value:
            found[name] = value.replace("\0", "").encode("utf-8", "ignore").decode()
    return found if sum(map(len, found.values())) + sum(map(len, found)) <= most and len(found) <= 3000 else None


class Words(forms.Field):
    """A text in one line, as the sheets take it; or in several, for the conclusions."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines, self.most = lines, MINUTES if lines else LONGEST

    def clean(self, value: Any) -> str:
        text = clean(str(value or "").replace("\r\n", "\n"))
        self.validate(text)
        rest = re.sub("[\n\t]", " ", text) if self.lines else text
        if FORBIDDEN.search(rest):
            raise forms.ValidationError(_("There are hidden characters in this text. Delete it and type it by hand."))
        if len(text) > self.most:
            raise forms.ValidationError(
                _("This is %(n)s characters long; at most %(most)s are kept.") % {"n": len(text), "most": self.most}
            )
        return text


class Quantity(forms.Field):
    """A number of at least 0, with a point or a comma."""

    def __init__(self, *, most: int, places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.places = most, places

    def clean(self, value: Any) -> Decimal | None:
        text = clean(str(value or ""))
        if not text:
            return None
        if not NUMBER.fullmatch(text):
            raise forms.ValidationError(_("Write a number, such as 4 or 4.5."))
        number = Decimal(text.replace(",", "."))
        if number > self.most:
            raise forms.ValidationError(_("At most %(most)s.") % {"most": self.most})
        if -int(number.normalize().as_tuple().exponent) > self.places:
            raise forms.ValidationError(_("At most %(n)s digits after the point.") % {"n": self.places})
        return number


class MonthField(forms.ChoiceField):
    """One of some months; its value is the first day."""

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        month = month_asked(chosen)
        if chosen and month is None:
            raise forms.ValidationError(_("Choose one of the months."))
        return month


def month_choices(months: Iterable[date]) -> list[tuple[str, str]]:
    """Months as they are chosen from, the newest first."""
    periods = sorted({Period.month_of(month) for month in months}, reverse=True)
    return [(str(period), period_name(period)) for period in periods]


def month_asked(text: str) -> date | None:
    """The month a URL names; None if it names none."""
    try:
        period = Period.parse(text)
    except NotAPeriod:
        return None
    return period.first_day if period.grain == "month" else None


def _line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "maxlength": str(LONGEST)} | attrs)


def _day(**attrs: str) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"} | attrs)


@dataclass
class Row:
    """One line of the list: who, what is marked, and what is wrong with it."""

    who: Attendee
    state: str = ""
    reason: str = ""
    error: str = ""
    free: bool = False  # may stay without a mark: it had none

    @property
    def ticks(self) -> bool:
        """Whether it is ticked only, if they came."""
        return not self.who.must and self.state in ("", State.PRESENT)


@dataclass
class Roll:
    """The list of those who may attend, with what is typed of each."""

    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, roll: list[Attendee], typed: Mapping[str, str] | None, recorded: Content | None) -> Roll:
        """Marks as typed; else as recorded; else present for all who must attend."""
        rows = []
        for who in roll:
            known = recorded.attendance.get(who.person) if recorded else None
            row = Row(who, free=not who.must or (recorded is not None and known is None))
            if typed is not None and typed.get(f"m_{who.person}"):
                row.state, row.reason = typed[f"m_{who.person}"], typed.get(f"r_{who.person}", "")
            elif typed is not None and typed.get(f"x_{who.person}"):
                row.state = State.PRESENT
            elif typed is None or (who.must and not row.free):
                row.state, row.reason = known or (State.PRESENT if who.must and recorded is None else "", "")
            rows.append(row)
        return cls(rows)

    def clean(self) -> dict[int, tuple[str, str]]:
        """The marks; what is wrong stands in the rows."""
        marks, words = {}, Words(required=False)
        for row in self.rows:
            if row.state not in State.values:
                row.state = ""
                if not row.free:
                    row.error = _("Say whether %(name)s was present.") % {"name": row.who.name}
                continue
            reason = ""
            if row.state == State.EXCUSED:
                try:
                    reason = words.clean(row.reason)
                except forms.ValidationError as wrong:
                    row.error = " ".join(wrong.messages)
                if not reason and not row.error:
                    row.error = _("Say why %(name)s is excused.") % {"name": row.who.name}
            marks[row.who.person] = (row.state, reason)
        return marks

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.error]

    @property
    def listed(self) -> list[Row]:
        """Those with a mark of three."""
        return [row for row in self.rows if not row.ticks]

    @property
    def apart(self) -> list[Row]:
        """Those who are ticked only if they came."""
        return [row for row in self.rows if row.ticks]

    @property
    def must(self) -> int:
        return sum(row.who.must for row in self.rows)

    def count(self, state: str) -> int:
        """How many are marked so."""
        return sum(row.state == state for row in self.rows)


class MeetingForm(forms.Form):
    """A meeting as it is recorded or corrected, but for who attended."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 2)
    kind = forms.ChoiceField(
        choices=Kind.choices, widget=forms.RadioSelect, label=gettext_lazy("What kind of meeting?")
    )
    held_on = forms.DateField(
        widget=_day(), label=gettext_lazy("Held on"), input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": gettext_lazy("There is no such day. Write it like 2024-01-31.")},
    )  # fmt: skip
    month = MonthField(label=gettext_lazy("For the month"))
    another = forms.BooleanField(required=False, label=gettext_lazy("This is another meeting of the same month"))
    mode = forms.ChoiceField(
        choices=Mode.choices, required=False, widget=forms.RadioSelect, label=gettext_lazy("How was it held?")
    )
    duration_min = Quantity(
        most=1440, places=2, required=False, label=gettext_lazy("Duration in minutes"),
        widget=_line(inputmode="decimal", enterkeyhint="next", maxlength="8"),
    )  # fmt: skip
    topic = Words(required=False, label=gettext_lazy("Topic"), widget=_line(enterkeyhint="next"))
    conclusions = Words(
        lines=True, required=False, label=gettext_lazy("What was concluded?"),
        widget=forms.Textarea(attrs={"rows": 9, "maxlength": str(MINUTES)}),
    )  # fmt: skip
    prompt = forms.ChoiceField(
        choices=[(PROMPT, gettext_lazy("Yes, at the meeting")), (LATER, gettext_lazy("No, later"))], required=False,
        widget=forms.RadioSelect, label=gettext_lazy("Were the points given at the meeting?"),
    )  # fmt: skip
    scored_on = forms.DateField(
        required=False, widget=_day(), label=gettext_lazy("Points given on"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": gettext_lazy("There is no such day. Write it like 2024-01-31.")},
    )  # fmt: skip
    reason = Words(
        label=gettext_lazy("Why is it corrected?"), widget=_line(enterkeyhint="next"),
        help_text=gettext_lazy("This stands beside the meeting for ever, with what it said before."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        unit: Unit,
        roll: Roll,
        today: date,
        recorded: Meeting | None = None,
        month: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.unit, self.roll, self.today, self.recorded = unit, roll, today, recorded
        for field_ in self.fields.values():
            field_.error_messages["required"] = _("Say this, please.")
        self.fields["reason"].error_messages["required"] = _("Say why, please: what was wrong.")
        for n, (label, most) in enumerate(zip(GROUPS, MAXIMA, strict=True), 1):
            attrs = {"inputmode": "decimal", "enterkeyhint": "next", "maxlength": "12", "data-most": str(most)}
            self.fields[f"c{n}"] = Quantity(most=most, places=9, required=False, label=label, widget=_line(**attrs))
        after = Period.month_of(max(month, today.replace(day=1))).last_day + timedelta(days=1)
        months = [*months_until(after, 14), month, *([recorded.month] if recorded else [])]
        if isinstance(field_ := self.fields["month"], forms.ChoiceField):
            field_.choices = month_choices(each for each in months if unit.founded_on <= Period.month_of(each).last_day)
        if recorded is None:
            del self.fields["reason"]
        else:
            self.fields["reason"] = self.fields.pop("reason")  # the last that is asked

    @property
    def points(self) -> list[tuple[Any, int]]:
        """The fields of the eight groups, each with the most there is."""
        return [(self[f"c{n}"], most) for n, most in enumerate(MAXIMA, 1)]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        held_on, kind = said.get("held_on"), said.get("kind")
        if "uid" in self.errors or "version" in self.errors:
            self.add_error(None, _("Something of this form got lost on the way. Open it anew."))
        if held_on:
            self._ask("held_on", policies.check_day, self.unit, held_on, self.today)
        if said.get("month"):
            self._ask("month", policies.check_month, said["month"], self.today)
        if said.get("duration_min") == 0:
            self.add_error("duration_min", _("A meeting lasts longer than that."))
        if self.recorded and held_on and kind:
            self._ask("held_on", policies.check_superior, self.recorded, kind, held_on)
        self._clean_points(said, held_on, kind)
        said["attendance"] = self.roll.clean()
        return said

    def _ask(self, name: str, check: Any, *args: Any) -> None:
        """What a policy refuses stands beside the field."""
        try:
            check(*args)
        except Denied as reason:
            self.add_error(name, str(reason))

    def _clean_points(self, said: dict[str, Any], held_on: date | None, kind: str | None) -> None:
        """All eight groups or none; given at the meeting, or on a day after."""
        names = [f"c{n}" for n in range(1, 9)]
        given = [name for name in names if said.get(name) is not None]
        if not given or any(name in self.errors for name in names):
            return
        if kind and kind not in SCORED:
            self.add_error(
                given[0], _("Only regular and thematic meetings get points. Empty the points, or change the kind.")
            )
            return
        missing = [name for name in names if name not in given]
        if missing:
            text = ngettext("%(n)s group has no points.", "%(n)s groups have no points.", len(missing))
            text = text % {"n": len(missing)} + " " + _("Give points to all eight, or to none.")
            self.add_error(missing[0], text)
        later = said.get("prompt") == LATER
        if later and said.get("scored_on") is None and "scored_on" not in self.errors:
            said["scored_on"] = self.today
        if held_on and not later:
            said["scored_on"] = held_on
        if held_on and kind and said.get("scored_on") and "held_on" not in self.errors:
            self._ask("scored_on", policies.check_score, kind, held_on, said["scored_on"], self.today)

    def is_sound(self) -> bool:
        """Whether nothing is wrong, neither here nor in the list."""
        return self.is_valid() and not self.roll.wrong

    def content(self) -> Content:
        """What the meeting says, of a sound form."""
        said = self.cleaned_data
        points = tuple(said[f"c{n}"] for n in range(1, 9))
        scored = None not in points
        names = ("kind", "held_on", "month", "topic", "mode", "duration_min", "conclusions", "attendance")
        return Content(
            **{name: said[name] for name in names},
            points=points if scored else None,
            scored_on=said["scored_on"] if scored else None,
        )


def typed_of(content: Content) -> dict[str, str]:
    """A meeting as it would be typed into the form, but for who attended."""
    typed = {
        "kind": content.kind,
        "held_on": content.held_on.isoformat(),
        "month": str(Period.month_of(content.month)),
        "topic": content.topic,
        "mode": content.mode,
        "duration_min": "" if content.duration_min is None else plain(content.duration_min),
        "conclusions": content.conclusions,
        "prompt": PROMPT,
    }
    if content.points is not None and content.scored_on is not None:
        typed |= {f"c{n}": plain(each) for n, each in enumerate(content.points, 1)}
        typed |= {"prompt": PROMPT if content.scored_on == content.held_on else LATER}
        typed |= {"scored_on": content.scored_on.isoformat()}
    return typed


class ReasonForm(forms.Form):
    """Why something is withdrawn."""

    reason = Words(widget=_line(), label=gettext_lazy("Why?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _("Say why, please.")


class NoMeetingForm(ReasonForm):
    """Why no meeting was held in a month."""

    month = MonthField(label=gettext_lazy("Month"))
    seen = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)  # the reason said before
    field_order = ("month", "reason")

    def __init__(self, *args: Any, months: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Why was none held?")
        if isinstance(field_ := self.fields["month"], forms.ChoiceField):
            field_.choices = month_choices(months)


def day_of(text: str) -> date | None:
    """The day a text names as the form takes it; None if it names none."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(clean(text), form).date()
        except ValueError:
            continue
    return None
