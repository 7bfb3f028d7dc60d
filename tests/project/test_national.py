"""The country of the bench at its smallest: everything is there, no check finds a fault, no page errs."""

from __future__ import annotations

import random

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from bench import national, national_load, national_sql
from chibo.accounts.models import User
from chibo.meetings.models import Meeting

SCALE = 0.001
NAMED = (
    "organizations_unit", "organizations_lineage", "members_person", "members_membership", "members_departure",
    "members_transfer", "members_temporarystay", "members_stay", "members_post", "accounts_user",
    "organizations_grant", "meetings_meeting", "meetings_score", "meetings_confirmation", "meetings_attendance",
    "procedures_case", "procedures_stage", "procedures_turn", "procedures_signature", "lifecycle_membercase",
    "targets_target", "classifications_classified", "organizations_unitevent", "members_personevent",
    "meetings_meetingevent", "meetings_attendanceevent", "indicators_sum", "indicators_ownsum",
)  # fmt: skip


def test_a_small_country_is_whole_and_its_pages_open(transactional_db, monkeypatch):
    monkeypatch.setattr(settings, "CHIBO_TODAY", national_sql.TODAY)
    size = national.make(SCALE, lambda line: None)
    assert empty() == []
    call_command("integrity")  # would raise if a check found something
    record(next(person for person in national_load.staff(size) if person.writes))
    wrong = []
    for person in national_load.staff(size):
        client = signed_in(person.user)
        for name, path, _often in national_load.PAGES[person.role]:
            if path:
                asked = national_load.filled(path, person, random.Random(name))
                heads = {"hx-request": "true"} if asked.startswith("~") else {}
                answer = client.get(asked.lstrip("~"), headers=heads)
                wrong += [(asked, answer.status_code)] if answer.status_code not in (200, 302) else []
    assert wrong == []


def record(person: national_load.Person) -> None:
    """Have a secretary record a meeting as the bench does."""
    user, cell, body = person.writes[-1]
    before = Meeting.objects.count()
    answer = signed_in(user).post(
        f"/units/{cell}/meetings/record/", body, "application/x-www-form-urlencoded", headers={"x-chibo-save": "1"}
    )
    assert (answer.status_code, Meeting.objects.count()) == (200, before + 1), answer.content.decode()[:3000]


def signed_in(user: int) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(pk=user), "chibo.accounts.backends.Backend")
    return client


def empty() -> list[str]:
    """Tables in which something should be and is not."""
    with connection.cursor() as cursor:
        found = []
        for table in NAMED:
            cursor.execute(f"select exists (select from {table})")
            if not cursor.fetchone()[0]:
                found.append(table)
        return found
