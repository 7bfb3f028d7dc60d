"""Whoever changes a person holds the note that they are to be looked at: nobody takes it away with the old facts read."""

from django.db import migrations

UPDATED = """
create or replace function duplicates_updated() returns trigger language plpgsql as $$
begin
  update duplicates_keyed k set keys = chibo_alike_keys(n.search_key, n.born_on)
  from new_rows n join old_rows o using (id)
  where k.person_id = n.id and (n.search_key, n.born_on) is distinct from (o.search_key, o.born_on);
  insert into duplicates_stale (person_id) select n.id from new_rows n join old_rows o using (id)
  where (n.full_name, n.born_on, n.sex) is distinct from (o.full_name, o.born_on, o.sex)
  on conflict {conflict};
  return null;
end $$
"""
HELD = "(person_id) do update set person_id = excluded.person_id"


class Migration(migrations.Migration):
    dependencies = [
        ("duplicates", "0002_keys"),
    ]

    operations = [
        migrations.RunSQL(
            UPDATED.replace("{conflict}", HELD),
            UPDATED.replace("{conflict}", "do nothing"),
        ),
    ]
