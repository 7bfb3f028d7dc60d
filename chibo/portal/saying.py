"""Acts on units in plain words: what each kind is for, what one did, which units took part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chibo.core.components import Cell, Mark
from chibo.organizations.kinds import MAY_STAND_UNDER, ActKind, Kind
from chibo.organizations.models import Act, Unit


@dataclass(frozen=True)
class Way:
    """What one can do to a unit: the title of its page, what it is for, what its button says."""

    title: str | Promise
    what: str | Promise
    button: str | Promise


WAYS: dict[str, Way] = {
    ActKind.FOUND: Way(
        gettext_lazy("Found a unit under it"),
        gettext_lazy("A new committee or cell. Members may come to a new cell from other cells."),
        gettext_lazy("Found this unit"),
    ),
    ActKind.RENAME: Way(
        gettext_lazy("Give it another name"),
        gettext_lazy("It stays the same unit. Reports of days before show the name it had then."),
        gettext_lazy("Give this name"),
    ),
    ActKind.MOVE: Way(
        gettext_lazy("Move it"),
        gettext_lazy("It stands under another committee from then on, with all that stands under it."),
        gettext_lazy("Move this unit"),
    ),
    ActKind.MERGE: Way(
        gettext_lazy("Merge it"),
        gettext_lazy("Several become one: one of them, or a new one. Units and members go along."),
        gettext_lazy("Merge these units"),
    ),
    ActKind.SPLIT: Way(
        gettext_lazy("Split it"),
        gettext_lazy("New units are founded out of it. It goes on with the rest, or closes."),
        gettext_lazy("Split this unit"),
    ),
    ActKind.CHANGE_KIND: Way(
        gettext_lazy("Change its kind"),
        gettext_lazy("A cell that has grown becomes a committee with cells of its own, say."),
        gettext_lazy("Change the kind"),
    ),
    ActKind.DISSOLVE: Way(
        gettext_lazy("Dissolve it"),
        gettext_lazy("It closes and nothing takes its place. Its members go to another cell."),
        gettext_lazy("Dissolve this unit"),
    ),
    ActKind.REOPEN: Way(
        gettext_lazy("Open it again"),
        gettext_lazy("A closed unit is there again from a day on. Between, it stays closed."),
        gettext_lazy("Open this unit again"),
    ),
}


def fitting(unit: Unit, is_closed: bool) -> list[ActKind]:
    """The kinds of acts that make sense for a unit as it is."""
    if is_closed:
        return [ActKind.REOPEN]
    takes = any(unit.kind in above for above in MAY_STAND_UNDER.values())
    kinds = [kind for kind in ActKind if kind != ActKind.REOPEN and (kind != ActKind.FOUND or takes)]
    is_root = unit.path.count("/") == 1
    return [kind for kind in kinds if not is_root or kind in (ActKind.FOUND, ActKind.RENAME)]


def sentence(kind: str, given: Mapping[str, Any], named: Mapping[str, Sequence[str]]) -> str:
    """What an act does, with the names of the units by their part in it."""
    first, into = listed(named.get("subject") or named.get("from") or [""]), listed(named.get("into", ()))
    above = listed(named.get("parent", ()))
    said = {"unit": first, "into": into, "above": above, "name": str(given.get("name", ""))}
    if kind == ActKind.FOUND:
        return _("%(unit)s is founded under %(above)s") % said
    if kind == ActKind.RENAME:
        return _("%(unit)s is called %(name)s") % said
    if kind == ActKind.MOVE:
        return _("%(unit)s goes under %(above)s") % said
    if kind == ActKind.MERGE:
        n = len(named.get("from", ()))
        if given.get("new"):
            return _("%(unit)s become one: %(into)s") % said
        return ngettext("%(unit)s goes into %(into)s", "%(unit)s go into %(into)s", n) % said
    if kind == ActKind.SPLIT:
        n = len(named.get("into", ()))
        if given.get("closes"):
            return _("%(unit)s is split and closes; in its place: %(into)s") % said
        out = ngettext("%(into)s is founded out of %(unit)s", "%(into)s are founded out of %(unit)s", n)
        return out % said
    if kind == ActKind.CHANGE_KIND:
        to = str(given.get("kind", ""))
        said["kind"] = str(Kind(to).label) if to in Kind.values else to
        return _("%(unit)s becomes: %(kind)s") % said
    if kind == ActKind.DISSOLVE:
        if into:
            return _("%(unit)s is dissolved; its members go to %(into)s") % said
        return _("%(unit)s is dissolved") % said
    return _("%(unit)s is open again under %(above)s") % said


def listed(names: Sequence[str]) -> str:
    """Names one after the other, the last after "and"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def standing(act: Act) -> Cell:
    """How an act stands, in words and by mark."""
    mark = {
        Act.Status.PLANNED: Mark.NONE,
        Act.Status.DONE: Mark.MET,
        Act.Status.REVERSED: Mark.NEAR,
        Act.Status.FAILED: Mark.MISSED,
    }[Act.Status(act.status)]
    word = _("Taken back") if act.status == Act.Status.REVERSED and act.done_at else ""
    if act.status == Act.Status.REVERSED and not act.done_at:
        word = _("Not to be done any more")
    return Cell(text=word or str(act.get_status_display()), mark=mark, mark_word=None)
