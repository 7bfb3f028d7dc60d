"""What is filled in on posts, terms, charges, visits and norms; each fault at its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chibo.committees import policies
from chibo.committees.models import Charge, Norm, Term, What
from chibo.core.actions import Denied
from chibo.core.fields import PLAIN, DayField, LineField, decision_field
from chibo.members import policies as members
from chibo.members.models import ON_COMMITTEE, ONE_AT_A_PLACE, Person, Post, PostKind, Stay
from chibo.members.queries import present
from chibo.members.words import first_of_many, found_by
from chibo.organizations.kinds import Kind
from chibo.organizations.models import Unit
from chibo.organizations.scope import Scope

FOUND = 20  # people offered to choose from
PEOPLE = gettext_lazy("Member's code, or words of the name, with or without accents.")


class Faults(forms.Form):
    """A form that tells what a policy refuses beside one of its fields."""

    def told(self, field: str, check: Callable[..., None], *given: Any) -> None:
        """Ask a policy; what it says stands at a field."""
        if field in self.errors:
            return
        try:
            check(*given)
        except Denied as error:
            self.add_error(field if field in self.fields else None, str(error))


def _called(stay: Stay) -> str:
    """Someone by name, code, year of birth and cell, to be told from others of the name."""
    person = stay.membership.person
    return f"{person.full_name} · {person.code} · {person.born_on.year} · {stay.cell.name}"


class HolderForm(Faults):
    """Someone found by code or name among the members whom the user may see."""

    who = LineField(
        label=gettext_lazy("Who"), help_text=PEOPLE, required=False, widget=forms.TextInput(attrs=PLAIN)
    )  # fmt: skip
    chosen = forms.ChoiceField(label=gettext_lazy("Which of these people?"), required=False)

    def __init__(self, data: Any, scope: Scope, today: date, near: Unit | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.scope, self.today, self.near = scope, today, near
        self.people: list[Person] = []
        if data:
            self._look(str(data.get("who", ""))[:500].replace("\0", ""))
        for name in ("who", "chosen"):  # asked for, though `clean` says what is missing
            self.fields[name].needed = True  # type: ignore[attr-defined]
        if len(self.people) < 2:
            del self.fields["chosen"]

    def _look(self, words: str) -> None:
        """Find the member of this code, else those whose names have the words."""
        here = present(self.scope, self.today).select_related("membership__person", "cell")
        text = words.strip()
        exact = here.filter(membership__person__code=text).first() if text else None
        found = [exact] if exact else []
        if text and not exact:
            some = found_by(here, text)
            path = self.near.path if self.near else ""
            found = first_of_many(some, path, FOUND) if some.is_many else list(self._nearest(some.stays, text)[:FOUND])
        self.people = [stay.membership.person for stay in found]
        said = [(str(s.membership.person_id), _called(s)) for s in found]
        self.fields["chosen"].choices = [("", "–"), *said]  # type: ignore[attr-defined]

    def _nearest(self, found: Any, text: str) -> Any:
        """Who is called so to the accent first, then those of the unit itself, then the others; by name."""
        name, own = "membership__person__full_name", "membership__person__sort_key"
        is_exact = When(Q(**{f"{name}__icontains": text}), then=Value(0))
        is_near = When(Q(cell__path__startswith=self.near.path), then=Value(0)) if self.near else None
        order = [Case(is_exact, default=Value(1)), *([Case(is_near, default=Value(1))] if is_near else [])]
        return found.order_by(*order, own, "membership__person_id")

    def person(self) -> Person | None:
        """Whom the words and the choice mean; a fault at the field if nobody, or several."""
        words, chosen = self.cleaned_data.get("who", ""), self.cleaned_data.get("chosen", "")
        if not words or self.errors.get("who") or self.errors.get("chosen"):
            return None
        if not self.people:
            self.add_error("who", _("No member of your units has this code or these words."))
            return None
        if len(self.people) == 1:
            return self.people[0]
        by_pk = {str(person.pk): person for person in self.people}
        if chosen not in by_pk:
            self.add_error("chosen", _("Several people have these words: choose one."))
        return by_pk.get(chosen)


class PostForm(HolderForm):
    """Who holds a post from when on, perhaps to when, by which decision. `begun` is the record to correct."""

    field_order = ("post", "place", "who", "chosen", "holder_name", "from_on", "to_on", "decision", "end_decision")
    post = forms.ChoiceField(
        label=gettext_lazy("Post"),
        choices=PostKind.choices,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
    )
    place = LineField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Of village heads and heads of residential groups: which village, which group."),
        required=False,
    )
    holder_name = LineField(
        label=gettext_lazy("Name, of someone who is not a member"),
        help_text=gettext_lazy("Only heads of villages, residential groups and agencies may be no members."),
        required=False,
    )
    from_on = DayField(label=gettext_lazy("From"))
    to_on = DayField(
        label=gettext_lazy("To"),
        help_text=pgettext_lazy("post", "The first day on which it is no longer held."),
        required=False,
    )
    decision = decision_field()

    def __init__(
        self, data: Any, unit: Unit, scope: Scope, today: date, begun: Post | None = None, fixed: str = "", **more: Any
    ) -> None:
        super().__init__(data, scope, today, unit, **more)
        self.unit, self.begun = unit, begun
        if (begun.post if begun else fixed) in ON_COMMITTEE:  # only members hold it, and it has no place
            if not (begun and begun.place):
                del self.fields["place"]
            if not (begun and begun.holder_name):
                del self.fields["holder_name"]
                self.fields["who"].required = True
        if fixed in ON_COMMITTEE:
            self.fields["post"].choices = [(fixed, PostKind(fixed).label)]  # type: ignore[attr-defined]
        if begun is not None:
            del self.fields["post"]
            self.fields["end_decision"] = decision_field()
            self.fields["end_decision"].label = _("Decision by which it ended")

    def clean(self) -> dict[str, Any]:
        """Put the people themselves in the place of what was typed, and ask the policies."""
        given = self.cleaned_data
        person = given["person"] = self._who(given)
        kind = self.begun.post if self.begun else given.get("post", "")
        if kind in ONE_AT_A_PLACE and not given.get("place") and "place" not in self.errors:
            self.add_error("place", _("Say of which village or group."))
        named = self.begun is not None and given.get("holder_name")  # as a workbook brought it
        if kind in ON_COMMITTEE and person is None and not named and not self.errors:
            self.add_error("who", _("Only a member holds this post: give a code or a name."))
        elif person is None and not given.get("holder_name") and not self.errors:
            self.add_error("who", _("Say who holds the post."))
        if given.get("from_on"):
            self.told("from_on", members.check_begins, self.unit, given["from_on"], self.today)
        if not self.errors:
            post = self.made()
            self.told("to_on", members.check_ends, post, post.to_on, self.today)
            if not self.errors:
                self.told("from_on", members.check_free, post)
        return given

    def _who(self, given: dict[str, Any]) -> Person | None:
        """The person named; of a record that is corrected, the holder as it stands if nothing else was typed."""
        holder = self.begun.person if self.begun is not None else None
        if holder is not None and given.get("who") == holder.code:
            return holder
        return self.person()

    def made(self) -> Post:
        """The post as the form says it."""
        given = self.cleaned_data
        return Post(
            pk=self.begun.pk if self.begun else None, unit=self.unit, person=given["person"],
            post=self.begun.post if self.begun else given["post"], place=given.get("place", ""),
            holder_name="" if given["person"] else given.get("holder_name", ""), from_on=given["from_on"],
            to_on=given.get("to_on"), decision=given.get("decision", ""),
            end_decision=given.get("end_decision", ""),
        )  # fmt: skip


class EndPostForm(Faults):
    """The day on which a post ends, and by which decision."""

    on = DayField(
        label=gettext_lazy("Ends on"), help_text=pgettext_lazy("post", "The first day on which it is no longer held.")
    )
    decision = decision_field()

    def __init__(self, data: Any, post: Post, today: date) -> None:
        super().__init__(data, initial={"on": today})
        self.post, self.today = post, today

    def clean_on(self) -> date:
        """The day, after the post begins and before it ends."""
        on: date = self.cleaned_data["on"]
        self.told("on", members.check_ends, self.post, on, self.today)
        if self.post.to_on is not None and self.post.to_on <= on:
            raise forms.ValidationError(_("The post ends before that day already."))
        return on


class HandOverForm(HolderForm):
    """Who takes a post over, when, by which decision."""

    field_order = ("who", "chosen", "holder_name", "on", "decision")
    holder_name = LineField(label=gettext_lazy("Name, of someone who is not a member"), required=False)
    on = DayField(
        label=gettext_lazy("Handed over on"),
        help_text=gettext_lazy("The first day of the one, and no longer of the other."),
    )
    decision = decision_field()

    def __init__(self, data: Any, post: Post, scope: Scope, today: date) -> None:
        super().__init__(data, scope, today, post.unit, initial={"on": today})
        self.post = post
        if post.post in ON_COMMITTEE:
            del self.fields["holder_name"]
            self.fields["who"].required = True

    def clean(self) -> dict[str, Any]:
        """Put the person in the place of what was typed, and ask the policies."""
        given = self.cleaned_data
        person = given["person"] = self.person()
        if person is None and not given.get("holder_name") and not self.errors:
            self.add_error("who", _("Say who takes the post over."))
        if person is not None and person.pk == self.post.person_id:
            self.add_error("who", _("%(name)s holds this post already.") % {"name": person.full_name})
        if given.get("on"):
            self.told("on", members.check_ends, self.post, given["on"], self.today)
            self.told("on", members.check_begins, self.post.unit, given["on"], self.today)
        return given


SHARES = ("women", "young", "young_age", "minority", "first_time")


class TermForm(forms.ModelForm):  # type: ignore[type-arg]
    """A term: its days, what was approved and asked for, its working regulation."""

    from_on = DayField(
        label=gettext_lazy("From"), help_text=gettext_lazy("The day of the congress, or of the decision.")
    )
    to_on = DayField(
        label=gettext_lazy("To"), help_text=gettext_lazy("The first day of the next term."), required=False
    )  # fmt: skip
    congress_on = DayField(label=gettext_lazy("Day of the congress"), required=False)
    decision = LineField(label=gettext_lazy("Decision recognising the committee"), required=False)
    regulation_number = LineField(label=gettext_lazy("Number of the working regulation"), required=False)
    regulation_on = DayField(
        label=gettext_lazy("Issued on"), help_text=gettext_lazy("Empty: not issued yet."), required=False
    )

    class Meta:
        model = Term
        fields = (
            "from_on", "to_on", "congress_on", "decision", "seats", "standing", "deputies", *SHARES,
            "regulation_number", "regulation_on",
        )  # fmt: skip

    def __init__(self, data: Any, term: Term, today: date) -> None:
        super().__init__(data, instance=term)
        self.today = today
        wrong = _("Write a whole number from 0 to %(most)s.")
        for name in ("seats", "standing", "deputies", *SHARES):
            field: Any = self.fields[name]
            most = 500 if name in ("seats", "standing", "deputies") else 100
            field.widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": most})
            field.error_messages["invalid"] = wrong % {"most": most}
            field.validators = [
                check(limit, wrong % {"most": most})
                for check, limit in ((MinValueValidator, 0), (MaxValueValidator, most))
            ]
            if name in ("women", "young", "minority", "first_time"):
                field.help_text = _("Of a hundred members of the committee.")

    def _get_validation_exclusions(self) -> set[str]:
        """All: the fields and the policies tell in words what the model and the database would refuse."""
        return {field.name for field in Term._meta.get_fields()}

    def _post_clean(self) -> None:
        """Fill the term, and tell beside its field what the policies refuse."""
        super()._post_clean()  # type: ignore[misc]
        checks: list[tuple[str, Callable[..., None], tuple[Any, ...]]] = [
            ("from_on", policies.check_term_days, (self.instance, self.today)),
            ("seats", policies.check_term_numbers, (self.instance,)),
            ("regulation_on", policies.check_regulation, (self.instance, self.today)),
        ]
        for name, check, given in checks:
            if self.errors:
                return
            try:
                check(*given)
            except Denied as error:
                self.add_error(name, str(error))

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields by what they are about."""
        parts = [
            (_("The term"), ("from_on", "to_on", "congress_on", "decision")),
            (_("Numbers approved"), ("seats", "standing", "deputies")),
            (_("Structure asked for"), SHARES),
            (_("Working regulation"), ("regulation_number", "regulation_on")),
        ]
        return [(title, [self[name] for name in names]) for title, names in parts]


