"""Undoing a whole load: what it made goes, what it changed is again as it was, from the history; all of it or nothing.

Only while nothing was built on it: no later act may have touched its rows, no later row may refer to what it made, and
what was recorded since must still fit. Loads undone themselves, and what undid them, don't count.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action, context_now
from chibo.exchange import sheets
from chibo.exchange.loading import ONE_LOAD, Loading
from chibo.exchange.models import Load
from chibo.exchange.sheets import Row, Sheet, ask


@dataclass(frozen=True)
class Built:
    """What was built on a load: how many rows of which table, and by which later load if by one."""

    table: str
    rows: int
    refer: bool  # they refer to what the load made; else they are its own rows, changed since
    load: Load | None = None


@dataclass(frozen=True)
class Kept:
    """A table of which a history is kept."""

    model: type[Model]
    event: type[Model]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def events(self) -> str:
        return self.event._meta.db_table

    @property
    def columns(self) -> list[str]:
        """Columns a row can be given; its key and what is computed from others are not."""
        return [f.column for f in self.model._meta.concrete_fields if f.column and not (f.primary_key or f.generated)]


def kept_tables() -> list[Kept]:
    """Every table of which a history is kept."""
    events = (model for model in apps.get_models() if issubclass(model, pghistory.models.Event))
    pairs: list[tuple[Any, type[Model]]] = [(event.pgh_tracked_model, event) for event in events]
    return [Kept(model, event) for model, event in pairs if model is not None]


@dataclass
class Undoing:
    """A load that is being undone: which rows of which table it made, which it changed."""

    load: Load
    made: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.tables:
            for made, ids in ask(
                "select made, array_agg(id) from ("
                " select pgh_obj_id as id, bool_or(pgh_label = 'insert') as made"
                f" from {each.events} where pgh_context_id = %(context)s group by 1) t group by 1",
                context=self.load.context,
            ):
                (self.made if made else self.changed)[each.table] = ids

    @cached_property
    def tables(self) -> list[Kept]:
        """Those of which a history is kept, but what is derived: that follows by itself."""
        derived = {table for sheet in sheets.every() for table in sheet.derived}
        return [each for each in kept_tables() if each.table not in derived]

    @cached_property
    def derived(self) -> set[str]:
        """Tables that follow from others; they are no work of anybody's."""
        return {table for sheet in sheets.every() for table in sheet.derived}

    def touched(self, table: str) -> list[int]:
        """Rows it made or changed."""
        return self.made.get(table, []) + self.changed.get(table, [])

    def said(self, table: str, column: str) -> list[int]:
        """What a column of the rows it touched ever said, before, by and since the load."""
        if not (ids := self.touched(table)):
            return []
        events = next(each.events for each in self.tables if each.table == table)
        query = f"select distinct {column} from {events} where pgh_obj_id = any(%(ids)s)"
        return [value for (value,) in ask(query, ids=ids) if value is not None]

    @cached_property
    def _own(self) -> list[uuid.UUID]:
        """Acts that are none: the load itself, loads undone since, and what undid them."""
        undone = Load.objects.exclude(undone_at=None).values_list("context", "undone_context")
        return [context for context in [*(one for pair in undone for one in pair), self.load.context] if context]

    def built(self) -> list[Built]:
        """What was built on it."""
        return [*self._changed_since(), *self._referring()]

    def _changed_since(self) -> Iterator[Built]:
        for each in self.tables:
            if not self.touched(each.table) or each.table in self.derived:
                continue
            for context, rows in ask(
                "with own as (select pgh_obj_id, max(pgh_id) as last"
                f" from {each.events} where pgh_context_id = %(context)s group by 1)"
                f" select e.pgh_context_id, count(distinct e.pgh_obj_id) from {each.events} e"
                " join own o on o.pgh_obj_id = e.pgh_obj_id and e.pgh_id > o.last"
                " where not e.pgh_context_id = any(%(own)s) group by 1 order by 1",
                context=self.load.context,
                own=self._own,
            ):
                yield Built(each.table, rows, False, Load.objects.filter(context=context).first())

    def _referring(self) -> Iterator[Built]:
        for each in self.tables:
            if not (ids := self.made.get(each.table)):
                continue
            for relation in each.model._meta.get_fields(include_hidden=True):
                if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
                    continue
                other = relation.related_model
                if other is None or isinstance(other, str):
                    continue
                is_held = getattr(relation.field, "db_constraint", True)  # type: ignore[union-attr]
                if not is_held and not getattr(other, "is_log", False):
                    continue  # what may stand without the row it names: history, marks, sums
                table, column = other._meta.db_table, relation.field.column  # type: ignore[union-attr]
                if table in self.derived:
                    continue
                ((rows,),) = ask(
                    f"select count(*) from {table} t join unnest(%(ids)s::bigint[]) i(id) on i.id = t.{column}"
                    " left join unnest(%(made)s::bigint[]) m(id) on m.id = t.id where m.id is null",
                    ids=ids,
                    made=self.made.get(table, []),
                )
                if rows:
                    yield Built(table, rows, True)

    def hold(self) -> None:
        """Let no one else change the rows until this transaction ends."""
        for sheet in sheets.every():
            sheet.hold(self)
        for each in self.tables:
            if ids := self.touched(each.table):
                ask(f"select id from {each.table} where id = any(%(ids)s) order by id for update", ids=ids)

    def reverse(self) -> None:
        """Take away what was made, the last first, and give what was changed its values from before."""
        by_table = {each.table: each for each in self.tables}
        every = sheets.every()
        strange = {*self.made, *self.changed} - {table for sheet in every for table in sheet.tables} - self.derived
        if strange:
            raise Denied(_("This load also wrote what can't be undone."))
        with connection.cursor() as cursor:
            for sheet in reversed(every):
                for table in reversed(sheet.tables):
                    if ids := self.made.get(table):
                        sheet.forget(table, ids)
                        cursor.execute(f"delete from {table} where id = any(%s)", [ids])
            for sheet in every:
                for table in sheet.tables:
                    if ids := self.changed.get(table):
                        cursor.execute(_restoring(by_table[table]), {"ids": ids, "context": self.load.context})
        for sheet in every:
            sheet.derive(self)


