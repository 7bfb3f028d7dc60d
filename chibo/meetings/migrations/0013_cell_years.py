"""What is kept of each cell's year to find the first ones by; of years with figures it is made at once."""

import django.db.models.deletion
from django.db import migrations, models

from chibo.indicators import beside
from chibo.indicators.stored import NAMES


def make(apps, schema_editor):
    """Make it of the sums there are."""
    with schema_editor.connection.cursor() as cursor:
        beside.keep_all(cursor)


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0005_folds_and_comparisons"),
        ("meetings", "0012_fewer_indexes"),
        ("organizations", "0012_marks_of_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptCellYear",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "unit_id", "year", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("year", models.SmallIntegerField()),
                ("missed", models.SmallIntegerField()),
                ("present", models.IntegerField()),
                ("marked", models.IntegerField()),
                ("is_steady", models.BooleanField()),
                ("stays", models.BooleanField()),
                ("was", models.TextField()),
                ("path", models.TextField()),
                ("sort_key", models.TextField()),
                *((name, models.IntegerField(null=True)) for name in NAMES),
                (
                    "unit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.unit",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["year", "was"], name="cell_year_under", opclasses=["int2_ops", "text_pattern_ops"]
                    ),
                    models.Index(
                        condition=models.Q(
                            ("is_steady", True), ("stays", True), ("was", models.F("path")), _negated=True
                        ),
                        fields=["year"],
                        name="cell_year_doubtful",
                    ),
                ],
            },
        ),
        # A fifth of a page is left for what folds change: it is put beside, and no index hears of it.
        migrations.RunSQL("alter table meetings_keptcellyear set (fillfactor = 80)", migrations.RunSQL.noop),
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
