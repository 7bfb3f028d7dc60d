"""Paths on which own sums went up are found by what they begin with: evidence looks for the units below one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("indicators", "0005_folds_and_comparisons")]

    operations = [
        migrations.AddIndex(
            model_name="path",
            index=models.Index(fields=["path"], name="own_path", opclasses=["text_pattern_ops"]),
        ),
    ]
