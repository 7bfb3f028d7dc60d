"""The scoring sheets that come with the program; the 100-point sheet holds everywhere."""

from functools import partial

from django.db import migrations

from chibo.scoring.shipped import seed

NAMES = ["hundred", "hundred_strict", "four_groups"]


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]
    operations = [migrations.RunPython(partial(seed, names=NAMES, everywhere="hundred"), migrations.RunPython.noop)]
