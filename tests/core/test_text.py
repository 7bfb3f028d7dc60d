"""Names sort as Vietnamese names do and are found without accents, by Python and by the database alike."""

import unicodedata

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from chibo.core.text import clean, label_sort_key, name_sort_key, search_key

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
syllables = st.lists(
    st.tuples(st.sampled_from(LETTERS + LETTERS.upper()), st.sampled_from(TONES)), min_size=1, max_size=5
).map(lambda pairs: "".join(letter + tone for letter, tone in pairs))
texts = st.tuples(
    st.lists(syllables | st.sampled_from(["2", "10", "(a)", "'", '"', "%", "_", "\\", "-", "&"]), max_size=5).map(
        " ".join
    ),
    st.sampled_from(["NFC", "NFD"]),
).map(lambda pair: unicodedata.normalize(pair[1], pair[0]))


def plain(text: str) -> str:
    """The text as the database makes it comparable."""
    with connection.cursor() as cursor:
        cursor.execute("select chibo_plain(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Nguyễn Văn Đạt", "nguyen van dat"),
        ("ĐẶNG THỊ ƯỚC", "dang thi uoc"),
        ("Tỉnh ủy Vĩnh Sơn", "tinh uy vinh son"),
        ("Ê-đê", "e-de"),
        ("", ""),
    ],
)
def test_the_search_key_has_no_accents(text, key):
    assert search_key(text) == search_key(unicodedata.normalize("NFD", text)) == key


@pytest.mark.django_db
@settings(max_examples=150)
@given(texts)
def test_the_database_makes_the_same_search_key(text):
    assert plain(text) == search_key(text)


@given(texts)
def test_a_search_key_is_its_own_search_key(text):
    assert search_key(search_key(text)) == search_key(text)


@given(texts)
def test_the_form_of_the_accents_makes_no_difference(text):
    other = unicodedata.normalize("NFD", text)
    assert clean(text) == clean(other)
    assert name_sort_key(text) == name_sort_key(other)
    assert label_sort_key(clean(text)) == label_sort_key(clean(other))


def shuffled(names: list[str]) -> list[str]:
    return names[1::2] + names[::2]


def test_people_sort_by_given_name_first():
    people = [
        "Nguyễn Văn An",
        "Trần Thị An",
        "Lê Văn Ánh",
        "Bùi Thị Ân",
        "Đỗ Văn Bền",
        "Lê Chi",
        "Lê Văn Đan",
        "Vũ Yến",
    ]
    assert sorted(shuffled(people), key=name_sort_key) == people


@pytest.mark.parametrize(
    "names",
    [
        ["a", "à", "ả", "ã", "á", "ạ", "ă", "ằ", "â", "ầ", "b", "c", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "y"],
        ["Lan", "Lang", "Lành", "Lãnh", "Lý"],
        ["Hoa", "Hòa", "Hoà", "Hóa"],
        ["Thu", "Thủ", "Thư"],
    ],
)
def test_letters_go_before_tones(names):
    keys = [name_sort_key(name) for name in names]
    assert keys == sorted(keys)


def test_units_sort_by_the_value_of_their_numbers():
    units = ["Chi bộ thôn 1", "Chi bộ thôn 2", "Chi bộ thôn 10", "Chi bộ thôn An", "Chi bộ Trạm Y tế"]
    assert sorted(shuffled(units), key=label_sort_key) == units


@pytest.mark.django_db
@settings(max_examples=50)
@given(st.lists(texts, min_size=2, max_size=6))
def test_the_database_sorts_keys_as_python_does(names):
    keys = [name_sort_key(name) for name in names]
    with connection.cursor() as cursor:
        cursor.execute("select array_agg(k order by k) from unnest(%s::text[]) k", [keys])
        assert cursor.fetchone()[0] == sorted(keys)
