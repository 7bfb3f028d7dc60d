"""Checks of posts: who is missing, who holds one and no longer can, who holds one with another."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.integrity.checks import CELL_KINDS, holds, is_closed, is_open
from chibo.integrity.registry import Record, Subject, Way, check, found
from chibo.members.models import PostKind
from chibo.organizations.kinds import Kind
from chibo.organizations.permissions import P

OF_THE_PARTY = ", ".join(
    f"'{post.value}'"
    for post in (
        PostKind.SECRETARY,
        PostKind.DEPUTY_SECRETARY,
        PostKind.STANDING_MEMBER,
        PostKind.COMMITTEE_MEMBER,
    )
)
HOLDER = "coalesce(h.full_name, o.holder_name)"


def _held(post: PostKind) -> str:
    return f"exists (select from members_post o where o.unit_id = u.id and o.post = '{post.value}' and {holds('o')})"


@check(
    "units.without_secretary",
    subject=Subject.POSTS,
    label=_("Units without a secretary"),
    why=_("Nobody leads the unit, signs its decisions or answers for it."),
    mend=_("Fill the post."),
    way=Way.SECRETARY,
)
def without_secretary() -> str:
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name")} from organizations_unit u
    where {is_open("u")} and not {_held(PostKind.SECRETARY)}
    """


@check(
    "cells.without_deputy",
    subject=Subject.POSTS,
    label=_("Grassroots cells that need a deputy secretary"),
    why=_("A grassroots cell of this size has a committee; while the secretary is away nobody acts."),
    mend=_("Fill the post."),
    way=Way.DEPUTY,
    shown=_("members: %(n)s"),
)
def without_deputy() -> str:
    return f"""
    select {found("u.id", "u.id", "u.code", "u.name", n="count(*)")} from organizations_unit u
    join members_stay s on s.cell_id = u.id and {holds("s")}
    where u.kind = '{Kind.GRASSROOTS_CELL.value}' and {is_open("u")} and not {_held(PostKind.DEPUTY_SECRETARY)}
    group by u.id having count(*) >= %(deputy_from_members)s
    """


@check(
    "cells.secretary_not_of_the_roll",
    subject=Subject.POSTS,
    label=_("Secretaries of cells who are on no roll"),
    why=_("A secretary is a member. One known by name alone is found by nobody."),
    mend=_("Correct the post: enter the holder's member code."),
    way=Way.COMMITTEE,
    record=Record.OTHER,
    shown=_("holder: %(said)s"),
    names=P.MEMBER_VIEW,
)
def secretary_not_of_the_roll() -> str:
    return f"""
    select {found("u.id", "o.id", "u.code", "u.name", said="o.holder_name")} from members_post o
    join organizations_unit u on u.id = o.unit_id
    where o.post = '{PostKind.SECRETARY.value}' and {holds("o")} and o.person_id is null and u.kind in ({CELL_KINDS})
    """


@check(
    "posts.at_closed",
    subject=Subject.POSTS,
    label=_("Posts at closed units"),
    why=_("A post ends when its unit does; counted on, it makes the lists of holders wrong."),
    mend=_("End the post on the day the unit closed."),
    way=Way.COMMITTEE,
    record=Record.OTHER,
    shown=_("held by %(said)s, closed on %(day)s"),
    names=P.MEMBER_VIEW,
)
def at_closed() -> str:
    return f"""
    select {found("u.id", "o.id", "u.code", "u.name", day="u.closed_on", said=HOLDER)}
    from members_post o join organizations_unit u on u.id = o.unit_id left join members_person h on h.id = o.person_id
    where {is_closed("u")} and (o.to_on is null or o.to_on > u.closed_on) and o.from_on < u.closed_on
      and (o.to_on is null or o.to_on > %(today)s)
    """


@check(
    "posts.of_those_who_left",
    subject=Subject.POSTS,
    label=_("Posts held by people who left"),
    why=_("The list of holders names someone who is no longer there."),
    mend=_("End the post on the day they left."),
    way=Way.COMMITTEE,
    record=Record.PERSON,
    shown=_("left on %(day)s"),
    names=P.MEMBER_VIEW,
)
def of_those_who_left() -> str:
    return f"""
    select {found("o.unit_id", "h.id", "h.code", "h.full_name", day="min(d.on)")}
    from members_post o join members_person h on h.id = o.person_id
    join members_membership m on m.person_id = h.id
    join members_departure d on d.membership_id = m.id and d.on <= %(today)s
    where {holds("o")} and (o.post in ({OF_THE_PARTY}) or d.reason = 'deceased')
      and not exists (select from members_membership n
        where n.person_id = h.id and n.number > m.number and n.joined_on <= %(today)s)
    group by o.unit_id, h.id
    """


@check(
    "posts.before_founding",
    subject=Subject.POSTS,
    label=_("Posts that began before their unit was founded"),
    why=_("Either the day of founding or the day the post began is wrong."),
    mend=_("Correct the day in a workbook."),
    record=Record.OTHER,
    shown=_("held by %(said)s from %(day)s"),
    names=P.MEMBER_VIEW,
)
def before_founding() -> str:
    return f"""
    select {found("u.id", "o.id", "u.code", "u.name", day="o.from_on", said=HOLDER)}
    from members_post o join organizations_unit u on u.id = o.unit_id left join members_person h on h.id = o.person_id
    where o.from_on < u.founded_on
    """
