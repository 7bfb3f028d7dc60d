"""Cells of a year in the order of names: the first of a whole country are found without looking through all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("meetings", "0014_by_year")]

    operations = [
        migrations.AddIndex(
            model_name="keptcellyear",
            index=models.Index(fields=["year", "sort_key", "unit_id"], name="cell_year_by_name"),
        ),
    ]
