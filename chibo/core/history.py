"""History by triggers: every change of a record that matters is kept with its action, whoever writes."""

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models

from chibo.core.partitions import by_year

M = TypeVar("M", bound=type[models.Model])

NO_TRUNCATE = pgtrigger.Trigger(
    name="no_truncate",
    level=pgtrigger.Statement,
    operation=pgtrigger.Truncate,
    when=pgtrigger.Before,
    func="RAISE EXCEPTION 'TRUNCATE leaves no history; delete in an action.';",
)

update_of: Any = pgtrigger.UpdateOf  # the library leaves it untyped
SAME_KEY = pgtrigger.Trigger(
    name="same_key",
    level=pgtrigger.Statement,
    operation=update_of("id"),
    when=pgtrigger.Before,
    func="RAISE EXCEPTION 'A record keeps its key: what changes with it would be no event of either.';",
)


def kept(model: M) -> M:
    """Keep every insert, update and delete of a model as events that name their action.

    The context of an event is not null: a write outside an action is refused by the database itself.
    """
    track: Any = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        context_field=pghistory.ContextForeignKey(null=False),
    )
    tracked: M = track(model)
    pgtrigger.register(NO_TRUNCATE, SAME_KEY)(tracked)
    return tracked


def little_indexed(model: M) -> M:
    """Let the events of a model, kept already, be found by their row and by their act alone, not by what they refer to.

    For what is written by the million: an index that no question uses costs as much as the event itself.
    """
    event: Any = model.pgh_event_model  # type: ignore[attr-defined]
    for field in event._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name not in ("pgh_context", "pgh_obj"):
            vars(field)["db_index"] = False
    return model


def events_by_year(model: M) -> M:
    """Have the events of a model, kept already, lie in a partition for each year of the act, once divided so."""
    event: Any = model.pgh_event_model  # type: ignore[attr-defined]
    by_year(event._meta.db_table, "pgh_created_at")
    return model


def stands(says: str) -> Callable[[M], M]:
    """Rows of a model are written once, in an action, and never changed nor deleted: the database refuses it.

    `says` is what it answers to whom writes one outside an action.
    """
    in_an_action = pgtrigger.Trigger(
        name="in_an_action",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        func=(
            "IF coalesce(current_setting('pghistory.context_id', true), '') = '' THEN"
            f" RAISE EXCEPTION '{says}'; END IF; RETURN NEW;"
        ),
    )
    never = pgtrigger.Protect(name="stands", operation=pgtrigger.Update | pgtrigger.Delete)

    def register(model: M) -> M:
        registered: M = pgtrigger.register(never, in_an_action, NO_TRUNCATE)(model)
        return registered

    return register
