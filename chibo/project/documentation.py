"""The pages of `docs/generated/`, printed from the code: what they say can't differ from what it does."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.utils import translation

from chibo.api import describing as api
from chibo.core.periods import GRAINS
from chibo.exchange.sheets import every as every_sheet
from chibo.indicators import registry
from chibo.indicators.registry import COUNT, LAST
from chibo.integrity.registry import SUBJECTS
from chibo.integrity.registry import every as every_check
from chibo.organizations.permissions import P
from chibo.organizations.roles import ROLES, Reach, RoleCode
from chibo.procedures import describing, shipped
from chibo.procedures.flow import Flow, said

NOTE = "Printed by `chibo docs`; change the code instead.\n"
GRAIN_WORDS = {"year": "years", "half": "half-years", "quarter": "quarters", "month": "months"}


def pages(root: Path) -> dict[str, str]:
    """Every page by its file name, in English, the same on every run."""
    with translation.override("en"):
        return {
            "api.md": f"# The API\n\n{NOTE}\n{api.as_markdown()}",
            "checks.md": checks(),
            "indicators.md": indicators(),
            "layers.md": layers(root),
            "procedures.md": procedures(),
            "roles.md": roles(),
            "sheets.md": sheets(),
        }


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def indicators() -> str:
    """Every indicator: what it counts, from which records, how months add up."""
    parts = ["# Indicators\n", NOTE]
    for i in registry.every():
        shortest = [GRAIN_WORDS[grain] for grain, length in GRAINS.items() if length >= GRAINS[i.grain]]
        over_time = "the last month stands for the period" if i.over_time is LAST else "months are added up"
        facts = [
            ("Code", f"`{i.code}`"),
            ("Counts", i.definition),
            ("Source", i.source),
            ("Form", "a number" if i.format is COUNT else "a share: numerator of denominator"),
            ("Over time", over_time),
            ("Said of", ", ".join(shortest)),
            ("Declared in", f"`{i.facts.__module__.replace('.', '/')}.py`"),
        ]
        parts.append(f"## {i.label}\n\n" + table(["", ""], facts))
    return "\n".join(parts)


def checks() -> str:
    """Every check: what it finds, why that matters, what mends it."""
    parts = ["# Checks\n", NOTE, "● can't stay so, ○ may be right as it is.\n"]
    for subject, label in SUBJECTS.items():
        rows = [
            ("○" if each.is_doubt else "●", f"`{each.code}`", each.label, each.why, each.mend)
            for each in every_check()
            if each.subject is subject
        ]
        parts.append(f"## {label}\n\n" + table(["", "Code", "Finds", "Why it matters", "What mends it"], rows))
    return "\n".join(parts)


def roles() -> str:
    """Who may what, how far down the tree."""
    reach = {Reach.UNIT: "this unit", Reach.SUBTREE: "this unit and all under it"}
    rows: list[list[object]] = [["Reaches", *(reach[ROLES[code].reach] for code in RoleCode)]]
    for permission in P:
        holds = ["●" if permission in ROLES[code].permissions else "" for code in RoleCode]
        rows.append([f"{permission.label} `{permission.value}`", *holds])
    return "\n".join(["# Roles\n", NOTE, table(["", *(str(code.label) for code in RoleCode)], rows)])


def sheets() -> str:
    """The sheets of the roll workbook, column by column, in the order in which they are read."""
    parts = ["# Sheets\n", NOTE, "\\* required; **bold**: what makes a row the one it is.\n"]
    for sheet in every_sheet():
        rows = []
        for column in sheet.columns:
            name = f"**`{column.name}`**" if column.name in sheet.key else f"`{column.name}`"
            rows.append([name + ("\\*" if column.required else ""), column.describe()])
        parts.append(f"## {sheet.name}\n\n{inspect.getdoc(type(sheet))}\n\n" + table(["Column", "Holds"], rows))
    return "\n".join(parts)


def procedures() -> str:
    """Every procedure that comes with the program: its diagram, and its steps with all they say."""
    parts = ["# Procedures\n", NOTE]
    every = shipped.every()
    if not every:
        parts.append("None comes with the program yet.\n")
    for each in every:
        flow = each.flow
        facts = [
            ("Code", f"`{each.code}`, version {each.number}"),
            ("Basis", each.basis),
            ("Valid from", each.valid_from.isoformat()),
            *describing.beginning(flow),
        ]
        rows = [
            [f"{n}. {describing.called(step)} `{step.code}`", _facts(flow, n)] for n, step in enumerate(flow.steps, 1)
        ]
        title = f"## {said(each.name)}, version {each.number}\n\n"
        drawn = f"```mermaid\n{mermaid(flow)}```\n\n"
        parts.append(title + table(["", ""], facts) + "\n" + drawn + table(["Step", "What it says"], rows))
    return "\n".join(parts)


def _facts(flow: Flow, n: int) -> str:
    """All that a step says, in one cell of a table."""
    return "<br>".join(f"**{head}**: {'; '.join(lines)}" for head, lines in describing.facts(flow, flow.steps[n - 1]))


def mermaid(flow: Flow) -> str:
    """A procedure as a Mermaid flowchart: steps from the top down, ends round, arrows with the outcomes' names."""

    def text(words: str) -> str:
        return '"' + words.replace('"', "'").replace("\n", " ") + '"'

    numbers = {step.code: n for n, step in enumerate(flow.steps, 1)}
    ends = {code: n for n, code in enumerate(flow.results, 1)}
    lines = ["flowchart TD"]
    for step in flow.steps:
        who = describing.parties(step.who)
        lines.append(f"    s{numbers[step.code]}[{text(f'{numbers[step.code]}. {describing.called(step)}<br>{who}')}]")
    lines += [f"    e{n}([{text(describing.result(flow, code))}])" for code, n in ends.items()]
    for step in flow.steps:
        for each in step.outcomes:
            to = f"s{numbers[each.to]}" if each.to else f"e{ends[each.ends]}"
            lines.append(f"    s{numbers[step.code]} -->|{text(said(each.name))}| {to}")
        if step.skip:
            label = text(f"left out if {describing.guard(step.skip.when)}")
            lines.append(f"    s{numbers[step.code]} -.->|{label}| s{numbers[step.skip.to]}")
    return "\n".join(lines) + "\n"


def layers(root: Path) -> str:
    """The apps from the top down; each may import only those below it."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    names: list[str] = next(c for c in contracts if c["type"] == "layers")["layers"]
    rows = [[f"`{name.removeprefix('chibo.')}`", promise(name)] for name in names]
    return "\n".join(["# Layers\n", NOTE, "Dependencies point down.\n", table(["App", "What it is for"], rows)])


def promise(module: str) -> str:
    """The first paragraph of a module's docstring, on one line."""
    text = inspect.getdoc(importlib.import_module(module)) or ""
    return " ".join(text.split("\n\n")[0].split())
