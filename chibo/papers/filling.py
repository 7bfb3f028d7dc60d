"""A Word template read once and filled in often: `{{ value }}`, and `{% if value %}` around text or paragraphs."""

from __future__ import annotations

import difflib
import io
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import TemplateSyntaxError, nodes
from lxml import etree
from markupsafe import Markup

from chibo.core.word import in_xml, sandbox
from chibo.papers.opening import WORD, Refused, opened

MOST_SIGNS = 2000
NEAR = 60  # signs shown around one that is wrong
ENDS = {"{{": "}}", "{%": "%}", "{#": "#}"}
STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
FILTERS = {"upper", "lower"}
IN_CONDITION = (nodes.Name, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand, nodes.Const)
MARK = re.compile(r"<\?chibo (\d+)\?>")
EMPTY_CELL = re.compile(r"(<w:tc>|<w:tc [^>]*>|</w:tcPr>|<w:tcPr/>)\s*</w:tc>")
BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')
DOTS = "…" * 12
PACKED = (1980, 1, 1, 0, 0, 0)  # a day for what is packed: the same values give the same file


class Blank(str):
    """A value that nobody gave: false in a condition, and room to write where it stands."""

    lines = 1


def blank(lines: int = 1) -> Blank:
    """Room to write of so many lines."""
    made = Blank("")
    made.lines = lines
    return made


def _shown(value: Any) -> Markup:
    """A value as it stands in the document."""
    if not value:
        lines = value.lines if isinstance(value, Blank) else 1
        return BREAK.join([Markup(DOTS * 5 if lines > 1 else DOTS)] * lines)
    return BREAK.join(in_xml(value).replace("\t", " ").split("\n"))


ENVIRONMENT = sandbox(finalize=_shown)


