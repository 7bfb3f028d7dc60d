"""Sums: a row for a unit, indicator and year, its twelve months beside each other."""

import django.db.models.deletion
from django.db import migrations, models

from chibo.indicators.stored import NAMES


def unit():
    """The unit of a row: not looked up by itself, and it may be gone."""
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="organizations.unit",
    )


def of_years(field, *place):
    """The columns of a table of sums."""
    indicator = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="indicators.numbered",
    )
    key = models.CompositePrimaryKey(
        "unit_id",
        "year",
        "indicator_id",
        *place,
        blank=True,
        editable=False,
        primary_key=True,
        serialize=False,
    )
    return [
        ("pk", key),
        ("unit", unit()),
        ("at", models.DateTimeField()),
        ("indicator", indicator),
        ("year", models.SmallIntegerField()),
        *((name, models.SmallIntegerField()) for name in place),
        *((name, field(null=True)) for name in NAMES),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0003_plain"),
        ("organizations", "0004_grants_taken_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="Numbered",
            fields=[
                ("number", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Path",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "unit_id", "place", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("unit", unit()),
                ("place", models.SmallIntegerField()),
                ("path", models.TextField()),
            ],
        ),
        migrations.CreateModel(name="OwnSum", fields=of_years(models.IntegerField, "place")),
        migrations.CreateModel(name="Sum", fields=of_years(models.BigIntegerField)),
        migrations.CreateModel(name="Shift", fields=of_years(models.BigIntegerField)),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "unit",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="organizations.unit",
                    ),
                ),
                ("path", models.TextField()),
            ],
        ),
    ]
