"""Versions of procedures: drafted, copied, changed, laid down from a day, ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from chibo.core.actions import Denied, action
from chibo.organizations import policies as organizations
from chibo.organizations.scope import rights_of
from chibo.procedures import checking
from chibo.procedures.models import Procedure, Version


@action("procedures.drafted")
def draft(
    *, code: str, subject: str, name: Mapping[str, str], basis: str, told: Mapping[str, Any], by: Any, at: datetime
) -> Version:
    """Draft a version of a procedure, of a new one if there is none of that code.

    Denied: who is not administrator of the whole tree; a procedure that is about something else.
    """
    _check(by, at)
    procedure, _made = Procedure.objects.get_or_create(code=code, defaults={"subject": subject})
    procedure = Procedure.objects.select_for_update().get(pk=procedure.pk)
    if procedure.subject != subject:
        raise Denied(_("A procedure of this name is about something else."))
    last = procedure.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return Version.objects.create(
        procedure=procedure, number=last + 1, name=dict(name), basis=basis, definition=dict(told)
    )


def copy(*, version: Version, by: Any, at: datetime) -> Version:
    """Draft a version that goes as another one does. Denied: who is not administrator of the whole tree."""
    return draft(
        code=version.procedure.code, subject=version.procedure.subject, name=version.name, basis=version.basis,
        told=version.definition, by=by, at=at,
    )  # fmt: skip


@action("procedures.draft_changed")
def change(
    *,
    version: Version,
    told: Mapping[str, Any],
    name: Mapping[str, str],
    basis: str,
    seen: str = "",
    by: Any,
    at: datetime,
) -> Version:
    """Tell a draft otherwise; faults in it are kept until it is to be laid down.

    Denied: what is laid down already; with `seen`, the seal of the draft that was looked at, what changed since.
    """
    version = _draft(version, by, at)
    if seen and seen != seal(version):
        raise Denied(_("Someone else changed this draft meanwhile. Look at it again, then change it."))
    version.definition, version.name, version.basis = dict(told), dict(name), basis
    version.save(update_fields=["definition", "name", "basis"])
    return version


def seal(version: Version) -> str:
    """What a draft says, in short: another one as soon as anything in it changes."""
    said = json.dumps([version.definition, version.name, version.basis], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:20]


@action("procedures.draft_thrown_away")
def throw_away(*, version: Version, by: Any, at: datetime) -> None:
    """Throw a draft away. Denied: what is laid down already."""
    _draft(version, by, at).delete()


@action("procedures.laid_down")
def lay_down(*, version: Version, valid_from: date, by: Any, at: datetime) -> Version:
    """Let cases begin under a draft from a day on; those under way end under the version they began under.

    The version valid until then ends that day. Denied: a day gone by; a day on or before the newest version's; faults.
    """
    Procedure.objects.select_for_update(no_key=True).get(pk=version.procedure_id)
    version = _draft(version, by, at)
    if by is not None:
        organizations.check_from(valid_from, localdate(at))
    found = checking.faults(version.definition)
    if found:
        raise Denied(" ".join(found))
    before = (
        Version.objects.filter(procedure=version.procedure, valid_from__isnull=False).order_by("-valid_from").first()
    )
    if before is not None and before.valid_from is not None and before.valid_from >= valid_from:
        raise Denied(_("A newer version is laid down from that day or later."))
    if before is not None and (before.valid_to is None or before.valid_to > valid_from):
        before.valid_to = valid_from
        before.save(update_fields=["valid_to"])
    version.valid_from = valid_from
    version.save(update_fields=["valid_from"])
    return version


@action("procedures.laid_aside")
def end(*, version: Version, on: date, by: Any, at: datetime) -> Version:
    """Let no case begin under a version from a day on. Denied: a day gone by; a draft; a version that ends before."""
    _check(by, at)
    version = Version.objects.select_for_update().get(pk=version.pk)
    if by is not None:
        organizations.check_from(on, localdate(at))
    if version.valid_from is None or (version.valid_to is not None and version.valid_to <= on):
        raise Denied(_("It is not valid on that day anyway."))
    if on <= version.valid_from:
        raise Denied(_("It has to end after the day it begins."))
    version.valid_to = on
    version.save(update_fields=["valid_to"])
    return version


def _check(by: Any, at: datetime) -> None:
    organizations.check_rules(rights_of(by, localdate(at)) if by else None)


def _draft(version: Version, by: Any, at: datetime) -> Version:
    """A draft, held."""
    _check(by, at)
    found = Version.objects.select_for_update(of=("self",)).select_related("procedure").get(pk=version.pk)
    if found.valid_from is not None:
        raise Denied(_("This version is laid down and stays as it is. Copy it."))
    return found
