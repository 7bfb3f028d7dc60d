"""Every change of a record that matters is kept with its action, whoever writes and however."""

import pghistory
import psycopg
import pytest
from django.apps import apps
from django.db import Error, connection, transaction

from chibo.core import actions
from chibo.core.actions import action
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from tests.core.lived import live
from tests.world import AT

EVENTS = [model for model in apps.get_models() if issubclass(model, pghistory.models.Event)]
KEPT = sorted({model.pgh_tracked_model._meta.db_table for model in EVENTS})


@action("tests.inner")
def inner(*, unit, by, at):
    Unit.objects.filter(pk=unit.pk).update(decision="inner")


@action("tests.outer")
def outer(*, unit, by, at):
    inner(unit=unit, by=None, at=at)
    Unit.objects.filter(pk=unit.pk).update(decision="outer")


@action("tests.copied")
def copied(*, rows, by, at):
    with connection.cursor() as cursor:
        columns = "code, name, kind, setting, founded_on, decision, path, sort_key, search_key"
        with cursor.copy(f"copy organizations_unit ({columns}) from stdin") as copy:
            for n in range(rows):
                copy.write_row([f"C{n}", f"Chi bộ {n}", "cell", "", "2020-01-01", "", "", "", ""])


def contexts(code: str) -> list[dict]:
    """The contexts of a unit's events, the oldest first."""
    event = apps.get_model("organizations", "UnitEvent")
    return [e.pgh_context.metadata for e in event.objects.filter(code=code).order_by("pgh_id").select_related()]


def test_the_tables_that_matter_are_kept():
    assert {"organizations_unit", "organizations_parentlink", "organizations_grant"} <= set(KEPT)
    assert {"members_person", "members_membership", "members_transfer", "members_departure", "members_post"} <= set(
        KEPT
    )
    assert {"meetings_meeting", "meetings_attendance", "meetings_score"} <= set(KEPT)
    assert {"targets_target", "documents_document"} <= set(KEPT)


def test_every_event_names_its_action(world):
    for model in EVENTS:
        with connection.cursor() as cursor:
            table, tracked = model._meta.db_table, model.pgh_tracked_model._meta.db_table
            cursor.execute(
                f"select count(*), count(*) filter (where c.metadata->>'action' is null or c.metadata->>'at' is null)"
                f" from {table} e left join pghistory_context c on c.id = e.pgh_context_id"
            )
            events, nameless = cursor.fetchone()
            cursor.execute(f"select count(*) from {tracked}")
            (rows,) = cursor.fetchone()
        assert nameless == 0, table
        assert events >= rows, table


def test_a_context_says_which_action_by_whom_and_when(world):
    made = contexts("A")[0]
    assert made["action"] == "organizations.founded"
    assert made["user"] == world.eva.pk
    assert made["at"] == AT.isoformat()
    assert made["action"] in actions.names


def test_a_nested_action_keeps_the_outer_name(world):
    outer(unit=world.cell_a, by=world.eva, at=AT)
    last, before = contexts("A")[:-3:-1]
    assert last["action"] == before["action"] == "tests.outer"
    assert last["user"] == world.eva.pk


def test_what_copy_writes_names_its_action(world):
    copied(rows=300, by=world.eva, at=AT)
    assert [context["action"] for context in contexts("C299")] == ["tests.copied"]
    event = apps.get_model("organizations", "UnitEvent")
    assert event.objects.filter(code__startswith="C", pgh_context__metadata__action="tests.copied").count() == 300


def test_two_actions_have_two_contexts(world):
    inner(unit=world.cell_a, by=None, at=AT)
    outer(unit=world.cell_a, by=None, at=AT)
    assert [context["action"] for context in contexts("A")[-2:]] == ["tests.inner", "tests.outer"]


