"""Files that are no roll, or mean harm: refused in one line and in little memory, whatever they are."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chibo.exchange.models import Load
from tests.exchange.small import AT, load, roll, write

MEMORY = 300  # MB, of the command and of what it starts
MEASURE = """
import re, resource, sys
from chibo.project.cli import main
sys.argv = ["chibo", "load", sys.argv[1], "--json"]
try:
    main()
finally:
    own = int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
    print("peak", (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024, file=sys.stderr)
"""
CELL = '<c r="A{0}" t="inlineStr"><is><t>x</t></is></c>'


def good(path: Path) -> bytes:
    return write(roll(), path.with_name("good.xlsx")).read_bytes()


def changed(path: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    """A good workbook with one member changed."""
    write(roll(), path)
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members[member] = change(members[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def sheet(rows: str) -> Callable[[bytes], bytes]:
    """Puts other rows into a sheet."""

    def change(xml: bytes) -> bytes:
        head, _, rest = xml.partition(b"<sheetData>")
        return head + b"<sheetData>" + rows.encode() + b"</sheetData>" + rest.partition(b"</sheetData>")[2]

    return change


def streamed(path: Path, member: str, block: bytes, times: int) -> None:
    """A workbook of which one member is a block many times over, deflated."""
    write(roll(), path)
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist() if info.filename != member}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        with archive.open(member, "w", force_zip64=True) as target:
            for _ in range(times):
                target.write(block)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("code;name\nA;B\n")


def other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def macro_workbook(path: Path) -> None:
    wanted, other = b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml"
    changed(path, "[Content_Types].xml", lambda xml: xml.replace(wanted, other))


def truncated(path: Path) -> None:
    path.write_bytes(good(path)[:-500])


def beheaded(path: Path) -> None:
    path.write_bytes(good(path)[500:])


def flipped(path: Path) -> None:
    """One bit of a compressed sheet is wrong."""
    raw = bytearray(good(path))
    with zipfile.ZipFile(path.with_name("good.xlsx")) as archive:
        info = archive.getinfo("xl/worksheets/sheet2.xml")
    raw[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 4
    path.write_bytes(raw)


def not_well_formed(path: Path) -> None:
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])


def without_a_sheet(path: Path) -> None:
    changed(path, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"worksheets/sheet3.xml", b"nothing.xml"))


def encrypted(path: Path) -> None:
    import msoffcrypto

    with path.open("wb") as target:
        source = path.with_name("good.xlsx")
        write(roll(), source)
        with source.open("rb") as plain:
            msoffcrypto.OfficeFile(plain).encrypt("secret", target)


def encrypted_members(path: Path) -> None:
    raw = bytearray(good(path))
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 4)
    path.write_bytes(raw)


def old_workbook(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))


def of_200_mb(path: Path) -> None:
    with path.open("wb") as file:
        file.write(good(path))
        file.truncate(200 << 20)


def zip_bomb(path: Path) -> None:
    row = "".join(f'<row r="1">{CELL.format(1)}</row>' for _ in range(2000)).encode()
    streamed(path, "xl/worksheets/sheet2.xml", row, 4000)


def bomb_of_few_bytes(path: Path) -> None:
    streamed(path, "xl/sharedStrings.xml", bytes(1 << 20), 400)


def bomb_that_lies(path: Path) -> None:
    """The directory says a few bytes, the member holds a gigabyte."""
    zip_bomb(path)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<L", 100)
    path.write_bytes(raw)


def many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(60_000):
            archive.writestr(f"{n}", "")


def many_members_untold(path: Path) -> None:
    """As many, but the end of the directory tells of ten."""
    many_members(path)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x05\x06")
    raw[at + 8 : at + 12] = struct.pack("<HH", 10, 10)
    path.write_bytes(raw)


def far_corner(path: Path) -> None:
    """Two cells, between them 17 thousand million."""
    corner = '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    rows = f'<row r="1">{CELL.format(1)}</row><row r="1048576">{corner}</row>'
    changed(path, "xl/worksheets/sheet1.xml", sheet(rows))


def far_row(path: Path) -> None:
    rows = f'<row r="1">{CELL.format(1)}</row><row r="1048576">{CELL.format(1048576)}</row>'
    changed(path, "xl/worksheets/sheet1.xml", sheet(rows))


def huge_dimension(path: Path) -> None:
    """Says it is full; holds nothing that is wrong but a name."""
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:H8"', b'ref="A1:XFD1048576"'))


def one_long_text_often(path: Path) -> None:
    """A text of a megabyte, shared by a hundred thousand cells."""
    shared = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    changed(path, "xl/worksheets/sheet1.xml", sheet(rows))
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members["xl/sharedStrings.xml"] = shared % (b"x" * (1 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def many_shared_texts(path: Path) -> None:
    streamed(path, "xl/sharedStrings.xml", b"<si><t>abcdefghijklmnop</t></si>" * 1000, 1500)


def entities(path: Path) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY l0 "lol">{lol}]>'.encode()
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>'
    change = sheet(row)
    changed(
        path, "xl/worksheets/sheet1.xml", lambda xml: change(xml).replace(b"<worksheet", doctype + b"<worksheet", 1)
    )


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def nothing(path: Path) -> None:
    pass


HEAVY = {  # what might cost memory: the command runs by itself and is measured
    text: "no .xlsx", empty: "empty", truncated: "damaged", encrypted: "encrypted", of_200_mb: "larger than",
    zip_bomb: "size limit", bomb_that_lies: "size limit", many_members_untold: "", far_corner: "size limit",
    far_row: "", one_long_text_often: "", many_shared_texts: "",
}  # fmt: skip
LIGHT = {
    text: "no .xlsx", empty: "empty", other_zip: "no .xlsx", macro_workbook: "no .xlsx", truncated: "damaged",
    beheaded: "no .xlsx", flipped: "damaged", not_well_formed: "damaged", without_a_sheet: "damaged",
    encrypted: "encrypted", encrypted_members: "encrypted", old_workbook: "no .xlsx", of_200_mb: "larger than",
    bomb_of_few_bytes: "size limit", many_members: "size limit", entities: "damaged", a_folder: "no such file",
    a_pipe: "no such file", nothing: "no such file",
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("make", LIGHT, ids=lambda make: make.__name__)
def test_what_is_no_workbook_is_refused_in_one_line(make, tmp_path):
    path = tmp_path / "roll.xlsx"
    make(path)

    refused = load(path=path, file_name=path.name, by=None, at=AT)

    assert refused.outcome == Load.Outcome.REFUSED
    assert [LIGHT[make] in fault["reason"] for fault in refused.faults] == [True], refused.faults


@pytest.mark.django_db
def test_a_sheet_that_only_says_it_is_huge_is_read(tmp_path):
    path = tmp_path / "roll.xlsx"
    huge_dimension(path)

    assert load(path=path, file_name=path.name, by=None, at=AT).faults == []


@pytest.mark.parametrize("make", HEAVY, ids=lambda make: make.__name__)
def test_a_hostile_file_is_refused_within_300_mb(make, tmp_path, transactional_db):
    path = tmp_path / "roll.xlsx"
    make(path)

    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "chibo.project.settings"},
    )

    assert int(ran.stderr.rsplit("peak", 1)[1]) < MEMORY, ran.stderr
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    refused = Load.objects.get()
    assert refused.outcome == Load.Outcome.REFUSED
    assert HEAVY[make] in refused.faults[0]["reason"]


@pytest.mark.django_db
def test_error_cells_are_seen_wherever_they_are(tmp_path):
    """The reader gives them as empty; an empty cell would be "not known", silently."""
    path = tmp_path / "roll.xlsx"
    error = '<c r="C{0}" t="e"><v>#REF!</v></c>'

    changed(
        path,
        "xl/worksheets/sheet4.xml",
        lambda xml: xml.replace(b"</row><row", error.format(1).encode() + b"</row><row", 1),
    )
    assert load(path=path, file_name="x", by=None, at=AT).outcome == Load.Outcome.REFUSED

    extra = f'<row r="40">{error.format(40)}</row></sheetData>'.encode()
    changed(path, "xl/worksheets/sheet4.xml", lambda xml: xml.replace(b"</sheetData>", extra))
    found = load(path=path, file_name="x", by=None, at=AT)
    assert {fault["row"] for fault in found.faults} == {40}, found.faults
    assert {"#REF!"} <= {fault["value"] for fault in found.faults}


@pytest.mark.django_db
def test_a_file_name_that_is_no_text_is_listed_all_the_same(tmp_path):
    path = tmp_path / os.fsdecode(b"roll-\xff.xlsx")
    write(roll(), path)

    assert load(path=path, file_name=path.name, by=None, at=AT).outcome == Load.Outcome.DONE
