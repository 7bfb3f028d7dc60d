"""Checks of duplicates: people who may be one, and nobody has looked yet."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.duplicates.likeness import LIKELY
from chibo.integrity.registry import Record, Subject, Way, check
from chibo.organizations.permissions import P


@check(
    "members.doubles",
    subject=Subject.MEMBERS,
    label=_("Members who are probably entered twice"),
    why=_("Someone counted twice makes every total wrong."),
    mend=_("Compare the records: merge them, or say that they are two people."),
    way=Way.ALIKE,
    record=Record.PERSON,
    shown=_("probably the same as %(said)s"),
    is_doubt=True,
    names=P.MEMBER_VIEW,
)
def doubles() -> tuple[str, dict[str, int]]:
    """Pairs that nobody decided of, once for both: found at the lowest unit that the cells of both stand under."""
    question = """
    with pairs as (
      select t.first_id, t.second_id, (
        select step.id::bigint
        from unnest(string_to_array(rtrim(a.path, '/'), '/')) with ordinality step(id, place)
        where '/' || b.path like '%%/' || step.id || '/%%' order by step.place desc limit 1) as unit_id
      from duplicates_pair t
      join organizations_unit a on a.id = t.first_cell_id join organizations_unit b on b.id = t.second_cell_id
      where not t.is_apart and t.strength >= %(likely)s
    )
    select t.unit_id, p.id as pk, p.code, p.full_name as label, count(*) as n, null::date as day,
      string_agg(q.code, ', ' order by q.code) as said
    from pairs t join members_person p on p.id = t.first_id join members_person q on q.id = t.second_id
    where t.unit_id is not null group by t.unit_id, p.id
    """
    return question, {"likely": LIKELY}
