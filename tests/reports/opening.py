"""What reports as files hold, read by other means than they were written with."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import font_source_sans_pro
import openpyxl


def docx_texts(written: bytes) -> str:
    """Every text of a Word document, tables, header and footer too, a paragraph a line."""
    document = docx.Document(io.BytesIO(written))
    section = document.sections[0]
    parts = [document.element.body, section.header._element, section.footer._element]
    name = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return "\n".join(
        "".join(text.text or "" for text in paragraph.iter(name + "t"))
        for part in parts
        for paragraph in part.iter(name + "p")
    )


def docx_tables(written: bytes) -> list[list[list[str]]]:
    """The tables of a Word document as rows of texts."""
    document = docx.Document(io.BytesIO(written))
    return [[[cell.text.strip() for cell in row.cells] for row in table.rows] for table in document.tables]


def xlsx_rows(written: bytes) -> dict[str, list[tuple]]:
    """The rows of each sheet of a workbook, formulas as formulas."""
    book = openpyxl.load_workbook(io.BytesIO(written))
    return {sheet.title: [tuple(cell for cell in row) for row in sheet.iter_rows()] for sheet in book}


TEXT = re.compile(rb"\bBT\b.*?\bET\b", re.DOTALL)
TOKEN = re.compile(rb"/(\w+) [\d.]+ Tf|(\()|<([0-9A-Fa-f]+)>|\bET\b")
SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}


def _tokens(stream: bytes) -> Iterator[str | bytes | None]:
    """The names of fonts, the strings set in them, None at the end of a piece of text."""
    at = 0
    while match := TOKEN.search(stream, at):
        at = match.end()
        if match[1]:
            yield match[1].decode()
        elif match[2]:
            text, at = _string(stream, at)
            yield text
        else:
            yield bytes.fromhex(match[3].decode()) if match[3] else None


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    """A string in brackets, which may hold others in pairs, and where it ends."""
    text, depth = b"", 1
    while True:
        sign = stream[at : at + 1]
        at += 1
        if sign == b"\\":
            octal = re.match(rb"[0-7]{1,3}", stream[at : at + 3])
            length = len(octal[0]) if octal else 1
            escaped = stream[at : at + length]
            text += bytes([int(escaped, 8)]) if octal else SIGNS.get(escaped, escaped)
            at += length
            continue
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        if not depth:
            return text, at
        text += sign


def _objects(written: bytes) -> dict[int, tuple[bytes, bytes]]:
    """The objects of a PDF by number: their dictionary, and their stream unpacked."""
    found: dict[int, tuple[bytes, bytes]] = {}
    for match in re.finditer(rb"(\d+) 0 obj\s*(.*?)\s*endobj", written, re.DOTALL):
        head, sign, rest = match[2].partition(b"stream\n")
        if not sign:
            head, sign, rest = match[2].partition(b"stream\r\n")
        stream = rest.rpartition(b"endstream")[0] if sign else b""
        if b"FlateDecode" in head:
            stream = zlib.decompressobj().decompress(stream)
        found[int(match[1])] = (head, stream)
    for head, stream in list(found.values()):
        if b"/ObjStm" in head:
            first = int(re.search(rb"/First (\d+)", head)[1])
            pairs = [int(n) for n in stream[:first].split()]
            places = [*pairs[1::2], len(stream) - first]
            for number, begin, end in zip(pairs[::2], places, places[1:], strict=False):
                found[number] = (stream[first + begin : first + end], b"")
    return found


def pdf_fonts(written: bytes) -> set[str]:
    """The names of the fonts a PDF uses, without the tag of the part embedded."""
    names = {
        name.decode()
        for head, _stream in _objects(written).values()
        for name in re.findall(rb"/BaseFont\s*/(?:[A-Z]{6}\+)?([\w-]+)", head)
    }
    return {name.removesuffix("-Identity-H") for name in names}


def pdf_texts(written: bytes) -> str:
    """The text of a PDF in the order in which it is set, read by the tables its fonts carry."""
    objects = _objects(written)
    maps = {
        number: _characters(objects[int(found[1])][1])
        for number, (head, _stream) in objects.items()
        if (found := re.search(rb"/ToUnicode (\d+) 0 R", head))
    }
    fonts: dict[bytes, dict[int, str]] = {}
    said = []
    for head, _stream in objects.values():
        for name, number in re.findall(rb"/([\w]+) (\d+) 0 R", head):
            if int(number) in maps:
                fonts.setdefault(name, {}).update(maps[int(number)]) if name != b"DescendantFonts" else None
    for _head, stream in objects.values():
        if b" Tf" not in stream:
            continue
        current: dict[int, str] = {}
        for token in _tokens(b" ".join(TEXT.findall(stream))):
            if isinstance(token, str):
                current = fonts.get(token.encode(), {})
            elif token is None:
                said.append("\n")
            else:
                said.append("".join(current.get(code, "�") for (code,) in struct.iter_unpack(">H", token)))
    return "".join(said)


def _characters(table: bytes) -> dict[int, str]:
    """What each code of a font means, by its ToUnicode table."""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for low, high, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for n in range(int(low, 16), int(high, 16) + 1):
                found[n] = chr(int(text, 16) + n - int(low, 16))
    return found


def glyphs(name: str) -> set[str]:
    """The characters a file of the font of print has a glyph for, by its table of format 12."""
    data = (Path(font_source_sans_pro.font_directory) / name).read_bytes()
    tables = struct.unpack(">H", data[4:6])[0]
    starts = {
        data[12 + 16 * n : 16 + 16 * n]: struct.unpack(">I", data[20 + 16 * n : 24 + 16 * n])[0] for n in range(tables)
    }
    begin, found = starts[b"cmap"], set()
    for n in range(struct.unpack(">H", data[begin + 2 : begin + 4])[0]):
        at = begin + struct.unpack(">I", data[begin + 8 + 8 * n : begin + 12 + 8 * n])[0]
        if struct.unpack(">H", data[at : at + 2])[0] == 12:
            for group in range(struct.unpack(">I", data[at + 12 : at + 16])[0]):
                low, high, _first = struct.unpack(">III", data[at + 16 + 12 * group : at + 28 + 12 * group])
                found |= {chr(code) for code in range(low, high + 1)}
    return found
