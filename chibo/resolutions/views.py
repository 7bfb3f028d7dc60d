"""The minutes of a meeting: begun, read, gone on with, adopted, signed, compared, printed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chibo.committees.queries import places_of
from chibo.core import clock
from chibo.core.actions import Denied
from chibo.core.asking import address
from chibo.core.components import Link
from chibo.core.formats import count, moment, period_name
from chibo.core.periods import Period
from chibo.meetings import policies as may_open
from chibo.meetings.changes import between
from chibo.meetings.content import content_of
from chibo.meetings.models import Kind, Meeting
from chibo.meetings.record_views import find_meeting
from chibo.meetings.views import find_meetings
from chibo.members.models import Person, Post, PostKind
from chibo.organizations.frame import common, crumbs_of
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights, rights_of
from chibo.papers.sending import file_answer
from chibo.resolutions import actions, composing, following, forms, policies, printing, queries, writing
from chibo.resolutions.holes import holes_in
from chibo.resolutions.models import Part, Revision, rule_on
from chibo.resolutions.ways import how_far

SHOWN = 100  # revisions listed


class Found:
    """A meeting whose minutes somebody may open, as far as they may."""

    def __init__(self, request: HttpRequest, pk: int, meeting: int) -> None:
        self.request, self.user, self.today = request, request.user, clock.today()
        self.rights = rights_of(self.user, self.today)
        self.unit, self.above = find_meetings(self.rights, pk)
        self.meeting = find_meeting(self.unit, meeting)
        self.standing = queries.minutes_of(self.meeting)
        self.whole = self.rights.scope(P.MEETING_VIEW).covers(self.unit)
        stands = getattr(self.meeting, "withdrawal", None) is None and self.unit.is_cell
        self.writes = stands and policies.writes(self.rights, self.user, self.unit, self.standing)
        reads = self.writes or may_open.reads(self.rights, self.user, self.unit, self.meeting, self.today)
        if not reads or (self.standing is None and not self.writes):
            raise Http404
        if not (self.whole or self.writes or (self.standing and self.standing.locked)):
            raise PermissionDenied

    @property
    def url(self) -> str:
        """The page of the minutes."""
        return reverse("minutes", args=[self.unit.pk, self.meeting.pk])

    def context(self) -> dict[str, Any]:
        """What each of its pages is given."""
        return frame(self.rights, self.unit, self.above) | {
            "meeting": self.meeting,
            "of_meeting": title_of(self.meeting),
            "meeting_url": reverse("meeting", args=[self.unit.pk, self.meeting.pk]),
            "minutes_url": self.url,
        }


def frame(rights: Rights, unit: Unit, above: list[Unit]) -> dict[str, Any]:
    """The frame of a page about a unit that is none of its tabs."""
    return common(rights, "units") | {"unit": unit, "crumbs": crumbs_of(rights, [*above, unit])}


def title_of(meeting: Meeting) -> str:
    """A meeting in a line: kind and month."""
    said = {"kind": meeting.get_kind_display(), "month": period_name(Period.month_of(meeting.month))}
    return _("%(kind)s, %(month)s") % said


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def minutes(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """The minutes of a meeting: their text, who signed it, what is still to be done; begun if there are none."""
    found = Found(request, pk, meeting)
    if found.standing is None:
        return _begin(found)
    if "usual" in request.POST:  # begun meanwhile
        return redirect(found.url)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    votes = queries.adopted_by(found.meeting) if found.writes and not found.standing.has_adopted() else {}
    adopt = forms.AdoptForm(
        request.POST if act == "adopt" else None, initial={"seen": found.standing.newest.number, **votes}
    )
    if votes and "by_hands" not in votes:
        adopt.tell_uncounted()
    if act and _do(found, act, adopt):
        return redirect(found.url)
    return _show(found, adopt, 422 if request.method == "POST" else 200)


def _begin(found: Found) -> HttpResponse:
    """Who chaired and who wrote, of those who were there; then the text that the records make."""
    people = queries.present_at(found.meeting)
    usual = _usual(found.unit, found.meeting, people)
    posted: Any = found.request.POST if found.request.method == "POST" else None
    if posted is not None and "usual" in posted:  # from the page of the meeting, where nobody was chosen
        posted = usual if len(usual) == len(Part) else None
    form = forms.PartsForm(posted, people=people, initial=usual)
    if form.is_bound and form.is_valid():
        try:
            actions.begin(meeting=found.meeting, **form.parts(), by=found.user, at=clock.now())
        except Denied as denied:
            form.add_error(denied.field or None, str(denied))
        else:
            messages.success(
                found.request, _("Begun with what is recorded. Read it, and go on writing where it says too little.")
            )
            return redirect(found.url)
    context = found.context() | {"form": form, "is_enough": len(people) > 1}
    return render(found.request, "resolutions/begin.html", context, status=422 if form.is_bound else 200)


def _usual(unit: Unit, meeting: Meeting, people: list[Person]) -> dict[str, int]:
    """The cell's secretary chairs and the deputy writes, else who did so the last time; of those who were there."""
    there = {each.pk for each in people}
    held = Post.objects.filter(
        unit=unit, person__in=there, post__in=[PostKind.SECRETARY, PostKind.DEPUTY_SECRETARY],
        from_on__lte=meeting.held_on,
    ).exclude(to_on__lte=meeting.held_on)  # fmt: skip
    by_post = {post: person for post, person in held.order_by("-pk").values_list("post", "person_id") if person}
    usual = {"chair": by_post.get(PostKind.SECRETARY), "secretary": by_post.get(PostKind.DEPUTY_SECRETARY)}
    if None in usual.values():
        last = queries.last_two(unit, meeting)
        usual = {name: person or last.get(name) for name, person in usual.items()}
    said = {name: person for name, person in usual.items() if person in there}
    return said if len(set(said.values())) == len(said) else {"chair": said["chair"]}


