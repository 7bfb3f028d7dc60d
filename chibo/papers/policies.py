"""Who lays down templates, and what has to hold of templates and papers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from chibo.core.actions import Denied
from chibo.core.formats import day
from chibo.organizations.permissions import P
from chibo.organizations.scope import rights_of
from chibo.papers.models import Form, FormTemplate, Paper


def check_lays_down(by: Any, today: date) -> None:
    """Denied unless `by` is administrator of the whole tree."""
    if by is not None and not rights_of(by, today).over_all(P.RULE_MANAGE):
        raise Denied(_("Only an administrator of the whole tree changes the templates of forms."))


def check_from(from_on: date, today: date) -> None:
    """Denied if the day is past: papers were made since by what held then."""
    if from_on < today:
        raise Denied(_("A template holds from today or from a day to come."))


def check_can_end(template: FormTemplate, today: date) -> None:
    """Denied if the template has ended already."""
    if template.to_on is not None and template.to_on <= max(today, template.from_on):
        raise Denied(_("This template has ended already. Look at the page again."))


def check_holds(form: Form, on: date) -> None:
    """Denied if the form is not one of that day."""
    if not form.holds_on(on):
        told = {"form": form.code, "day": day(on)}
        raise Denied(_("The form %(form)s does not hold on %(day)s.") % told)


def check_newest(paper: Paper) -> None:
    """Denied if another version of the paper stands in its place already."""
    if Paper.objects.filter(line=paper.line, version__gt=paper.version).exists():
        raise Denied(_("There is a newer version of this paper. Look at the page again."))


def check_said(number: str, kept_at: str) -> None:
    """Denied if a paper that lies elsewhere could not be found by what is said of it."""
    if not number.strip() or not kept_at.strip():
        raise Denied(_("Say the number of the paper in its register, and where it is kept."))


def check_dated(on: date, today: date) -> None:
    """Denied if a paper is of a day to come."""
    if on > today:
        raise Denied(_("A paper can't be of a day to come."))