REFUSED = "pgh_context_id|Cannot update or delete|stays as it is"  # some are never changed, whoever would
CHANGES = {
    "api_token": "name = 'y'",
    "admissions_certificate": "class_at = 'y'",
    "admissions_group": "source = 'y'",
    "admissions_headreview": "work = 'y'",
    "admissions_helper": "to_on = '2030-01-01'",
    "admissions_place": "to_on = '2030-01-01'",
    "admissions_remark": "text = 'y'",
    "admissions_review": "\"on\" = '2030-01-01'",
    "admissions_reviewed": "stays = not stays",
    "admissions_screened": "reason = 'y'",
    "admissions_screening": "\"on\" = '2030-01-01'",
    "admissions_source": "introduced_by = 'y'",
    "admissions_sourcegroup": "group_id = group_id + 1",
    "agendas_agenda": "source = 'y'",
    "agendas_handedto": "cell_id = cell_id + 1",
    "agendas_handedtopic": "source = 'y'",
    "agendas_item": "text = 'y'",
    "agendas_notice": "topic = 'y'",
    "agendas_noticepaper": "paper_id = paper_id + 1",
    "agendas_noticerule": "source = 'y'",
    "agendas_reading": '"on" = "on" + 1',
    "guidance_norm": "number = number + 1",
    "guidance_guideyear": "year = year + 1",
    "guidance_guidecell": "cell_id = cell_id + 1",
    "guidance_crossvisit": '"on" = "on" + 1',
    "guidance_supportplan": "why = 'y'",
    "agendas_rhythm": "place = 'y'",
    "agendas_topic": "topic = 'y'",
    "classifications_classified": "decision = 'x'",
    "classifications_scheme": "name = 'x'",
    "classifications_value": "name = 'x'",
    "committees_charge": "decision = 'x'",
    "committees_norm": "source = 'x'",
    "committees_term": "decision = 'x'",
    "committees_visit": "note = 'x'",
    "documents_document": "title = 'x'",
    "duplicates_apart": "said = 'y'",
    "duplicates_merge": "reason = 'y'",
    "duplicates_mergerow": "row = row + 1",
    "duplicates_request": "note = 'y'",
    "files_basis": "paper = 'y'",
    "files_entry": "paper = 'y'",
    "lifecycle_abroad": "country = 'y'",
    "lifecycle_note": "text = 'y'",
    "lifecycle_membercase": "membership_id = null",
    "meetings_attendance": "state = 'absent'",
    "meetings_confirmation": "since = '2030-01-01'",
    "meetings_correction": "reason = 'x'",
    "meetings_guest": "what = 'y'",
    "meetings_item": "outcome = 'y'",
    "meetings_meeting": "topic = 'x'",
    "meetings_nomeeting": "reason = 'x'",
    "meetings_noted": "what = 'y'",
    "meetings_reminder": "at = '2030-01-01'",
    "meetings_score": "c1 = 1",
    "meetings_withdrawal": "reason = 'x'",
    "members_awardday": "source = 'y'",
    "members_badge": "decision = 'y'",
    "members_badgegrade": "source = 'y'",
    "members_departure": "reason = 'expelled'",
    "members_exemption": "decision = 'y'",
    "members_membership": "exempt_from = '2023-01-01'",
    "members_person": "religion = 'x'",
    "members_post": "place = 'x'",
    "members_postrule": "reach = 'unit', to_on = '2030-01-01'",
    "members_suspension": "decision = 'y'",
    "members_transfer": "kind = 'temporary'",
    "modes_away": "person_id = person_id + 1",
    "modes_groupmember": "is_leader = not is_leader",
    "modes_onlinerequest": "why = 'y'",
    "modes_onlinerule": "source = 'y'",
    "modes_partygroup": "name = 'y'",
    "organizations_act": "decision = 'x'",
    "organizations_grant": "to_on = '2030-01-01'",
    "organizations_grantterms": "review_months = 13",
    "organizations_parentlink": "decision = 'x'",
    "organizations_threshold": "decision = 'x'",
    "organizations_unit": "decision = 'x'",
    "organizations_unitkind": "decision = 'x'",
    "organizations_unitname": "decision = 'x'",
    "papers_form": "source = 'y'",
    "papers_formtemplate": "file_name = 'y'",
    "procedures_case": "about = 'y'",
    "procedures_specialday": "name = 'x'",
    "procedures_stage": "due_on = '2030-01-01'",
    "procedures_version": "valid_to = '2030-01-01'",
    "registers_confirmation": "role = 'y'",
    "registers_deadline": "source = 'y'",
    "registers_duesmonth": "version = version + 1",
    "registers_duesrule": "source = 'y'",
    "registers_payerspell": "rule = 'y'",
    "registers_payment": "reason = 'y'",
    "registers_registerreminder": "at = '2030-01-01'",
    "registers_relief": "decision = 'y'",
    "registers_settlement": "reason = 'y'",
    "resolutions_assignee": "person_id = person_id + 1",
    "resolutions_minutes": "chair_id = chair_id + 1000",
    "resolutions_rule": "source = 'y'",
    "resolutions_task": "what = 'y'",
    "restructurings_restructuring": "decision = 'x'",
    "scoring_sheetrule": "to_on = '2030-01-01'",
    "scoring_sheetversion": "basis = 'y'",
    "targets_target": "decision = 'x'",
}


