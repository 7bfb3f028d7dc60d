"""A restructuring from its workbook to its reversal: what is asked for in the browser, what the worker does of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core import states
from chibo.core.actions import Denied, action
from chibo.core.queueing import queue_once
from chibo.core.wording import kept
from chibo.exchange import uploads
from chibo.exchange.loading import Loading
from chibo.exchange.reading import Unreadable
from chibo.exchange.sheets import write_rows
from chibo.organizations import acts, lineage
from chibo.organizations.models import Act, Unit
from chibo.organizations.rows import ENCODER
from chibo.organizations.scope import rights_of
from chibo.restructurings import places, policies, queries
from chibo.restructurings.models import Line, Part, Place, Restructuring, Unsettled
from chibo.restructurings.rehearsing import Rehearsal, counts_of, rehearse
from chibo.restructurings.workbook import NAME, SHOWN, as_kept, read_rows, take_lines

Status, Job = Restructuring.Status, Restructuring.Job
Say = Callable[[str, float], None]
NO_FILE = gettext_lazy("The workbook is no longer kept: send it once more.")


def _file_name(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("\0", "")[:500] or "?"


def take(
    *, chunks: Iterable[bytes], file_name: str, name: str, unit: Unit, on: date, decision: str, language: str,
    by: Any, at: datetime,
) -> Restructuring:  # fmt: skip
    """Keep a workbook and have the worker rehearse it. Denied: units not theirs; a file larger than is read."""
    kept_as, size = uploads.keep(chunks)
    try:
        return _take(
            kept_as=kept_as, size=size, file_name=file_name, name=name, unit=unit, on=on, decision=decision,
            language=language, by=by, at=at,
        )  # fmt: skip
    except BaseException:
        uploads.forget(kept_as)
        raise


@action("restructurings.taken")
def _take(*, kept_as: str, size: int, file_name: str, unit: Unit, by: Any, at: datetime, **told: Any) -> Restructuring:
    if by is not None:
        policies.check_restructures(rights_of(by, localdate(at)), unit)
    found = Restructuring.objects.create(
        unit=unit, status=Status.DRAFT, job=Job.REHEARSE, file_name=_file_name(file_name), size=size, kept_as=kept_as,
        by=by, at=at, **told,
    )  # fmt: skip
    queue(found.pk)
    return found


def mend(
    *, restructuring: Restructuring, chunks: Iterable[bytes], file_name: str, language: str, by: Any, at: datetime
) -> Restructuring:
    """Put a mended workbook in the place of the one before and have it rehearsed. Denied: not the moment."""
    kept_as, size = uploads.keep(chunks)
    try:
        return _mend(
            restructuring=restructuring, kept_as=kept_as, size=size, file_name=file_name, language=language,
            by=by, at=at,
        )  # fmt: skip
    except BaseException:
        uploads.forget(kept_as)
        raise


@action("restructurings.mended")
def _mend(
    *, restructuring: Restructuring, kept_as: str, size: int, file_name: str, language: str, by: Any, at: datetime
) -> Restructuring:
    found = held(restructuring, by, at)
    policies.check_mendable(found)
    before = found.kept_as
    found.kept_as, found.size, found.file_name, found.language = kept_as, size, _file_name(file_name), language
    found.faults, found.verdicts, found.counts, found.seal = [], {}, {}, ""
    found.rows_by, found.rows_at = None, None
    _ask(found, Job.REHEARSE)
    found.save()
    if before:
        transaction.on_commit(lambda: uploads.forget(before))
    return found


@action("restructurings.job_asked")
def ask(
    *, restructuring: Restructuring, job: str, seen: str | None = None, language: str = "", by: Any, at: datetime
) -> Restructuring:
    """Have the worker rehearse a restructuring, do it, or take it back. Denied: not theirs, not the moment.

    `seen`: the seal of the rehearsal someone looked at before they had it done; `language`: for the verdicts.
    """
    found = held(restructuring, by, at)
    check = {
        Job.REHEARSE: policies.check_mendable,
        Job.DO: policies.check_doable,
        Job.REVERSE: policies.check_reversible,
    }
    check[Job(job)](found)
    if job == Job.REHEARSE and found.kept_file is None:
        if found.file_name and not (found.is_whole and found.lines.exists()):
            raise Denied(str(NO_FILE))
        if not found.lines.exists():
            raise Denied(_("There is no act yet: add one first."))
        found.language = language or found.language
    if job == Job.DO:
        if seen is not None and seen != found.seal:
            raise Denied(_("It was rehearsed anew since you opened this page: look at what it comes to now."))
        found.done_by = by
    if job == Job.REVERSE:
        found.reversed_by = by
    _ask(found, job)
    found.save()
    return found


def _ask(found: Restructuring, job: str) -> None:
    found.job, found.tries, found.reasons = job, 0, []
    queue(found.pk)


def held(restructuring: Restructuring, by: Any, at: datetime) -> Restructuring:
    """A restructuring, locked. Denied: its unit is not theirs to restructure."""
    found = Restructuring.objects.select_for_update(of=("self",)).select_related("unit").get(pk=restructuring.pk)
    _check_may(found, by, at)
    return found


def _check_may(found: Restructuring, by: Any, at: datetime) -> None:
    """Denied unless `by`, or the system, holds the right by now: it may have gone since it was asked for."""
    if by is not None:
        policies.check_restructures(rights_of(by, localdate(at)), found.unit)


def queue(pk: int) -> None:
    """Put the job of a restructuring into the worker's queue, once."""
    queue_once("chibo.restructurings.tasks.run_job", "restructuring", pk)


