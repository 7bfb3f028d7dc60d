"""Every context of the history keeps the number of its transaction: what changed can be told in an order that holds.

What was written before has the number of this migration: it was all there when anybody could first ask.
"""

from django.db import migrations

ADD = """
alter table pghistory_context add column xid xid8 not null default pg_current_xact_id();
create index pghistory_context_xid on pghistory_context (xid)
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [migrations.RunSQL(ADD, "alter table pghistory_context drop column xid")]
