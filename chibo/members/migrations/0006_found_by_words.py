"""What finds members by words and lists them in order: functions and indexes."""

from django.db import migrations

# The words of a name as a vector, each a lexeme as it is, so that the beginnings of words are found by an index; of
# very long names the first 400 characters, as a lexeme has a limit.
WORDS = """
create function chibo_words(text) returns tsvector language sql immutable strict parallel safe as
$$ select array_to_tsvector(array_remove(string_to_array(left($1, 400), ' '), '')) $$
"""
HAS_WORDS = """
create function chibo_has_words(text, text) returns boolean language sql stable strict parallel safe as
$$ select chibo_words($1) @@ $2::tsquery $$
"""
INDEXES = {
    "person_words": "on members_person using gin (chibo_words(search_key))",
    "person_plain_code": "on members_person (chibo_plain(code) text_pattern_ops)",
    "person_by_name": "on members_person (sort_key, id)",
    "person_by_birth": "on members_person (born_on, id)",
    "membership_by_joining": "on members_membership (joined_on, person_id)",
    "unit_by_name": "on organizations_unit (sort_key, id)",
}


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_recording"),
        ("indicators", "0003_plain"),
        ("organizations", "0003_same_key"),
    ]

    operations = [
        migrations.RunSQL(WORDS, "drop function chibo_words(text)"),
        migrations.RunSQL(HAS_WORDS, "drop function chibo_has_words(text, text)"),
        *(migrations.RunSQL(f"create index {name} {what}", f"drop index {name}") for name, what in INDEXES.items()),
    ]
