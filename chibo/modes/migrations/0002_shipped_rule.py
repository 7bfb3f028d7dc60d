"""The rule of online meetings as the program comes: to be verified, and to be changed by an administrator."""

from django.db import migrations

RULE = (50, "03-HD/TW 27/12/2022; to be verified", "2022-12-27")
NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'modes.shipped', 'user', null, 'at', now())::text, true)
"""


def seed(apps, editor):
    """Put it in, as an act of the system in the history."""
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.execute("insert into modes_onlinerule (share, source, from_on) values (%s, %s, %s)", RULE)
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("modes", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]
