"""The pages of committees: what they show, what they ask, what they say of what is wrong; and how often they ask."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chibo.committees.models import Charge, Norm, Term, Visit
from chibo.core.actions import action
from chibo.core.text import search_key
from chibo.members.models import Person, Post
from tests.permission_table import signed_in
from tests.world import AT, TODAY


def text(response) -> str:
    return response.content.decode()


@action("tests.seated")
def seated(*, by, at):
    return Post.objects.create(
        unit=Post.objects.filter(post="deputy_secretary").get().unit, post="deputy_secretary",
        person=Person.objects.get(code="M8"), from_on=date(2023, 12, 1),
    )  # fmt: skip


def url(world, page, unit="cell_b", **names) -> str:
    return f"/units/{getattr(world, unit).pk}/{page}"


def test_the_committee_stands_beside_what_was_approved(world):
    page = text(signed_in(world, "chi").get(url(world, "committee/", "north")))
    for said in (
        "Term 2020–2025", "7-QĐ/TU", "1-QC/HU of 1 September 2020", "1 of 3", "as asked for", "too few",
        "since 1 July 2023, when the last holder left", "193 days", "M8", "Hand over", "Fill it",
    ):  # fmt: skip
        assert said in page, said


def test_a_secretary_sees_who_holds_what_but_no_button(world):
    page = text(signed_in(world, "ana").get(url(world, "committee/", "cell_a"))).split("<main", 1)[1]
    assert "Nguyễn Thị An" in page
    assert "Village head, Thôn 1" in page
    for way in ("Hand over", "Fill", "/several-posts/", "/in-charge/"):
        assert way not in page, way
    assert signed_in(world, "ben").get(url(world, "committee/", "cell_a")).status_code == 403


def test_a_holder_from_elsewhere_is_shown_by_code(world):
    """The deputy was of cell D, which is the south's today: his post here is to be seen, he is not."""
    page = text(signed_in(world, "chi").get(url(world, "committee/", "north")))
    assert ">M8" in page
    assert "Đinh Văn Quý" not in page
    assert f"/members/{Person.objects.get(code='M8').pk}/" not in page
    assert f"/members/{Person.objects.get(code='M4').pk}/" in page


def test_no_page_that_changes_a_post_or_a_charge_tells_the_name_of_a_holder_from_elsewhere(world):
    """The deputy is of the south today, but sits in the north's committee and looks after one of its cells."""
    said = seated(by=None, at=AT)
    chi, name, code = signed_in(world, "chi"), "Đinh Văn Quý", "M8"

    def asked(at, **given):
        return text(chi.post(at, given, follow=True))

    change = url(world, f"posts/{said.pk}/", "north")
    seen = [
        asked(url(world, "in-charge/new/", "north"), person=said.person_id, over="A", from_on="2024-01-02"),
        asked(url(world, "in-charge/new/", "north"), person=said.person_id, over="A", from_on="2024-01-02"),
        asked(change + "end/", act="look", on="2024-01-09"),
        asked(change + "hand-over/", act="look", on="2024-01-09", who="M3"),
        asked(change + "correct/", act="look", who="M3", from_on="2023-12-01"),
        asked(change + "correct/", act="look", who=code, from_on="2023-12-01", to_on="2024-01-03"),
    ]
    charge = Charge.objects.get(person=said.person)
    page = f"/charges/{charge.pk}/"
    seen += [
        asked(page, act="visit", day="2023-12-09"),
        asked(page, act="end", on="2024-01-08"),
        asked(change + "end/", act="do", on="2024-01-09"),
    ]
    told = (
        "M8 is in charge.", "This member is in charge there already.", f"{code}: no longer", f"{code}: no longer",
        "“M8” becomes", "becomes", "This member was not in charge", "M8 is no longer in charge",
        "M8: no longer Deputy secretary from 9 January 2024 on.",
    )  # fmt: skip
    for one, words in zip(seen, told, strict=True):
        assert name not in one, words
        assert words in one


def test_a_committee_of_a_past_day_is_as_it_was(world):
    page = text(signed_in(world, "chi").get(url(world, "committee/?on=2016-01-01", "north")))
    assert "as it was on 1 January 2016" in page
    assert "No term is recorded" in page
    assert page.index("Lý Văn Ấm") < page.index("Before and after")