@dataclass(frozen=True)
class Compiled:
    """A template ready to be filled in."""

    parts: dict[str, bytes]
    texts: dict[str, Any]  # the parts that hold text, as templates

    def filled(self, values: Mapping[str, str]) -> bytes:
        """The document with these values, always the same bytes for the same values."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, part in self.parts.items():
                if name in self.texts:
                    part = EMPTY_CELL.sub(r"\1<w:p/></w:tc>", self.texts[name].render(values)).encode()
                info = zipfile.ZipInfo(name, PACKED)
                info.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(info, part)
        return target.getvalue()


@dataclass(frozen=True)
class Sign:
    """A sign of the template, `{{ ... }}` or `{% ... %}`: what it says, and the text it stands in."""

    text: str
    near: str


def compiled(data: bytes, names: Collection[str]) -> Compiled:
    """The template that a .docx file is, for values of these names; Refused with every fault."""
    document = opened(data)
    faults: list[str] = []
    texts = {}
    for name, tree in document.texts.items():
        if tree.prefix != "w" or not tree.tag.startswith(WORD):
            raise Refused(
                _("The file is of a rare kind of .docx. Save it as an ordinary Word document, not as Strict.")
            )
        text = _Text(tree, names)
        faults += text.faults
        if not text.faults and text.signs:
            texts[name] = ENVIRONMENT.from_string(text.source())
    if faults:
        raise Refused(*dict.fromkeys(faults))
    return Compiled(document.parts, texts)


class _Text:
    """A part that holds text: each sign taken out of the runs it is scattered over, and judged."""

    def __init__(self, tree: Any, names: Collection[str]) -> None:
        self.tree, self.names = tree, names
        self.signs: list[str] = []
        self.faults: list[str] = []
        self._open: list[tuple[Sign, object, bool]] = []  # conditions: where each began, whether its `else` was
        for paragraph in list(tree.iter(f"{WORD}p")):
            self._read(paragraph)
        for sign, _where, _else in self._open:
            self._fault(sign, _("a condition begins here, and its {% endif %} is missing"))

    def source(self) -> str:
        """The part as a template of the sandbox: what is no sign can't be taken for one."""
        pieces = MARK.split(etree.tostring(self.tree, encoding="unicode"))
        for at, piece in enumerate(pieces):
            pieces[at] = self.signs[int(piece)] if at % 2 else piece.replace("{", "&#123;")
        return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + "".join(pieces)

    def _fault(self, sign: Sign, said: str) -> None:
        told = _("%(sign)s: %(fault)s. It stands in: “%(near)s”")
        self.faults.append(told % {"sign": sign.text[:100], "fault": said, "near": sign.near})

    def _read(self, paragraph: Any) -> None:
        own = [t for t in paragraph.iter(f"{WORD}t") if next(t.iterancestors(f"{WORD}p")) is paragraph]
        text = "".join(each.text or "" for each in own)
        found = self._found(text)
        if len(self.signs) + len(found) > MOST_SIGNS:
            raise Refused(_("The template has far more {{ }} and {% %} than a paper needs."))
        if len(found) == 1 and _is_alone(paragraph, text, found[0][1]):
            self._alone(paragraph, Sign(found[0][1], text[:NEAR]))
            return
        begins = _begins(own)
        for begin, end, number in reversed(list(self._judged(own, begins, text, found))):
            _cut(own, begins, begin, end, number)

    def _found(self, text: str) -> list[tuple[int, str]]:
        """The signs of a text and where each begins."""
        found, at = [], 0
        while (begin := text.find("{", at)) >= 0:
            end = ENDS.get(text[begin : begin + 2])
            at = begin + 1
            if end is None:
                continue
            close = text.find(end, begin + 2)
            if close < 0:
                self._fault(Sign(text[begin : begin + 20], _near(text, begin)), _("its end, %s, is missing") % end)
                break
            at = close + 2
            found.append((begin, text[begin:at]))
        return found

    def _judged(
        self, own: list[Any], begins: list[int], text: str, found: list[tuple[int, str]]
    ) -> Iterator[tuple[int, int, int]]:
        """Where each sign begins and ends, and the number of what stands for it."""
        for begin, said in found:
            sign = Sign(said, _near(text, begin))
            where = own[bisect_right(begins, begin) - 1].getparent()
            outer = where.getparent() if where is not None else None
            yield begin, begin + len(said), self._taken(sign, outer)

    def _alone(self, paragraph: Any, sign: Sign) -> None:
        """A condition that is a paragraph of its own goes around whole paragraphs, and leaves none of its own."""
        parent = paragraph.getparent()
        number = self._taken(sign, parent)
        paragraph.addprevious(etree.ProcessingInstruction("chibo", str(number)))
        parent.remove(paragraph)

    def _taken(self, sign: Sign, where: object) -> int:
        """Judge a sign that stands somewhere; the number under which it is put back."""
        self.signs.append(self._said(sign, where))
        return len(self.signs) - 1

    def _said(self, sign: Sign, where: object) -> str:
        inner = sign.text[2:-2].strip("-+ ").translate(STRAIGHT)
        if sign.text.startswith("{#"):
            return ""
        if sign.text.startswith("{{"):
            self._value(sign, inner)
            return f"{{{{ {inner} }}}}"
        word, _blank, rest = inner.removeprefix("p ").strip().partition(" ")
        if word in ("if", "elif"):
            self._condition(sign, rest)
        elif word not in ("else", "endif") or rest:
            self._fault(sign, _("only if, elif, else and endif can stand here"))
            return ""
        self._nest(sign, word, where)
        return f"{{% {word} {rest} %}}"

    def _nest(self, sign: Sign, word: str, where: object) -> None:
        if word == "if":
            self._open.append((sign, where, False))
            return
        if not self._open:
            self._fault(sign, _("no condition is open here"))
            return
        begun, place, had_else = self._open.pop()
        if place is not where:
            told = _("a condition begins and ends in one paragraph, or both stand in paragraphs of their own")
            self._fault(sign, told)
        elif word != "endif" and had_else:
            self._fault(sign, _("the condition had its {% else %} already"))
        if word != "endif":
            self._open.append((begun, place, word == "else"))

    def _value(self, sign: Sign, inner: str) -> None:
        try:
            body = ENVIRONMENT.parse(f"{{{{ {inner} }}}}").body
        except TemplateSyntaxError:
            body = []
        shown = body[0].nodes if len(body) == 1 and isinstance(body[0], nodes.Output) else []
        node = shown[0] if len(shown) == 1 else None
        if isinstance(node, nodes.Filter) and node.name in FILTERS and not (node.args or node.kwargs):
            node = node.node
        if isinstance(node, nodes.Name):
            self._known(sign, node.name)
        else:
            self._fault(sign, _("only the name of a value can stand between {{ and }}"))

    def _condition(self, sign: Sign, said: str) -> None:
        try:
            body = ENVIRONMENT.parse(f"{{% if {said} %}}{{% endif %}}").body
        except TemplateSyntaxError:
            body = []
        if len(body) != 1 or not isinstance(body[0], nodes.If) or body[0].body or body[0].elif_ or body[0].else_:
            self._fault(sign, _("this is no condition: write {% if name %}, with the name of a value"))
            return
        test = body[0].test
        if not all(isinstance(each, IN_CONDITION) for each in (test, *test.find_all(nodes.Node))):
            self._fault(sign, _("a condition asks only whether values are given, or equal to a text"))
            return
        if any(each.op not in ("eq", "ne") for each in test.find_all(nodes.Operand)):
            self._fault(sign, _("a condition asks only whether values are given, or equal to a text"))
            return
        for name in [test] if isinstance(test, nodes.Name) else test.find_all(nodes.Name):
            self._known(sign, name.name)

    def _known(self, sign: Sign, name: str) -> None:
        if name in self.names:
            return
        like = difflib.get_close_matches(name, self.names, 1)
        if like:
            told = _("this form has no value of this name; perhaps %(name)s is meant")
            self._fault(sign, told % {"name": like[0]})
        else:
            self._fault(sign, _("this form has no value of this name"))


def _is_alone(paragraph: Any, text: str, said: str) -> bool:
    """Whether a paragraph is nothing but a condition."""
    holds_more = any(next(paragraph.iter(f"{WORD}{tag}"), None) is not None for tag in ("drawing", "pict", "sectPr"))
    return said.startswith("{%") and text.strip() == said and not holds_more


def _near(text: str, at: int) -> str:
    """The text around a place."""
    begin, end = max(0, at - NEAR // 2), at + NEAR
    return ("…" if begin else "") + text[begin:end].strip() + ("…" if end < len(text) else "")


def _begins(own: list[Any]) -> list[int]:
    """Where each of the texts of a paragraph begins in all of it."""
    return [0, *accumulate(len(each.text or "") for each in own)][:-1]


def _cut(own: list[Any], begins: list[int], begin: int, end: int, number: int) -> None:
    """Take a stretch out of the texts of a paragraph, and put a mark where it began. The last stretch goes first."""
    first = bisect_right(begins, begin) - 1
    for at in range(first, bisect_left(begins, end)):
        each, text = own[at], own[at].text or ""
        start, stop = max(0, begin - begins[at]), max(0, end - begins[at])
        each.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        if at > first:
            each.text = text[stop:]
            continue
        each.text = text[:start]
        mark = etree.ProcessingInstruction("chibo", str(number))
        mark.tail = text[stop:]
        each.insert(0, mark)
