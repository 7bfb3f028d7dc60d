"""Names made comparable: keys for sorting and for searching without accents."""

import unicodedata
from functools import lru_cache

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"  # the order of Vietnamese letters
TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
SYLLABLES = 20_000  # more than the language has: what was made of them is remembered, as names say them again and again


def clean(text: str) -> str:
    """The text in NFC, trimmed: what two writings of one code or name have in common."""
    return unicodedata.normalize("NFC", text).strip()


def search_key(text: str) -> str:
    """The text in small letters without accents: `Nguyễn Văn Đạt` becomes `nguyen van dat`."""
    if text.isascii():
        return text.lower().replace("\0", "")
    return " ".join([_without_accents(word) for word in text.split(" ")])


@lru_cache(maxsize=SYLLABLES)
def _without_accents(text: str) -> str:
    plain = text.lower().replace("đ", "d")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if c != "\0" and not unicodedata.combining(c))


def _syllable(text: str) -> str:
    """A syllable as bytes that sort in Vietnamese order: letters first, then tone."""
    return text.lower().translate(PLAIN) + "!0" if text.isascii() else _accented(text)


@lru_cache(maxsize=SYLLABLES)
def _accented(text: str) -> str:
    tone = 0
    letters: list[str] = []
    for char in unicodedata.normalize("NFD", text.lower()):
        if char in TONES:
            tone = TONES[char]
        elif unicodedata.combining(char) and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
    return "".join(map(_letter, letters)) + f"!{tone}"


def _letter(letter: str) -> str:
    return f"{ALPHABET.find(letter) + 1:02d}" if letter in ALPHABET else "00" + letter


PLAIN = {code: _letter(chr(code)) for code in range(128)}


def name_sort_key(full_name: str) -> str:
    """A key under which Vietnamese names sort by given name, then family and middle names."""
    parts = full_name.split()
    return " ".join(_syllable(part) for part in [*parts[-1:], *parts[:-1]])


def sort_keys_from_to(plain: str) -> tuple[str, str]:
    """Between which sort keys those stand whose first syllable begins with a plain word, with whatever accents."""
    first, last = zip(*((variants[0], variants[-1]) for variants in map(_variants, plain)), strict=True)
    return "".join(map(_letter, first)), "".join(map(_letter, last)) + "9"


def _variants(letter: str) -> str:
    """The letters of the alphabet, in its order, that are this one without their accents."""
    return "".join(each for each in ALPHABET if search_key(each) == letter) or letter


def label_sort_key(label: str) -> str:
    """A key under which names of units sort: numbers by their value, letters as in Vietnamese."""
    return " ".join(part.zfill(9) if part.isdigit() else _syllable(part) for part in label.split())
