"""What finds units by words: a function and an index of the words of names and the letters of codes."""

from django.db import migrations

# Of a unit: its name from the beginning (f), its code from the beginning (k), each word of the name (n), and all one, two
# and three letters that stand side by side in the code (c); of cells in capitals, as committees are looked for first. Of
# very long ones the first 200 letters, as a lexeme has a limit. It costs much to make, so that no plan makes it for what
# the index did not give.
WORDS = """
create function chibo_unit_words(name text, code text, is_cell boolean) returns tsvector
language sql immutable strict parallel safe cost 1000 as
$$ select array_to_tsvector(
     array[l[1] || left(name, 200), l[2] || left(code, 200)]
     || array(select l[3] || left(word, 200) from unnest(string_to_array(name, ' ')) word where word <> '')
     || array(
       select l[4] || substr(code, place, size)
       from generate_series(1, 3) size, generate_series(1, length(code) + 1 - size) place
     )
   ) from (select case when is_cell then array['F', 'K', 'N', 'C'] else array['f', 'k', 'n', 'c'] end) letters(l) $$
"""
INDEX = """
create index unit_words on organizations_unit
using gin (chibo_unit_words(search_key, chibo_plain(code), kind::text in ('cell', 'grassroots_cell')))
"""
# Of those above cells, which are looked for first, in the order of names: there are five times as many cells.
ABOVE = """
create index unit_above_by_name on organizations_unit (sort_key, id)
where not (kind::text in ('cell', 'grassroots_cell'))
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0012_marks_of_names"), ("indicators", "0003_plain")]

    operations = [
        migrations.RunSQL(WORDS, "drop function chibo_unit_words(text, text, boolean)"),
        migrations.RunSQL(INDEX, "drop index unit_words"),
        migrations.RunSQL(ABOVE, "drop index unit_above_by_name"),
        migrations.RunSQL("analyze organizations_unit", migrations.RunSQL.noop),  # how common what is indexed is
    ]