def _do(found: Found, act: str, adopt: forms.AdoptForm) -> bool:
    """Adopt, sign or attest as asked; whether it is done. What is wrong stands in the form or above the page."""
    standing, by, at = found.standing, found.user, clock.now()
    assert standing is not None
    part = found.request.POST.get("part", "")
    told = found.request.POST.get("seen", "")
    seen = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
    try:
        if act == "adopt":
            if not adopt.is_valid():
                return False
            actions.adopt(minutes=standing.minutes, **adopt.cleaned_data, by=by, at=at)
            if part not in Part.values:
                messages.success(found.request, _("Adopted. Now the chair and the secretary of the meeting sign."))
                return True
            actions.sign(minutes=standing.minutes, seen=adopt.cleaned_data["seen"], part=part, by=by, at=at)
            messages.success(found.request, _("Adopted, and signed by you. One signature is missing."))
        elif act == "sign" and part in Part.values:
            leaves_open = "leaves_open" in found.request.POST
            signed = actions.sign(minutes=standing.minutes, seen=seen, part=part, leaves_open=leaves_open, by=by, at=at)
            done = _("Signed. The text is fixed now.") if signed.locks else _("Signed. One signature is missing.")
            messages.success(found.request, done)
        elif act == "attest" and part in Part.values:
            actions.attest(minutes=standing.minutes, seen=seen, part=part, by=by, at=at)
            messages.success(found.request, _("Noted: signed on paper."))
        else:
            return False
    except actions.Conflict as conflict:
        messages.warning(found.request, _("%(why)s Read it first.") % {"why": conflict})
    except Denied as denied:
        if act == "adopt":
            adopt.add_error(denied.field if denied.field in adopt.fields else None, str(denied))
            return False
        messages.warning(found.request, str(denied))
    return True


def _show(found: Found, adopt: forms.AdoptForm, status: int) -> HttpResponse:
    standing = found.standing
    assert standing is not None
    newest = standing.newest
    shown = _asked(found, standing) or newest
    if not (found.whole or found.writes) and not standing.is_locked and standing.locked:
        shown = standing.locked  # a member of the cell reads what two have signed
    stands = shown in (newest, standing.locked) and not getattr(found.meeting, "withdrawal", None)
    now = content_of(found.meeting).as_json() if stands else shown.recorded
    differs = between(shown.recorded, now, _named(found)) if found.whole or found.writes else []
    blocks = composing.as_read(writing.from_html(shown.body), is_adopted=_is_adopted(shown))
    holes = holes_in(blocks)
    context = found.context() | {
        "shown": shown,
        "is_newest": shown is newest,
        "body": mark_safe(writing.as_html(blocks)),
        "how_far": how_far(standing.come()),
        "is_locked": standing.is_locked,
        "is_corrected": bool(standing.locked),
        "late_since": _late_since(found, standing),
        "is_broken": any(each.seal != policies.seal(shown) for each in shown.signatures.all()),
        "withdrawal": getattr(found.meeting, "withdrawal", None),
        "signs": [_sign_line(found, standing, shown, part) for part in Part],
        "adoption": getattr(shown, "adoption", None),
        "signs_as": policies.signs_as(found.user, standing),
        "issue_url": _issue_url(found, standing),
        "adopt": adopt if found.writes and not standing.has_adopted() and not standing.locked else None,
        "may_edit": found.writes,
        "edit_url": reverse("minutes_edit", args=[found.unit.pk, found.meeting.pk]),
        "revisions": _revisions(found, standing) if found.whole or found.writes else [],
        "differs": differs,
        "corrected_on": _corrected_on(found, shown) if differs else None,
        "against": following.told_against(shown) if stands else [],
        "holes": holes if shown is newest and not standing.is_locked else [],
        "may_leave_open": bool(holes) and not any(each.must for each in holes),
        "is_adopted": _is_adopted(shown),
        "files": [
            Link(label=label, url=_file_url(found, kind, shown, newest))
            for kind, label in (("docx", _("Word")), ("pdf", "PDF"))
        ],
    }  # fmt: skip
    return render(found.request, "resolutions/minutes.html", context, status=status)


