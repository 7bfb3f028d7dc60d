"""The calendar: every month from 1900 to 2199."""

from django.db import migrations

FILL = """
insert into indicators_month
select m::date, (m + interval '1 month')::date - 1, to_char(m, 'YYYY-MM'),
       to_char(m, 'YYYY"-Q"Q'), date_trunc('quarter', m)::date, extract(month from m)::int % 3 = 0,
       extract(year from m)::int, date_trunc('year', m)::date, extract(month from m)::int = 12
from generate_series(timestamp '1900-01-01', timestamp '2199-12-01', interval '1 month') m
"""


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial")]

    operations = [migrations.RunSQL(FILL, "delete from indicators_month")]
