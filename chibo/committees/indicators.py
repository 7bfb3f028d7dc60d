"""Indicators of committees: only of units whose term is recorded, on the last day of each month.

Sources: working regulation and concurrent posts, resolution on cells; seats and structure, decision on the term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from chibo.committees.models import Term
from chibo.committees.queries import KINH
from chibo.core.late import Late
from chibo.indicators.registry import LAST, PERCENT, indicator
from chibo.indicators.tables import Tables, facts, held_on, whole_years
from chibo.members.models import ON_COMMITTEE, Person, Post, PostKind, Sex
from chibo.organizations.kinds import Setting
from chibo.organizations.models import Unit

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

ibis = Late("ibis")

HEADS = [PostKind.VILLAGE_HEAD.value, PostKind.RESIDENTIAL_GROUP_HEAD.value]
VILLAGES = [Setting.VILLAGE.value, Setting.RESIDENTIAL_GROUP.value]


def _terms(db: Tables) -> Table:
    """Each term on the last day of each month in which it runs."""
    t, u, months = db[Term], db[Unit], db.months
    spans = t.join(u, t.unit_id == u.id).select(
        t.unit_id,
        t.from_on,
        t.to_on,
        t.seats,
        t.regulation_on,
        t.young_age,
        unit_code=u.code,
        unit_name=u.name,
        setting=u.setting,
    )
    running = spans.join(months, held_on(spans.from_on, spans.to_on, months.last_day))
    return running.select(
        spans.unit_id, spans.seats, spans.regulation_on, spans.young_age, spans.unit_code, spans.unit_name,
        spans.setting, begun=spans.from_on, last_day=months.last_day,
    )  # fmt: skip


def _held(db: Tables, terms: Table, posts: list[str]) -> Table:
    """Posts of these kinds held at a unit on the last day of a month of its term."""
    o = db[Post].filter(db[Post].post.isin(posts))
    return terms.join(o, [terms.unit_id == o.unit_id, held_on(o.from_on, o.to_on, terms.last_day)]).select(
        terms.unit_id, terms.last_day, terms.unit_code, terms.setting, o.person_id, o.holder_name, o.post, o.place
    )


def _also(db: Tables, secretaries: Table, posts: list[str], *, here: bool) -> Table:
    """Secretaries, and whether each holds one of these posts the same day, at the same unit or anywhere."""
    o, p = db[Post], db[Person]
    other = o.filter(o.post.isin(posts), o.person_id.notnull()).select(
        o.unit_id, o.from_on, o.to_on, who=o.person_id
    )  # fmt: skip
    same = [secretaries.person_id == other.who, held_on(other.from_on, other.to_on, secretaries.last_day)]
    if here:
        same.append(secretaries.unit_id == other.unit_id)
    found = secretaries.left_join(other, same).select(
        secretaries.unit_id, secretaries.last_day, secretaries.unit_code, secretaries.person_id,
        secretaries.holder_name, other.who,
    ).distinct()  # fmt: skip
    return found.left_join(p, found.person_id == p.id).select(
        found.unit_id, found.last_day, found.unit_code, found.who,
        name=ibis.ifelse(found.holder_name == "", p.full_name, found.holder_name),
    )  # fmt: skip


def _secretaries(rows: Table) -> Table:
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.unit_code + ibis.literal(f"/{PostKind.SECRETARY.value}/"),
        label=rows.name,
        numerator=rows.who.notnull(),
        denominator=1,
    )


@indicator(
    "committees.seats",
    label=_("Committee seats held"),
    definition=_("People in committees on the last day of the period, of the members approved for the running terms."),
    source=_("Terms and posts"),
    over_time=LAST,
    format=PERCENT,
)
def seats(db: Tables) -> Table:
    terms = _terms(db).filter(ibis._.seats > 0)
    held = _held(db, terms, [post.value for post in ON_COMMITTEE])
    who = ibis.coalesce(held.person_id.cast("string"), ibis.literal("=") + held.holder_name)
    counted = held.group_by(held.unit_id, held.last_day).aggregate(n=who.nunique())
    rows = terms.left_join(counted, [terms.unit_id == counted.unit_id, terms.last_day == counted.last_day]).select(
        terms.unit_id, terms.last_day, terms.unit_code, terms.unit_name, terms.seats, terms.begun, counted.n
    )
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.unit_code + ibis.literal("@") + rows.begun.cast("string"),
        label=rows.unit_name,
        numerator=ibis.least(ibis.coalesce(rows.n, 0), rows.seats),
        denominator=rows.seats,
    )


@indicator(
    "committees.regulation",
    label=_("Committees with a working regulation"),
    definition=_(
        "Units whose running term has a working regulation by the last day of the period, of all with a term."
    ),
    source=_("Terms"),
    over_time=LAST,
    format=PERCENT,
)
def regulation(db: Tables) -> Table:
    rows = _terms(db)
    return facts(
        rows,
        unit=rows.unit_id,
        day=rows.last_day,
        record=rows.unit_code + ibis.literal("@") + rows.begun.cast("string"),
        label=rows.unit_name,
        numerator=ibis.coalesce(rows.regulation_on <= rows.last_day, False),
        denominator=1,
    )


@indicator(
    "committees.village_heads",
    label=_("Secretaries who are village heads"),
    definition=_(
        "Secretaries of villages and residential groups whose term is recorded who are also head of a village or"
        " residential group on the last day of the period, of all these secretaries."
    ),
    source=_("Terms and posts"),
    over_time=LAST,
    format=PERCENT,
)
def village_heads(db: Tables) -> Table:
    held = _held(db, _terms(db), [PostKind.SECRETARY.value])
    return _secretaries(_also(db, held.filter(held.setting.isin(VILLAGES)), HEADS, here=False))


@indicator(
    "committees.agency_heads",
    label=_("Secretaries who head the agency"),
    definition=_(
        "Secretaries whose term is recorded who are also head of the agency on the last day of the period, of all"
        " these secretaries of units where someone heads the agency that day."
    ),
    source=_("Terms and posts"),
    over_time=LAST,
    format=PERCENT,
)
def agency_heads(db: Tables) -> Table:
    terms = _terms(db)
    held, heads = _held(db, terms, [PostKind.SECRETARY.value]), _held(db, terms, [PostKind.AGENCY_HEAD.value])
    headed = held.semi_join(heads, [held.unit_id == heads.unit_id, held.last_day == heads.last_day])
    return _secretaries(_also(db, headed, [PostKind.AGENCY_HEAD.value], here=True))


STRUCTURE = _("Terms, posts and the roll of members")


def _committee(db: Tables) -> Table:
    """Everyone in the committee of a unit on the last day of each month of its term, once whatever they hold there."""
    terms, p = _terms(db), db[Person]
    o = db[Post].filter(db[Post].post.isin([post.value for post in ON_COMMITTEE]))
    held = terms.join(o, [terms.unit_id == o.unit_id, held_on(o.from_on, o.to_on, terms.last_day)]).select(
        terms.unit_id, terms.last_day, terms.begun, terms.young_age, o.person_id, o.id,
        named=ibis.ifelse(o.person_id.isnull(), o.holder_name, ""),
    )  # fmt: skip
    once = held.group_by("unit_id", "last_day", "begun", "young_age", "person_id", "named").agg(post_id=held.id.min())
    ever = o.filter(o.person_id.notnull()).group_by("unit_id", "person_id").agg(since=o.from_on.min())
    known = p.select(p.id, p.code, p.full_name, p.sex, p.born_on, p.ethnicity)
    rows = once.left_join(ever, [once.unit_id == ever.unit_id, once.person_id == ever.person_id]).select(
        once, ever.since
    )
    rows = rows.left_join(known, rows.person_id == known.id).select(
        rows, known.code, known.full_name, known.sex, known.born_on, known.ethnicity
    )
    by_name = ibis.literal("#") + rows.post_id.cast("string")
    return rows.mutate(record=ibis.coalesce(rows.code, by_name), label=ibis.coalesce(rows.full_name, rows.named))


def _of_the_committee(rows: Table, counts: Value) -> Table:
    """Whoever is known by name alone is of no sort, and one of all."""
    return facts(
        rows, unit=rows.unit_id, day=rows.last_day, record=rows.record, label=rows.label,
        numerator=counts.fill_null(False), denominator=1,
    )  # fmt: skip


@indicator(
    "committees.women",
    label=_("Women in committees"),
    definition=_("Women, of all people in committees whose term runs on the last day of the period."),
    source=STRUCTURE,
    over_time=LAST,
    format=PERCENT,
)
def women(db: Tables) -> Table:
    rows = _committee(db)
    return _of_the_committee(rows, rows.sex == Sex.FEMALE.value)


@indicator(
    "committees.young",
    label=_("Young people in committees"),
    definition=_(
        "People under the age that is young for the running term, on the last day of the period, of all in committees"
        " whose term names such an age."
    ),
    source=STRUCTURE,
    over_time=LAST,
    format=PERCENT,
)
def young(db: Tables) -> Table:
    rows = _committee(db)
    rows = rows.filter(rows.young_age.notnull())
    return _of_the_committee(rows, whole_years(rows.born_on, rows.last_day) < rows.young_age)


@indicator(
    "committees.minority",
    label=_("Ethnic minorities in committees"),
    definition=_(
        "People of known ethnicity other than Kinh, of all people in committees whose term runs on the last day of the"
        " period."
    ),
    source=STRUCTURE,
    over_time=LAST,
    format=PERCENT,
)
def minority(db: Tables) -> Table:
    rows = _committee(db)
    return _of_the_committee(rows, rows.ethnicity.notin(KINH))


@indicator(
    "committees.first_time",
    label=_("In a committee for the first time"),
    definition=_(
        "People who sat in no committee of the same unit before its running term, of all people in committees whose"
        " term runs on the last day of the period."
    ),
    source=STRUCTURE,
    over_time=LAST,
    format=PERCENT,
)
def first_time(db: Tables) -> Table:
    rows = _committee(db)
    return _of_the_committee(rows, rows.since >= rows.begun)
