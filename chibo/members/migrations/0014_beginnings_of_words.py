"""The index of words of names has each beginning of them: what many words begin with is looked up, not gathered."""

from django.db import migrations

# The beginnings of the words of a name, up to the length of Vietnamese words, and longer words whole; of very long names
# those of the first 400 characters, as a lexeme has a limit. It costs much to make, so that no plan makes it for what the
# index did not give.
BEGUN = """
create function chibo_begun_words(text) returns tsvector language sql immutable strict parallel safe cost 1000 as
$$ select array_to_tsvector(array(
     select left(word, size) from unnest(string_to_array(left($1, 400), ' ')) word, generate_series(1, 7) size
     where word <> ''
     union all select word from unnest(string_to_array(left($1, 400), ' ')) word where length(word) > 7
   )) $$
"""
INDEX = "create index person_begun_words on members_person using gin (chibo_begun_words(search_key))"
HAS_BEGUN = """
create function chibo_has_begun_words(text, text) returns boolean language sql stable strict parallel safe as
$$ select chibo_begun_words($1) @@ $2::tsquery $$
"""
WORDS = "create index person_words on members_person using gin (chibo_words(search_key))"


class Migration(migrations.Migration):
    dependencies = [("members", "0013_names_in_their_index")]

    operations = [
        migrations.RunSQL(BEGUN, "drop function chibo_begun_words(text)"),
        migrations.RunSQL(HAS_BEGUN, "drop function chibo_has_begun_words(text, text)"),
        migrations.RunSQL(INDEX, "drop index person_begun_words"),
        migrations.RunSQL("drop index person_words", WORDS),
        migrations.RunSQL("analyze members_person", migrations.RunSQL.noop),  # how common what is indexed is
    ]
