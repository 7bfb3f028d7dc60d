"""What the papers of a case may say of whom it is about: as the records stand that day, nothing that is sensitive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from chibo.admissions.models import Certificate, Helper
from chibo.core.formats import day as written_day
from chibo.core.spans import holding
from chibo.files.groups import FACTS, SENSITIVE, Group
from chibo.files.models import Entry
from chibo.files.queries import entries_of
from chibo.members.models import Membership, Person, Post, Suspension
from chibo.members.party_age import party_age, spells_of, taken_off
from chibo.papers.making import LANGUAGE
from chibo.procedures.flow import day_told, said
from chibo.procedures.models import Case
from chibo.registers.models import Paid, Payment

ASKED = (Group.IDENTITY, Group.PARTY, Group.EDUCATION, Group.WORK, Group.REWARDS, Group.TRAINING)
assert not SENSITIVE & set(ASKED)  # a paper is read by more people than the file


def member_values(case: Case, on: date) -> dict[str, Any]:
    """Of a member, or of who last was one: the person, the file, the membership, what was told of the matter."""
    person = case.member_case.person
    with override(LANGUAGE):
        values = {**_person(person, on), **_helped(person, on), **_membership(person, on), **_matter(case, person)}
    return {name: value for name, value in values.items() if value not in (None, "")}


def joining_values(case: Case, on: date) -> dict[str, Any]:
    """Of someone who is to join: the person, the file, who helps them, the class."""
    person = case.member_case.person
    with override(LANGUAGE):
        values = {**_person(person, on), **_helped(person, on)}
        joined = case.member_case.membership
        if joined is not None:
            values |= {"joined_on": joined.joined_on, "official_on": joined.official_on}
    return {name: value for name, value in values.items() if value not in (None, "")}


def _person(person: Person, on: date) -> dict[str, Any]:
    """The person and what is not sensitive of the file. Two queries."""
    found: dict[str, list[Entry]] = {}
    for entry in entries_of(person, ASKED):
        if (entry.from_on is None or entry.from_on <= on) and (entry.to_on is None or entry.to_on > on or _past(entry)):
            found.setdefault(entry.group, []).append(entry)

    def first(group: Group, field: str) -> str:
        return next((str(each.said[field]) for each in found.get(group, []) if each.said.get(field)), "")

    return {
        "full_name": person.full_name,
        "sex": str(person.get_sex_display()),
        "born_on": person.born_on,
        "ethnicity": person.ethnicity,
        "religion": person.religion,
        "education": person.education,
        "theory": person.theory,
        "occupation": person.occupation,
        "birth_place": first(Group.IDENTITY, "birthplace"),
        "home": first(Group.IDENTITY, "home"),
        "card_number": first(Group.PARTY, "card"),
        "file_number": first(Group.PARTY, "number"),
        "workplace": first(Group.WORK, "place"),
        "history": _lines([*found.get(Group.EDUCATION, []), *found.get(Group.WORK, [])]),
        "training": _lines(found.get(Group.TRAINING, [])),
        "awards": _lines(found.get(Group.REWARDS, [])),
        "posts": _posts(person, on),
    }


def _past(entry: Entry) -> bool:
    """Whether what is over still is part of a life as papers tell it."""
    return entry.group in (Group.EDUCATION, Group.WORK, Group.TRAINING)


def _lines(entries: list[Entry]) -> str:
    """Entries line by line, the oldest first: when, and what."""
    order = sorted(entries, key=lambda each: (each.from_on or date.min, each.pk))
    lines = []
    for each in order:
        names = [field.name for field in each.spec.fields]
        what = ", ".join(str(each.said[name]) for name in names if each.said.get(name))
        days = "–".join(written_day(one) for one in (each.from_on, each.to_on) if one is not None)
        lines.append(f"{days}: {what}." if days else f"{what}.")
    return "\n".join(lines)


def _posts(person: Person, on: date) -> str:
    """The posts someone holds on a day. One query."""
    held = Post.objects.filter(holding(on), person=person).select_related("unit").order_by("from_on", "pk")
    return ", ".join(f"{each.get_post_display()} {each.unit.name}" for each in held)


def _helped(person: Person, on: date) -> dict[str, Any]:
    """Who helps someone, or last did, and the newest certificate of the awareness class. Four queries."""
    certificate = Certificate.objects.filter(person=person, issued_on__lte=on).order_by("-issued_on").first()
    values: dict[str, Any] = {}
    if certificate is not None:
        said_of = {"number": certificate.number, "day": written_day(certificate.issued_on)}
        values["class_certificate"] = _("no. %(number)s of %(day)s") % said_of
    helper = (
        Helper.objects.filter(source__person=person, from_on__lte=on)
        .select_related("person").order_by("-from_on", "-pk").first()
    )  # fmt: skip
    if helper is None:
        return values
    spell = Membership.objects.filter(person=helper.person_id, joined_on__lte=on).order_by("-joined_on").first()
    return values | {
        "helper_name": helper.person.full_name,
        "helper_born_on": helper.person.born_on,
        "helper_post": _posts(helper.person, on),
        "helper_joined_on": spell.joined_on if spell else None,
        "helper_official_on": spell.official_on if spell else None,
        "assigned_on": helper.from_on,
    }


def _membership(person: Person, on: date) -> dict[str, Any]:
    """Since when someone is a member, their Party age, until when dues are paid. Three queries."""
    spells = list(Membership.objects.filter(person=person).select_related("departure").order_by("joined_on"))
    if not spells:
        return {}
    off = Suspension.objects.filter(membership__in=[each.pk for each in spells]).order_by("from_on")
    age = party_age(spells_of(spells), taken_off(off), on)
    paid = Payment.objects.filter(person=person, state=Paid.PAID).order_by("-month").first()
    return {
        "joined_on": spells[-1].joined_on,
        "official_on": spells[-1].official_on,
        "party_years": age.years if age else None,
        "party_age": age.said if age else "",
        "dues_until": _("the end of %(month)s") % {"month": f"{paid.month:%m}/{paid.month.year}"} if paid else "",
    }


def _matter(case: Case, person: Person) -> dict[str, Any]:
    """What was told of the matter itself: the badge, the correction."""
    told, code = case.told, case.version.procedure.code
    if code == "badge" and told.get("years"):
        awarded = day_told(told, "awarded_on")
        return {
            "badge": _("Badge of %(n)s years of Party age") % {"n": told["years"]},
            "badge_case": _chosen(case, "why"),
            "badge_day": written_day(awarded) if awarded else "",
        }
    if code in ("leaving", "exemption", "abroad") and told.get("why"):
        return {"reason": _chosen(case, "ground") or told["why"]}
    if code == "correction" and told.get("what"):
        return {
            "field_name": _chosen(case, "what"),
            "value_now": recorded_now(person, str(told["what"])),
            "value_right": told.get("value", ""),
            "reason": told.get("why", ""),
        }
    return {}


def recorded_now(person: Person, fact: str) -> str:
    """What one of the facts of a record says; empty if it is none of them. Asks nothing of the database."""
    if fact not in FACTS:
        return ""
    now = person.get_sex_display() if fact == "sex" else getattr(person, fact)
    return written_day(now) if isinstance(now, date) else str(now)


def _chosen(case: Case, code: str) -> str:
    """A choice that was told, in words."""
    asks = [*case.version.flow.asks, *(ask for step in case.version.flow.steps for ask in step.asks)]
    choices: Mapping[str, Any] = next((ask.choices for ask in asks if ask.code == code), {})
    told = str(case.told.get(code, ""))
    return said(choices[told]) if told in choices else ""
