"""A procedure with papers, groups and an effect, for cases that several act on at once or that are cut off midway."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

from chibo.papers.models import Blob, Paper
from chibo.procedures import registry
from chibo.procedures.models import Case, CasePaper, Deed, Signature, SpecialDay, Stage, Turn, Vote
from tests.procedures.conftest import COMMITTEE, DISTRICT, changed, name

MINUTES = {"code": "minutes", "name": name("Minutes"), "required": False}
MADE = {"code": "paper", "name": name("Paper"), "form": "QĐ-XT", "made": True}
FAR = date(2040, 1, 1)
NEEDS: tuple[tuple[int | str, list[Any]], ...] = ((2, [COMMITTEE]), ("all", [COMMITTEE, DISTRICT]))


def count(moment: Any, by: Any, at: Any) -> None:
    """What follows in the records: one row more each time."""
    number = SpecialDay.objects.filter(day__gte=FAR).count()
    SpecialDay.objects.create(day=FAR + timedelta(number), name=f"of {moment.case.pk}")


def know() -> None:
    """Let procedures name the effect of these tests, and be about nothing."""
    registry.effects["counted"] = registry.Named("counted", "Counted", count)
    registry.subjects.setdefault("nothing", registry.Subject(code="nothing", label="Nothing"))


def flowing(need: int | str = "any", who: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """The small procedure with a paper to hand in, one that is made and an effect where it is checked."""
    told = changed(
        prepare={"papers": [MINUTES]}, check={"need": need, "who": who or [COMMITTEE], "papers": [MADE]}, **more
    )
    check = copy.deepcopy(told["steps"][1])
    check["outcomes"][0]["effect"] = "counted"
    told["steps"][1] = check
    return told


def all_there(case: Case) -> dict[str, Any]:
    """All that there is of a case, its papers and what followed from it."""
    case = Case.objects.get(pk=case.pk)
    signed = Signature.objects.filter(stage__case=case).order_by("pk")
    return {
        "case": (case.status, case.result, case.told, case.ended_on),
        "stages": list(Stage.objects.filter(case=case).order_by("number").values_list("step", "outcome", "done_on")),
        "turns": sorted(Turn.objects.filter(stage__case=case).values_list("stage__number", "unit__code", "role")),
        "signatures": [(each.deed, each.outcome, each.by.username if each.by else "") for each in signed],
        "papers": [
            (each.slot, each.stage.step, each.paper.version, each.by.username if each.by else "")
            for each in CasePaper.objects.filter(stage__case=case).select_related("paper", "stage").order_by("pk")
        ],
        "votes": Vote.objects.filter(stage__case=case).count(),
        "loose": Paper.objects.filter(case_paper=None).count() + Blob.objects.filter(paper=None).count(),
        "followed": SpecialDay.objects.filter(name=f"of {case.pk}").count(),
    }


def is_whole(case: Case) -> bool:
    """Whether every check that was passed has its paper and its effect once, and none is there without one."""
    passed = Signature.objects.filter(stage__case=case, stage__outcome="pass", deed=Deed.SIGNED)
    papers = CasePaper.objects.filter(stage__case=case, slot="paper").count()
    found = all_there(case)
    return passed.values("stage").distinct().count() == papers == found["followed"] and not found["loose"]
