"""A row of every table that is kept: what the small world itself has none of."""

from __future__ import annotations

from datetime import date
from typing import Any

from chibo.admissions import models as admissions
from chibo.agendas import models as agendas
from chibo.api.models import Token
from chibo.core.actions import action, context_now
from chibo.documents.models import Document
from chibo.duplicates import models as duplicates
from chibo.files import models as files
from chibo.guidance import models as guidance
from chibo.lifecycle.models import Abroad, MemberCase, Note
from chibo.meetings.models import Confirmation, Correction, Guest, Item, Meeting, NoMeeting, Noted, Reminder, Withdrawal
from chibo.members.models import Badge, Exemption, Membership, Person, Post, Suspension
from chibo.modes import models as modes
from chibo.organizations.models import GrantTerms
from chibo.papers.models import Blob, Form, FormTemplate, Paper
from chibo.procedures.models import Case, Procedure, Stage, Version
from chibo.registers import models as registers
from chibo.resolutions.models import Assignee, Minutes, Resolution, Task
from chibo.restructurings.models import Restructuring

DAY = date(2023, 6, 1)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # the hash of nothing


def begin_a_case(world: Any, by: Any, at: Any) -> Case:
    """A case about nothing, at its first step."""
    procedure = Procedure.objects.create(code="x", subject="nothing")
    version = Version.objects.create(procedure=procedure, number=1, name={}, basis="", definition={})
    case = Case.objects.create(version=version, unit=world.cell_a, about="x", begun_on=at.date(), begun_by=by)
    Stage.objects.create(case=case, number=0, step="begin", entered_on=at.date())
    return case


def prepare(world: Any, at: Any) -> None:
    """A notice of a meeting with its agenda and a paper, the day of a cell, topics."""
    agendas.Rhythm.objects.create(unit=world.cell_a, day=3, from_on=DAY)
    handed = agendas.HandedTopic.objects.create(unit=world.north, quarter=date(2024, 1, 1), topic="x", to_all=False)
    agendas.HandedTo.objects.create(topic=handed, cell=world.cell_a)
    agendas.Topic.objects.create(unit=world.cell_a, month=date(2024, 2, 1), topic="x")
    notice = agendas.Notice.objects.create(
        unit=world.cell_a, kind="regular", month=date(2024, 2, 1), on=date(2024, 2, 3), mode="in_person", prepared_at=at
    )
    agendas.Item.objects.create(notice=notice, place=1, text="x", kind="report")
    paper = Paper.objects.create(how="registered", title="x", number="1", dated_on=DAY, kept_at="x", at=at)
    paper_of = agendas.NoticePaper.objects.create(notice=notice, paper=paper, on=DAY)
    agendas.Reading.objects.create(paper=paper_of, user=world.ben, on=DAY, at=at)


def guide(world: Any) -> None:
    """Guide cells of a year, a cross-visit to one, a support plan of another cell."""
    chosen = guidance.GuideYear.objects.create(unit=world.north, year=2024, of="regular")
    cell = guidance.GuideCell.objects.create(guide_year=chosen, cell=world.cell_a)
    guidance.CrossVisit.objects.create(guide=cell, cell=world.cell_b, on=DAY)
    guidance.SupportPlan.objects.create(
        unit=world.north, cell=world.cell_b, named_on=DAY, why="x", measures="x", who="x", until=date(2023, 12, 1)
    )


def meet_otherwise(world: Any) -> None:
    """A request to meet online, a Party group."""
    person = Person.objects.order_by("code")[0]
    request = modes.OnlineRequest.objects.create(
        unit=world.cell_a, ground="special", why="x", from_on=DAY, to_on=date(2023, 12, 1), asked_on=DAY
    )
    modes.Away.objects.create(request=request, person=person)
    group = modes.PartyGroup.objects.create(unit=world.cell_a, name="x", from_on=DAY)
    modes.GroupMember.objects.create(group=group, person=person, from_on=DAY)


