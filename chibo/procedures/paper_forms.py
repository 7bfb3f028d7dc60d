"""The papers a step needs, as they are handed in with it: a file, or where the paper lies that stays elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from chibo.core.fields import DayField, LineField
from chibo.papers.opening import Refused
from chibo.papers.receiving import read, received
from chibo.procedures.flow import Outcome, Slot, Step, said
from chibo.procedures.models import CasePaper

PARTS = ("number", "on", "at")
FOLDER = "_folder"  # of all papers at once; no code begins like that
ACCEPT = ".pdf,.docx,.jpg,.jpeg,.png"
There = Mapping[tuple[str, str], CasePaper]


@dataclass(frozen=True)
class Row:
    """A paper of a step: what it is called, the newest there is, the fields to hand in another."""

    slot: Slot
    name: str
    there: CasePaper | None
    file: Any
    lies: list[Any]
    is_open: bool  # whether something is wrong with, or typed of, a paper that lies elsewhere


class PapersForm(forms.Form):
    """The papers of a step that are handed in; those it makes by itself are not among them."""

    def __init__(
        self, step: Step, there: There, today: date, sent: Any = None, files: Any = None, chosen: Outcome | None = None
    ) -> None:
        super().__init__(sent, files, prefix="paper")
        self.step, self.there, self.today, self.chosen = step, there, today, chosen
        self.slots = [slot for slot in step.papers if not slot.made]
        self.contents: dict[str, tuple[bytes, str]] = {}
        self.in_folder = False
        for slot in self.slots:
            widget = forms.FileInput(attrs={"accept": ACCEPT})
            file: Any = forms.FileField(label=said(slot.name), required=False, max_length=255, widget=widget)
            file.needed = slot.required
            self.fields[f"file_{slot.code}"] = file
            self._ask_where(slot.code)
        if len(self._absent) > 1:
            self._ask_where(FOLDER)

    @property
    def _absent(self) -> list[Slot]:
        """The papers that the step needs and that are not there."""
        return [slot for slot in self.slots if slot.required and (self.step.code, slot.code) not in self.there]

    def _ask_where(self, of: str) -> None:
        labels = (_("Its number"), _("Of the day"), _("Where it lies"))
        for part, label in zip(PARTS, labels, strict=True):
            field: Any = (DayField if part == "on" else LineField)(label=label, required=False)
            field.needed = True  # all three or none
            self.fields[f"{part}_{of}"] = field

    def clean(self) -> dict[str, Any]:
        """Refuse files that are not taken, half of what says where a paper lies, and what is missing for an outcome."""
        given = super().clean() or {}
        self.in_folder = bool(self.folder) and self._lies(FOLDER, given)
        for slot in self.slots:
            self._take(slot, given)
            lies = self._lies(slot.code, given) or self.in_folder
            needed = self.chosen is not None and not self.chosen.reason and slot.required
            is_there = (self.step.code, slot.code) in self.there
            if needed and not is_there and slot.code not in self.contents and not lies:
                self._refuse(f"file_{slot.code}", _("This paper is still missing."))
        return given

    def _take(self, slot: Slot, given: dict[str, Any]) -> None:
        name = f"file_{slot.code}"
        if not given.get(name):
            return
        try:
            file = received(read(given[name]), given[name].name)
        except Refused as refused:
            self._refuse(name, str(refused))
        else:
            self.contents[slot.code] = (file.content, file.file_name)

    def _lies(self, of: str, given: dict[str, Any]) -> bool:
        """Whether something was said of a paper, or of all, that lies elsewhere; what is missing of that is refused."""
        names = [f"{part}_{of}" for part in PARTS]
        typed = any(given.get(name) or name in self.errors for name in names)
        for name in names:
            if typed and not given.get(name):
                self._refuse(name, _("Fill this in."))
        on = given.get(names[1])
        if on and on > self.today:
            self._refuse(names[1], _("This day is still to come."))
        return typed

    def _refuse(self, name: str, why: str) -> None:
        if name not in self.errors:
            self.add_error(name, why)

    @property
    def given(self) -> list[dict[str, Any]]:
        """The papers that were handed in, as the act takes them."""
        found: list[dict[str, Any]] = []
        absent = {slot.code for slot in self._absent} if self.in_folder else set()
        for slot in self.slots:
            of = slot.code if self.cleaned_data.get(f"number_{slot.code}") or slot.code not in absent else FOLDER
            if slot.code in self.contents:
                content, name = self.contents[slot.code]
                found.append({"slot": slot.code, "content": content, "name": name})
            elif self.cleaned_data.get(f"number_{of}"):
                found.append(
                    {
                        "slot": slot.code,
                        "paper_number": self.cleaned_data[f"number_{of}"],
                        "dated_on": self.cleaned_data[f"on_{of}"],
                        "kept_at": self.cleaned_data[f"at_{of}"],
                    }
                )
        return found

    @property
    def written(self) -> list[tuple[str, str]]:
        """What somebody typed of papers that lie elsewhere, as they typed it."""
        fields = [
            (slot, self[f"{part}_{slot.code}"]) for slot in self.slots for part in ("number", "on", "at")
        ]  # fmt: skip
        typed = [(slot, field, str(field.data or "").strip()) for slot, field in fields]
        return [(f"{said(slot.name)}: {field.label}", text) for slot, field, text in typed if text]

    @property
    def rows(self) -> list[Row]:
        """One row a paper."""
        found = []
        for slot in self.slots:
            lies = [self[f"{part}_{slot.code}"] for part in PARTS]
            there = self.there.get((self.step.code, slot.code))
            found.append(Row(slot, said(slot.name), there, self[f"file_{slot.code}"], lies, self._is_open(lies)))
        return found

    @property
    def folder(self) -> list[Any]:
        """The fields that say of all papers at once where they lie; none where at most one is missing."""
        return [self[f"{part}_{FOLDER}"] for part in PARTS] if f"number_{FOLDER}" in self.fields else []

    @property
    def is_folder_open(self) -> bool:
        """Whether something is wrong with, or typed of, the folder."""
        return self._is_open(self.folder)

    def _is_open(self, lies: list[Any]) -> bool:
        return self.is_bound and any(field.errors or field.data for field in lies)
