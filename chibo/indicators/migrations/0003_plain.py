"""A function that makes text comparable without accents in SQL, as `core.text.search_key` does in Python."""

from django.db import migrations

ADD = """
create function chibo_plain(text) returns text language sql immutable strict parallel safe as
$$ select regexp_replace(normalize(translate(lower($1), 'đ', 'd'), nfd), '[\\u0300-\\u036f]', '', 'g') $$
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0002_calendar")]

    operations = [migrations.RunSQL(ADD, "drop function chibo_plain(text)")]
