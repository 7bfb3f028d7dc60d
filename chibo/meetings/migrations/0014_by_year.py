"""The history of all that is written of every meeting lies in a partition for each year."""

from django.db import migrations

from chibo.core.dividing import DivideByYear


class Migration(migrations.Migration):
    dependencies = [("meetings", "0013_cell_years")]

    operations = [
        DivideByYear(f"meetings_{name}event", "pgh_created_at")
        for name in ("meeting", "attendance", "score", "confirmation")
    ]
