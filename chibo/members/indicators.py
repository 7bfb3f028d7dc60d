"""Indicators of members and of heads who are members. Source of all: contracts of the roll; Decision 1188, S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from chibo.core.late import Late
from chibo.indicators.registry import COUNT, LAST, PERCENT, SUM, indicator
from chibo.indicators.tables import Tables, facts, held_on
from chibo.members.models import Departure, Membership, Person, Post, PostKind, Sex, Stay
from chibo.organizations.models import Unit

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

ibis = Late("ibis")

ROLL = _("Roll of members")


def _counted(db: Tables) -> Table:
    """Everyone with a membership, in the cell they were in, on the last day of each month."""
    s, m, p, months = db[Stay], db[Membership], db[Person], db.months
    spells = s.join(m, s.membership_id == m.id).join(p, m.person_id == p.id)
    spells = spells.select(
        s.cell_id, s.from_on, s.to_on, p.code, p.full_name, p.sex, p.born_on, p.ethnicity
    )  # fmt: skip
    return spells.join(months, held_on(spells.from_on, spells.to_on, months.last_day))


def _members(rows: Table, **counts: Any) -> Table:
    return facts(rows, unit=rows.cell_id, day=rows.last_day, record=rows.code, label=rows.full_name, **counts)


def _ymd(day: Any) -> Value:
    """A day as the number 20231231: whole years lie between two when these differ by 10,000 a year."""
    number: Value = day.year() * 10000 + day.month() * 100 + day.day()
    return number


@indicator(
    "members.total",
    label=_("Members"),
    definition=_("People with a membership on the last day of the period."),
    source=ROLL,
    over_time=LAST,
    format=COUNT,
)
def total(db: Tables) -> Table:
    return _members(_counted(db), numerator=1)


@indicator(
    "members.women",
    label=_("Women"),
    definition=_("Women, of all members on the last day of the period."),
    source=ROLL,
    over_time=LAST,
    format=PERCENT,
)
def women(db: Tables) -> Table:
    rows = _counted(db)
    return _members(rows, numerator=rows.sex == Sex.FEMALE.value, denominator=1)


@indicator(
    "members.minority",
    label=_("Ethnic minorities"),
    definition=_("Members of known ethnicity other than Kinh, of all members on the last day of the period."),
    source=ROLL,
    over_time=LAST,
    format=PERCENT,
)
def minority(db: Tables) -> Table:
    rows = _counted(db)
    return _members(rows, numerator=rows.ethnicity.notin(["", "Kinh"]), denominator=1)


@indicator(
    "members.young",
    label=_("Aged 30 or less"),
    definition=_("Members aged 30 or less in completed years, of all members on the last day of the period."),
    source=ROLL,
    over_time=LAST,
    format=PERCENT,
)
def young(db: Tables) -> Table:
    rows = _counted(db)
    return _members(rows, numerator=_ymd(rows.last_day) - _ymd(rows.born_on) < 310000, denominator=1)


@indicator(
    "members.admitted",
    label=_("New members"),
    definition=_("People who joined within the period, credited to the cell joined, whatever came after."),
    source=ROLL,
    over_time=SUM,
    format=COUNT,
)
def admitted(db: Tables) -> Table:
    m, p = db[Membership], db[Person]
    rows = m.join(p, m.person_id == p.id).select(m.cell_id, m.joined_on, p.code, p.full_name)
    return facts(
        rows, unit=rows.cell_id, day=rows.joined_on, record=rows.code, label=rows.full_name, numerator=1
    )  # fmt: skip


@indicator(
    "members.departed",
    label=_("Departures"),
    definition=_("Memberships that ended within the period, credited to the cell of the day before."),
    source=ROLL,
    over_time=SUM,
    format=COUNT,
)
def departed(db: Tables) -> Table:
    d, s, m, p = db[Departure], db[Stay], db[Membership], db[Person]
    rows = (
        d.join(s, [d.membership_id == s.membership_id, d.on == s.to_on])
        .join(m, d.membership_id == m.id)
        .join(p, m.person_id == p.id)
        .select(d.on, s.cell_id, p.code, p.full_name)
    )
    return facts(rows, unit=rows.cell_id, day=rows.on, record=rows.code, label=rows.full_name, numerator=1)


@indicator(
    "village_heads.members",
    label=_("Village heads who are members"),
    definition=_("Village heads in post on the last day of the period who had a membership that day, of all in post."),
    source=_("Posts, and the roll of members"),
    over_time=LAST,
    format=PERCENT,
)
def village_heads(db: Tables) -> Table:
    o, u, s, m, p, months = db[Post], db[Unit], db[Stay], db[Membership], db[Person], db.months
    posts = o.filter(o.post == PostKind.VILLAGE_HEAD.value).join(u, o.unit_id == u.id)
    posts = posts.left_join(p, o.person_id == p.id).select(
        o.unit_id, o.person_id, o.place, o.from_on, o.to_on,
        unit_code=u.code, holder_name=ibis.ifelse(o.holder_name == "", p.full_name, o.holder_name),
    )  # fmt: skip
    held = posts.join(months, held_on(posts.from_on, posts.to_on, months.last_day)).select(
        posts.unit_id, posts.person_id, posts.place, posts.holder_name, posts.unit_code, months.last_day
    )
    spells = s.join(m, s.membership_id == m.id).select(m.person_id, s.from_on, s.to_on)
    rows = held.left_join(
        spells, [held.person_id == spells.person_id, held_on(spells.from_on, spells.to_on, held.last_day)]
    ).select(held.unit_id, held.last_day, held.unit_code, held.place, held.holder_name, member=spells.person_id)
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.unit_code + ibis.literal(f"/{PostKind.VILLAGE_HEAD.value}/") + rows.place,
        label=rows.holder_name,
        numerator=rows.member.notnull(),
        denominator=1,
    )
