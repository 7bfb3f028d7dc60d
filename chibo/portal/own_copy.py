"""The complete copy of what is recorded of a member, for themselves: one content, as JSON and as PDF.

Set by Typst from a template; what it says goes in as data, so that no text is ever obeyed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from chibo.core.components import Cell
from chibo.core.formats import moment
from chibo.core.typesetting import fonts, shaped
from chibo.files.groups import FACTS, SPECS, Group
from chibo.files.models import CopyForm, Entry
from chibo.files.queries import Version, fact_histories, histories
from chibo.files.sections import Item, Reader, sections
from chibo.members.models import Person
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope
from chibo.portal.own_parts import Plain, parts, unit_said
from chibo.reports.printing import plain

TEMPLATE = Path(__file__).parent / "templates" / "portal" / "own_copy.typ"
# For other programs


def as_json(person: Person, at: datetime) -> bytes:
    """Everything recorded of someone, for other programs."""
    found = list(Entry.objects.filter(person=person).order_by("group", "from_on", "pk"))
    past, facts = histories(found), fact_histories(person)
    said: Plain = {
        "made": at,
        "member": {"code": person.code}
        | {
            name: {"value": getattr(person, name), "history": _versions(facts.get(name, []), fact=True)}
            for name in FACTS
        },
        "file": [
            {
                "group": each.group, "said": each.said, "from_on": each.from_on, "to_on": each.to_on,
                "source": each.source, "paper": each.paper, "paper_on": each.paper_on, "end_paper": each.end_paper,
                "taken_out_because": each.struck_because, "history": _versions(past.get(each.pk, [])),
            }
            for each in found
        ],
    }  # fmt: skip
    for part in parts(person):
        said[part.name] = [record for record, _row in part.rows]
    return (json.dumps(said, ensure_ascii=False, indent=1, default=_iso) + "\n").encode()


def _iso(value: date | datetime) -> str:
    return value.isoformat()


def _versions(versions: Iterable[Version], fact: bool = False) -> list[Plain]:
    return [
        {
            "at": each.at, "act": each.act, "source": each.source, "paper": each.paper, "paper_on": each.paper_on,
            "changes": [
                {"before": before, "after": after} | ({} if fact else {"field": name})
                for name, before, after in each.pairs
            ],
        } | ({"reason": each.reason} if each.reason else {})
        for each in versions
    ]  # fmt: skip


# To read and print


def as_pdf(person: Person, user: Any, scope: Scope, at: datetime) -> bytes:
    """Everything recorded of someone, as a PDF document in the language of the page."""
    import typst

    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"copy": shaped(json.dumps(printed(person, user, scope, at), ensure_ascii=False))},
        timestamp=at.astimezone(UTC),
    )
    return bytes(made)


def printed(person: Person, user: Any, scope: Scope, at: datetime) -> Plain:
    """Everything the printed copy says, as plain values."""

    def cell(unit: Unit) -> Cell:
        return Cell(text=unit_said(unit))

    reader = Reader(user=user, scope=scope, cell=cell)
    found = sections(person, reader, list(Group), [group for group in Group if group != Group.POSTS])
    groups = [
        {
            "title": plain(each.label),
            "items": [_item(item) for item in [*each.facts, *each.items]],
        }
        for each in found
        if not each.is_empty
    ]
    struck = Entry.objects.filter(person=person).exclude(struck_because="").order_by("pk")
    out = [_struck(each) for each in struck]
    return {
        "lang": (get_language() or "en").split("-")[0],
        "title": _("Complete copy of the file"),
        "name": plain(person.full_name),
        "code": plain(person.code),
        "made": plain(moment(at)),
        "groups": [*groups, *([{"title": _("Taken out of the file"), "items": out}] if out else [])],
        "parts": [
            {
                "title": plain(part.title),
                "heads": [plain(head) for head in part.heads],
                "rows": [[plain(text) for text in row] for _record, row in part.rows],
            }
            for part in parts(person)
            if part.rows
        ],
        "words": {"page": _("Page"), "of": pgettext("page of pages", "of"), "made": _("Made")},
    }


def _item(item: Item) -> Plain:
    lines = [f"{plain(term)}: {plain(text)}" for term, text in item.lines]
    if item.source:
        lines.append(f"{pgettext('of an entry', 'Source')}: {plain(item.source)}")
    title = f"{plain(item.term)}: {plain(item.title)}" if item.term else plain(item.title)
    if not title:
        title, lines = lines[0], lines[1:]
    past = [plain(" · ".join([str(each.at), str(each.what), *map(str, each.notes)])) for each in item.past]
    return {"title": title, "days": plain(item.days), "lines": lines, "past": past}


def _struck(entry: Entry) -> Plain:
    labels = {field.name: field.label for field in SPECS[Group(entry.group)].fields}
    lines = [f"{plain(labels.get(name, name))}: {plain(text)}" for name, text in entry.said.items()]
    because = plain(_("because: %(reason)s") % {"reason": entry.struck_because})
    return {"title": plain(Group(entry.group).label), "days": "", "lines": [*lines, because], "past": []}


MADE: dict[str, tuple[str, Callable[..., bytes]]] = {
    CopyForm.JSON: ("application/json", lambda person, user, scope, at: as_json(person, at)),
    CopyForm.PDF: ("application/pdf", as_pdf),
}