class ChargeForm(Faults):
    """Who of a committee looks after whom, from when on."""

    person = forms.ChoiceField(label=gettext_lazy("Member of the committee"))
    over = LineField(label=gettext_lazy("Looks after"), widget=forms.TextInput(attrs=PLAIN))
    from_on = DayField(label=gettext_lazy("From"))
    decision = decision_field()

    def __init__(
        self, data: Any, unit: Unit, people: Mapping[Person, str], scope: Scope, today: date, **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.unit, self.scope, self.today = unit, scope, today
        self.people = {str(person.pk): person for person in people}
        choices = [(str(person.pk), name) for person, name in people.items()]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]
        self.fields["over"].help_text = _("The code of a unit under this one, or of a member there.")

    def clean(self) -> dict[str, Any]:
        """Put the records in the place of what was typed, and ask the policies."""
        given = self.cleaned_data
        code = given.get("over", "")
        if not code or self.errors:
            return given
        over = Unit.objects.filter(self.scope.q(""), code=code, path__startswith=self.unit.path).first()
        inside = present(self.scope, self.today).filter(cell__path__startswith=self.unit.path)
        stay = (
            None if over else inside.filter(membership__person__code=code).select_related("membership__person").first()
        )
        if over is None and stay is None:
            self.add_error("over", _("No unit under this one, and no member there, has this code."))
            return given
        charge = given["charge"] = Charge(
            unit=self.unit, person=self.people[given["person"]], over_unit=over,
            over_person=stay.membership.person if stay else None, from_on=given["from_on"], decision=given["decision"],
        )  # fmt: skip
        self.told("from_on", members.check_day, charge.from_on, self.today)
        self.told("person", policies.check_on_committee, charge)
        self.told("over", policies.check_charge_below, charge)
        self.told("over", policies.check_not_in_charge, charge)
        return given


class EndChargeForm(forms.Form):
    """The day on which someone is no longer in charge."""

    on = DayField(label=gettext_lazy("Ends on"), help_text=gettext_lazy("The first day no longer in charge."))


class VisitForm(forms.Form):
    """When someone in charge went there, and what came of it."""

    day = DayField(label=gettext_lazy("Day of the visit"))
    note = LineField(label=gettext_lazy("What came of it"), required=False)


class NormForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another number for committees of a kind, from a day on."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of unit"), choices=Kind.choices)
    what = forms.ChoiceField(label=gettext_lazy("What"), choices=What.choices)
    number = forms.IntegerField(
        label=gettext_lazy("Number"),
        min_value=0,
        max_value=500,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Write a whole number from 0 to 500.")
        ),
    )
    from_on = DayField(label=gettext_lazy("From"))
    source = LineField(label=gettext_lazy("Rule or decision it is taken from"))

    class Meta:
        model = Norm
        fields = ("kind", "what", "number", "from_on", "source")

    def _get_validation_exclusions(self) -> set[str]:
        """All: the fields and the action tell in words what the model and the database would refuse."""
        return {field.name for field in Norm._meta.get_fields()}
