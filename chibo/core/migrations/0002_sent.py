"""What was sent from a page, for a day: no record, but what keeps one from being made twice."""

from django.db import migrations

ADD = """
create table core_sent (key varchar(64) primary key, at timestamp with time zone not null, location text);
create index core_sent_at on core_sent (at)
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_cache")]

    operations = [migrations.RunSQL(ADD, "drop table core_sent")]
