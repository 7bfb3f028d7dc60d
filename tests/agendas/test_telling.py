"""How notices reach people beside their desk: e-mails sent once, calendars by a secret address."""

from __future__ import annotations

import smtplib
from datetime import time, timedelta

import pytest
from django.core import mail

from chibo.agendas import actions, calendars, mailing
from chibo.agendas.models import Calendar, Mail, Notice, Sending
from chibo.members.actions import link_user
from chibo.members.models import Person
from chibo.project.settings import mail_from
from tests.agendas.saying import UID, content
from tests.permission_table import signed_in
from tests.world import AT, TODAY


@pytest.fixture
def readers(world, settings):
    """Two who are called have an address; one of them wants no e-mail."""
    settings.CHIBO_MAILS = True
    link_user(person=Person.objects.get(code="M3"), user=world.hoa, by=None, at=AT)
    link_user(person=world.charge.person, user=world.dan, by=None, at=AT)
    for user, is_mailed in ((world.hoa, True), (world.dan, False)):
        calendars.switch_mail(user=user, email=f"{user.username}@example.org", is_mailed=is_mailed, by=user, at=AT)
    return world


def give(world, **changes) -> Notice:
    return actions.save(unit=world.cell_a, uid=UID, seen=0, content=content(**changes), give=True, by=world.ana, at=AT)


def test_who_has_an_address_and_wants_it_gets_one_e_mail(readers):
    give(readers)
    sending = Sending.objects.get()
    assert [each.user for each in Mail.objects.all()] == [readers.hoa]
    mailing.send(sending.pk, is_last=False)
    mailing.send(sending.pk, is_last=False)
    (sent,) = mail.outbox
    assert sent.to == ["hoa@example.org"]
    assert sent.subject == "Regular meeting on 12 January 2024"
    for said in ("19:30", "Nhà văn hóa thôn 1", "Giữ lời thề đảng viên"):
        assert said in sent.body
    for not_said in ("Dự thảo", "Nhiệm vụ tháng tới", "Đào"):
        assert not_said not in sent.body
    assert Mail.objects.get().state == "sent"


def test_a_change_and_a_cancelled_meeting_are_told_too(readers, settings):
    settings.CHIBO_ADDRESS = "https://chibo.example.org"
    notice = give(readers)
    actions.save(
        unit=readers.cell_a, uid=UID, seen=notice.version, content=content(at_time=time(8)), by=None, at=AT
    )  # fmt: skip
    actions.cancel(notice=notice, reason="Mưa lũ", by=readers.ana, at=AT)
    for sending in Sending.objects.order_by("number"):
        mailing.send(sending.pk, is_last=False)
    assert [each.subject.split(":")[0] for each in mail.outbox[1:]] == ["Changed", "Cancelled"]
    assert f"https://chibo.example.org/notices/{notice.pk}/" in mail.outbox[1].body
    assert "Mưa lũ" in mail.outbox[2].body


def test_nothing_is_sent_where_no_mail_server_is_set_up(readers, settings):
    settings.CHIBO_MAILS = False
    give(readers)
    assert not Mail.objects.exists()


def test_what_can_not_be_sent_is_told_on_the_notice_and_names_nobody_in_the_log(readers, monkeypatch, caplog):
    notice = give(readers)

    def refuse(*_given, **_more):
        raise smtplib.SMTPRecipientsRefused({"hoa@example.org": (550, b"no")})

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    mailing.send(Sending.objects.get().pk, is_last=False)
    assert Mail.objects.get().state == "failed"
    assert "1 could not be sent" in signed_in(readers, "ana").get(f"/notices/{notice.pk}/").content.decode()
    assert "SMTPRecipientsRefused" in caplog.text
    assert "hoa" not in caplog.text


def test_a_mail_server_that_does_not_answer_is_asked_again_and_given_up_at_last(readers, monkeypatch):
    give(readers)
    pk = Sending.objects.get().pk

    class Deaf:
        def open(self):
            raise ConnectionRefusedError

    monkeypatch.setattr(mail, "get_connection", Deaf)
    with pytest.raises(ConnectionRefusedError):
        mailing.send(pk, is_last=False)
    assert Mail.objects.get().state == "waits"
    mailing.send(pk, is_last=True)
    assert Mail.objects.get().state == "failed"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPServerDisconnected("gone"), "waits"),
        (ConnectionResetError(), "waits"),
        (TimeoutError(), "waits"),
        (smtplib.SMTPDataError(451, b"later"), "waits"),
        (smtplib.SMTPRecipientsRefused({"hoa@example.org": (450, b"greylisted")}), "waits"),
        (smtplib.SMTPRecipientsRefused({"hoa@example.org": (550, b"no")}), "failed"),
        (smtplib.SMTPDataError(554, b"no"), "failed"),
        (smtplib.SMTPNotSupportedError("no"), "failed"),
        (ValueError("no"), "failed"),
    ],
)
def test_what_is_refused_for_now_waits_for_another_try_and_fails_on_the_last(readers, monkeypatch, error, state):
    give(readers)
    pk = Sending.objects.get().pk

    def refuse(*_given, **_more):
        raise error

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    if state == "waits":
        with pytest.raises(type(error)):
            mailing.send(pk, is_last=False)
    else:
        mailing.send(pk, is_last=False)
    assert Mail.objects.get().state == state
    mailing.send(pk, is_last=True)
    assert Mail.objects.get().state == "failed"


