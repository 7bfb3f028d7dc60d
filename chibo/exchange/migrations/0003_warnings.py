from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_browser_and_undo"),
    ]

    operations = [
        migrations.AddField(
            model_name="load",
            name="warnings",
            field=models.JSONField(default=list),
        ),
    ]