def test_a_vacancy_is_filled_in_three_steps(world):
    chi = signed_in(world, "chi")
    form = url(world, "posts/new/?post=secretary")
    assert "Place" not in text(chi.get(form)).split("<main", 1)[1]
    said = {"post": "secretary", "who": "dao", "from_on": "2024-01-10", "decision": "3-QĐ/HU"}
    seen = text(chi.post(form, said | {"act": "look"}))
    assert "Đặng Thị Đào: Secretary at Chi bộ thôn 10 Thượng Lâm from 10 January 2024 on." in seen
    assert "A member of Chi bộ thôn 1 Thượng Lâm, which is not under this unit." in seen
    assert "A probationary member" in seen
    assert 'name="who" value="dao"' in seen
    assert not Post.objects.filter(unit=world.cell_b, post="secretary").exists()
    done = chi.post(form, said | {"act": "do"})
    assert (done.status_code, done.url) == (302, url(world, "committee/"))
    assert Post.objects.get(unit=world.cell_b, post="secretary").person.code == "M3"
    assert "Đặng Thị Đào: Secretary from 10 January 2024 on." in text(chi.get(done.url))


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(world):
    chi = signed_in(world, "chi")
    wrong = [
        ({"who": ""}, "who", "Only a member holds this post"),
        ({"who": "zzz"}, "who", "No member of your units"),
        ({"who": "M6"}, "who", "No member of your units"),  # of the south
        ({"who": "Thị"}, "chosen", "Several people have these words"),
        ({"from_on": "1999-01-01"}, "from_on", "founded on 3 February 2000"),
        ({"from_on": "2029-01-01"}, "from_on", "two years ahead"),
        ({"from_on": "1800-01-01"}, "from_on", "This year can&#x27;t be meant"),
        ({"from_on": "x"}, "from_on", "Enter a valid date"),
        ({"to_on": "2024-01-10"}, "to_on", "ends after that day"),
        ({"decision": "3\u202eQĐ"}, "decision", "hidden characters"),
        ({"post": "king"}, "post", "Choose one of the list"),
        ({"post": "village_head", "place": ""}, "place", "Say of which village"),
        ({"post": "village_head", "place": "Thôn 10", "from_on": "2023-01-01"}, "from_on", "holds this post since"),
    ]  # fmt: skip
    for given, field, said in wrong:
        sent = {"post": "secretary", "who": "M4", "from_on": "2024-01-10", "act": "do"} | given
        answer = chi.post(url(world, "posts/new/"), sent)
        assert answer.status_code == 422, given
        assert field in answer.context["form"].errors, (given, answer.context["form"].errors)
        assert said in text(answer), given
        assert f'value="{sent["from_on"]}"' in text(answer)
    assert not Post.objects.filter(unit=world.cell_b, post="secretary").exists()


def test_what_was_confirmed_is_looked_at_again_before_it_is_done(world):
    """Someone else was appointed between the preview and the button."""
    chi = signed_in(world, "chi")
    said = {"post": "secretary", "who": "M4", "from_on": "2024-01-10"}
    assert "What follows" in text(chi.post(url(world, "posts/new/"), said | {"act": "look"}))
    chi.post(url(world, "posts/new/"), said | {"who": "M3", "act": "do"})
    again = chi.post(url(world, "posts/new/"), said | {"act": "do"})
    assert again.status_code == 422
    assert "Someone holds this post since 10 January 2024" in text(again)


def test_a_post_is_handed_over_and_who_leaves_looks_after_nobody(world):
    chi, form = signed_in(world, "chi"), url(world, f"posts/{world.post.pk}/hand-over/", "north")
    said = {"who": "M3", "on": "2024-01-10", "decision": "6-QĐ/TU"}
    seen = text(chi.post(form, said | {"act": "look"}))
    assert "no longer Secretary" in seen
    assert "no longer looks after the 1 unit or member" in seen
    assert "Of 5 committee members approved there are then 3." in seen
    assert chi.post(form, said | {"act": "do"}).status_code == 302
    assert Post.objects.get(unit=world.north, post="secretary", to_on=None).person.code == "M3"
    assert Charge.objects.get().to_on == TODAY
    assert chi.post(form, said | {"who": "M4", "act": "do"}).status_code == 422  # holds it no longer


def test_a_post_is_ended_and_corrected(world):
    chi = signed_in(world, "chi")
    end = url(world, f"posts/{world.post.pk}/end/", "north")
    assert "The post is vacant from then on" in text(chi.post(end, {"on": "2024-02-01", "act": "look"}))
    assert chi.post(end, {"on": "2020-07-01", "act": "do"}).status_code == 422
    assert chi.post(end, {"on": "2024-02-01", "decision": "7-QĐ/TU", "act": "do"}).status_code == 302
    correct = url(world, f"posts/{world.post.pk}/correct/", "north")
    began = text(chi.get(correct))
    assert 'value="M4"' in began
    assert 'value="2024-02-01"' in began
    said = {"who": "M4", "from_on": "2020-08-01", "to_on": "", "decision": "8-QĐ/TU", "act": "look"}
    assert "From: “1 July 2020” becomes “1 August 2020”." in text(chi.post(correct, said))
    assert chi.post(correct, said | {"act": "do"}).status_code == 302
    assert Post.objects.get(pk=world.post.pk).from_on == date(2020, 8, 1)


