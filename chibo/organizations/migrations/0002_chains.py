"""Each row of a dated chain but the first begins the day another ends."""

from django.db import migrations

from chibo.core.spans import chain_key


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]

    operations = [
        migrations.RunSQL(*chain_key("organizations_parentlink", "unit_id")),
        migrations.RunSQL(*chain_key("organizations_lineage", "unit_id")),
    ]
