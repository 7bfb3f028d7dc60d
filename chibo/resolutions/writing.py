"""Text with headings, lists, bold and italics: read from HTML or as typed by hand, written as HTML or to be typed.

Whatever is read, only its text and these few forms are kept, and HTML is written anew from them: nothing of what was
sent goes through. Typed by hand, a blank line ends a paragraph, `# ` begins a heading, `- ` and `1. ` a line of a list;
`**bold**` and `*italic*` stand within a line, and a stroke before one of these signs takes its meaning away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.utils.html import escape

from chibo.core.text import clean

MOST = 60_000  # characters of a text
HEADING, PARAGRAPH, BULLET, NUMBERED = "h2", "p", "ul", "ol"
BLOCKS = {
    "p": PARAGRAPH, "div": PARAGRAPH, "blockquote": PARAGRAPH, "pre": PARAGRAPH, "tr": PARAGRAPH, "section": PARAGRAPH,
    **{f"h{n}": HEADING for n in range(1, 7)},
}  # fmt: skip
BOLD, ITALIC = {"b", "strong"}, {"i", "em"}
UNSEEN = {"script", "style", "title", "template", "noscript", "textarea", "select", "svg", "iframe", "object"}
SPACE = re.compile(r"[ \t\n\r\f\v\u00a0]+")
BEGINS = re.compile(r"(?P<heading>#{1,6}[ ]+)|(?P<bullet>[-•*+][ ]+)|(?P<number>\d{1,3}[.)][ ]+)")
INLINE = re.compile(r"\\([\\*#-])|\*\*(?=\S)|(?<=\S)\*\*|\*(?=\S)|(?<=\S)\*")


@dataclass(frozen=True)
class Run:
    """A stretch of text that looks the same all along."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass
class Block:
    """A heading, a paragraph, or a line of a list."""

    kind: str
    runs: list[Run] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it says, without its looks."""
        return "".join(run.text for run in self.runs)


class _Reader(HTMLParser):
    """Takes the blocks out of HTML, whatever else is in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.lists: list[str] = []
        self.kind = PARAGRAPH
        self.runs: list[Run] = []
        self.bold = self.italic = self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in (BULLET, NUMBERED):
            self.end()
            self.lists.append(tag)
        elif tag == "li":
            self.end()
            self.kind = self.lists[-1] if self.lists else BULLET
        elif tag in BLOCKS:
            if tag not in ("p", "div") or not self._is_in_line():
                self.end()
                self.kind = BLOCKS[tag]
        elif tag == "br":
            self.end(stays=True)
        elif tag in BOLD:
            self.bold += 1
        elif tag in ITALIC:
            self.italic += 1

    def _is_in_line(self) -> bool:
        """Whether a line of a list has begun and says nothing yet: a paragraph in it is that line."""
        return self.kind in (BULLET, NUMBERED) and not "".join(run.text for run in self.runs).strip()

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in (BULLET, NUMBERED):
            self.end()
            if self.lists:
                self.lists.pop()
        elif tag == "li" or tag in BLOCKS:
            self.end()
        elif tag in BOLD:
            self.bold = max(0, self.bold - 1)
        elif tag in ITALIC:
            self.italic = max(0, self.italic - 1)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.runs.append(Run(SPACE.sub(" ", data), bool(self.bold), bool(self.italic)))

    def end(self, stays: bool = False) -> None:
        """The block is over; after a mere break of the line another of its kind begins."""
        runs = _trimmed(self.runs)
        if runs:
            self.blocks.append(Block(self.kind, runs))
        self.runs = []
        if not stays:
            self.kind = PARAGRAPH


def _trimmed(runs: list[Run]) -> list[Run]:
    """Runs joined where they look the same, without signs nobody sees nor space at the ends or doubled."""
    joined: list[Run] = []
    for run in runs:
        text = SPACE.sub(" ", "".join(c for c in SPACE.sub(" ", run.text) if c.isprintable()))
        before = joined[-1].text if joined else " "
        if before.endswith(" "):
            text = text.lstrip(" ")
        if not text:
            continue
        last = joined[-1] if joined else None
        if last and (last.bold, last.italic) == (run.bold, run.italic):
            joined[-1] = Run(last.text + text, last.bold, last.italic)
        else:
            joined.append(Run(text, run.bold, run.italic))
    if joined and joined[-1].text.endswith(" "):
        last = joined.pop()
        if last.text.rstrip(" "):
            joined.append(Run(last.text.rstrip(" "), last.bold, last.italic))
    return joined