def _is_adopted(shown: Revision) -> bool:
    """Whether the meeting adopted a text, or it corrects one that it did."""
    return bool(shown.reason) or hasattr(shown, "adoption")


def _corrected_on(found: Found, shown: Revision) -> date | None:
    """The day of the last correction of the record since a text was saved; none where a workbook changed it."""
    last = found.meeting.corrections.filter(at__gte=shown.at).order_by("-version").first()
    return timezone.localdate(last.at) if last else None


def _issue_url(found: Found, standing: queries.Standing) -> str:
    """Where a resolution of the meeting is issued, once its minutes are adopted, for who may."""
    may = found.writes and found.rights.scope(P.MEETING_RECORD).covers(found.unit) and standing.has_adopted()
    if not may or found.meeting.kind == Kind.COMMITTEE:
        return ""
    return reverse("resolution_issue", args=[found.unit.pk, found.meeting.pk])


def _late_since(found: Found, standing: queries.Standing) -> date | None:
    """The last day on which two were to sign, of minutes that nobody signed in time. One query."""
    if standing.locked or getattr(found.meeting, "withdrawal", None):
        return None
    on = found.meeting.held_on
    last = on + timedelta(days=rule_on(on).final_days)
    return last if last < found.today else None


def _file_url(found: Found, kind: str, shown: Revision, newest: Revision) -> str:
    url = reverse("minutes_file", args=[found.unit.pk, found.meeting.pk, kind])
    return url if shown is newest else address(url, revision=shown.number)


def _asked(found: Found, standing: queries.Standing) -> Revision | None:
    """The revision that the address names, for who may see every one."""
    told = found.request.GET.get("revision", "")
    if not (found.whole or found.writes) or not told.isascii() or not told.isdigit():
        return None
    return next((each for each in standing.revisions if str(each.number) == told), None)


def _named(found: Found) -> Any:
    def named(people: Iterable[int]) -> set[int]:
        seen = found.rights.scope(P.MEMBER_VIEW)
        return {pk for pk, place in places_of(people, found.today).items() if seen.covers(place)}

    return named


def _sign_line(found: Found, standing: queries.Standing, shown: Revision, part: Part) -> dict[str, Any]:
    """Who signed as chair or secretary, or who has to; whether the reader can, or why not."""
    signature = next((each for each in shown.signatures.all() if each.part == part), None)
    name = shown.chair_name if part == Part.CHAIR else shown.secretary_name
    line: dict[str, Any] = {"part": part, "label": part.label, "name": name, "signature": signature}
    if signature is not None or shown is not standing.newest or getattr(found.meeting, "withdrawal", None):
        return line
    is_theirs = policies.signs_as(found.user, standing) == part
    why = policies.why_not_sign(found.user, standing, part)
    line["may_sign"] = not why
    line["why"] = why if is_theirs or found.writes else ""
    if not is_theirs and found.whole and not found.writes:
        line["may_attest"] = policies.attests(found.rights, found.user, found.unit, standing, part, found.today)
    person = standing.minutes.chair if part == Part.CHAIR else standing.minutes.secretary
    if person.user_id is None and standing.has_adopted():
        line["why"] = _("Does not sign in here: signs on paper, and somebody above the cell notes it.")
    return line


def _revisions(found: Found, standing: queries.Standing) -> list[dict[str, Any]]:
    """Every text there was, with the way to what it changed."""
    compare = reverse("minutes_compare", args=[found.unit.pk, found.meeting.pk])
    return [
        {
            "number": count(each.number),
            "when": moment(each.at),
            "by": str(each.by),
            "reason": each.reason,
            "is_signed": len(each.signatures.all()) == 2,
            "url": address(found.url, revision=each.number),
            "compare_url": address(compare, was=each.number - 1, now=each.number) if each.number > 1 else "",
        }
        for each in standing.revisions[:SHOWN]
    ]


@login_required
@require_safe
def file(request: HttpRequest, pk: int, meeting: int, kind: str) -> HttpResponse:
    """The minutes as a file to print: for Word, or as PDF."""
    found = Found(request, pk, meeting)
    if kind not in printing.MEDIA or found.standing is None:
        raise Http404
    standing = found.standing
    shown = _asked(found, standing) or (standing.newest if found.whole or found.writes else standing.locked)
    if shown is None:
        raise Http404
    sheet = printing.of_minutes(found.meeting, standing, shown, found.above)
    named = _("Minutes %(day)s") % {"day": f"{found.meeting.held_on:%Y-%m-%d}"}
    return file_answer(printing.made(sheet, kind), printing.MEDIA[kind], f"{named}.{kind}")
