"""Reads one workbook in a process of its own, under limits, and writes its cells to standard output as pickles.

Run by path, not imported: it needs no Django and starts in a blink. Whatever a hostile file does, it happens here.
"""

from __future__ import annotations

import pickle
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORKBOOK = b"spreadsheetml.sheet.main+xml"  # content type of an .xlsx, and of no other kind of workbook
ERROR_CELL = re.compile(rb"""\bt\s*=\s*["']e["']""")
BLOCK = 1 << 16
MEMBERS = 2000
ROWS_AT_ONCE = 5000
KNOWN = 50_000  # texts of a sheet that are shared among its rows: what comes again and again comes early
LONGEST = 2048  # more than a text may have also before it is composed, so that it is still seen to be too long
CELL_BYTES, TEXT_BYTES = 8, 60

Cell = str | float | bool | date | datetime | bytes | None


class Refused(Exception):
    """The file can't be read; the first argument names the reason, in a word that the parent puts into a sentence."""


def main() -> None:
    """Read the file named first within the limits that follow: memory, inflated bytes, bytes sent, seconds."""
    path, memory, most, budget, seconds = sys.argv[1], *map(int, sys.argv[2:6])
    out = sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try:
        with Path(path).open("rb") as file:
            check_signature(file)
            import python_calamine

            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            flagged = check_members(file, most)
            for message in read(file, flagged, budget, python_calamine):
                pickle.dump(message, out, protocol=5)
        pickle.dump(("end",), out)
    except Refused as refusal:
        pickle.dump(("refused", str(refusal)), out)
    except MemoryError:
        pickle.dump(("refused", "big"), out)
    out.flush()


def check_signature(file: IO[bytes]) -> None:
    """Pass only what begins as a zip archive; name what is empty, encrypted or something else."""
    start = file.read(8)
    if not start:
        raise Refused("empty")
    if start.startswith(OLE):
        raise Refused("encrypted" if is_encrypted(file) else "other")
    if not start.startswith(b"PK\x03\x04"):
        raise Refused("other")


def is_encrypted(file: IO[bytes]) -> bool:
    """Whether a file is a workbook under a password."""
    import msoffcrypto

    file.seek(0)
    try:
        return bool(msoffcrypto.OfficeFile(file).is_encrypted())
    except Exception:  # whatever a damaged compound file makes of the library
        return False


def check_members(file: IO[bytes], limit: int) -> set[str]:
    """Inflate every member in a stream, counting what really comes out; return those that hold error cells."""
    check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, struct.error, ValueError, OSError, NotImplementedError) as error:
        raise Refused("damaged") from error
    infos = archive.infolist()
    if len(infos) > MEMBERS:
        raise Refused("big")
    flagged, names, total = set(), set(), 0
    for info in infos:
        if info.flag_bits & 0x1:
            raise Refused("encrypted")
        if info.filename in names:
            raise Refused("damaged")
        names.add(info.filename)
        size, crc, tail, types = 0, 0, b"", b""
        is_types = info.filename == "[Content_Types].xml"
        for block in inflated(file, info):
            size, crc = size + len(block), zlib.crc32(block, crc)
            if total + size > limit:
                raise Refused("big")
            if info.filename not in flagged and has_error(tail + block):
                flagged.add(info.filename)
            tail = block[-40:]
            if is_types and size < BLOCK * 16:
                types += block
        if size != info.file_size or crc != info.CRC:
            raise Refused("damaged")
        if is_types and WORKBOOK not in types:
            raise Refused("other")
        total += size
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise Refused("other")
    return flagged


def has_error(block: bytes) -> bool:
    """Whether a piece of a sheet holds an error cell; the pattern is slow, and hardly ever has anything to look at."""
    return (b'"e' in block or b"'e" in block) and ERROR_CELL.search(block) is not None


def check_directory(file: IO[bytes]) -> None:
    """Refuse an archive that announces more members than any workbook, before the list of them is read."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 66000))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise Refused("damaged")
    count, size = struct.unpack("<H", tail[at + 10 : at + 12])[0], struct.unpack("<L", tail[at + 12 : at + 16])[0]
    if count > MEMBERS or size > MEMBERS * 400:  # also what zip64 writes there: all ones
        raise Refused("big")


def inflated(file: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member really holds, block by block, whatever the directory says of its size."""
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Refused("damaged")
    file.seek(sum(struct.unpack("<HH", header[26:30])), 1)
    left = info.compress_size
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("damaged")
    stored = info.compress_type == zipfile.ZIP_STORED
    stream = zlib.decompressobj(-15)
    try:
        while left > 0 and not stream.eof:
            raw = file.read(min(BLOCK, left))
            if not raw:
                raise Refused("damaged")
            left -= len(raw)
            if stored:
                yield raw
                continue
            while raw and not stream.eof:
                yield stream.decompress(raw, BLOCK)
                raw = stream.unconsumed_tail
        if not stored:
            while not stream.eof and (block := stream.decompress(b"", BLOCK)):
                yield block
            if not stream.eof:
                raise Refused("damaged")
    except zlib.error as error:
        raise Refused("damaged") from error