def from_html(html: str) -> list[Block]:
    """The blocks of HTML, from wherever it comes."""
    reader = _Reader()
    reader.feed(clean(html)[: 4 * MOST])
    reader.close()
    reader.end()
    return reader.blocks


def from_typed(text: str) -> list[Block]:
    """The blocks of what was typed by hand."""
    blocks: list[Block] = []
    lines: list[str] = []

    def end() -> None:
        if runs := _trimmed(list(_inline(" ".join(lines)))):
            blocks.append(Block(PARAGRAPH, runs))
        lines.clear()

    for line in clean(text)[: 2 * MOST].splitlines():
        line = line.strip()
        begins = BEGINS.match(line)
        if begins is None:
            if line:
                lines.append(line)
            else:
                end()
            continue
        end()
        kind = HEADING if begins["heading"] else BULLET if begins["bullet"] else NUMBERED
        if runs := _trimmed(list(_inline(line[begins.end() :]))):
            blocks.append(Block(kind, runs))
    end()
    return blocks


def _inline(text: str) -> Iterator[Run]:
    """The stretches of a line; what opens and never closes is a sign like any other."""
    signs = [match for match in INLINE.finditer(text) if not match[1]]
    paired: set[int] = set()
    for sign in ("**", "*"):
        of_it = [match for match in signs if match[0] == sign]
        for opens, closes in zip(of_it[::2], of_it[1::2], strict=False):
            paired |= {opens.start(), closes.start()}
    looks = {"**": False, "*": False}
    at = 0
    for match in INLINE.finditer(text):
        if not match[1] and match.start() not in paired:
            continue
        yield Run(text[at : match.start()] + (match[1] or ""), looks["**"], looks["*"])
        at = match.end()
        if not match[1]:
            looks[match[0]] = not looks[match[0]]
    yield Run(text[at:], looks["**"], looks["*"])


def as_html(blocks: list[Block]) -> str:
    """The blocks as HTML: of what is in them only text goes in."""
    parts: list[str] = []
    before = ""
    for block in blocks:
        inside = "".join(_run(run) for run in block.runs)
        listed = block.kind in (BULLET, NUMBERED)
        if before and before != block.kind:
            parts.append(f"</{before}>\n")
        if listed and before != block.kind:
            parts.append(f"<{block.kind}>\n")
        before = block.kind if listed else ""
        parts.append(f"<li>{inside}</li>\n" if listed else f"<{block.kind}>{inside}</{block.kind}>\n")
    if before:
        parts.append(f"</{before}>\n")
    return "".join(parts)


def _run(run: Run) -> str:
    text = str(escape(run.text))
    if run.italic:
        text = f"<em>{text}</em>"
    return f"<strong>{text}</strong>" if run.bold else text


def as_typed(blocks: list[Block]) -> str:
    """The blocks as they would be typed by hand."""
    parts: list[str] = []
    before, number = "", 0
    for block in blocks:
        listed = block.kind in (BULLET, NUMBERED)
        number = number + 1 if block.kind == before else 1
        sign = {HEADING: "# ", BULLET: "- ", NUMBERED: f"{number}. "}.get(block.kind, "")
        text = _signed(block.runs)
        if not sign and BEGINS.match(text):
            text = "\\" + text if text[0] in "#-*" else "\u2060" + text
        parts.append(("" if not parts else "\n" if listed and before == block.kind else "\n\n") + sign + text)
        before = block.kind
    return "".join(parts)


def _signed(runs: list[Run]) -> str:
    parts = []
    for run in runs:
        text = re.sub(r"([\\*])", r"\\\1", run.text)
        core = text.strip(" ")
        if core and (run.bold or run.italic):
            sign = ("**" if run.bold else "") + ("*" if run.italic else "")
            text = text.replace(core, sign + core + sign[::-1], 1)
        parts.append(text)
    return "".join(parts)


def plain(blocks: list[Block]) -> str:
    """The blocks as lines of mere text, lists with their strokes and numbers."""
    lines, before, number = [], "", 0
    for block in blocks:
        number = number + 1 if block.kind == before else 1
        lines.append({BULLET: "- ", NUMBERED: f"{number}. "}.get(block.kind, "") + block.text)
        before = block.kind
    return "\n".join(lines)