def test_every_table_kept_is_tried():
    assert sorted(CHANGES) == KEPT


@pytest.mark.parametrize("table", KEPT)
def test_a_write_outside_an_action_is_refused_by_the_database(world, table):
    live(world=world, by=world.ana, at=AT)
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        assert cursor.fetchone()[0], "no row to write to"
        with pytest.raises(Error, match=REFUSED), transaction.atomic():
            cursor.execute(f"update {table} set {CHANGES[table]}")
        with pytest.raises(Error, match=REFUSED), transaction.atomic():
            cursor.execute(f"delete from {table}")


def test_a_copy_outside_an_action_is_refused_by_the_database(world):
    columns = "code, name, kind, setting, founded_on, decision, path, sort_key, search_key"
    sql = f"copy organizations_unit ({columns}) from stdin"
    refused = pytest.raises(psycopg.Error, match="pgh_context_id")
    with refused, transaction.atomic(), connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write_row(["Z", "Z", "cell", "", "2020-01-01", "", "", "", ""])


@pytest.mark.parametrize("table", KEPT)
def test_truncate_is_refused(world, table):
    with pytest.raises(Error, match="TRUNCATE"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"truncate {table} cascade")


@pytest.mark.parametrize("table", KEPT)
def test_a_record_keeps_its_key(world, table):
    """The triggers match rows as they were and as they are by their key: a new one would hide the change."""
    with pytest.raises(Error, match="keeps its key"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update {table} set id = id + 1000000")


def test_what_merge_writes_names_its_action(world):
    @action("tests.merged")
    def merge(*, by, at):
        with connection.cursor() as cursor:
            cursor.execute(
                "merge into organizations_unit u using (values ('A', 'merged')) v(code, decision) on u.code = v.code"
                " when matched then update set decision = v.decision"
            )

    merge(by=None, at=AT)
    assert contexts("A")[-1]["action"] == "tests.merged"


def test_an_action_leaves_no_context_behind_in_an_outer_transaction(world):
    with transaction.atomic():
        inner(unit=world.cell_a, by=None, at=AT)
        with pytest.raises(Error, match="pgh_context_id"), transaction.atomic():
            Unit.objects.filter(pk=world.cell_a.pk).update(decision="stray")


def test_an_action_that_fails_leaves_nothing_and_no_context(world):
    @action("tests.failed")
    def fail(*, by, at):
        Unit.objects.filter(pk=world.cell_a.pk).update(decision="half")
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError):
        fail(by=None, at=AT)
    assert Unit.objects.get(pk=world.cell_a.pk).decision == ""
    with pytest.raises(Error, match="pgh_context_id"), transaction.atomic():
        Unit.objects.filter(pk=world.cell_a.pk).update(decision="stray")


def test_a_change_of_nothing_is_no_event(world):
    before = len(contexts("A"))

    @action("tests.same")
    def same(*, by, at):
        Unit.objects.filter(pk=world.cell_a.pk).update(decision="")

    same(by=None, at=AT)
    assert len(contexts("A")) == before


def test_an_action_is_called_by_name_with_who_and_when(world):
    with pytest.raises(KeyError):
        inner(unit=world.cell_a)
    with pytest.raises(TypeError):
        grant(world.ana, by=None, at=AT)
