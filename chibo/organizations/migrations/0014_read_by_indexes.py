"""Where a unit stands is read from an index; how many stand below one is expected more nearly."""

from django.db import migrations, models

# A path that is one of the hundred that are kept makes the database expect a hundredth of all units below it, a commune
# as large as a province; then it looks for the commune's members along the names of the country.
NEARER = "alter table {table} alter column path set statistics {n}"


class Migration(migrations.Migration):
    dependencies = [("organizations", "0013_found_by_words")]

    operations = [
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["id"], include=("path",), name="unit_path_of"),
        ),
        *(
            migrations.RunSQL(NEARER.format(table=table, n=1000), NEARER.format(table=table, n=-1))
            for table in ("organizations_unit", "organizations_lineage")
        ),
        migrations.RunSQL("analyze organizations_unit, organizations_lineage", migrations.RunSQL.noop),
    ]
