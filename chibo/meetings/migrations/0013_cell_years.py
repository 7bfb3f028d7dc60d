"""What is kept of each cell's year to find the first ones by; where figures are kept, the next fold makes it."""

import django.db.models.deletion
from django.db import migrations, models

from chibo.indicators.stored import NAMES


# Of units that are marked pages ask the records until then.
MARK_ALL = """
insert into indicators_mark (unit_id, from_on, to_on, subject)
select id, date '0001-01-01', null, '' from organizations_unit where exists (select from indicators_keptyear)
"""


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
        # A fifth of a page is left for what folds change: it is put beside.
        migrations.RunSQL("alter table meetings_keptcellyear set (fillfactor = 80)", migrations.RunSQL.noop),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]
