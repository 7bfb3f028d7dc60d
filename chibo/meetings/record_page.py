"""The page on which a meeting is recorded or corrected, as it is shown whatever came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chibo.agendas.kinds import ItemKind
from chibo.core import clock
from chibo.core.asking import address
from chibo.core.formats import day as day_name
from chibo.core.formats import moment, period_name
from chibo.core.periods import Period
from chibo.meetings import faults, forms, queries, versions
from chibo.meetings.content import BANDS
from chibo.meetings.fields import month_asked
from chibo.meetings.models import SCORED, Draft, Kind, Meeting, State
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.scope import Rights

ROLL = 2  # the step of who was there: a page whose address says what was held can begin with it
OFFERED = 3  # drafts to go on with, the newest
SAVES = "X-Chibo-Save"  # the header of a page that saves by itself: it is answered where to go, in JSON
OUTBOX = "outbox"  # its value where nobody sits before the page: what is wrong is answered in JSON, too


class Page:
    """The page of the form, as it is shown whatever came of it."""

    def __init__(
        self,
        request: HttpRequest,
        rights: Rights,
        unit: Unit,
        meeting: Meeting | None = None,
        draft: Draft | None = None,
        drafts: Iterable[Draft] = (),
        but: UUID | None = None,
    ) -> None:
        self.request, self.rights, self.unit, self.meeting, self.draft = request, rights, unit, meeting, draft
        self.drafts, self.but = drafts, but  # those to be offered, and the one that is not

    @property
    def context(self) -> dict[str, Any]:
        """What the frame and the drafts to go on with are told by: a record that is taken shows no page."""
        offered = [each for each in self.drafts if each.uid != self.but or each == self.draft]
        return common(self.rights, "desk") | {
            "unit": self.unit,
            "crumbs": crumbs_of(self.rights, [self.unit]),
            "meeting": self.meeting,
            "drafts": [offer(self.unit, each, each == self.draft) for each in offered[:OFFERED]],
        }

    def is_sound(self, form: forms.MeetingForm) -> bool:
        """Whether all is well, and the list shown was the one of that day."""
        sound = form.is_sound()
        if self.request.POST.get("listed") != key_of(form.roll):
            text = _("With the day, the list of who may attend has changed. Look it over once more, and save again.")
            form.add_error("held_on", text)
            sound = False
        for lost in versions.lost(form, form.data):
            form.add_error(None, lost)
            sound = False
        return sound

    def show(
        self, form: forms.MeetingForm, status: int = 200, stands: Meeting | None = None, is_conflict: bool = False
    ) -> HttpResponse:
        """The form with all that was typed."""
        typed = form.data if form.is_bound else form.initial
        kind = str(typed.get("kind", ""))
        month = month_asked(str(typed.get("month", "")))
        if stands is None and kind == Kind.REGULAR and month:
            stands = next(iter(queries.others_standing(self.unit, month, self.meeting)), None)
        if status >= 400 and self.request.headers.get(SAVES) == OUTBOX:
            return self._came_back(form, status, stands, is_conflict)
        uid = uid_of(str(form["uid"].value()))
        asked = None if form.is_bound or self.meeting or self.draft else month_asked(self.request.GET.get("month", ""))
        context = self.context | {
            "form": form,
            "roll": form.roll,
            "course": form.course,
            "kinds": ItemKind.choices,
            "listed": key_of(form.roll),
            "month": Period.month_of(month or form.today),
            "of_kind": Kind(kind).label if kind in Kind.values and kind != Kind.REGULAR else "",
            "is_scored": kind in SCORED,
            "stands": stands,
            "stands_text": stands_said(stands) if stands else "",
            "stands_url": reverse("meeting", args=[stands.unit_id, stands.pk]) if stands else "",
            "is_conflict": is_conflict,
            "reasons": forms.USUAL_REASONS,
            "bands": BANDS,
            "rules": form.rules,
            "faults": faults.words(self.unit, form.today),
            "instead_of": period_name(Period.month_of(asked)) if asked and month and asked != month else "",
            "made_at": str(milliseconds(clock.now())),
            "draft_at": str(milliseconds(self.draft.saved_at)) if self.draft else "",
            "is_fresh": not (self.meeting or self.draft or form.is_bound or "draft" in self.request.GET),
            "begins": ROLL if self.request.GET.get("step") == str(ROLL) and not (form.is_bound or self.drafts) else 0,
            "draft_url": "" if self.meeting else reverse("meeting_draft", args=[self.unit.pk, uid]) if uid else "",
            "form_version": versions.FORM,
            "kept_as": f"chibo:{self.request.user.pk}:{self.unit.pk}",
            "wrong": wrong_of(form),
        }
        return render(self.request, "meetings/record.html", context, status=status)

    def _came_back(
        self, form: forms.MeetingForm, status: int, stands: Meeting | None, is_conflict: bool
    ) -> HttpResponse:
        """What a device is told that sent a record by itself: why it is not taken, and what is recorded instead."""
        answer: dict[str, Any] = {
            "reasons": [*form.non_field_errors(), *(f"{label}: {text}" for _id, label, text in wrong_of(form))],
            "is_conflict": is_conflict,
        }
        if stands:
            at = [stands.unit_id, stands.pk]
            answer |= {"stands": stands_said(stands), "stands_url": reverse("meeting", args=at)}
            answer |= {"correct_url": reverse("meeting_correct", args=at)}
        return JsonResponse(answer, status=status)

    def refuse(self, reason: str) -> HttpResponse:
        """The page of the meeting instead, with why not."""
        messages.error(self.request, reason)
        return redirect("meeting", pk=self.unit.pk, meeting=self.meeting.pk if self.meeting else 0)


def milliseconds(at: datetime) -> int:
    """A moment as a browser's clock counts it."""
    return int(at.timestamp() * 1000)


