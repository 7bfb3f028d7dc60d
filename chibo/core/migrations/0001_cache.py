"""The table of the cache, in which sign-in keeps its limits: shared by all processes, as Django's database cache wants it."""

from django.db import migrations

ADD = """
create table core_cache (
    cache_key varchar(255) primary key, value text not null, expires timestamp with time zone not null
);
create index core_cache_expires on core_cache (expires)
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [migrations.RunSQL(ADD, "drop table core_cache")]
