"""Minutes as a program can write them: out of what was recorded, in the order in which meetings go, in Vietnamese.

Each part is a function from what is known of a meeting to its section, or to nothing. Apps above add theirs with
`part`; the number says where in the meeting it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from chibo.agendas.models import Agenda, Notice
from chibo.agendas.prefilling import TOPIC
from chibo.core.formats import count, day, number, period_name
from chibo.core.periods import Period
from chibo.meetings.content import band_of
from chibo.meetings.course import rows_of
from chibo.meetings.course_page import votes_said
from chibo.meetings.models import Attendance, Guest, Item, Kind, Meeting, Mode, Scorer, State
from chibo.meetings.noticed import notice_of
from chibo.meetings.queries import Attendee, roll_on
from chibo.members.models import Membership, Person
from chibo.organizations.models import Unit
from chibo.resolutions.models import Resolution, Task
from chibo.resolutions.queries import tasks_reported
from chibo.resolutions.words import ADOPTED, CHAIR, DOTS, HOURS, LANGUAGE, PLACE, SECRETARY, TO_ADOPT, translated
from chibo.resolutions.writing import BULLET, HEADING, PARAGRAPH, Block, Run, as_html, from_html, from_typed

RECORDED = (range(100, 400), range(500, 650), range(800, 900))  # parts that tell nothing but the record of the meeting


@dataclass
class Held:
    """A meeting as its minutes speak of it."""

    meeting: Meeting
    unit: Unit
    chair: Person
    secretary: Person

    @cached_property
    def marks(self) -> list[Attendance]:
        """Who was marked, by given name."""
        rows = self.meeting.attendance.select_related("person")
        return list(rows.order_by("person__sort_key", "person_id"))

    @cached_property
    def roll(self) -> dict[int, Attendee]:
        """Who could attend that day."""
        return {each.person: each for each in roll_on(self.unit, self.meeting.held_on, self.meeting.kind)}

    @cached_property
    def official(self) -> set[int]:
        """Of those marked and those on the roll, who was an official member that day."""
        people = {*self.roll, *(each.person_id for each in self.marks)}
        on = self.meeting.held_on
        found = Membership.objects.filter(Q(official_on__lte=on), person__in=people, joined_on__lte=on)
        return set(found.values_list("person_id", flat=True))

    @cached_property
    def course(self) -> Mapping[str, Sequence[Any]]:
        """The rows of its course: items, guests, tasks noted."""
        return rows_of(self.meeting.pk)

    @cached_property
    def people(self) -> dict[int, str]:
        """The names of guests in charge and of those for whom tasks were noted."""
        return {each.pk: each.full_name for each in self.course["people"]}

    @cached_property
    def notice(self) -> Notice | None:
        """The notice of it that was given, though it told another day."""
        return notice_of(self.meeting)

    @cached_property
    def laid_down(self) -> dict[tuple[str, str], str]:
        """The items laid down for such meetings, by code and as they stand in any language, in that of minutes."""
        found: dict[tuple[str, str], str] = {}
        for items in Agenda.objects.filter(kind=self.meeting.kind).order_by("pk").values_list("items", flat=True):
            for each in items:
                said = each["text"].get(LANGUAGE)
                found |= {(each["code"], text): said for text in each["text"].values() if said and text}
        return found

    @cached_property
    def resolutions(self) -> list[Resolution]:
        """What it resolved, with the tasks."""
        found = self.meeting.resolutions.prefetch_related("tasks__assignees__person")
        return list(found.order_by("series", "number"))


Section = Callable[[Held], Iterable[Block]]
_parts: list[tuple[int, Section]] = []


def part(at: int) -> Callable[[Section], Section]:
    """Add a section to all minutes composed from now on, at its place among the others."""

    def add(section: Section) -> Section:
        _parts.append((at, section))
        _parts.sort(key=lambda each: each[0])
        return section

    return add


def compose(held: Held) -> list[Block]:
    """The minutes of a meeting as far as its records tell them, to be gone on with by hand. Twelve queries at most."""
    with override(LANGUAGE):
        return [block for _at, section in _parts for block in section(held)]


def facts(held: Held) -> list[str]:
    """The lines of the minutes of a meeting that its own record makes now, as they stand in a text that was kept."""
    with override(LANGUAGE):
        told = [
            block for at, section in _parts if any(at in each for each in RECORDED) for block in section(held)
        ]  # fmt: skip
    return [each.text for each in from_html(as_html(told)) if each.kind != HEADING and each.text != "…"]


def as_read(blocks: Sequence[Block], *, is_adopted: bool) -> list[Block]:
    """A text as it is shown and printed: of one that is not adopted yet, that it is still to be."""
    with override(LANGUAGE):
        was, now = translated(ADOPTED), translated(TO_ADOPT)
    return [say(now) if each.text == was and not is_adopted else each for each in blocks]


def heading(text: str) -> Block:
    """A heading."""
    return Block(HEADING, [Run(text)])


def say(text: str) -> Block:
    """A paragraph."""
    return Block(PARAGRAPH, [Run(text)])


def line(text: str) -> Block:
    """A line of a list."""
    return Block(BULLET, [Run(text)])


@part(100)
def opening(held: Held) -> list[Block]:
    """When, how and about what."""
    meeting = held.meeting
    said = [
        line(_("Day of the meeting: %(day)s") % {"day": day(meeting.held_on)}),
        *_when_and_where(held),
        line(
            _("Kind: %(kind)s, for %(month)s")
            % {"kind": Kind(meeting.kind).label, "month": period_name(Period.month_of(meeting.month))}
        ),
    ]
    if meeting.mode:
        said.append(line(_("How it was held: %(mode)s") % {"mode": Mode(meeting.mode).label}))
    if meeting.topic:
        said.append(line(_("Topic: %(topic)s") % {"topic": meeting.topic}))
    if meeting.duration_min is not None:
        said.append(line(_("Duration: %(n)s minutes") % {"n": number(meeting.duration_min)}))
    return [heading(_("Time and kind")), *said]


def _when_and_where(held: Held) -> list[Block]:
    """From when to when and where, as its notice said, one of another day only where; dots where nobody said it."""
    meeting, notice = held.meeting, held.notice
    start = notice.at_time if notice and notice.on == meeting.held_on else None  # another day had its own hour
    took = meeting.duration_min
    end = None
    if start is not None and took is not None and 0 < took < 24 * 60:
        end = (datetime.combine(meeting.held_on, start) + timedelta(minutes=int(took))).time()
    place = notice.place if notice else ""
    hours = {"start": f"{start:%H:%M}" if start else DOTS, "end": f"{end:%H:%M}" if end else DOTS}
    said = [line(translated(HOURS) % hours)]
    if place or meeting.mode != Mode.ONLINE:
        said.append(line(translated(PLACE) % {"place": place or DOTS}))
    return said


@part(200)
def presence(held: Held) -> list[Block]:
    """How many there are, who came, who did not and why; who chaired and who wrote."""
    summoned = [each.person for each in held.roll.values() if not each.exempt and not each.guest]
    official = sum(person in held.official for person in summoned)
    told = {
        "all": count(len(summoned)),
        "official": count(official),
        "probationary": count(len(summoned) - official),
        "exempt": count(sum(each.exempt for each in held.roll.values())),
    }
    said = [
        line(
            _("Members: %(all)s; official %(official)s, probationary %(probationary)s; exempt beside them %(exempt)s")
            % told
        )
    ]
    present = [each for each in held.marks if each.state == State.PRESENT]
    came = sum(each.person_id in held.official for each in present)
    said.append(
        line(
            _("Present: %(n)s; official %(official)s, probationary %(probationary)s")
            % {"n": count(len(present)), "official": count(came), "probationary": count(len(present) - came)}
        )
    )
    for state, text in (
        (State.EXCUSED, pgettext("of members at a meeting", "Excused: %(n)s")),
        (State.ABSENT, pgettext("of members at a meeting", "Absent without excuse: %(n)s")),
    ):
        marked = [each for each in held.marks if each.state == state]
        names = "; ".join(
            f"{each.person.full_name} ({each.reason})" if each.reason else each.person.full_name for each in marked
        )
        said.append(line(text % {"n": count(len(marked))} + (f" – {names}" if names else "")))
    if held.course["guests"]:
        said.append(
            line(_("Guests: %(names)s") % {"names": "; ".join(_guest(held, each) for each in held.course["guests"])})
        )
    said.append(line(translated(CHAIR) % {"name": held.chair.full_name}))
    said.append(line(translated(SECRETARY) % {"name": held.secretary.full_name}))
    return [heading(_("Who was there")), *said]


def _guest(held: Held, guest: Guest) -> str:
    if guest.person_id:
        return f"{held.people[guest.person_id]} ({_('in charge of the cell')})"
    return f"{guest.name} ({guest.what})" if guest.what else guest.name


@part(300)
def agenda(held: Held) -> list[Block]:
    """What was dealt with, what came of it, and the votes on it."""
    items = held.course["items"]
    return [heading(_("Agenda")), *(line(_item(held, each)) for each in items)] if items else []


def _item(held: Held, item: Item) -> str:
    text = _named(held, item)
    said = text if item.is_done else _("%(item)s (left out)") % {"item": text}
    more = [each for each in (item.outcome, votes_said(item)) if each]
    return f"{said}: {'. '.join(more)}" if more else said


def _named(held: Held, item: Item) -> str:
    """An item in the language of minutes, whatever it was prepared in; what people typed as they typed it."""
    if item.code == TOPIC:
        for language, _name in settings.LANGUAGES:
            with override(language):
                start = _("Topic: %(topic)s").partition("%(topic)s")[0]
            if item.text.startswith(start):
                return _("Topic: %(topic)s") % {"topic": item.text.removeprefix(start)}
    return held.laid_down.get((item.code, item.text), item.text) if item.code else item.text


@part(400)
def last_resolution(held: Held) -> list[Block]:
    """What became of the tasks that were due."""
    tasks = tasks_reported(held.unit, held.meeting.held_on)
    if not tasks:
        return [heading(_("Report on last month")), say("…")]
    done = sum(is_done for _task, is_done in tasks)
    said = [say(_("Tasks due: %(due)s, done: %(done)s.") % {"due": count(len(tasks)), "done": count(done)})]
    states = {True: _("done"), False: _("not done")}
    said += [line(f"{task.what}: {states[is_done]}") for task, is_done in tasks]
    return [heading(_("Report on last month")), *said]


@part(500)
def discussion(held: Held) -> list[Block]:
    """Who spoke, of those present, and room for what was said."""
    present = [each for each in held.marks if each.state == State.PRESENT]
    spoke = [each.person.full_name for each in present if each.spoke]
    told = {"n": count(len(spoke)), "all": count(len(present)), "names": "; ".join(spoke)}
    said = [say(_("%(n)s of %(all)s present spoke: %(names)s") % told)] if spoke else []
    return [heading(_("Discussion")), *said, say("…")]


@part(600)
def conclusions(held: Held) -> list[Block]:
    """What the chair summed up."""
    return [heading(_("Conclusions of the chair")), *(from_typed(held.meeting.conclusions) or [say("…")])]


@part(650)
def noted(held: Held) -> list[Block]:
    """The tasks that were noted, until a resolution gives them."""
    tasks = held.course["noted"]
    if not tasks or held.resolutions:
        return []
    blocks = [heading(_("Tasks given"))]
    for each in tasks:
        who = held.people[each.person_id] if each.person_id else _("the committee of the cell")
        said = {"what": each.what, "who": who, "day": day(each.due_on)}
        blocks.append(line(_("%(what)s – %(who)s, until %(day)s") % said))
    return blocks


@part(700)
def resolved(held: Held) -> list[Block]:
    """The resolutions with their votes and tasks."""
    blocks: list[Block] = []
    for each in held.resolutions:
        blocks.append(heading(_("Resolution %(code)s") % {"code": each.code}))
        said = {"title": each.title, "n": count(each.votes_for), "against": count(each.votes_against)}
        blocks.append(say(_("%(title)s. Votes for: %(n)s, against: %(against)s.") % said))
        blocks += [line(_task(task)) for task in sorted(each.tasks.all(), key=lambda task: task.place)]
    return blocks


def _task(task: Task) -> str:
    names = [each.person.full_name for each in sorted(task.assignees.all(), key=lambda each: each.pk)]
    if task.by_committee:
        names.insert(0, _("the committee of the cell"))
    said = {"what": task.what, "who": ", ".join(names), "day": day(task.due_on)}
    return _("%(what)s – %(who)s, until %(day)s") % said


@part(800)
def points(held: Held) -> list[Block]:
    """How the cell itself scored the meeting."""
    score = held.meeting.scores.filter(scored_by=Scorer.SELF).order_by("pk").first()
    if score is None:
        return []
    _code, word = band_of(score.total)
    places = max(0, -int(score.total.normalize().as_tuple().exponent))
    said = {"n": number(score.total, places), "band": word}
    return [heading(_("Points of the meeting")), say(_("%(n)s points of 100: %(band)s.") % said)]


@part(900)
def closing(held: Held) -> list[Block]:
    """The minutes themselves are read out and adopted."""
    return [heading(_("Close")), say(translated(ADOPTED))]
