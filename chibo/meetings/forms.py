"""What a meeting's page asks: facts, marks of all who may attend, points; each fault at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.actions import Denied
from chibo.core.periods import Period
from chibo.meetings import policies
from chibo.meetings.content import Content, plain
from chibo.meetings.course_forms import NAMES, CourseForm
from chibo.meetings.fields import MINUTES, MonthField, Quantity, Shared, Words, line, month_choices, one_day
from chibo.meetings.fields import day_of as day_of
from chibo.meetings.models import Kind, Meeting, Mode, State
from chibo.meetings.point_forms import PROMPT, PointsForm, typed_points
from chibo.meetings.queries import Attendee, months_until
from chibo.organizations.models import Unit

TYPED = re.compile(
    r"kind|held_on|month|step|mode|topic|duration_min|conclusions|prompt|scored_on|another|reason|sheet|auto"
    rf"|c[1-8]|k_[a-z][a-z0-9_]{{0,39}}|[mrxs]_\d{{1,18}}|{NAMES}"
)
PRESENT = re.compile(r"[mx]_\d{1,18}")
USUAL_REASONS = (
    gettext_lazy("Ill"),
    gettext_lazy("In hospital"),
    gettext_lazy("Travelling for work"),
    gettext_lazy("On duty"),
    gettext_lazy("Family matter"),
    gettext_lazy("Away for studies"),
)


def typed_in(data: Mapping[str, Any], most: int = 100_000) -> dict[str, str] | None:
    """What someone typed into the form, as it can be kept; None if it is no form's, or too long."""
    found = {}
    for name in data:
        value = data.get(name)
        if TYPED.fullmatch(name) and isinstance(value, str) and value:
            found[name] = value.replace("\0", "").encode("utf-8", "ignore").decode()
    return found if sum(map(len, found.values())) + sum(map(len, found)) <= most and len(found) <= 3000 else None


