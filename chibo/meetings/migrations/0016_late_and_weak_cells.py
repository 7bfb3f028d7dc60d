"""Cells of a year by the first month they missed, and by who attended: the late and weak of a country are few."""

from django.db import migrations

MISSED = "create index cell_year_missed on meetings_keptcellyear (year, (missed & -missed)) where missed <> 0"
ATTENDED = "create index cell_year_attended on meetings_keptcellyear (year, (present::float8 / nullif(marked, 0)))"


class Migration(migrations.Migration):
    dependencies = [("meetings", "0015_cells_by_name")]

    operations = [
        migrations.RunSQL(MISSED, "drop index cell_year_missed"),
        migrations.RunSQL(ATTENDED, "drop index cell_year_attended"),
        migrations.RunSQL("analyze meetings_keptcellyear", migrations.RunSQL.noop),  # what such shares there are
    ]
