"""What people are looked for by: how syllables sound, the keys of a name and a day of birth, triggers that keep them."""

from django.db import migrations

# What the ear does not tell apart somewhere in the country is written one way. `likeness.sound` says the same.
# Not strict: then it becomes part of the statement that asks, which is ten times as fast.
SOUND = """
create function chibo_sound(t text) returns text language sql immutable parallel safe as $$
select replace(case left(t, 1)
  when 'n' then case when t like 'ngh%' then 'ng' || substr(t, 4)
    when left(t, 2) in ('ng', 'nh') then t else 'l' || substr(t, 2) end
  when 't' then case when t like 'tr%' then 'ch' || substr(t, 3) else t end
  when 'c' then case when t like 'ch%' then t else 'k' || substr(t, 2) end
  when 'g' then case when t like 'gh%' then 'g' || substr(t, 3)
    when left(t, 3) in ('gia', 'gie', 'gio', 'giu') then 'd' || substr(t, 3) else t end
  when 'p' then case when t like 'ph%' then 'f' || substr(t, 3) else t end
  when 'q' then 'k' || substr(t, 2)
  when 'r' then 'd' || substr(t, 2)
  when 'x' then 's' || substr(t, 2)
  else t end, 'y', 'i') $$
"""
# Whoever may be one shares a key: the syllables in whatever order with the day of birth, the same without any one of
# them, all of them with two of day, month and year, all of them with day and month changed about. Syllables are added
# up as numbers of 48 bits, in which no order is left and out of which one can be taken; what is added to the day tells
# the kinds of keys apart. A load makes them by the million, so it is plain arithmetic.
KEYS = """
create function chibo_alike_keys(name text, born date) returns bigint[] language plpgsql immutable strict parallel safe
as $$
declare
  word text; heard bigint; whole bigint := 0; words bigint[] := '{}'; found bigint[]; key bigint;
  day constant int := born - date '2000-01-01';
  y constant int := extract(year from born);
  m constant int := extract(month from born);
  d constant int := extract(day from born);
begin
  foreach word in array string_to_array(name, ' ') loop
    continue when word = '';
    word := left(word, 30);
    heard := hashtextextended(chibo_sound(word), 0) & 281474976710655;
    words := words || heard;
    whole := whole + heard;
    exit when cardinality(words) = 8;
  end loop;
  if cardinality(words) = 0 then
    return words;
  end if;
  found := array[
    hashint8extended(whole, day),
    hashint8extended(whole, 1099511627776 + y * 16 + m),
    hashint8extended(whole, 2199023255552 + y * 32 + d),
    hashint8extended(whole, 3298534883328 + m * 32 + d)];
  if d <= 12 and d <> m then
    found := found || hashint8extended(whole, 4398046511104 + y * 1024 + least(m, d) * 32 + greatest(m, d));
  end if;
  if cardinality(words) > 1 then
    foreach heard in array words loop
      key := hashint8extended(whole - heard, day);
      if key <> all(found) then
        found := found || key;
      end if;
    end loop;
  end if;
  return found;
end $$
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