@action("tests.lived")
def live(*, world: Any, by: Any, at: Any) -> None:
    """A month of a cell as its secretary lives it: what the small world itself has none of."""
    first, second = Meeting.objects.filter(unit=world.cell_a).order_by("pk")[:2]
    Token.objects.create(
        user=by,
        name="x",
        fingerprint="0" * 64,
        begins="x",
        permissions=["unit.view"],
        made_at=at,
        until=date(2024, 2, 1),
    )
    Correction.objects.create(meeting=first, version=2, reason="Miscounted", before={}, by=by, at=at)
    Withdrawal.objects.create(meeting=second, reason="Never held", by=by, at=at)
    Confirmation.objects.create(meeting=first, since=DAY, claimed=0, proposed=0, most=0)
    Item.objects.create(meeting=first, place=1, text="x", kind="report", is_done=True)
    Guest.objects.create(meeting=first, place=1, name="x")
    Noted.objects.create(meeting=first, place=1, what="x", due_on=DAY)
    NoMeeting.objects.create(unit=world.cell_a, month=date(2023, 12, 1), reason="Flood", by=by, at=at)
    Reminder.objects.create(unit=world.cell_a, month=date(2023, 12, 1), by=by, at=at)
    GrantTerms.objects.get_or_create(from_on=date(2030, 1, 1))
    due = Meeting.objects.get(code="A-4")
    chair, secretary = Person.objects.order_by("code")[:2]
    Minutes.objects.create(meeting=due, chair=chair, secretary=secretary)
    document = Document.objects.create(number="1", kind="x", issuer=world.cell_a, issued_on=DAY, title="x")
    resolution = Resolution.objects.create(
        meeting=due, unit=world.cell_a, series="2023", number=1, code="1", title="x", body="x", votes_for=1,
        votes_against=0, document=document, by=by, at=at,
    )  # fmt: skip
    task = Task.objects.create(resolution=resolution, place=1, what="x", due_on=DAY)
    Assignee.objects.create(task=task, person=chair)
    prepare(world, at)
    guide(world)
    meet_otherwise(world)
    more(world, begin_a_case(world, by, at), by, at)
    Restructuring.objects.create(
        name="Two into one", unit=world.north, on=date(2024, 2, 1), status="draft", file_name="x", size=1, by=by, at=at
    )


def more(world: Any, case: Case, by: Any, at: Any) -> None:
    """Sources, files, lives, registers, pairs."""
    person, other = Person.objects.order_by("code")[:2]
    membership = Membership.objects.get(person=person)
    new = Person.objects.create(code="N1", full_name="Hà Thị Mơ", sex="f", born_on=date(1999, 5, 5))
    source = admissions.Source.objects.create(person=new, from_on=DAY)
    admissions.Place.objects.create(source=source, cell=world.cell_a, from_on=DAY)
    admissions.SourceGroup.objects.create(source=source, group=admissions.Group.objects.order_by("pk")[0])
    admissions.Helper.objects.create(source=source, person=person, from_on=DAY)
    admissions.Certificate.objects.create(person=new, number="1", issued_on=DAY)
    admissions.Remark.objects.create(source=source, on=DAY, text="x")
    review = admissions.Review.objects.create(cell=world.cell_a, month=DAY, on=DAY)
    admissions.Reviewed.objects.create(review=review, source=source, stays=True)
    screening = admissions.Screening.objects.create(cell=world.cell_a, year=2023, on=DAY)
    admissions.Screened.objects.create(screening=screening, person=person)
    post = Post.objects.order_by("pk")[0]
    admissions.HeadReview.objects.create(post=post, on=DAY, conditions=True, standards=True, health=True)
    duplicates.Apart.objects.create(first_id=person.pk, second_id=other.pk, said="x", by=by, at=at)
    merge = duplicates.Merge.objects.create(
        kept_id=person.pk, gone_id=10**9, kept_code=person.code, gone_code="Z", gone_name="x", reason="x", by=by, at=at
    )
    duplicates.MergeRow.objects.create(merge=merge, table="x", row=1, before={}, after={})
    duplicates.Request.objects.create(first_id=person.pk, second_id=other.pk, by=by, at=at)
    files.Basis.objects.create(person=person, fact="religion", source="declared", context=context_now())
    files.Entry.objects.create(person=person, group="rewards", said={"reward": "x"}, source="declared")
    Abroad.objects.create(membership=membership, from_on=DAY, country="x")
    Note.objects.create(person=person, ground="card", on=DAY, text="x", by=by, at=at)
    MemberCase.objects.create(case=case, person=person, membership=membership)
    Badge.objects.create(person=person, years=30, awarded_on=DAY)
    Exemption.objects.create(membership=membership, from_on=date(2022, 1, 1), to_on=date(2022, 2, 1))
    Suspension.objects.create(membership=membership, from_on=DAY)
    blob = Blob.objects.create(bytes=b"", sha256=EMPTY, size=0)
    form = Form.objects.order_by("pk")[0]
    FormTemplate.objects.create(form=form, blob=blob, sha256=EMPTY, file_name="x", from_on=DAY, by=by, at=at)
    confirmed = registers.Confirmation.objects.create(
        unit=world.cell_a, ends_on=date(2023, 12, 31), number=1, numbers={}, days=1, by=by, at=at
    )
    registers.Settlement.objects.create(confirmation=confirmed, against="now", code="M1", reason="x", by=by, at=at)
    registers.RegisterReminder.objects.create(unit=world.cell_a, ends_on=date(2023, 12, 31), by=by, at=at)
    registers.Deadline.objects.create(days=10, from_on=DAY)
    registers.DuesMonth.objects.create(cell=world.cell_a, month=DAY, by=by, at=at)
    registers.PayerSpell.objects.create(person=person, rule="x", from_month=DAY)
    registers.Payment.objects.create(person=person, month=DAY, cell=world.cell_a, state="paid")
    registers.Relief.objects.create(person=person, rule="x", percent=30, from_month=DAY, to_month=date(2023, 9, 1))
