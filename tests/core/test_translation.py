"""The Vietnamese catalog: every sentence of the program is in it, with its placeholders, and it is compiled."""

import ast
import re
from collections.abc import Iterator
from fractions import Fraction
from gettext import GNUTranslations
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation.template import templatize

from chibo.accounts.forms import LoginForm
from chibo.accounts.models import User
from chibo.core import formats
from chibo.core.periods import Period

ROOT = Path(__file__).resolve().parents[2] / "chibo"
CATALOG = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.po"
CALLS = {  # name of a call: which of its arguments are context, sentence, sentence for many
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop", "worded"], (None, 0, None)),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (None, 0, 1)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], (0, 1, None)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], (0, 1, 2)),
}
LATER = ("_lazy", "_noop")  # ends of those that may be called while a file is imported
PLACEHOLDER = re.compile(r"%(?:\([a-z_]+\))?[sd]")


class Sentence(NamedTuple):
    """What is looked up in a catalog."""

    context: str | None
    one: str
    many: str | None

    def key(self) -> str:
        """How catalogs name it."""
        return self.one if self.context is None else f"{self.context}\x04{self.one}"


def _python_files() -> list[Path]:
    """The program's own files; commands speak English."""
    return [path for path in sorted(ROOT.rglob("*.py")) if not {"management", "migrations"} & set(path.parts)]


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _names_of(tree: ast.Module) -> dict[str, str]:
    """The names under which a file knows the functions of translation."""
    return {
        each.asname or each.name: each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("django.utils.translation", "chibo.core.wording")
        for each in node.names
        if each.name in CALLS and (each.name != "worded" or each.asname == "_")
    }


def sentences_in(source: str) -> Iterator[Sentence]:
    """The sentences a Python source has translated; ValueError if one is put together as it runs."""
    tree = ast.parse(source)
    known = _names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in known:
            texts = []
            for place in CALLS[known[_name(node)]]:
                argument = None if place is None else node.args[place]
                text = argument.value if isinstance(argument, ast.Constant) else argument
                if not isinstance(text, str | None):
                    raise ValueError(f"line {node.lineno}: only a literal text can be translated")
                texts.append(text)
            yield Sentence(*texts)


def sentences_in_template(source: str) -> Iterator[Sentence]:
    """The sentences of `{% translate %}` and `{% blocktranslate %}`."""
    names = ", ".join(CALLS)
    yield from sentences_in(f"from django.utils.translation import {names}\n" + _calls_in(templatize(source)))


def _calls_in(text: str) -> str:
    """The calls in what templatize makes of a template: the rest is blanked out, no Python."""
    found = re.findall(r"\b(n?p?gettext|_)\(((?:u?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')\s*,?\s*)+)", text)
    return "\n".join(f"{name}({arguments.rstrip().rstrip(',')})" for name, arguments in found)


def sentences() -> dict[Sentence, str]:
    """Every sentence of the program, and where it stands."""
    found = {}
    for path in _python_files():
        found |= dict.fromkeys(sentences_in(path.read_text()), str(path.relative_to(ROOT)))
    for kind in ("templates/**/*.html", "jinja2/**/*.html", "templates/**/*.txt"):
        for path in ROOT.rglob(kind):
            found |= dict.fromkeys(sentences_in_template(path.read_text()), str(path.relative_to(ROOT)))
    return found


def catalog() -> dict[str, list[str]]:
    """The .po file: key of a sentence to its translations, without what is marked fuzzy or obsolete."""
    entries = {}
    for block in CATALOG.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE) or not lines:
            continue
        parts: dict[str, str] = {}
        word = ""
        for line in lines:
            word = word if line.startswith('"') else line.split(" ", 1)[0]
            parts[word] = parts.get(word, "") + ast.literal_eval(line[line.index('"') :])
        key = (f"{parts['msgctxt']}\x04" if "msgctxt" in parts else "") + parts["msgid"]
        entries[key] = [text for word, text in parts.items() if word.startswith("msgstr")]
    return entries


@pytest.fixture(scope="module")
def compiled() -> GNUTranslations:
    """The .mo file, as the program reads it."""
    with CATALOG.with_suffix(".mo").open("rb") as file:
        return GNUTranslations(file)


def test_the_catalog_has_every_sentence(compiled):
    found, missing = sentences(), []
    assert len(found) > 300
    for sentence, where in found.items():
        if sentence.many:
            said = compiled.ngettext(sentence.one, sentence.many, 2)
        elif sentence.context:
            said = compiled.pgettext(sentence.context, sentence.one)
        else:
            said = compiled.gettext(sentence.one)
        has_words = re.search("[a-z]", PLACEHOLDER.sub("", sentence.one))
        if said in (sentence.one, sentence.many) and (has_words or sentence.key() not in catalog()):
            missing.append(f"{where}: {sentence.one}")
    assert not missing, "Run makemessages (docs/translation.md) and translate:\n" + "\n".join(missing)