def near(unit: Unit, month: date, today: date) -> date:
    """A month that can be chosen, or the running one."""
    founded = Period.month_of(unit.founded_on).first_day
    return month if founded <= month <= today else today.replace(day=1)


def uid_of(text: str) -> UUID | None:
    """The id a text is; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def key_of(roll: forms.Roll) -> str:
    """A short word that differs where the list does."""
    listed = ",".join(f"{row.who.person}{'!' if row.who.must else '?'}" for row in roll.rows)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def offer(unit: Unit, draft: Draft, is_open: bool) -> dict[str, Any]:
    """A draft as it is offered: what it is of, how far, when it was kept, the ways to go on or throw it away."""
    month = month_asked(str(draft.content.get("month", "")))
    said = [period_name(Period.month_of(month)) if month else _("without a month")]
    if draft.content.get("kind") not in (Kind.REGULAR, None) and draft.content["kind"] in Kind.values:
        said.append(str(Kind(draft.content["kind"]).label))
    marks = [value for name, value in draft.content.items() if name.startswith("m_")]
    absent = marks.count(State.ABSENT)
    said.append(ngettext("%(n)s absent", "%(n)s absent", absent) % {"n": absent})
    if str(draft.content.get("step", "")) in ("1", "2", "3", "4", "5"):
        said.append(_("step %(n)s") % {"n": draft.content["step"]})
    return {
        "uid": draft.uid,
        "is_open": is_open,
        "far": ", ".join(said),
        "when": moment(draft.saved_at),
        "url": address(reverse("meeting_record", args=[unit.pk]), draft=draft.uid),
        "drop_url": reverse("meeting_draft", args=[unit.pk, draft.uid]),
    }


def stands_said(meeting: Meeting) -> str:
    """What is recorded in a line: kind, day, who was there, by whom and when."""
    if not hasattr(meeting, "present"):
        meeting = queries.with_marks(Meeting.objects.select_related("recorded_by").filter(pk=meeting.pk)).get()
    said = {
        "kind": meeting.get_kind_display(),
        "day": day_name(meeting.held_on),
        "month": period_name(Period.month_of(meeting.month)),
    }
    what = _("%(kind)s for %(month)s, held on %(day)s") % said
    who = _("%(present)s present, %(excused)s excused, %(absent)s absent") % {
        state: getattr(meeting, state) for state in State.values
    }
    last = meeting.corrections.select_related("by").order_by("-version").first()
    if last:
        by = _("corrected by %(name)s on %(when)s") % {"name": last.by, "when": moment(last.at)}
    elif meeting.recorded_by and meeting.recorded_at:
        by = _("recorded by %(name)s on %(when)s") % {"name": meeting.recorded_by, "when": moment(meeting.recorded_at)}
    else:
        by = _("loaded from a workbook")
    return f"{what}; {who}; {by}."


def wrong_of(form: forms.MeetingForm) -> list[tuple[str, str, str]]:
    """Each fault with the id of its field and its name, in the order of the page."""
    if not form.is_bound:
        return []
    found = [
        (form[name].auto_id, str(form[name].label), str(text))
        for name in form.fields
        for text in form.errors.get(name, [])
        if name not in ("uid", "version")
    ]
    found += [(f"row_{row.who.person}", row.who.name, row.error) for row in form.roll.wrong]
    return found + form.course.wrong
