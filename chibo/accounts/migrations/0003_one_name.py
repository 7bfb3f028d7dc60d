"""A user name is taken whatever its capitals; where two differ by them alone, someone has to choose first."""

import django.db.models.functions.text
from django.db import migrations, models


def look(apps, schema_editor):
    """Refuse, naming them, where two users have the same name but for capitals."""
    upper = django.db.models.functions.text.Upper("username")
    users = apps.get_model("accounts", "User").objects.annotate(upper=upper)
    twice = users.values("upper").annotate(n=models.Count("pk")).filter(n__gt=1).order_by("upper")
    if found := list(twice.values_list("upper", flat=True)):
        raise ValueError(
            f"These user names are taken twice, in other capitals: {', '.join(found)}. Give one of each pair another"
            " name, then migrate again."
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitations"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(look, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("username"), name="user_name_once"
            ),
        ),
    ]
