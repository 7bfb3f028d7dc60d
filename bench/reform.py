"""The reform of 1 July 2025: rehearsed, done, compared and taken back, with times and counts at each step.

Also what the tests run at a small scale. Every figure is compared both as the program gives it and by plain SQL, apart
from the code it checks; what the checks of the program find is nothing before, and afterwards what is known and listed.
"""

from __future__ import annotations

import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from datetime import time as of_day
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench import proof
from bench.proof import asked
from bench.provinces import HEADS, REFORM, Country, country
from chibo.indicators.stored import THEN

TODAY = date(2025, 7, 10)
DECISION = "60-NQ/TW"
LOGS = ("_act", "_actunit", "_actrow", "_mark", "_fold", "_load", "restructurings_", "event")
SUMS = tuple(f"indicators_{name}" for name in ("sum", "ownsum", "path", "shift", "standing"))  # see `proof.kept`
COUNTED = ("integrity_checkcount", "integrity_checkrun")
KEYLESS = ("organizations_lineage", "members_stay", "members_temporarystay")  # derived anew: under other keys


def moment() -> datetime:
    """When all of it is done."""
    from django.utils.timezone import make_aware

    return make_aware(datetime.combine(TODAY, of_day(9)))


def main() -> None:
    """Load the country of before, and reform it."""
    from django.conf import settings

    settings.CHIBO_TODAY = TODAY
    run(country(), step)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print how long a step takes, and the most memory the program took until then."""
    begun = time.perf_counter()
    yield
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:44} {time.perf_counter() - begun:8.1f} s   memory so far {most:6.0f} MB", flush=True)


def run(made: Country, step: Callable[[str], Any], say: Callable[[str], None] = print) -> Any:
    """The whole reform with all that has to hold; AssertionError where something does not."""
    from chibo.indicators import folding
    from chibo.organizations.trees import Tree

    with step("load of the country of before"):
        load(made)
        give_roles()
    with step("fold of its figures"):
        folding.fold_all(by=None, at=moment())
    counted(say)
    with step("fingerprints before"):
        records, sums = fingerprints(), proof.kept()
        of_years = sums["indicators_sum of 2023 and 2024"]
        assert sums["indicators_shift"] == [(0, 0)], "nobody has moved yet"
    with step("figures as then, by the program"):
        then = proof.digests(Tree.THEN, months=True)
    with step("figures as now are the same"):
        assert proof.digests(Tree.NOW, months=False) == proof.years_of(then)
    with step("checks of the program"):
        proof.check_explained(proof.findings(), {}, say)
    with step("rehearsal"):
        found = rehearsed(made)
    say(f"    {found.counts}")
    with step("nothing was changed by it"):
        assert fingerprints() == records
    with step("done"):
        found = worked(found, "do")
    with step("figures folded after it"):
        folding.fold_all(by=None, at=moment())
    with step("the tree, and what hangs on it"):
        check(made, found)
    with step("figures as then, by the program"):
        assert proof.kept()["indicators_sum of 2023 and 2024"] == of_years, "a figure of 2023 or 2024 changed"
        assert proof.digests(Tree.THEN, months=True) == then, "a figure of 2023 or 2024 changed"
    with step("figures as now, by the program and apart"):
        say(f"    {proof.as_now():,} figures of units and months compared")
    with step("checks of the program"):
        proof.check_explained(proof.findings(), explained(made, found), say)
    counted(say)
    with step("taken back"):
        found = worked(found, "reverse")
    with step("figures folded after it"):
        folding.fold_all(by=None, at=moment())
    with step("everything is as before"):
        now = fingerprints()
        assert not (differing := [name for name in records if records[name] != now[name]]), differing
        assert proof.kept() == sums
    with step("figures as then and as now, by the program"):
        for tree in Tree:
            assert proof.digests(tree, months=False) == proof.years_of(then)
    with step("checks of the program"):
        proof.check_explained(proof.findings(), {}, say)
    return found


def give_roles() -> None:
    """Users who hold roles at some districts and communes, and the limit of cells a committee has in this country."""
    from chibo.accounts.actions import make_user
    from chibo.integrity.actions import set_limit
    from chibo.organizations.actions import grant
    from chibo.organizations.models import Unit

    for kind in ("province", "district", "grassroots_committee"):
        for n, unit in enumerate(Unit.objects.filter(kind=kind).order_by("code")[:3]):
            user = make_user(username=f"{kind}-{n}", full_name=f"{kind} {n}", password=f"reform of {kind}s {n}",
                             by=None, at=moment())  # fmt: skip
            grant(user=user, role="officer", unit=unit, from_on=date(2025, 1, 15), by=None, at=moment())
    set_limit(code="committee_least_cells", value=Decimal(1), valid_from=date(2020, 1, 1),
              decision="Made up: most committees here have one cell", by=None, at=moment())  # fmt: skip


def load(made: Country) -> None:
    """Load the generated roll as a workbook."""
    from chibo.exchange.loading import load
    from chibo.exchange.models import Load
    from chibo.exchange.writing import write_workbook

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "country.xlsx"
        write_workbook(str(path), {name: (HEADS[name], rows) for name, rows in made.sheets.items() if rows})
        done = load(path=path, file_name=path.name, by=None, at=moment())
        assert done.outcome == Load.Outcome.DONE, done.faults[:5]


def rehearsed(made: Country) -> Any:
    """The workbook of the reform, sent and rehearsed without a fault."""
    from chibo.exchange.writing import write_workbook
    from chibo.organizations.models import Unit
    from chibo.restructurings import actions
    from chibo.restructurings.models import Restructuring
    from chibo.restructurings.workbook import NAME, SHOWN

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reform.xlsx"
        write_workbook(str(path), {NAME: (SHOWN, ([row.get(name) for name in SHOWN] for row in made.acts))})
        found = actions.take(
            chunks=[path.read_bytes()], file_name=path.name, name="Sắp xếp đơn vị hành chính năm 2025",
            unit=Unit.objects.get(code="TW"), on=REFORM, decision=DECISION, language="en", by=None, at=moment(),
        )  # fmt: skip
    actions.rehearse_now(restructuring=found, say=lambda what, share: None, by=None, at=moment())
    found = Restructuring.objects.get(pk=found.pk)
    assert found.is_sound, found.faults[:5]
    return found


def worked(found: Any, job: str) -> Any:
    """A restructuring after the worker did a job of it."""
    from chibo.restructurings import actions
    from chibo.restructurings.models import Restructuring

    actions.ask(restructuring=found, job=job, by=None, at=moment())
    found = Restructuring.objects.select_related("unit").get(pk=found.pk)
    do = {"do": actions.do_now, "reverse": actions.reverse_now}[job]
    do(restructuring=found, say=lambda what, share: None, by=None, at=moment())
    found = Restructuring.objects.select_related("unit").get(pk=found.pk)
    assert not found.reasons, found.reasons
    return found


def counted(say: Callable[[str], None]) -> None:
    """Say how many units are open."""
    kinds = asked("select kind, count(*) from organizations_unit where closed_on is null group by 1 order by 2 desc")
    say("    open units: " + ", ".join(f"{kind} {number:,}" for kind, number in kinds))


def fingerprints() -> dict[str, Any]:
    """How many rows each table has and what they hold, but for logs, the history and the sums."""
    from django.apps import apps

    found = {}
    for model in apps.get_models():
        name = model._meta.db_table
        if (
            not model.__module__.startswith("chibo.")
            or name in (*SUMS, *COUNTED)
            or any(name.endswith(log) or log in name for log in LOGS)
        ):
            continue
        columns = [f.column for f in model._meta.concrete_fields if not (name in KEYLESS and f.primary_key)]
        row = ", ".join(f'"{column}"' for column in columns)
        found[name] = asked(
            f"select count(*), coalesce(sum(hashtextextended(row({row})::text, 0)::numeric), 0) from {name}"
        )
    return found


# What has to hold after it: each question answers with what is wrong.
WRONG = {
    "an open unit stands under a closed one": """
        select u.code from organizations_unit u
        join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
        join organizations_unit p on p.id = l.parent_id where u.closed_on is null and p.closed_on is not null""",
    "an open unit has no parent": """
        select u.code from organizations_unit u where u.closed_on is null and u.kind <> 'central'
        and not exists (select from organizations_parentlink l where l.unit_id = u.id and l.to_on is null)""",
    "a path is not that of the links": """
        select u.code from organizations_unit u
        left join organizations_parentlink l on l.unit_id = u.id and l.to_on is null
        left join organizations_unit p on p.id = l.parent_id
        where u.path <> coalesce(p.path, '') || u.id || '/'""",
    "a dated path is not that of today": """
        select u.code from organizations_unit u join organizations_lineage l on l.unit_id = u.id and l.to_on is null
        where l.path <> u.path""",
    "a district is open": "select code from organizations_unit where kind = 'district' and closed_on is null",
    "a member is in a closed cell": """
        select m.id from members_stay s join members_membership m on m.id = s.membership_id
        join organizations_unit u on u.id = s.cell_id where s.to_on is null and u.closed_on is not null""",
    "a member is in no cell or two": """
        select m.id from members_membership m
        left join members_departure d on d.membership_id = m.id
        left join members_stay s on s.membership_id = m.id and s.to_on is null
        where d.id is null group by m.id having count(s.id) <> 1""",
    "a post is held at a closed unit": """
        select p.id from members_post p join organizations_unit u on u.id = p.unit_id
        where p.to_on is null and u.closed_on is not null""",
    "a role is held at a closed unit": """
        select g.id from organizations_grant g join organizations_unit u on u.id = g.unit_id
        where g.to_on is null and u.closed_on is not null""",
    "a name or a kind is not that of today": """
        select u.code from organizations_unit u
        left join organizations_unitname n on n.unit_id = u.id and n.to_on is null and n.name = u.name
        left join organizations_unitkind k on k.unit_id = u.id and k.to_on is null and k.kind = u.kind
        where n.id is null or k.id is null""",
}
ORPHANED = """
select count(*) from targets_target t join organizations_unit u on u.id = t.unit_id
where u.closed_on is not null and t.period like '2025%%' and u.closed_on = %s
"""
AS_NOW = """
select u.code, count(*) from organizations_unit u
join organizations_unit c on c.path like u.path || '%%'
join members_stay s on s.cell_id = c.id and s.from_on <= %s and (s.to_on is null or s.to_on > %s)
where u.code = any(%s) group by 1
"""
AS_THEN = f"""
select u.code, sum(s.n12) from {THEN} s join organizations_unit u on u.id = s.unit_id
join indicators_numbered i on i.number = s.indicator_id
where i.code = 'members.total' and s.year = 2024 and u.code = any(%s) group by 1 having sum(s.n12) <> 0
"""


def check(made: Country, found: Any) -> None:
    """The tree is sound, nothing is orphaned but what is listed, and sums over today's tree are those of their parts.

    The sums over today's tree are computed from the records; where the engine gives figures as now, these are what
    they have to equal. The checks of the program itself have their place beside these.
    """
    from chibo.restructurings.models import Unsettled

    wrong = {what: rows[:5] for what, query in WRONG.items() if (rows := asked(query))}
    assert not wrong, wrong
    listed = sum(each.count for each in Unsettled.objects.filter(restructuring=found, code="targets"))
    ((orphaned,),) = asked(ORPHANED, REFORM)
    assert orphaned == listed, f"{orphaned} targets at units that closed, {listed} listed"
    day = date(2024, 12, 31)
    now = dict(asked(AS_NOW, day, day, list({*made.above, *made.above.values()})))
    olds = dict(asked(AS_THEN, list(made.becomes)))
    expected = summed((made.becomes[old], number) for old, number in olds.items())
    expected |= summed((made.above[commune], number) for commune, number in expected.items())
    assert now == expected, "today's tree has other sums than its parts had"
    open_now = dict(asked("select kind, count(*) from organizations_unit where closed_on is null and code = any(%s)"
                          " group by 1", list({*made.above, *made.above.values()})))  # fmt: skip
    assert open_now == {
        "province": len(set(made.above.values())), "grassroots_committee": len(set(made.becomes.values())),
    }, open_now  # fmt: skip


def explained(made: Country, found: Any) -> dict[str, set[tuple[str, str]]]:
    """What the checks are to find after it, known from the workbook, each told and listed for a person to settle.

    Committees founded by it have no secretary yet: the posts of those that went into them are listed as ended. Some
    communes of one province are named alike but for accents, as they are in truth. Targets of the half-year that
    begins with the reform were given to districts.
    """
    from chibo.core.text import search_key
    from chibo.restructurings.models import Line, Unsettled

    def listed(code: str) -> Any:
        return Unsettled.objects.filter(restructuring=found, code=code)

    ended = {code for (code,) in Line.objects.filter(
        restructuring=found, number__in=listed("posts").values("line"), values__act="merge",
    ).values_list("values__into_code")}  # fmt: skip
    founded = {row["unit_code"] for row in made.acts if row["act"] == "found"}
    assert founded <= ended, "a committee is founded and nobody is told that it has no secretary"
    alike: dict[tuple[str, str], list[str]] = {}
    for code, above in made.above.items():
        alike.setdefault((above, search_key(made.names[code])), []).append(code)
    alike = {key: codes for key, codes in alike.items() if len(codes) > 1}
    told = "; ".join(record for each in listed("alike") for record in each.records)
    assert not (missing := [codes for codes in alike.values() if not all(f"({code})" in told for code in codes)]), (
        missing
    )
    named = [
        set(re.findall(r"\(([^()]+)\)", record)) & set(made.above)
        for each in listed("alike")
        for record in each.records
    ]
    strange = [codes for codes in named if len(codes) > 1 and codes not in [set(group) for group in alike.values()]]
    assert not strange, strange  # districts that close the same day may be told too
    districts = {row[0] for row in made.sheets["units"] if row[2] == "district"}
    ends = {code for (code,) in Line.objects.filter(
        restructuring=found, number__in=listed("targets").values("line"), values__act="dissolve",
    ).values_list("values__unit_code")}  # fmt: skip
    assert ends == districts, "a target of a district that closed is not listed"
    closed = {row[0] for row in made.sheets["targets"] if row[2] == "2025-H2"}
    return {
        "units.without_secretary": {(code, code) for code in founded},
        "units.same_name_but_accents": {(above, min(codes)) for (above, _name), codes in alike.items()},
        "targets.of_closed": {(code, code) for code in districts & closed},
    }


def summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Numbers by code, added up."""
    found: dict[str, int] = {}
    for code, number in pairs:
        found[code] = found.get(code, 0) + number
    return found