def test_a_post_of_another_unit_or_none_is_not_found(world):
    chi = signed_in(world, "chi")
    for unit, pk in (("upland", world.post.pk), ("north", 987654321), ("north", 9**40)):
        for page in ("end", "hand-over", "correct"):
            assert chi.get(url(world, f"posts/{pk}/{page}/", unit)).status_code == 404
    assert chi.get(url(world, f"committee/terms/{9**40}/", "north")).status_code == 404


def test_a_term_is_recorded_with_what_the_rules_ask_and_put_right(world):
    chi, new = signed_in(world, "chi"), url(world, "committee/terms/new/", "upland")
    assert 'value="15"' in text(chi.get(new))
    said = {
        "from_on": "2020-05-15",
        "to_on": "2025-05-15",
        "seats": "13",
        "standing": "5",
        "deputies": "1",
        "women": "20",
    }
    for given, field, why in (
        ({"seats": "3"}, "seats", "for the committee as a whole"),
        ({"seats": "-1"}, "seats", "whole number from 0 to 500"),
        ({"women": "101"}, "women", "whole number from 0 to 100"),
        ({"seats": "9" * 40}, "seats", "whole number from 0 to 500"),
        ({"from_on": "2025-06-01"}, "from_on", "end after the day it begins"),
        ({"regulation_on": "2019-01-01"}, "regulation_on", "issued then or later"),
    ):
        answer = chi.post(new, said | given)
        assert answer.status_code == 422
        errors = answer.context["form"].errors
        assert why in str(errors.get(field)), (given, errors)
    assert chi.post(new, said).status_code == 302
    term = Term.objects.get(unit=world.upland)
    assert (term.seats, term.women, term.regulation_on) == (13, 20, None)
    issued = said | {"regulation_number": "1-QC/ĐU", "regulation_on": "2020-06-30"}
    assert chi.post(url(world, f"committee/terms/{term.pk}/", "upland"), issued).status_code == 302
    term.refresh_from_db()
    assert term.regulation_on == date(2020, 6, 30)


def test_someone_is_put_in_charge_from_the_list_of_what_nobody_looks_after(world):
    chi = signed_in(world, "chi")
    listed = text(chi.get(url(world, "in-charge/?which=units", "north")))
    assert "Chi bộ thôn 10 Thượng Lâm" in listed
    assert "Chi bộ thôn 1 Thượng Lâm" not in listed
    new = url(world, "in-charge/new/?over=B", "north")
    assert 'value="B"' in text(chi.get(new))
    an = Person.objects.get(code="M1").pk
    said = {"person": str(an), "over": "B", "from_on": "2024-01-10"}
    for given, field in (
        ({"over": "C"}, "over"),
        ({"over": "T-N"}, "over"),
        ({"person": "9" * 30}, "person"),
        ({"from_on": "2019-01-01"}, "person"),
    ):
        answer = chi.post(new, said | given)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors, given
    assert chi.post(new, said).status_code == 302
    assert Charge.objects.filter(over_unit=world.cell_b, person=an).exists()
    upland = url(world, "in-charge/?which=members", "upland")
    assert "Đặng Thị Đào" in text(chi.get(upland))
    assert "Võ Thị Yến" not in text(chi.get(upland))


def test_visits_are_recorded_taken_back_and_a_charge_ended_on_its_page(world):
    chi, page = signed_in(world, "chi"), f"/charges/{world.charge.pk}/"
    assert "Cùng dự họp chi bộ" in text(chi.get(page))
    assert chi.post(page, {"act": "visit", "day": "2024-01-09", "note": "Họp"}).status_code == 302
    again = chi.post(page, {"act": "visit", "day": "2024-01-09", "note": "Họp"})
    assert again.status_code == 422
    assert "recorded already" in text(again)
    assert chi.post(page, {"act": "visit", "day": "2024-02-09"}).status_code == 422
    visit = Visit.objects.get(on=date(2024, 1, 9))
    assert chi.post(page, {"act": "back", "visit": "9" * 40}).status_code == 404
    assert chi.post(page, {"act": "back", "visit": visit.pk}).status_code == 302
    assert chi.post(page, {"act": "end", "on": "2023-01-01"}).status_code == 422
    assert chi.post(page, {"act": "end", "on": "2024-01-10"}).status_code == 302
    assert chi.post(page, {"act": "nonsense"}).status_code == 200


