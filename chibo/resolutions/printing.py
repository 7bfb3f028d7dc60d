"""Minutes and resolutions as papers: for Word by the template laid down for their form, or as PDF."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from chibo.core.formats import day
from chibo.core.typesetting import fonts, shaped
from chibo.meetings.models import Meeting
from chibo.organizations.models import Unit
from chibo.papers import making
from chibo.papers.models import template_on
from chibo.papers.queries import form_on
from chibo.papers.receiving import DOCX
from chibo.resolutions import word, writing
from chibo.resolutions.composing import as_read
from chibo.resolutions.models import Part, Resolution, Revision
from chibo.resolutions.queries import Standing
from chibo.resolutions.words import LANGUAGE

TEMPLATE = Path(__file__).parent / "templates" / "resolutions" / "paper.typ"
MEDIA = {"docx": DOCX, "pdf": "application/pdf"}
MINUTES, RESOLUTION = "BB-SHCB", "NQ-CB"  # the forms
DRAFT = "Bản thảo, chưa đủ hai chữ ký"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a paper says."""

    form: str
    title: tuple[str, str]
    superior: str
    unit: str
    number: str
    on: date
    blocks: list[writing.Block]
    left: tuple[str, str, str] | None  # who signs: as what, the name, when they signed
    right: tuple[str, str, str]
    is_final: bool
    correction: str = ""  # which one it is, and why


def of_minutes(meeting: Meeting, standing: Standing, revision: Revision, above: list[Unit]) -> Sheet:
    """A text of the minutes of a meeting as a paper; of a correction it says which one it is, and why."""
    before = sum(each.number < revision.number and len(each.signatures.all()) == 2 for each in standing.revisions)
    is_adopted = bool(revision.reason) or hasattr(revision, "adoption")
    with override(LANGUAGE):
        correction = _("Correction no. %(n)s: %(reason)s") % {"n": before, "reason": revision.reason}
        said = f"{meeting.get_kind_display()}, {day(meeting.held_on)}"
        signed = {each.part: f"đã ký ngày {day(each.on)}" for each in revision.signatures.all() if not each.on_paper}
    return Sheet(
        form=MINUTES, title=("BIÊN BẢN", said), superior=_name(above), unit=meeting.unit.name, number="",
        on=meeting.held_on, blocks=as_read(writing.from_html(revision.body), is_adopted=is_adopted),
        left=("THƯ KÝ", revision.secretary_name, signed.get(Part.SECRETARY, "")),
        right=("CHỦ TRÌ", revision.chair_name, signed.get(Part.CHAIR, "")),
        is_final=len(revision.signatures.all()) == 2, correction=correction if revision.reason else "",
    )  # fmt: skip


def of_resolution(resolution: Resolution, above: list[Unit], signer: str) -> Sheet:
    """A resolution as a paper."""
    return Sheet(
        form=RESOLUTION, title=("NGHỊ QUYẾT", resolution.title), superior=_name(above), unit=resolution.unit.name,
        number=resolution.code, on=resolution.meeting.held_on, blocks=_with_tasks(resolution), left=None,
        right=("T/M CHI BỘ\nBÍ THƯ", signer, ""), is_final=True,
    )  # fmt: skip


def _with_tasks(resolution: Resolution) -> list[writing.Block]:
    blocks = writing.from_html(resolution.body)
    tasks = list(resolution.tasks.prefetch_related("assignees__person").order_by("place"))
    if tasks:
        blocks.append(writing.Block(writing.HEADING, [writing.Run("Phân công thực hiện")]))
    for task in tasks:
        names = [each.person.full_name for each in sorted(task.assignees.all(), key=lambda each: each.pk)]
        who = ", ".join([*(["cấp ủy chi bộ"] if task.by_committee else []), *names])
        said = f"{task.what}{f' ({task.measure})' if task.measure else ''}: {who}, trước ngày {task.due_on:%d/%m/%Y}"
        blocks.append(writing.Block(writing.NUMBERED, [writing.Run(said)]))
    return blocks


def _name(above: list[Unit]) -> str:
    return above[-1].name if above else ""


def made(sheet: Sheet, kind: str) -> bytes:
    """The paper as a file of this kind."""
    return _as_pdf(sheet) if kind == "pdf" else _as_docx(sheet)


def _as_docx(sheet: Sheet) -> bytes:
    form = form_on(sheet.form, sheet.on)
    template = template_on(form, sheet.on)
    said: dict[str, Any] = {
        "superior_name": sheet.superior,
        "unit_name": sheet.unit,
        "number": sheet.number,
        "signed_on": sheet.on,
        "about": sheet.title[1],
        "text": writing.plain(sheet.blocks),
        "minutes_secretary": sheet.left[1] if sheet.left else "",
        "signer_authority": "T/M CHI BỘ",
        "signer_post": "BÍ THƯ",
        "signer_name": sheet.right[1],
    }
    texts = making.written(said, form.allowed)
    for name, signs in (("minutes_secretary", sheet.left), ("signer_name", sheet.right)):
        if signs and signs[2] and name in texts:
            texts[name] += f"\n({signs[2]})"
    if "text" in texts:
        texts["text"] = word.HERE
    notes = [each for each in ("" if sheet.is_final else DRAFT, sheet.correction) if each]
    return word.with_text(making.filled(form, making.ready(form, template), texts), sheet.blocks, notes)


def _as_pdf(sheet: Sheet) -> bytes:
    import typst

    said = {
        "superior": sheet.superior,
        "unit": sheet.unit,
        "number": sheet.number,
        "on": f"ngày {sheet.on:%d} tháng {sheet.on:%m} năm {sheet.on.year}",
        "title": sheet.title,
        "draft": "" if sheet.is_final else DRAFT,
        "correction": sheet.correction,
        "blocks": [
            {
                "kind": block.kind,
                "runs": [{"text": run.text, "bold": run.bold, "italic": run.italic} for run in block.runs],
            }
            for block in sheet.blocks
        ],
        "left": sheet.left,
        "right": sheet.right,
    }
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            font_paths=fonts(),
            ignore_system_fonts=True,
            sys_inputs={"paper": shaped(json.dumps(said, ensure_ascii=False))},
            timestamp=datetime.combine(sheet.on, time(), UTC),
        )
    )