def _restoring(each: Kept) -> str:
    """SQL that gives rows the values they had before a load: those of the last event before its first."""
    columns = ", ".join(f'"{column}" = b."{column}"' for column in each.columns)
    return (
        "with own as (select pgh_obj_id, min(pgh_id) as first"
        f" from {each.events} where pgh_context_id = %(context)s and pgh_obj_id = any(%(ids)s) group by 1),"
        f" before as (select distinct on (e.pgh_obj_id) e.* from {each.events} e"
        " join own o on o.pgh_obj_id = e.pgh_obj_id and e.pgh_id < o.first order by e.pgh_obj_id, e.pgh_id desc)"
        f" update {each.table} t set {columns} from before b where t.id = b.pgh_obj_id"
    )


def check_can_be_undone(load: Load) -> None:
    """Denied if a load wrote nothing, is undone already, or is older than what is needed to undo it."""
    if load.undone_at is not None:
        raise Denied(_("This load is undone already."))
    if load.outcome != Load.Outcome.DONE:
        raise Denied(_("This load wrote nothing, so there is nothing to undo."))
    if load.context is None:
        raise Denied(_("This load was made before loads could be undone."))


@action("exchange.undone")
def undo(*, load: Load, reason: str, by: Any, at: datetime) -> Load:
    """Undo a load; figures follow. Denied, and nothing changed, if it can't be or something was built on it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ONE_LOAD])
    load = Load.objects.select_for_update().get(pk=load.pk)
    check_can_be_undone(load)
    undoing = Undoing(load)
    undoing.hold()
    if undoing.built():
        raise Denied(_("Something was built on this load since, so it can no longer be undone."))
    undoing.reverse()
    fits = _is_consistent()
    _verify(undoing)
    if not fits:
        raise Denied(_("What was recorded since would no longer fit."))
    load.undone_at, load.undone_by, load.undone_reason = at, by, reason
    load.undone_context = context_now()
    load.save(update_fields=["undone_at", "undone_by", "undone_reason", "undone_context"])
    return load


def _is_consistent() -> bool:
    """Whether the database takes what is written; what it does not, the sheets name in words."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
    except IntegrityError:
        return False
    with connection.cursor() as cursor:
        cursor.execute("set constraints all deferred")
    return True


def _verify(undoing: Undoing) -> None:
    """Check the rows around what was undone as if a workbook had brought them; Denied if something no longer fits."""
    loading = Loading(has_root=True)
    every = sheets.every()
    for sheet in every:
        loading.columns[sheet.name] = {column.name: at for at, column in enumerate(sheet.columns)}
        loading.rows[sheet.name] = [Row(at, [], values) for at, values in enumerate(sheet.again(undoing), 2)]
    for sheet in every:
        sheet.match(loading)
    for sheet in every:
        loading.check_references(sheet)
    for sheet in every:
        sheet.check(loading)
    for sheet in every:
        _as_if_changed(loading, sheet)
    for sheet in every:
        sheet.verify(loading)
    if loading.faults:
        reasons = "; ".join(dict.fromkeys(fault.reason for fault in loading.faults[:20]))
        raise Denied(_("What was recorded since would no longer fit: %(reasons)s.") % {"reasons": reasons})


def _as_if_changed(loading: Loading, sheet: Sheet) -> None:
    for row in loading.rows[sheet.name]:
        if row.record is not None:
            row.record.is_changed = True
