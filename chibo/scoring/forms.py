"""What is filled in on a scoring sheet: the whole, a group, a criterion with its options and what records propose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chibo.core.fields import PLAIN, DayField, LineField
from chibo.organizations.models import Unit
from chibo.procedures.editing import words
from chibo.procedures.flow import said
from chibo.procedures.rows import NamedForm, Rows, english, rows, vietnamese
from chibo.scoring.checking import CODE
from chibo.scoring.measures import MEASURES
from chibo.scoring.sheet import SCALE, STAY, Bound, Criterion, Evidence, Option, Share, Sheet

KINDS = [("regular", gettext_lazy("Regular meetings")), ("thematic", gettext_lazy("Thematic meetings"))]
RELATIONS = [
    ("least", gettext_lazy("at least")),
    ("above", gettext_lazy("more than")),
    ("below", gettext_lazy("less than")),
    ("most", gettext_lazy("at most")),
]
BOUNDS = 3  # conditions of one line


class CodeField(LineField):
    """A code of small letters, digits and underscores."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"label": gettext_lazy("Code"), "widget": forms.TextInput(attrs=PLAIN), **more})

    def to_python(self, value: Any) -> str:
        """The code; refused if it has other signs."""
        text = super().to_python(value)
        if text and not CODE.fullmatch(text):
            raise ValidationError(_("Small letters without accents, digits and _, at most 40, a letter first."))
        return text


class PointsField(LineField):
    """Points, with a point or a comma."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"label": gettext_lazy("Points"), "required": False, **more})

    def to_python(self, value: Any) -> str:
        """The points as the sheet keeps them: with a point, without needless noughts."""
        text = super().to_python(value).replace(",", ".")
        if not text:
            return ""
        try:
            points = Decimal(text)
        except ArithmeticError:
            raise ValidationError(_("Write a number, such as 4 or 4.5.")) from None
        if not points.is_finite() or not 0 <= points <= 100:
            raise ValidationError(_("A number from 0 to 100."))
        return format(points.normalize(), "f")


class NewForm(NamedForm):
    """A sheet copied under a code of its own, or a version more."""

    code = CodeField()
    vi = vietnamese()
    en = english()


class GroupForm(NamedForm):
    """A group or criterion to be added: its code and name."""

    code = CodeField()
    vi = vietnamese()
    en = english()


class HoldForm(forms.Form):
    """Where a sheet is to hold, for which meetings, from when."""

    unit = LineField(
        required=False, label=gettext_lazy("For the unit with this code, and all under it"),
        help_text=gettext_lazy("Leave it empty, and it holds everywhere."), widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        choices=KINDS, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("For which meetings")
    )
    from_on = DayField(label=gettext_lazy("From which day on"))

    def clean_unit(self) -> Unit | None:
        """The unit of that code; None: everywhere."""
        code = self.cleaned_data["unit"]
        if not code:
            return None
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            raise ValidationError(_("No unit has this code."))
        return unit


class WholeForm(forms.Form):
    """What holds for a sheet as a whole: name, basis, what can't be reached, bands and their conditions, the year."""

    vi = vietnamese()
    en = english()
    basis = LineField(label=gettext_lazy("Basis"), required=False)
    without = forms.ChoiceField(
        choices=[
            (STAY, gettext_lazy("They stay out of reach")),
            (SCALE, gettext_lazy("The other points are scaled to 100")),
        ],
        widget=forms.RadioSelect, label=gettext_lazy("Points for content that was not held that month"),
    )  # fmt: skip

    def __init__(self, data: Any, name: dict[str, str], basis: str, sheet: Sheet) -> None:
        begun: dict[str, Any] = {"vi": name.get("vi", ""), "en": name.get("en", ""), "basis": basis}
        begun["without"] = sheet.without
        self.sheet, self.before = sheet, name
        codes = [(each.code, said(each.name)) for each in sheet.criteria]
        names = [("", "–"), *((band.code, said(band.name)) for band in sheet.bands)]
        years = {rule.band: rule for rule in sheet.year}
        for band in sheet.bands:
            begun |= {f"least_{band.code}": band.least, f"needs_{band.code}": list(band.needs)}
            begun |= {f"instead_{band.code}": band.instead}
            rule = years.get(band.code)
            if rule is not None:
                begun |= {f"all_{band.code}": rule.all, f"many_{band.code}": rule.many, f"best_{band.code}": rule.best}
        super().__init__(data, initial=begun)
        for band in sheet.bands:
            self.fields[f"least_{band.code}"] = PointsField(label=_("From how many points"), required=True)
            self.fields[f"needs_{band.code}"] = forms.MultipleChoiceField(
                choices=codes, required=False, widget=forms.CheckboxSelectMultiple,
                label=_("Only with all points for"),
            )  # fmt: skip
            lower = [("", "–"), *names[2 + [each.code for each in sheet.bands].index(band.code) :]]
            self.fields[f"instead_{band.code}"] = forms.ChoiceField(
                choices=lower, required=False, label=_("Otherwise")
            )  # fmt: skip
            self.fields[f"all_{band.code}"] = forms.ChoiceField(
                choices=names, required=False, label=_("In a year: all meetings at least")
            )
            self.fields[f"many_{band.code}"] = forms.IntegerField(
                min_value=0, max_value=12, required=False, label=_("and so many")
            )
            self.fields[f"best_{band.code}"] = forms.ChoiceField(choices=names, required=False, label=_("at least"))

    @property
    def bands(self) -> list[tuple[str, list[Any]]]:
        """Of each band its name and its fields."""
        parts = ("least", "needs", "instead", "all", "many", "best")
        return [(said(each.name), [self[f"{part}_{each.code}"] for part in parts]) for each in self.sheet.bands]

    @property
    def called(self) -> dict[str, str]:
        """The name as filled in."""
        return dict(words(self.cleaned_data["en"], self.cleaned_data["vi"], self.before))

    def clean(self) -> dict[str, Any]:
        """Say at the first what is missing of both names."""
        if not self.cleaned_data.get("vi") and not self.cleaned_data.get("en"):
            self.add_error("vi", _("Give the name in Vietnamese or in English."))
        return self.cleaned_data

    def made(self) -> Sheet:
        """The sheet with what was filled in."""
        given = self.cleaned_data
        bands, year = [], []
        for band in self.sheet.bands:
            code = band.code
            needs = tuple(given[f"needs_{code}"])
            instead = given[f"instead_{code}"] if needs else ""
            bands.append(replace(band, least=given[f"least_{code}"], needs=needs, instead=instead))
            if given[f"all_{code}"]:
                many = given[f"many_{code}"] or 0
                year.append(Share(band=code, all=given[f"all_{code}"], many=many, best=given[f"best_{code}"]))
        return replace(self.sheet, bands=tuple(bands), year=tuple(year), without=given["without"])