def test_translations_keep_the_placeholders():
    wrong = []
    known = catalog()
    for sentence in sentences():
        wanted = sorted(set(PLACEHOLDER.findall(sentence.many or sentence.one)))
        wrong += [said for said in known.get(sentence.key(), []) if sorted(set(PLACEHOLDER.findall(said))) != wanted]
    assert not wrong


def test_the_compiled_catalog_is_the_written_one(compiled):
    written = {key: texts for key, texts in catalog().items() if key and all(texts)}
    held = {}
    for key, text in compiled._catalog.items():
        one, place = key if isinstance(key, tuple) else (key, 0)
        held.setdefault(one, {})[place] = text
    held.pop("", None)
    assert {key: list(texts.values()) for key, texts in held.items()} == written


def test_the_catalog_has_nothing_the_program_does_not_say():
    spoken = {sentence.key() for sentence in sentences()}
    assert [key for key in catalog() if key and key not in spoken] == []


@pytest.mark.parametrize("path", _python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_translated_on_import_is_lazy(path):
    """A sentence translated while a file is imported would stay in one language for good."""
    tree = ast.parse(path.read_text())
    known = _names_of(tree)
    on_import, waiting = [], list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Call) and _name(node) in known and not known[_name(node)].endswith(LATER):
                on_import.append(node.lineno)
            waiting += ast.iter_child_nodes(node)
    assert not on_import


SPOKEN_AS_IS = ("core/brand.html", "core/document.html", "core/switches.html", "core/styleguide.html")  # names, samples
TAGS = r"{% comment %}.*?{% endcomment %}|{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}|<style.*?/style>"
ATTRIBUTES = r"\b(?:aria-label|title|placeholder|alt)=\"([^\"]+)\""


@pytest.mark.parametrize("path", sorted(ROOT.rglob("templates/**/*.html")), ids=lambda path: path.name)
def test_a_template_says_nothing_untranslated(path):
    text = re.sub(TAGS, "", path.read_text(), flags=re.DOTALL)
    said = " ".join([re.sub(r"<[^>]*>", "", text), *re.findall(ATTRIBUTES, text)])
    assert path.as_posix().endswith(SPOKEN_AS_IS) or re.findall(r"[^\W\d_]{2,}", said) == []


def test_sentences_are_found_where_they_stand():
    source = "from django.utils.translation import gettext as _, ngettext\n_('a' 'b')\nngettext('c', 'd', 2)"
    assert list(sentences_in(source)) == [Sentence(None, "ab", None), Sentence(None, "c", "d")]
    template = (
        "{% load i18n %}{% translate \"It's\" as x %}{% translate 'May' context 'month' %}"
        "{% blocktranslate count n=a %}{{ n }} fault{% plural %}{{ n }} faults{% endblocktranslate %}"
    )
    assert set(sentences_in_template(template)) == {
        Sentence(None, "It's", None),
        Sentence("month", "May", None),
        Sentence(None, "%(n)s fault", "%(n)s faults"),
    }


def test_a_sentence_put_together_is_refused():
    with pytest.raises(ValueError, match="literal"):
        list(sentences_in("from django.utils.translation import gettext as _\n_(f'{x} points')"))


def test_what_django_says_of_a_form_and_a_password_is_vietnamese():
    with translation.override("vi"):
        assert "".join(password_validators_help_texts()).count("Mật khẩu") == 3
        with pytest.raises(ValidationError) as short:
            validate_password("a", User(username="officer"))
        assert short.value.messages[0] == "Mật khẩu quá ngắn. Mật khẩu phải có ít nhất 10 ký tự."
        form = LoginForm({"login": "", "password": "a\0"})
        assert not form.is_valid()
        assert form.errors["login"] == ["Cần nhập mục này."]
        assert "Không được dùng ký tự rỗng." in form.errors["password"]


@pytest.mark.parametrize(
    ("period", "name"),
    [
        ("2023", "năm 2023"),
        ("2023-H1", "6 tháng đầu năm 2023"),
        ("2023-H2", "6 tháng cuối năm 2023"),
        ("2023-Q3", "quý 3/2023"),
        ("2023-04", "tháng 4/2023"),
    ],
)
def test_periods_have_vietnamese_names(period, name):
    with translation.override("vi"):
        assert formats.period_name(Period.parse(period)) == name


def test_points_are_said_in_vietnamese():
    with translation.override("vi"):
        assert formats.points(Fraction(17, 200)) == "+8,5 điểm %"
