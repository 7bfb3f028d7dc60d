"""A year of cells lived by chance: everything that the figures of guidance count, written and changed in any order."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from chibo.agendas.models import HandedTo, HandedTopic, Notice, NoticePaper, NoticeRule, Reading, Topic
from chibo.committees.models import Charge, Visit
from chibo.core.actions import action
from chibo.documents.models import Document
from chibo.files.models import Entry
from chibo.guidance.models import CrossVisit, GuideCell, GuideYear, Norm, SupportPlan
from chibo.meetings.models import Attendance, Guest, Item, Meeting, Score, Withdrawal
from chibo.members.models import Person, Post
from chibo.papers.models import Blob, Paper
from chibo.resolutions.models import Adoption, Minutes, Resolution, Revision, Signature, Task

STATES = ("present", "present", "excused", "absent", "absent")
POINTS = {f"c{n}": Decimal(most) for n, most in enumerate((5, 5, 10, 30, 10, 5, 30, 5), 1)}


def paper_of(title: str, on: date, at: Any, *, has_file: bool) -> Paper:
    """A paper handed in as a file, or the register number of one that lies elsewhere."""
    if not has_file:
        return Paper.objects.create(how="registered", title=title, number="1", dated_on=on, kept_at="x", at=at)
    content = title.encode()
    seal = hashlib.sha256(content).hexdigest()
    blob = Blob.objects.create(bytes=content, sha256=seal, size=len(content))
    return Paper.objects.create(
        how="kept", title=title, blob=blob, sha256=seal, size=blob.size, media_type="text/plain", file_name="x.txt",
        at=at,
    )  # fmt: skip


class Scene:
    """The world with its writer: each step writes or changes something."""

    def __init__(self, world: Any, random: Random, at: Any) -> None:
        self.world, self.random, self.at, self.n = world, random, at, 0
        self.cells = [world.cell_a, world.cell_b, world.cell_d]
        self.people = list(Person.objects.order_by("code")[:4])

    def day(self, month: int) -> date:
        return date(2023, month, 1) + timedelta(self.random.randint(-3, 33))

    def month(self) -> date:
        return date(2023, self.random.randint(4, 9), 1)

    def cell(self) -> Any:
        return self.random.choice(self.cells)

    def one(self, model: Any, **given: Any) -> Any:
        """One of the rows there are, or None."""
        found = list(model.objects.filter(**given).order_by("pk"))
        return self.random.choice(found) if found else None

    # what is written

    def meet(self) -> None:
        self.n += 1
        month, kind = self.month(), self.random.choice(["regular", "regular", "regular", "thematic", "committee"])
        held_in = self.month() if self.random.random() < 0.2 else month  # now and then far from the month it is for
        meeting = Meeting.objects.create(
            code=f"X{self.n}", unit=self.cell(), kind=kind, month=month, held_on=self.day(held_in.month),
            topic=self.random.choice(["", "Học tập"]), duration_min=self.random.choice([None, 60, 90, 120]),
            recorded_at=self.random.choice([None, self.at, self.at, self.at]), uid=UUID(int=self.n),
        )  # fmt: skip
        for person in self.people if self.random.random() < 0.9 else []:
            Attendance.objects.create(meeting=meeting, person=person, state=self.random.choice(STATES))
        if self.random.random() < 0.6:
            Score.objects.create(meeting=meeting, scored_by="self", scored_on=meeting.held_on, **POINTS)
        for place in range(1, self.random.randint(0, 2) + 1):
            is_done = self.random.random() < 0.8
            Item.objects.create(meeting=meeting, place=place, text="x", kind="discussion", is_done=is_done)
        if self.random.random() < 0.6:
            self.minute(meeting)

    def minute(self, meeting: Meeting) -> None:
        chair, secretary = self.people[:2]
        minutes = Minutes.objects.create(meeting=meeting, chair=chair, secretary=secretary)
        revision = Revision.objects.create(
            minutes=minutes, number=1, body="x", chair_name="x", secretary_name="y", recorded={}, by=self.world.ana,
            at=self.at,
        )  # fmt: skip
        if self.random.random() < 0.8:
            Adoption.objects.create(
                revision=revision, votes_for=3, votes_against=0, by_hands=True, by=self.world.ana, at=self.at
            )
        signed = [("chair", self.world.ana), ("secretary", self.world.ben)][: self.random.randint(0, 2)]
        on = meeting.held_on + timedelta(self.random.randint(0, 4))
        for part, user in signed:
            Signature.objects.create(revision=revision, part=part, name="x", seal="x", by=user, at=self.at, on=on)

    def tell(self) -> None:
        cell, month = self.cell(), self.month()
        if Notice.objects.filter(unit=cell, month=month).exists():
            return
        on = self.day(month.month)
        notice = Notice.objects.create(
            unit=cell, kind="regular", month=month, on=on, mode="in_person", prepared_at=self.at, status="given",
            given_at=self.at, given_on=on - timedelta(self.random.randint(0, 5)),
        )  # fmt: skip
        for _n in range(self.random.randint(0, 2)):
            paper = paper_of("x", on, self.at, has_file=self.random.random() < 0.7)
            given = on - timedelta(self.random.randint(0, 5))
            NoticePaper.objects.create(notice=notice, paper=paper, on=self.random.choice([None, given, given]))

    def read(self) -> None:
        paper, user = self.one(NoticePaper), self.random.choice([self.world.ana, self.world.ben, self.world.chi])
        if paper is not None:
            person, on = Person.objects.filter(user=user).first(), self.day(paper.notice.month.month)
            Reading.objects.get_or_create(paper=paper, user=user, person=person, defaults={"on": on, "at": self.at})

    def look_after(self) -> None:
        month = self.random.randint(4, 9)
        charge = self.one(Charge)
        if self.random.random() < 0.4:
            charge = Charge.objects.create(
                unit=self.world.north, person=self.random.choice(self.people), over_unit=self.cell(),
                from_on=date(2023, month, self.random.randint(1, 28)),
            )  # fmt: skip
        meeting = self.one(Meeting, unit=charge.over_unit)
        if meeting is not None and self.random.random() < 0.5:
            Visit.objects.get_or_create(charge=charge, on=meeting.held_on)
        elif meeting is not None:
            person = self.random.choice([charge.person_id, self.people[0].pk])
            Guest.objects.get_or_create(meeting=meeting, person_id=person, defaults={"place": person})

    def resolve(self) -> None:
        meeting = self.one(Meeting, code__startswith="X")
        if meeting is None:
            return
        self.n += 1
        document = Document.objects.create(
            number=str(self.n), kind="x", issuer=meeting.unit, issued_on=meeting.held_on, title="x"
        )
        resolution = Resolution.objects.create(
            meeting=meeting, unit=meeting.unit, series="2023", number=self.n, code=f"{self.n}-NQ", title="x", body="x",
            votes_for=1, votes_against=0, document=document, by=self.world.ana, at=self.at,
        )  # fmt: skip
        Task.objects.create(resolution=resolution, place=1, what="x", due_on=self.day(meeting.month.month))

    def hand_down(self) -> None:
        handed = HandedTopic.objects.create(
            unit=self.random.choice([self.world.province, self.world.north, self.world.upland]), topic="x",
            quarter=date(2023, self.random.choice([4, 7]), 1), to_all=self.random.random() < 0.6,
        )  # fmt: skip
        if not handed.to_all:
            HandedTo.objects.create(topic=handed, cell=self.cell())

    def take_up(self) -> None:
        handed, cell, month = self.one(HandedTopic), self.cell(), self.month()
        if handed is not None and not Topic.objects.filter(unit=cell, month=month).exists():
            Topic.objects.create(unit=cell, month=month, topic="x", handed=handed)

    def guide(self) -> None:
        year, _new = GuideYear.objects.get_or_create(
            unit=self.random.choice([self.world.province, self.world.north]), year=self.random.choice([2023, 2024]),
            of=self.random.choice(["regular", "thematic"]),
        )  # fmt: skip
        chosen, _new = GuideCell.objects.get_or_create(guide_year=year, cell=self.cell())
        visitor = self.cell()
        if visitor.pk != chosen.cell_id and year.year == 2023:
            CrossVisit.objects.get_or_create(guide=chosen, cell=visitor, on=self.day(self.random.randint(4, 9)))

    def support(self) -> None:
        cell, named_on = self.cell(), self.day(self.random.randint(4, 9))
        if not SupportPlan.objects.filter(cell=cell, closed_on=None).exists():
            SupportPlan.objects.create(
                unit=self.world.north, cell=cell, named_on=named_on, why="x", measures="x", who="x",
                until=named_on + timedelta(self.random.randint(1, 120)),
            )  # fmt: skip

    def seat(self) -> None:
        """Someone on the committee of a cell, perhaps no more; and trained, perhaps by mistake."""
        kind = self.random.choice(["deputy_secretary", "committee_member"])
        from_on = date(self.random.choice([2022, 2023]), self.random.randint(1, 12), 1)
        to_on = self.random.choice([None, None, date(2023, 12, 31), date(2024, 1, 1)])
        seat = {"unit": self.cell(), "post": kind, "person": self.random.choice(self.people), "from_on": from_on}
        if not Post.objects.filter(**seat).exists():
            Post.objects.create(**seat, to_on=to_on)
        first, last = date(2022, 12, 30), date(2023, 1, 1)
        begun, ended = self.random.choice([(first, None), (None, last), (first, last), (date(2023, 5, 1), None)] * 3)
        Entry.objects.create(
            person=self.random.choice(self.people), group=self.random.choice(["training", "training", "rewards"]),
            said={"course": "x"}, from_on=begun, to_on=ended, source="declared",
            struck_because=self.random.choice(["", "", "x"]),
        )  # fmt: skip

    # what is changed

    def strike(self) -> None:
        entry, other = self.one(Entry), self.one(Entry)
        if entry is not None:
            Entry.objects.filter(pk=entry.pk).update(struck_because=self.random.choice(["", "x"]))
            Entry.objects.filter(pk=other.pk).update(
                person=self.random.choice(self.people), from_on=self.day(6), to_on=None
            )

    def correct(self) -> None:
        mark = self.one(Attendance)
        Attendance.objects.filter(pk=mark.pk).update(state=self.random.choice(STATES))

    def deal(self) -> None:
        item = self.one(Item)
        if item is not None:
            Item.objects.filter(pk=item.pk).update(is_done=not item.is_done)

    def move(self) -> None:
        meeting = self.one(Meeting, code__startswith="X")
        if meeting is not None:
            Meeting.objects.filter(pk=meeting.pk).update(
                month=self.month(), held_on=self.day(6), unit=self.cell(), topic=self.random.choice(["", "x"]),
                duration_min=self.random.choice([None, 60, 90]), kind=self.random.choice(["regular", "thematic"]),
            )  # fmt: skip

    def withdraw(self) -> None:
        meeting = self.one(Meeting, withdrawal=None)
        Withdrawal.objects.create(meeting=meeting, reason="x", by=self.world.ana, at=self.at)

    def settle(self) -> None:
        task, plan, handed = self.one(Task), self.one(SupportPlan, closed_on=None), self.one(HandedTopic)
        if task is not None:
            state = self.random.choice(["said", "done", "dropped", "open"])
            done_on = self.day(6) if state in ("said", "done") else None
            Task.objects.filter(pk=task.pk).update(state=state, done_on=done_on)
        if plan is not None and self.random.random() < 0.5:
            closed_on = plan.named_on + timedelta(self.random.randint(0, 150))
            outcome = self.random.choice(["mended", "mended", "not"])
            SupportPlan.objects.filter(pk=plan.pk).update(closed_on=closed_on, outcome=outcome)
        if handed is not None and self.random.random() < 0.2:
            HandedTopic.objects.filter(pk=handed.pk).update(withdrawn_on=date(2023, 9, 1))

    def take_back(self) -> None:
        for model in (Visit, Topic, CrossVisit, Reading):
            row = self.one(model)
            if row is not None and self.random.random() < 0.3:
                row.delete()
        notice = self.one(Notice)
        if notice is not None and self.random.random() < 0.3:
            Notice.objects.filter(pk=notice.pk).update(status="cancelled", reason="x")

    def link(self) -> None:
        person, user = self.random.choice(self.people), self.random.choice([self.world.ana, self.world.ben, None])
        Person.objects.filter(user=user).exclude(user=None).update(user=None)
        Person.objects.filter(pk=person.pk).update(user=user)

    def rule(self) -> None:
        NoticeRule.objects.update(days=self.random.randint(0, 3))
        Norm.objects.filter(what="running").update(number=self.random.randint(1, 3))
        Norm.objects.filter(what="months").update(number=self.random.randint(1, 3))
        Norm.objects.filter(what="attendance").update(number=self.random.choice([40, 50, 85]))


WRITES = ("meet", "meet", "meet", "tell", "tell", "read", "look_after", "resolve", "hand_down", "take_up", "guide",
          "support", "seat")  # fmt: skip
CHANGES = ("correct", "correct", "deal", "move", "withdraw", "settle", "take_back", "link", "strike")


@action("tests.lived_on")
def live_on(*, scene: Scene, steps: int, by: Any, at: Any) -> None:
    """So many steps, mostly writing; none changes what is asked, which would mark everything."""
    for _n in range(steps):
        getattr(scene, scene.random.choice(WRITES if scene.random.random() < 0.7 else CHANGES))()


@action("tests.ruled")
def rule(*, scene: Scene, by: Any, at: Any) -> None:
    """Ask other numbers: that marks every unit and day."""
    scene.rule()