def test_who_looks_after_a_cell_finds_it_in_their_own_record(world):
    ben = signed_in(world, "ben")
    assert "I look after" not in text(ben.get("/me/"))
    world.charge.person = Person.objects.get(code="M2")
    chi = signed_in(world, "chi")
    said = {"person": str(Person.objects.get(code="M2").pk), "over": "A", "from_on": "2023-12-01"}
    assert chi.post(url(world, "in-charge/new/", "north"), said).status_code == 302
    mine = Charge.objects.get(person__code="M2")
    assert f"/charges/{mine.pk}/" in text(ben.get("/me/"))
    assert ben.get(f"/charges/{mine.pk}/").status_code == 200
    assert ben.post(f"/charges/{mine.pk}/", {"act": "visit", "day": "2024-01-02", "note": ""}).status_code == 302
    assert ben.post(f"/charges/{mine.pk}/", {"act": "end", "on": "2024-01-10"}).status_code == 403
    assert ben.get(f"/charges/{world.charge.pk}/").status_code == 404


def test_the_life_of_a_member_tells_posts_with_their_decisions_and_whom_they_looked_after(world):
    page = text(signed_in(world, "chi").get(f"/members/{Person.objects.get(code='M4').pk}/"))
    for said in (
        "Committee member",
        "1 July 2015 to 1 July 2020 (8-QĐ/TU)",
        "In charge of a unit",
        "since 1 January 2021",
    ):
        assert said in page, said
    ben = text(signed_in(world, "ben").get("/me/"))
    assert "since 1 September 2023 (8-QĐ/TU)" in ben


def test_people_with_several_posts_are_listed_by_name_and_kind(world):
    chi = signed_in(world, "chi")
    every = text(chi.get(url(world, "several-posts/", "north")))
    assert "Village head, Thôn 1, Chi bộ thôn 1 Thượng Lâm" in every  # An sits in the committee too
    assert "Lý Văn Ấm" not in every.split("<main", 1)[1]
    assert (
        "Nguyễn Thị An" not in text(chi.get(url(world, "several-posts/?which=village", "north"))).split("<main", 1)[1]
    )
    chi.post(
        url(world, "posts/new/", "cell_a"), {"post": "secretary", "who": "M1", "from_on": "2024-01-01", "act": "do"}
    )
    assert "Nguyễn Thị An" in text(chi.get(url(world, "several-posts/?which=village", "north")))


def test_an_administrator_changes_what_the_rules_ask(world):
    eva = signed_in(world, "eva")
    said = {"kind": "district", "what": "seats", "number": "37", "from_on": "2024-02-01", "source": "1-QĐ/TU"}
    assert eva.post("/norms/", said | {"number": "501"}).status_code == 422
    assert eva.post("/norms/", said | {"source": ""}).status_code == 422
    assert eva.post("/norms/", said).status_code == 302
    assert eva.post("/norms/", said).status_code == 422
    assert Norm.objects.get(number=37).source == "1-QĐ/TU"
    assert "1-QĐ/TU" in text(eva.get("/norms/"))


def test_the_desk_of_an_officer_tells_what_is_vacant_here_and_directly_below(world):
    desk = text(signed_in(world, "chi").get("/"))
    assert "3 posts are vacant here or directly below" in desk
    assert f"/units/{world.north.pk}/vacancies/" in desk
    assert "posts are vacant" not in text(signed_in(world, "flo").get("/"))


@pytest.mark.parametrize(
    ("page", "unit", "most"),
    [
        ("committee/", "north", 12), ("vacancies/", "province", 12), ("several-posts/", "province", 12),
        ("in-charge/", "north", 12), ("in-charge/?which=units", "north", 12),
        ("in-charge/?which=members", "upland", 12),
        ("posts/new/?post=secretary", "north", 12), ("committee/terms/new/", "north", 12),
        ("in-charge/new/", "north", 12),
    ],
)  # fmt: skip
def test_a_page_asks_twelve_questions_at_most(world, page, unit, most):
    who = "chi" if unit != "province" else "flo"
    client = signed_in(world, who)
    client.get(url(world, page, unit))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(url(world, page, unit)).status_code == 200
    assert len(asked) <= most, [query["sql"][:100] for query in asked]


@action("tests.renamed")
def rename(*, code, name, by, at):
    Person.objects.filter(code=code).update(full_name=name, search_key=search_key(name))


def test_people_offered_are_those_called_so_to_the_accent_then_those_of_the_unit(world):
    rename(code="M4", name="Nguyễn Thi An", by=None, at=AT)
    chi = signed_in(world, "chi")
    for words, first in (("Nguyễn Thị An", "M1"), ("nguyen thi an", "M4")):
        sent = {"post": "secretary", "who": words, "from_on": "2024-01-10", "act": "look"}
        answer = chi.post(url(world, "posts/new/"), sent)
        offered = [label for value, label in answer.context["form"].fields["chosen"].choices if value]
        assert [label.split(" · ")[1] for label in offered] == [first, {"M1": "M4", "M4": "M1"}[first]]
        assert "1980" in next(label for label in offered if "M1" in label)
        assert "Which of these people?</label>" in text(answer)
