"""Papers of meetings added before their day was kept get the day here of the moment they came."""

from django.conf import settings
from django.db import migrations

NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'agendas.shipped', 'user', null, 'at', now())::text, true)
"""
FILL = """
update agendas_noticepaper n set "on" = (p.at at time zone %s)::date from papers_paper p
where p.id = n.paper_id and n."on" is null
"""


def fill(apps, editor):
    """Keep the day, as an act of the system in the history."""
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.execute(FILL, [settings.TIME_ZONE])
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("agendas", "0003_guidance")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=False)]
