"""The numbers asked of cells as the program comes: each to be verified, and to be changed by an administrator."""

from django.db import migrations

SINCE = "2018-07-06"
HANDBOOK = "12-HD/BTCTW 6/7/2018; to be verified"
RESOLUTION = "Resolution of a province on cells; to be verified"
OWN = "Chosen for this program; to be decided"
NORMS = [
    ("attendance", 85, HANDBOOK),
    ("duration", 90, HANDBOOK),
    ("running", 3, HANDBOOK),
    ("months", 3, HANDBOOK),
    ("guide_regular_least", 5, RESOLUTION),
    ("guide_regular_most", 10, RESOLUTION),
    ("guide_thematic_least", 3, RESOLUTION),
    ("guide_thematic_most", 5, RESOLUTION),
    ("weak_missed", 2, OWN),
    ("weak_attendance", 65, OWN),
    ("weak_poor", 2, OWN),
]
NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'guidance.shipped', 'user', null, 'at', now())::text, true)
"""


def seed(apps, editor):
    """Put them in, as an act of the system in the history."""
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.executemany(
            "insert into guidance_norm (what, number, source, from_on) values (%s, %s, %s, %s)",
            [(what, number, source, SINCE) for what, number, source in NORMS],
        )
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("guidance", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]
