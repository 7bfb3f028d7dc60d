"""What stands ready for the day one database no longer suffices: docs/growing.md tells of it, this holds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from chibo.organizations.models import Unit
from chibo.project import settings as shipped

# The tables that grow with members, meetings, cases and figures: by which required keys each row leads to a unit, whose
# path begins with its province.
LEADS = {
    "members_membership": "cell",
    "members_stay": "cell",
    "members_departure": "membership.cell",
    "members_transfer": "to_cell",
    "members_post": "unit",
    "meetings_meeting": "unit",
    "meetings_attendance": "meeting.unit",
    "meetings_score": "meeting.unit",
    "meetings_keptcellyear": "unit",
    "meetings_item": "meeting.unit",
    "resolutions_minutes": "meeting.unit",
    "resolutions_resolution": "unit",
    "resolutions_task": "resolution.unit",
    "agendas_notice": "unit",
    "agendas_sending": "notice.unit",
    "agendas_mail": "sending.notice.unit",
    "procedures_case": "unit",
    "procedures_stage": "case.unit",
    "procedures_casepaper": "stage.case.unit",
    "registers_duesmonth": "cell",
    "registers_payment": "cell",
    "indicators_sum": "unit",
    "indicators_ownsum": "unit",
    "indicators_mark": "unit",
    "organizations_lineage": "unit",
}
# Those that grow as they do and lead to none: a person is in one province today and in another tomorrow, and so is what
# is kept of the person; papers are kept once, whoever needs them.
OF_NO_PROVINCE = {"members_person", "files_entry", "duplicates_keyed", "papers_blob", "papers_paper"}
MODELS = {model._meta.db_table: model for model in apps.get_models()}


@pytest.mark.parametrize("table", LEADS)
def test_a_large_table_leads_to_its_unit_by_keys_that_are_never_empty(table):
    model = MODELS[table]
    for name in LEADS[table].split("."):
        field = model._meta.get_field(name)
        assert field.is_relation and not field.null, f"{model._meta.db_table}.{name}"
        model = field.related_model
    assert model is Unit


def test_the_page_names_what_leads_to_no_province():
    said = (Path(settings.BASE).parent / "docs" / "growing.md").read_text()
    for table in OF_NO_PROVINCE:
        assert table in MODELS
        assert f"`{table}`" in said


@pytest.mark.django_db
def test_no_large_table_has_the_province_in_its_keys_yet_and_the_page_says_how_many_are_to_change():
    """A table that is distributed has the column it is distributed by, and every unique key and reference holds it."""
    question = """
        select c.relname, count(distinct i.indexrelid), count(distinct r.oid),
               bool_or(a.attname = 'province_id')
        from pg_class c join pg_index i on i.indrelid = c.oid and i.indisunique
        left join pg_constraint r on r.conrelid = c.oid and r.contype = 'f'
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where c.relname = any(%s) group by 1
    """
    with connection.cursor() as cursor:
        cursor.execute(question, [list(LEADS)])
        found = {table: (unique, references, has) for table, unique, references, has in cursor.fetchall()}
    assert found.keys() == LEADS.keys()
    assert not any(has for _unique, _references, has in found.values()), "say it on the page"
    unique = sum(each[0] for each in found.values())
    references = sum(each[1] for each in found.values())
    said = (Path(settings.BASE).parent / "docs" / "growing.md").read_text()
    told = re.search(r"(\d+) unique keys and (\d+) references", said)
    assert told and (int(told[1]), int(told[2])) == (unique, references)


def test_an_address_of_a_standby_is_read_only_and_not_waited_for():
    made = shipped.replica_from("postgresql://reader:word@far.example.org:6432/chibo?sslmode=require")
    assert made["HOST"] == "far.example.org"
    assert "default_transaction_read_only=on" in made["OPTIONS"]["options"]
    assert made["OPTIONS"]["sslmode"] == "require"
    assert made["OPTIONS"]["pool"]["timeout"] <= 2
