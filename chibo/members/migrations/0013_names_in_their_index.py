"""The index of people by name has the name itself: who has words that very many have is found in it alone."""

from django.db import migrations

BY_NAME = "create index person_by_name on members_person (sort_key, id)"


class Migration(migrations.Migration):
    dependencies = [("members", "0012_life_of_a_member")]

    operations = [
        migrations.RunSQL(
            ["drop index person_by_name", f"{BY_NAME} include (search_key)"], ["drop index person_by_name", BY_NAME]
        )
    ]
