"""Schemes, their values, and the dated chain of what a unit was classified as in each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chibo.core.history import kept
from chibo.core.spans import chain
from chibo.organizations.kinds import Setting
from chibo.organizations.models import Unit

SETTING = "setting"  # the scheme that is the history of `Unit.setting`
GIVEN: dict[str, object] = {  # schemes that are there from the beginning; one that was renamed has a name of its own
    SETTING: _("Setting"),
    "emulation_cluster": _("Emulation cluster"),
    "region": _("Region"),
    "in_difficulty": _("In difficulty"),
}
GIVEN_VALUES: dict[tuple[str, str], object] = {
    **{(SETTING, setting.value): setting.label for setting in Setting},
    ("region", "delta"): _("Delta"),
    ("region", "midland"): _("Midland"),
    ("region", "mountains"): _("Mountains"),
    ("region", "border"): _("Border"),
    ("region", "islands"): _("Islands"),
    ("in_difficulty", "in_difficulty"): _("In difficulty"),
}


@kept
class Scheme(models.Model):
    """A way to tell units apart beside the tree; of each a unit has at most one value at a time."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200, blank=True)  # empty: as it was given from the beginning

    def __str__(self) -> str:
        return self.name or str(GIVEN.get(self.code, self.code))

    @property
    def is_setting(self) -> bool:
        return self.code == SETTING


@kept
class Value(models.Model):
    """One of the values of a scheme; never deleted, but one can cease to be offered."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="values")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200, blank=True)
    is_offered = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="value_once"),
            models.UniqueConstraint(fields=["id", "scheme"], name="value_of_scheme"),  # what a row of both refers to
        ]

    def __str__(self) -> str:
        return self.name or str(GIVEN_VALUES.get((self.scheme.code, self.code), self.code))


@kept
class Classified(models.Model):
    """A unit had a value of a scheme from a day to a day; without a value: it had none of them."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="classified", db_index=False)
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", db_index=False)
    value = models.ForeignKey(Value, models.PROTECT, null=True, blank=True, related_name="classified")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    prev_to = models.DateField(null=True)
    decision = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        constraints = chain("classified", "unit", "scheme")

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.value_id} of {self.scheme_id} from {self.from_on}"
