"""What is left to settle is kept so that it can be shown in any language; rows of before stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("restructurings", "0002_rows_on_the_page"),
    ]

    operations = [
        migrations.AddField(
            model_name="unsettled",
            name="said",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