@action("restructurings.job_begun")
def begin(*, restructuring: Restructuring, by: Any, at: datetime) -> None:
    """Say that work on the job begins, once more."""
    restructuring.tries += 1
    restructuring.save(update_fields=["tries"])


@action("restructurings.job_ended")
def give_up(*, restructuring: Restructuring, reasons: Sequence[str], by: Any, at: datetime) -> None:
    """End a job that came to nothing, and say why; nothing of it was written."""
    restructuring.job, restructuring.reasons = Job.NONE, [str(reason) for reason in reasons]
    restructuring.save(update_fields=["job", "reasons"])
    if restructuring.status == Status.PLANNED and restructuring.on <= localdate(at):
        states.move(restructuring, Status.FAILED)


def rehearse_now(*, restructuring: Restructuring, say: Say, by: Any, at: datetime) -> None:
    """Rehearse the rows, of the workbook while it is kept, and keep the verdicts; nothing of the tree is written."""
    say(_("Reading"), 0.0)
    loading, made = Loading(), None
    path, kept = restructuring.kept_file, [] if restructuring.kept_file else queries.kept_rows(restructuring)
    if path is not None or kept:
        try:
            loading = read_rows(path) if path is not None else take_lines(kept)
            tree = acts.tree_on(restructuring.on, localdate(at))
            made = Rehearsal(loading, restructuring.unit, tree)
            rehearse(
                made, restructuring.on, restructuring.decision, lambda share: say(_("Rehearsing"), 0.1 + 0.6 * share)
            )
        except Unreadable as error:
            loading.fault_of_file(str(error))
    _keep_verdicts(restructuring=restructuring, loading=loading, made=made, say=say, by=by, at=at)


