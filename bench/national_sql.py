"""How a country is written by the database itself: no row of it passes through Python but names of real places.

Everything that looks like chance is a hash of a key, so that the same scale gives the same country every time. A
member's number within the cell says who they are: 1 to 3 the committee, 4 to 7 those who hold posts above, 8 to 12
those who came from elsewhere, were away for years, are guests of another cell or have a case; the last may be on
probation, and one more has left.
"""

from __future__ import annotations

from datetime import date

TODAY = date(2026, 1, 10)
FIRST_YEAR, LAST_YEAR = 2023, 2025  # of meetings; who attended is kept of the last
FOUNDED = "date '1976-02-03'"
EVER = "date '0001-01-01'"
SHARE = 20  # every so manyth cell has its history kept
SECRETARY, OFFICER_OF_COMMUNE, OFFICER, LEADER = 100_000, 10_000, 1_000, 2_000  # from which keys users of a kind count


def dice(key: str, seed: int) -> str:
    """SQL: a whole number from 0 on that looks like chance."""
    return f"(hashint8extended({key}, {seed}) & 2147483647)"


# `place` already has the centre, the provinces and the communes.
UNITS = """
insert into place
select {grassroots_from} + g, c.id, case when g %% 10 = 9 then 'grassroots_cell' else 'grassroots_committee' end,
    s.setting, s.label || ' ' || g - (c.at * {grassroots} + {communes} - 1) / {communes} + 1,
    s.sort_key || ' ' || lpad((g - (c.at * {grassroots} + {communes} - 1) / {communes} + 1)::text, 9, '0'),
    s.search_key || ' ' || g - (c.at * {grassroots} + {communes} - 1) / {communes} + 1,
    c.path || {grassroots_from} + g || '/', g
from generate_series(0::bigint, {grassroots} - 1) g
join place c on c.kind = 'district' and c.at = g * {communes} / {grassroots}
join stem s on s.at = g %% 10;
analyze place;
insert into place
select {cell_from} + p.at / 10 * 49 + p.at %% 10 * 5 + least(p.at %% 10, 4) + n - 1, p.id, 'cell',
    case when p.setting = 'commune' then 'village' else p.setting end, s.label || ' ' || n,
    s.sort_key || ' ' || lpad(n::text, 9, '0'), s.search_key || ' ' || n,
    p.path || {cell_from} + p.at / 10 * 49 + p.at %% 10 * 5 + least(p.at %% 10, 4) + n - 1 || '/', null
from place p cross join lateral generate_series(1, 5 + (p.at %% 10 < 4)::int) n
join stem s on s.at = case when p.setting = 'commune' then 10 else 11 end
where p.kind = 'grassroots_committee';
analyze place;
insert into organizations_unit (id, code, name, kind, setting, founded_on, decision, path, sort_key, search_key)
select id, coalesce(code, 'U' || id), name, kind, setting, {founded}, '', path, sort_key, search_key
from place left join known using (id);
insert into classifications_classified (unit_id, scheme_id, value_id, from_on)
select p.id, s.id, v.id, {ever} from place p join classifications_scheme s on s.code = 'setting'
join classifications_value v on v.scheme_id = s.id and v.code = p.setting
"""

CELLS = """
create temporary table cell as
select id, row_number() over (order by path) - 1 as seq, 12 + {size} %% 18 as size
from place where kind in ('cell', 'grassroots_cell');
create index on cell (seq);
create index on cell (id);
analyze cell
"""