def all_spoke(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, with everyone ticked as having spoken who is marked as present."""
    there = (name for name in typed if PRESENT.fullmatch(name) and typed[name] == State.PRESENT)
    return {name: typed[name] for name in typed} | {f"s_{name[2:]}": "1" for name in there}


@dataclass
class Row:
    """One line of the list: who, what is marked, and what is wrong with it."""

    who: Attendee
    state: str = ""
    reason: str = ""
    error: str = ""
    free: bool = False  # may stay without a mark: it had none
    spoke: bool = False

    @property
    def key(self) -> str:
        """By which they are chosen from a list."""
        return str(self.who.person)

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
            if typed is not None and "agenda" in typed:
                row.spoke = bool(typed.get(f"s_{who.person}"))
            elif recorded is not None:
                row.spoke = who.person in recorded.course.speakers
            rows.append(row)
        return cls(rows)

    def clean(self) -> dict[int, tuple[str, str]]:
        """The marks; what is wrong stands in the rows."""
        marks, words = {}, Words(required=False)
        for row in self.rows:
            if row.state not in STATES:
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
        for row in self.rows:
            if row.spoke and row.state != State.PRESENT and not row.error:
                row.error = _("%(name)s is ticked as having spoken, but not marked as present.") % {
                    "name": row.who.name
                }
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
    def present(self) -> set[int]:
        return {row.who.person for row in self.rows if row.state == State.PRESENT}

    @property
    def speakers(self) -> set[int]:
        return {row.who.person for row in self.rows if row.spoke}

    @property
    def spoke(self) -> int:
        return len(self.speakers & self.present)

    @property
    def voters(self) -> int:
        """How many of those present may vote."""
        return sum(row.who.votes for row in self.rows if row.state == State.PRESENT)

    @property
    def members(self) -> list[Row]:
        """Those to whom a task can be given."""
        return [row for row in self.rows if not row.who.guest]

    @property
    def must(self) -> int:
        return sum(row.who.must for row in self.rows)

    def count(self, state: str) -> int:
        """How many are marked so."""
        return sum(row.state == state for row in self.rows)


STATES = frozenset(State.values)
ORDER = ("uid", "version", "kind", "held_on", "month", "another", "mode", "duration_min", "topic", "conclusions")


class MeetingForm(PointsForm):
    """A meeting as it is recorded or corrected, but for who attended."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 2)
    kind = forms.ChoiceField(
        choices=Kind.choices, widget=forms.RadioSelect, label=gettext_lazy("What kind of meeting?")
    )
    held_on = forms.DateField(
        widget=one_day(), label=gettext_lazy("Held on"), input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": gettext_lazy("There is no such day. Write it like 2024-01-31.")},
    )  # fmt: skip
    month = MonthField(label=gettext_lazy("For the month"))
    another = forms.BooleanField(required=False, label=gettext_lazy("This is another meeting of the same month"))
    mode = forms.ChoiceField(
        choices=Mode.choices, required=False, widget=forms.RadioSelect, label=gettext_lazy("How was it held?")
    )
    duration_min = Quantity(
        most=1440, places=2, required=False, label=gettext_lazy("Duration in minutes"),
        widget=line(inputmode="decimal", enterkeyhint="next", maxlength="8"),
    )  # fmt: skip
    topic = Words(required=False, label=gettext_lazy("Topic"), widget=line(enterkeyhint="next"))
    conclusions = Words(
        lines=True, required=False, label=gettext_lazy("What was concluded?"),
        widget=forms.Textarea(attrs={"rows": 9, "maxlength": str(MINUTES)}),
    )  # fmt: skip
    reason = Words(
        label=gettext_lazy("Why is it corrected?"), widget=line(enterkeyhint="next"),
        help_text=gettext_lazy("This stands beside the meeting for ever, with what it said before."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        unit: Unit,
        roll: Roll,
        course: CourseForm,
        today: date,
        recorded: Meeting | None = None,
        month: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.unit, self.roll, self.course, self.recorded = unit, roll, course, recorded
        after = Period.month_of(max(month, today.replace(day=1))).last_day + timedelta(days=1)
        months = [*months_until(after, 14), month, *([recorded.month] if recorded else [])]
        if isinstance(field_ := self.fields["month"], forms.ChoiceField):
            field_.choices = month_choices(each for each in months if unit.founded_on <= Period.month_of(each).last_day)
        if isinstance(field_ := self.fields["mode"], forms.ChoiceField):  # by group only where there are some
            here = {Mode.BY_GROUP} if any(row.who.group for row in roll.rows) else set()
            kept = {recorded.mode} if recorded else set()
            field_.choices = [each for each in Mode.choices if each[0] != Mode.BY_GROUP or each[0] in here | kept]
        if recorded is None:
            del self.fields["reason"]
        self.order_fields([*ORDER, *self.point_fields, "prompt", "scored_on", "reason"])

    def explain(self, name: str, text: str) -> None:
        """Say something below a field of this form alone."""
        self.fields[name] = copy(self.fields[name])
        self.fields[name].help_text = text

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
        self.clean_points(said, held_on, kind)
        said["attendance"] = self.roll.clean()
        who = [row.who for row in self.roll.rows]
        said["course"] = self.course.clean(who, self.roll.present, self.roll.speakers, held_on)
        return said

    def _ask(self, name: str, check: Any, *args: Any) -> None:
        """What a policy refuses stands beside the field."""
        try:
            check(*args)
        except Denied as reason:
            self.add_error(name, str(reason))

    def is_sound(self) -> bool:
        """Whether nothing is wrong, neither here nor in the list."""
        return self.is_valid() and not self.roll.wrong and not self.course.wrong

    def content(self) -> Content:
        """What the meeting says, of a sound form."""
        said = self.cleaned_data
        names = ("kind", "held_on", "month", "topic", "mode", "duration_min", "conclusions", "attendance", "course")
        scored = said["points"] is not None
        return Content(
            **{name: said[name] for name in names},
            points=said["points"],
            scored_on=said["scored_on"] if scored else None,
            sheet=said["sheet"] if said["answers"] is not None else None,
            answers=said["answers"],
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
    return typed | typed_points(content)


for each in MeetingForm.base_fields.values():
    each.error_messages["required"] = gettext_lazy("Say this, please.")
MeetingForm.base_fields["reason"].error_messages["required"] = gettext_lazy("Say why, please: what was wrong.")
MeetingForm.base_fields = Shared(MeetingForm.base_fields, "month", "mode")


class ReasonForm(forms.Form):
    """Why something is withdrawn."""

    reason = Words(widget=line(), label=gettext_lazy("Why?"))

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
