"""Word documents from outside, opened carefully: what hides a program, reaches elsewhere or bursts is refused."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from chibo.core.actions import Denied

MB = 1 << 20
MOST_PARTS, MOST_UNPACKED, MOST_XML = 500, 60 * MB, 8 * MB
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
DOCUMENT = "wordprocessingml.document.main+xml"
TEXTS = (DOCUMENT, *(f"wordprocessingml.{name}+xml" for name in ("header", "footer", "footnotes", "endnotes")))
HIDING = ("vbaProject", "oleObject", "package", "control", "aFChunk", "subDocument", "frame")  # kinds of relations
HERE = re.compile(r"(file:///)?([A-Za-z]:[\\/]|[\w .~-]+$)")  # a place on the computer it was written on
REACHING = re.compile(r"\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|DATABASE|MACROBUTTON)\b", re.IGNORECASE)


class Refused(Denied):
    """A file that is not taken, with everything that is wrong with it, each as a sentence."""

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True)
class Opened:
    """A Word document: its parts by name, in their order, and the trees of those that hold text."""

    parts: dict[str, bytes]
    texts: dict[str, Any]


def opened(data: bytes) -> Opened:
    """The parts of a .docx file; Refused, with every reason, for what is none or could do harm."""
    parts = _parts(data)
    trees, faults = {}, []
    for name, part in parts.items():
        if name.lower().endswith((".xml", ".rels")):
            trees[name] = _tree(name, part)
    types = trees.get("[Content_Types].xml")
    kinds = {} if types is None else _kinds(types)
    main = [name for name, kind in kinds.items() if kind.endswith(DOCUMENT) and name in trees]
    if any("macroenabled" in kind.lower() or "vbaproject" in kind.lower() for kind in kinds.values()) or any(
        name.lower().endswith("vbaproject.bin") for name in parts
    ):
        faults.append(_("The file holds macros, small programs. Save it as a Word document (.docx) without macros."))
    elif len(main) != 1:
        raise Refused(_("The file is no Word document. Save it in Word or LibreOffice as .docx."))
    texts = {name: trees[name] for name, kind in kinds.items() if name in trees and kind.endswith(TEXTS)}
    for name, tree in trees.items():
        if name.endswith(".rels"):
            faults += _relations(tree)
    for tree in texts.values():
        faults += _fields(tree)
    if faults:
        raise Refused(*dict.fromkeys(faults))
    return Opened(parts, texts)


def _parts(data: bytes) -> dict[str, bytes]:
    """What the file is packed of, never more than a document needs."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        told = _("The file is protected by a password, or of an old version of Word. Save it as .docx, unprotected.")
        raise Refused(told)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            listed = packed.infolist()
            names = {each.filename for each in listed}
            too_much = len(listed) > MOST_PARTS or sum(each.file_size for each in listed) > MOST_UNPACKED
            if too_much or any(e.file_size > MOST_XML for e in listed if e.filename.endswith((".xml", ".rels"))):
                raise Refused(_("The file unpacks to far more than a document holds."))
            if len(names) != len(listed) or "[Content_Types].xml" not in names:
                raise Refused(_("The file is no Word document. Save it in Word or LibreOffice as .docx."))
            return {each.filename: packed.read(each) for each in listed if not each.is_dir()}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError):
        raise Refused(_("The file is damaged, or no Word document. Save it in Word or LibreOffice as .docx.")) from None


def _tree(name: str, part: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        tree = etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Refused(_("A part of the file is damaged: %(name)s.") % {"name": name[:100]}) from None
    if tree.getroottree().docinfo.doctype:
        raise Refused(_("A part of the file is not as Word writes it: %(name)s.") % {"name": name[:100]})
    return tree


def _kinds(types: Any) -> dict[str, str]:
    """The kind of each part that has one of its own."""
    return {
        each.get("PartName", "").lstrip("/"): each.get("ContentType", "") for each in types.iter(f"{TYPES}Override")
    }


def _relations(tree: Any) -> list[str]:
    """What is wrong with what a part refers to."""
    faults = []
    for each in tree.iter(f"{RELATIONS}Relationship"):
        kind, target = each.get("Type", "").rpartition("/")[2], each.get("Target", "")
        if kind in HIDING:
            faults.append(_("Another file is hidden in the document. Take it out, or put it in as a picture."))
            continue
        is_left_behind = kind == "attachedTemplate" and HERE.match(target)  # what it was written from, on that computer
        if each.get("TargetMode") == "External" and kind != "hyperlink" and not is_left_behind:
            told = _("The document fetches something from elsewhere: %(target)s. Put it into the document itself.")
            faults.append(told % {"target": target[:200]})
    return faults


def _fields(tree: Any) -> list[str]:
    """Fields by which a document has Word fetch or start something."""
    said = ["".join(each.text or "" for each in p.iter(f"{WORD}instrText")) for p in tree.iter(f"{WORD}p")]
    said += [each.get(f"{WORD}instr", "") for each in tree.iter(f"{WORD}fldSimple")]
    found = [match[1].upper() for each in said if (match := REACHING.match(each))]
    told = _("The document holds a field that fetches or starts something (%(field)s). Take it out.")
    return [told % {"field": field} for field in dict.fromkeys(found)]