def read(file: IO[bytes], flagged: set[str], budget: int, calamine: Any) -> Iterator[tuple[Any, ...]]:
    """The sheets that hold a cell: ("sheet", name, cells of row 1), then ("rows", first row number, columns)."""
    file.seek(0)
    try:
        workbook = calamine.load_workbook(file)
        names = workbook.sheet_names
    except Exception as error:  # calamine's errors share no base with its panics
        raise Refused("damaged") from error
    errors = error_cells(file, flagged) if flagged else {}
    for name in names:
        try:
            sheet = workbook.get_sheet_by_name(name)
            start, rows = sheet.start, sheet.iter_rows()
        except MemoryError:
            raise
        except Exception as error:
            raise Refused("damaged") from error
        of_sheet = errors.get(name, {})
        if start is None and not of_sheet:
            continue
        budget = yield from read_sheet(name, rows, start or (0, 0), of_sheet, budget)


def read_sheet(
    name: str, rows: Iterator[list[Any]], start: tuple[int, int], errors: dict[tuple[int, int], bytes], budget: int
) -> Generator[tuple[Any, ...], None, int]:
    """One sheet, its texts shared among rows; what is left of the bytes the parent may come to hold."""
    known: dict[str, str] = {}
    left = [None] * start[1]  # calamine begins at the first column that holds a cell, but at the first row
    blank: list[Cell] = []
    chunk: list[list[Cell]] = []
    by_row: dict[int, dict[int, bytes]] = {}
    for (at, column), text in errors.items():
        by_row.setdefault(at, {})[column] = text
    last_error = max(by_row, default=-1)
    number, first, began = 0, 2, False

    def take(row: list[Any]) -> list[Cell]:
        nonlocal budget
        cells: list[Cell] = [*left, *row]
        for at, cell in enumerate(cells):
            if type(cell) is str:
                if not cell:
                    cells[at] = None
                elif (same := known.get(cell)) is not None:
                    cells[at] = same
                else:
                    cut = cell if len(cell) <= LONGEST else cell.strip()[:LONGEST]
                    cells[at] = cut
                    if len(known) < KNOWN:
                        known[cut] = cut
                    budget -= TEXT_BYTES + len(cut) * 2
            elif isinstance(cell, time | timedelta):
                cells[at] = str(cell).encode()
        budget -= len(cells) * CELL_BYTES
        if budget < 0:
            raise Refused("big")
        for column, text in by_row.get(number, {}).items():
            cells += [None] * (column + 1 - len(cells))
            cells[column] = text
        return cells

    def further() -> Iterator[list[Any]]:
        yield from rows
        while number <= last_error:
            yield []

    for row in further():
        cells = take(row)
        number += 1
        if not began:
            began = True
            yield "sheet", name, cells
            continue
        chunk.append(cells if any(cell is not None for cell in cells) else blank)  # one list for all: told once
        if len(chunk) == ROWS_AT_ONCE:
            yield "rows", first, chunk
            chunk, first = [], number + 1
    if chunk:
        yield "rows", first, chunk
    return budget


def error_cells(file: IO[bytes], flagged: set[str]) -> dict[str, dict[tuple[int, int], bytes]]:
    """Error cells by sheet and place, counted from 0: calamine gives them as empty."""
    found: dict[str, dict[tuple[int, int], bytes]] = {}
    with zipfile.ZipFile(file) as archive:
        for name, path in sheet_paths(archive).items():
            if path in flagged:
                found[name] = {}
                with archive.open(path) as member:
                    parse(member, errors_into(found[name]))
    return found


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Where each sheet lies in the archive, by its name."""
    targets: dict[str, str] = {}
    paths: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else "xl/" + target

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.split(":")[-1] == "id"), "")
            paths[attributes.get("name", "")] = targets.get(key, "")

    for member, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda tag, attributes, of=handler: of(tag.split(":")[-1], attributes)
        try:
            with archive.open(member) as source:
                parse(source, parser)
        except KeyError as error:
            raise Refused("damaged") from error
    return paths


def errors_into(found: dict[tuple[int, int], bytes]) -> expat.XMLParserType:
    """A parser of a sheet that notes its error cells."""
    parser = expat.ParserCreate()
    row, column, inside, text = -1, -1, False, ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, inside, text
        tag = tag.split(":")[-1]
        if tag == "row":
            given = attributes.get("r", "")
            row, column = int(given) - 1 if given.isdecimal() else row + 1, -1
        elif tag == "c":
            place = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", attributes.get("r", ""))
            column += 1
            if place:
                row, column = int(place[2]) - 1, 0
                for letter in place[1]:
                    column = column * 26 + ord(letter) - 64
                column -= 1
            inside, text = attributes.get("t") == "e", ""

    def data(part: str) -> None:
        nonlocal text
        if inside and len(text) < 20:
            text += part

    def end(tag: str) -> None:
        nonlocal inside
        if inside and tag.split(":")[-1] == "c":
            if len(found) < 10000 and 0 <= row < 1 << 20 and 0 <= column < 1 << 14:
                found[row, column] = ("#" + text.rpartition("#")[2]).encode()
            inside = False

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, data, end
    return parser


def parse(source: IO[bytes], parser: expat.XMLParserType) -> None:
    """Feed a member to a parser; damaged if it isn't well-formed or declares entities."""

    def refuse(*_: Any) -> None:
        raise Refused("damaged")

    parser.StartDoctypeDeclHandler = refuse
    try:
        while block := source.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error) as error:
        raise Refused("damaged") from error


if __name__ == "__main__":
    main()