# Who somebody is, and when what happened to them.
BODIES = """
create temporary table body as
with placed as (
  select c.id as cell, c.seq, n, c.size, row_number() over (order by c.seq, n) as id
  from cell c cross join lateral generate_series(1, c.size + ({leaves} %% 4 = 0)::int) n
), said as (
  select *, n = size and {chance} %% 5 < 2 as is_new, n > size as is_gone, {chance} as chance,
    case when n between 8 and least(12, size - 1) then {later} %% 200 else 200 end as fate
  from placed
), born as (
  select *, case when n <= 7 then date '1965-01-01' + ({birth} %% 10000)::int
    when is_new then date '1990-01-01' + ({birth} %% 4600)::int
    else date '1946-01-01' + ({birth} %% 20800)::int end as born_on
  from said
), joined as (
  select *, case when is_new then date '2025-02-03' + (chance / 8 %% 300)::int
    else least(greatest(born_on + 7000 + (chance %% 5000)::int, date '1977-05-19' + (chance %% 2000)::int),
      date '2023-06-01' - (chance %% 600)::int) end as joined_on
  from born
)
select id, cell, seq, n, size, chance, born_on, joined_on,
  case when not is_new then (joined_on + interval '1 year')::date end as official_on,
  case when is_gone then date '2023-09-01' + (chance %% 780)::int end as gone_on,
  case when fate < 24 then date '2023-09-01' + (chance %% 800)::int end as moved_on,
  fate between 24 and 27 and joined_on < date '2010-01-01' as is_back,
  fate between 28 and 31 as is_guest,
  case when n >= 8 and fate > 31 and born_on < date '1948-01-01' then date '2020-06-01' end as exempt_from,
  n between 11 and least(12, size - 1) and fate > 31 and born_on >= date '1948-01-01' and {later} %% 5 = 0 as has_case
from joined;
analyze body
"""

PEOPLE = """
insert into members_person (id, code, full_name, sex, born_on, ethnicity, religion, occupation, education, theory,
    sort_key, search_key, user_id)
select b.id, 'M' || lpad(b.id::text, 8, '0'), f.label || ' ' || m.label || ' ' || g.label,
    case when m.at %% 2 = 1 then 'f' else 'm' end, b.born_on,
    case when b.chance %% 9 = 0 then 'Tày' else 'Kinh' end, '',
    case when b.chance %% 3 = 0 then 'Nông dân' else 'Viên chức' end, '12/12', '',
    g.sort_key || ' ' || f.sort_key || ' ' || m.sort_key, f.search_key || ' ' || m.search_key || ' ' || g.search_key,
    case when b.n = 1 then {secretary} + b.seq when b.n = 12 and b.seq %% {share} = 0 then {member} + b.seq end
from body b
join name f on f.part = 'family' and f.at = {family} %% {families}
join name m on m.part = 'middle' and m.at = {middle} %% {middles}
join name g on g.part = 'given' and g.at = {called} %% {givens};
insert into members_membership (id, person_id, number, cell_id, joined_on, official_on, exempt_from)
select b.id, b.id, 1, coalesce(o.id, b.cell), b.joined_on, b.official_on, case when not b.is_back then b.exempt_from end
from body b left join cell o on b.moved_on is not null and o.seq = (b.seq + 1) %% {cells};
insert into members_membership (id, person_id, number, cell_id, joined_on, official_on)
select {people} + row_number() over (order by id), id, 2, cell, joined_on + 3500, (joined_on + 3500 + interval '1 year')
from body where is_back;
insert into members_departure (membership_id, "on", reason)
select id, coalesce(gone_on, joined_on + 2000), case when is_back then 'name_removed'
    when chance %% 3 = 0 then 'deceased' when chance %% 3 = 1 then 'resigned' else 'name_removed' end
from body where is_back or gone_on is not null;
insert into members_transfer (membership_id, to_cell_id, "on", kind)
select id, cell, moved_on, 'official' from body where moved_on is not null;
insert into members_transfer (membership_id, to_cell_id, "on", kind, until)
select b.id, o.id, '2025-03-01', 'temporary', '2026-06-30'
from body b join cell o on o.seq = (b.seq + 2) %% {cells} where b.is_guest;
insert into members_temporarystay (membership_id, cell_id, from_on)
select membership_id, to_cell_id, "on" from members_transfer where kind = 'temporary';
insert into members_stay (membership_id, cell_id, from_on, to_on)
select m.id, m.cell_id, m.joined_on, coalesce(b.moved_on, d.on)
from members_membership m join body b on b.id = m.person_id left join members_departure d on d.membership_id = m.id;
insert into members_stay (membership_id, cell_id, from_on, prev_to)
select membership_id, to_cell_id, "on", "on" from members_transfer where kind = 'official';
insert into members_post (unit_id, post, place, person_id, holder_name, from_on)
select cell, (array['secretary', 'deputy_secretary', 'committee_member'])[n], '', id, '', '2024-01-15'
from body where n <= 3;
insert into members_post (unit_id, post, place, person_id, holder_name, from_on)
select u.id, 'secretary', '', b.id, '', '2024-02-15'
from (select p.id, p.kind, min(c.seq) as seq from cell c join place q using (id)
      cross join unnest(string_to_array(rtrim(q.path, '/'), '/')) a(step) join place p on p.id = a.step::bigint
      where p.kind in ('central', 'province', 'district') group by p.id, p.kind) u
join body b on b.seq = u.seq and b.n = case u.kind when 'central' then 7 when 'province' then 6 else 5 end;
insert into members_post (unit_id, post, place, person_id, holder_name, from_on)
select p.id, 'secretary', '', b.id, '', '2024-02-15'
from (select p.parent as id, min(c.seq) as seq from place p join cell c using (id) where p.kind = 'cell' group by 1) p
join body b on b.seq = p.seq and b.n = 4
"""

USERS = """
create temporary table person_of_user (id bigint, name text, role text, unit bigint, reach text);
insert into person_of_user
select {officer} + id, 'officer-' || id, 'officer', id, 'subtree' from place where kind in ('central', 'province');
insert into person_of_user
select {leader} + id, 'leader-' || id, 'leader', id, 'subtree' from place where kind in ('central', 'province');
insert into person_of_user
select {officer_of_commune} + at, 'officer-' || id, 'officer', id, 'subtree' from place where kind = 'district';
insert into person_of_user select {secretary} + seq, 'secretary-' || seq, 'secretary', id, 'unit' from cell;
insert into person_of_user
select {member} + seq, 'member-' || seq, 'member', id, 'unit' from cell where seq %% {share} = 0;
insert into accounts_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined, last_login,
    full_name, sort_key, search_key)
select id, '!' || id, false, name, '', false, true, '2025-01-05', '2026-01-05', name, name, name from person_of_user;
insert into organizations_grant (user_id, role, unit_id, reach, from_on, source, reason)
select id, role, unit, reach, '2025-01-05', 'given', '' from person_of_user
"""

# The key of a meeting says of which month and cell it is.
MEETINGS = """
insert into meetings_meeting (id, code, unit_id, kind, held_on, month, topic, mode, duration_min, version,
    recorded_by_id, recorded_at, conclusions)
select 1 + ((extract(year from m) - {first_year}) * 12 + extract(month from m) - 1)::bigint * {cells} + c.seq,
    c.id || '-' || to_char(m, 'YYYY-MM'), c.id, 'regular', m::date + 2 + (c.seq %% 4)::int, m::date, '', 'in_person',
    60 + c.seq %% 7 * 10, 1, {secretary} + c.seq, m + interval '8 days',
    case when m >= '2025-01-01' then 'Chi bộ thống nhất nhiệm vụ tháng tới.' else '' end
from generate_series(%(from)s::timestamp, %(to)s::timestamp, interval '1 month') m cross join cell c
"""

SCORES = """
insert into meetings_score (meeting_id, scored_by, scored_on, c1, c2, c3, c4, c5, c6, c7, c8)
select id, 'self', held_on, 5, 5, 10, 30 - {chance} %% 9, 10, 5, 30 - {chance} %% 4, 5
from meetings_meeting where month >= %(year)s;
insert into meetings_confirmation
    (meeting_id, state, since, in_time, own_points, makers, evidence, claimed, proposed, most)
select id, case when month < '2025-12-01' then 'confirmed' else 'waiting' end, held_on + 3, month < '2025-12-01', false,
    to_jsonb(array[recorded_by_id]), '[]', 0, 0, 0
from meetings_meeting where month >= %(year)s
"""

HERE = """
create temporary table here as
select m.person_id as person, c.seq, s.from_on, s.to_on
from members_stay s join members_membership m on m.id = s.membership_id join cell c on c.id = s.cell_id
where m.exempt_from is null and (s.to_on is null or s.to_on > %(year)s) order by c.seq, m.person_id;
analyze here
"""

ATTENDANCE = """
insert into meetings_attendance (meeting_id, person_id, state, reason)
select 1 + %(n)s::bigint * {cells} + seq, person, case when marked < 92 then 'present' when marked < 99 then 'excused'
    else 'absent' end, case when marked between 92 and 98 then 'Ốm' else '' end
from (select *, {chance} %% 100 as marked, %(month)s::date + 2 + (seq %% 4)::int as held_on from here) h
where from_on <= held_on and (to_on is null or to_on > held_on)
"""

CASES = """
create temporary table matter as
select row_number() over (order by b.id) as id, b.id as person, b.cell, p.full_name, b.chance %% 10 < 3 as is_open,
    case when b.chance %% 10 < 3 then date '2025-12-01' + (b.chance %% 30)::int
    else date '2025-01-05' + (b.chance %% 300)::int end as begun_on
from body b join members_person p on p.id = b.id where b.has_case;
insert into procedures_case (id, version_id, unit_id, about, told, status, result, begun_on, ended_on)
select t.id, (select v.id from procedures_version v join procedures_procedure p on p.id = v.procedure_id
      where p.code = 'exemption' order by v.number desc limit 1), t.cell, t.full_name, '{{}}',
    case when is_open then 'open' else 'ended' end, case when is_open then '' else 'not_adopted' end, begun_on,
    case when not is_open then begun_on + 21 end
from matter t;
insert into lifecycle_membercase (case_id, person_id, membership_id) select id, person, person from matter;
insert into procedures_stage (id, case_id, number, step, entered_on, due_on, done_on, outcome, is_skipped)
select id * 2 - 1, id, 0, %(begin)s, begun_on, null, begun_on, '', false from matter
union all
select id * 2, id, 1, 'cell_vote', begun_on, begun_on + 42, case when not is_open then begun_on + 21 end,
    case when is_open then '' else 'not_adopted' end, false from matter;
insert into procedures_turn (stage_id, party, unit_id, role)
select id * 2, 0, cell, 'secretary' from matter where is_open;
insert into procedures_signature (stage_id, deed, outcome, reason, at, role, seal, unit_id)
select s.id, case when s.number = 0 then 'began' else 'signed' end, s.outcome, '',
    s.done_on + time '09:00', 'secretary', '-', t.cell
from procedures_stage s join matter t on t.id = s.case_id where s.done_on is not null
"""

TARGETS = """
insert into targets_target (unit_id, indicator, period, comparator, value, decision)
select id, 'meetings.attendance', '2025', '>=', 0.9, '1-QĐ' from place where kind in ('province', 'district')
union all select id, 'members.admitted', '2025', '>=', case when kind = 'district' then 20 else 500 end, '1-QĐ'
from place where kind in ('province', 'district')
"""

# What the history shows: all units, of every so manyth cell its people and the last meetings with who was there.
CONTEXTS = """
insert into pghistory_context (id, created_at, updated_at, metadata)
select md5('units')::uuid, %(at)s, %(at)s,
    jsonb_build_object('action', 'exchange.loaded', 'user', null, 'at', %(at)s::text);
insert into pghistory_context (id, created_at, updated_at, metadata)
select md5('meeting' || k.id)::uuid, k.recorded_at, k.recorded_at, jsonb_build_object('action', 'meetings.recorded',
    'user', k.recorded_by_id, 'at', k.recorded_at::text)
from meetings_meeting k join cell c on c.id = k.unit_id where k.month >= '2025-10-01' and c.seq %% {share} = 0
"""
OF_A_LOAD, OF_A_MEETING = "md5('units')::uuid", "md5('meeting' || k.id)::uuid"
LOADED, RECORDED = "timestamptz '2025-01-05 09:00+07'", "k.recorded_at"
IN_SHARE = "join cell c on c.id = {0} and c.seq %% {{share}} = 0"
MEETING_OF = "join meetings_meeting k on k.id = r.meeting_id and k.month >= '2025-10-01' "
HISTORY = (  # table, what else is joined, the context, when
    ("organizations_unit", "", OF_A_LOAD, LOADED),
    ("members_person", "join body b on b.id = r.id " + IN_SHARE.format("b.cell"), OF_A_LOAD, LOADED),
    ("members_membership", "join body b on b.id = r.person_id " + IN_SHARE.format("b.cell"), OF_A_LOAD, LOADED),
    ("members_post", IN_SHARE.format("r.unit_id"), OF_A_LOAD, LOADED),
    (
        "meetings_meeting",
        "join meetings_meeting k on k.id = r.id and k.month >= '2025-10-01' " + IN_SHARE.format("k.unit_id"),
        OF_A_MEETING,
        RECORDED,
    ),
    ("meetings_attendance", MEETING_OF + IN_SHARE.format("k.unit_id"), OF_A_MEETING, RECORDED),
    ("meetings_score", MEETING_OF + IN_SHARE.format("k.unit_id"), OF_A_MEETING, RECORDED),
)
EVENTS = """
insert into {table}event (pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, {columns})
select {at}, 'insert', r.id, {context}, {from_row} from {table} r {joined}
"""
