"""Public holidays of Viet Nam and Saturdays worked instead, as a seed; administrators add what is laid down later."""

import json

from django.db import migrations

YEARS = range(2015, 2036)
WORKED = "Làm bù cho ngày nghỉ"
CONTEXT = "select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata', %s, true)"
NOT_ANY_MORE = "select set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"


def seed(apps, schema_editor):
    import holidays

    days = holidays.country_holidays("VN", years=YEARS, language="vi")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            CONTEXT, [json.dumps({"action": "procedures.seeded", "user": None, "at": "2026-01-01T00:00:00+00:00"})]
        )
    model = apps.get_model("procedures", "SpecialDay")
    model.objects.bulk_create(model(day=day, name=name[:500]) for day, name in sorted(days.items()))
    worked = sorted(day for day in days.weekend_workdays if day.year in YEARS)
    model.objects.bulk_create(model(day=day, is_working=True, name=WORKED) for day in worked)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NOT_ANY_MORE)


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_cases")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
