"""How cases, and members who are abroad, follow a record that goes into another one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.members import identity

identity.follow("lifecycle_membercase", "person_id", _("Cases"))
identity.follow("lifecycle_membercase", "membership_id", _("Cases"))
identity.follow("lifecycle_abroad", "membership_id", _("Members abroad"), once=(), span=("from_on", "to_on"))
