"""A country of 260,000 cells, written straight into the database: for what is measured on size, not on content.

6,200 cells all over it have 30 members each, a secretary who is signed in, and half a year of meetings behind them;
the others have two members and a meeting. Of the figures only what stands in the way of others is kept beforehand.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

PROVINCES = int(os.environ.get("CHIBO_BENCH_PROVINCES", "50"))  # fewer make a part of a country
DISTRICTS, COMMUNES, CELLS = 13, 16, 25  # each below one of those before: 260,000 cells
WRITTEN = int(os.environ.get("CHIBO_BENCH_WRITTEN", 124 * PROVINCES))  # cells that are written to
MEMBERS, ELSEWHERE = 30, 2
TODAY = date(2024, 1, 10)
MONTHS = tuple(date(2023, month, 1) for month in range(7, 13))  # already recorded
EVER = "date '0001-01-01'"

_FIRST_DISTRICT = 2 + PROVINCES
_FIRST_COMMUNE = _FIRST_DISTRICT + PROVINCES * DISTRICTS
FIRST_CELL = _FIRST_COMMUNE + PROVINCES * DISTRICTS * COMMUNES
ALL_CELLS = PROVINCES * DISTRICTS * COMMUNES * CELLS
APART = ALL_CELLS // WRITTEN  # every so manyth cell is one of them

# What is kept of units by days, for any that lie in `place`.
SPANS = f"""
insert into organizations_unitname (unit_id, name, from_on, decision) select id, name, {EVER}, '' from place;
insert into organizations_unitkind (unit_id, kind, from_on, decision) select id, kind, {EVER}, '' from place;
insert into organizations_parentlink (unit_id, parent_id, from_on, decision)
select id, parent, {EVER}, '' from place where parent is not null;
insert into organizations_lineage (unit_id, path, from_on) select id, path, {EVER} from place;
insert into indicators_standing (unit_id, path) select id, path from place
"""

UNITS = f"""
create temporary table place (id bigint, parent bigint, kind text, name text, path text);
insert into place values (1, null, 'central', 'Ban Chấp hành Trung ương', '1/');
insert into place select 2 + n, 1, 'province', 'Tỉnh ủy ' || n, '1/' || 2 + n || '/'
from generate_series(0, {PROVINCES - 1}) n;
insert into place select {_FIRST_DISTRICT} + n, p.id, 'district', 'Huyện ủy ' || n,
    p.path || {_FIRST_DISTRICT} + n || '/'
from generate_series(0, {PROVINCES * DISTRICTS - 1}) n join place p on p.id = 2 + n / {DISTRICTS};
insert into place select {_FIRST_COMMUNE} + n, p.id, 'grassroots_committee', 'Đảng ủy xã ' || n,
    p.path || {_FIRST_COMMUNE} + n || '/'
from generate_series(0, {PROVINCES * DISTRICTS * COMMUNES - 1}) n
join place p on p.id = {_FIRST_DISTRICT} + n / {COMMUNES};
insert into place select {FIRST_CELL} + n, p.id, 'cell', 'Chi bộ thôn ' || n,
    p.path || {FIRST_CELL} + n || '/'
from generate_series(0, {ALL_CELLS - 1}) n join place p on p.id = {_FIRST_COMMUNE} + n / {CELLS};
analyze place;
insert into organizations_unit (id, code, name, kind, setting, founded_on, decision, path, sort_key, search_key)
select id, 'U' || id, name, kind, '', '2000-02-03', '', path, lower(name), lower(name) from place;{SPANS}"""

PEOPLE = f"""
create temporary table body (id bigint, cell bigint, n int);
insert into body
select row_number() over (order by (c.id - {FIRST_CELL}) % {APART} <> 0, c.id, n), c.id, n
from place c cross join lateral generate_series(1, case
    when (c.id - {FIRST_CELL}) % {APART} = 0 and (c.id - {FIRST_CELL}) / {APART} < {WRITTEN}
    then {MEMBERS} else {ELSEWHERE} end) n
where c.kind = 'cell';
insert into members_person (id, code, full_name, sex, born_on, ethnicity, religion, occupation, education, theory,
    sort_key, search_key)
select id, 'M' || id, 'Nguyễn Văn ' || id, case when n % 3 = 0 then 'f' else 'm' end,
    date '1950-01-01' + (id * 37 % 18000)::int, 'Kinh', '', '', '', '', 'van ' || lpad(id::text, 7, '0'),
    'nguyen van ' || id from body;
insert into members_membership (id, person_id, number, cell_id, joined_on, official_on)
select id, id, 1, cell, '2010-05-19', '2011-05-19' from body;
insert into members_stay (membership_id, cell_id, from_on) select id, cell, '2010-05-19' from body;
insert into members_post (unit_id, post, place, person_id, holder_name, from_on)
select cell, (array['secretary', 'deputy_secretary', 'committee_member'])[n], '', id, '', '2022-06-01'
from body where n <= 3 and id <= {WRITTEN * MEMBERS}
"""

USERS = f"""
insert into accounts_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined, full_name,
    sort_key, search_key)
