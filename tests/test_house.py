"""The house itself: what goes where, and what must not be there."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from chibo.core import actions
from chibo.indicators import registry
from chibo.portal import boards, desk, leading
from chibo.reports import report

ROOT = Path(__file__).resolve().parent.parent
CHIBO = ROOT / "chibo"
LEFT_OUT = {"data", "build", "screenshots", "__pycache__", "node_modules"}
APPS = sorted(folder.parent.name for folder in CHIBO.glob("*/__init__.py"))

USUAL = {
    "__init__", "apps", "models", "policies", "actions", "queries", "indicators", "sheets", "tasks", "forms", "views",
    "urls", "management", "migrations", "templates", "jinja2", "templatetags", "static", "checks", "followers",
}  # fmt: skip
OWN = {  # what an app has beside the usual: the mechanism it is
    "accounts": {"adapter", "backends", "sessions"},
    "api": {
        "bearer", "changes", "describing", "exports", "figures", "following", "interface", "jobs", "meeting_forms",
        "meetings", "members", "once", "paging", "particulars", "point_forms", "posts", "problems", "tags",
        "texts", "units",
    },
    "admissions": {"head_views", "heads", "screening", "screening_views", "source_views"},
    "agendas": {
        "calendar_views", "calendars", "content", "kinds", "mailing", "plan_views", "planning", "prefilling",
        "prepare_views", "registry", "rule_views", "topic_views", "waiting",
    },
    "committees": {"board_views", "charge_views", "norm_views", "post_views", "preview", "vacancies"},
    "core": {
        "asking", "assets", "borrowed", "charts", "clock", "components", "csp", "database", "dividing", "fields",
        "formats", "history", "inserting", "jinja", "laid_down", "late", "markup", "pages", "partitions", "periods",
        "prepared", "queueing", "repeated", "spans", "states", "text", "together", "triggers", "typed", "typesetting",
        "word", "wording", "written",
    },
    "duplicates": {"attending", "drafting", "finding", "joining", "likeness", "showing", "warning"},
    "exchange": {
        "cells", "child", "export_actions", "exporting", "loading", "parquet", "reading",
        "tables", "taking", "undoing", "uploads", "verdicts", "writing",
    },
    "files": {"entry_views", "groups", "sections"},
    "guidance": {"absent_views", "guide_views", "norm_views", "pick_views", "trained", "years"},
    "indicators": {
        "adding", "beside", "columns", "comparing", "engines", "evidence", "figures", "folding", "marks", "merging",
        "parquet", "rebuilding", "registry", "stored", "swapping", "tables",
    },
    "integrity": {"registry"},
    "lifecycle": {
        "alerts", "badges", "effects", "following", "ground_views", "guards", "receiving", "shipped", "subjects",
        "values", "voters",
    },
    "meetings": {
        "approvals", "cases", "changes", "claims", "competence", "confirm_forms", "confirm_views", "confirming",
        "content", "course", "course_forms", "course_models", "course_page", "devices", "evidence", "faults",
        "fields", "lookup", "noticed", "offline_views", "paper_views", "point_forms", "points", "prepared",
        "record_page", "record_views", "registry", "score_page", "sheet_views", "to_record", "trying", "versions",
        "waiting", "year_models", "yearly",
    },
    "members": {
        "act_sheets", "again", "out",
        "badge_forms", "badge_rule_views", "badge_rules", "badges", "identity", "life_models",
        "lives", "one_at_a_time", "party_age", "post_checks", "post_followers", "post_marks", "post_roles",
        "post_sheet", "stays", "words",
    },
    "modes": {"asked", "group_views", "rule_views", "waiting"},
    "organizations": {
        "acts", "brought", "building", "deeds", "following", "frame", "held_roles", "kinds", "lineage", "meeting_ways",
        "overlay", "permissions", "planning", "roles", "rows", "scope", "standing", "trees", "words",
    },
    "papers": {"filling", "layout", "making", "opening", "preview", "receiving", "sending", "shipped"},
    "portal": {
        "absent", "export_views", "alike",
        "access", "access_views", "act_forms", "act_views", "acting", "acting_views", "acts", "badge_views",
        "begun", "boards", "by_value", "cell_months", "change_views", "check_views", "checking", "classification_views",
        "classify_views", "classifying", "comparison_views", "descent", "desk", "desk_views",
        "evidence_views", "find_views", "finding", "first_ones",
        "further", "grant_forms", "late_views", "leading", "load_views", "matrix", "matrix_views", "monthly", "near",
        "objective_views", "opening", "own_copy", "own_file_views", "own_parts", "pages", "part_forms", "person_views",
        "picking", "planning_views", "records", "review_views", "row_forms", "row_picking", "row_views", "rule_views",
        "saying", "score_views", "scoring", "shapes", "spells",
        "timeline", "tree", "tree_views", "unit_views", "user_acts", "user_views", "waits",
    },
    "procedures": {
        "ask_forms", "case_forms", "case_page", "case_views", "checking", "days", "describing", "diagram",
        "draft_views", "drafting", "editing", "flow", "going", "guards", "limits", "list_views", "nightly",
        "paper_forms", "papering", "places", "registry", "rows", "saying", "sealing", "shipped", "special_days",
        "step_forms", "stuck", "trying", "voting", "waiting",
    },
    "project": {
        "archive", "cli", "cluster", "demo", "documentation", "embedded", "keeping", "migrating", "parents", "place",
        "replica", "sample", "sample_cases", "server", "settings", "standby", "supervise", "wsgi",
    },
    "registers": {
        "columns", "difference_views", "differences", "dues", "dues_rules", "dues_views", "filling", "owing",
        "payer_views", "quarter_views", "roll", "rule_views", "sections",
    },
    "reports": {
        "content", "drawing", "files", "pdf", "printing", "proof", "report", "snapshot_views", "template", "word",
        "workbook",
    },
    "resolutions": {
        "agenda", "comparing", "composing", "evidence", "find_views", "finding", "following", "holes",
        "online", "printing",
        "resolution_views", "resolving", "rule_views", "task_views", "text_views", "waiting", "ways",
        "word", "words", "writing",
    },
    "restructurings": {"drafting", "places", "rehearsing", "result_views", "workbook"},
    "scoring": {"checking", "describing", "draft_views", "editing", "measures", "sheet", "shipped"},
    "targets": {"tiles"},
}  # fmt: skip
CARRY = ("indicators", "checks", "effects", "guards", "post_checks")
BY_NAME = re.compile(r"^(400|403|403_csrf|404|429|500)\.html$")  # templates Django looks for by itself


def files(*suffixes: str, under: Path = ROOT) -> Iterator[Path]:
    """The files of the project, without what is made from them."""
    for entry in sorted(under.iterdir()):
        if entry.name in LEFT_OUT or (entry.name.startswith(".") and entry.name not in (".ci", ".gitignore")):
            continue
        if entry.is_dir() and not entry.name.endswith(".egg-info"):
            yield from files(*suffixes, under=entry)
        elif entry.is_file() and (not suffixes or entry.suffix in suffixes):
            yield entry


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code(under: Path = CHIBO) -> list[Path]:
    """Python files but migrations."""
    return [path for path in files(".py", under=under) if "migrations" not in path.parts]


def module(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# Files


@pytest.mark.parametrize("path", code(ROOT), ids=named)
def test_a_file_has_at_most_400_lines_and_says_what_it_is_for(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    if text.strip() and path.name != "apps.py":
        assert ast.get_docstring(ast.parse(text)), "no docstring"


@pytest.mark.parametrize("app", APPS)
def test_an_app_says_what_it_is_for_and_what_it_is_not(app):
    text = importlib.import_module(f"chibo.{app}").__doc__ or ""
    if app != "project":
        assert len(text.strip().splitlines()) >= 3
    assert 1 <= len((CHIBO / app / "__init__.py").read_text().splitlines()) <= 10


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_only_files_of_known_names(app):
    found = {path.stem for path in (CHIBO / app).iterdir() if path.name != "__pycache__"}
    assert not found - USUAL - OWN.get(app, set())
    assert not OWN.get(app, set()) - found, "listed but gone"


def test_nothing_is_called_utils_nor_listens_to_signals():
    for path in code():
        assert path.stem not in ("utils", "helpers", "services", "selectors", "managers", "signals"), path
        assert "django.dispatch" not in path.read_text(), path
        assert "django.db.models.signals" not in path.read_text(), path


def test_public_functions_and_classes_promise_something():
    """What other modules call: everything public in actions, queries, policies and the mechanisms."""
    silent = []
    for path in code():
        if path.stem in ("apps", "settings", "wsgi", "urls", "models", "forms", "cli") or "management" in path.parts:
            continue
        for node in module(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                facts_of_an_indicator = path.stem in CARRY  # they carry their definition instead
                obvious = isinstance(node, ast.ClassDef) and len(node.body) <= 8
                if not ast.get_docstring(node) and not facts_of_an_indicator and not obvious and _length(node) > 3:
                    silent.append(f"{named(path)}: {node.name}")
    assert not silent


def _length(node: ast.FunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or 0) - node.lineno


def test_the_repository_stands_alone():
    """No path of a machine, no host of a registry: what is here works anywhere."""
    bad = re.compile(
        r"(?<![\w.])/(?:work|root|home/\w+|Users)/|pythonhosted|pypi\.org|--(?:extra-)?index-url|\.\./shared|/shared/"
    )
    for path in files():
        if path == Path(__file__) or path.suffix in (".xlsx", ".gz", ".png", ".mo", ".zip", ".woff2", ".docx"):
            continue
        found = bad.search(path.read_text(encoding="utf-8"))
        assert not found, f"{named(path)}: {found}"
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(), lock


# Time and chance


def test_the_clock_is_read_in_one_place():
    bad = re.compile(
        r"datetime\.(?:now|today|utcnow)\(|date\.today\(|timezone\.(?:now|localdate|localtime)\(\)|time\.time\("
        r"|^(?:import|from) random\b",
        re.MULTILINE,
    )
    found = [named(path) for path in code() if bad.search(path.read_text())]
    assert found == ["chibo/core/clock.py"]
    sql = re.compile(r"\b(?:now\(\)|current_date|current_timestamp|clock_timestamp|localtimestamp)\b", re.IGNORECASE)
    asked = [named(p) for p in code() if any(sql.search(s) for s in _statements(p)) and p.stem != "clock"]
    assert not asked


def _statements(path: Path) -> Iterator[str]:
    for node in ast.walk(module(path)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"\s*(select|insert|update|with|merge|delete)\b", node.value)
        ):
            yield node.value


# Actions


def test_an_action_is_named_by_its_app_and_told_who_and_when():
    found = set()
    for path in code():
        for node in ast.walk(module(path)):
            if not isinstance(node, ast.FunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "action":
                    name = ast.literal_eval(decorator.args[0])
                    where = f"{named(path)}: {node.name}"
                    assert name.split(".")[0] == path.relative_to(CHIBO).parts[0], where
                    assert not node.args.args, f"{where} takes its arguments by name"
                    assert {"by", "at"} <= {argument.arg for argument in node.args.kwonlyargs}, where
                    assert name not in found, f"{name} twice"
                    found.add(name)
    assert found
    assert {name for name in actions.names if not name.startswith("tests.")} <= found


# Indicators


@pytest.mark.parametrize("code", registry.codes())
def test_an_indicator_is_described(code):
    indicator = registry.get(code)
    assert indicator.subject in APPS
    for said in (indicator.label, indicator.definition, indicator.source):
        assert len(str(said)) > 3
    assert str(indicator.definition).endswith(".")
    page = (ROOT / "docs/generated/indicators.md").read_text(encoding="utf-8")
    assert f"`{code}`" in page
    assert str(indicator.definition) in page


def test_every_indicator_that_is_named_exists():
    named_codes = {*boards.FIRST, *desk.MONTH, *leading.COMPARED, *boards.BELOW, *boards.LINES, *report.BELOW}
    in_report = [code for _, codes in report.FIELDS for code in codes]
    assert named_codes <= set(registry.codes())
    assert sorted(in_report) == sorted(registry.codes())


# Pages


def test_every_template_is_used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in files(".py", ".html", under=CHIBO))
    allauth = Path(importlib.util.find_spec("allauth").origin).parent / "templates"
    unused = []
    for path in files(".html", ".txt", under=CHIBO):
        if "jinja2" in path.parts:
            assert f'"{path.stem}"' in text, path
        if "templates" not in path.parts:
            continue
        name = path.as_posix().split("/templates/")[1]
        if not (f'"{name}' in text or BY_NAME.match(name) or (allauth / name).exists()):
            unused.append(name)
    assert not unused


def test_every_style_sheet_script_and_picture_is_used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in files(".py", ".html", ".js", under=CHIBO))
    sheets = re.findall(r"STYLES = (\[.*?\])", text, re.DOTALL)
    for path in files(".css", ".js", ".svg", ".png", under=CHIBO):
        assert "static" in path.parts, path
        name = path.as_posix().split("/static/")[1]
        assert name in text or f"./{path.name}" in text or any(f'"{path.stem}"' in each for each in sheets), name


def test_templates_carry_no_script_style_or_handler():
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle\s*=|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
    for path in files(".html", under=CHIBO):
        if path.parts[-2:] == ("reports", "file.html"):
            continue  # a file of its own, that no policy guards and no other file styles
        found = inline.search(path.read_text(encoding="utf-8"))
        assert not found, f"{named(path)}: {found}"


def test_style_sheets_know_no_left_and_right():
    physical = re.compile(
        r"\b(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)\b"
        r"|(?:^|[;{\s])(?:left|right|top|bottom)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
    )
    for path in files(".css", under=CHIBO):
        found = physical.search(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL))
        assert not found, f"{named(path)}: {found}"


def test_only_the_base_names_colours():
    colour = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab)a?\(", re.IGNORECASE)
    for path in files(".css", under=CHIBO):
        if path.name not in ("base.css", "print.css"):
            assert not colour.search(path.read_text()), named(path)


# Everything together


def test_the_generated_pages_are_those_of_the_code():
    call_command("docs", check=True)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_app_of_the_house_is_installed():
    assert {f"chibo.{app}" for app in APPS} == {c.name for c in apps.get_app_configs() if c.name.startswith("chibo.")}


def test_dependencies_point_down():
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout
