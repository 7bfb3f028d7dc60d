"""What people are looked for by: how syllables sound, the keys of a name and a day of birth, triggers that keep them."""

from django.db import migrations

# What the ear does not tell apart somewhere in the country is written one way. `likeness.sound` says the same.
SOUND = """
create function chibo_sound(t text) returns text language sql immutable strict parallel safe as $$
select translate(case
  when t like 'ngh%' then 'ng' || substr(t, 4)
  when left(t, 2) in ('ng', 'nh', 'kh', 'th', 'ch') then t
  when t like 'gh%' then 'g' || substr(t, 3)
  when left(t, 3) in ('gia', 'gie', 'gio', 'giu') then 'd' || substr(t, 3)
  when t like 'tr%' then 'ch' || substr(t, 3)
  when t like 'ph%' then 'f' || substr(t, 3)
  when t like 'r%' then 'd' || substr(t, 2)
  when t like 'x%' then 's' || substr(t, 2)
  when t like 'n%' then 'l' || substr(t, 2)
  when left(t, 1) in ('c', 'q') then 'k' || substr(t, 2)
  else t end, 'y', 'i') $$
"""
# Whoever may be one shares a key: the syllables in whatever order with the day of birth, the same without any one of
# them, all of them with two of day, month and year, all of them with day and month changed about.
KEYS = """
create function chibo_alike_keys(name text, born date) returns bigint[] language sql immutable strict parallel safe as $$
with said as (
  select array_agg(s order by s) as a from (
    select chibo_sound(left(w, 30)) as s
    from unnest(string_to_array(name, ' ')) with ordinality u(w, n) where w <> '' order by n limit 8
  ) x
), parts as (
  select a, array_to_string(a, ' ') as whole, extract(year from born)::int as y, extract(month from born)::int as m,
    extract(day from born)::int as d, (born - date '2000-01-01') as day from said
)
select array(select distinct hashtextextended(k, 0) from (
  select whole || '|' || day as k from parts
  union all select array_to_string(a[:i-1] || a[i+1:], ' ') || '|' || day
    from parts, generate_series(1, cardinality(a)) i where cardinality(a) > 1
  union all select whole || '|ym|' || y || '|' || m from parts
  union all select whole || '|yd|' || y || '|' || d from parts
  union all select whole || '|md|' || m || '|' || d from parts
  union all select whole || '|x|' || y || '|' || least(m, d) || '|' || greatest(m, d) from parts where d <= 12 and d <> m
) keys where k is not null) $$
"""
SAID = """
create function chibo_said_of(name text, born date, sex text) returns text language sql immutable parallel safe as
$$ select md5(name || '|' || (born - date '2000-01-01') || '|' || sex) $$
"""
INSERTED = """
create function duplicates_inserted() returns trigger language plpgsql as $$
begin
  insert into duplicates_keyed (person_id, keys) select id, chibo_alike_keys(search_key, born_on) from new_rows;
  insert into duplicates_stale (person_id) select id from new_rows on conflict do nothing;
  return null;
end $$
"""
UPDATED = """
create function duplicates_updated() returns trigger language plpgsql as $$
begin
  update duplicates_keyed k set keys = chibo_alike_keys(n.search_key, n.born_on)
  from new_rows n join old_rows o using (id)
  where k.person_id = n.id and (n.search_key, n.born_on) is distinct from (o.search_key, o.born_on);
  insert into duplicates_stale (person_id) select n.id from new_rows n join old_rows o using (id)
  where (n.full_name, n.born_on, n.sex) is distinct from (o.full_name, o.born_on, o.sex) on conflict do nothing;
  return null;
end $$
"""
DELETED = """
create function duplicates_deleted() returns trigger language plpgsql as $$
begin
  delete from duplicates_keyed k using old_rows o where k.person_id = o.id;
  delete from duplicates_stale k using old_rows o where k.person_id = o.id;
  delete from duplicates_pair k using old_rows o where k.first_id = o.id;
  delete from duplicates_pair k using old_rows o where k.second_id = o.id;
  return null;
end $$
"""
TRIGGERS = {
    "inserted": "insert on members_person referencing new table as new_rows",
    "updated": "update on members_person referencing old table as old_rows new table as new_rows",
    "deleted": "delete on members_person referencing old table as old_rows",
}
FILL = """
insert into duplicates_keyed (person_id, keys) select id, chibo_alike_keys(search_key, born_on) from members_person;
insert into duplicates_stale (person_id) select id from members_person
"""


class Migration(migrations.Migration):
    dependencies = [
        ("duplicates", "0001_initial"),
        ("members", "0010_keeper_of_files"),
    ]

    operations = [
        migrations.RunSQL(SOUND, "drop function chibo_sound(text)"),
        migrations.RunSQL(KEYS, "drop function chibo_alike_keys(text, date)"),
        migrations.RunSQL(SAID, "drop function chibo_said_of(text, date, text)"),
        migrations.RunSQL(INSERTED, "drop function duplicates_inserted()"),
        migrations.RunSQL(UPDATED, "drop function duplicates_updated()"),
        migrations.RunSQL(DELETED, "drop function duplicates_deleted()"),
        *(
            migrations.RunSQL(
                f"create trigger duplicates_{name} after {what}"
                f" for each statement execute function duplicates_{name}()",
                f"drop trigger duplicates_{name} on members_person",
            )
            for name, what in TRIGGERS.items()
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