select n, '!' || n, false, 'secretary-' || n, '', false, true, now(), 'Thư ký ' || n, 'ky ' || n, 'thu ky ' || n
from generate_series(1, {WRITTEN}) n;
insert into organizations_grant (user_id, role, unit_id, reach, from_on, source, reason)
select n, 'secretary', {FIRST_CELL} + (n - 1) * {APART}, 'unit', '2022-06-01', 'given', ''
from generate_series(1, {WRITTEN}) n
"""

MEETINGS = f"""
insert into meetings_meeting (code, unit_id, kind, held_on, month, topic, mode, duration_min, version, recorded_by_id,
    recorded_at)
select c.cell || '-' || m.month, c.cell, 'regular', m.month + 2, m.month, '', 'in_person', 100, 1,
    (c.cell - {FIRST_CELL}) / {APART} + 1, m.month + 3
from (select distinct cell from body where id <= {WRITTEN * MEMBERS}) c, unnest(%(months)s::date[]) m(month);
insert into meetings_attendance (meeting_id, person_id, state, reason)
select m.id, b.id, case when b.n %% 13 = extract(month from m.month) then 'excused' else 'present' end,
    case when b.n %% 13 = extract(month from m.month) then 'Ốm' else '' end
from meetings_meeting m join body b on b.cell = m.unit_id;
insert into meetings_score (meeting_id, scored_by, scored_on, c1, c2, c3, c4, c5, c6, c7, c8)
select id, 'self', held_on, 5, 5, 10, 25, 10, 5, 28, 5 from meetings_meeting;
insert into meetings_confirmation
    (meeting_id, state, since, in_time, own_points, makers, evidence, claimed, proposed, most)
select id, 'waiting', held_on, false, false, to_jsonb(array[recorded_by_id]), '[]', 0, 0, 0 from meetings_meeting;
insert into meetings_meeting (code, unit_id, kind, held_on, month, topic, mode, version)
select p.id || '-loaded', p.id, 'regular', '2023-12-03', '2023-12-01', '', '', 1 from place p
where p.kind = 'cell' and not exists (select from meetings_meeting m where m.unit_id = p.id)
"""

SUMS = """
insert into indicators_keptyear values (2023), (2024);
insert into indicators_numbered values (1, 'members.total');
create temporary table own as
select s.cell_id as unit, p.path, m.year, case when m.year = 2024 then count(*) end as n1,
       case when m.year = 2023 then count(*) end as n12
from members_stay s join place p on p.id = s.cell_id, unnest(array[2023, 2024]) m(year) group by 1, 2, 3;
insert into indicators_path (unit_id, place, path) select distinct unit, 0, path from own;
insert into indicators_ownsum (unit_id, year, indicator_id, place, at, n1, n12)
select unit, year, 1, 0, now(), n1, n12 from own;
insert into indicators_sum (unit_id, year, indicator_id, at, n1, n12)
select u.id::bigint, year, 1, now(), sum(n1), sum(n12)
from own, unnest(string_to_array(rtrim(path, '/'), '/')) u(id) where u.id::bigint <> unit group by 1, 2
"""

TABLES = (
    "organizations_unit", "members_person", "members_membership", "accounts_user", "meetings_meeting",
)  # fmt: skip


def make() -> None:
    """Write the country, if it is not there; triggers rest meanwhile, as there is no history to keep."""
    from django.db import connection

    from chibo.accounts.models import User
    from chibo.indicators import beside

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from organizations_unit")
        if cursor.fetchone()[0] > ALL_CELLS:
            return
        cursor.execute("set session_replication_role = replica")
        cursor.execute("set synchronous_commit = off")
        for script, given in ((UNITS, None), (PEOPLE, None), (USERS, None), (MEETINGS, {"months": list(MONTHS)}),
                              (SUMS, None)):  # fmt: skip
            for statement in script.split(";\n"):
                cursor.execute(statement, given)
        for table in TABLES:
            cursor.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
        beside.keep_all(cursor)
        cursor.execute("drop table place, body, own")
        cursor.execute("reset session_replication_role")
    sign_in(User.objects.order_by("pk").iterator())
    with connection.cursor() as cursor:
        cursor.execute("vacuum (analyze)")


def sign_in(users: Iterable[Any]) -> None:
    """Give each of these users a session that lasts a week."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    store, until = SessionStore(), _in_a_week()
    rows = [
        Session(session_key=session_key(user.pk), session_data=store.encode(_signed_in(user)), expire_date=until)
        for user in users
    ]
    Session.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


def session_key(user: int) -> str:
    """Under which session a secretary is signed in."""
    return f"benchofthewrites{user:016d}"


def cell_of(user: int) -> int:
    """The cell whose secretary a user is."""
    return FIRST_CELL + (user - 1) * APART


def people_of(user: int) -> range:
    """The members of that cell, in the order of its list."""
    first = (user - 1) * MEMBERS + 1
    return range(first, first + MEMBERS)


def _signed_in(user: Any) -> dict[str, str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    backend = "chibo.accounts.backends.Backend"
    return {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: user.get_session_auth_hash()}


def _in_a_week() -> Any:
    from django.utils import timezone

    return timezone.now() + timedelta(7)
