"""Of whom something was undone with a load, and their rows as a workbook would have them, to be checked anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chibo.exchange.sheets import told
from chibo.exchange.undoing import Undoing
from chibo.members.models import Membership

MEMBERS = """
select distinct on (p.code) p.code, p.full_name, p.sex, p.born_on, p.ethnicity, p.religion, c.code, m.joined_on,
       m.official_on, m.exempt_from, p.occupation, p.education, p.theory
from members_membership m join members_person p on p.id = m.person_id join organizations_unit c on c.id = m.cell_id
where m.id = any(%(memberships)s) order by p.code, m.number desc
"""
TRANSFERS = """
select p.code, c.code, t.on, t.kind from members_transfer t
join members_membership m on m.id = t.membership_id join members_person p on p.id = m.person_id
join organizations_unit c on c.id = t.to_cell_id where t.id = any(%(ids)s)
"""
DEPARTURES = """
select p.code, d.on, d.reason from members_departure d
join members_membership m on m.id = d.membership_id join members_person p on p.id = m.person_id
where d.id = any(%(ids)s)
"""


def around(undoing: Undoing) -> list[int]:
    """Memberships that are left, and of which something was undone."""
    found = set(undoing.changed.get("members_membership", []))
    for table in ("members_transfer", "members_departure"):
        found.update(undoing.said(table, "membership_id"))
    people = undoing.changed.get("members_person", [])
    found.update(Membership.objects.filter(person__in=people).values_list("pk", flat=True))
    return sorted(found - set(undoing.made.get("members_membership", [])))


def members(undoing: Undoing, names: Sequence[str]) -> list[dict[str, Any]]:
    """Their rows of the sheet of members."""
    return told(MEMBERS, *names, memberships=around(undoing))


def transfers(undoing: Undoing, names: Sequence[str]) -> list[dict[str, Any]]:
    """Transfers that are again what they were."""
    return told(TRANSFERS, *names, ids=undoing.changed.get("members_transfer", []))


def departures(undoing: Undoing, names: Sequence[str]) -> list[dict[str, Any]]:
    """Departures that are again what they were."""
    return told(DEPARTURES, *names, ids=undoing.changed.get("members_departure", []))
