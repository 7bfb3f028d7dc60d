"""The context of an action is kept once in its transaction, not once for each statement of it.

As the function that comes with the history: what an action is called and who acts, under its id. A meeting is written
by four statements, and each of them asked for the row, in a transaction of its own within the other.
"""

from django.db import migrations

ONCE = """
create or replace function _pgh_attach_context() returns uuid language plpgsql as $$
declare
    context text := nullif(current_setting('pghistory.context_id', true), '');
    metadata text := nullif(current_setting('pghistory.context_metadata', true), '');
    said text := context || metadata;
begin
    if said is null then
        return null;
    end if;
    if current_setting('chibo.context', true) is distinct from said then
        insert into pghistory_context (id, metadata, created_at, updated_at)
        values (context::uuid, metadata::jsonb, now(), now())
        on conflict (id) do update set metadata = excluded.metadata, updated_at = excluded.updated_at
        where pghistory_context.metadata <> excluded.metadata;
        perform set_config('chibo.context', said, true);
    end if;
    return context::uuid;
end
$$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_sent"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(ONCE, migrations.RunSQL.noop)]