class OptionForm(NamedForm):
    """One answer to a criterion."""

    code = CodeField()
    vi = vietnamese()
    en = english()
    points = PointsField(required=True)


class EvidenceForm(forms.Form):
    """A line of what records propose: an option, where up to three measures lie so."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["option"] = CodeField(label=_("They propose the option with the code"))
        measures = [("", "–"), *((code, each.name) for code, each in MEASURES.items())]
        for n in range(1, BOUNDS + 1):
            self.fields[f"of{n}"] = forms.ChoiceField(
                choices=measures, required=n == 1, label=_("if") if n == 1 else _("and")
            )  # fmt: skip
            self.fields[f"is{n}"] = forms.ChoiceField(
                choices=[("", _("is known")), *RELATIONS], required=False, label=_("is")
            )
            self.fields[f"at{n}"] = LineField(required=False, label=_("number (a share as 0.75)"))
        for field in self.fields.values():
            field.needed = True  # type: ignore[attr-defined]

    def made(self) -> Evidence:
        """The line as filled in."""
        given, bounds = self.cleaned_data, []
        for n in range(1, BOUNDS + 1):
            if given[f"of{n}"]:
                limit = {given[f"is{n}"]: given[f"at{n}"].replace(",", ".")} if given[f"is{n}"] else {}
                bounds.append(Bound(of=given[f"of{n}"], **limit))
        return Evidence(option=given["option"], when=tuple(bounds))


def _begun(evidence: Evidence) -> dict[str, str]:
    begun = {"option": evidence.option}
    lines = [
        (bound.of, name, value)
        for bound in evidence.when
        for name, value in ([(r, getattr(bound, r)) for r, _label in RELATIONS if getattr(bound, r)] or [("", "")])
    ]
    for n, (of, relation, value) in enumerate(lines[:BOUNDS], 1):
        begun |= {f"of{n}": of, f"is{n}": relation, f"at{n}": value}
    return begun


class CriterionForm(NamedForm):
    """A criterion: its name, points told or options, what records propose."""

    vi = vietnamese()
    en = english()
    only = forms.BooleanField(
        required=False, label=gettext_lazy("About thematic content: it may be answered that there was none this month")
    )
    most = PointsField(
        label=gettext_lazy("Points are told, at most"), help_text=gettext_lazy("Only where there are no options.")
    )
    shows = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Records told beside it"),
        choices=[(code, each.name) for code, each in MEASURES.items()],
    )  # fmt: skip

    def __init__(self, data: Any, criterion: Criterion) -> None:
        self.criterion = criterion
        begun = {
            "vi": criterion.name.get("vi", ""), "en": criterion.name.get("en", ""), "only": bool(criterion.only),
            "most": criterion.most, "shows": list(criterion.shows),
        }  # fmt: skip
        super().__init__(data, initial=begun)
        options = [
            {"code": o.code, "vi": o.name.get("vi", ""), "en": o.name.get("en", ""), "points": o.points}
            for o in criterion.options
        ]
        self.options: Rows = rows(OptionForm)(data, prefix="options", initial=options)
        self.evidence: Rows = rows(EvidenceForm)(
            data, prefix="evidence", initial=[_begun(each) for each in criterion.evidence]
        )  # fmt: skip

    def is_sound(self) -> bool:
        """Whether nothing is wrong, in the rows too."""
        parts = [self.is_valid(), self.options.is_valid(), self.evidence.is_valid()]
        return all(parts)

    def made(self) -> Criterion:
        """The criterion as filled in; codes that name no option are faults of the sheet, told by its check."""
        given = self.cleaned_data
        before = {option.code: option.name for option in self.criterion.options}
        options = tuple(
            Option(
                code=row["code"], name=words(row["en"], row["vi"], before.get(row["code"])), points=row["points"]
            )
            for row in (form.cleaned_data for form in self.options.filled)
        )  # fmt: skip
        return replace(
            self.criterion,
            name=words(given["en"], given["vi"], self.criterion.name),
            options=options,
            most="" if options else given["most"],
            evidence=tuple(form.made() for form in self.evidence.filled),
            shows=tuple(given["shows"]),
            only="thematic" if given["only"] else "",
        )
