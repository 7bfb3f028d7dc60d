"""The pages of the work with admissions: what they show, what they ask, what they say of what is wrong."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.admissions import actions, heads, screening
from chibo.admissions.models import (
    Certificate,
    Group,
    HeadReview,
    Helper,
    Place,
    Remark,
    Review,
    Screened,
    Screening,
    Source,
    SourceGroup,
)
from chibo.admissions.screening import Found
from chibo.core.actions import action
from chibo.members.models import Person, Post
from tests.admissions.test_steps import DAY, certified, helped, listed, official, person
from tests.permission_table import LOGIN, signed_in, status
from tests.world import AT, TODAY


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def officials(world):
    official(codes=["M1", "M2", "M4", "M6"], by=None, at=AT)
    return world


@pytest.fixture
def filled(officials):
    """Sources in cells A, B and C; a head reviewed; a screening with one under help, overdue."""
    group = actions.Group.objects.get(code="workers")
    one = listed(officials, introduced_by="Đoàn thanh niên thôn 1", groups=[group])
    helped(one)
    certified(one)
    listed(officials, who=person("Hà Thị Lui"), cell="cell_b", by=None)
    listed(officials, who=person("Hà Thị Xa"), cell="cell_c", by=None)
    heads.review_head(
        post=Post.objects.get(place="Thôn 10"), on=DAY, conditions=True, standards=True, health=True, by=None, at=AT
    )
    found = Found("help", "Vắng họp", Person.objects.get(code="M1"), date(2023, 12, 1))
    screening.screen(
        cell=officials.cell_a, year=2023, on=DAY, found={Person.objects.get(code="M3").pk: found}, by=None, at=AT
    )
    return officials


def pages(world) -> dict[str, str]:
    a = world.cell_a.pk
    one = Source.objects.get(person__full_name="Hà Văn Tới").pk
    post = Post.objects.get(place="Thôn 10")
    return {
        "cell": f"/units/{a}/sources/",
        "committee": f"/units/{world.north.pk}/sources/",
        "new": f"/units/{a}/sources/new/",
        "review": f"/units/{a}/sources/review/",
        "source": f"/sources/{one}/",
        "correct": f"/sources/{one}/correct/",
        "heads": f"/units/{world.north.pk}/heads/",
        "head": f"/units/{post.unit_id}/heads/{post.pk}/",
        "without": f"/units/{world.north.pk}/without-admission/",
        "screening": f"/units/{world.north.pk}/screening/",
        "screening of a cell": f"/units/{a}/screening/",
        "screen": f"/units/{a}/screening/new/",
        "screened": f"/screening/{Screened.objects.get(state='help').pk}/",
        "plan": f"/units/{world.north.pk}/admissions/",
        "workbook": f"/units/{world.north.pk}/sources/sources.xlsx",
    }


def test_no_page_asks_more_than_twelve_questions(filled):
    chi = signed_in(filled, "chi")
    chi.get("/me/")
    for name, url in pages(filled).items():
        with CaptureQueriesContext(connection) as asked:
            assert status(chi.get(url)) == 200, name
        own = [q for q in asked.captured_queries if "django_session" not in q["sql"] and "SAVEPOINT" not in q["sql"]]
        assert len(own) <= 12, (name, len(own))


# Who gets in: chi and ana keep lists, flo reads; ben, eva, hoa and gus see none of it, dan none of the north.
READS = {"ana", "chi", "flo"}
KEEPS = {"ana", "chi"}
WRITES = {"new", "review", "correct", "screen"}
OF_CELL_A = {"cell", "new", "review", "source", "correct", "screening of a cell", "screen", "screened"}
OF_BEN = OF_CELL_A | {"head"}  # he attends cell B for a time


@pytest.mark.parametrize("who", ["nobody", "ana", "ben", "chi", "dan", "eva", "flo", "gus", "hoa"])
def test_who_gets_what(filled, who):
    client, wrong = signed_in(filled, who), {}
    for name, url in pages(filled).items():
        if who in ("nobody", "gus"):
            expected = 302
        elif who in ("dan", "hoa") or (who == "ana" and name not in OF_CELL_A):
            expected = 404
        elif who in ("ben", "eva"):
            expected = 404 if "/units/" not in url or (who == "ben" and name not in OF_BEN) else 403
        else:
            expected = 200 if name not in WRITES or who in KEEPS else 403
        got = status(client.get(url))
        if got != expected:
            wrong[name] = (got, expected)
    assert not wrong


def everything():
    models = (Source, Place, Helper, Certificate, Remark, Review, HeadReview, Screening, Screened, Person)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("who", ["nobody", "ben", "dan", "eva", "flo", "gus", "hoa"])
def test_who_may_not_keep_the_list_may_not_send_either(filled, who):
    client, before = signed_in(filled, who), everything()
    certificate = Certificate.objects.get().pk
    given = {
        "full_name": "Hà Văn Lén", "sex": "m", "born_on": "1999-01-01", "on": "2024-01-09", "reason": "x", "text": "x",
        "number": "9", "issued_on": "2023-12-01", "person": "1", "code": "B",
        "certificate": certificate, "to": "improved",
        "conditions": "yes", "standards": "yes", "health": "yes", "until_on": "2024-09-01",
    }  # fmt: skip
    acts = ("helper", "class", "remark", "sympathiser", "apply", "off", "move", "aside", "back", "review", "list",
            "outcome", "extend", "")  # fmt: skip
    for name, url in pages(filled).items():
        for act in acts if name in ("source", "head", "screened") else ("",):
            answer = client.post(url, given | {"act": act})
            assert answer.status_code in (302, 403, 404, 405), (name, act)
            assert answer.status_code != 302 or answer.url.startswith(LOGIN)
    assert everything() == before


def test_a_secretary_puts_someone_on_the_list_in_one_form(officials):
    ana, url = signed_in(officials, "ana"), f"/units/{officials.cell_a.pk}/sources/new/"
    group = str(actions.Group.objects.get(code="students").pk)
    given = {
        "full_name": "Hà Văn Tới", "sex": "m", "born_on": "1998-04-04", "on": "2024-01-09", "groups": [group],
        "introduced_by": "Đoàn xã",
    }  # fmt: skip
    page = text(ana.post(url, given, follow=True))
    assert "Hà Văn Tới is on the list." in page
    for said in ("Give them a helper", "Đoàn xã", "Students", "9 January 2024"):
        assert said in page, said


def test_people_alike_are_told_before_a_second_record_is_made(filled):
    ana, url = signed_in(filled, "ana"), f"/units/{filled.cell_a.pk}/sources/new/"
    xa = Person.objects.get(full_name="Hà Thị Xa")  # on a list of the south
    given = {"full_name": "ha thi xa", "sex": "f", "born_on": "1998-04-04", "on": "2024-01-09"}
    answer = ana.post(url, given)
    assert answer.status_code == 422
    page = text(answer)
    assert xa.code in page
    assert "Who is it?" in page
    assert "on a list already" in text(ana.post(url, given | {"alike": str(xa.pk)}))
    people = Person.objects.count()
    assert "is on the list." in text(ana.post(url, given | {"alike": "new"}, follow=True))
    assert Person.objects.count() == people + 1
    assert "is a member" in text(
        ana.post(url, given | {"full_name": "Trần Văn Bền", "born_on": "1995-02-28",
                               "alike": str(Person.objects.get(code="M2").pk)})
    )  # fmt: skip


def test_people_nearly_alike_are_told_of_ones_own_units_only(filled):
    xa = Person.objects.get(full_name="Hà Thị Xa")  # on a list of the south
    given = {"full_name": "Hà Thị Sa", "sex": "f", "born_on": "1998-04-04", "on": "2024-01-09"}
    of_the_north = signed_in(filled, "ana").post(f"/units/{filled.cell_a.pk}/sources/new/", given, follow=True)
    assert "Hà Thị Sa is on the list." in text(of_the_north)
    given["full_name"] = "Thị Hà Sa"
    page = text(signed_in(filled, "ana").post(f"/units/{filled.cell_a.pk}/sources/new/", given))
    assert "Hà Thị Sa · 4 April 1998" in page
    assert xa.code not in page


def test_the_card_of_a_source_offers_what_comes_next_and_does_it(filled):
    ana = signed_in(filled, "ana")
    one = Source.objects.get(person__full_name="Hà Văn Tới")
    url = f"/sources/{one.pk}/"
    assert "A sympathiser, when they are ready" in text(ana.get(url))
    assert "They can apply" in text(ana.post(url, {"act": "sympathiser", "on": "2023-07-01"}, follow=True))
    assert "Their admission is under way" in text(ana.post(url, {"act": "apply", "on": "2023-08-01"}, follow=True))
    assert (
        "when they are ready"
        not in text(ana.post(url, {"act": "aside"}, follow=True)).split('id="next"')[1].split("</section>")[0]
    )
    page = text(ana.post(url, {"act": "remark", "on": "2023-09-01", "text": "Nhiệt tình"}, follow=True))
    assert "Nhiệt tình" in page
    back = {"act": "back", "certificate": Certificate.objects.get().pk}
    assert "Send them to the awareness class" in text(ana.post(url, back, follow=True))
    wrong = ana.post(url, {"act": "class", "number": "77", "issued_on": "2033-01-01", "class_at": "Huyện"})
    assert wrong.status_code == 422
    assert "still to come" in text(wrong)
    assert 'value="77"' in text(wrong)
    assert ana.post(url, {"act": "off", "on": "2024-01-09", "reason": ""}).status_code == 422
    page = text(ana.post(url, {"act": "off", "on": "2024-01-09", "reason": "Chuyển vùng"}, follow=True))
    assert "Chuyển vùng" in page
    assert "What comes next" not in page


def test_who_is_taken_off_on_the_day_they_were_listed_never_was_and_the_list_is_shown(filled):
    one = listed(filled, who=person("Hà Thị Nhầm"), on=DAY)
    sent = signed_in(filled, "ana").post(
        f"/sources/{one.pk}/", {"act": "off", "on": DAY.isoformat(), "reason": "Ghi nhầm"}, follow=True
    )
    assert sent.redirect_chain == [(f"/units/{filled.cell_a.pk}/sources/", 302)]
    assert sent.status_code == 200
    assert "They are off the list." in text(sent)


@pytest.mark.parametrize("value", ["", "\0", "9" * 40, "2023-02-31", "ữ" * 600, "<b>"])
def test_nonsense_is_answered_never_failed(filled, value):
    ana, url = signed_in(filled, "ana"), pages(filled)
    names = ("on", "person", "number", "issued_on", "class_at", "text", "reason", "code", "certificate", "decision",
             "born_on", "full_name", "until_on", "to")  # fmt: skip
    for name, acts in {
        "source": ("helper", "class", "remark", "sympathiser", "apply", "off", "move", "back", "x"),
        "head": ("review", "list", "x"), "screened": ("outcome", "extend", "x"), "screen": ("",), "review": ("",),
        "new": ("",), "correct": ("",),
    }.items():  # fmt: skip
        for act in acts:
            answer = ana.post(url[name], dict.fromkeys(names, value) | {"act": act})
            assert answer.status_code in (200, 302, 403, 404, 422), (name, act)


def test_nonsense_in_a_url_falls_back(filled):
    chi = signed_in(filled, "chi")
    for query in (
        "?after=x&period=x", "?sort=--name&years=0", "?group=x&state=y&need=z&which=x", "?q=%00&years=99",
        "?period=2023&need=class&sort=-since", "?sort=-cell&q=ha&years=" + "9" * 30,
    ):  # fmt: skip
        for name, url in pages(filled).items():
            assert status(chi.get(url + query)) == 200, (name, query)


@action("tests.group_renewed")
def renew(*, code, on, by, at):
    Group.objects.filter(code=code).update(to_on=on)
    source = Source.objects.get(person__full_name="Hà Văn Tới")
    SourceGroup.objects.create(source=source, group=Group.objects.create(code=code, from_on=on))


def test_who_belongs_to_a_group_of_then_and_of_now_is_listed_once(filled):
    renew(code="workers", on=date(2023, 10, 1), by=None, at=AT)
    page = signed_in(filled, "chi").get(f"/units/{filled.north.pk}/sources/", {"group": "workers"})
    assert [str(row[0].text) for row in page.context["table"].rows] == ["Hà Văn Tới"]


def test_a_committee_filters_its_lists_and_takes_them_along(filled):
    flo, url = signed_in(filled, "flo"), f"/units/{filled.province.pk}/sources/"
    assert all(name in text(flo.get(url)) for name in ("Hà Văn Tới", "Hà Thị Lui", "Hà Thị Xa"))
    page = text(flo.get(url, {"need": "helper"}))
    assert "Hà Văn Tới" not in page
    assert "Hà Thị Lui" in page
    page = text(flo.get(url, {"group": "workers", "need": ""}))
    assert "Hà Thị Lui" not in page
    assert "Hà Văn Tới" in page
    assert "Hà Văn Tới" in text(flo.get(url, {"q": "toi ha"}))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(flo.get(url + "sources.xlsx?need=helper").streaming_content)))
    names = {row[1] for row in book.active.iter_rows(min_row=2, values_only=True)}
    assert names == {"Hà Thị Lui", "Hà Thị Xa"}


@pytest.mark.parametrize("sort", ["name", "-name", "since", "-since", "cell", "-cell"])
def test_a_list_goes_on_after_a_page_whatever_its_order(filled, sort, monkeypatch):
    monkeypatch.setattr("chibo.admissions.views.PAGE", 1)
    flo, url, seen = signed_in(filled, "flo"), f"/units/{filled.province.pk}/sources/?sort={sort}", []
    for _n in range(3):
        page = text(flo.get(url))
        seen += [name for name in ("Hà Văn Tới", "Hà Thị Lui", "Hà Thị Xa") if f">{name}</a>" in page]
        follow = [part.split('"')[0] for part in page.split('href="')[1:] if "after=" in part.split('"')[0]]
        url = follow[-1].replace("&amp;", "&") if follow else ""
    assert sorted(seen) == ["Hà Thị Lui", "Hà Thị Xa", "Hà Văn Tới"]
    assert not url


def test_heads_who_are_no_members_are_listed_with_what_follows_for_each(filled):
    chi, url = signed_in(filled, "chi"), f"/units/{filled.north.pk}/heads/"
    page = text(chi.get(url))
    assert "Lò Văn Nhân" in page
    assert "Nguyễn Thị An" not in page.split("<main", 1)[1]  # a member
    assert "Qualified: put them on the list of sources" in page
    post = Post.objects.get(place="Thôn 10")
    head = f"/units/{post.unit_id}/heads/{post.pk}/"
    given = {"act": "list", "full_name": "Lò Văn Nhân", "sex": "m", "born_on": "1980-02-03", "on": "2023-07-01",
             "cell": post.unit_id}  # fmt: skip
    assert "Lò Văn Nhân is on the list." in text(chi.post(head, given, follow=True))
    assert Source.objects.get(person__full_name="Lò Văn Nhân").groups.get().group.code == "heads"
    given = {"act": "review", "on": "2024-01-09", "conditions": "yes", "standards": "yes", "health": "no",
             "work": "Tổ hòa giải"}  # fmt: skip
    assert "not qualified (health): Tổ hòa giải" in text(chi.post(head, given, follow=True))


def test_a_head_alike_someone_recorded_is_asked_who_it_is_before_a_second_record_is_made(filled):
    chi, post = signed_in(filled, "chi"), Post.objects.get(place="Thôn 10")
    url = f"/units/{post.unit_id}/heads/{post.pk}/"
    xa = Person.objects.get(full_name="Hà Thị Xa")
    given = {"act": "list", "full_name": "ha thi xa", "sex": "f", "born_on": "1998-04-04", "on": "2023-07-01",
             "cell": post.unit_id}  # fmt: skip
    answer = chi.post(url, given)
    assert answer.status_code == 422
    assert "Who is it?" in text(answer)
    assert xa.code in text(answer)
    assert "on a list already" in text(chi.post(url, given | {"alike": str(xa.pk)}))
    people = Person.objects.count()
    assert "is on the list." in text(chi.post(url, given | {"alike": "new"}, follow=True))
    assert Person.objects.count() == people + 1


def test_a_record_put_right_so_that_it_is_like_anothers_is_asked_about_first(filled):
    ana, one = signed_in(filled, "ana"), Source.objects.get(person__full_name="Hà Văn Tới")
    url, xa = f"/sources/{one.pk}/correct/", Person.objects.get(full_name="Hà Thị Xa")
    same = {"full_name": "Hà Văn Tới", "sex": "m", "born_on": one.person.born_on.isoformat()}
    assert "The record is put right." in text(ana.post(url, same, follow=True))  # nothing new: nothing asked
    given = {"full_name": "Hà Thị Xa", "sex": "f", "born_on": "1998-04-04"}
    answer = ana.post(url, given)
    assert answer.status_code == 422
    assert xa.code in text(answer)
    assert "one person is recorded twice" in text(ana.post(url, given | {"alike": str(xa.pk)}))
    assert Person.objects.get(pk=one.person_id).full_name == "Hà Văn Tới"
    assert "The record is put right." in text(ana.post(url, given | {"alike": "new"}, follow=True))
    assert Person.objects.get(pk=one.person_id).full_name == "Hà Thị Xa"


def test_a_cell_without_an_admission_for_years_is_listed_the_longest_first(filled):
    chi, url = signed_in(filled, "chi"), f"/units/{filled.north.pk}/without-admission/"
    page = text(chi.get(url)).split("<main", 1)[1]
    assert "Chi bộ thôn 10" in page  # last in 2015
    assert "Chi bộ thôn 1 Thượng Lâm</a>" not in page  # in 2023
    assert "2 September 2015" in page
    assert "Chi bộ thôn 10" not in text(chi.get(url, {"years": "9"})).split("<main", 1)[1]


def test_a_cell_screens_its_members_and_the_committee_sees_who_is_overdue(filled):
    ana = signed_in(filled, "ana")
    m2, m3 = (Person.objects.get(code=code).pk for code in ("M2", "M3"))
    url = f"/units/{filled.cell_a.pk}/screening/new/"
    given = {"on": "2024-01-09", f"state-{m2}": "help", f"reason-{m2}": "Bỏ sinh hoạt"}
    given["m"] = [Person.objects.get(code="M1").pk, m2]
    changed = ana.post(url, given)  # one of the members was not shown
    assert changed.status_code == 422
    assert "the members were not those of the list" in text(changed)
    given["m"] += [m3]
    answer = ana.post(url, given)
    assert answer.status_code == 422
    assert "Say who helps." in text(answer)
    assert "Bỏ sinh hoạt" in text(answer)
    given |= {f"helper-{m2}": Person.objects.get(code="M1").pk, f"until-{m2}": "2024-06-30"}
    assert "The screening is recorded." in text(ana.post(url, given, follow=True))
    assert Screened.objects.filter(screening__year=2024).count() == 3
    chi = signed_in(filled, "chi")
    base = f"/units/{filled.north.pk}/screening/"
    overdue = text(chi.get(base, {"which": "overdue"}))
    assert "Đặng Thị Đào" in overdue
    assert "Trần Văn Bền" not in overdue
    assert "Chi bộ thôn 10" in text(chi.get(base, {"which": "waiting"}))
    line = Screened.objects.get(person=m3, state="help")
    page = text(chi.post(f"/screening/{line.pk}/", {"act": "outcome", "to": "improved", "on": "2024-01-09",
                                                    "outcome": "Đã tiến bộ"}, follow=True))  # fmt: skip
    assert "Đã tiến bộ" in page
    assert "Đặng Thị Đào" in text(chi.get(base, {"which": "done"}))
    assert TODAY.year == 2024


def test_a_child_is_not_put_on_the_list_and_the_reason_stands_beside_the_day(officials):
    ana, url = signed_in(officials, "ana"), f"/units/{officials.cell_a.pk}/sources/new/"
    new = {"full_name": "Hà Văn Bé", "sex": "m", "born_on": "2020-03-01", "on": "2023-06-01"}
    refused = ana.post(url, new)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["born_on"]
    assert "at least 18 years old; the list is of people from 16 years on" in text(refused)
    assert list(ana.post(url, new | {"born_on": "2007-07-01"}).context["form"].errors) == ["born_on"]
    assert ana.post(url, new | {"born_on": "2007-06-30"}).status_code == 302
    listed = Source.objects.get()
    assert list(ana.post(f"/sources/{listed.pk}/correct/", new).context["form"].errors) == ["born_on"]


def test_a_day_to_come_is_refused_beside_the_day(officials):
    new = {"full_name": "Hà Văn Tới", "sex": "m", "born_on": "1998-04-04", "on": "2024-02-01"}
    refused = signed_in(officials, "ana").post(f"/units/{officials.cell_a.pk}/sources/new/", new)
    assert refused.context["form"].errors == {"on": ["This day is still to come."]}
