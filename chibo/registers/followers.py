"""What registers say to acts on units: what was confirmed and paid stays with the unit it was of."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy

from chibo.members import identity
from chibo.organizations import following


@following.follower
class Registers(following.Follower):
    """Confirmations, reminders and dues are of the unit that was there then, and stay so."""

    order = 40
    names: ClassVar = {
        "registers_confirmation": (
            gettext_lazy("Confirmed registers"),
            "select to_char(t.ends_on, 'DD/MM/YYYY') from registers_confirmation t",
        ),
        "registers_page": (
            gettext_lazy("Confirmed registers"),
            "select to_char(c.ends_on, 'DD/MM/YYYY') from registers_page t"
            " join registers_confirmation c on c.id = t.confirmation_id",
        ),
        "registers_settlement": (
            gettext_lazy("Settled differences"),
            "select t.code from registers_settlement t",
        ),
        "registers_registerreminder": (
            gettext_lazy("Reminders"),
            "select to_char(t.ends_on, 'DD/MM/YYYY') from registers_registerreminder t",
        ),
        "registers_duesmonth": (
            gettext_lazy("Dues of cells"),
            "select to_char(t.month, 'MM/YYYY') from registers_duesmonth t",
        ),
        "registers_payment": (
            gettext_lazy("Dues of members"),
            "select to_char(t.month, 'MM/YYYY') from registers_payment t",
        ),
    }


identity.follow("registers_payment", "person_id", gettext_lazy("Dues of members"), once=("month",))
identity.follow("registers_payerspell", "person_id", gettext_lazy("Classes of payer"), once=("from_month",))
identity.follow("registers_relief", "person_id", gettext_lazy("Reliefs"), once=(), span=("from_month", "to_month"))