@action("restructurings.rehearsed")
def _keep_verdicts(
    *, restructuring: Restructuring, loading: Loading, made: Rehearsal | None, say: Say, by: Any, at: datetime
) -> None:
    found = Restructuring.objects.select_for_update(of=("self",)).get(pk=restructuring.pk)
    for model in (Line, Place, Unsettled):
        model._base_manager.filter(restructuring=found).delete()
    path, rows = found.kept_file, loading.rows.get(NAME, [])
    if path is None and made is None:
        loading.fault_of_file(str(NO_FILE))
    if path is not None:
        with path.open("rb") as file:
            found.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    loading.faults.sort(key=lambda fault: fault.row or 0)
    found.faults = [asdict(fault) for fault in loading.faults]
    found.verdicts = {NAME: queries.runs(rows)} if rows else {}
    wrong: dict[int | None, set[str]] = defaultdict(set)
    for fault in loading.faults:
        wrong[fault.row] |= {fault.column} if fault.column in SHOWN else set()
    write_rows(
        Line._meta.db_table, ["restructuring_id", "number", "values", "verdict"],
        ([found.pk, row.number, ENCODER.encode(as_kept(loading, row, wrong[row.number])), queries.verdict(row)]
         for row in rows), (),
    )  # fmt: skip
    say(_("Comparing the trees"), 0.8)
    found.counts, found.seal = {"rows": len(rows)}, ""
    if made is not None:
        found.counts, found.seal = counts_of(made), made.seal
        below = list(places.lines(made, found.pk))  # it may ask the database: no question fits into a COPY
        write_rows(Place._meta.db_table, places.COLUMNS, below, ())
        Unsettled.objects.bulk_create(
            [
                Unsettled(
                    restructuring=found, code=matter.code, text=matter.text, todo=matter.todo, line=group.numbers[0],
                    unit=next(iter(planned.parts.values()), (0, ""))[1], count=matter.count,
                    records=[*map(kept, matter.records)], said={"text": kept(matter.text), "todo": kept(matter.todo)},
                )
                for group, planned in zip(made.of, made.plans, strict=True) for matter in planned.matters
            ],
            batch_size=2000,
        )  # fmt: skip
    found.job = Job.NONE
    if found.status != Status.DRAFT:
        states.move(found, Status.DRAFT)
    states.move(found, Status.REHEARSED)
    found.save()


@action("restructurings.done")
def do_now(*, restructuring: Restructuring, say: Say, by: Any, at: datetime) -> None:
    """Do a restructuring whole, or keep it for its day.

    Denied: it can't be, it would do else than was rehearsed, units were moved from under it, who asked may no longer.
    """
    found = Restructuring.objects.select_for_update(of=("self",)).select_related("unit").get(pk=restructuring.pk)
    found.job = Job.NONE
    if found.on > localdate(at):
        states.move(found, Status.PLANNED)
        found.save()
        return
    say(_("Planning"), 0.0)
    seal = found.seal if found.status == Status.REHEARSED else ""  # on its day, it does what the tree of that day needs
    lineage.hold_tree()  # where units stand is looked at again, and stays so until it is done
    found.unit.refresh_from_db()
    _check_may(found, found.done_by, at)
    asked = [group.asked for group in queries.groups_of(found)]
    policies.check_inside(found.unit, asked)
    did = acts.do_all(
        asked=asked, seal=seal, check=lambda plans, tree: policies.check_touches(found.unit, plans, tree),
        say=lambda share: say(_("Writing"), share), by=by, at=at,
    )  # fmt: skip
    Part.objects.bulk_create([Part(restructuring=found, act=act) for act in did], batch_size=5000)
    found.done_at = at
    states.move(found, Status.DONE)
    found.save()


@action("restructurings.reversed")
def reverse_now(*, restructuring: Restructuring, say: Say, by: Any, at: datetime) -> None:
    """Take a restructuring back whole, or do one to come no more. Denied: something was built on it."""
    found = Restructuring.objects.select_for_update(of=("self",)).select_related("unit").get(pk=restructuring.pk)
    found.job = Job.NONE
    _check_may(found, found.reversed_by, at)
    say(_("Looking for what was built on it"), 0.0)
    if found.status == Status.DONE:
        did = Act.objects.filter(restructured__restructuring=found).order_by("pk")
        acts.reverse_all(acts=list(did), by=by, at=at)
    found.reversed_at = at
    states.move(found, Status.REVERSED)
    found.save()


@action("restructurings.file_forgotten")
def forget(*, restructuring: Restructuring, by: Any, at: datetime) -> None:
    """Delete the workbook of a restructuring that needs it no more."""
    kept_as, restructuring.kept_as = restructuring.kept_as, ""
    restructuring.save(update_fields=["kept_as"])
    uploads.forget(kept_as)


def ask_due(*, at: datetime) -> list[Restructuring]:
    """Have the worker do the restructurings whose day has come."""
    due = Restructuring.objects.filter(status=Status.PLANNED, job=Job.NONE, on__lte=localdate(at)).order_by("on", "pk")
    return [_due(restructuring=each, by=None, at=at) for each in due]


@action("restructurings.day_come")
def _due(*, restructuring: Restructuring, by: Any, at: datetime) -> Restructuring:
    _ask(restructuring, Job.DO)
    restructuring.save(update_fields=["job", "tries", "reasons"])
    return restructuring
