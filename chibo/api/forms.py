"""What is filled in to make a token: for what, with which rights, below which unit, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chibo.api.models import LONGEST
from chibo.core.fields import PLAIN, LineField
from chibo.core.formats import count
from chibo.organizations.models import Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import Rights

DAYS = (7, 30, 90, LONGEST)


class TokenForm(forms.Form):
    """A token that is to be made."""

    name = LineField(
        label=gettext_lazy("What is it for?"),
        help_text=gettext_lazy("The name of the program, so that you know the token again."),
    )
    permissions = forms.MultipleChoiceField(label=gettext_lazy("What may it do?"), widget=forms.CheckboxSelectMultiple)
    unit = LineField(
        label=gettext_lazy("Only below this unit"),
        help_text=gettext_lazy("The code of a unit; empty: wherever you may do it yourself."),
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("How long is it good?"), coerce=int)

    def __init__(self, data: Any, rights: Rights, allowed: Sequence[P]) -> None:
        super().__init__(data, initial={"days": 90, "permissions": [P.UNIT_VIEW]})
        self.rights = rights
        choices: Any = self.fields
        choices["permissions"].choices = [(str(each), each.label) for each in allowed]
        choices["days"].choices = [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": count(n)}) for n in DAYS]
        for field in self.fields.values():
            field.error_messages["required"] = _("Say this, please.")

    def clean_unit(self) -> Unit | None:
        """The unit of the code, if one is named and may be seen."""
        code = self.cleaned_data["unit"]
        if not code:
            return None
        unit = Unit.objects.filter(code=code).first()
        if unit is None or not self.rights.scope(P.UNIT_VIEW).covers(unit):
            raise forms.ValidationError(_("No unit that you may see has this code."))
        return unit
