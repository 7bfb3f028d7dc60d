"""Who is reminded of a meeting gets an e-mail, sent by the worker."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core import mail

from chibo.agendas import calendars
from chibo.core.periods import Period
from chibo.portal import actions, tasks
from tests.world import AT


def test_who_is_reminded_gets_an_e_mail_that_is_tried_again(world, settings, monkeypatch):
    settings.CHIBO_MAILS, settings.CHIBO_ADDRESS = True, "https://chibo.example.org"
    calendars.switch_mail(user=world.ana, email="ana@example.org", is_mailed=True, by=world.ana, at=AT)
    asked = []
    monkeypatch.setattr(actions, "_tell", asked.extend)
    actions.remind(cells=[world.cell_a], months=[Period.parse("2023-03"), Period.parse("2023-11")], by=world.chi, at=AT)
    assert asked
    one = []
    monkeypatch.setattr(tasks.tell_one, "defer", lambda **given: one.append(given))
    tasks.tell_reminded(asked, "en")
    (given,) = one
    assert given["user"] == world.ana.pk
    job = SimpleNamespace(job=SimpleNamespace(attempts=0))
    tasks.tell_one(job, **given)
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.org"]
    assert "November 2023" in sent.subject
    assert f"https://chibo.example.org/units/{world.cell_a.pk}/meetings/record/" in sent.body

    def busy(*_given, **_more):
        raise ConnectionResetError

    monkeypatch.setattr(mail.EmailMessage, "send", busy)
    with pytest.raises(ConnectionResetError):
        tasks.tell_one(job, **given)
    job.job.attempts = tasks.TRIES
    tasks.tell_one(job, **given)
    calendars.switch_mail(user=world.ana, email="ana@example.org", is_mailed=False, by=world.ana, at=AT)
    tasks.tell_reminded(asked, "en")
    assert len(one) == 1