def test_what_failed_is_sent_again_by_who_prepares_the_meeting(readers):
    notice = give(readers)
    Mail.objects.update(state="failed")
    page, again = f"/notices/{notice.pk}/", f"/notices/{notice.pk}/send-again/"
    assert "Send again what could not be sent" in signed_in(readers, "ana").get(page).content.decode()
    assert "Send again" not in signed_in(readers, "chi").get(page).content.decode()
    assert signed_in(readers, "chi").post(again).status_code == 403
    assert "1 e-mail is sent again." in signed_in(readers, "ana").post(again, follow=True).content.decode()
    assert Mail.objects.get().state == "waits"
    mailing.send(Sending.objects.get().pk, is_last=False)
    assert (Mail.objects.get().state, len(mail.outbox)) == ("sent", 1)
    assert "no e-mail to be sent again" in signed_in(readers, "ana").post(again, follow=True).content.decode()


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl", "sender"),
    [
        ("smtp://mail.example.org", 25, False, False, "chibo@mail.example.org"),
        ("smtp://a%40b:p%2Fw@mail.example.org?from=notices@example.org", 587, True, False, "notices@example.org"),
        ("smtps://a:b@mail.example.org:4650", 4650, False, True, "chibo@mail.example.org"),
    ],
)
def test_the_mail_server_is_named_by_a_url(url, port, tls, ssl, sender):
    told = mail_from(url)
    assert (told["EMAIL_PORT"], told["EMAIL_USE_TLS"], told["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert told["DEFAULT_FROM_EMAIL"] == sender


# Calendars


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def feed_of(world, user) -> str:
    calendar = calendars.renew(user=user, language="en", by=user, at=AT)
    return f"/calendar/{calendars.secret_of(calendar)}.ics"


def test_a_calendar_tells_the_meetings_one_is_called_to_and_nothing_confidential(readers, client):
    notice = give(readers, place="Nhà văn hóa; phòng 2, tầng 1", topic="Giữ lời thề\\" + "đ" * 80)
    answer = client.get(feed_of(readers, readers.hoa))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    lines = unfolded(answer.content.decode())
    for said in (
        "BEGIN:VCALENDAR", f"UID:{UID}@chibo", "SEQUENCE:0", "DTSTART:20240112T123000Z", "DTEND:20240112T131500Z",
        "LOCATION:Nhà văn hóa\\; phòng 2\\, tầng 1", "STATUS:CONFIRMED", f"DESCRIPTION:Giữ lời thề\\\\{'đ' * 80}",
        "SUMMARY:Regular meeting: Chi bộ thôn 1 Thượng Lâm", "END:VCALENDAR",
    ):  # fmt: skip
        assert said in lines, said
    assert "Nhiệm vụ" not in answer.content.decode()
    actions.cancel(notice=notice, reason="Mưa lũ", by=readers.ana, at=AT + timedelta(hours=1))
    lines = unfolded(client.get(feed_of(readers, readers.hoa)).content.decode())
    assert {"SEQUENCE:1", "STATUS:CANCELLED", "DTSTAMP:20240110T031500Z"} <= set(lines)


def test_who_is_in_charge_has_the_meeting_in_their_calendar_and_others_have_not(readers, client):
    give(readers)
    assert "BEGIN:VEVENT" in client.get(feed_of(readers, readers.dan)).content.decode()
    link_user(person=Person.objects.get(code="M6"), user=readers.chi, by=None, at=AT)
    assert "BEGIN:VEVENT" not in client.get(feed_of(readers, readers.chi)).content.decode()


def test_a_renewed_address_leaves_the_old_one_leading_nowhere(readers, client):
    old = feed_of(readers, readers.hoa)
    assert client.get(old).status_code == 200
    new = feed_of(readers, readers.hoa)
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    block(user=readers.hoa)
    assert client.get(new).status_code == 404


def block(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.mark.parametrize("secret", ["", "1", "-", "9" * 40 + "-x", "x-y", "%00", "²-a"])
def test_a_made_up_address_leads_nowhere(world, client, secret):
    assert client.get(f"/calendar/{secret}.ics").status_code == 404


def test_one_makes_ones_address_and_says_where_e_mails_go(world):
    ana = signed_in(world, "ana")
    assert ".ics" in ana.post("/me/calendar/", {"renew": "1"}, follow=True).content.decode()
    assert ana.post("/me/calendar/", {"mail": "1", "email": "nonsense"}).status_code == 422
    ana.post("/me/calendar/", {"mail": "1", "email": "ana@example.org"})
    world.ana.refresh_from_db()
    assert (world.ana.email, Calendar.objects.get(user=world.ana).is_mailed) == ("ana@example.org", False)


def test_old_meetings_leave_a_calendar(readers, client):
    give(readers)
    assert calendars.feed(Person.objects.get(code="M3").pk, TODAY + timedelta(365)).count("BEGIN:VEVENT") == 0
